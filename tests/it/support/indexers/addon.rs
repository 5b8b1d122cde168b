//! A real Stremio addon, made with the official SDK and run by Node, behind a gate that has faults and a journal.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::ask::Ask;
use super::upstream::{Site, Upstream};
use crate::support::debrid::Reply;
use crate::support::process::Process;
use crate::support::tools::test_source;

/// The running program.
pub(crate) struct Addon {
    address: String,
    _process: Process,
}

/// What an addon is and has.
#[derive(Clone)]
pub(crate) struct Description {
    manifest: Value,
    streams: serde_json::Map<String, Value>,
    metas: serde_json::Map<String, Value>,
    cache_max_age: Option<u64>,
}

impl Description {
    /// An addon that has streams of films and series with IMDb ids.
    pub(crate) fn new(name: &str) -> Self {
        let manifest = json!({
            "id": format!("org.tests.{}", name.to_lowercase().replace(' ', ".")), "version": "1.2.3", "name": name,
            "description": "An addon of the tests", "resources": ["stream"], "types": ["movie", "series"],
            "idPrefixes": ["tt"], "catalogs": []
        });
        Self { manifest, streams: serde_json::Map::new(), metas: serde_json::Map::new(), cache_max_age: None }
    }

    /// A catalogue of anime with ids of Kitsu, as the addon of that name is one: it tells titles with their episodes,
    /// under the type `anime`, and has streams for both types that clients ask with.
    pub(crate) fn kitsu() -> Self {
        let of = |name: &str, types: &[&str]| json!({"name": name, "types": types, "idPrefixes": ["kitsu:"]});
        Self::new("Kitsu")
            .manifest("resources", json!([of("meta", &["anime"]), of("stream", &["anime", "series"])]))
            .manifest("types", json!(["anime", "series"]))
            .manifest("idPrefixes", json!(["kitsu:"]))
    }

    /// The same with streams for a video.
    pub(crate) fn streams(mut self, kind: &str, id: &str, streams: impl IntoIterator<Item = Value>) -> Self {
        self.streams.insert(format!("{kind}/{id}"), streams.into_iter().collect());
        self
    }

    /// The same with what it tells of a title.
    pub(crate) fn meta(mut self, kind: &str, id: &str, meta: Value) -> Self {
        self.metas.insert(format!("{kind}/{id}"), meta);
        self
    }

    /// The same with another value in its manifest.
    pub(crate) fn manifest(mut self, key: &str, value: Value) -> Self {
        self.manifest[key] = value;
        self
    }

    /// The same, installed with settings in its address, where many addons have their keys: anything before
    /// `/manifest.json` is taken.
    pub(crate) fn configurable(self) -> Self {
        let config = json!([{"key": "token", "type": "text", "title": "Token"}]);
        self.manifest("config", config).manifest("behaviorHints", json!({"configurable": true}))
    }

    /// The same, with a word on how long its answers hold.
    pub(crate) fn cache_max_age(self, seconds: u64) -> Self {
        Self { cache_max_age: Some(seconds), ..self }
    }

    /// Starts it behind a gate.
    ///
    /// # Panics
    /// If Node or the SDK is missing.
    pub(crate) fn start(&self) -> Upstream<Addon> {
        let mut command = Command::new("node");
        command.arg(test_source("support/indexers/addon.mjs"));
        let mut process = Process::start("addon", command);
        let mut description =
            json!({"manifest": self.manifest, "streams": self.streams, "metas": self.metas});
        if let Some(seconds) = self.cache_max_age {
            description["cacheMaxAge"] = json!(seconds);
        }
        process.ask(&description.to_string());
        // The SDK prints a greeting before.
        let line = process.line(Duration::from_secs(20), |line| line.starts_with("port "));
        let address = format!("http://127.0.0.1:{}", line.trim_start_matches("port "));
        Upstream::start(Addon { address, _process: process })
    }
}

impl Site for Addon {
    fn answer(&mut self, _ask: &Ask) -> Reply {
        unreachable!("the program answers");
    }

    fn program(&self) -> Option<String> {
        Some(self.address.clone())
    }
}
