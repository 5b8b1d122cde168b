use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::*;
use crate::source::debrid::loose::answer;

const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

fn hash() -> InfoHash {
    HASH.parse().unwrap()
}

fn refused(error: &Value, detail: &str) -> ServiceError {
    let body = json!({ "success": false, "error": error, "detail": detail, "data": null });
    open::<Value>(&answer(400, &body)).unwrap_err()
}

fn torrent(fields: &Value) -> Torrent {
    let mut whole = json!({
        "id": 41, "hash": HASH.to_uppercase(), "name": "Show", "size": 30, "download_state": "downloading",
        "progress": 0.25, "download_finished": false, "download_present": false, "expires_at": null, "files": null,
    });
    whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    open(&answer(200, &json!({ "success": true, "error": null, "detail": "", "data": whole }))).unwrap()
}

fn file(id: u32, name: &str, zipped: bool, infected: bool) -> Value {
    json!({
        "id": id, "name": name, "short_name": name.rsplit('/').next(), "size": 10, "mimetype": "video/x-matroska",
        "zipped": zipped, "infected": infected, "opensubtitles_hash": null,
    })
}

#[test]
fn every_documented_error_has_its_meaning() {
    let token = |code: &str| ServiceError::BadToken(code.to_owned());
    let down = |code: &str| ServiceError::ServiceDown(code.to_owned());
    for (code, meaning) in [
        ("BAD_TOKEN", token("BAD_TOKEN")),
        ("NO_AUTH", token("NO_AUTH")),
        ("AUTH_ERROR", token("AUTH_ERROR")),
        ("PLAN_RESTRICTED_FEATURE", ServiceError::NotPremium),
        ("ACTIVE_LIMIT", ServiceError::TooManyActive),
        ("MONTHLY_LIMIT", ServiceError::QuotaExhausted),
        ("COOLDOWN_LIMIT", ServiceError::QuotaExhausted),
        ("DOWNLOAD_TOO_LARGE", ServiceError::TooBig),
        ("BOZO_TORRENT", ServiceError::TorrentInvalid),
        ("ITEM_NOT_FOUND", ServiceError::ItemMissing),
        ("DOWNLOAD_NOT_CACHED", ServiceError::NotCached),
        ("NO_SERVERS_AVAILABLE_ERROR", down("NO_SERVERS_AVAILABLE_ERROR")),
        ("DOWNLOAD_SERVER_ERROR", down("DOWNLOAD_SERVER_ERROR")),
        ("DATABASE_ERROR", down("DATABASE_ERROR")),
        ("VENDOR_DISABLED", down("VENDOR_DISABLED")),
        ("DIFF_ISSUE", down("DIFF_ISSUE")),
        ("LINK_OFFLINE", ServiceError::FileMissing),
        ("SOMETHING_NEW", ServiceError::Protocol("SOMETHING_NEW".to_owned())),
    ] {
        assert_eq!(refused(&json!(code), "said in a sentence"), meaning, "{code}");
    }
}

#[test]
fn refusals_without_a_code_are_known_by_their_sentence_and_not_repeated() {
    let limit = "You have reached your active torrent download limit of 3. Please upgrade.";
    assert_eq!(refused(&Value::Null, limit), ServiceError::TooManyActive);
    assert_eq!(refused(&Value::Null, "Torrent is not cached."), ServiceError::NotCached);
    assert_eq!(refused(&json!("UNKNOWN_ERROR"), "Infringing Torrent"), ServiceError::Infringing);
    let other = refused(&Value::Null, "token=secret");
    assert!(matches!(&other, ServiceError::Protocol(text) if !text.contains("secret")));
}

#[test]
fn plain_text_of_the_edge_is_judged_by_its_status() {
    let said = |status: u16| Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"Go away"),
    };
    assert!(matches!(open::<Value>(&said(403)), Err(ServiceError::BadToken(_))));
    assert!(matches!(open::<Value>(&said(500)), Err(ServiceError::ServiceDown(_))));
    assert!(matches!(open::<Value>(&said(200)), Err(ServiceError::Protocol(_))));
}

#[test]
fn a_torrent_in_the_account_already_is_recognised() {
    let said =
        |code: &str| answer(400, &json!({ "success": false, "error": code, "detail": "", "data": null }));
    assert!(is_duplicate(&said("DUPLICATE_ITEM")));
    assert!(!is_duplicate(&said("ACTIVE_LIMIT")));
    assert!(!is_duplicate(&answer(200, &json!({ "success": true, "error": null, "data": {} }))));
}

