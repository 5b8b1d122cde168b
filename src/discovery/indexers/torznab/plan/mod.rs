//! Which questions a wanted video makes at a server that can do so and so much.

use super::caps::{Caps, Mode};
use crate::discovery::Query;
use crate::discovery::indexers::wording::{
    Named, anime_number, daily, episode_code, is_anime, season_code, tmdb, words,
};
use crate::domain::{Date, TitleKind};

const MOVIES: u32 = 2_000;
const TV: u32 = 5_000;
const ANIME: u32 = 5_070;

/// A viewer looks at the best few; more than that only makes the server work.
const MOST_RESULTS: u32 = 300;

/// One question: `t` and everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::discovery::indexers) struct Search {
    /// The value of `t`.
    pub(in crate::discovery::indexers) function: &'static str,
    /// The other parameters.
    pub(in crate::discovery::indexers) params: Vec<(&'static str, String)>,
}

/// The questions for one video.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::discovery::indexers) struct Plan {
    /// Asked at once.
    pub(in crate::discovery::indexers) first: Vec<Search>,
    /// Asked if the first ones brought nothing: a site may take ids and have few of them.
    pub(in crate::discovery::indexers) otherwise: Vec<Search>,
}

/// The questions for `query` that a server with `caps` understands; nothing if there are none.
pub(in crate::discovery::indexers) fn plan(query: &Query, caps: &Caps) -> Option<Plan> {
    let categories = categories(query, caps)?;
    let named = Named::of(query);
    let (by_id, by_text) = match query.title_kind() {
        TitleKind::Movie => {
            (movie_by_id(query, caps), named.as_ref().map(|named| movie_by_text(named, caps)))
        }
        TitleKind::Series => (
            episode_by_id(query, caps, named.as_ref()),
            named.as_ref().map(|named| episode_by_text(query, named, caps)),
        ),
    };
    let by_text = by_text.unwrap_or_default();
    let (mut first, mut otherwise) = if by_id.is_empty() { (by_text, by_id) } else { (by_id, by_text) };
    otherwise.retain(|search| !first.contains(search));
    for search in first.iter_mut().chain(&mut otherwise) {
        search.finish(&categories, caps.most_results);
    }
    (!first.is_empty()).then_some(Plan { first, otherwise })
}

/// The question for whatever is newest, which every server answers.
pub(in crate::discovery::indexers) fn newest() -> Search {
    Search::new("search", [])
}

impl Search {
    fn new<const N: usize>(function: &'static str, params: [(&'static str, String); N]) -> Self {
        Self { function, params: params.into() }
    }

    fn finish(&mut self, categories: &str, most_results: Option<u32>) {
        if !categories.is_empty() {
            self.params.push(("cat", categories.to_owned()));
        }
        self.params.push(("extended", "1".to_owned()));
        if let Some(most) = most_results.filter(|most| *most > 0) {
            self.params.push(("limit", most.min(MOST_RESULTS).to_string()));
        }
    }
}

/// The categories to ask in, as a list with commas; empty for all. Nothing if the server has only others and no way of
/// searching for videos of this kind either.
fn categories(query: &Query, caps: &Caps) -> Option<String> {
    let listed = &caps.categories;
    let is_of = |parent: u32| move |id: &u32| (parent..parent + 1_000).contains(id);
    let within = |parent: u32| {
        let mut ids: Vec<u32> = listed.iter().copied().filter(is_of(parent)).collect();
        // Servers take a parent for all that is below it.
        if ids.contains(&parent) {
            ids.retain(|id| *id == parent);
        }
        ids
    };
    let (mut ids, mode) = match query.title_kind() {
        TitleKind::Movie => (within(MOVIES), &caps.movie),
        TitleKind::Series => (within(TV), &caps.tv),
    };
    // Films of anime stand among its episodes on sites for nothing else.
    let is_anime = is_anime(query) || ids.is_empty();
    if is_anime && listed.contains(&ANIME) {
        ids.push(ANIME);
    }
    ids.sort_unstable();
    ids.dedup();
    // Sites with categories of their own only (100000 and above), or just "other" (7000, 8000), are asked in all.
    let is_elsewhere =
        ids.is_empty() && !mode.takes(&[]) && listed.iter().any(|id| (1_000..7_000).contains(id));
    (!is_elsewhere).then(|| ids.iter().map(u32::to_string).collect::<Vec<_>>().join(","))
}

/// The id that a mode takes together with `others`.
fn id_for(query: &Query, mode: &Mode, others: &[&str]) -> Option<(&'static str, String)> {
    let takes = |name: &str| mode.takes(&[&[name], others].concat());
    let imdb = query.imdb().filter(|_| takes("imdbid")).map(|id| ("imdbid", id.to_owned()));
    imdb.or_else(|| tmdb(query).filter(|_| takes("tmdbid")).map(|id| ("tmdbid", id.to_owned())))
}

fn movie_by_id(query: &Query, caps: &Caps) -> Vec<Search> {
    let by = |function, mode| Some(Search::new(function, [id_for(query, mode, &[])?]));
    by("movie", &caps.movie).or_else(|| by("search", &caps.search)).into_iter().collect()
}

