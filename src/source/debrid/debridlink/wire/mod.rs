//! What Debrid-Link writes: `{success: true, value, pagination}` or `{success: false, error}`, where `error` is a name.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::InfoHash;
use crate::source::debrid::call::Answer;
use crate::source::debrid::lenient::{self, now, or_default};
use crate::source::debrid::loose::{self, code, shaped};
use crate::source::debrid::service::{AccountInfo, ItemState, RemoteFile, ServiceError};

/// How long an account is locked out that has called too often.
const LOCK_OUT: Duration = Duration::from_secs(3_600);

#[derive(Deserialize)]
struct RawEnvelope {
    success: Option<bool>,
    error: Option<String>,
    #[serde(default)]
    value: Value,
    pagination: Option<Pagination>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pagination {
    #[serde(deserialize_with = "loose::count")]
    pages: Option<u64>,
}

/// An answer that is no error.
pub(super) struct Envelope<T> {
    /// What was asked for.
    pub(super) value: T,
    pages: u64,
}

impl<T> Envelope<T> {
    /// Whether the list goes on after this page; pages count from 0.
    pub(super) fn has_page_after(&self, page: u32) -> bool {
        u64::from(page) + 1 < self.pages
    }
}

/// Takes the value out of an answer.
///
/// # Errors
/// What the answer says in its place.
pub(super) fn open<T: DeserializeOwned>(answer: &Answer) -> Result<Envelope<T>, ServiceError> {
    match answer.json::<RawEnvelope>() {
        Ok(RawEnvelope { success: Some(true), value, pagination, .. }) => {
            let pages = pagination.and_then(|pagination| pagination.pages).unwrap_or_default();
            Ok(Envelope { value: shaped(value)?, pages })
        }
        Ok(RawEnvelope { error, .. }) => Err(refusal(&error.unwrap_or_default())),
        Err(_) if answer.status.as_u16() == 401 => Err(ServiceError::BadToken("status 401".to_owned())),
        Err(_) if answer.status.is_server_error() => {
            Err(ServiceError::ServiceDown(format!("it answered {}", answer.status.as_u16())))
        }
        Err(error) => Err(error),
    }
}

fn refusal(error: &str) -> ServiceError {
    match error {
        "badToken" | "expired_token" | "hidedToken" | "badSign" | "accountLocked" | "captchaRequired" => {
            ServiceError::BadToken(code(error))
        }
        "floodDetected" => ServiceError::RateLimited(LOCK_OUT),
        "maxLink" | "maxLinkHost" | "maxData" | "maxDataHost" | "maxTorrent" => ServiceError::QuotaExhausted,
        "maxTransfer" => ServiceError::TooManyActive,
        // Both are said to those who pay nothing.
        "freeServerOverload" | "notFreeHost" => ServiceError::NotPremium,
        // Data centres are not welcome.
        "serverNotAllowed" => ServiceError::IpRefused,
        "notAddTorrent" => ServiceError::TorrentInvalid,
        "torrentTooBig" => ServiceError::TooBig,
        "notDebrid" | "hostNotValid" | "fileNotFound" | "fileNotAvailable" => ServiceError::FileMissing,
        "badId" => ServiceError::ItemMissing,
        "maintenanceHost" | "noServerHost" | "internalError" | "server_error" => {
            ServiceError::ServiceDown(code(error))
        }
        _ => ServiceError::Protocol(code(error)),
    }
}

/// A torrent of the seedbox.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Torrent {
    /// Its id.
    #[serde(deserialize_with = "lenient::text")]
    pub(super) id: String,
    /// Not 0 if something is the matter.
    #[serde(deserialize_with = "loose::number")]
    error: Option<f64>,
    #[serde(rename = "errorString", deserialize_with = "or_default")]
    error_string: String,
    #[serde(rename = "hashString", deserialize_with = "or_default")]
    hash_string: String,
    #[serde(rename = "downloadPercent", deserialize_with = "loose::number")]
    download_percent: Option<f64>,
    #[serde(rename = "peersConnected", deserialize_with = "loose::count")]
    peers_connected: Option<u64>,
    #[serde(deserialize_with = "loose::count")]
    status: Option<u64>,
    #[serde(rename = "isZip")]
    is_zip: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    files: Vec<File>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    #[serde(deserialize_with = "lenient::text")]
    id: String,
    /// The name alone; folders are dropped.
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(rename = "downloadUrl", deserialize_with = "or_default")]
    download_url: String,
    #[serde(deserialize_with = "loose::count")]
    size: Option<u64>,
}

impl Torrent {
    /// Whether it is this torrent.
    pub(super) fn is(&self, info_hash: InfoHash) -> bool {
        self.hash_string.parse() == Ok(info_hash)
    }

    /// Whether nothing will come of it. A tracker's complaint counts as an error too, and hurts nobody who has peers
    /// from elsewhere.
    pub(super) fn has_failed(&self) -> bool {
        let has_nothing = self.download_percent.is_none_or(|percent| percent <= 0.0);
        let has_nobody = self.peers_connected.is_none_or(|peers| peers == 0);
        self.error.is_some_and(|error| error != 0.0) && has_nothing && has_nobody
    }

    /// How far it is.
    ///
    /// # Errors
    /// Why nothing will come of it.
    pub(super) fn state(&self) -> Result<ItemState, ServiceError> {
        let percent = self.download_percent.unwrap_or_default().clamp(0.0, 100.0);
        if percent >= 100.0 {
            return if self.is_packed() { Err(ServiceError::ArchiveOnly) } else { Ok(self.ready()) };
        }
        let peers = self.peers_connected.map(|peers| u32::try_from(peers).unwrap_or(u32::MAX));
        if self.has_failed() {
            return Err(self.failure());
        }
        Ok(match self.status {
            Some(0 | 1) => ItemState::Queued,
            Some(2) => ItemState::Processing,
            _ if self.files.is_empty() => ItemState::Resolving,
            _ => ItemState::Downloading { percent, seeders: peers },
        })
    }

    /// The id and link of each file that has one.
    pub(super) fn links(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = self.files.iter().filter(|file| !file.download_url.is_empty());
        files.map(|file| (file.id.as_str(), file.download_url.as_str()))
    }

    /// A torrent of many files is listed with one archive in their place.
    fn is_packed(&self) -> bool {
        let is_archive = |file: &File| file.name.to_ascii_lowercase().ends_with(".zip");
        self.is_zip == Some(true) && self.files.iter().all(is_archive)
    }

    fn ready(&self) -> ItemState {
        let remote =
            |file: &File| RemoteFile { id: file.id.clone(), path: file.name.clone(), size: file.size };
        ItemState::Ready(self.files.iter().map(remote).collect())
    }

    fn failure(&self) -> ServiceError {
        let said = self.error_string.to_ascii_lowercase();
        let is_lonely = ["peer", "seed", "tracker"].iter().any(|word| said.contains(word));
        if is_lonely {
            ServiceError::NoPeers
        } else {
            // This item will never have its files; another one may.
            ServiceError::FileMissing
        }
    }
}

/// The account's owner.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Infos {
    #[serde(deserialize_with = "or_default")]
    username: String,
    /// Seconds.
    #[serde(rename = "premiumLeft", deserialize_with = "loose::count")]
    premium_left: Option<u64>,
}

impl From<Infos> for AccountInfo {
    fn from(infos: Infos) -> Self {
        let left = infos.premium_left.filter(|left| *left > 0);
        Self { user: infos.username, premium: left.is_some(), until: left.map(|left| now() + left) }
    }
}

#[cfg(test)]
mod tests;
