//! AllDebrid.

use serde_json::{Value, json};

use super::{Rig, TOKEN};
use crate::support::debrid::alldebrid::ALL_DEBRID;
use crate::support::debrid::{Condition, Failure, Fetching, Mode};
use crate::support::http::{Answer, escape};

async fn upload(rig: &Rig) -> Value {
    let answer = rig.post("/v4/magnet/upload?agent=test", &[("magnets[]", &rig.share.magnet())]).await;
    answer.json()["data"]["magnets"][0].clone()
}

async fn status(rig: &Rig, id: &Value) -> Value {
    rig.get(&format!("/v4.1/magnet/status?agent=test&id={id}")).await.json()["data"]["magnets"].clone()
}

/// The tree of files of an item.
async fn files(rig: &Rig, id: &Value) -> Value {
    let path = format!("/v4/magnet/files?agent=test&id[]={id}");
    rig.get(&path).await.json()["data"]["magnets"][0]["files"].clone()
}

async fn unlock(rig: &Rig, link: &Value) -> Answer {
    rig.get(&format!("/v4/link/unlock?agent=test&link={}", escape(link.as_str().unwrap()))).await
}

fn code(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!(body["status"], "error");
    body["error"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn held_content_is_ready_in_the_reply_to_the_upload() {
    let rig = Rig::holding(ALL_DEBRID);
    let uploaded = upload(&rig).await;
    assert_eq!((&uploaded["ready"], &uploaded["hash"]), (&json!(true), &json!(rig.share.info_hash)));
    assert_eq!(upload(&rig).await["id"], uploaded["id"], "a magnet is in an account once");
    let item = status(&rig, &uploaded["id"]).await;
    assert_eq!((&item["statusCode"], &item["nbLink"]), (&json!(4), &json!(3)));
    let tree = files(&rig, &uploaded["id"]).await;
    assert_eq!((&tree[0]["n"], &tree[0]["e"][2]["n"]), (&json!("Show.S01"), &json!("Extras")));
    let leaf = &tree[0]["e"][1];
    assert_eq!((&leaf["n"], &leaf["s"]), (&json!("Show.S01E02.mkv"), &json!(50_000)));
    let unlocked = unlock(&rig, &leaf["l"]).await.json()["data"].clone();
    assert_eq!((&unlocked["filesize"], unlocked.get("delayed")), (&json!(50_000), None));
    assert_eq!(rig.bytes(&unlocked["link"]), rig.share.files[1]);
    rig.nothing_unexpected();
}

#[tokio::test]
async fn the_status_is_an_object_with_id_and_a_list_without() {
    let rig = Rig::start(ALL_DEBRID);
    let fetching = Fetching { polls_until_ready: 4, stuck: false, fails_with: None };
    rig.fake.set_fetching(&rig.share.info_hash, fetching);
    let uploaded = rig.post_torrent("/v4/magnet/upload/file?agent=test", "files[0]").await;
    let uploaded = uploaded.json()["data"]["files"][0].clone();
    assert_eq!(uploaded["ready"], false);
    assert_eq!(files(&rig, &uploaded["id"]).await, Value::Null, "nothing is there yet");
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(status(&rig, &uploaded["id"]).await["statusCode"].clone());
    }
    let list = rig.get("/v4.1/magnet/status?agent=test").await.json()["data"].clone();
    seen.push(list["magnets"][0]["statusCode"].clone());
    let live = rig.get("/v4.1/magnet/status?agent=test&session=7&counter=0").await.json()["data"].clone();
    assert_eq!((&live["fullsync"], &live["counter"]), (&json!(true), &json!(1)));
    seen.push(live["magnets"][0]["statusCode"].clone());
    assert_eq!(seen, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn fetching_gets_stuck_or_fails_with_a_code() {
    for (fails_with, code) in
        [(None, 1), (Some(Failure::NoPeers), 15), (Some(Failure::TooBig), 8), (Some(Failure::Internal), 9)]
    {
        let rig = Rig::start(ALL_DEBRID);
        let fetching = Fetching { polls_until_ready: 0, stuck: fails_with.is_none(), fails_with };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        let uploaded = upload(&rig).await;
        assert_eq!(status(&rig, &uploaded["id"]).await["statusCode"], code);
    }
}

#[tokio::test]
async fn a_delayed_link_has_to_be_polled() {
    let rig = Rig::holding(ALL_DEBRID);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::DelayedUnlock(3)]);
    let id = upload(&rig).await["id"].clone();
    let leaf = files(&rig, &id).await[0]["e"][0].clone();
    let unlocked = unlock(&rig, &leaf["l"]).await.json()["data"].clone();
    assert_eq!(unlocked["link"], "");
    let path = format!("/v4/link/delayed?agent=test&id={}", unlocked["delayed"]);
    for _ in 0..2 {
        assert_eq!(rig.get(&path).await.json()["data"]["status"], 1);
    }
    let ready = rig.get(&path).await.json()["data"].clone();
    assert_eq!(ready["status"], 2);
    assert_eq!(rig.bytes(&ready["link"]), rig.share.files[0]);
}

#[tokio::test]
async fn packed_vanished_and_refused_content_is_told() {
    let rig = Rig::holding(ALL_DEBRID);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Archive]);
    let id = upload(&rig).await["id"].clone();
    let leaf = files(&rig, &id).await[0].clone();
    assert_eq!(leaf["n"], "Show.S01.rar");
    let url = unlock(&rig, &leaf["l"]).await.json()["data"]["link"].clone();
    assert!(rig.bytes(&url).starts_with(b"Rar!"));
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::VanishedFile]);
    assert_eq!(code(&unlock(&rig, &leaf["l"]).await), "LINK_DOWN");
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Infringing]);
    assert_eq!(upload(&rig).await["error"]["code"], "MAGNET_LINKS_REMOVED");
}

