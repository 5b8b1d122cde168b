//! Which entry of which catalogue an id is about.

use crate::domain::ContentId;

/// An entry of a catalogue of titles.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    /// The content type to ask with.
    pub(super) kind: String,
    /// The entry's id: of the film or of the whole series.
    pub(super) id: String,
}

/// What is wanted of the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: a film, or a series as a whole.
    Whole,
    /// One episode, as the catalogue numbers it; the season is absent where it has none.
    Episode(Option<u32>, u32),
}

impl Subject {
    /// An entry on IMDb. Episodes may be asked for under types such as `anime`, which catalogues of titles do not
    /// know.
    pub(super) fn imdb(id: &str, is_film: bool) -> Self {
        Self { kind: if is_film { "movie" } else { "series" }.to_owned(), id: id.to_owned() }
    }

    /// What it is kept under.
    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }
}

/// The entry of another catalogue than IMDb that an id is about, and which part of it: `kitsu:7442:25`,
/// `tmdb:1399:1:2`. `None` for ids that are not made that way.
pub(super) fn foreign(kind: &str, id: &ContentId) -> Option<(Subject, Part)> {
    let text = match id {
        ContentId::Kitsu { .. } => id.to_string(),
        ContentId::Other(text) => text.clone(),
        ContentId::Movie(_) | ContentId::Episode { .. } => return None,
    };
    let parts: Vec<&str> = text.split(':').collect();
    let (catalogue, entry, part) = match *parts.as_slice() {
        [catalogue, entry] => (catalogue, entry, Part::Whole),
        [catalogue, entry, episode] => (catalogue, entry, Part::Episode(None, number(episode)?)),
        [catalogue, entry, season, episode] => {
            (catalogue, entry, Part::Episode(Some(number(season)?), number(episode)?))
        }
        _ => return None,
    };
    let is_name = |text: &str| !text.is_empty() && text.len() <= 64;
    (is_name(catalogue) && is_name(entry))
        .then(|| (Subject { kind: kind.to_owned(), id: format!("{catalogue}:{entry}") }, part))
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_other_catalogues_are_taken_apart() {
        let read = |text: &str| {
            let Ok(id) = text.parse();
            foreign("anime", &id).map(|(subject, part)| (subject.key(), part))
        };
        for (text, key, part) in [
            ("kitsu:7442", "anime/kitsu:7442", Part::Whole),
            ("kitsu:7442:25", "anime/kitsu:7442", Part::Episode(None, 25)),
            ("tmdb:1399:1:2", "anime/tmdb:1399", Part::Episode(Some(1), 2)),
        ] {
            assert_eq!(read(text), Some((key.to_owned(), part)), "{text}");
        }
        for text in ["tt1", "tt1:1:1", "whatever", "a:b:c", "a:b:1:x", ":1", "a::1", "a:1:2:3:4"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
