//! The films built into the server: free to share, so that an install can play something at once.

use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::{Found, Indexer, IndexerError, Probe, Query};
use crate::domain::{ContentId, FileIndex, ImdbId, InfoHash};
use crate::stremio::CatalogExtra;

/// The data behind [`OpenMovies::embedded`].
const DATA: &str = include_str!("../../manifest/open-movies.json");

/// The built-in films, in the order of the catalogue.
#[derive(Debug, Clone)]
pub struct OpenMovies(Vec<OpenMovie>);

/// One built-in film: what to show, and where its bytes are.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenMovie {
    /// Its entry on IMDb, which is also its id in the addon protocol.
    #[serde(deserialize_with = "parsed")]
    pub imdb: ImdbId,
    /// The title.
    pub title: String,
    /// Year of its first showing.
    pub year: u16,
    /// Length in minutes.
    pub runtime_minutes: u16,
    /// Who directed it.
    pub directors: Vec<String>,
    /// Genres, as clients name them.
    pub genres: Vec<String>,
    /// What it is about.
    pub description: String,
    /// The torrent.
    #[serde(deserialize_with = "parsed")]
    pub info_hash: InfoHash,
    /// The torrent's own name: the folder that a web seed keeps its files in (BEP 19).
    pub torrent_name: String,
    /// The film's file in the torrent.
    #[serde(rename = "fileIndex", deserialize_with = "file_index")]
    pub file: FileIndex,
    /// That file's name.
    pub file_name: String,
    /// That file's length in bytes.
    pub file_size_bytes: u64,
    /// Where its peers meet.
    #[serde(skip)]
    pub trackers: Vec<Url>,
    /// A web server that holds the same files (BEP 19); the torrent's name and the file's path follow.
    #[serde(skip)]
    pub web_seed: Option<Url>,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Data {
    trackers: Vec<Url>,
    web_seed: Url,
    movies: Vec<OpenMovie>,
}

impl OpenMovies {
    /// The films of this build.
    pub fn embedded() -> Self {
        let data: Data =
            serde_json::from_str(DATA).expect("the embedded catalogue is read by a test of every build");
        let complete = |movie| OpenMovie {
            trackers: data.trackers.clone(),
            web_seed: Some(data.web_seed.clone()),
            ..movie
        };
        data.movies.into_iter().map(complete).collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &OpenMovie> {
        self.0.iter()
    }

    /// The film that is this video.
    pub fn of(&self, id: &ContentId) -> Option<&OpenMovie> {
        let ContentId::Movie(imdb) = id else { return None };
        self.iter().find(|movie| movie.imdb == *imdb)
    }

    /// Every genre once, in alphabetical order.
    pub fn genres(&self) -> Vec<String> {
        let mut genres: Vec<String> = self.iter().flat_map(|movie| movie.genres.clone()).collect();
        genres.sort();
        genres.dedup();
        genres
    }
}

impl FromIterator<OpenMovie> for OpenMovies {
    fn from_iter<I: IntoIterator<Item = OpenMovie>>(movies: I) -> Self {
        Self(movies.into_iter().collect())
    }
}

impl OpenMovie {
    /// The film as an indexer tells it.
    fn found(&self) -> Found {
        Found {
            info_hash: Some(self.info_hash),
            name: format!("{} ({})", self.title, self.year),
            file: Some(self.file),
            file_name: Some(self.file_name.clone()),
            file_size: Some(self.file_size_bytes),
            trackers: self.trackers.clone(),
            web_seeds: self.web_seed.iter().cloned().collect(),
            imdb: Some(self.imdb.to_string()),
            is_exact: true,
            ..Found::default()
        }
    }

    /// Whether a catalogue request with these properties should list the film. A search finds it when
    /// each of its words is in the title or a director's name.
    pub(crate) fn matches(&self, extra: &CatalogExtra) -> bool {
        let text = format!("{} {}", self.title, self.directors.join(" ")).to_lowercase();
        let found = extra.search.as_deref().is_none_or(|search| {
            let words = search.to_lowercase();
            words.split_whitespace().all(|word| text.contains(word))
        });
        found && extra.genre.as_ref().is_none_or(|genre| self.genres.contains(genre))
    }
}

/// They are an indexer that asks nobody.
impl Indexer for OpenMovies {
    fn name(&self) -> &str {
        "Open movies"
    }

    fn budget(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn search<'a>(
        &'a self,
        query: &'a Query,
        sink: &'a (dyn Fn(Vec<Found>) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), IndexerError>> {
        if let Some(movie) = self.of(&query.id) {
            sink(vec![movie.found()]);
        }
        ready(Ok(())).boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        let probe = Probe { title: self.name().to_owned(), indexers: None, results: self.0.len() };
        ready(Ok(probe)).boxed()
    }
}

fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

fn file_index<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FileIndex, D::Error> {
    u32::deserialize(deserializer).map(FileIndex)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn a_film_is_found_by_its_id_with_file_and_web_seed() {
        let movies = OpenMovies::embedded();
        for (id, expected) in [("tt1254207", 1), ("tt1254207:1:1", 0), ("tt1", 0)] {
            let Ok(id) = id.parse();
            let found = Mutex::new(Vec::new());
            let sink = |more: Vec<Found>| found.lock().unwrap().extend(more);
            movies.search(&Query::of_id("movie", &id), &sink).await.unwrap();
            let found = found.into_inner().unwrap();
            assert_eq!(found.len(), expected);
            for film in found {
                assert_eq!(film.name, "Big Buck Bunny (2008)");
                assert_eq!((film.file, film.file_size), (Some(FileIndex(1)), Some(276_134_947)));
                assert!(film.is_exact && !film.trackers.is_empty() && film.web_seeds.len() == 1);
            }
        }
        assert_eq!(movies.probe().await.unwrap().results, 4);
    }
}
