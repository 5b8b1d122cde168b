//! Offcloud.

use serde_json::{Value, json};

use super::{Rig, TOKEN};
use crate::support::debrid::offcloud::OFFCLOUD;
use crate::support::debrid::{Condition, Failure, Fetching, Mode};

async fn add(rig: &Rig) -> Value {
    rig.post_json("/api/cloud", &json!({ "url": rig.share.magnet() })).await.json()
}

async fn status(rig: &Rig, request: &Value) -> Value {
    rig.post_json("/api/cloud/status", &json!({ "requestId": request["requestId"] })).await.json()["status"]
        .clone()
}

async fn files(rig: &Rig, request: &Value) -> Value {
    let id = request["requestId"].as_str().unwrap();
    rig.get(&format!("/api/cloud/explore/{id}?format=detailed")).await.json()["files"].clone()
}

#[tokio::test]
async fn the_cache_check_answers_in_order_and_costs_nothing() {
    let rig = Rig::holding(OFFCLOUD);
    let unknown = format!("magnet:?xt=urn:btih:{}", "0".repeat(40));
    let body = json!({ "urls": [unknown, rig.share.magnet()], "includeFiles": true });
    let answer = rig.post_json("/api/cache/info", &body).await.json();
    assert_eq!((&answer[0]["cached"], &answer[1]["cached"]), (&json!(false), &json!(true)));
    assert_eq!(answer[1]["files"][2], json!({ "folder": ["Show.S01", "Extras"], "filename": "about.txt" }));
    assert!(rig.fake.items().is_empty());
    rig.nothing_unexpected();
}

#[tokio::test]
async fn held_content_is_downloaded_at_once_and_lists_paths_below_the_name() {
    let rig = Rig::holding(OFFCLOUD);
    let request = add(&rig).await;
    assert_eq!((&request["status"], &request["fileName"]), (&json!("downloaded"), &json!("Show.S01")));
    assert_eq!(add(&rig).await["requestId"], request["requestId"]);
    let file = files(&rig, &request).await[1].clone();
    assert_eq!((&file["path"], &file["size"]), (&json!("Show.S01/Show.S01E02.mkv"), &json!(50_000)));
    assert_eq!(rig.bytes(&file["url"]), rig.share.files[1]);
    rig.nothing_unexpected();
}

#[tokio::test]
async fn a_request_goes_through_the_documented_states() {
    let rig = Rig::start(OFFCLOUD);
    let request = add(&rig).await;
    assert_eq!((&request["status"], files(&rig, &request).await), (&json!("created"), Value::Null));
    assert_eq!(status(&rig, &request).await, "queued");
    let history = rig.get("/api/cloud/history").await.json();
    assert_eq!(
        (&history[0]["status"], &history[0]["requestId"]),
        (&json!("downloading"), &request["requestId"])
    );
    assert_eq!(status(&rig, &request).await, "downloaded");
    rig.nothing_unexpected();
}

#[tokio::test]
async fn fetching_gets_stuck_or_fails() {
    for (failure, state) in [(None, "downloading"), (Some(Failure::NoPeers), "error")] {
        let rig = Rig::start(OFFCLOUD);
        let fetching = Fetching { polls_until_ready: 0, stuck: failure.is_none(), fails_with: failure };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        assert_eq!(add(&rig).await["status"], state);
    }
}

#[tokio::test]
async fn packed_and_vanished_files_are_no_films() {
    let rig = Rig::holding(OFFCLOUD);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Archive]);
    let request = add(&rig).await;
    let packed = files(&rig, &request).await;
    assert_eq!((packed.as_array().unwrap().len(), &packed[0]["name"]), (1, &json!("Show.S01.zip")));
    assert!(rig.bytes(&packed[0]["url"]).starts_with(b"PK"));
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::VanishedFile]);
    assert_eq!(
        (status(&rig, &request).await, files(&rig, &request).await),
        (json!("downloaded"), Value::Null)
    );
    assert_ne!(add(&rig).await["requestId"], request["requestId"], "it can be fetched again");
}

#[tokio::test]
async fn accounts_are_refused_for_what_is_the_matter_with_them() {
    let rig = Rig::holding(OFFCLOUD);
    for (condition, code) in [(Condition::IpRefused, 403), (Condition::NotPremium, 402)] {
        rig.fake.set_condition(TOKEN, condition);
        let refused = rig.post_json("/api/cloud", &json!({ "url": rig.share.magnet() })).await;
        assert_eq!((refused.status.as_u16(), refused.json()["error"].is_string()), (code, true));
    }
    assert_eq!(rig.get("/api/account/info").await.json()["is_premium"], false);
    rig.fake.set_condition(TOKEN, Condition::QuotaExhausted);
    assert_eq!(add(&rig).await, json!({ "not_available": "cloud" }));
    rig.fake.set_condition(TOKEN, Condition::BadToken);
    assert_eq!(add(&rig).await, json!({ "error": "NOAUTH" }));
    rig.fake.set_condition(TOKEN, Condition::Fine);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Infringing]);
    assert!(add(&rig).await["error"].is_string());
    assert!(rig.fake.items().is_empty());
}

#[tokio::test]
async fn calls_that_the_documentation_refuses_are_refused() {
    let rig = Rig::holding(OFFCLOUD);
    assert_eq!(rig.post("/api/cloud", &[("url", &rig.share.magnet())]).await.status, 400);
    assert_eq!(rig.post_json("/api/cloud", &json!({ "url": rig.share.info_hash })).await.status, 400);
    assert_eq!(rig.get("/api/cloud/remove/1").await.status, 404);
    let in_url = rig.send("GET", &format!("/api/account/info?key={TOKEN}"), &[], b"").await;
    assert_eq!(in_url.json()["is_premium"], true);
    assert_eq!(rig.fake.unexpected().len(), 4);
}

#[tokio::test]
async fn more_than_three_calls_a_second_over_a_while_are_refused() {
    let rig = Rig::start(OFFCLOUD);
    for _ in 0..30 {
        assert_eq!(rig.get("/api/account/info").await.status, 200);
    }
    assert_eq!((rig.get("/api/account/info").await.status.as_u16(), rig.fake.limit_violations()), (429, 1));
}
