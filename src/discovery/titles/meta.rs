//! Reading the metas of other addons: one title with its episodes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::counting::count;
use crate::domain::{Date, ImdbId, Title, TitleEpisode, TitleKind};

/// More names than this help nobody to find a release.
const MOST_ALIASES: usize = 24;

/// Under which keys addons keep other names of a title.
const ALIASES: [&str; 5] =
    ["aliases", "originalName", "originalTitle", "original_title", "alternativeTitles"];

/// What is known of one id of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// The title.
    pub(super) title: Title,
    /// How a catalogue that numbers episodes in its own way translates them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mapped: Vec<Mapped>,
}

/// One episode by both ways of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Mapped {
    /// Season and episode as the catalogue numbers them; the season is absent where it has none.
    own: (Option<u32>, u32),
    /// Season and episode on IMDb.
    imdb: (u32, u32),
}

impl Known {
    /// Reads the answer to a `meta` question about a title of `kind`; `None` if it holds no title.
    pub(super) fn read(answer: &Value, kind: &str) -> Option<Self> {
        let meta = answer.get("meta")?;
        let name = text(meta.get("name"))?;
        let (year, last_year) = years(meta);
        let videos: Vec<Video> = meta
            .get("videos")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Video::read)
            .collect();
        let said = meta.get("type").and_then(Value::as_str).unwrap_or(kind);
        let is_film = said == "movie" || kind == "movie" && videos.len() < 2;
        let (mapped, episodes) = if is_film { (Vec::new(), Vec::new()) } else { numbered(&videos) };
        let imdb = imdb(meta).or_else(|| videos.iter().find_map(|video| video.imdb_id.clone()));
        let title = Title {
            kind: if is_film { TitleKind::Movie } else { TitleKind::Series },
            aliases: aliases(meta, &name),
            name,
            year,
            last_year,
            imdb,
            episodes,
        };
        Some(Self { title, mapped })
    }

    /// Season and episode on IMDb of an episode that the catalogue numbers so.
    pub(super) fn on_imdb(&self, season: Option<u32>, episode: u32) -> Option<(u32, u32)> {
        let is_it = |one: &&Mapped| one.own.1 == episode && (season.is_none() || one.own.0 == season);
        self.mapped.iter().find(is_it).map(|one| one.imdb)
    }
}

/// An entry of the list of episodes.
struct Video {
    own: (Option<u32>, u32),
    imdb: Option<(u32, u32)>,
    imdb_id: Option<String>,
    name: Option<String>,
    released: Option<Date>,
}

impl Video {
    fn read(value: &Value) -> Option<Self> {
        let either = |a: &str, b: &str| number(value.get(a)).or_else(|| number(value.get(b)));
        let from_id = || numbers_of_id(value.get("id")?.as_str()?);
        let own = match (number(value.get("season")), either("episode", "number")) {
            (season, Some(episode)) => (season, episode),
            (_, None) => from_id()?,
        };
        let imdb = either("imdbSeason", "imdb_season").zip(either("imdbEpisode", "imdb_episode"));
        let released = value.get("released").or(value.get("firstAired")).and_then(Value::as_str);
        Some(Self {
            own,
            imdb,
            imdb_id: self::imdb(value),
            name: text(value.get("name")).or_else(|| text(value.get("title"))),
            released: released.and_then(|day| day.parse().ok()),
        })
    }

    fn episode(&self, (season, episode): (u32, u32)) -> TitleEpisode {
        TitleEpisode { season, episode, absolute: None, name: self.name.clone(), released: self.released }
    }
}

/// The translation, and the episodes as IMDb numbers them where that is known of any, else as the catalogue does.
fn numbered(videos: &[Video]) -> (Vec<Mapped>, Vec<TitleEpisode>) {
    let mapped: Vec<Mapped> =
        videos.iter().filter_map(|video| Some(Mapped { own: video.own, imdb: video.imdb? })).collect();
    let episodes = if mapped.is_empty() {
        videos.iter().map(|video| video.episode((video.own.0.unwrap_or(1), video.own.1))).collect()
    } else {
        videos.iter().filter_map(|video| Some(video.episode(video.imdb?))).collect()
    };
    (mapped, count(episodes))
}

/// `tt1:2:3` is episode 3 of season 2, `kitsu:1:3` episode 3.
fn numbers_of_id(id: &str) -> Option<(Option<u32>, u32)> {
    let parts: Vec<&str> = id.split(':').collect();
    match *parts.as_slice() {
        [imdb, season, episode] if imdb.starts_with("tt") => {
            Some((Some(season.parse().ok()?), episode.parse().ok()?))
        }
        [_, _, episode] => Some((None, episode.parse().ok()?)),
        [_, _, season, episode] => Some((Some(season.parse().ok()?), episode.parse().ok()?)),
        _ => None,
    }
}

/// First and last year: of `releaseInfo` (`2015`, `2000-2014`, `2000–`), of `year`, or of the first showing. A film
/// or a series that goes on has no last year.
fn years(meta: &Value) -> (Option<u16>, Option<u16>) {
    let told = [meta.get("releaseInfo"), meta.get("year")].into_iter().flatten().find_map(|value| {
        let text = value.as_str().map(str::to_owned).or_else(|| Some(value.as_u64()?.to_string()))?;
        let mut parts = text.splitn(2, ['-', '–', '—']).map(|part| year(part.trim()));
        Some((parts.next()??, parts.next().flatten()))
    });
    match told {
        Some((first, last)) => (Some(first), last),
        None => {
            let released = meta.get("released").and_then(Value::as_str);
            (released.and_then(|day| year(day.get(..4)?)), None)
        }
    }
}

