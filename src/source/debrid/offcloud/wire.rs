//! What Offcloud writes, and what it means.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::domain::InfoHash;
use crate::source::debrid::call::Answer;
use crate::source::debrid::lenient::{file_address, or_default, text, unix_seconds};
use crate::source::debrid::service::{AccountInfo, DirectLink, ItemId, ItemState, RemoteFile, ServiceError};

pub(super) const LINK_LIFETIME: Duration = Duration::from_secs(4 * 3_600);

/// A download, in the history and by itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Download {
    /// Its name.
    #[serde(default, deserialize_with = "text")]
    pub(super) request_id: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    /// The magnet.
    #[serde(default, deserialize_with = "or_default")]
    original_link: String,
}

/// A file of a download.
#[derive(Deserialize)]
pub(super) struct File {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    path: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default, deserialize_with = "or_default")]
    url: String,
}

/// The files of a download.
#[derive(Deserialize)]
pub(super) struct Files {
    /// All of them.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) files: Vec<File>,
}

/// Whether a torrent is held.
#[derive(Deserialize)]
pub(super) struct Holding {
    /// It is.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) cached: bool,
}

/// Whose account it is.
#[derive(Deserialize)]
pub(super) struct User {
    #[serde(default, deserialize_with = "text")]
    user_id: String,
    #[serde(default, deserialize_with = "or_default")]
    is_premium: bool,
    #[serde(default, deserialize_with = "or_default")]
    expiration_date: String,
    #[serde(default)]
    can_download: Option<bool>,
}

impl File {
    /// What names the file within its download; links change and are secret.
    pub(super) fn place(&self) -> &str {
        let path = if self.path.is_empty() { &self.name } else { &self.path };
        path.trim_start_matches('/')
    }

    /// The file as all services describe one.
    pub(super) fn remote(&self) -> RemoteFile {
        RemoteFile { id: self.place().to_owned(), path: self.place().to_owned(), size: self.size }
    }

    /// The link to its bytes.
    ///
    /// # Errors
    /// `Protocol` if there is none.
    pub(super) fn link(&self) -> Result<DirectLink, ServiceError> {
        Ok(DirectLink { url: file_address(&self.url)?, size: self.size, lifetime: LINK_LIFETIME })
    }
}

impl User {
    /// The account.
    pub(super) fn info(self) -> AccountInfo {
        let premium = self.is_premium && self.can_download != Some(false);
        AccountInfo { premium, until: unix_seconds(&self.expiration_date), user: self.user_id }
    }
}

/// The download of a torrent that is of most use: one that is finished, else one on its way.
pub(super) fn best(history: &[Download], info_hash: InfoHash) -> Option<ItemId> {
    let of_torrent = |download: &&Download| {
        let has_failed = matches!(download.status.as_str(), "error" | "canceled");
        hash_of(&download.original_link) == Some(info_hash) && !has_failed
    };
    let finished = history.iter().filter(of_torrent).find(|download| download.status == "downloaded");
    let found = finished.or_else(|| history.iter().find(of_torrent));
    found.map(|download| ItemId(download.request_id.clone()))
}

fn hash_of(magnet: &str) -> Option<InfoHash> {
    let magnet = Url::parse(magnet).ok().filter(|url| url.scheme() == "magnet")?;
    let topics = magnet.query_pairs().filter(|(name, _)| name == "xt");
    topics.filter_map(|(_, topic)| topic.strip_prefix("urn:btih:")?.parse().ok()).next()
}

/// The status out of the answer to a question for it. Whether it stands there by itself, or in an object of its own,
/// is not documented; both are understood.
///
/// # Errors
/// `Protocol` if it is in neither place.
pub(super) fn status_of(answer: &Value) -> Result<String, ServiceError> {
    let status = match &answer["status"] {
        Value::Object(inner) => inner.get("status").and_then(Value::as_str),
        plain => plain.as_str(),
    };
    status.map(str::to_owned).ok_or_else(|| ServiceError::Protocol("a download without a status".to_owned()))
}

/// What has become of a download; `None` if it is finished.
///
/// # Errors
/// Why it never will be.
pub(super) fn unfinished(status: &str) -> Result<Option<ItemState>, ServiceError> {
    match status {
        "downloaded" => Ok(None),
        // How far a download is remains untold, and one that stood at 0 % would be taken for one that nobody shares.
        "created" | "queued" | "downloading" => Ok(Some(ItemState::Queued)),
        "error" => Err(ServiceError::ServiceDown("its download of the torrent failed".to_owned())),
        "canceled" => Err(ServiceError::ItemMissing),
        _ => Err(ServiceError::Protocol("a download is in a state that is not documented".to_owned())),
    }
}

/// What an answer refuses and why, if it does. Errors also come with status 200.
pub(super) fn refusal(answer: &Answer) -> Option<ServiceError> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    refused(answer.status, text("error"), text("not_available"))
}

