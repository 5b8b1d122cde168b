//! What every debrid service can do, in the words that all of them share. One implementation per service.

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use url::Url;

use super::account::Account;
use crate::domain::InfoHash;

/// Torrents of one [`Service::check`]: no service that answers it takes fewer.
pub(super) const MOST_CHECKED: usize = 100;

/// A debrid service: it fetches torrents into its own storage and hands out links to the files. Each call is one
/// exchange with the service, within its limits; the order of calls is the business of `flow`.
pub(super) trait Service: Send + Sync + 'static {
    /// Whether the service holds each of these torrents already, at most [`MOST_CHECKED`] of them. Many services have
    /// removed this question, and then nobody is asked.
    fn check<'a>(&'a self, _: &'a Account, torrents: &'a [InfoHash]) -> Reply<'a, Vec<Availability>> {
        Box::pin(std::future::ready(Ok(vec![Availability::Unknown; torrents.len()])))
    }

    /// The files of each of these torrents, at most [`MOST_CHECKED`] of them, as far as the service holds them and tells
    /// before they are added to an account. The ids of these files mean nothing. Few services can.
    fn list<'a>(
        &'a self,
        _: &'a Account,
        torrents: &'a [InfoHash],
    ) -> Reply<'a, Vec<Option<Vec<RemoteFile>>>> {
        Box::pin(std::future::ready(Ok(vec![None; torrents.len()])))
    }

    /// The item of this torrent that already lies in the account, if the service can list them.
    fn find<'a>(&'a self, account: &'a Account, info_hash: InfoHash) -> Reply<'a, Option<ItemId>>;

    /// Adds the torrent to the account.
    fn submit<'a>(&'a self, account: &'a Account, submission: &'a Submission) -> Reply<'a, Submitted>;

    /// What has become of an item.
    fn poll<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ItemState>;

    /// Chooses the files of an item that waits for it ([`ItemState::NeedsSelection`]). Most services fetch every
    /// file, and none of their items ever waits.
    fn select<'a>(&'a self, _: &'a Account, _: &'a ItemId, _: &'a [RemoteFile]) -> Reply<'a, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// A direct link to one file of an item that is ready.
    fn resolve<'a>(
        &'a self,
        account: &'a Account,
        item: &'a ItemId,
        file: &'a RemoteFile,
    ) -> Reply<'a, DirectLink>;

    /// Deletes an item that this server has created. One that is gone already is [`ServiceError::ItemMissing`], which
    /// is as good to whoever asked.
    fn release<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ()>;

    /// Who the account belongs to and what it may do.
    fn account<'a>(&'a self, account: &'a Account) -> Reply<'a, AccountInfo>;
}

/// A call under way.
pub(super) type Reply<'a, T> = BoxFuture<'a, Result<T, ServiceError>>;

/// An answer to "do you hold this torrent?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Availability {
    /// It can be streamed at once.
    Cached,
    /// It would have to be fetched first.
    NotCached,
    /// The service does not say.
    Unknown,
}

/// The service's own name for a torrent in an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ItemId(pub(super) String);

/// What is handed to a service to fetch.
#[derive(Debug, Clone)]
pub(super) struct Submission {
    /// The torrent.
    pub(super) info_hash: InfoHash,
    /// Its magnet link with trackers.
    pub(super) magnet: String,
    /// The .torrent file where it is known: services then need not search for it. Never that of a private torrent.
    pub(super) torrent: Option<Bytes>,
    /// Only if the service holds it already; services that can be told so refuse otherwise.
    pub(super) only_if_cached: bool,
}

/// An item that [`Service::submit`] has made or found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Submitted {
    /// The item.
    pub(super) item: ItemId,
    /// Whether it is new in the account. Only what we created is ever deleted.
    pub(super) created: bool,
}

/// What has become of an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ItemState {
    /// The service is still looking for the file list.
    Resolving,
    /// The service wants to know which files to fetch.
    NeedsSelection(Vec<RemoteFile>),
    /// It waits for its turn.
    Queued,
    /// It is being fetched.
    Downloading {
        /// Per cent, 0 to 100.
        percent: f64,
        /// Seeders, where the service says so.
        seeders: Option<u32>,
    },
    /// It has been fetched and is being moved or unpacked.
    Processing,
    /// Its files can be had.
    Ready(Vec<RemoteFile>),
}

