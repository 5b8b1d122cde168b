//! Debrid-Link.

use serde_json::{Value, json};

use super::{Rig, TOKEN};
use crate::support::debrid::debridlink::DEBRID_LINK;
use crate::support::debrid::{Condition, Failure, Fetching, Mode};
use crate::support::http::Answer;

async fn add(rig: &Rig) -> Answer {
    rig.post_json("/seedbox/add", &json!({ "url": rig.share.magnet(), "async": true })).await
}

async fn entry(rig: &Rig, id: &Value) -> Value {
    let list = rig.get(&format!("/seedbox/list?ids={}", id.as_str().unwrap())).await.json();
    assert_eq!(list["value"].as_array().unwrap().len(), 1, "{list}");
    list["value"][0].clone()
}

fn code(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!((answer.status.is_success(), &body["success"]), (false, &json!(false)));
    body["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn held_content_has_links_at_once_and_names_without_paths() {
    let rig = Rig::holding(DEBRID_LINK);
    let torrent = add(&rig).await.json()["value"].clone();
    assert_eq!(
        (&torrent["downloadPercent"], &torrent["hashString"]),
        (&json!(100), &json!(rig.share.info_hash))
    );
    let text = &torrent["files"][2];
    assert_eq!((&text["name"], &text["size"]), (&json!("about.txt"), &json!(100)));
    assert_eq!(rig.bytes(&torrent["files"][1]["downloadUrl"]), rig.share.files[1]);
    assert_eq!(add(&rig).await.json()["value"]["id"], torrent["id"], "a torrent is in a seedbox once");
    rig.nothing_unexpected();
}

#[tokio::test]
async fn the_percentage_rises_with_every_look_at_the_list() {
    let rig = Rig::start(DEBRID_LINK);
    let fetching = Fetching { polls_until_ready: 4, stuck: false, fails_with: None };
    rig.fake.set_fetching(&rig.share.info_hash, fetching);
    let torrent = add(&rig).await.json()["value"].clone();
    assert_eq!(torrent["files"], json!([]), "with async the files are not known yet");
    let mut seen = Vec::new();
    for _ in 0..4 {
        let torrent = entry(&rig, &torrent["id"]).await;
        seen.push(torrent["downloadPercent"].clone());
        let has_link = torrent["files"][0]["downloadUrl"] != "";
        assert_eq!(has_link, torrent["downloadPercent"] == 100);
    }
    assert_eq!(seen, [25, 50, 75, 100]);
}

#[tokio::test]
async fn torrents_are_added_by_hash_and_by_upload_and_removed() {
    let rig = Rig::start(DEBRID_LINK);
    let by_hash = rig.post_json("/seedbox/add", &json!({ "url": rig.share.info_hash })).await.json();
    let uploaded = rig.post_torrent("/seedbox/add", "file").await.json();
    assert_eq!(by_hash["value"]["id"], uploaded["value"]["id"]);
    assert_eq!(uploaded["value"]["files"].as_array().unwrap().len(), 3, "without async the files are known");
    let path = format!("/seedbox/{}/remove", uploaded["value"]["id"].as_str().unwrap());
    assert_eq!(rig.call("DELETE", &path, "", b"").await.json()["success"], true);
    assert!(rig.fake.items().is_empty());
    assert_eq!(code(&rig.call("DELETE", &path, "", b"").await), "badId");
    rig.nothing_unexpected();
}

#[tokio::test]
async fn lists_have_pages_that_count_from_0() {
    let rig = Rig::start(DEBRID_LINK);
    for number in 0..21 {
        rig.fake.add_foreign_item(&format!("{number:040x}"));
    }
    let first = rig.get("/seedbox/list").await.json();
    assert_eq!(first["pagination"], json!({ "page": 0, "pages": 2, "next": 1, "previous": -1 }));
    let second = rig.get("/seedbox/list?page=1&perPage=20").await.json();
    assert_eq!(
        (first["value"].as_array().unwrap().len(), second["value"].as_array().unwrap().len()),
        (20, 1)
    );
    assert_eq!(second["pagination"]["next"], -1);
    rig.nothing_unexpected();
    assert_eq!(code(&rig.get("/seedbox/list?perPage=500").await), "badArguments");
    assert_eq!(rig.fake.unexpected().len(), 1);
}

#[tokio::test]
async fn fetching_gets_stuck_fails_or_is_refused() {
    for (failure, is_failed) in [(None, 0), (Some(Failure::NoPeers), 1), (Some(Failure::Internal), 1)] {
        let rig = Rig::start(DEBRID_LINK);
        let fetching = Fetching { polls_until_ready: 0, stuck: failure.is_none(), fails_with: failure };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        let torrent = add(&rig).await.json()["value"].clone();
        assert_eq!((&torrent["error"], &torrent["downloadPercent"]), (&json!(is_failed), &json!(0)));
    }
    for (failure, error) in [(Failure::TooBig, "torrentTooBig"), (Failure::Invalid, "notAddTorrent")] {
        let rig = Rig::start(DEBRID_LINK);
        let fetching = Fetching { polls_until_ready: 0, stuck: false, fails_with: Some(failure) };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        assert_eq!(code(&add(&rig).await), error);
    }
}

#[tokio::test]
async fn packed_vanished_and_refused_content_is_told() {
    let rig = Rig::holding(DEBRID_LINK);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Archive]);
    let torrent = add(&rig).await.json()["value"].clone();
    assert_eq!((&torrent["isZip"], &torrent["files"][0]["name"]), (&json!(true), &json!("Show.S01.zip")));
    assert!(rig.bytes(&torrent["files"][0]["downloadUrl"]).starts_with(b"PK"));
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::VanishedFile]);
    let gone = entry(&rig, &torrent["id"]).await;
    let (_, _, end) = rig.behind(&gone["files"][0]["downloadUrl"]);
    assert_eq!((&gone["downloadPercent"], end.unwrap().status), (&json!(100), 404));
    let again = add(&rig).await.json()["value"].clone();
    assert!(again["id"] != torrent["id"] && again["downloadPercent"] != 100, "it is fetched again: {again}");
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Infringing]);
    assert_eq!(code(&add(&rig).await), "notAddTorrent");
}

