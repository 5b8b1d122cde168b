//! StremThru.

use serde_json::{Value, json};

use super::{JSON, Rig, TOKEN};
use crate::support::debrid::stremthru::{STREM_THRU, STREM_THRU_LEGACY};
use crate::support::debrid::{Condition, Failure, Fetching, Mode};
use crate::support::http::{Answer, escape};

async fn call(rig: &Rig, store: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let authorization = format!("Bearer {TOKEN}");
    let mut headers =
        vec![("x-stremthru-store-name", store), ("x-stremthru-store-authorization", authorization.as_str())];
    if body.is_some() {
        headers.push(("content-type", JSON));
    }
    let body = body.map(ToString::to_string).unwrap_or_default();
    rig.send(method, &format!("/v0/store{path}"), &headers, body.as_bytes()).await
}

async fn get(rig: &Rig, path: &str) -> Answer {
    call(rig, "torbox", "GET", path, None).await
}

async fn post(rig: &Rig, path: &str, body: &Value) -> Answer {
    call(rig, "torbox", "POST", path, Some(body)).await
}

async fn add(rig: &Rig) -> Answer {
    post(rig, "/torz", &json!({ "link": rig.share.magnet() })).await
}

fn code(answer: &Answer) -> String {
    let error = answer.json()["error"].clone();
    assert_eq!(error["status_code"], answer.status.as_u16());
    error["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn held_content_has_files_at_once_and_links_are_generated() {
    let rig = Rig::holding(STREM_THRU);
    let added = add(&rig).await;
    let item = added.json()["data"].clone();
    assert_eq!((added.status.as_u16(), &item["status"]), (201, &json!("downloaded")));
    let file = item["files"][1].clone();
    assert_eq!((&file["index"], &file["path"]), (&json!(1), &json!("/Show.S01/Show.S01E02.mkv")));
    let direct = post(&rig, "/torz/link/generate", &json!({ "link": file["link"] })).await.json();
    assert_eq!(rig.bytes(&direct["data"]["link"]), rig.share.files[1]);
    assert_eq!(add(&rig).await.json()["data"]["id"], item["id"]);
    rig.nothing_unexpected();
}

#[tokio::test]
async fn an_item_goes_through_the_documented_states() {
    let rig = Rig::start(STREM_THRU);
    let fetching = Fetching { polls_until_ready: 4, stuck: false, fails_with: None };
    rig.fake.set_fetching(&rig.share.info_hash, fetching);
    let item = add(&rig).await.json()["data"].clone();
    let mut seen = vec![item["status"].clone()];
    let path = format!("/torz/{}", item["id"].as_str().unwrap());
    for _ in 0..3 {
        let item = get(&rig, &path).await.json()["data"].clone();
        assert_eq!(item["files"], json!([]));
        seen.push(item["status"].clone());
    }
    assert_eq!(seen, ["queued", "downloading", "processing", "uploading"]);
    let list = get(&rig, "/torz?limit=500&offset=0").await.json()["data"].clone();
    assert_eq!((&list["items"][0]["status"], &list["total_items"]), (&json!("downloaded"), &json!(1)));
    assert_eq!(list["items"][0].get("files"), None);
    assert_eq!(call(&rig, "torbox", "DELETE", &path, None).await.status, 200);
    assert_eq!((code(&get(&rig, &path).await), rig.fake.items().len()), ("NOT_FOUND".to_owned(), 0));
    rig.nothing_unexpected();
}

#[tokio::test]
async fn checks_tell_what_is_cached_as_the_store_can() {
    let rig = Rig::holding(STREM_THRU);
    let path = format!("/torz/check?hash={},{}", "0".repeat(40), rig.share.info_hash);
    let items = get(&rig, &path).await.json()["data"]["items"].clone();
    assert_eq!((&items[0]["status"], &items[1]["status"]), (&json!("unknown"), &json!("cached")));
    assert_eq!((&items[0]["files"], &items[1]["files"][0]["index"]), (&json!([]), &json!(0)));
    let items = call(&rig, "premiumize", "GET", &path, None).await.json()["data"]["items"].clone();
    assert_eq!(items[1]["files"][0]["index"], -1);
    let items = call(&rig, "offcloud", "GET", &path, None).await.json()["data"]["items"].clone();
    assert_eq!((&items[1]["status"], &items[1]["files"]), (&json!("cached"), &json!([])));
    let many = vec![rig.share.info_hash.as_str(); 501].join(",");
    rig.nothing_unexpected();
    assert_eq!(code(&get(&rig, &format!("/torz/check?hash={many}")).await), "BAD_REQUEST");
}

#[tokio::test]
async fn a_legacy_server_knows_magnets_and_no_torz() {
    let rig = Rig::holding(STREM_THRU_LEGACY);
    assert_eq!((add(&rig).await.status.as_u16(), rig.fake.items().len()), (404, 0));
    let path = format!("/magnets/check?magnet={}", escape(&rig.share.magnet()));
    assert_eq!(get(&rig, &path).await.json()["data"]["items"][0]["status"], "cached");
    let item = post(&rig, "/magnets", &json!({ "magnet": rig.share.magnet() })).await.json()["data"].clone();
    let path = format!("/magnets/{}", item["id"].as_str().unwrap());
    assert_eq!(get(&rig, &path).await.json()["data"]["files"], item["files"]);
    let direct = post(&rig, "/link/generate", &json!({ "link": item["files"][0]["link"] })).await.json();
    assert_eq!(rig.bytes(&direct["data"]["link"]), rig.share.files[0]);
    rig.nothing_unexpected();
}

#[tokio::test]
async fn torrents_are_uploaded_and_the_server_may_hold_the_credentials() {
    let rig = Rig::start(STREM_THRU);
    // What the server has for these credentials is the account's token; the fake takes one for the other.
    let head = "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.torrent\"\r\n\r\n";
    let body = [head.as_bytes(), &rig.share.torrent, b"\r\n--xx--\r\n"].concat();
    let multipart = "multipart/form-data; boundary=xx";
    let basic = format!("Basic {}", data_encoding::BASE64.encode(TOKEN.as_bytes()));
    let headers = [("x-stremthru-authorization", basic.as_str()), ("content-type", multipart)];
    let added = rig.send("POST", "/v0/store/torz", &headers, &body).await;
    assert_eq!((added.status.as_u16(), &added.json()["data"]["hash"]), (201, &json!(rig.share.info_hash)));
    let user = rig.send("GET", "/v0/store/user", &headers[..1], b"").await.json();
    assert_eq!(user["data"]["subscription_status"], "premium");
    rig.nothing_unexpected();
}

#[tokio::test]
async fn fetching_gets_stuck_fails_or_is_refused() {
    for (failure, state) in [(None, "downloading"), (Some(Failure::NoPeers), "failed")] {
        let rig = Rig::start(STREM_THRU);
        let fetching = Fetching { polls_until_ready: 0, stuck: failure.is_none(), fails_with: failure };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        assert_eq!(add(&rig).await.json()["data"]["status"], state);
    }
    for (failure, error) in
        [(Failure::TooBig, "UNPROCESSABLE_ENTITY"), (Failure::Invalid, "STORE_MAGNET_INVALID")]
    {
        let rig = Rig::start(STREM_THRU);
        let fetching = Fetching { polls_until_ready: 0, stuck: false, fails_with: Some(failure) };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        assert_eq!(code(&add(&rig).await), error);
    }
}

#[tokio::test]
async fn packed_vanished_and_refused_content_is_told() {
    let rig = Rig::holding(STREM_THRU);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Archive]);
    let file = add(&rig).await.json()["data"]["files"][0].clone();
    assert_eq!((&file["name"], &file["index"]), (&json!("Show.S01.rar"), &json!(-1)));
    let body = json!({ "link": file["link"] });
    let direct = post(&rig, "/torz/link/generate", &body).await.json();
    assert!(rig.bytes(&direct["data"]["link"]).starts_with(b"Rar!"));
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::VanishedFile]);
    assert_eq!(code(&post(&rig, "/torz/link/generate", &body).await), "NOT_FOUND");
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Infringing]);
    assert_eq!(code(&add(&rig).await), "UNAVAILABLE_FOR_LEGAL_REASONS");
}

