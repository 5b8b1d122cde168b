//! What Premiumize writes: the data beside `status: "success"`, or `status: "error"` with a sentence, always with
//! status 200.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::domain::InfoHash;
use crate::source::debrid::call::Answer;
use crate::source::debrid::lenient::{self, now, or_default};
use crate::source::debrid::loose;
use crate::source::debrid::service::{AccountInfo, ItemId, ItemState, RemoteFile, Scope, ServiceError};

/// It does not say how long it wants to be left alone.
const COOL_DOWN: Duration = Duration::from_secs(120);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
}

/// Takes the data out of an answer.
///
/// # Errors
/// What the answer says in their place.
pub(super) fn open<T: DeserializeOwned>(answer: &Answer) -> Result<T, ServiceError> {
    let envelope: Envelope = match answer.json() {
        Ok(envelope) => envelope,
        Err(_) if matches!(answer.status.as_u16(), 401 | 403) => {
            return Err(ServiceError::BadToken(format!("status {}", answer.status.as_u16())));
        }
        Err(_) if answer.status.is_server_error() => {
            return Err(ServiceError::ServiceDown(format!("it answered {}", answer.status.as_u16())));
        }
        Err(error) => return Err(error),
    };
    if envelope.status == "success" { answer.json() } else { Err(refusal(&envelope.message)) }
}

/// Whether the answer says that the torrent is in the account already.
pub(super) fn is_repetition(answer: &Answer) -> bool {
    let said = |envelope: Envelope| envelope.message.to_ascii_lowercase();
    answer.json::<Envelope>().is_ok_and(|envelope| said(envelope).contains("already added"))
}

/// Errors are sentences for people, so each is known by words in it.
fn refusal(sentence: &str) -> ServiceError {
    let sentence = sentence.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| sentence.contains(words));
    if says(&["not logged in"]) {
        ServiceError::BadToken("not logged in".to_owned())
    } else if says(&["not premium", "premium member"]) {
        ServiceError::NotPremium
    } else if says(&["fair use", "not enough space", "space is full"]) {
        ServiceError::QuotaExhausted
    } else if says(&["active downloads"]) {
        ServiceError::TooManyActive
    } else if says(&["ip address"]) {
        ServiceError::IpRefused
    } else if says(&["rate limit", "rate_limit", "too many requests"]) {
        ServiceError::RateLimited(COOL_DOWN)
    } else if says(&["banned", "copyright", "dmca"]) {
        ServiceError::Infringing
    } else if says(&["not in the cache", "not in cache", "not cached"]) {
        ServiceError::NotCached
    } else if says(&["not found"]) {
        ServiceError::ItemMissing
    } else if says(&["too large", "too big"]) {
        ServiceError::TooBig
    } else if says(&["no peers", "no seeds", "no seeders", "timeout", "timed out"]) {
        ServiceError::NoPeers
    } else if says(&["invalid link", "invalid magnet", "invalid torrent", "invalid file"]) {
        ServiceError::TorrentInvalid
    } else if says(&["maintenance", "try again later", "temporarily"]) {
        ServiceError::ServiceDown("it asks to be tried later".to_owned())
    } else {
        ServiceError::Protocol("a refusal in words that are not known".to_owned())
    }
}

/// What an [`ItemId`] is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Id {
    /// What Premiumize holds; nothing in the account.
    Held(InfoHash),
    /// A transfer of the account by its id.
    Transfer(String, InfoHash),
}

impl Id {
    /// The item of this name.
    pub(super) fn item(&self) -> ItemId {
        ItemId(match self {
            Self::Held(info_hash) => format!("held/{info_hash}"),
            Self::Transfer(id, info_hash) => format!("transfer/{info_hash}/{id}"),
        })
    }

    /// Reads what [`Id::item`] wrote.
    ///
    /// # Errors
    /// `ItemMissing`: nothing else can have such a name.
    pub(super) fn of(item: &ItemId) -> Result<Self, ServiceError> {
        let parts: Vec<&str> = item.0.splitn(3, '/').collect();
        let hash = parts.get(1).and_then(|hash| hash.parse().ok()).ok_or(ServiceError::ItemMissing)?;
        match parts.as_slice() {
            ["held", _] => Ok(Self::Held(hash)),
            ["transfer", _, id] => Ok(Self::Transfer((*id).to_owned(), hash)),
            _ => Err(ServiceError::ItemMissing),
        }
    }

