//! What a service has refused and for how long it is not asked about it again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::service::ServiceError;
use crate::db::{Database, DatabaseError, DebridRefusal};
use crate::domain::{DebridService, InfoHash};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What holds this long is written down.
const LASTING: Duration = Duration::from_secs(30 * 60);

/// Beyond this many torrents the refusal that ends first is forgotten.
const MOST: usize = 20_000;

/// Why a service is not asked about a torrent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It would have to fetch it first. This does not concern those who want just that.
    NotCached,
    /// [`ServiceError::Infringing`].
    Infringing,
    /// [`ServiceError::TorrentInvalid`].
    Invalid,
    /// [`ServiceError::TooBig`].
    TooBig,
    /// [`ServiceError::ArchiveOnly`].
    ArchiveOnly,
    /// [`ServiceError::NoPeers`].
    NoPeers,
    /// Its links led to something else than the file.
    SomethingElse,
    /// A piece that it delivered did not match its hash.
    WrongBytes,
}

/// What some accounts of one service have refused. What concerns the torrent itself is common to all accounts.
pub(super) struct Refusals {
    service: DebridService,
    db: Database,
    common: Arc<Book>,
    /// Others may have in their accounts what is not held here.
    own: Book,
    /// Behind a StremThru each account is at a service of its own, of which others say nothing.
    alone: bool,
}

/// Refusals with their ends. Never held across an await.
#[derive(Default)]
struct Book(Mutex<HashMap<InfoHash, (Refused, SystemTime)>>);

impl Refusals {
    /// Those that were written down.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) async fn load(service: DebridService, db: Database) -> Result<Self, DatabaseError> {
        let stored = db.debrid_refusals(service.name(), unix(SystemTime::now())).await?;
        let known = stored.into_iter().filter_map(|row| {
            let until = UNIX_EPOCH.checked_add(Duration::from_secs(row.until))?;
            Some((row.info_hash, (Refused::named(&row.reason)?, until)))
        });
        let common = Arc::new(Book(Mutex::new(known.collect())));
        Ok(Self { service, db, common, own: Book::default(), alone: false })
    }

    /// Those of the operator's accounts.
    pub(super) fn for_operator(&self) -> Self {
        self.sharing(self.common.clone(), false)
    }

    /// Those of somebody else's accounts at the same service.
    pub(super) fn for_others(&self) -> Self {
        let alone = self.service == DebridService::StremThru;
        self.sharing(if alone { Arc::default() } else { self.common.clone() }, alone)
    }

    fn sharing(&self, common: Arc<Book>, alone: bool) -> Self {
        Self { service: self.service, db: self.db.clone(), common, own: Book::default(), alone }
    }

    /// Whether the service has refused this torrent lately.
    pub(super) fn get(&self, info_hash: InfoHash) -> Option<Refused> {
        let now = SystemTime::now();
        self.common.get(info_hash, now).or_else(|| self.own.get(info_hash, now))
    }

    /// Notes a refusal, in memory alone: for those who cannot wait.
    pub(super) fn note(&self, info_hash: InfoHash, refused: Refused) -> Duration {
        let lasts = refused.lasts(self.service);
        let book = if refused == Refused::NotCached { &self.own } else { &self.common };
        book.note(info_hash, refused, lasts);
        lasts
    }

    /// Notes a refusal, and writes it down if it lasts.
    pub(super) async fn add(&self, info_hash: InfoHash, refused: Refused) {
        let lasts = self.note(info_hash, refused);
        if lasts < LASTING || self.alone {
            return;
        }
        let until = unix(SystemTime::now() + lasts);
        let refusal = DebridRefusal { info_hash, reason: refused.name().to_owned(), until };
        if let Err(error) = self.db.remember_debrid_refusal(self.service.name(), &refusal).await {
            tracing::warn!(%error, "a refusal cannot be stored; the service will be asked again");
        }
    }

    /// Forgets that the service did not hold the torrent: it does now.
    pub(super) fn clear_not_cached(&self, info_hash: InfoHash) {
        self.own.known().remove(&info_hash);
    }
}

impl Book {
    fn get(&self, info_hash: InfoHash, now: SystemTime) -> Option<Refused> {
        let (refused, until) = self.known().get(&info_hash).copied()?;
        (until > now).then_some(refused)
    }

