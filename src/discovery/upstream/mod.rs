//! Another addon, reached by the address of its manifest: what it can be asked, and asking it.

mod manifest;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use super::IndexerError;
use super::exchange::{Allowance, get_json};
use crate::stremio::{Hops, hops};

pub(in crate::discovery) use manifest::Manifest;

/// The end of a manifest's address, in whose place the path of a question stands.
const MANIFEST: &str = "/manifest.json";

/// What clients leave as it is in a part of a path (`encodeURIComponent`).
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// For how long a manifest is believed. Clients keep theirs for weeks.
const FRESH: Duration = Duration::from_secs(6 * 60 * 60);

/// The list of episodes of a soap opera takes megabytes.
const MOST_BYTES: usize = 16 << 20;

/// Another addon. Its address may hold keys, so it is for no log.
pub(in crate::discovery) struct Upstream {
    manifest_url: Url,
    client: reqwest::Client,
    time: Duration,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    manifest: Arc<Manifest>,
    /// Until when it is believed.
    until: Instant,
}

impl Upstream {
    /// The addon at `url`, its manifest or the folder in which that lies, which is asked through `client`. Every
    /// question may take `time`.
    pub(in crate::discovery) fn new(url: &Url, client: reqwest::Client, time: Duration) -> Self {
        Self { manifest_url: manifest_url(url), client, time, kept: Mutex::default() }
    }

    /// What it says of itself, as far back as six hours, or longer if it does not answer now.
    ///
    /// # Errors
    /// It never said anything that is a manifest.
    pub(in crate::discovery) async fn manifest(&self) -> Result<Arc<Manifest>, IndexerError> {
        let (known, is_fresh) = match &*self.kept.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(kept) => (Some(kept.manifest.clone()), Instant::now() < kept.until),
            None => (None, false),
        };
        if let Some(manifest) = known.clone().filter(|_| is_fresh) {
            return Ok(manifest);
        }
        match (self.read_manifest().await, known) {
            (Err(_), Some(manifest)) => Ok(manifest),
            (result, _) => result,
        }
    }

    /// Asks anew what it says of itself.
    ///
    /// # Errors
    /// It does not answer, or with something that is no manifest.
    pub(in crate::discovery) async fn read_manifest(&self) -> Result<Arc<Manifest>, IndexerError> {
        let none = || IndexerError::Malformed("there is no addon manifest at this address".to_owned());
        let answer = self.get(self.manifest_url.clone(), HeaderMap::new()).await?.ok_or_else(none)?;
        let manifest = Arc::new(Manifest::read(&answer).ok_or_else(none)?);
        let kept = Kept { manifest: manifest.clone(), until: Instant::now() + FRESH };
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(manifest)
    }

    /// What it answers about one id; `None` if it does not know the id. `hops` tells it who has been asked before.
    ///
    /// # Errors
    /// By what can be done about it.
    pub(in crate::discovery) async fn ask(
        &self,
        resource: &str,
        (kind, id): (&str, &str),
        hops: &Hops,
    ) -> Result<Option<Value>, IndexerError> {
        let mut headers = HeaderMap::new();
        if let Some(via) = hops.via().and_then(|via| HeaderValue::try_from(via).ok()) {
            headers.insert(hops::VIA, via);
        }
        self.get(self.question(resource, kind, id), headers).await
    }

    async fn get(&self, url: Url, headers: HeaderMap) -> Result<Option<Value>, IndexerError> {
        get_json(&self.client, url, headers, Allowance { time: self.time, bytes: MOST_BYTES }).await
    }

    /// The address is text with a placeholder, as clients treat it: what follows the manifest's name, such as a
    /// query with the settings of the addon, stays where it is.
    fn question(&self, resource: &str, kind: &str, id: &str) -> Url {
        let encode = |part| utf8_percent_encode(part, PART);
        let path = format!("/{resource}/{}/{}.json", encode(kind), encode(id));
        let text = self.manifest_url.as_str().replacen(MANIFEST, &path, 1);
        text.parse().unwrap_or_else(|_| self.manifest_url.clone())
    }
}

