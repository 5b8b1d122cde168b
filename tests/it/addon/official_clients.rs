//! Stremio's own npm packages against the running server: the linter, and the client that walks from
//! the install to a stream.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::process::run;
use crate::support::server::Headwater;
use crate::support::tools::test_source;

/// How long a script may take for its few requests, the start of Node included.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the script says about the addon at `manifest_url`.
pub(crate) fn ask(script: &str, manifest_url: &str) -> Value {
    let mut command = Command::new("node");
    command.arg(test_source(script)).arg(manifest_url);
    let finished = run(script, command, PATIENCE);
    assert_eq!(finished.code(), Some(0), "{script}: {}", finished.story());
    serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{script}: {}", finished.story()))
}

#[test]
fn the_official_linter_finds_nothing_in_the_manifest() {
    let server = Headwater::start();
    let report = ask("addon/lint.mjs", &server.url("/manifest.json"));
    assert_eq!(report["status"], 200, "{report}");
    assert_eq!((&report["valid"], &report["warnings"]), (&json!(true), &json!([])), "{report}");
    assert_eq!(report["contentType"], "application/json; charset=utf-8", "{report}");
    assert_eq!(report["allowOrigin"], "*", "{report}");
    assert!(report["bytes"].as_u64().is_some_and(|bytes| bytes <= 8192), "{report}");
}

#[test]
fn the_official_client_walks_from_the_install_to_a_stream() {
    let server = Headwater::start();
    let seen = ask("addon/walk.mjs", &server.url("/manifest.json"));
    let titles = seen["titles"].as_array().unwrap_or_else(|| panic!("{seen}"));
    let names: Vec<&str> = titles.iter().filter_map(|title| title["name"].as_str()).collect();
    assert_eq!(names, ["Big Buck Bunny", "Sintel", "Tears of Steel", "Cosmos Laundromat"]);
    for title in titles {
        assert_eq!(title["meta"]["id"], title["id"], "{title}");
        let url = title["streams"][0]["url"].as_str().unwrap_or_else(|| panic!("{title}"));
        assert!(url.starts_with(&server.url("/play/")), "{url}");
        assert!(title["streams"][0]["behaviorHints"]["videoSize"].is_u64(), "{title}");
    }
}

#[test]
fn the_official_client_is_understood_to_the_letter() {
    let server = Headwater::start();
    let seen = ask("addon/walk.mjs", &server.url("/manifest.json"));
    let expected = json!({
        "search": ["Big Buck Bunny"],
        "ampersand": [],
        "genre": ["Tears of Steel"],
        "skipped": []
    });
    assert_eq!(seen["extras"], expected);
    assert_eq!(seen["episode"]["streams"], json!([]));
    assert_eq!(seen["missing"], "Not found");
}

#[test]
fn a_second_walk_and_a_restart_give_the_same_links() {
    let mut server = Headwater::start();
    let links = |server: &Headwater| {
        let seen = ask("addon/walk.mjs", &server.url("/manifest.json"));
        let titles = seen["titles"].as_array().cloned().unwrap_or_default();
        let urls = titles.iter().filter_map(|title| title["streams"][0]["url"].as_str());
        // The port changes with the restart; what stands behind it may not.
        urls.map(|url| url.replace(server.base(), "")).collect::<Vec<_>>()
    };
    let first = links(&server);
    assert_eq!(first.len(), 4);
    assert_eq!(links(&server), first);
    server.terminate();
    server.stopped();
    server.restart();
    assert_eq!(links(&server), first);
}