#[tokio::test]
async fn magnets_are_deleted_and_restarted_by_id() {
    let rig = Rig::start(ALL_DEBRID);
    let id = upload(&rig).await["id"].to_string();
    let restarted = rig.post("/v4/magnet/restart?agent=test", &[("id", &id)]).await.json();
    assert_eq!(restarted["status"], "success");
    assert_eq!(rig.post("/v4/magnet/delete?agent=test", &[("ids[]", &id)]).await.json()["status"], "success");
    assert!(rig.fake.items().is_empty());
    assert_eq!(code(&rig.post("/v4/magnet/delete?agent=test", &[("id", &id)]).await), "MAGNET_INVALID_ID");
    rig.nothing_unexpected();
}

#[tokio::test]
async fn accounts_are_refused_for_what_is_the_matter_with_them() {
    let rig = Rig::holding(ALL_DEBRID);
    let id = upload(&rig).await["id"].clone();
    let leaf = files(&rig, &id).await[0]["e"][0].clone();
    for (condition, error) in [
        (Condition::BadToken, "AUTH_BAD_APIKEY"),
        (Condition::IpRefused, "NO_SERVER"),
        (Condition::NotPremium, "MUST_BE_PREMIUM"),
        (Condition::QuotaExhausted, "LINK_HOST_LIMIT_REACHED"),
    ] {
        rig.fake.set_condition(TOKEN, condition);
        assert_eq!(code(&unlock(&rig, &leaf["l"]).await), error);
    }
    rig.fake.set_condition(TOKEN, Condition::TooManyActive);
    assert_eq!(upload(&rig).await["error"]["code"], "MAGNET_TOO_MANY_ACTIVE");
    assert_eq!(code(&rig.send("GET", "/v4/user?agent=test", &[], b"").await), "AUTH_MISSING_APIKEY");
}

#[tokio::test]
async fn calls_that_the_documentation_refuses_are_refused() {
    let rig = Rig::holding(ALL_DEBRID);
    let broken = rig.post("/v4/magnet/upload?agent=test", &[("magnets[]", "nonsense")]).await.json();
    assert_eq!(broken["data"]["magnets"][0]["error"]["code"], "MAGNET_INVALID_URI");
    assert_eq!(
        code(&rig.post_json("/v4/magnet/upload?agent=test", &json!({ "magnets": [] })).await),
        "MAGNET_NO_URI"
    );
    rig.nothing_unexpected();
    assert_eq!(rig.get("/v4/user").await.json()["data"]["user"]["isPremium"], true);
    assert_eq!(rig.get("/v4/magnet/instant?agent=test").await.status, 404);
    let reasons: Vec<String> = rig.fake.unexpected().into_iter().filter_map(|call| call.unexpected).collect();
    assert_eq!(reasons, ["the query names no agent", "unknown route or method"]);
}
