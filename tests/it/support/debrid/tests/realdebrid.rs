//! Real-Debrid.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{JSON, Rig, TOKEN};
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::{Condition, Failure, Fetching, LinkLife, Mode};

/// Adds the season and returns its id.
async fn add(rig: &Rig) -> String {
    let added = rig.post("/torrents/addMagnet", &[("magnet", &rig.share.magnet())]).await;
    assert_eq!(added.status, 201);
    added.json()["id"].as_str().unwrap().to_owned()
}

async fn info(rig: &Rig, id: &str) -> Value {
    rig.get(&format!("/torrents/info/{id}")).await.json()
}

/// Adds the season, selects files, and returns its pages.
async fn pages(rig: &Rig, files: &str) -> Value {
    let id = add(rig).await;
    info(rig, &id).await;
    assert_eq!(rig.post(&format!("/torrents/selectFiles/{id}"), &[("files", files)]).await.status, 204);
    info(rig, &id).await["links"].clone()
}

async fn unrestrict(rig: &Rig, page: &Value) -> Value {
    rig.post("/unrestrict/link", &[("link", page.as_str().unwrap())]).await.json()
}

fn code(answer: &crate::support::http::Answer) -> (u16, i64) {
    (answer.status.as_u16(), answer.json()["error_code"].as_i64().unwrap())
}

#[tokio::test]
async fn held_content_is_downloaded_as_soon_as_files_are_selected() {
    let rig = Rig::holding(REAL_DEBRID);
    let id = add(&rig).await;
    let fresh = info(&rig, &id).await;
    assert_eq!((&fresh["status"], &fresh["links"]), (&json!("waiting_files_selection"), &json!([])));
    let first = &fresh["files"][0];
    assert_eq!(*first, json!({ "id": 1, "path": "/Show.S01E01.mkv", "bytes": 40_000, "selected": 0 }));
    let select = format!("/torrents/selectFiles/{id}");
    assert_eq!(rig.post(&select, &[("files", "1,2")]).await.status, 204);
    assert_eq!(rig.post(&select, &[("files", "1")]).await.status, 202, "done before");
    let done = info(&rig, &id).await;
    assert_eq!(
        (&done["status"], &done["progress"], &done["bytes"]),
        (&json!("downloaded"), &json!(100), &json!(90_000))
    );
    assert_eq!(done["links"].as_array().unwrap().len(), 2);
    let second = unrestrict(&rig, &done["links"][1]).await;
    assert_eq!((&second["filename"], &second["filesize"]), (&json!("Show.S01E02.mkv"), &json!(50_000)));
    assert_eq!(rig.bytes(&second["download"]), rig.share.files[1]);
    assert_eq!(rig.behind(&second["download"]).0, "Show.S01E02.mkv");
    rig.nothing_unexpected();
}

#[tokio::test]
async fn fetching_goes_through_the_documented_states() {
    let rig = Rig::start(REAL_DEBRID);
    let fetching = Fetching { polls_until_ready: 4, stuck: false, fails_with: None };
    rig.fake.set_fetching(&rig.share.info_hash, fetching);
    let id = add(&rig).await;
    let mut seen = vec![info(&rig, &id).await["status"].clone(), info(&rig, &id).await["status"].clone()];
    rig.post(&format!("/torrents/selectFiles/{id}"), &[("files", "all")]).await;
    assert_eq!(rig.get("/torrents/activeCount").await.json()["nb"], 1);
    for _ in 0..5 {
        seen.push(info(&rig, &id).await["status"].clone());
    }
    let documented = [
        "magnet_conversion",
        "waiting_files_selection",
        "queued",
        "downloading",
        "compressing",
        "uploading",
        "downloaded",
    ];
    assert_eq!(seen, documented);
    assert_eq!(rig.get("/torrents/activeCount").await.json()["nb"], 0);
}

