//! Puts what one name says together.

use super::bare::{self, Known};
use super::describe::describe;
use super::token::{Mark, Strength, Text};
use super::{Release, days, numbers, origin, tags, title};
use crate::release::VIDEO_EXTENSIONS;

/// What one part of a path says.
pub(super) struct Part {
    pub(super) release: Release,
    /// Nothing shows that its title is one of a film or a show.
    pub(super) is_doubtful: bool,
    /// It begins with the number of the episode; its title is that of the episode, if a folder names the show.
    pub(super) leads: bool,
}

/// Reads a name without folders. Each step marks what it has read, so that no later one reads it again.
pub(super) fn read_part(name: &str) -> Part {
    let (stem, extension) = origin::split_extension(name);
    let mut text = Text::new(stem);
    let extension = extension.map(str::to_ascii_lowercase);
    let is_file = extension.is_some();
    let container = extension.filter(|known| VIDEO_EXTENSIONS.contains(&known.as_str()));
    origin::mark_sites(&mut text);
    origin::mark_ids(&mut text);
    origin::mark_bonus(&mut text);
    origin::mark_series(&mut text);
    let has_checksum = origin::mark_checksums(&mut text);
    let tags = tags::mark(&mut text);
    let group = origin::read_trailing_group(&mut text, &tags).or_else(|| origin::read_prefix(&mut text));
    let day = days::read_day(&mut text);
    let found = numbers::read(&mut text);
    if let Some(tag) = found.sure_at {
        bare::mark_absolute(&mut text, tag);
    }
    let (mut body, leading_group) = origin::body(&text);
    let year = days::read_year(&mut text, body).or(found.year);
    body = title::past_pack(&text, body);
    let mut release = Release { container, year, date: day.flatten(), ..Release::default() };
    release.complete = found.complete;
    (release.seasons, release.episodes) = (found.seasons, found.episodes);
    let mut leads = false;
    if release.episodes.is_empty() && day.is_none() && release.seasons.len() < 2 {
        let border = title::border(&text, body);
        let has_year = year.is_some();
        let known = Known { body, border, is_file, has_year, has_checksum, open_season: found.open_season };
        let behind = add_bare(&mut text, known, &mut release);
        (leads, body) = (behind > body, behind);
    }
    let is_number = text.get(0).is_some_and(|token| token.mark == Mark::Number);
    release.group = group.or(leading_group.filter(|_| !is_number));
    let titles = title::read(&text, body, leads);
    (release.title, release.other_titles) = (titles.title, titles.others);
    release.long_title = titles.long;
    release.country = titles.country.map(str::to_owned);
    let is_doubtful = day.is_none() && says_nothing(&text, &release);
    describe(&text, body, &tags, &mut release);
    Part { release, is_doubtful, leads }
}

/// Adds episodes whose numbers stand alone. Answers where the title begins, behind them if they lead the name.
fn add_bare(text: &mut Text<'_>, known: Known, release: &mut Release) -> usize {
    let Some(bare) = bare::read(text, known) else { return known.body };
    let mut span = Some(bare);
    while let Some(part) = span {
        release.episodes.extend(part.first..=part.last);
        text.mark(part.from..part.to, Mark::Number);
        span = bare::next_span(text, &part);
    }
    release.seasons.extend(bare.season);
    let is_number = |index: &usize| text.get(*index).is_some_and(|token| token.mark == Mark::Number);
    known.body + (known.body..text.len()).take_while(is_number).count()
}

/// A name that is nothing but a few words may be anything.
fn says_nothing(text: &Text<'_>, release: &Release) -> bool {
    let strong = text.tokens.iter().any(|token| token.mark == Mark::Tag(Strength::Strong));
    !strong && release.year.is_none() && release.seasons.is_empty() && release.episodes.is_empty()
}
