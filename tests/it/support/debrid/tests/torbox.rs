//! TorBox.

use serde_json::{Value, json};

use super::{Rig, TOKEN};
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Condition, Failure, Fetching, Mode};
use crate::support::http::Answer;

async fn create(rig: &Rig, more: &[(&str, &str)]) -> Answer {
    let magnet = rig.share.magnet();
    let form = [&[("magnet", magnet.as_str()), ("seed", "3"), ("allow_zip", "false")], more].concat();
    rig.post("/torrents/createtorrent", &form).await
}

async fn add(rig: &Rig) -> u64 {
    create(rig, &[]).await.json()["data"]["torrent_id"].as_u64().unwrap()
}

async fn fresh(rig: &Rig, id: u64) -> Value {
    rig.get(&format!("/torrents/mylist?id={id}&bypass_cache=true")).await.json()["data"].clone()
}

fn link(id: u64, file: &str) -> String {
    format!("/torrents/requestdl?token={TOKEN}&torrent_id={id}{file}&zip_link=false&redirect=false")
}

fn code(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!((answer.status.is_success(), &body["success"]), (false, &json!(false)));
    body["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_cache_check_names_what_is_held() {
    let rig = Rig::start(TORBOX);
    let path = "/torrents/checkcached?format=list&list_files=true";
    let body = json!({ "hashes": [rig.share.info_hash, "0".repeat(40)] });
    assert_eq!(rig.post_json(path, &body).await.json()["data"], Value::Null);
    rig.fake.set_cached(&rig.share.info_hash, true);
    let held = rig.post_json(path, &body).await.json()["data"].clone();
    assert_eq!((held.as_array().unwrap().len(), &held[0]["hash"]), (1, &json!(rig.share.info_hash)));
    assert_eq!(held[0]["files"][0], json!({ "name": "Show.S01/Show.S01E01.mkv", "size": 40_000 }));
    let by_hash = rig.get(&format!("/torrents/checkcached?hash={}", rig.share.info_hash)).await.json();
    assert_eq!(by_hash["data"][&rig.share.info_hash]["size"], 90_100);
    assert_eq!(code(&rig.post(path, &[("hashes", &rig.share.info_hash)]).await), "MISSING_REQUIRED_OPTION");
    rig.nothing_unexpected();
}

#[tokio::test]
async fn held_content_has_links_at_once_and_file_ids_from_0() {
    let rig = Rig::holding(TORBOX);
    let id = add(&rig).await;
    assert_eq!(add(&rig).await, id, "a torrent is in an account once");
    let item = fresh(&rig, id).await;
    assert_eq!((&item["download_state"], &item["download_present"]), (&json!("cached"), &json!(true)));
    let file = &item["files"][0];
    assert_eq!((&file["id"], &file["name"]), (&json!(0), &json!("Show.S01/Show.S01E01.mkv")));
    let url = rig.send("GET", &link(id, "&file_id=0"), &[], b"").await.json()["data"].clone();
    assert_eq!(rig.bytes(&url), rig.share.files[0], "the token in the query is enough");
    rig.nothing_unexpected();
    assert_eq!(code(&rig.get(&link(id, "")).await), "MISSING_REQUIRED_OPTION");
    assert_eq!(rig.fake.unexpected().len(), 1, "file_id is always sent");
    assert_eq!(code(&rig.get(&link(id, "&file_id=3")).await), "ITEM_NOT_FOUND");
}

#[tokio::test]
async fn finished_is_not_present_and_cached_lists_stand_still() {
    let rig = Rig::start(TORBOX);
    let fetching = Fetching { polls_until_ready: 4, stuck: false, fails_with: None };
    rig.fake.set_fetching(&rig.share.info_hash, fetching);
    let id = rig.post_torrent("/torrents/createtorrent", "file").await.json()["data"]["torrent_id"]
        .as_u64()
        .unwrap();
    assert_eq!(code(&rig.get(&link(id, "&file_id=0")).await), "ITEM_NOT_FOUND");
    let mut seen = Vec::new();
    for _ in 0..5 {
        let item = fresh(&rig, id).await;
        seen.push((
            item["download_state"].as_str().unwrap().to_owned(),
            item["download_finished"] == true,
            item["download_present"] == true,
        ));
        let stale = rig.get(&format!("/torrents/mylist?id={id}")).await.json()["data"].clone();
        assert_eq!(
            stale["download_state"], item["download_state"],
            "only those who bypass the cache advance it"
        );
    }
    let steps = [
        ("queued", false, false),
        ("metaDL", false, false),
        ("downloading", false, false),
        ("uploading", true, false),
        ("completed", true, true),
    ];
    assert_eq!(seen, steps.map(|(state, finished, present)| (state.to_owned(), finished, present)));
}

#[tokio::test]
async fn a_stale_list_does_not_know_a_new_torrent() {
    let rig = Rig::holding(TORBOX);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::StaleList(2)]);
    let id = add(&rig).await;
    for known in [0, 0, 1] {
        assert_eq!(rig.get("/torrents/mylist").await.json()["data"].as_array().unwrap().len(), known);
    }
    assert_eq!(fresh(&rig, id).await["download_present"], true);
}