fn movie_by_text(named: &Named<'_>, caps: &Caps) -> Vec<Search> {
    let ask = |title: &str| {
        let year = named.year.map(|year| year.to_string());
        if let Some(year) = year.clone().filter(|_| caps.movie.takes(&["q", "year"])) {
            return Some(Search::new("movie", [("q", text(&caps.movie, title, "")), ("year", year)]));
        }
        by_words("movie", &caps.movie, caps, title, &year.unwrap_or_default())
    };
    [Some(named.title), named.other].into_iter().flatten().filter_map(ask).collect()
}

/// A search for words alone, in the way of `mode` or else as any other.
fn by_words(function: &'static str, mode: &Mode, caps: &Caps, title: &str, more: &str) -> Option<Search> {
    let ways = [(function, mode), ("search", &caps.search)];
    let (function, mode) = ways.into_iter().find(|(_, mode)| mode.takes(&["q"]))?;
    Some(Search::new(function, [("q", text(mode, title, more))]))
}

fn text(mode: &Mode, title: &str, more: &str) -> String {
    let title = if mode.is_raw() { title.trim().to_owned() } else { words(title) };
    if more.is_empty() { title } else { format!("{title} {more}") }
}

/// The episode, and the season that may hold it; in addition the words for what ids do not lead to.
fn episode_by_id(query: &Query, caps: &Caps, named: Option<&Named<'_>>) -> Vec<Search> {
    let Some((season, episode)) = query.episode else { return Vec::new() };
    let mut searches = Vec::new();
    if let Some(id) = id_for(query, &caps.tv, &["season", "ep"]) {
        let params = [id, ("season", season.to_string()), ("ep", episode.to_string())];
        searches.push(Search::new("tvsearch", params));
    }
    if let Some(id) = id_for(query, &caps.tv, &["season"]) {
        searches.push(Search::new("tvsearch", [id, ("season", season.to_string())]));
    }
    match named {
        // Without a title it is the one question that there is.
        None if searches.is_empty() => {
            searches.extend(id_for(query, &caps.tv, &[]).map(|id| Search::new("tvsearch", [id])));
        }
        Some(named) if !searches.is_empty() => searches.extend(by_other_number(query, named.title, caps)),
        _ => {}
    }
    searches
}

/// Daily shows are released by the day and anime by the number counted through, neither of which an id leads to.
fn by_other_number(query: &Query, title: &str, caps: &Caps) -> Option<Search> {
    if let Some(number) = anime_number(query) {
        return by_words("tvsearch", &caps.tv, caps, title, &format!("{number:02}"));
    }
    on_day(caps, title, daily(query)?)
}

fn episode_by_text(query: &Query, named: &Named<'_>, caps: &Caps) -> Vec<Search> {
    let Some((season, episode)) = query.episode else {
        let ask = |title| by_other_number(query, title, caps);
        let numbered = [Some(named.title), named.other].into_iter().flatten().filter_map(ask);
        // Anime without seasons comes in packs that say nothing but the title.
        return numbered.chain(by_words("tvsearch", &caps.tv, caps, named.title, "")).collect();
    };
    let by_other_number = by_other_number(query, named.title, caps);
    // Daily shows do not come in seasons, and specials come one by one.
    let has_packs = season > 0 && (is_anime(query) || by_other_number.is_none());
    [
        by_other_number,
        numbered(caps, named.title, season, Some(episode)),
        has_packs.then(|| numbered(caps, named.title, season, None)).flatten(),
        named.other.and_then(|other| numbered(caps, other, season, Some(episode))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// An episode, or the whole season without one.
fn numbered(caps: &Caps, title: &str, season: u32, episode: Option<u32>) -> Option<Search> {
    let mut params = vec![("season", season.to_string())];
    params.extend(episode.map(|episode| ("ep", episode.to_string())));
    let names: Vec<&str> = params.iter().map(|(name, _)| *name).collect();
    if caps.tv.takes(&[&["q"], names.as_slice()].concat()) {
        params.insert(0, ("q", text(&caps.tv, title, "")));
        return Some(Search { function: "tvsearch", params });
    }
    let code = episode.map_or_else(|| season_code(season), |episode| episode_code(season, episode));
    by_words("tvsearch", &caps.tv, caps, title, &code)
}

/// Newznab's way for daily shows: the year as the season, month and day as the episode.
fn on_day(caps: &Caps, title: &str, day: Date) -> Option<Search> {
    let (year, month, day) = (day.year(), day.month(), day.day());
    if caps.tv.takes(&["q", "season", "ep"]) {
        let params = [
            ("q", text(&caps.tv, title, "")),
            ("season", year.to_string()),
            ("ep", format!("{month:02}/{day:02}")),
        ];
        return Some(Search::new("tvsearch", params));
    }
    by_words("tvsearch", &caps.tv, caps, title, &format!("{year} {month:02} {day:02}"))
}

#[cfg(test)]
mod tests;
