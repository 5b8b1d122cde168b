//! What is set on the configure page, by hand or out of another addon's settings, and what Stremio lists by it.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::super::stage::{FILM, setup, titles};
use super::shelf::{Holder, number, shelf};
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Tracker, Upstream};
use crate::support::server::Headwater;
use crate::support::tools::node;

/// As one addon writes its settings into its address.
const PAIRS: &str =
    "providers=one,two|sort=qualitysize|qualityfilter=480p,cam|limit=2|language=german|sizefilter=20GB";

const SECRET: &str = "imported-secret-1";

/// As another one does, before it is wrapped.
fn json_of_another() -> Value {
    json!({
        "maxResultsPerResolution": 7, "maxResults": 0, "maxSize": 32_000_000_000_u64, "removeTrash": true,
        "debridServices": [{ "service": "torbox", "apiKey": SECRET }],
        "languages": { "preferred": ["fr"], "exclude": ["ru"] },
        "resolutions": { "r360p": false, "r2160p": true },
    })
}

/// What Stremio's own client is told by an install: number and left column of each row.
fn listed(server: &Headwater, install: &Value) -> Vec<(u32, String)> {
    let manifest = install["manifest"].as_str().expect("the page shows the address");
    assert!(manifest.starts_with(server.base()), "{manifest}");
    assert_eq!(install["scanned"], manifest, "a camera reads the same address");
    let seen = node("journey/install.mjs", &[manifest, "movie", FILM]);
    let streams = seen["streams"].as_array().unwrap_or_else(|| panic!("{seen}"));
    let row = |stream: &Value| {
        let url = stream["url"].as_str().expect("every stream has an address");
        let hash = url.split("/play/").nth(1).and_then(|rest| rest.split('/').nth(1));
        (number(hash.expect("it is a play link")), stream["name"].as_str().unwrap_or_default().to_owned())
    };
    streams.iter().map(row).collect()
}

fn numbers(rows: &[(u32, String)]) -> Vec<u32> {
    rows.iter().map(|(number, _)| *number).collect()
}

/// What Stremio lists of an install before the page of that is opened again, and afterwards.
fn assert_a_change_reaches_the_install(server: &Headwater, install: &Value) {
    let chosen = listed(server, install);
    assert_eq!(numbers(&chosen), [6, 11, 8, 9], "{install:#}");
    let names: Vec<&str> = chosen.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["Ours 1080p", "Ours 1080p", "Ours 720p", "Ours 480p"]);

    let work = json!({ "manifest": install["manifest"] }).to_string();
    let facts = node("discovery/choosing/page.mjs", &[&work]);
    assert_eq!(facts["complaints"], json!([]));
    let changed = &facts["changed"];
    assert_eq!(changed["before"], install["saved"], "the page shows what was saved");
    assert_eq!(changed["saved"]["without-resolution"], json!(["p720"]));
    assert_eq!(changed["manifest"], install["manifest"], "there is nothing new to install");
    // The address that was installed before the change.
    let fewer = listed(server, install);
    assert_eq!(fewer, [chosen[0].clone(), chosen[1].clone(), chosen[3].clone()], "{changed:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_pasted_or_changed_on_the_page_is_what_stremio_lists() {
    let site = Tracker::new("one", "Alone", Caps::IDS).with(shelf());
    let jackett = Upstream::start(Jackett::new("KEY", [site]));
    let (titles, holder) = (titles(), Holder::start());
    let server = holder
        .tell(setup(&titles))
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    let encoded = BASE64.encode(json_of_another().to_string().as_bytes());
    let work = json!({ "base": server.base(), "pairs": PAIRS, "encoded": encoded }).to_string();
    let facts = node("discovery/choosing/page.mjs", &[&work]);
    assert_eq!(facts["complaints"], json!([]));
    assert!(!facts["answers"].to_string().contains(SECRET), "no page tells what was pasted");
    assert_a_change_reaches_the_install(&server, &facts["chosen"]);

    let pairs = &facts["fromPairs"];
    assert!(pairs["told"].as_str().is_some_and(|told| told.contains("providers")), "{pairs:#}");
    assert_eq!(pairs["shown"], pairs["saved"]);
    let shown = &pairs["shown"];
    assert_eq!((&shown["per-resolution"], &shown["most-size"]), (&json!("2"), &json!("20")), "{shown:#}");
    assert_eq!(shown["languages"], json!(["German"]));
    assert_eq!(shown["without-resolution"], json!(["p480"]));
    assert_eq!(shown["sort-by"], json!(["cached", "language", "resolution", "size", "seeders"]));
    assert_eq!(numbers(&listed(&server, pairs)), [6, 7, 2, 3, 8], "{pairs:#}");

    let other = &facts["fromJson"];
    assert!(other["told"].as_str().is_some_and(|told| told.contains("removeTrash")), "{other:#}");
    assert_eq!(other["shown"], other["saved"]);
    let shown = &other["shown"];
    assert_eq!((&shown["per-resolution"], &shown["total"]), (&json!("7"), &json!("500")), "{shown:#}");
    assert_eq!((&shown["most-size"], &shown["services"]), (&json!("32"), &json!(["TorBox"])), "{shown:#}");
    assert_eq!((&shown["languages"], &shown["without-language"]), (&json!(["French"]), &json!(["ru"])));
    assert_eq!(shown["without-resolution"], json!(["p360"]));
}
