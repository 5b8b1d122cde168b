//! What a service has refused and for how long it is not asked about it again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
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

/// The refusals of one service.
pub(super) struct Refusals {
    service: DebridService,
    db: Database,
    /// Never held across an await.
    known: Mutex<HashMap<InfoHash, (Refused, SystemTime)>>,
}

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
        Ok(Self { service, db, known: Mutex::new(known.collect()) })
    }

    /// Whether the service has refused this torrent lately.
    pub(super) fn get(&self, info_hash: InfoHash) -> Option<Refused> {
        let (refused, until) = self.known().get(&info_hash).copied()?;
        (until > SystemTime::now()).then_some(refused)
    }

    /// Notes a refusal, in memory alone: for those who cannot wait.
    pub(super) fn note(&self, info_hash: InfoHash, refused: Refused) -> Duration {
        let (now, lasts) = (SystemTime::now(), refused.lasts(self.service));
        let mut known = self.known();
        if known.len() >= MOST {
            known.retain(|_, (_, until)| *until > now);
        }
        if known.len() >= MOST {
            let first = known.iter().min_by_key(|(_, (_, until))| *until).map(|(info_hash, _)| *info_hash);
            first.map(|first| known.remove(&first));
        }
        known.insert(info_hash, (refused, now + lasts));
        lasts
    }

    /// Notes a refusal, and writes it down if it lasts.
    pub(super) async fn add(&self, info_hash: InfoHash, refused: Refused) {
        let lasts = self.note(info_hash, refused);
        if lasts < LASTING {
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
        let mut known = self.known();
        if known.get(&info_hash).is_some_and(|(refused, _)| *refused == Refused::NotCached) {
            known.remove(&info_hash);
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<InfoHash, (Refused, SystemTime)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
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