fn year(text: &str) -> Option<u16> {
    text.parse().ok().filter(|year| (1870..2200).contains(year))
}

fn aliases(meta: &Value, name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let told = ALIASES.iter().filter_map(|key| meta.get(key)).flat_map(|value| match value {
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    });
    for alias in told.filter_map(|value| text(Some(value))) {
        let is_known = |known: &str| known.to_lowercase() == alias.to_lowercase();
        if !is_known(name) && !found.iter().any(|known| is_known(known)) {
            found.push(alias);
        }
    }
    found.truncate(MOST_ALIASES);
    found
}

fn imdb(value: &Value) -> Option<String> {
    let id = value.get("imdb_id").or(value.get("imdbId"))?.as_str()?;
    id.parse::<ImdbId>().ok().map(|id| id.to_string())
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Some addons write numbers as text.
fn number(value: Option<&Value>) -> Option<u32> {
    let value = value?;
    match value.as_u64() {
        Some(number) => number.try_into().ok(),
        None => value.as_str()?.trim().parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(kind: &str, meta: &Value) -> Title {
        Known::read(&json!({ "meta": meta }), kind).unwrap().title
    }

    #[test]
    fn a_film_has_a_name_a_year_and_other_names() {
        let film = read(
            "movie",
            &json!({
                "id": "tt1", "imdb_id": "tt1", "type": "movie", "name": "The Long Tide", "releaseInfo": "2015",
                "aliases": ["La Longue Marée", "the long tide", 7, ""], "originalName": "La longue marée"
            }),
        );
        assert_eq!(
            (film.kind, film.name.as_str(), film.year),
            (TitleKind::Movie, "The Long Tide", Some(2015))
        );
        assert_eq!(film.aliases, ["La Longue Marée"]);
        assert_eq!(film.imdb.as_deref(), Some("tt1"));
        assert!(film.episodes.is_empty());
    }

    #[test]
    fn years_are_read_in_every_form() {
        for (meta, expected) in [
            (json!({ "releaseInfo": "2000-2014" }), (Some(2000), Some(2014))),
            (json!({ "releaseInfo": "2000–2014" }), (Some(2000), Some(2014))),
            (json!({ "releaseInfo": "2011–" }), (Some(2011), None)),
            (json!({ "releaseInfo": "soon", "year": "1999" }), (Some(1999), None)),
            (json!({ "year": 1999 }), (Some(1999), None)),
            (json!({ "released": "2008-04-10T00:00:00.000Z" }), (Some(2008), None)),
            (json!({ "releaseInfo": "0012", "released": "é" }), (None, None)),
        ] {
            assert_eq!(years(&meta), expected, "{meta}");
        }
    }

    #[test]
    fn episodes_are_read_whatever_their_numbers_are_called() {
        let series = read(
            "series",
            &json!({
                "name": "Show", "type": "series",
                "videos": [
                    { "id": "tt1:1:2", "season": 1, "number": 2, "title": "Two", "released": "2010-01-08T02:00:00.000Z" },
                    { "id": "tt1:1:1", "season": "1", "episode": "1", "name": "One" },
                    { "id": "tt1:0:1" },
                    { "id": "trailer" },
                    { "id": "tt1:2:1", "released": "never" }
                ]
            }),
        );
        let numbers: Vec<_> =
            series.episodes.iter().map(|one| (one.season, one.episode, one.absolute)).collect();
        assert_eq!(numbers, [(1, 1, Some(1)), (1, 2, Some(2)), (2, 1, Some(3)), (0, 1, None)]);
        assert_eq!(series.episode(1, 2).unwrap().name.as_deref(), Some("Two"));
        assert_eq!(series.episode(1, 2).unwrap().released, Date::new(2010, 1, 8));
        assert_eq!(series.episode(2, 1).unwrap().released, None);
    }

    #[test]
    fn another_way_of_counting_is_translated() {
        let answer = json!({ "meta": {
            "id": "kitsu:77", "imdb_id": "tt9", "type": "series", "name": "Show 2nd Season",
            "videos": [
                { "id": "kitsu:77:1", "season": 1, "episode": 1, "imdbSeason": 2, "imdbEpisode": 1 },
                { "id": "kitsu:77:2", "season": 1, "episode": 2, "imdbSeason": 2, "imdbEpisode": 2 },
                { "id": "kitsu:77:3", "season": 1, "episode": 3 }
            ]
        }});
        let known = Known::read(&answer, "anime").unwrap();
        assert_eq!(known.on_imdb(None, 2), Some((2, 2)));
        assert_eq!(known.on_imdb(Some(2), 2), None);
        assert_eq!(known.on_imdb(None, 3), None);
        let numbers: Vec<_> = known.title.episodes.iter().map(|one| (one.season, one.episode)).collect();
        assert_eq!(numbers, [(2, 1), (2, 2)]);
        assert_eq!(known.title.imdb.as_deref(), Some("tt9"));
        let kept: Known = serde_json::from_str(&serde_json::to_string(&known).unwrap()).unwrap();
        assert_eq!(kept, known);
    }

    #[test]
    fn an_unknown_id_has_no_title() {
        for answer in [
            json!({}),
            json!({ "meta": null }),
            json!({ "meta": {} }),
            json!([]),
            json!({ "meta": { "name": " " } }),
        ] {
            assert_eq!(Known::read(&answer, "movie"), None, "{answer}");
        }
    }
}
