//! Other addons as indexers: torrents and addresses that they list for an id.

mod lines;
mod rows;

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::discovery::upstream::Upstream;
use crate::discovery::{Found, Indexer, IndexerError, Probe, Query};
use crate::profile::IndexerSettings;
use crate::stremio::Hops;

/// How long one question may take.
const QUESTION: Duration = Duration::from_secs(10);

/// A manifest that is not known yet, and then the question itself.
const BUDGET: Duration = Duration::from_secs(20);

/// A film that everybody may show, for a test search: addons of every kind may have it.
const SAMPLE: (&str, &str) = ("movie", "tt1254207");

/// Another addon.
pub(in crate::discovery) struct Addon {
    name: String,
    upstream: Upstream,
}

impl Addon {
    /// The addon that these settings name, asked through `client`.
    pub(in crate::discovery) fn new(settings: &IndexerSettings, client: &reqwest::Client) -> Self {
        let upstream = Upstream::new(&settings.url, client.clone(), QUESTION);
        Self { name: settings.name.clone(), upstream }
    }

    async fn streams(&self, (kind, id): (&str, &str), hops: &Hops) -> Result<Vec<Found>, IndexerError> {
        let Some(answer) = self.upstream.ask("stream", (kind, id), hops).await? else {
            return Ok(Vec::new());
        };
        rows::read(&answer).ok_or_else(|| IndexerError::Malformed("does not answer with streams".to_owned()))
    }

    async fn look(
        &self,
        query: &Query,
        sink: &(dyn Fn(Vec<Found>) + Send + Sync),
    ) -> Result<(), IndexerError> {
        let id = query.id.to_string();
        if !self.upstream.manifest().await?.serves("stream", &query.kind, &id) {
            return Err(IndexerError::Unsupported);
        }
        let found = self.streams((&query.kind, &id), &query.hops).await?;
        if !found.is_empty() {
            sink(found);
        }
        Ok(())
    }

    async fn try_out(&self) -> Result<Probe, IndexerError> {
        let manifest = self.upstream.read_manifest().await?;
        if manifest.kinds("stream").is_empty() {
            return Err(IndexerError::Malformed("this addon has no streams".to_owned()));
        }
        let (kind, id) = SAMPLE;
        let is_served = manifest.serves("stream", kind, id);
        let found = if is_served { self.streams(SAMPLE, &Hops::default()).await? } else { Vec::new() };
        Ok(Probe { title: manifest.title.clone(), indexers: None, results: found.len() })
    }
}

impl Indexer for Addon {
    fn name(&self) -> &str {
        &self.name
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn search<'a>(
        &'a self,
        query: &'a Query,
        sink: &'a (dyn Fn(Vec<Found>) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), IndexerError>> {
        self.look(query, sink).boxed()
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        self.try_out().boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::discovery::fake::{Fake, Reply};
    use crate::profile::IndexerKind;

    const MANIFEST: &str = r#"{"name":"Other","version":"1.0.0","types":["series","movie"],"idPrefixes":["tt"],"resources":["stream"]}"#;
    const ROWS: &str =
        r#"{"streams":[{"name":"x","infoHash":"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c","fileIdx":1}]}"#;

    fn addon(fake: &Fake) -> Addon {
        let settings = IndexerSettings {
            kind: IndexerKind::Addon,
            name: "Other".to_owned(),
            url: fake.url("/k3y/manifest.json"),
            api_key: None,
            enabled: true,
        };
        Addon::new(&settings, &crate::net::client().unwrap())
    }

    async fn search(addon: &Addon, kind: &str, id: &str) -> Result<usize, IndexerError> {
        let Ok(id) = id.parse();
        let count = Mutex::new(0);
        let query = Query { hops: Hops::default().through("me"), ..Query::of_id(kind, &id) };
        addon.search(&query, &|found| *count.lock().unwrap() += found.len()).await?;
        Ok(count.into_inner().unwrap())
    }

    #[tokio::test]
    async fn an_addon_is_asked_for_what_it_says_it_has() {
        let episode = "/k3y/stream/series/tt7%3A1%3A2.json";
        let fake =
            Fake::start([("/k3y/manifest.json", Reply::json(MANIFEST)), (episode, Reply::json(ROWS))]).await;
        let addon = addon(&fake);
        assert_eq!(search(&addon, "series", "tt7:1:2").await, Ok(1));
        assert_eq!(search(&addon, "series", "tt8:1:2").await, Ok(0));
        assert_eq!(search(&addon, "anime", "tt7:1:2").await, Err(IndexerError::Unsupported));
        assert_eq!(search(&addon, "series", "kitsu:7:2").await, Err(IndexerError::Unsupported));
        assert_eq!(fake.paths(), ["/k3y/manifest.json", episode, "/k3y/stream/series/tt8%3A1%3A2.json"]);
        assert!(fake.heads()[1].contains("via: 1.1 headwater-me"));
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_without_the_address() {
        let fake = Fake::start([("/k3y/manifest.json", Reply::json("{}"))]).await;
        let addon = addon(&fake);
        let wrong = search(&addon, "movie", "tt1").await.unwrap_err();
        assert!(matches!(wrong, IndexerError::Malformed(_)));
        fake.put("/k3y/manifest.json", Reply::json(MANIFEST));
        for (reply, expected) in [
            (Reply::json("{\"err\":\"handler error\"}"), "streams"),
            (Reply::status(500), "500"),
            (Reply::status(403), "403"),
        ] {
            fake.put("/k3y/stream/movie/tt1.json", reply);
            let wrong = search(&addon, "movie", "tt1").await.unwrap_err().to_string();
            assert!(wrong.contains(expected) && !wrong.contains("k3y"), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_sign_of_life_names_the_addon_and_counts() {
        let sample = "/k3y/stream/movie/tt1254207.json";
        let fake =
            Fake::start([("/k3y/manifest.json", Reply::json(MANIFEST)), (sample, Reply::json(ROWS))]).await;
        let probe = addon(&fake).probe().await.unwrap();
        assert_eq!(probe, Probe { title: "Other 1.0.0".to_owned(), indexers: None, results: 1 });
        fake.put("/k3y/manifest.json", Reply::json(&MANIFEST.replace("\"stream\"", "\"meta\"")));
        assert!(matches!(addon(&fake).probe().await, Err(IndexerError::Malformed(_))));
        fake.put("/k3y/manifest.json", Reply::status(404));
        assert!(addon(&fake).probe().await.unwrap_err().to_string().contains("manifest"));
    }
}