fn refused(status: StatusCode, error: &str, not_available: &str) -> Option<ServiceError> {
    Some(match (status.as_u16(), error, not_available) {
        (401, ..) | (_, "NOAUTH", _) => ServiceError::BadToken("it is unknown or has ended".to_owned()),
        (402, ..) => ServiceError::NotPremium,
        // The account may have no more of what is named here: links, or downloads in the cloud.
        (200..300, _, name) if !name.is_empty() => ServiceError::QuotaExhausted,
        (200..300, "", _) => return None,
        (404, ..) => ServiceError::ItemMissing,
        (status @ 500.., ..) => ServiceError::ServiceDown(format!("it answered {status}")),
        // 403 is documented without a reason. It may be about the torrent or the account, so nothing follows for
        // either.
        (status, ..) => ServiceError::Protocol(format!("it refused with status {status}")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hash(digit: char) -> InfoHash {
        digit.to_string().repeat(40).parse().unwrap()
    }

    #[test]
    fn every_documented_status_is_understood_wherever_it_stands() {
        for (status, expected) in [
            ("created", Some(ItemState::Queued)),
            ("queued", Some(ItemState::Queued)),
            ("downloading", Some(ItemState::Queued)),
            ("downloaded", None),
        ] {
            let flat = json!({ "requestId": "1", "status": status });
            let nested = json!({ "status": { "requestId": "1", "status": status } });
            for answer in [flat, nested] {
                assert_eq!(unfinished(&status_of(&answer).unwrap()), Ok(expected.clone()), "{status}");
            }
        }
        assert!(matches!(unfinished("error"), Err(ServiceError::ServiceDown(_))));
        assert_eq!(unfinished("canceled"), Err(ServiceError::ItemMissing));
        assert!(matches!(unfinished("asleep"), Err(ServiceError::Protocol(_))));
        assert!(status_of(&json!([])).is_err());
    }

    #[test]
    fn every_documented_error_is_understood() {
        let of = |status: u16, body: Value| {
            let status = StatusCode::from_u16(status).unwrap();
            refusal(&Answer { status, headers: http::HeaderMap::new(), body: body.to_string().into() })
        };
        let token = ServiceError::BadToken("it is unknown or has ended".to_owned());
        assert_eq!(of(200, json!({ "error": "NOAUTH" })), Some(token.clone()));
        assert_eq!(of(401, json!({})), Some(token));
        assert_eq!(of(402, json!({ "error": "Payment required" })), Some(ServiceError::NotPremium));
        assert_eq!(of(404, json!({ "error": "Not found" })), Some(ServiceError::ItemMissing));
        assert_eq!(of(200, json!({ "not_available": "cloud" })), Some(ServiceError::QuotaExhausted));
        assert!(matches!(of(403, json!({ "error": "x" })), Some(ServiceError::Protocol(_))));
        assert!(matches!(of(200, json!({ "error": "x" })), Some(ServiceError::Protocol(_))));
        assert!(matches!(of(500, json!({})), Some(ServiceError::ServiceDown(_))));
        assert_eq!(of(200, json!([])), None);
        assert_eq!(of(200, json!({ "requestId": "1", "error": null, "not_available": null })), None);
    }

    #[test]
    fn the_best_download_of_a_torrent_is_finished_or_on_its_way() {
        let row = |id: u32, digit: char, status: &str| {
            let magnet = format!("magnet:?dn=x&xt=urn:btih:{}", hash(digit).to_string().to_uppercase());
            let json =
                json!({ "requestId": id, "status": status, "originalLink": magnet, "createdOn": null });
            serde_json::from_value::<Download>(json).unwrap()
        };
        let history = [
            row(1, 'a', "error"),
            row(2, 'a', "queued"),
            row(3, 'b', "downloaded"),
            row(4, 'a', "downloaded"),
        ];
        assert_eq!(best(&history, hash('a')), Some(ItemId("4".to_owned())));
        assert_eq!(best(&history[..3], hash('a')), Some(ItemId("2".to_owned())));
        assert_eq!(best(&history[..1], hash('a')), None);
    }

    #[test]
    fn files_are_known_by_their_path_and_not_by_their_link() {
        let json = r#"{"files":[{"id":"1","name":"a.mkv","size":7,"path":"/Pack/a.mkv","url":"https://cdn.example/s/1"},
            {"id":null,"name":"b.mkv","size":null,"path":null,"url":null}]}"#;
        let files = serde_json::from_str::<Files>(json).unwrap().files;
        let expected = RemoteFile { id: "Pack/a.mkv".into(), path: "Pack/a.mkv".into(), size: Some(7) };
        assert_eq!(files[0].remote(), expected);
        assert_eq!(files[0].link().unwrap().url.as_str(), "https://cdn.example/s/1");
        assert_eq!(files[1].remote(), RemoteFile { id: "b.mkv".into(), path: "b.mkv".into(), size: None });
        assert!(files[1].link().is_err());
    }
}
