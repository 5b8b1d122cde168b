//! What AllDebrid writes: `{status, data}` or `{status, error: {code, message}}`, errors often with status 200.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::InfoHash;
use crate::source::debrid::call::Answer;
use crate::source::debrid::lenient;
use crate::source::debrid::loose::{self, code, many, shaped};
use crate::source::debrid::service::{AccountInfo, ItemState, RemoteFile, ServiceError};

/// How long a torrent rests that AllDebrid does not want to look at again yet; it does not say how long.
const COOL_DOWN: Duration = Duration::from_secs(120);

/// Folders in folders are not followed deeper than this.
const DEEPEST: usize = 32;

#[derive(Deserialize)]
struct Envelope {
    status: Option<String>,
    error: Option<Refusal>,
    #[serde(default)]
    data: Value,
}

/// An error by its name; the message beside it is for people.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    #[serde(deserialize_with = "lenient::text")]
    code: String,
}

/// Takes the data out of an answer.
///
/// # Errors
/// What the answer says in their place.
pub(super) fn open<T: DeserializeOwned>(answer: &Answer) -> Result<T, ServiceError> {
    let envelope: Envelope = match answer.json() {
        Ok(envelope) => envelope,
        Err(_) if answer.status.as_u16() == 401 => {
            return Err(ServiceError::BadToken("status 401".to_owned()));
        }
        Err(_) if answer.status.is_server_error() => {
            return Err(ServiceError::ServiceDown(format!("it answered {}", answer.status.as_u16())));
        }
        Err(error) => return Err(error),
    };
    match (envelope.status.as_deref(), envelope.error) {
        (Some("success"), None) => shaped(envelope.data),
        (_, error) => Err(error.unwrap_or_default().into()),
    }
}

impl From<Refusal> for ServiceError {
    fn from(refusal: Refusal) -> Self {
        let name = code(&refusal.code);
        match refusal.code.as_str() {
            "AUTH_MISSING_APIKEY" | "AUTH_BAD_APIKEY" | "AUTH_BLOCKED" | "AUTH_USER_BANNED" => {
                Self::BadToken(name)
            }
            // Servers and VPNs are refused by their addresses.
            "NO_SERVER" | "MAGNET_NO_SERVER" => Self::IpRefused,
            "MUST_BE_PREMIUM" | "MAGNET_MUST_BE_PREMIUM" => Self::NotPremium,
            "FREE_TRIAL_LIMIT_REACHED" | "LINK_HOST_LIMIT_REACHED" => Self::QuotaExhausted,
            "MAGNET_TOO_MANY_ACTIVE" | "MAGNET_TOO_MANY" | "LINK_TOO_MANY_DOWNLOADS" => Self::TooManyActive,
            "MAGNET_PROCESSING_COOLDOWN" => Self::RateLimited(COOL_DOWN),
            "MAGNET_INVALID_URI" | "MAGNET_INVALID_FILE" => Self::TorrentInvalid,
            "MAGNET_TOO_LARGE" => Self::TooBig,
            "MAGNET_CANT_BOOTSTRAP" | "MAGNET_TOOK_TOO_LONG" => Self::NoPeers,
            "MAGNET_INVALID_ID" | "MAGNET_LINKS_REMOVED" => Self::ItemMissing,
            "LINK_DOWN" | "LINK_PASS_PROTECTED" | "LINK_NOT_SUPPORTED" => Self::FileMissing,
            "MAINTENANCE"
            | "MAGNET_PROCESSING"
            | "MAGNET_UPLOAD_FAILED"
            | "MAGNET_PROCESSING_FAILED"
            | "LINK_HOST_UNAVAILABLE"
            | "LINK_HOST_FULL"
            | "LINK_TEMPORARY_UNAVAILABLE"
            | "LINK_ERROR" => Self::ServiceDown(name),
            // MAGNET_NO_URI is among them: it would be our mistake.
            _ => Self::Protocol(name),
        }
    }
}

/// The answer to an upload: magnets or files, in one of two fields.
#[derive(Deserialize)]
pub(super) struct Uploads {
    #[serde(default)]
    magnets: Value,
    #[serde(default)]
    files: Value,
}

impl Uploads {
    /// What was uploaded.
    ///
    /// # Errors
    /// `Protocol` for another shape.
    pub(super) fn all(self) -> Result<Vec<Uploaded>, ServiceError> {
        let (mut all, files) = (many(self.magnets)?, many(self.files)?);
        all.extend(files);
        Ok(all)
    }
}

/// One thing uploaded. Each has an error of its own, also where the answer as a whole is a success.
#[derive(Deserialize)]
pub(super) struct Uploaded {
    #[serde(default, deserialize_with = "loose::count")]
    id: Option<u64>,
    error: Option<Refusal>,
}

impl Uploaded {
    /// The number of the magnet that it became.
    ///
    /// # Errors
    /// Why it was refused.
    pub(super) fn id(self) -> Result<u64, ServiceError> {
        match self.error {
            // Of a magnet that has only just been sent it means that the content was taken down.
            Some(error) if error.code == "MAGNET_LINKS_REMOVED" => Err(ServiceError::Infringing),
            Some(error) => Err(error.into()),
            None => self.id.ok_or_else(|| ServiceError::Protocol("an upload without a number".to_owned())),
        }
    }
}

