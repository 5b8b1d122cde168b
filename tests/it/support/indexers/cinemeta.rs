//! Cinemeta: what is known of a title, as `/meta/{type}/{id}.json`.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::ask::Ask;
use super::upstream::Site;
use crate::support::debrid::Reply;

/// A catalogue of titles.
#[derive(Default)]
pub(crate) struct Cinemeta {
    metas: HashMap<(String, String), Value>,
    /// An unknown id is answered with `{"meta": null}` in place of `{}`.
    pub(crate) says_null: bool,
}

impl Cinemeta {
    /// A catalogue without titles.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The same with a film.
    pub(crate) fn movie(self, imdb: &str, name: &str, year: u16) -> Self {
        let meta = json!({
            "id": imdb, "imdb_id": imdb, "type": "movie", "name": name, "slug": format!("movie/{imdb}"),
            "year": year.to_string(), "releaseInfo": year.to_string(), "runtime": "90 min",
            "released": format!("{year}-06-01T00:00:00.000Z"), "genres": ["Animation"], "genre": ["Animation"],
            "director": null, "cast": [], "imdbRating": "6.4", "popularities": {}, "videos": [],
            "behaviorHints": {"defaultVideoId": imdb, "hasScheduledVideos": false}
        });
        self.meta("movie", imdb, meta)
    }

    /// The same with a series: its years as Cinemeta writes them (`2000–2014`, with a dash), and how many episodes
    /// each season has. The episodes came out week by week from the first day of the first year on.
    pub(crate) fn series(self, imdb: &str, name: &str, years: &str, seasons: &[u32]) -> Self {
        let first_year = years.split('–').next().unwrap_or(years).to_owned();
        let mut videos = Vec::new();
        for (season, count) in (1..).zip(seasons) {
            for episode in 1..=*count {
                let week = videos.len() + 1;
                let (month, day) = (week / 4 % 12 + 1, week % 4 * 7 + 1);
                videos.push(json!({
                    "id": format!("{imdb}:{season}:{episode}"), "season": season, "number": episode,
                    "episode": episode, "name": format!("Part {week}"), "tvdb_id": 1000 + week,
                    "released": format!("{first_year}-{month:02}-{day:02}T02:00:00.000Z"),
                    "firstAired": format!("{first_year}-{month:02}-{day:02}T02:00:00.000Z"),
                    "overview": "", "thumbnail": null
                }));
            }
        }
        let meta = json!({
            "id": imdb, "imdb_id": imdb, "type": "series", "name": name, "slug": format!("series/{imdb}"),
            "year": years, "releaseInfo": years, "released": format!("{first_year}-01-01T00:00:00.000Z"),
            "runtime": "45 min", "status": "Continuing", "genres": ["Drama"], "videos": videos,
            "behaviorHints": {"defaultVideoId": null, "hasScheduledVideos": true}
        });
        self.meta("series", imdb, meta)
    }

    /// The same with any meta object.
    pub(crate) fn meta(mut self, kind: &str, id: &str, meta: Value) -> Self {
        self.metas.insert((kind.to_owned(), id.to_owned()), meta);
        self
    }
}

impl Site for Cinemeta {
    fn answer(&mut self, ask: &Ask) -> Reply {
        let segments = ask.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["meta", kind, file] = *parts.as_slice() else {
            return match ask.path.as_str() {
                "/manifest.json" => Reply::json(200, &manifest()),
                _ => Reply::empty(404).noting(Some("no such path".to_owned())),
            };
        };
        let Some(id) = file.strip_suffix(".json") else { return Reply::empty(404) };
        let body = match self.metas.get(&(kind.to_owned(), id.to_owned())) {
            Some(meta) => json!({"meta": meta}),
            None if self.says_null => json!({"meta": null}),
            None => json!({}),
        };
        Reply::json(200, &body).with("cache-control", &"max-age=1209600, public")
    }
}

fn manifest() -> Value {
    json!({
        "id": "com.linvo.cinemeta", "version": "3.0.13", "name": "Cinemeta", "description": "",
        "resources": ["catalog", "meta"], "types": ["movie", "series"], "idPrefixes": ["tt"], "catalogs": []
    })
}
