//! Profiles made and changed by a person in a browser.

use serde_json::{Value, json};

use super::stage::{Stage, TOKEN, TORBOX_TOKEN};
use crate::support::indexers::bitmagnet::Bitmagnet;
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Listed, Tracker, Trouble, Upstream};

const JACKETT_KEY: &str = "jackett-secret-1";

/// What is typed by mistake, and is as secret as what is typed rightly.
const WRONG: [&str; 2] = ["wrong-secret-1", "wrong-secret-2"];

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

fn assert_tells_no_secret(answers: &Value, transcript: &str) {
    let answers = answers.as_str().unwrap();
    assert!(answers.len() > 10_000, "the pages are among the answers");
    let others = [TOKEN, TORBOX_TOKEN, JACKETT_KEY, "imported-secret", "open sesame"];
    for secret in others.into_iter().chain(WRONG) {
        assert!(!answers.contains(secret), "an answer tells {secret}");
        assert!(!transcript.contains(secret), "the log tells {secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_made_tested_saved_and_changed_in_a_browser() {
    // Two sites with three releases between them, and a program that is there and not well.
    let listed =
        |number: u32| Listed::new("Harbour.Lights.2019.1080p.WEB-DL.H264-AA", &format!("{number:040x}"));
    let sites = [
        Tracker::new("one", "One", Caps::WORDS).with([listed(1), listed(2)]),
        Tracker::new("two", "Two", Caps::WORDS).with([listed(3)]),
    ];
    let jackett = Upstream::start(Jackett::new(JACKETT_KEY, sites));
    let broken = Upstream::start(Bitmagnet::new([]));
    broken.trouble("", Trouble::Status { status: 500, retry_after: None });
    let stage = Stage::start(|setup| setup);
    let facts = stage
        .drive(
            "walk.mjs",
            json!({ "token": TOKEN, "torboxToken": TORBOX_TOKEN, "wrongToken": WRONG[0], "jackett": jackett.base(),
                    "wrongKey": WRONG[1], "jackettKey": JACKETT_KEY, "broken": broken.base() }),
        )
        .await;
    assert_eq!(facts["complaints"], json!([]));
    assert!(facts["account"].as_str().unwrap().contains("viewer"), "{}", facts["account"]);
    assert_eq!(facts["accountStillTold"], facts["account"]);
    assert!(facts["focusAfterAdding"].as_str().unwrap().ends_with("-token"), "{facts:#}");
    assert_eq!(facts["focusAfterMove"], "Move TorBox up");
    assert_eq!(facts["announced"], "TorBox: place 1 of 2.");
    assert_eq!(texts(&facts["services"]), ["TorBox", "Real-Debrid"]);
    assert_tests_indexers(&facts);
    assert_eq!(texts(&facts["sort"])[..2], ["Size", "Ready to play"]);
    assert_eq!(texts(&facts["dragged"])[..3], ["Size", "Seeders", "Ready to play"]);
    assert_eq!(texts(&facts["flags"]), ["no-dolby-vision", "no-dts", "no-truehd"]);
    assert_eq!(texts(&facts["pressed"]), ["Samsung TV"]);
    assert!(facts["templateError"].as_str().unwrap().starts_with("Left column: line 1"), "{facts:#}");
    assert!(texts(&facts["preview"]).contains(&"Ours 1080p"), "{}", facts["preview"]);
    assert_installs(&stage, &facts);
    assert_reopens(&facts, jackett.base());
    assert_eq!(texts(&facts["afterRemoval"]), ["Real-Debrid"]);
    assert_tells_no_secret(&facts["answers"], &stage.server.transcript());
    for service in [&stage.debrid, &stage.torbox] {
        assert!(service.unexpected().is_empty(), "{:?}", service.unexpected());
    }
}

/// What was found and how fast, and what is wrong with the others.
fn assert_tests_indexers(facts: &Value) {
    let told = facts["indexer"].as_str().unwrap();
    let took =
        told.strip_prefix("Jackett with 2 indexers: 3 results in ").and_then(|it| it.strip_suffix(" ms"));
    let took: u64 = took.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{told}"));
    assert!(took < 15_000, "a test gives up by then: {told}");
    assert!(facts["indexerRefused"].as_str().unwrap().contains("Invalid API Key"), "{facts:#}");
    assert!(facts["indexerBroken"].as_str().unwrap().contains("500"), "{facts:#}");
    assert_eq!(facts["indexerStillTold"], told, "a test of one says nothing of the others");
}

/// The buttons lead to the manifest of the profile, and that is there.
fn assert_installs(stage: &Stage, facts: &Value) {
    let url = facts["url"].as_str().unwrap();
    let manifest = url.replace("/configure?saved", "/manifest.json");
    assert_eq!(facts["manifest"], manifest.as_str());
    assert_eq!(facts["stremio"], manifest.replace("http://", "stremio://"));
    let encoded = crate::support::http::escape(&manifest).replace("%2E", ".");
    let web = facts["web"].as_str().unwrap();
    assert!(web.starts_with("https://web.stremio.com/#/addons?addon=http%3A%2F%2F127.0.0.1%3A"), "{web}");
    assert_eq!(web.split('=').next_back().unwrap().to_lowercase(), encoded.to_lowercase());
    assert_eq!(facts["copied"], manifest.as_str(), "the clipboard holds the address");
    assert!(facts["qr"].as_str().unwrap().contains("QR"), "{facts:#}");
    assert!(manifest.starts_with(stage.server.base()), "{manifest}");
}

fn assert_reopens(facts: &Value, jackett: &str) {
    let page = &facts["reopened"];
    assert_eq!(page["name"], "Den");
    assert_eq!(texts(&page["services"]), ["TorBox", "Real-Debrid"]);
    assert_eq!(page["sort"], facts["dragged"]);
    for field in page["tokens"].as_array().unwrap().iter().chain([&page["key"]]) {
        assert_eq!(field[0], "");
        assert!(field[1].as_str().unwrap().starts_with("Saved"), "{field}");
    }
    assert_eq!(page["address"], format!("{jackett}/"));
    assert_eq!(texts(&page["languages"]), ["German"]);
    assert_eq!(page["label"], "Ours {{ resolution }}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finger_puts_rows_in_order() {
    let stage = Stage::start(|setup| setup);
    let facts = stage.drive("touch.mjs", json!({ "token": TOKEN })).await;
    assert_eq!(facts["complaints"], json!([]));
    for drag in facts["drags"].as_array().unwrap() {
        assert_eq!(*drag, json!({ "held": 1, "scrolled": 0 }), "{facts:#}");
    }
    let dragged = &facts["dragged"];
    assert_eq!(texts(&dragged["services"]), ["TorBox", "Real-Debrid"]);
    assert_eq!(texts(&dragged["indexers"]), ["Zilean", "Jackett"]);
    assert_eq!(texts(&dragged["sort"]), ["Resolution", "My languages", "Ready to play"]);
    assert_eq!(facts["saved"], *dragged);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_without_scripts() {
    let stage = Stage::start(|setup| setup);
    let facts = stage.drive("plain.mjs", json!({ "token": TOKEN })).await;
    assert_eq!(facts["complaints"], json!([]));
    assert!(facts["afterAdding"].as_str().unwrap().ends_with("/configure#services"), "{facts:#}");
    assert!(facts["account"].as_str().unwrap().contains("viewer"), "{}", facts["account"]);
    assert_eq!(texts(&facts["services"]), ["put.io", "Real-Debrid"]);
    assert_eq!(texts(&facts["problems"]), ["Enter the token of put.io, or remove it."]);
    assert_eq!(facts["flags"], 7);
    assert_eq!(facts["heading"], "Plain");
    assert_eq!(texts(&facts["saved"]), ["Real-Debrid"]);
    assert!(facts["imported"].as_str().unwrap().contains("providers"), "{}", facts["imported"]);
    assert_eq!(texts(&facts["importedServices"]), ["Real-Debrid"]);
    assert_eq!(facts["deleted"].as_str().unwrap().trim(), "The profile was deleted.");
    assert_eq!(facts["gone"], json!([404, "No such profile"]));
    assert_tells_no_secret(&facts["answers"], &stage.server.transcript());
}