#[test]
fn states_say_how_far_a_torrent_is() {
    let downloading = |seeders| ItemState::Downloading { percent: 25.0, seeders };
    for (state, expected) in [
        ("downloading", downloading(None)),
        ("stalled (no seeds)", downloading(Some(0))),
        ("stalled", downloading(Some(0))),
        ("metaDL", ItemState::Resolving),
        ("checkingResumeData", ItemState::Resolving),
        ("queued", ItemState::Queued),
        ("paused", ItemState::Queued),
        ("uploading", ItemState::Processing),
        ("completed", ItemState::Processing),
        ("cached", ItemState::Processing),
        ("a new word", downloading(None)),
    ] {
        let torrent = torrent(&json!({ "download_state": state }));
        assert_eq!(torrent.state(), Ok(expected), "{state}");
        assert!(!torrent.has_failed(), "{state}");
    }
    assert_eq!(torrent(&json!({ "seeds": 4 })).state(), Ok(downloading(Some(4))));
    let half = json!({ "download_state": "downloading", "download_finished": true });
    assert_eq!(torrent(&half).state(), Ok(ItemState::Processing), "finished is not present");
}

#[test]
fn failed_torrents_say_why() {
    for (state, expected) in [
        ("failed (no seeds)", ServiceError::NoPeers),
        ("failed (processing)", ServiceError::FileMissing),
        ("missing", ServiceError::FileMissing),
        ("error", ServiceError::FileMissing),
    ] {
        let torrent = torrent(&json!({ "download_state": state }));
        assert_eq!(torrent.state(), Err(expected), "{state}");
        assert!(torrent.has_failed(), "{state}");
    }
}

fn ready(files: &[Value]) -> Result<ItemState, ServiceError> {
    let fields = json!({ "download_state": "cached", "download_finished": true, "download_present": true, "files": files });
    torrent(&fields).state()
}

#[test]
fn a_ready_torrent_lists_its_files_from_number_0_on() {
    let remote =
        |id: &str, path: &str| RemoteFile { id: id.to_owned(), path: path.to_owned(), size: Some(10) };
    let files = [
        file(0, "Show/S01E01.mkv", false, false),
        file(1, "Show/bad.mkv", false, true),
        file(2, "Show/x.zip", true, false),
    ];
    assert_eq!(ready(&files), Ok(ItemState::Ready(vec![remote("41/0", "Show/S01E01.mkv")])));
}

#[test]
fn a_torrent_that_comes_as_one_zip_is_refused() {
    assert_eq!(ready(&[file(0, "Show.zip", true, false)]), Err(ServiceError::ArchiveOnly));
    assert_eq!(ready(&[]), Ok(ItemState::Ready(Vec::new())));
}

#[test]
fn added_torrents_have_a_number_or_a_place_in_the_queue() {
    let id = |data: Value| shaped::<Created>(data).unwrap().id(hash());
    assert_eq!(id(json!({ "torrent_id": 41, "hash": HASH, "auth_id": "a" })), Ok(Id::Torrent(41)));
    assert_eq!(id(json!({ "queued_id": "9", "hash": HASH })), Ok(Id::Queued(9, hash())));
    assert!(matches!(id(json!({})), Err(ServiceError::Protocol(_))));
}

#[test]
fn items_are_read_back_by_their_names() {
    for id in [Id::Torrent(41), Id::Queued(9, hash())] {
        assert_eq!(Id::of(&id.item()), Ok(id));
    }
    for name in ["", "x", "queued/9", "queued/x/y"] {
        assert_eq!(Id::of(&ItemId(name.to_owned())), Err(ServiceError::ItemMissing), "{name}");
    }
}

#[test]
fn what_is_held_is_known_by_its_hash_in_either_case() {
    let held: Held =
        shaped(json!({ "name": "n", "size": 1, "hash": HASH.to_uppercase(), "files": [] })).unwrap();
    assert!(held.is(hash()));
    assert!(!held.is("209c8226b299b308beaf2b9cd3fb49212dbd13ec".parse().unwrap()));
}

#[test]
fn plans_above_the_free_one_are_paid() {
    let info = |plan: u64| {
        let data = json!({ "id": 7, "plan": plan, "premium_expires_at": "2038-01-19T03:14:08Z", "cooldown_until": null });
        AccountInfo::from(shaped::<Profile>(data).unwrap())
    };
    let expected = AccountInfo { user: "7".to_owned(), premium: true, until: Some(2_147_483_648) };
    assert_eq!(info(2), expected);
    assert!(!info(0).premium);
}
