//! What TorBox writes: `{success, error, detail, data}`, where `error` is a code or null.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::InfoHash;
use crate::source::debrid::call::Answer;
use crate::source::debrid::lenient::unix_seconds;
use crate::source::debrid::loose::{self, code, shaped};
use crate::source::debrid::service::{AccountInfo, ItemId, ItemState, RemoteFile, ServiceError};

#[derive(Deserialize)]
struct Envelope {
    success: Option<bool>,
    error: Option<String>,
    detail: Option<String>,
    #[serde(default)]
    data: Value,
}

/// Takes the data out of an answer.
///
/// # Errors
/// What the answer says in their place.
pub(super) fn open<T: DeserializeOwned>(answer: &Answer) -> Result<T, ServiceError> {
    match answer.json::<Envelope>() {
        Ok(Envelope { success: Some(true), error: None, data, .. }) => shaped(data),
        Ok(Envelope { error, detail, .. }) => Err(refusal(error.as_deref(), &detail.unwrap_or_default())),
        // The edge answers in plain text.
        Err(_) if matches!(answer.status.as_u16(), 401 | 403) => {
            Err(ServiceError::BadToken(format!("status {}", answer.status.as_u16())))
        }
        Err(_) if answer.status.is_server_error() => {
            Err(ServiceError::ServiceDown(format!("it answered {}", answer.status.as_u16())))
        }
        Err(error) => Err(error),
    }
}

/// Whether the answer says that the torrent is in the account already.
pub(super) fn is_duplicate(answer: &Answer) -> bool {
    answer.json::<Envelope>().is_ok_and(|said| said.error.as_deref() == Some("DUPLICATE_ITEM"))
}

fn refusal(error: Option<&str>, detail: &str) -> ServiceError {
    // It has no code, only this word in the sentence.
    if detail.to_ascii_lowercase().contains("infringing") {
        return ServiceError::Infringing;
    }
    let Some(error) = error else { return unnamed_refusal(detail) };
    match error {
        "BAD_TOKEN" | "NO_AUTH" | "AUTH_ERROR" => ServiceError::BadToken(code(error)),
        "PLAN_RESTRICTED_FEATURE" => ServiceError::NotPremium,
        "MONTHLY_LIMIT" | "COOLDOWN_LIMIT" => ServiceError::QuotaExhausted,
        "ACTIVE_LIMIT" => ServiceError::TooManyActive,
        "DOWNLOAD_TOO_LARGE" => ServiceError::TooBig,
        "BOZO_TORRENT" => ServiceError::TorrentInvalid,
        "LINK_OFFLINE" => ServiceError::FileMissing,
        "ITEM_NOT_FOUND" => ServiceError::ItemMissing,
        // How it refuses to add what it does not hold is not documented; this is in the name.
        _ if error.contains("NOT_CACHED") => ServiceError::NotCached,
        "VENDOR_DISABLED" | "DIFF_ISSUE" => ServiceError::ServiceDown(code(error)),
        // The names of what is TorBox's own fault end so: NO_SERVERS_AVAILABLE_ERROR, DATABASE_ERROR, ….
        _ if error.ends_with("ERROR") => ServiceError::ServiceDown(code(error)),
        _ => ServiceError::Protocol(code(error)),
    }
}

/// Some refusals have a sentence and no code.
fn unnamed_refusal(detail: &str) -> ServiceError {
    let detail = detail.to_ascii_lowercase();
    if detail.contains("active torrent download limit") {
        ServiceError::TooManyActive
    } else if detail.contains("not cached") {
        ServiceError::NotCached
    } else {
        ServiceError::Protocol("a refusal without a code".to_owned())
    }
}

/// What an [`ItemId`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Id {
    /// A torrent by its number.
    Torrent(u64),
    /// A place in the queue. The torrent that it becomes has another number and is found by its hash.
    Queued(u64, InfoHash),
}

impl Id {
    /// The item of this name.
    pub(super) fn item(self) -> ItemId {
        ItemId(match self {
            Self::Torrent(id) => id.to_string(),
            Self::Queued(number, info_hash) => format!("queued/{number}/{info_hash}"),
        })
    }

    /// Reads what [`Id::item`] wrote.
    ///
    /// # Errors
    /// `ItemMissing`: nothing else can have such a name.
    pub(super) fn of(item: &ItemId) -> Result<Self, ServiceError> {
        let queued = item.0.strip_prefix("queued/").and_then(|rest| rest.split_once('/'));
        let id = match queued {
            Some((number, hash)) => {
                number.parse().ok().zip(hash.parse().ok()).map(|(n, h)| Self::Queued(n, h))
            }
            None => item.0.parse().ok().map(Self::Torrent),
        };
        id.ok_or(ServiceError::ItemMissing)
    }
}

/// A torrent that TorBox holds.
#[derive(Deserialize)]
pub(super) struct Held {
    hash: Option<String>,
    /// Only where they were asked for. They have no numbers.
    #[serde(default)]
    files: Option<Vec<File>>,
}

impl Held {
    /// Whether it is this torrent.
    pub(super) fn is(&self, info_hash: InfoHash) -> bool {
        self.hash.as_deref().and_then(|hash| hash.parse().ok()) == Some(info_hash)
    }

    /// Its files, by names and sizes alone.
    pub(super) fn files(&self) -> Vec<RemoteFile> {
        let named = |file: &File| Some(RemoteFile { id: String::new(), path: file.path()?, size: file.size });
        self.files.iter().flatten().filter_map(named).collect()
    }
}