/// One file of an item as the service lists it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RemoteFile {
    /// The service's own name or number for the file, or its locked link: whatever `resolve` needs. Empty for a file
    /// of the torrent that the item leaves out.
    pub(super) id: String,
    /// The path inside the torrent, or the name alone where the service drops folders.
    pub(super) path: String,
    /// Bytes; `None` where the service does not say.
    pub(super) size: Option<u64>,
}

// The id may be an address with a credential in it.
impl std::fmt::Debug for RemoteFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (path, size) = (&self.path, &self.size);
        f.debug_struct("RemoteFile").field("path", path).field("size", size).finish_non_exhaustive()
    }
}

/// A link to a file's bytes.
#[derive(Clone)]
pub(super) struct DirectLink {
    /// The address, often with a credential in it.
    pub(super) url: Url,
    /// Bytes of the file, where the service says so.
    pub(super) size: Option<u64>,
    /// How long the link can be relied upon.
    pub(super) lifetime: Duration,
}

impl std::fmt::Debug for DirectLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectLink")
            .field("host", &self.url.host_str())
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Who an account belongs to and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccountInfo {
    /// The user's name or number at the service.
    pub(super) user: String,
    /// Whether it may stream at all.
    pub(super) premium: bool,
    /// When that ends, Unix seconds.
    pub(super) until: Option<u64>,
}

/// Why a service did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ServiceError {
    /// The token is wrong, expired, locked or not allowed to do this.
    #[error("it refuses the token: {0}")]
    BadToken(String),
    /// The account has no subscription, or not the right one.
    #[error("the account has no subscription that allows this")]
    NotPremium,
    /// The account's traffic, points or monthly allowance are used up.
    #[error("the account's allowance is used up")]
    QuotaExhausted,
    /// The service refuses this server's address.
    #[error("it refuses this server's address; set a proxy for this service")]
    IpRefused,
    /// It does not hold the torrent, and was told to fetch nothing ([`Submission::only_if_cached`]).
    #[error("it does not hold this torrent yet")]
    NotCached,
    /// Too many of the account's downloads are running.
    #[error("too many downloads are active in the account")]
    TooManyActive,
    /// Asked too often; not before this much time.
    #[error("it was asked too often; again in {} s", .0.as_secs())]
    RateLimited(Duration),
    /// The torrent may not be had from this service.
    #[error("it refuses this torrent for legal reasons")]
    Infringing,
    /// The torrent is of no use to the service.
    #[error("it cannot use this torrent")]
    TorrentInvalid,
    /// The torrent is larger than it accepts.
    #[error("the torrent is larger than it accepts")]
    TooBig,
    /// It found nobody to fetch the torrent from.
    #[error("it found no peers for this torrent")]
    NoPeers,
    /// The files can only be had packed into an archive.
    #[error("it offers the files only as an archive")]
    ArchiveOnly,
    /// The item has no such file, or the file has vanished.
    #[error("the file is not there (any more)")]
    FileMissing,
    /// There is no such item (any more).
    #[error("the item is not there (any more)")]
    ItemMissing,
    /// It cannot be reached, or answers with an error of its own.
    #[error("it is not available: {0}")]
    ServiceDown(String),
    /// It answered with something that its documentation does not mention.
    #[error("it gave an unexpected answer: {0}")]
    Protocol(String),
}

/// What an error is about, and therefore who else may fare better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Another account of the same service may do.
    Account,
    /// This torrent at this service; no account changes that.
    Torrent,
    /// This moment.
    Passing,
}

impl ServiceError {
    /// What the error is about.
    pub(super) fn scope(&self) -> Scope {
        match self {
            Self::BadToken(_) | Self::NotPremium | Self::QuotaExhausted | Self::IpRefused => Scope::Account,
            Self::Infringing | Self::TorrentInvalid | Self::TooBig | Self::ArchiveOnly | Self::NoPeers => {
                Scope::Torrent
            }
            Self::NotCached
            | Self::TooManyActive
            | Self::RateLimited(_)
            | Self::FileMissing
            | Self::ItemMissing
            | Self::ServiceDown(_)
            | Self::Protocol(_) => Scope::Passing,
        }
    }
}