#[tokio::test]
async fn fetching_gets_stuck_fails_or_is_refused() {
    for (fails_with, state) in [
        (None, "stalled (no seeds)"),
        (Some(Failure::NoPeers), "failed (no seeds)"),
        (Some(Failure::Internal), "error"),
    ] {
        let rig = Rig::start(TORBOX);
        let fetching = Fetching { polls_until_ready: 0, stuck: fails_with.is_none(), fails_with };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        let id = add(&rig).await;
        assert_eq!(fresh(&rig, id).await["download_state"], state);
    }
    for (failure, error) in [(Failure::TooBig, "DOWNLOAD_TOO_LARGE"), (Failure::Invalid, "BOZO_TORRENT")] {
        let rig = Rig::start(TORBOX);
        let fetching = Fetching { polls_until_ready: 0, stuck: false, fails_with: Some(failure) };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        assert_eq!(code(&create(&rig, &[]).await), error);
    }
}

#[tokio::test]
async fn packed_and_vanished_files_are_no_films() {
    let rig = Rig::holding(TORBOX);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Archive]);
    let id = add(&rig).await;
    let files = fresh(&rig, id).await["files"].clone();
    assert_eq!((files.as_array().unwrap().len(), &files[0]["zipped"]), (1, &json!(true)));
    let url = rig.get(&link(id, "&file_id=0")).await.json()["data"].clone();
    assert!(rig.bytes(&url).starts_with(b"PK"));
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::VanishedFile]);
    assert_eq!(fresh(&rig, id).await["download_present"], true);
    assert_eq!(code(&rig.get(&link(id, "&file_id=0")).await), "LINK_OFFLINE");
}

#[tokio::test]
async fn accounts_are_refused_for_what_is_the_matter_with_them() {
    let rig = Rig::holding(TORBOX);
    for (condition, error) in [
        (Condition::BadToken, "BAD_TOKEN"),
        (Condition::IpRefused, "AUTH_ERROR"),
        (Condition::NotPremium, "PLAN_RESTRICTED_FEATURE"),
        (Condition::QuotaExhausted, "MONTHLY_LIMIT"),
        (Condition::TooManyActive, "ACTIVE_LIMIT"),
    ] {
        rig.fake.set_condition(TOKEN, condition);
        assert_eq!(code(&create(&rig, &[]).await), error);
    }
    assert_eq!(code(&rig.send("GET", "/user/me", &[], b"").await), "NO_AUTH");
    assert!(rig.fake.items().is_empty());
}

#[tokio::test]
async fn what_is_queued_becomes_a_torrent_when_there_is_a_place() {
    let rig = Rig::holding(TORBOX);
    rig.fake.set_condition(TOKEN, Condition::TooManyActive);
    let queued = create(&rig, &[("as_queued", "true")]).await.json()["data"].clone();
    assert_eq!((queued["queued_id"].is_u64(), queued.get("torrent_id")), (true, None));
    let list = rig.get("/queued/getqueued?type=torrent").await.json()["data"].clone();
    assert_eq!(list[0]["hash"], rig.share.info_hash);
    rig.fake.set_condition(TOKEN, Condition::Fine);
    assert_eq!(rig.get("/user/me").await.json()["data"]["plan"], 2);
    assert_eq!(rig.fake.items().len(), 1);
}

#[tokio::test]
async fn torrents_are_deleted_by_json_and_created_ten_times_a_minute() {
    let rig = Rig::holding(TORBOX);
    for _ in 0..10 {
        let id = add(&rig).await;
        let body = json!({ "torrent_id": id, "operation": "delete" });
        assert_eq!(rig.post_json("/torrents/controltorrent", &body).await.json()["success"], true);
    }
    assert!(rig.fake.items().is_empty());
    let refused = create(&rig, &[]).await;
    assert_eq!((refused.status.as_u16(), rig.fake.limit_violations()), (429, 1));
    assert!(refused.header("content-type").starts_with("text/plain"));
}

#[tokio::test]
async fn only_held_content_is_added_when_asked_so() {
    let rig = Rig::start(TORBOX);
    assert_eq!(code(&create(&rig, &[("add_only_if_cached", "true")]).await), "DOWNLOAD_NOT_CACHED");
    let info = rig.get(&format!("/torrents/torrentinfo?hash={}", rig.share.info_hash)).await.json();
    assert_eq!(info["data"]["files"][2]["name"], "Show.S01/Extras/about.txt");
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Infringing]);
    assert_eq!(code(&create(&rig, &[]).await), "BOZO_TORRENT");
}
