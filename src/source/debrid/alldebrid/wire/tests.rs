use serde_json::json;

use super::*;
use crate::source::debrid::loose::answer;

/// What an error is taken for; some keep its name.
type Meaning = fn(&str) -> ServiceError;

const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

fn refused(code: &str) -> ServiceError {
    let body = json!({ "status": "error", "error": { "code": code, "message": "a sentence" } });
    open::<Value>(&answer(200, &body)).unwrap_err()
}

fn magnet(fields: &Value) -> Magnet {
    let mut whole = json!({
        "id": 7, "filename": "Show", "size": 200, "hash": HASH, "status": "Downloading", "statusCode": 1,
        "downloaded": 50, "uploaded": 0, "seeders": 3, "downloadSpeed": 1, "uploadSpeed": 0, "uploadDate": 1,
        "completionDate": 0, "nbLink": 0,
    });
    whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    shaped(whole).unwrap()
}

#[test]
fn every_documented_error_has_its_meaning() {
    let rows: [(&[&str], Meaning); 12] = [
        (&["AUTH_MISSING_APIKEY", "AUTH_BAD_APIKEY", "AUTH_BLOCKED", "AUTH_USER_BANNED"], |code| {
            ServiceError::BadToken(code.to_owned())
        }),
        (&["NO_SERVER", "MAGNET_NO_SERVER"], |_| ServiceError::IpRefused),
        (&["MUST_BE_PREMIUM", "MAGNET_MUST_BE_PREMIUM"], |_| ServiceError::NotPremium),
        (&["FREE_TRIAL_LIMIT_REACHED", "LINK_HOST_LIMIT_REACHED"], |_| ServiceError::QuotaExhausted),
        (&["MAGNET_TOO_MANY_ACTIVE", "MAGNET_TOO_MANY", "LINK_TOO_MANY_DOWNLOADS"], |_| {
            ServiceError::TooManyActive
        }),
        (&["MAGNET_PROCESSING_COOLDOWN"], |_| ServiceError::RateLimited(COOL_DOWN)),
        (&["MAGNET_INVALID_URI", "MAGNET_INVALID_FILE"], |_| ServiceError::TorrentInvalid),
        (&["MAGNET_TOO_LARGE"], |_| ServiceError::TooBig),
        (&["MAGNET_CANT_BOOTSTRAP", "MAGNET_TOOK_TOO_LONG"], |_| ServiceError::NoPeers),
        (&["MAGNET_INVALID_ID", "MAGNET_LINKS_REMOVED"], |_| ServiceError::ItemMissing),
        (&["LINK_DOWN", "LINK_PASS_PROTECTED", "LINK_NOT_SUPPORTED"], |_| ServiceError::FileMissing),
        (
            &[
                "MAINTENANCE",
                "MAGNET_PROCESSING",
                "MAGNET_UPLOAD_FAILED",
                "MAGNET_PROCESSING_FAILED",
                "LINK_HOST_UNAVAILABLE",
                "LINK_HOST_FULL",
                "LINK_TEMPORARY_UNAVAILABLE",
                "LINK_ERROR",
            ],
            |code| ServiceError::ServiceDown(code.to_owned()),
        ),
    ];
    for (codes, meaning) in rows {
        for code in codes {
            assert_eq!(refused(code), meaning(code), "{code}");
        }
    }
    for code in ["MAGNET_NO_URI", "GENERIC", "404"] {
        assert_eq!(refused(code), ServiceError::Protocol(code.to_owned()));
    }
}

#[test]
fn an_error_without_a_name_and_a_foreign_answer_are_errors_too() {
    assert!(matches!(
        open::<Value>(&answer(200, &json!({ "status": "error" }))),
        Err(ServiceError::Protocol(_))
    ));
    assert!(matches!(open::<Value>(&answer(401, &json!("no"))), Err(ServiceError::BadToken(_))));
    assert!(matches!(open::<Value>(&answer(500, &json!("no"))), Err(ServiceError::ServiceDown(_))));
}

#[test]
fn uploads_of_both_kinds_carry_their_own_errors() {
    let first = |data: Value| {
        let uploads: Uploads = open(&answer(200, &json!({ "status": "success", "data": data }))).unwrap();
        uploads.all().unwrap().remove(0).id()
    };
    let magnet = json!({ "id": 7, "hash": HASH, "name": "n", "size": 1, "ready": true, "magnet": "m" });
    assert_eq!(first(json!({ "magnets": [magnet] })), Ok(7));
    assert_eq!(first(json!({ "files": [{ "file": "a.torrent", "id": "8", "ready": false }] })), Ok(8));
    let error =
        |code: &str| json!({ "magnets": [{ "magnet": "m", "error": { "code": code, "message": "s" } }] });
    assert_eq!(first(error("MAGNET_TOO_LARGE")), Err(ServiceError::TooBig));
    assert_eq!(first(error("MAGNET_LINKS_REMOVED")), Err(ServiceError::Infringing));
    assert!(matches!(first(json!({ "magnets": [{}] })), Err(ServiceError::Protocol(_))));
}

