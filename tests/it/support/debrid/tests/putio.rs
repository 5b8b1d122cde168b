//! put.io.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::{Rig, TOKEN};
use crate::support::debrid::putio::PUT_IO;
use crate::support::debrid::{Condition, Failure, Fault, Fetching, Mode};
use crate::support::http::Answer;

async fn add(rig: &Rig) -> Value {
    let answer =
        rig.post("/transfers/add", &[("url", &rig.share.magnet()), ("save_parent_id", "0")]).await.json();
    assert_eq!(answer["status"], "OK", "{answer}");
    answer["transfer"].clone()
}

async fn look(rig: &Rig, transfer: &Value) -> Value {
    rig.get(&format!("/transfers/{}", transfer["id"])).await.json()["transfer"].clone()
}

async fn list(rig: &Rig, parent: &Value) -> Vec<Value> {
    let answer = rig.get(&format!("/files/list?parent_id={parent}")).await.json();
    answer["files"].as_array().cloned().unwrap_or_default()
}

async fn url(rig: &Rig, file: &Value) -> Value {
    rig.get(&format!("/files/{}/url", file["id"])).await.json()["url"].clone()
}

fn code(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!((&body["status"], &body["status_code"]), (&json!("ERROR"), &json!(answer.status.as_u16())));
    body["error_type"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn held_content_is_complete_at_the_first_look_and_lies_in_folders() {
    let rig = Rig::holding(PUT_IO);
    let transfer = add(&rig).await;
    assert_eq!((&transfer["status"], &transfer["file_id"]), (&json!("IN_QUEUE"), &Value::Null));
    let transfer = look(&rig, &transfer).await;
    assert_eq!((&transfer["status"], &transfer["hash"]), (&json!("COMPLETED"), &json!(rig.share.info_hash)));
    assert_eq!(list(&rig, &json!(0)).await[0]["id"], transfer["file_id"]);
    let files = list(&rig, &transfer["file_id"]).await;
    let names: Vec<&str> = files.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Show.S01E01.mkv", "Show.S01E02.mkv", "Extras"]);
    assert_eq!((&files[1]["size"], &files[1]["file_type"]), (&json!(50_000), &json!("VIDEO")));
    assert_eq!(rig.bytes(&url(&rig, &files[1]).await), rig.share.files[1]);
    let text = list(&rig, &files[2]["id"]).await[0].clone();
    assert_eq!((&text["name"], &text["parent_id"]), (&json!("about.txt"), &files[2]["id"]));
    assert_eq!(code(&rig.get(&format!("/files/{}/url", files[2]["id"])).await), "FILE_IS_FOLDER");
    let moved = rig.get(&format!("/files/{}/download", text["id"])).await;
    assert_eq!(rig.bytes(&json!(moved.header("location"))), rig.share.files[2]);
    rig.nothing_unexpected();
}

#[tokio::test]
async fn a_transfer_goes_through_the_documented_states() {
    let rig = Rig::start(PUT_IO);
    let fetching = Fetching { polls_until_ready: 5, stuck: false, fails_with: None };
    rig.fake.set_fetching(&rig.share.info_hash, fetching);
    let transfer = add(&rig).await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        let transfer = look(&rig, &transfer).await;
        assert_eq!(transfer["file_id"], Value::Null);
        seen.push(transfer["status"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        seen,
        ["IN_QUEUE", "WAITING_FOR_DOWNLOADER", "PREPARING_DOWNLOAD", "DOWNLOADING", "COMPLETING"]
    );
    let listed = rig.get("/transfers/list").await.json();
    assert_eq!((&listed["transfers"][0]["status"], &listed["total"]), (&json!("COMPLETED"), &json!(1)));
}

#[tokio::test]
async fn fetching_gets_stuck_or_fails_and_can_be_retried() {
    for (failure, state) in [(None, "DOWNLOADING"), (Some(Failure::NoPeers), "ERROR")] {
        let rig = Rig::start(PUT_IO);
        let fetching = Fetching { polls_until_ready: 0, stuck: failure.is_none(), fails_with: failure };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        let transfer = look(&rig, &add(&rig).await).await;
        assert_eq!(
            (&transfer["status"], transfer["error_message"].is_string()),
            (&json!(state), failure.is_some())
        );
        rig.fake.set_cached(&rig.share.info_hash, true);
        let retried = rig.post("/transfers/retry", &[("id", &transfer["id"].to_string())]).await.json();
        assert_eq!(retried["transfer"]["status"], "COMPLETED");
    }
}

#[tokio::test]
async fn lists_go_on_at_a_cursor() {
    let rig = Rig::start(PUT_IO);
    for number in 0..3 {
        rig.fake.add_foreign_item(&format!("{number:040x}"));
    }
    let first = rig.get("/transfers/list?per_page=2").await.json();
    assert_eq!((first["transfers"].as_array().unwrap().len(), &first["cursor"]), (2, &json!("2")));
    let rest = rig.post("/transfers/list/continue?per_page=2", &[("cursor", "2")]).await.json();
    assert_eq!((rest["transfers"].as_array().unwrap().len(), &rest["cursor"]), (1, &Value::Null));
    rig.nothing_unexpected();
}

#[tokio::test]
async fn files_stay_when_the_transfer_is_cleaned_away() {
    let rig = Rig::holding(PUT_IO);
    let transfer = look(&rig, &add(&rig).await).await;
    let id = transfer["id"].to_string();
    let cleaned = rig.post("/transfers/clean", &[("transfer_ids", &id)]).await.json();
    assert_eq!(cleaned["deleted_ids"], json!([transfer["id"]]));
    assert_eq!(code(&rig.get(&format!("/transfers/{id}")).await), "NotFound");
    assert_eq!(rig.fake.items().len(), 1, "the files are still there");
    let file = transfer["file_id"].to_string();
    rig.post("/files/delete", &[("file_ids", &file)]).await;
    assert!(rig.fake.items().is_empty() && list(&rig, &json!(0)).await.is_empty());
    rig.nothing_unexpected();
}

#[tokio::test]
async fn a_running_transfer_is_cancelled_and_nothing_stays() {
    let rig = Rig::start(PUT_IO);
    let id = add(&rig).await["id"].to_string();
    rig.post("/transfers/clean", &[("transfer_ids", &id)]).await;
    assert_eq!(rig.fake.items().len(), 1, "only what has ended can be cleaned");
    rig.post("/transfers/cancel", &[("transfer_ids", &id)]).await;
    assert!(rig.fake.items().is_empty());
}

#[tokio::test]
async fn deleting_the_files_takes_the_users_own_copy_too() {
    let rig = Rig::start(PUT_IO);
    rig.fake.add_foreign_item(&rig.share.info_hash);
    let transfer = look(&rig, &add(&rig).await).await;
    let files = list(&rig, &json!(0)).await;
    assert_eq!(files.len(), 1, "both have the same files");
    let folder = rig.get(&format!("/files/list?parent_id={}", files[0]["id"])).await.json()["parent"].clone();
    assert!(folder["created_at"].as_str() < transfer["created_at"].as_str(), "which tells who came first");
    rig.post("/files/delete", &[("file_ids", &transfer["file_id"].to_string())]).await;
    assert!(rig.fake.items().is_empty());
}

#[tokio::test]
async fn packed_vanished_and_refused_content_is_told() {
    let rig = Rig::holding(PUT_IO);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Archive]);
    let transfer = look(&rig, &add(&rig).await).await;
    let file = list(&rig, &json!(0)).await[0].clone();
    assert_eq!((&file["id"], &file["name"]), (&transfer["file_id"], &json!("Show.S01.rar")));
    assert!(rig.bytes(&url(&rig, &file).await).starts_with(b"Rar!"));
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::VanishedFile]);
    assert_eq!(look(&rig, &transfer).await["userfile_exists"], false);
    assert_eq!(code(&rig.get(&format!("/files/{}/url", file["id"])).await), "NotFound");
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Infringing]);
    assert_eq!(code(&rig.post("/transfers/add", &[("url", &rig.share.magnet())]).await), "FORBIDDEN_CONTENT");
}

