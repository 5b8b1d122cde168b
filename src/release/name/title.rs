//! The title: where it begins and ends.

use std::ops::Range;

use super::country;
use super::subtitle;
use super::token::{Gap, Kind, Mark, Shape, Strength, Text};
use super::words::{self, Tag, Word};
use super::writing::{self, is_latin};

/// What a name calls the work.
#[derive(Debug, Default)]
pub(super) struct Titles {
    pub(super) title: String,
    pub(super) others: Vec<String>,
    /// The title with what stands behind it.
    pub(super) long: Option<String>,
    /// Country that tells works of one title apart.
    pub(super) country: Option<&'static str>,
}

/// Names may hold more titles than anyone would look for.
const MOST_TITLES: usize = 8;

/// The first token from `body` on that is surely none of the title's; the number of tokens if there is none.
pub(super) fn border(text: &Text<'_>, body: usize) -> usize {
    let mut index = body;
    // Whatever a name begins with is part of the title, if words of a title follow: `3D Kanojo`, `8 Bit Christmas`.
    while index < text.len()
        && matches!(text.tokens[index].mark, Mark::Tag(_))
        && text.tokens[index].bracket.is_none()
    {
        index += 1;
    }
    if index > body && !text.is_plain(index) {
        index = body + 1;
    }
    (index..text.len()).find(|index| is_sure(text, *index)).unwrap_or(text.len())
}

/// Past a word that says in front of a title that all its parts are here: `Kolekcja Reef (1978-2022)`. The years show
/// that it is meant so; English words are left, for titles begin with them.
pub(super) fn past_pack(text: &Text<'_>, body: usize) -> usize {
    let word = text.word(body);
    let says_all = words::find(word).is_some_and(|word| word.tag == Tag::Complete);
    let meant = says_all && !matches!(word, "all" | "complete" | "batch" | "integral" | "full");
    let titled = text.is_plain(body + 1) && text.opened_at(body).is_none();
    let spans_years = || (body + 2..text.len()).any(|index| is_span_of_years(text, index));
    body + usize::from(meant && titled && spans_years())
}

/// Whether two years stand here, as those of works that follow each other.
fn is_span_of_years(text: &Text<'_>, index: usize) -> bool {
    let is_year = |index: usize| text.get(index).is_some_and(|token| token.mark == Mark::Year);
    is_year(index) && is_year(index + 1)
}

/// Reads the titles of a name whose other parts are all marked. Where the number of the episode leads the name,
/// the title ends at a dash, for that of the episode follows.
pub(super) fn read(text: &Text<'_>, body: usize, is_led: bool) -> Titles {
    let (mut region, country) = country::split_off(text, region(text, body));
    let dash = region.clone().skip(1).find(|index| is_led && text.gap(*index).is_dash());
    region.end = dash.unwrap_or(region.end);
    let second = subtitle::begin(text, &region);
    let (proper, country_inside) = match second {
        Some(second) => country::split_off(text, region.start..second),
        None => (region.clone(), None),
    };
    let mut titles = writing::choose(text, writing::segments(text, proper));
    titles.long = second.map(|_| writing::written(text, region.clone()));
    titles.country = country.or(country_inside);
    let mut behind = writing::behind(text, region.end);
    // Where the title in signs comes first, that in letters is the one that is known elsewhere.
    let wide = region.clone().any(|index| text.tokens[index].kind == Kind::Wide);
    if let Some(behind) =
        behind.as_mut().filter(|behind| wide && behind.contains(|c: char| c.is_ascii_alphabetic()))
    {
        std::mem::swap(&mut titles.title, behind);
    }
    titles.others.extend(behind);
    let Titles { title, others, .. } = &mut titles;
    others.retain(|other| other != title);
    titles.others.truncate(MOST_TITLES);
    titles
}

/// Behind the last token of the title that begins at `body`.
pub(super) fn end_of_title(text: &Text<'_>, body: usize) -> usize {
    region(text, body).end
}

fn region(text: &Text<'_>, body: usize) -> Range<usize> {
    let mut start = body;
    while text.get(start).is_some_and(|token| matches!(token.mark, Mark::Year)) {
        start += 1;
    }
    match text.opened_at(start).filter(|bracket| bracket.shape != Shape::Round) {
        Some(_) => bracketed(text, start),
        None => start..end(text, start),
    }
}

