//! Premiumize.

use serde_json::{Value, json};

use super::{Rig, TOKEN};
use crate::support::debrid::premiumize::PREMIUMIZE;
use crate::support::debrid::{Condition, Failure, Fetching, Mode};
use crate::support::http::Answer;

async fn direct(rig: &Rig) -> Answer {
    rig.post("/transfer/directdl", &[("src", &rig.share.magnet())]).await
}

async fn create(rig: &Rig) -> Answer {
    rig.post("/transfer/create", &[("src", &rig.share.magnet())]).await
}

async fn transfer(rig: &Rig) -> Value {
    rig.get("/transfer/list").await.json()["transfers"][0].clone()
}

fn message(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!((answer.status.as_u16(), &body["status"]), (200, &json!("error")));
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_cache_check_answers_side_by_side() {
    let rig = Rig::holding(PREMIUMIZE);
    let unknown = "0".repeat(40);
    let magnet = rig.share.magnet();
    let items = [
        ("items[]", unknown.as_str()),
        ("items[]", rig.share.info_hash.as_str()),
        ("items[]", magnet.as_str()),
    ];
    let answer = rig.post("/cache/check", &items).await.json();
    assert_eq!(answer["response"], json!([false, true, true]));
    assert_eq!(answer["filename"], json!([null, "Show.S01", "Show.S01"]));
    assert_eq!(answer["filesize"], json!([null, 90_100, 90_100]));
    let many = vec![("items[]", unknown.as_str()); 101];
    assert_eq!(message(&rig.post("/cache/check", &many).await), "Send 1 to 100 items.");
    rig.nothing_unexpected();
}

#[tokio::test]
async fn held_content_has_links_at_once() {
    let rig = Rig::start(PREMIUMIZE);
    assert!(message(&direct(&rig).await).contains("not in the cache"));
    rig.fake.set_cached(&rig.share.info_hash, true);
    let content = direct(&rig).await.json()["content"].clone();
    assert_eq!(
        (&content[1]["path"], &content[1]["size"]),
        (&json!("Show.S01/Show.S01E02.mkv"), &json!(50_000))
    );
    assert_eq!(rig.bytes(&content[1]["link"]), rig.share.files[1]);
    assert!(rig.fake.items().is_empty(), "nothing is left in the account");
    rig.nothing_unexpected();
}

#[tokio::test]
async fn a_transfer_goes_through_the_documented_states_into_a_folder() {
    let rig = Rig::start(PREMIUMIZE);
    let created = rig.post_torrent("/transfer/create", "file").await.json();
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(transfer(&rig).await["status"].clone());
    }
    assert_eq!(seen, ["waiting", "queued", "running"]);
    let done = transfer(&rig).await;
    assert_eq!(
        (&done["status"], &done["progress"], &done["id"]),
        (&json!("finished"), &json!(1.0), &created["id"])
    );
    let folder = done["folder_id"].as_str().unwrap();
    let content = rig.get(&format!("/folder/list?id={folder}")).await.json()["content"].clone();
    assert_eq!((&content[0]["name"], &content[2]["type"]), (&json!("Show.S01E01.mkv"), &json!("folder")));
    assert_eq!(rig.bytes(&content[0]["link"]), rig.share.files[0]);
    let inside = rig.get(&format!("/folder/list?id={}", content[2]["id"].as_str().unwrap())).await.json();
    let text = &inside["content"][0];
    let details = rig.get(&format!("/item/details?id={}", text["id"].as_str().unwrap())).await.json();
    assert_eq!((&details["name"], &details["size"]), (&json!("about.txt"), &json!(100)));
    assert_eq!(rig.get("/folder/list").await.json()["content"][0]["id"], folder);
    assert_eq!(direct(&rig).await.json()["status"], "success", "it is held from now on");
    assert_eq!(rig.get("/account/info").await.json()["space_used"], 90_100);
    rig.nothing_unexpected();
}

#[tokio::test]
async fn fetching_gets_stuck_fails_or_is_refused() {
    for (fails_with, modes, state) in [
        (None, vec![], "running"),
        (Some(Failure::NoPeers), vec![], "timeout"),
        (Some(Failure::TooBig), vec![], "error"),
        (None, vec![Mode::Infringing], "banned"),
    ] {
        let rig = Rig::start(PREMIUMIZE);
        let fetching = Fetching { polls_until_ready: 0, stuck: fails_with.is_none(), fails_with };
        rig.fake.set_fetching(&rig.share.info_hash, fetching);
        rig.fake.set_modes(&rig.share.info_hash, modes);
        create(&rig).await;
        assert_eq!(transfer(&rig).await["status"], state);
    }
}

#[tokio::test]
async fn deleting_a_transfer_or_its_folder_empties_the_account() {
    let rig = Rig::holding(PREMIUMIZE);
    for (path, field) in [("/transfer/delete", "id"), ("/folder/delete", "folder_id")] {
        create(&rig).await;
        let id = transfer(&rig).await[field].as_str().unwrap().to_owned();
        assert_eq!(rig.post(path, &[("id", &id)]).await.json()["status"], "success");
        assert!(rig.fake.items().is_empty());
        assert!(message(&rig.post(path, &[("id", &id)]).await).ends_with("not found."));
    }
}

#[tokio::test]
async fn packed_and_vanished_files_are_no_films() {
    let rig = Rig::holding(PREMIUMIZE);
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::Archive]);
    let content = direct(&rig).await.json()["content"].clone();
    assert_eq!(
        (content.as_array().unwrap().len(), &content[0]["path"]),
        (1, &json!("Show.S01/Show.S01.zip"))
    );
    assert!(rig.bytes(&content[0]["link"]).starts_with(b"PK"));
    rig.fake.set_modes(&rig.share.info_hash, vec![Mode::VanishedFile]);
    assert!(message(&direct(&rig).await).contains("not in the cache"));
}

#[tokio::test]
async fn accounts_are_refused_in_sentences() {
    let rig = Rig::holding(PREMIUMIZE);
    for (condition, sentence) in [
        (Condition::BadToken, "Not logged in."),
        (Condition::NotPremium, "Account not premium."),
        (Condition::QuotaExhausted, "Fair use limit reached!"),
        (Condition::IpRefused, "Your IP address is not allowed."),
    ] {
        rig.fake.set_condition(TOKEN, condition);
        assert_eq!(message(&direct(&rig).await), sentence);
    }
    rig.fake.set_condition(TOKEN, Condition::TooManyActive);
    assert!(message(&create(&rig).await).contains("maximum of 25 active downloads"));
}

#[tokio::test]
async fn a_token_in_the_url_works_and_is_remembered() {
    let rig = Rig::start(PREMIUMIZE);
    let answer = rig.send("GET", &format!("/account/info?apikey={TOKEN}"), &[], b"").await.json();
    assert_eq!(answer["customer_id"], "42");
    assert_eq!(rig.fake.unexpected().len(), 1);
}