#[tokio::test]
async fn fetching_gets_stuck_or_fails() {
    for (fetching, last) in [
        (Fetching { polls_until_ready: 1, stuck: true, fails_with: None }, "downloading"),
        (Fetching { polls_until_ready: 1, stuck: false, fails_with: Some(Failure::NoPeers) }, "dead"),
        (Fetching { polls_until_ready: 1, stuck: false, fails_with: Some(Failure::Internal) }, "error"),
    ] {
        let rig = Rig::start(REAL_DEBRID);
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        let id = add(&rig).await;
        info(&rig, &id).await;
        info(&rig, &id).await;
        rig.post(&format!("/torrents/selectFiles/{id}"), &[("files", "1")]).await;
        info(&rig, &id).await;
        assert_eq!(info(&rig, &id).await["status"], last);
    }
}

#[tokio::test]
async fn broken_magnets_and_large_torrents_are_refused() {
    let rig = Rig::start(REAL_DEBRID);
    let failing = |failure| Fetching { polls_until_ready: 0, stuck: false, fails_with: Some(failure) };
    rig.fake.set_fetching(&rig.share.info_hash, failing(Failure::TooBig));
    assert_eq!(code(&rig.post("/torrents/addMagnet", &[("magnet", &rig.share.magnet())]).await), (400, 29));
    rig.fake.set_fetching(&rig.share.info_hash, failing(Failure::Invalid));
    let id = add(&rig).await;
    info(&rig, &id).await;
    assert_eq!(info(&rig, &id).await["status"], "magnet_error");
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Infringing]);
    assert_eq!(code(&rig.post("/torrents/addMagnet", &[("magnet", &rig.share.magnet())]).await), (451, 35));
}

#[tokio::test]
async fn calls_that_the_documentation_refuses_are_refused() {
    let rig = Rig::holding(REAL_DEBRID);
    assert_eq!(code(&rig.send("GET", "/user", &[], b"").await), (401, 8));
    assert_eq!(code(&rig.send("GET", &format!("/user?auth_token={TOKEN}"), &[], b"").await), (401, 8));
    let magnet = json!({ "magnet": rig.share.magnet() });
    assert_eq!(
        code(&rig.post_json("/torrents/addMagnet", &magnet).await),
        (400, 1),
        "a form is wanted, not {JSON}"
    );
    assert_eq!(code(&rig.get("/torrents/addMagnet").await), (405, 4));
    assert_eq!(
        code(&rig.get(&format!("/torrents/instantAvailability/{}", rig.share.info_hash)).await),
        (403, 37)
    );
    assert_eq!(code(&rig.get("/torrents?limit=5001").await), (400, 2));
    let id = add(&rig).await;
    let select = format!("/torrents/selectFiles/{id}");
    assert_eq!(code(&rig.post(&select, &[("files", "")]).await), (400, 1));
    assert_eq!(code(&rig.post(&select, &[("files", "0")]).await), (400, 2), "ids start at 1");
    assert_eq!(code(&rig.get("/torrents/info/NOSUCHITEM").await), (404, 7));
}

#[tokio::test]
async fn lists_have_pages_and_deleting_empties_them() {
    let rig = Rig::holding(REAL_DEBRID);
    assert_eq!(rig.get("/torrents").await.status, 204);
    let (first, second) = (add(&rig).await, add(&rig).await);
    let page = rig.get("/torrents?limit=1&page=2").await;
    assert_eq!((page.header("x-total-count"), page.json()[0]["id"].as_str()), ("2", Some(first.as_str())));
    assert_eq!(page.json()[0]["hash"], rig.share.info_hash);
    assert_eq!(rig.get("/torrents?limit=1&offset=0").await.json()[0]["id"], second);
    for id in [first, second] {
        assert_eq!(rig.call("DELETE", &format!("/torrents/delete/{id}"), "", b"").await.status, 204);
    }
    assert!(rig.fake.items().is_empty());
}

#[tokio::test]
async fn several_files_may_come_as_a_rar_and_one_alone_does_not() {
    let rig = Rig::holding(REAL_DEBRID);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Archive]);
    let links = pages(&rig, "all").await;
    assert_eq!(links.as_array().unwrap().len(), 1);
    let packed = unrestrict(&rig, &links[0]).await;
    assert_eq!((&packed["filename"], &packed["streamable"]), (&json!("Show.S01.rar"), &json!(0)));
    assert!(rig.bytes(&packed["download"]).starts_with(b"Rar!"));
    let links = pages(&rig, "2").await;
    assert_eq!(rig.bytes(&unrestrict(&rig, &links[0]).await["download"]), rig.share.files[1]);
}

