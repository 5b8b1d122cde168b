use serde_json::json;

use super::*;
use crate::source::debrid::loose::answer;

/// What an error is taken for; some keep its name.
type Meaning = fn(&str) -> ServiceError;

const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

fn refused(error: &str) -> ServiceError {
    let body = json!({ "success": false, "error": error, "error_description": "a sentence" });
    open::<Value>(&answer(400, &body)).err().unwrap()
}

fn torrent(fields: &Value) -> Torrent {
    let mut whole = json!({
        "id": "a1dl", "name": "Show", "error": 0, "errorString": "", "hashString": HASH, "wait": false,
        "downloaded": false, "downloadPercent": 40, "status": 4, "totalSize": 20, "isZip": false, "created": 1,
        "peersConnected": 2, "files": [file("a1dl-0", "S01E01.mkv")],
    });
    whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let body = json!({ "success": true, "value": [whole] });
    open::<Vec<Torrent>>(&answer(200, &body)).unwrap_or_else(|error| panic!("{error}")).value.remove(0)
}

fn file(id: &str, name: &str) -> Value {
    json!({ "id": id, "name": name, "downloadUrl": format!("https://cdn/{id}"), "size": 10, "downloadPercent": 100 })
}

#[test]
fn every_documented_error_has_its_meaning() {
    let rows: [(&[&str], Meaning); 11] = [
        (&["badToken", "expired_token", "accountLocked", "captchaRequired"], |name| {
            ServiceError::BadToken(name.to_owned())
        }),
        (&["floodDetected"], |_| ServiceError::RateLimited(LOCK_OUT)),
        (&["maxLink", "maxLinkHost", "maxData", "maxDataHost", "maxTorrent"], |_| {
            ServiceError::QuotaExhausted
        }),
        (&["maxTransfer"], |_| ServiceError::TooManyActive),
        (&["freeServerOverload"], |_| ServiceError::NotPremium),
        (&["serverNotAllowed"], |_| ServiceError::IpRefused),
        (&["notAddTorrent"], |_| ServiceError::TorrentInvalid),
        (&["torrentTooBig"], |_| ServiceError::TooBig),
        (&["notDebrid", "hostNotValid", "fileNotFound", "fileNotAvailable"], |_| ServiceError::FileMissing),
        (&["badId"], |_| ServiceError::ItemMissing),
        (&["maintenanceHost"], |name| ServiceError::ServiceDown(name.to_owned())),
    ];
    for (names, meaning) in rows {
        for name in names {
            assert_eq!(refused(name), meaning(name), "{name}");
        }
    }
    assert_eq!(refused("unknowR"), ServiceError::Protocol("unknowR".to_owned()));
    assert!(matches!(refused("token=secret"), ServiceError::Protocol(text) if !text.contains("secret")));
}

#[test]
fn answers_in_other_shapes_are_judged_by_their_status() {
    let judged = |status| open::<Value>(&answer(status, &json!("no"))).err().unwrap();
    assert!(matches!(judged(401), ServiceError::BadToken(_)));
    assert!(matches!(judged(500), ServiceError::ServiceDown(_)));
    assert!(matches!(judged(200), ServiceError::Protocol(_)));
}

#[test]
fn lists_say_whether_they_go_on() {
    let page = |pages: Value| {
        let pagination = json!({ "page": 0, "pages": pages, "next": -1, "previous": -1 });
        let body = json!({ "success": true, "value": [], "pagination": pagination });
        open::<Vec<Torrent>>(&answer(200, &body)).unwrap_or_else(|error| panic!("{error}"))
    };
    assert!(page(json!(2)).has_page_after(0));
    assert!(!page(json!(2)).has_page_after(1));
    assert!(!page(Value::Null).has_page_after(0));
}

#[test]
fn a_torrent_is_ready_at_a_hundred_per_cent_with_names_and_links() {
    let whole = json!({ "downloadPercent": 100, "status": 100, "files": [file("a-0", "1.mkv"), file("a-1", "2.mkv")] });
    let whole = torrent(&whole);
    let remote =
        |id: &str, name: &str| RemoteFile { id: id.to_owned(), path: name.to_owned(), size: Some(10) };
    let expected = ItemState::Ready(vec![remote("a-0", "1.mkv"), remote("a-1", "2.mkv")]);
    assert_eq!(whole.state(), Ok(expected));
    assert_eq!(whole.links().collect::<Vec<_>>(), [("a-0", "https://cdn/a-0"), ("a-1", "https://cdn/a-1")]);
    assert!(whole.is(HASH.to_uppercase().parse().unwrap()));
}

#[test]
fn before_that_it_says_how_far_it_is() {
    let state = |fields: Value| torrent(&fields).state();
    assert_eq!(state(json!({})), Ok(ItemState::Downloading { percent: 40.0, seeders: Some(2) }));
    assert_eq!(state(json!({ "status": 6 })), Ok(ItemState::Downloading { percent: 40.0, seeders: Some(2) }));
    assert_eq!(state(json!({ "files": [] })), Ok(ItemState::Resolving));
    assert_eq!(state(json!({ "files": null, "downloadPercent": "0" })), Ok(ItemState::Resolving));
    assert_eq!(state(json!({ "status": 1 })), Ok(ItemState::Queued));
    assert_eq!(state(json!({ "status": 2 })), Ok(ItemState::Processing));
}

#[test]
fn an_error_ends_it_only_where_nothing_has_arrived_and_nobody_sends() {
    let failed = |text: &str, percent: u64, peers: Value| {
        let fields =
            json!({ "error": 1, "errorString": text, "downloadPercent": percent, "peersConnected": peers });
        torrent(&fields).state()
    };
    assert_eq!(failed("No peers", 0, json!(0)), Err(ServiceError::NoPeers));
    assert!(torrent(&json!({ "error": 1, "downloadPercent": 0, "peersConnected": 0 })).has_failed());
    assert!(!torrent(&json!({ "error": 1 })).has_failed());
    assert_eq!(failed("disk", 0, Value::Null), Err(ServiceError::FileMissing));
    assert!(matches!(failed("Tracker warning", 0, json!(3)), Ok(ItemState::Downloading { .. })));
    assert!(matches!(failed("Tracker warning", 5, json!(0)), Ok(ItemState::Downloading { .. })));
}

#[test]
fn a_torrent_that_comes_as_one_zip_is_refused() {
    let packed = json!({ "downloadPercent": 100, "isZip": true, "files": [file("a-zip", "Show.ZIP")] });
    assert_eq!(torrent(&packed).state(), Err(ServiceError::ArchiveOnly));
    let listed = json!({ "downloadPercent": 100, "isZip": true, "files": [file("a-0", "1.mkv")] });
    assert!(
        matches!(torrent(&listed).state(), Ok(ItemState::Ready(_))),
        "asked for by its id it is listed whole"
    );
}

#[test]
fn a_subscription_with_time_left_is_paid() {
    let info = |left: u64| {
        let data = json!({ "username": "u", "premiumLeft": left, "accountType": 1, "serverDetected": false });
        AccountInfo::from(shaped::<Infos>(data).unwrap())
    };
    let paid = info(60);
    assert!(paid.premium && paid.until > Some(now()) && paid.until <= Some(now() + 60));
    assert_eq!(info(0), AccountInfo { user: "u".to_owned(), premium: false, until: None });
}