/// The title of a name that consists of brackets: the last one in Latin letters, for those before it hold
/// groups and the title in other letters.
fn bracketed(text: &Text<'_>, start: usize) -> Range<usize> {
    // A season inside a bracket ends its title, but another bracket may repeat both in Latin letters.
    let ends_titles = |index: &usize| is_sure(text, *index) && !follows_in_bracket(text, *index);
    let border = (border(text, start)..text.len()).find(ends_titles).unwrap_or(text.len());
    let candidates = || {
        text.brackets.iter().filter(|bracket| {
            let titled = bracket.first >= start && bracket.first < border && bracket.outer.is_none();
            let kind =
                bracket.last == bracket.first + 1 && matches!(text.word(bracket.first), "movie" | "film");
            titled && bracket.last > bracket.first && text.is_plain(bracket.first) && !kind
        })
    };
    let latin =
        candidates().rev().find(|bracket| (bracket.first..bracket.last).any(|index| is_latin(text, index)));
    let Some(chosen) = latin.or_else(|| candidates().next()) else { return start..start };
    let end = (chosen.first + 1..chosen.last).find(|index| is_sure(text, *index)).unwrap_or(chosen.last);
    chosen.first..end
}

/// Whether a token is surely none of the title's.
fn is_sure(text: &Text<'_>, index: usize) -> bool {
    let mark = text.tokens[index].mark;
    matches!(mark, Mark::Tag(Strength::Strong) | Mark::Year | Mark::Number | Mark::Other)
}

/// Whether a token is a season or the like behind other words of its bracket.
fn follows_in_bracket(text: &Text<'_>, index: usize) -> bool {
    let bracket = text.tokens[index].bracket.map(|place| &text.brackets[place]);
    bracket.is_some_and(|bracket| bracket.first < index && text.is_plain(bracket.first))
}

/// Where the title that begins at `start` ends.
fn end(text: &Text<'_>, start: usize) -> usize {
    let border = border(text, start);
    let mut index = start + 1;
    let mut bracket_end = None;
    while index < border {
        let Some(bracket) = text.opened_at(index) else {
            index += 1;
            continue;
        };
        if ends_title(text, start, index) {
            bracket_end = Some(index);
            break;
        }
        index = bracket.last.max(index + 1);
        // `Title (US) - Name of the episode`.
        if bracket.last == bracket.first + 1
            && country::at(text, bracket.first).is_some()
            && text.gap(index).is_dash()
        {
            bracket_end = Some(index);
            break;
        }
    }
    let end = trimmed(text, start, bracket_end.unwrap_or(border));
    end - usize::from(ends_with_initials(text, start, end))
}

/// Whether the last word, between dashes, is made of the first letters of those before: `Quiet Reef - QR - 07`.
fn ends_with_initials(text: &Text<'_>, start: usize, end: usize) -> bool {
    let last = end.saturating_sub(1);
    let set_off = last > start + 1 && text.gap(last).is_dash() && text.gap(end).is_dash();
    let initials = (start..last).filter_map(|index| text.word(index).chars().next());
    set_off && text.is_loud(last) && initials.eq(text.word(last).chars())
}

/// Whether the title ends in front of a bracket. One in round brackets may belong to it.
fn ends_title(text: &Text<'_>, start: usize, index: usize) -> bool {
    let Some(bracket) = text.opened_at(index) else { return false };
    if bracket.shape != Shape::Round {
        return true;
    }
    let inside = &text.tokens[bracket.first..bracket.last];
    let other_script = is_latin(text, start)
        && inside.iter().any(|token| !text.raw[token.start..token.end].is_ascii())
        && !(bracket.first..bracket.last).any(|index| is_latin(text, index));
    other_script
        || (bracket.first..bracket.last).any(|index| is_sure(text, index))
        || inside.iter().all(|token| token.mark != Mark::Plain)
}