#[tokio::test]
async fn accounts_are_refused_for_what_is_the_matter_with_them() {
    let rig = Rig::start(DEBRID_LINK);
    for (condition, error) in [
        (Condition::BadToken, "badToken"),
        (Condition::IpRefused, "serverNotAllowed"),
        (Condition::NotPremium, "freeServerOverload"),
        (Condition::QuotaExhausted, "maxData"),
        (Condition::TooManyActive, "maxTransfer"),
    ] {
        rig.fake.set_condition(TOKEN, condition);
        assert_eq!(code(&add(&rig).await), error);
    }
    rig.fake.set_condition(TOKEN, Condition::IpRefused);
    let infos = rig.get("/account/infos").await.json()["value"].clone();
    assert_eq!((&infos["serverDetected"], &infos["accountType"]), (&json!(true), &json!(1)));
    assert!(rig.fake.items().is_empty());
}

#[tokio::test]
async fn calls_that_the_documentation_refuses_are_refused() {
    let rig = Rig::holding(DEBRID_LINK);
    assert_eq!(code(&rig.post("/seedbox/add", &[("url", &rig.share.magnet())]).await), "badArguments");
    assert_eq!(code(&rig.get("/seedbox/cached?url=x").await), "unknowR");
    assert_eq!(code(&rig.get("/seedbox/add").await), "badArguments");
    let stranger = json!({ "url": rig.share.magnet(), "magnet": "x" });
    assert_eq!(rig.post_json("/seedbox/add", &stranger).await.status, 200);
    let reasons: Vec<String> = rig.fake.unexpected().into_iter().filter_map(|call| call.unexpected).collect();
    let wanted = [
        "neither JSON nor multipart",
        "unknown route",
        "wrong method",
        "the parameter magnet is not documented",
    ];
    assert_eq!(reasons, wanted);
}

#[tokio::test]
async fn a_flood_is_detected() {
    let rig = Rig::start(DEBRID_LINK);
    for _ in 0..15 {
        assert_eq!(rig.get("/account/infos").await.status, 200);
    }
    let refused = rig.get("/account/infos").await;
    assert_eq!(
        (refused.status.as_u16(), code(&refused), rig.fake.limit_violations()),
        (429, "floodDetected".to_owned(), 1)
    );
}