/// The address of the manifest, from whatever form of it people have at hand: that of Stremio's own install links,
/// the page where the addon is configured, or its folder.
fn manifest_url(url: &Url) -> Url {
    let text = match url.as_str().strip_prefix("stremio:") {
        Some(rest) => format!("https:{rest}"),
        None => url.as_str().to_owned(),
    };
    let Ok(mut url) = Url::parse(&text) else { return url.clone() };
    url.set_fragment(None);
    if !url.as_str().contains(MANIFEST) {
        let folder = url.path().trim_end_matches('/');
        let folder = folder.strip_suffix("/configure").unwrap_or(folder);
        let path = format!("{folder}{MANIFEST}");
        url.set_path(&path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::fake::{Fake, Reply};

    const BODY: &str = r#"{"name":"X","types":["movie"],"resources":["stream"]}"#;

    fn upstream(url: &str) -> Upstream {
        let time = Duration::from_millis(500);
        Upstream::new(&url.parse().unwrap(), crate::net::client().unwrap(), time)
    }

    #[test]
    fn every_form_of_an_address_leads_to_the_manifest() {
        for (given, manifest) in [
            ("https://a.example/manifest.json", "https://a.example/manifest.json"),
            ("https://a.example/x=1/manifest.json?k=v", "https://a.example/x=1/manifest.json?k=v"),
            ("stremio://a.example/c%7C1/manifest.json", "https://a.example/c%7C1/manifest.json"),
            ("https://a.example/c/configure", "https://a.example/c/manifest.json"),
            ("https://a.example", "https://a.example/manifest.json"),
            ("https://a.example/c/#top", "https://a.example/c/manifest.json"),
        ] {
            assert_eq!(upstream(given).manifest_url.as_str(), manifest);
        }
    }

    #[test]
    fn a_question_takes_the_place_of_the_manifest_and_keeps_the_settings() {
        let ask = |url: &str, id: &str| upstream(url).question("stream", "series", id).to_string();
        assert_eq!(
            ask("https://a.example/a%3Db/manifest.json?k=v", "tt0898266:9:17"),
            "https://a.example/a%3Db/stream/series/tt0898266%3A9%3A17.json?k=v"
        );
        assert_eq!(
            ask("https://a.example/manifest.json", "x/y&z '1'(!~*)"),
            "https://a.example/stream/series/x%2Fy%26z%20'1'(!~*).json"
        );
    }

    #[tokio::test]
    async fn a_manifest_is_asked_for_once_and_outlives_its_addon() {
        let fake = Fake::start([("/manifest.json", Reply::json(BODY))]).await;
        let upstream = upstream(fake.url("").as_str());
        assert!(upstream.manifest().await.unwrap().serves("stream", "movie", "tt1"));
        upstream.manifest().await.unwrap();
        assert_eq!(fake.paths().len(), 1);
        fake.put("/manifest.json", Reply::status(500));
        upstream.kept.lock().unwrap().as_mut().unwrap().until = Instant::now();
        assert_eq!(upstream.manifest().await.unwrap().title, "X");
        assert_eq!(fake.paths().len(), 2);
        assert!(upstream.read_manifest().await.is_err());
    }

    #[tokio::test]
    async fn the_next_server_is_told_who_was_asked_before() {
        let fake = Fake::start([("/stream/movie/tt1.json", Reply::json("{\"streams\":[]}"))]).await;
        let upstream = upstream(fake.url("").as_str());
        let hops = Hops::default().through("me");
        assert!(upstream.ask("stream", ("movie", "tt1"), &hops).await.unwrap().is_some());
        assert_eq!(upstream.ask("stream", ("movie", "tt2"), &Hops::default()).await, Ok(None));
        let heads = fake.heads();
        assert!(heads[0].contains("via: 1.1 headwater-me\r\n"), "{}", heads[0]);
        assert!(!heads[1].contains("via:"));
    }
}