#[tokio::test]
async fn accounts_are_refused_for_what_is_the_matter_with_them() {
    let rig = Rig::holding(PUT_IO);
    for (condition, error) in [
        (Condition::BadToken, "invalid_grant"),
        (Condition::IpRefused, "FORBIDDEN"),
        (Condition::NotPremium, "PAYMENT_REQUIRED"),
        (Condition::QuotaExhausted, "DISK_FULL"),
        (Condition::TooManyActive, "TOO_MANY_TRANSFERS"),
    ] {
        rig.fake.set_condition(TOKEN, condition);
        assert_eq!(code(&rig.post("/transfers/add", &[("url", &rig.share.magnet())]).await), error);
    }
    rig.fake.set_condition(TOKEN, Condition::QuotaExhausted);
    assert_eq!(rig.get("/account/info").await.json()["info"]["disk"]["avail"], 0);
}

#[tokio::test]
async fn too_many_calls_are_told_when_to_come_back() {
    let rig = Rig::start(PUT_IO);
    rig.fake.fault(Fault::RateLimited { prefix: "/account", retry_after: Some(100), times: 1 });
    let refused = rig.get("/account/info").await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let reset: u64 = refused.header("x-ratelimit-reset").parse().unwrap();
    assert!(refused.status == 429 && (now + 95..=now + 100).contains(&reset), "{reset} at {now}");
}

#[tokio::test]
async fn calls_that_the_documentation_refuses_are_refused() {
    let rig = Rig::holding(PUT_IO);
    assert_eq!(
        code(&rig.post_json("/transfers/add", &json!({ "url": rig.share.magnet() })).await),
        "EMPTY_URL"
    );
    rig.nothing_unexpected();
    assert_eq!(code(&rig.get("/transfers/add").await), "NotFound");
    rig.post("/transfers/add", &[("magnet", "x"), ("url", &rig.share.magnet())]).await;
    rig.send("GET", &format!("/account/info?oauth_token={TOKEN}"), &[], b"").await;
    let reasons: Vec<String> = rig.fake.unexpected().into_iter().filter_map(|call| call.unexpected).collect();
    assert_eq!(reasons, ["the parameter magnet is not documented", "the token is in the URL"]);
}