/// Takes words about quality off the end, as far as what follows shows that they are meant so, and an article that
/// is left of them.
fn trimmed(text: &Text<'_>, start: usize, end: usize) -> usize {
    let last = in_front_of_quality(text, start, end);
    // `Title The Final Cut` loses its article too.
    if end - last > 1 && last > start + 1 && text.word(last - 1) == "the" {
        return last - 1;
    }
    // `Title The 2nd Season` does so too.
    let numbered = text.get(end).is_some_and(|token| token.mark == Mark::Number);
    let of_number = last == end && numbered && last > start + 1 && text.word(last - 1) == "the";
    if of_number && !text.gap(last - 1).has(Gap::COMMA) {
        return last - 1;
    }
    // `The Uncut`: an article is never what a title ends with.
    if last < end && matches!(text.word(last - 1), "the" | "a" | "an" | "of" | "le" | "la" | "el") {
        end
    } else {
        last
    }
}

/// Where the words about quality begin that a title ends with.
fn in_front_of_quality(text: &Text<'_>, start: usize, end: usize) -> usize {
    let by_quality = text.get(end).is_some_and(|token| {
        let bracket_of_tags = || {
            text.opened_at(end)
                .is_some_and(|b| text.tokens[b.first..b.last].iter().any(|t| matches!(t.mark, Mark::Tag(_))))
        };
        matches!(token.mark, Mark::Tag(_)) || bracket_of_tags()
    });
    let spoken = (start..end).any(|index| text.written(index).chars().any(char::is_lowercase));
    let says_all = |index: usize| words::find(text.word(index)).is_some_and(|word| word.tag == Tag::Complete);
    let mut last = end;
    while last > start + 1 {
        let meant = match text.tokens[last - 1].mark {
            Mark::Tag(Strength::Weak) => {
                by_quality
                    || spoken && says_how(text, last - 1)
                    || follows_firm(text, start + 1, last - 1)
                    || says_all(last - 1) && is_span_of_years(text, end)
            }
            Mark::Tag(_) => true,
            _ => false,
        };
        if !meant {
            break;
        }
        last -= 1;
    }
    last
}

/// Whether a surer word about quality stands before a weak one, and nothing but such words between.
fn follows_firm(text: &Text<'_>, start: usize, index: usize) -> bool {
    let tags =
        (start..index).rev().map(|at| text.tokens[at].mark).take_while(|mark| matches!(mark, Mark::Tag(_)));
    tags.into_iter().any(|mark| mark != Mark::Tag(Strength::Weak))
}

/// Whether a word speaks of the release even in front of a year: a language in capitals or beside another, a medium
/// in capitals as the last word of all, or `3D` where a word behind it says how the pictures for both eyes are packed.
fn says_how(text: &Text<'_>, index: usize) -> bool {
    let packed = || {
        (index + 1..text.len().min(index + 16)).any(|at| {
            matches!(text.word(at), "sbs" | "hsbs" | "ou" | "hou" | "tab") || is_whole_disc(text, at)
        })
    };
    words::find(text.word(index)).is_some_and(|word| match word.tag {
        Tag::Spoken(_) | Tag::MultiAudio if text.is_loud(index) => true,
        Tag::Spoken(_) => {
            let spoken =
                |at: usize| matches!(words::find(text.word(at)), Some(Word { tag: Tag::Spoken(_), .. }));
            let marked = |at: usize| text.get(at).is_some_and(|token| matches!(token.mark, Mark::Tag(_)));
            [index.wrapping_sub(1), index + 1].into_iter().any(|at| marked(at) && spoken(at))
        }
        Tag::SubtitlesOf => text.is_loud(index) && index + 1 == text.len(),
        Tag::Medium(_) | Tag::Hdr(_) | Tag::Edition(_) => text.is_loud(index) && ends_words(text, index),
        Tag::ThreeD => packed(),
        _ => false,
    })
}

/// Whether nothing but the year or the end follows a word.
fn ends_words(text: &Text<'_>, index: usize) -> bool {
    text.get(index + 1).is_none_or(|next| next.mark == Mark::Year)
}

/// `COMPLETE.BLURAY`: a disc as it is, and discs for both eyes say so.
fn is_whole_disc(text: &Text<'_>, index: usize) -> bool {
    text.word(index) == "complete" && text.word(index + 1) == "bluray" && text.gap(index + 1) == Gap::DOT
}