#[tokio::test]
async fn accounts_are_refused_for_what_is_the_matter_with_them() {
    let rig = Rig::holding(STREM_THRU);
    for (condition, error) in [
        (Condition::BadToken, "UNAUTHORIZED"),
        (Condition::IpRefused, "FORBIDDEN"),
        (Condition::NotPremium, "PAYMENT_REQUIRED"),
        (Condition::QuotaExhausted, "STORE_LIMIT_EXCEEDED"),
        (Condition::TooManyActive, "STORE_LIMIT_EXCEEDED"),
    ] {
        rig.fake.set_condition(TOKEN, condition);
        assert_eq!(code(&add(&rig).await), error);
    }
    assert!(rig.fake.items().is_empty());
    rig.fake.set_condition(TOKEN, Condition::NotPremium);
    assert_eq!(get(&rig, "/user").await.json()["data"]["subscription_status"], "expired");
}

#[tokio::test]
async fn calls_that_the_documentation_refuses_are_refused() {
    let rig = Rig::holding(STREM_THRU);
    assert_eq!(code(&call(&rig, "nobody", "GET", "/user", None).await), "STORE_NAME_INVALID");
    assert_eq!(code(&post(&rig, "/torz", &json!({ "magnet": rig.share.magnet() })).await), "BAD_REQUEST");
    assert_eq!(code(&post(&rig, "/magnets", &json!({ "magnet": rig.share.magnet() })).await), "NOT_FOUND");
    assert_eq!(code(&get(&rig, "/torz?limit=501").await), "BAD_REQUEST");
    assert_eq!(code(&call(&rig, "torbox", "DELETE", "/torz", None).await), "METHOD_NOT_ALLOWED");
    assert_eq!(rig.fake.unexpected().len(), 5);
}