/// The answer to adding a torrent.
#[derive(Deserialize)]
pub(super) struct Created {
    #[serde(default, deserialize_with = "loose::count")]
    torrent_id: Option<u64>,
    #[serde(default, deserialize_with = "loose::count")]
    queued_id: Option<u64>,
}

impl Created {
    /// The item that was made for the torrent.
    ///
    /// # Errors
    /// `Protocol` if there is none.
    pub(super) fn id(&self, info_hash: InfoHash) -> Result<Id, ServiceError> {
        let torrent = self.torrent_id.map(Id::Torrent);
        let id = torrent.or_else(|| self.queued_id.map(|number| Id::Queued(number, info_hash)));
        id.ok_or_else(|| ServiceError::Protocol("neither torrent_id nor queued_id".to_owned()))
    }
}

/// A torrent that waits until the account has a place for it.
#[derive(Deserialize)]
pub(super) struct Queued {
    /// The number of its place.
    #[serde(default, deserialize_with = "loose::count")]
    pub(super) id: Option<u64>,
}

/// A torrent of the account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Torrent {
    /// Its number.
    #[serde(deserialize_with = "loose::count")]
    pub(super) id: Option<u64>,
    hash: Option<String>,
    download_state: Option<String>,
    /// 0 to 1.
    #[serde(deserialize_with = "loose::number")]
    progress: Option<f64>,
    download_finished: Option<bool>,
    download_present: Option<bool>,
    #[serde(deserialize_with = "loose::count")]
    seeds: Option<u64>,
    files: Option<Vec<File>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    /// Starts at 0.
    #[serde(deserialize_with = "loose::count")]
    id: Option<u64>,
    /// The whole path, below the torrent's name.
    name: Option<String>,
    short_name: Option<String>,
    #[serde(deserialize_with = "loose::count")]
    size: Option<u64>,
    zipped: Option<bool>,
    infected: Option<bool>,
}

impl Torrent {
    /// Whether it is this torrent.
    pub(super) fn is(&self, info_hash: InfoHash) -> bool {
        self.hash.as_deref().and_then(|hash| hash.parse().ok()) == Some(info_hash)
    }

    /// Whether nothing will come of it.
    pub(super) fn has_failed(&self) -> bool {
        !self.is_ready() && self.state().is_err()
    }

    /// How far it is.
    ///
    /// # Errors
    /// Why nothing will come of it.
    pub(super) fn state(&self) -> Result<ItemState, ServiceError> {
        if self.is_ready() {
            return self.remote_files().map(ItemState::Ready);
        }
        let state = self.download_state.as_deref().unwrap_or_default();
        let percent = self.progress.unwrap_or_default().clamp(0.0, 1.0) * 100.0;
        let seeders = self.seeds.map(|seeds| u32::try_from(seeds).unwrap_or(u32::MAX));
        match state.split_whitespace().next().unwrap_or_default() {
            "metaDL" | "checkingResumeData" => Ok(ItemState::Resolving),
            "queued" | "queuedDL" | "paused" | "pausedDL" => Ok(ItemState::Queued),
            "stalled" | "stalledDL" => Ok(ItemState::Downloading { percent, seeders: Some(0) }),
            "uploading" | "completed" | "cached" => Ok(ItemState::Processing),
            word if word.starts_with("failed") && state.contains("no seeds") => Err(ServiceError::NoPeers),
            // The item will never have its files; another one may.
            word if word.starts_with("failed") || word.starts_with("missing") || word == "error" => {
                Err(ServiceError::FileMissing)
            }
            _ if self.download_finished == Some(true) => Ok(ItemState::Processing),
            _ => Ok(ItemState::Downloading { percent, seeders }),
        }
    }

    /// The state "completed" says nothing; only both of these together mean that the files can be had.
    fn is_ready(&self) -> bool {
        self.download_finished == Some(true) && self.download_present == Some(true)
    }

    fn remote_files(&self) -> Result<Vec<RemoteFile>, ServiceError> {
        let files = self.files.as_deref().unwrap_or_default();
        let plain = files.iter().filter(|file| file.zipped != Some(true) && file.infected != Some(true));
        let found: Vec<RemoteFile> = plain.filter_map(|file| file.remote(self.id?)).collect();
        let is_packed = found.is_empty() && files.iter().any(|file| file.zipped == Some(true));
        if is_packed { Err(ServiceError::ArchiveOnly) } else { Ok(found) }
    }
}

impl File {
    fn remote(&self, torrent: u64) -> Option<RemoteFile> {
        Some(RemoteFile { id: format!("{torrent}/{}", self.id?), path: self.path()?, size: self.size })
    }

    fn path(&self) -> Option<String> {
        self.name.clone().or_else(|| self.short_name.clone())
    }
}

/// The account's owner.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    #[serde(deserialize_with = "loose::count")]
    id: Option<u64>,
    #[serde(deserialize_with = "loose::count")]
    plan: Option<u64>,
    premium_expires_at: Option<String>,
}

impl From<Profile> for AccountInfo {
    fn from(profile: Profile) -> Self {
        Self {
            user: profile.id.map(|id| id.to_string()).unwrap_or_default(),
            // 0 is the free plan, which has no API access to speak of.
            premium: profile.plan.is_some_and(|plan| plan > 0),
            until: profile.premium_expires_at.as_deref().and_then(unix_seconds),
        }
    }
}

#[cfg(test)]
mod tests;