    /// Which torrent it is.
    pub(super) fn info_hash(&self) -> InfoHash {
        match self {
            Self::Held(info_hash) | Self::Transfer(_, info_hash) => *info_hash,
        }
    }
}

/// The magnet link by which held content is named: it needs no trackers.
pub(super) fn magnet_of(info_hash: InfoHash) -> String {
    format!("magnet:?xt=urn:btih:{info_hash}")
}

/// What is held, in the order of the question.
#[derive(Deserialize)]
pub(super) struct Held {
    /// One answer each.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) response: Vec<bool>,
}

/// The transfers of the account.
#[derive(Deserialize)]
pub(super) struct Transfers {
    /// All of them.
    pub(super) transfers: Option<Vec<Transfer>>,
}

/// A transfer of the account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Transfer {
    /// Its id.
    #[serde(deserialize_with = "lenient::text")]
    pub(super) id: String,
    #[serde(deserialize_with = "or_default")]
    status: String,
    message: Option<String>,
    /// 0 to 1.
    #[serde(deserialize_with = "loose::number")]
    progress: Option<f64>,
    src: Option<String>,
}

impl Transfer {
    /// Whether it fetches this torrent.
    pub(super) fn is(&self, info_hash: InfoHash) -> bool {
        let src = self.src.as_deref().unwrap_or_default().to_ascii_lowercase();
        src.contains(&format!("btih:{info_hash}"))
    }

    /// The id of a transfer that has just been made.
    ///
    /// # Errors
    /// `Protocol` if it has none.
    pub(super) fn known_id(self) -> Result<String, ServiceError> {
        let id = Some(self.id).filter(|id| !id.is_empty());
        id.ok_or_else(|| ServiceError::Protocol("a transfer without an id".to_owned()))
    }

    /// Why nothing will come of it.
    pub(super) fn failure(&self) -> Option<ServiceError> {
        match self.status.as_str() {
            "banned" => Some(ServiceError::Infringing),
            "timeout" => Some(ServiceError::NoPeers),
            "error" => match refusal(self.message.as_deref().unwrap_or_default()) {
                known if known.scope() == Scope::Torrent => Some(known),
                _ => Some(ServiceError::FileMissing),
            },
            // This transfer will never have its files; another one may.
            "deleted" => Some(ServiceError::FileMissing),
            _ => None,
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
        let percent = self.progress.unwrap_or_default().clamp(0.0, 1.0) * 100.0;
        match self.status.as_str() {
            "finished" | "seeding" => Ok(None),
            "waiting" | "queued" => Ok(Some(ItemState::Queued)),
            "running" => Ok(Some(ItemState::Downloading { percent, seeders: None })),
            _ => Err(ServiceError::Protocol("a transfer without a known status".to_owned())),
        }
    }
}

/// The files of what is held.
#[derive(Deserialize)]
pub(super) struct Direct {
    /// All of them.
    pub(super) content: Option<Vec<Content>>,
}

/// One file of what is held.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    /// The path below the torrent's name.
    #[serde(deserialize_with = "or_default")]
    pub(super) path: String,
    /// Bytes.
    #[serde(deserialize_with = "loose::count")]
    pub(super) size: Option<u64>,
    /// The file as it is; `stream_link` beside it may be another one.
    pub(super) link: Option<String>,
}

impl Content {
    /// The file as all services know it.
    pub(super) fn remote(&self) -> RemoteFile {
        RemoteFile { id: self.path.clone(), path: self.path.clone(), size: self.size }
    }
}

/// The account's owner.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    #[serde(deserialize_with = "lenient::text")]
    customer_id: String,
    /// Unix seconds or `false`.
    #[serde(deserialize_with = "loose::count")]
    premium_until: Option<u64>,
}

impl From<Profile> for AccountInfo {
    fn from(profile: Profile) -> Self {
        let premium = profile.premium_until.is_some_and(|until| until > now());
        Self { user: profile.customer_id, premium, until: profile.premium_until }
    }
}

#[cfg(test)]
mod tests;