    fn note(&self, info_hash: InfoHash, refused: Refused, lasts: Duration) {
        let now = SystemTime::now();
        let mut known = self.known();
        if known.len() >= MOST {
            known.retain(|_, (_, until)| *until > now);
        }
        if known.len() >= MOST {
            let first = known.iter().min_by_key(|(_, (_, until))| *until).map(|(info_hash, _)| *info_hash);
            first.map(|first| known.remove(&first));
        }
        known.insert(info_hash, (refused, now + lasts));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<InfoHash, (Refused, SystemTime)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refused {
    const ALL: [Self; 8] = [
        Self::NotCached,
        Self::Infringing,
        Self::Invalid,
        Self::TooBig,
        Self::ArchiveOnly,
        Self::NoPeers,
        Self::SomethingElse,
        Self::WrongBytes,
    ];

    /// What an error says about the torrent, if it says anything that lasts.
    pub(super) fn of(error: &ServiceError) -> Option<Self> {
        Some(match error {
            ServiceError::NotCached => Self::NotCached,
            ServiceError::Infringing => Self::Infringing,
            ServiceError::TorrentInvalid => Self::Invalid,
            ServiceError::TooBig => Self::TooBig,
            ServiceError::ArchiveOnly => Self::ArchiveOnly,
            ServiceError::NoPeers => Self::NoPeers,
            _ => return None,
        })
    }

    /// The reason, to be put behind the service's name.
    pub(super) fn reason(self) -> String {
        let reason = match self {
            Self::NotCached => ServiceError::NotCached.to_string(),
            Self::Infringing => ServiceError::Infringing.to_string(),
            Self::Invalid => ServiceError::TorrentInvalid.to_string(),
            Self::TooBig => ServiceError::TooBig.to_string(),
            Self::ArchiveOnly => ServiceError::ArchiveOnly.to_string(),
            Self::NoPeers => ServiceError::NoPeers.to_string(),
            Self::SomethingElse => "its link delivers something else (an error clip?)".to_owned(),
            Self::WrongBytes => "it sent bytes that do not match the torrent".to_owned(),
        };
        format!("{reason} (asked a while ago)")
    }

    /// Services that answer "do you hold it?" for nothing are asked again soon.
    fn lasts(self, service: DebridService) -> Duration {
        match self {
            Self::NotCached => match service {
                DebridService::RealDebrid
                | DebridService::AllDebrid
                | DebridService::DebridLink
                | DebridService::PutIo => 5 * MINUTE,
                DebridService::TorBox
                | DebridService::Premiumize
                | DebridService::Offcloud
                | DebridService::StremThru => 2 * MINUTE,
            },
            Self::SomethingElse => 2 * MINUTE,
            Self::NoPeers => 30 * MINUTE,
            Self::WrongBytes => DAY,
            Self::Invalid | Self::TooBig | Self::ArchiveOnly => 7 * DAY,
            Self::Infringing => 30 * DAY,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::NotCached => "not-cached",
            Self::Infringing => "infringing",
            Self::Invalid => "invalid",
            Self::TooBig => "too-big",
            Self::ArchiveOnly => "archive-only",
            Self::NoPeers => "no-peers",
            Self::SomethingElse => "something-else",
            Self::WrongBytes => "wrong-bytes",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refused| refused.name() == name)
    }
}

fn unix(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(byte: u8) -> InfoHash {
        InfoHash::new([byte; 20])
    }

    #[tokio::test]
    async fn what_lasts_survives_a_restart_and_the_rest_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let refusals = Refusals::load(DebridService::RealDebrid, db.clone()).await.unwrap();
        for (byte, refused) in (0..).zip(Refused::ALL) {
            refusals.add(hash(byte), refused).await;
            assert_eq!(refusals.get(hash(byte)), Some(refused));
        }
        let again = Refusals::load(DebridService::RealDebrid, db.clone()).await.unwrap();
        for (byte, refused) in (0..).zip(Refused::ALL) {
            let lasts = !matches!(refused, Refused::NotCached | Refused::SomethingElse);
            assert_eq!(again.get(hash(byte)), lasts.then_some(refused));
        }
        let other = Refusals::load(DebridService::TorBox, db).await.unwrap();
        assert_eq!(other.get(hash(1)), None);
    }

    #[tokio::test]
    async fn a_torrent_that_has_been_fetched_is_asked_for_again_unless_it_was_refused_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let refusals = Refusals::load(DebridService::PutIo, db).await.unwrap();
        refusals.add(hash(1), Refused::NotCached).await;
        refusals.add(hash(2), Refused::Infringing).await;
        refusals.clear_not_cached(hash(1));
        refusals.clear_not_cached(hash(2));
        assert_eq!((refusals.get(hash(1)), refusals.get(hash(2))), (None, Some(Refused::Infringing)));
    }

    #[tokio::test]
    async fn others_share_what_is_said_of_torrents_and_not_what_one_account_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let operator = Refusals::load(DebridService::PutIo, db.clone()).await.unwrap();
        let (one, two) = (operator.for_others(), operator.for_others());
        one.add(hash(1), Refused::NotCached).await;
        one.add(hash(2), Refused::Infringing).await;
        assert_eq!(
            (one.get(hash(1)), one.get(hash(2))),
            (Some(Refused::NotCached), Some(Refused::Infringing))
        );
        for other in [&operator, &two] {
            assert_eq!((other.get(hash(1)), other.get(hash(2))), (None, Some(Refused::Infringing)));
        }
        // Two accounts of a StremThru may be at two services.
        let one = Refusals::load(DebridService::StremThru, db.clone()).await.unwrap().for_others();
        one.add(hash(3), Refused::TooBig).await;
        assert_eq!((one.get(hash(3)), one.for_others().get(hash(3))), (Some(Refused::TooBig), None));
        let again = Refusals::load(DebridService::StremThru, db).await.unwrap();
        assert_eq!(again.get(hash(3)), None);
    }

    #[test]
    fn refusals_last_as_long_as_the_service_makes_sensible() {
        let minutes = |refused: Refused, service| refused.lasts(service).as_secs() / 60;
        assert_eq!(minutes(Refused::NotCached, DebridService::RealDebrid), 5);
        assert_eq!(minutes(Refused::NotCached, DebridService::TorBox), 2);
        assert_eq!(minutes(Refused::NoPeers, DebridService::TorBox), 30);
        assert_eq!(minutes(Refused::TooBig, DebridService::TorBox), 7 * 24 * 60);
        assert_eq!(minutes(Refused::Infringing, DebridService::TorBox), 30 * 24 * 60);
    }
}