#[tokio::test]
async fn an_item_may_not_be_found_right_after_adding() {
    let rig = Rig::holding(REAL_DEBRID);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::NotFoundRightAfterAdd(2)]);
    let id = add(&rig).await;
    for _ in 0..2 {
        assert_eq!(code(&rig.get(&format!("/torrents/info/{id}")).await), (404, 7));
    }
    assert_eq!(info(&rig, &id).await["status"], "waiting_files_selection");
}

#[tokio::test]
async fn links_lead_to_what_the_mode_says() {
    let rig = Rig::holding(REAL_DEBRID);
    let links = pages(&rig, "1").await;
    let clip = Arc::new(b"a short film".to_vec());
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::ErrorClip(clip)]);
    assert_eq!(rig.bytes(&unrestrict(&rig, &links[0]).await["download"]), b"a short film");
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::WrongSize]);
    let answer = unrestrict(&rig, &links[0]).await;
    assert_eq!(answer["filesize"], 40_000);
    assert_eq!(rig.bytes(&answer["download"]).len(), 40_004);
    for life in [LinkLife::Requests(3), LinkLife::For(Duration::from_secs(1))] {
        rig.fake.set_modes(&rig.share.info_hash, vec![Mode::LinkExpires(life)]);
        let end = rig.behind(&unrestrict(&rig, &links[0]).await["download"]).2.unwrap();
        assert_eq!((end.life, end.status, end.x_error), (life, 404, Some("invalid_download_code")));
    }
}

#[tokio::test]
async fn vanished_files_are_listed_and_come_back_with_a_new_item() {
    let rig = Rig::start(REAL_DEBRID);
    rig.fake.add_foreign_item(&rig.share.info_hash);
    let listed = rig.get("/torrents").await.json();
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::VanishedFile]);
    let listed_later = rig.get("/torrents").await.json();
    assert_eq!((&listed_later[0]["status"], &listed_later), (&json!("downloaded"), &listed));
    let link = listed[0]["links"][0].as_str().unwrap();
    assert_eq!(code(&rig.post("/unrestrict/link", &[("link", link)]).await), (503, 24));
    rig.fake.set_cached(&rig.share.info_hash, true);
    let links = pages(&rig, "1").await;
    assert_eq!(rig.bytes(&unrestrict(&rig, &links[0]).await["download"]), rig.share.files[0]);
}

#[tokio::test]
async fn accounts_are_refused_for_what_is_the_matter_with_them() {
    let rig = Rig::holding(REAL_DEBRID);
    let links = pages(&rig, "1").await;
    let magnet = rig.share.magnet();
    for (condition, adding, unlocking) in [
        (Condition::BadToken, (401, 8), (401, 8)),
        (Condition::IpRefused, (403, 22), (403, 22)),
        (Condition::NotPremium, (403, 9), (403, 20)),
        (Condition::QuotaExhausted, (0, 0), (503, 23)),
        (Condition::TooManyActive, (509, 21), (0, 0)),
    ] {
        rig.fake.set_condition(TOKEN, condition);
        let added = rig.post("/torrents/addMagnet", &[("magnet", &magnet)]).await;
        let unlocked = rig.post("/unrestrict/link", &[("link", links[0].as_str().unwrap())]).await;
        let refusal = |answer| if adding_is_fine(&answer) { (0, 0) } else { code(&answer) };
        assert_eq!((refusal(added), refusal(unlocked)), (adding, unlocking), "{condition:?}");
    }
    let another = [("authorization", "Bearer another")];
    assert_eq!(rig.send("GET", "/user", &another, b"").await.json()["type"], "premium");
}

fn adding_is_fine(answer: &crate::support::http::Answer) -> bool {
    answer.status.is_success()
}
