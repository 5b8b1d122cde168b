mod bitmagnet;
mod jackett;
mod prowlarr;
mod server;
mod torznab;
mod zilean;

use std::sync::{Arc, Mutex};

use url::Url;

use super::build;
use crate::discovery::{Found, Indexer, IndexerError, Query};
use crate::domain::{Title, TitleEpisode, TitleKind};
use crate::net;
use crate::profile::{IndexerKind, IndexerSettings, Secret};

/// A key that must never come back in an error.
const KEY: &str = "k3y0f0urs";

const HEX: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

/// A caps document with these lines of `<searching>`.
fn caps(searching: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><caps><server title="Test server"/><limits default="100" max="100"/>
        <searching>{searching}</searching><categories><category id="2000" name="Movies"><subcat id="2040"/></category>
        <category id="5000" name="TV"/></categories></caps>"#
    )
}

/// Everything that films and episodes can be searched by.
const FULL: &str = r#"<search available="yes" supportedParams="q"/>
    <tv-search available="yes" supportedParams="q,season,ep,imdbid"/>
    <movie-search available="yes" supportedParams="q,imdbid"/>"#;

/// A document with one result of each name.
fn results(names: &[&str]) -> String {
    let items = names.iter().map(|name| {
        format!(
            r#"<item><title>{name}</title><link>http://h/dl/{name}</link><size>7</size>
            <torznab:attr name="infohash" value="{HEX}"/></item>"#
        )
    });
    format!("<rss><channel>{}</channel></rss>", items.collect::<String>())
}

fn film() -> Query {
    let title = Title {
        kind: TitleKind::Movie,
        name: "Big Buck Bunny".to_owned(),
        aliases: Vec::new(),
        year: Some(2008),
        last_year: None,
        imdb: None,
        episodes: Vec::new(),
    };
    let Ok(id) = "tt1254207".parse();
    Query { title: Some(Arc::new(title)), ..Query::of_id("movie", &id) }
}

/// Third season, fourth episode.
fn episode() -> Query {
    let title = Title {
        kind: TitleKind::Series,
        name: "Pioneer One".to_owned(),
        aliases: Vec::new(),
        year: Some(2010),
        last_year: None,
        imdb: None,
        episodes: vec![TitleEpisode { season: 3, episode: 4, absolute: None, name: None, released: None }],
    };
    let Ok(id) = "tt1748166:3:4".parse();
    Query { title: Some(Arc::new(title)), ..Query::of_id("series", &id) }
}

fn untitled(query: Query) -> Query {
    Query { title: None, ..query }
}

fn settings(kind: IndexerKind, url: Url) -> IndexerSettings {
    let api_key = Some(Secret::from(KEY.to_owned()));
    IndexerSettings { kind, name: "Mine".to_owned(), url, api_key, enabled: true }
}

fn indexer(kind: IndexerKind, url: Url) -> Arc<dyn Indexer> {
    build(&settings(kind, url), &net::client().unwrap())
}

/// What a search brings, in alphabetical order of the names, and how it ends.
async fn search(indexer: &dyn Indexer, query: &Query) -> (Vec<Found>, Result<(), IndexerError>) {
    let found = Mutex::new(Vec::new());
    let outcome = indexer.search(query, &|batch| found.lock().unwrap().extend(batch)).await;
    if let Err(error) = &outcome {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(KEY) && !shown.contains("http:"), "{shown}");
    }
    let mut found = found.into_inner().unwrap();
    found.sort_by(|a: &Found, b| a.name.cmp(&b.name));
    (found, outcome)
}

fn names(found: &[Found]) -> Vec<&str> {
    found.iter().map(|found| found.name.as_str()).collect()
}
