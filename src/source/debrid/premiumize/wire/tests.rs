use serde_json::{Value, json};

use super::*;
use crate::source::debrid::loose::{answer, shaped};

const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

fn hash() -> InfoHash {
    HASH.parse().unwrap()
}

fn refused(message: &str) -> ServiceError {
    open::<Value>(&answer(200, &json!({ "status": "error", "message": message }))).unwrap_err()
}

fn transfer(status: &str, message: &Value) -> Transfer {
    let list = json!({ "status": "success", "transfers": [{
        "id": "T1", "name": "Show", "message": message, "status": status, "progress": 0.5, "folder_id": null,
        "file_id": null, "src": format!("magnet:?xt=urn:btih:{}", HASH.to_uppercase()),
    }] });
    open::<Transfers>(&answer(200, &list)).unwrap().transfers.unwrap().remove(0)
}

#[test]
fn sentences_are_known_by_their_words_though_the_status_is_200() {
    for (sentence, meaning) in [
        ("Not logged in.", ServiceError::BadToken("not logged in".to_owned())),
        ("Account not premium.", ServiceError::NotPremium),
        ("Fair use limit reached!", ServiceError::QuotaExhausted),
        ("You already have a maximum of 25 active downloads in progress!", ServiceError::TooManyActive),
        ("Your IP address is not allowed.", ServiceError::IpRefused),
        ("Rate limit reached", ServiceError::RateLimited(COOL_DOWN)),
        ("This content is banned", ServiceError::Infringing),
        ("The requested content is not in the cache.", ServiceError::NotCached),
        ("Transfer not found.", ServiceError::ItemMissing),
        ("File is too large", ServiceError::TooBig),
        ("Invalid link or file.", ServiceError::TorrentInvalid),
    ] {
        assert_eq!(refused(sentence), meaning, "{sentence}");
    }
    assert!(matches!(refused("Please try again later"), ServiceError::ServiceDown(_)));
    assert!(matches!(refused("token=secret"), ServiceError::Protocol(text) if !text.contains("secret")));
    assert!(matches!(refused(""), ServiceError::Protocol(_)));
}

#[test]
fn answers_in_other_shapes_are_judged_by_their_status() {
    assert!(matches!(open::<Value>(&answer(403, &json!("no"))), Err(ServiceError::BadToken(_))));
    assert!(matches!(open::<Value>(&answer(500, &json!("no"))), Err(ServiceError::ServiceDown(_))));
    assert!(matches!(open::<Value>(&answer(200, &json!("no"))), Err(ServiceError::Protocol(_))));
}

#[test]
fn a_torrent_in_the_account_already_is_recognised() {
    let said = |message: &str| answer(200, &json!({ "status": "error", "message": message }));
    assert!(is_repetition(&said("You already added this job.")));
    assert!(!is_repetition(&said("Not logged in.")));
}

#[test]
fn cache_checks_answer_in_the_order_of_the_question() {
    let body = json!({
        "status": "success", "response": [true, false], "transcoded": [false, false], "filename": ["a", null],
        "filesize": ["12", null],
    });
    assert_eq!(open::<Held>(&answer(200, &body)).unwrap().response, [true, false]);
    let empty = open::<Held>(&answer(200, &json!({ "status": "success", "response": null }))).unwrap();
    assert!(empty.response.is_empty());
}

#[test]
fn statuses_say_how_far_a_transfer_is() {
    let state = |status: &str| transfer(status, &Value::Null).state();
    for status in ["waiting", "queued"] {
        assert_eq!(state(status), Ok(Some(ItemState::Queued)));
    }
    assert_eq!(state("running"), Ok(Some(ItemState::Downloading { percent: 50.0, seeders: None })));
    for status in ["finished", "seeding"] {
        assert_eq!(state(status), Ok(None));
    }
    assert_eq!(state("deleted"), Err(ServiceError::FileMissing));
    assert_eq!(state("error"), Err(ServiceError::FileMissing));
    assert_eq!(state("banned"), Err(ServiceError::Infringing));
    assert_eq!(state("timeout"), Err(ServiceError::NoPeers));
    assert!(matches!(state("dancing"), Err(ServiceError::Protocol(_))));
    assert_eq!(transfer("error", &json!("No peers found")).state(), Err(ServiceError::NoPeers));
}

#[test]
fn transfers_are_known_by_the_magnet_they_were_made_of() {
    let found = transfer("running", &Value::Null);
    assert!(found.is(hash()));
    assert!(!found.is("209c8226b299b308beaf2b9cd3fb49212dbd13ec".parse().unwrap()));
    let empty: Transfers = open(&answer(200, &json!({ "status": "success", "transfers": null }))).unwrap();
    assert!(empty.transfers.is_none());
}

#[test]
fn new_transfers_have_an_id_as_text_or_number() {
    let id = |body: Value| open::<Transfer>(&answer(200, &body)).unwrap().known_id();
    assert_eq!(
        id(json!({ "status": "success", "id": "T1", "name": "n", "type": "torrent" })),
        Ok("T1".to_owned())
    );
    assert_eq!(id(json!({ "status": "success", "id": 5 })), Ok("5".to_owned()));
    assert!(matches!(id(json!({ "status": "success" })), Err(ServiceError::Protocol(_))));
}

#[test]
fn direct_links_come_with_paths_and_sizes() {
    let body = json!({
        "status": "success", "location": "https://cdn/x", "filename": "Show", "filesize": 12, "content": [{
            "path": "Show/S01E01.mkv", "size": "12", "link": "https://cdn/1", "stream_link": null,
            "transcode_status": "not_applicable",
        }],
    });
    let content = open::<Direct>(&answer(200, &body)).unwrap().content.unwrap().remove(0);
    let path = "Show/S01E01.mkv".to_owned();
    assert_eq!(content.remote(), RemoteFile { id: path.clone(), path, size: Some(12) });
    assert_eq!(content.link.as_deref(), Some("https://cdn/1"));
}

#[test]
fn items_are_read_back_by_their_names() {
    for id in [Id::Held(hash()), Id::Transfer("a/b".to_owned(), hash())] {
        assert_eq!(Id::of(&id.item()), Ok(id.clone()));
        assert_eq!(id.info_hash(), hash());
    }
    for name in ["", "held", "held/x", "other/dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c"] {
        assert_eq!(Id::of(&ItemId(name.to_owned())), Err(ServiceError::ItemMissing), "{name}");
    }
}

#[test]
fn a_subscription_ends_at_a_moment_or_there_is_none() {
    let info = |until: Value| {
        let data = json!({ "customer_id": 42, "premium_until": until, "limit_used": 0.1, "space_used": 0 });
        AccountInfo::from(shaped::<Profile>(data).unwrap())
    };
    let far = 4_102_444_800;
    assert_eq!(info(json!(far)), AccountInfo { user: "42".to_owned(), premium: true, until: Some(far) });
    assert!(!info(json!(1)).premium);
    assert_eq!(info(json!(false)), AccountInfo { user: "42".to_owned(), premium: false, until: None });
}