#[test]
fn one_magnet_is_an_object_and_several_are_a_list() {
    let read = |magnets: Value| {
        let data: Magnets = shaped(json!({ "magnets": magnets, "counter": 1, "fullsync": true })).unwrap();
        let found: Vec<Magnet> = many(data.magnets).unwrap();
        found.iter().map(|magnet| magnet.id).collect::<Vec<_>>()
    };
    assert_eq!(read(json!({ "id": 7, "statusCode": 4 })), [Some(7)]);
    assert_eq!(read(json!([{ "id": 7 }, { "id": 8 }])), [Some(7), Some(8)]);
    assert_eq!(read(Value::Null), Vec::<Option<u64>>::new());
}

#[test]
fn status_codes_say_how_far_a_magnet_is() {
    let state = |code: u64| magnet(&json!({ "statusCode": code })).state();
    assert_eq!(state(0), Ok(Some(ItemState::Queued)));
    assert_eq!(state(1), Ok(Some(ItemState::Downloading { percent: 25.0, seeders: Some(3) })));
    assert_eq!(state(2), Ok(Some(ItemState::Processing)));
    assert_eq!(state(3), Ok(Some(ItemState::Processing)));
    assert_eq!(state(4), Ok(None));
    let unknown = json!({ "size": 0, "seeders": null });
    assert_eq!(magnet(&unknown).state(), Ok(Some(ItemState::Downloading { percent: 0.0, seeders: None })));
    assert!(matches!(magnet(&json!({ "statusCode": null })).state(), Err(ServiceError::Protocol(_))));
}

#[test]
fn every_status_code_from_5_on_is_an_end() {
    for (codes, meaning) in [
        (&[7, 10, 14, 15][..], ServiceError::NoPeers),
        (&[8], ServiceError::TooBig),
        (&[5, 6, 9, 11, 12, 13, 16], ServiceError::FileMissing),
    ] {
        for code in codes {
            assert_eq!(magnet(&json!({ "statusCode": code })).state(), Err(meaning.clone()), "{code}");
        }
    }
}

#[test]
fn trees_become_paths_with_locked_links() {
    let tree = json!([
        { "n": "Show", "e": [
            { "n": "Season 1", "e": [{ "n": "S01E01.mkv", "s": 10, "l": "https://alldebrid.com/f/a" }] },
            { "n": "empty", "e": [] },
            { "n": "no link", "s": 1 },
        ] },
        { "n": "notes.txt", "s": "2", "l": "https://alldebrid.com/f/b" },
    ]);
    let remote = |id: &str, path: &str, size| RemoteFile {
        id: format!("https://alldebrid.com/f/{id}"),
        path: path.to_owned(),
        size: Some(size),
    };
    let expected = vec![remote("a", "Show/Season 1/S01E01.mkv", 10), remote("b", "notes.txt", 2)];
    assert_eq!(Branch::files(shaped(tree).unwrap()), expected);
}

#[test]
fn a_tree_without_end_is_cut_off() {
    let mut tree = json!([{ "n": "a.mkv", "s": 1, "l": "https://alldebrid.com/f/a" }]);
    for _ in 0..DEEPEST + 1 {
        tree = json!([{ "n": "f", "e": tree }]);
    }
    assert_eq!(Branch::files(shaped(tree).unwrap()), []);
}

#[test]
fn links_may_be_delayed() {
    let unlocked: Unlocked =
        shaped(json!({ "link": "", "filename": "a", "filesize": 10, "id": "x", "delayed": 70 })).unwrap();
    assert_eq!((unlocked.delayed, unlocked.filesize), (Some(70), Some(10)));
    let delayed: Delayed = shaped(json!({ "status": 1, "time_left": 4 })).unwrap();
    assert_eq!((delayed.status, delayed.link), (Some(1), None));
}

#[test]
fn trials_may_stream_and_free_users_may_not() {
    let info = |premium: bool, trial: bool, until: u64| {
        let user = json!({ "username": "u", "isPremium": premium, "isTrial": trial, "premiumUntil": until });
        AccountInfo::from(shaped::<User>(json!({ "user": user })).unwrap())
    };
    assert_eq!(info(true, false, 9), AccountInfo { user: "u".to_owned(), premium: true, until: Some(9) });
    assert!(info(false, true, 9).premium);
    assert_eq!(info(false, false, 0), AccountInfo { user: "u".to_owned(), premium: false, until: None });
}