/// One magnet where a number was asked for, a list where none was.
#[derive(Deserialize)]
pub(super) struct Magnets {
    /// The object or the list.
    #[serde(default)]
    pub(super) magnets: Value,
}

/// A magnet of the account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Magnet {
    /// Its number.
    #[serde(deserialize_with = "loose::count")]
    pub(super) id: Option<u64>,
    /// Why it has no files.
    pub(super) error: Option<Refusal>,
    /// Its files once it is ready, where they are sent along.
    pub(super) files: Option<Vec<Branch>>,
    hash: Option<String>,
    #[serde(deserialize_with = "loose::count")]
    size: Option<u64>,
    #[serde(rename = "statusCode", deserialize_with = "loose::count")]
    status_code: Option<u64>,
    #[serde(deserialize_with = "loose::count")]
    downloaded: Option<u64>,
    #[serde(deserialize_with = "loose::count")]
    seeders: Option<u64>,
}

impl Magnet {
    /// Whether it is this torrent.
    pub(super) fn is(&self, info_hash: InfoHash) -> bool {
        self.hash.as_deref().and_then(|hash| hash.parse().ok()) == Some(info_hash)
    }

    /// Why nothing will come of it. Every code from 5 on is an end.
    pub(super) fn failure(&self) -> Option<ServiceError> {
        match self.status_code? {
            0..=4 => None,
            // Nothing in 20 minutes, more than 72 hours, no tracker, no peers.
            7 | 10 | 14 | 15 => Some(ServiceError::NoPeers),
            8 => Some(ServiceError::TooBig),
            // It broke while uploading, unpacking or processing, or its files were removed: this magnet will never
            // have them, another one may.
            _ => Some(ServiceError::FileMissing),
        }
    }

    /// How far it is; `None` when its files can be had.
    ///
    /// # Errors
    /// Why nothing will come of it.
    pub(super) fn state(&self) -> Result<Option<ItemState>, ServiceError> {
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        let (done, size) = (self.downloaded.unwrap_or_default(), self.size.unwrap_or_default());
        let seeders = self.seeders.map(|seeders| u32::try_from(seeders).unwrap_or(u32::MAX));
        Ok(Some(match self.status_code {
            Some(0) => ItemState::Queued,
            Some(1) => ItemState::Downloading { percent: percent(done, size), seeders },
            Some(2 | 3) => ItemState::Processing,
            Some(4) => return Ok(None),
            _ => return Err(ServiceError::Protocol("a magnet without a status".to_owned())),
        }))
    }
}

/// Sizes below 2^53 bytes are exact as floating point, and none is larger.
#[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
fn percent(done: u64, size: u64) -> f64 {
    if size == 0 { 0.0 } else { (done as f64 / size as f64 * 100.0).min(100.0) }
}

/// A file `{n, s, l}` or a folder `{n, e}` of a magnet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Branch {
    n: Option<String>,
    #[serde(deserialize_with = "loose::count")]
    s: Option<u64>,
    l: Option<String>,
    e: Option<Vec<Branch>>,
}

impl Branch {
    /// The files of a tree with their paths and locked links.
    pub(super) fn files(tree: Vec<Self>) -> Vec<RemoteFile> {
        let mut found = Vec::new();
        gather(tree, "", DEEPEST, &mut found);
        found
    }
}

fn gather(tree: Vec<Branch>, folder: &str, depth: usize, found: &mut Vec<RemoteFile>) {
    for branch in tree {
        let name = branch.n.unwrap_or_default();
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        match (branch.e, branch.l) {
            (Some(inside), _) if depth > 0 => gather(inside, &path, depth - 1, found),
            (None, Some(link)) => found.push(RemoteFile { id: link, path, size: branch.s }),
            _ => {}
        }
    }
}

/// An opened link, or the number under which it is being prepared.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Unlocked {
    /// Where the bytes are.
    pub(super) link: Option<String>,
    /// How many there are.
    #[serde(deserialize_with = "loose::count")]
    pub(super) filesize: Option<u64>,
    /// The number, if it is not ready.
    #[serde(deserialize_with = "loose::count")]
    pub(super) delayed: Option<u64>,
}

/// A link that is being prepared.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Delayed {
    /// 1 wait, 2 ready, 3 failed.
    #[serde(deserialize_with = "loose::count")]
    pub(super) status: Option<u64>,
    /// Where the bytes are, once it is ready.
    pub(super) link: Option<String>,
}

/// The account's owner.
#[derive(Deserialize)]
pub(super) struct User {
    user: UserData,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct UserData {
    username: Option<String>,
    #[serde(rename = "isPremium")]
    is_premium: Option<bool>,
    #[serde(rename = "isTrial")]
    is_trial: Option<bool>,
    #[serde(rename = "premiumUntil", deserialize_with = "loose::count")]
    premium_until: Option<u64>,
}

impl From<User> for AccountInfo {
    fn from(User { user }: User) -> Self {
        Self {
            user: user.username.unwrap_or_default(),
            premium: user.is_premium == Some(true) || user.is_trial == Some(true),
            until: user.premium_until.filter(|until| *until > 0),
        }
    }
}

#[cfg(test)]
mod tests;
