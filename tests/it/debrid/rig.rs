//! One service, its file server, and the room that uses them.

use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use headwater::cache::{Cache, CacheFile, CacheLimits};
use headwater::db::Database;
use headwater::domain::FileChoice;
use headwater::net::{Clients, Guard};
use headwater::source::debrid::{Debrid, DebridSettings, ServiceSettings, ServiceTokens};
use headwater::source::lookup::Lookup;
use headwater::source::{Kind, Opened, Report, Request, SourceError, Terms, Wanted};
use tempfile::TempDir;

use super::subjects::Subject;
use crate::support::cdn::Cdn;
use crate::support::debrid::{Fake, FakeAccount, Title, TitleFile, World};
use crate::support::media;

/// The torrent of a season of three short episodes.
pub(super) const HASH: &str = "0123456789abcdef0123456789abcdef01234567";

pub(super) struct Rig {
    pub(super) fake: Fake,
    pub(super) debrid: Debrid,
    pub(super) subject: &'static Subject,
    episodes: Vec<Arc<Vec<u8>>>,
    _cdn: Cdn,
    _folder: TempDir,
}

impl Rig {
    /// With the first so many of the subject's accounts.
    pub(super) async fn new(subject: &'static Subject, accounts: usize) -> Self {
        Self::with(subject, &subject.accounts[..accounts], accounts).await
    }

    /// Where the operator has no account, and the service knows all of the subject's.
    pub(super) async fn for_guests(subject: &'static Subject) -> Self {
        Self::with(subject, &subject.accounts, 0).await
    }

    async fn with(subject: &'static Subject, accounts: &[(&str, &str)], of_operator: usize) -> Self {
        let (cdn, kind) = (Cdn::start(), subject.kind);
        let world = World::new(cdn.links(kind.name));
        let files: Vec<TitleFile> = (1..=3).map(file).collect();
        let episodes = files.iter().map(|file| file.bytes.clone()).collect();
        world.add_title(Title { info_hash: HASH.to_owned(), name: "Show.S01".to_owned(), files });
        let fake =
            Fake::start(&world, kind, accounts.iter().map(|(token, _)| FakeAccount::fine(token)).collect());
        let service = ServiceSettings {
            service: kind.name.parse().unwrap(),
            tokens: accounts[..of_operator].iter().map(|(_, access)| (*access).to_owned().into()).collect(),
            base_url: fake.base.parse().unwrap(),
            user_agent: None,
            proxy: None,
        };
        let wait = Duration::from_secs(60);
        let settings =
            DebridSettings { services: vec![service], uncached: true, wait, keep: Some(Duration::ZERO) };
        let folder = tempfile::tempdir().unwrap();
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(&folder.path().join("cache"), limits).unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let lookup = Lookup::new(Clients::new(Guard::Open).unwrap(), &[], db.clone());
        let debrid = Debrid::new(&settings, cache, db, lookup).await.unwrap();
        Self { fake, debrid, subject, episodes, _cdn: cdn, _folder: folder }
    }

    /// Opens the second episode with the source of this kind.
    pub(super) async fn open(&self, kind: Kind) -> Result<Opened, SourceError> {
        self.open_episode(kind, 2).await
    }

    /// Opens an episode with the source of this kind.
    pub(super) async fn open_episode(&self, kind: Kind, episode: u32) -> Result<Opened, SourceError> {
        self.open_by(&Terms::default(), kind, episode).await
    }

    /// The terms of somebody who has this account of the subject's, and no other.
    pub(super) fn guest(&self, account: usize) -> Terms {
        let token = self.subject.accounts[account].1.to_owned().into();
        let service = self.subject.kind.name.parse().unwrap();
        Terms { services: Some([ServiceTokens { service, tokens: vec![token] }].into()), policy: None }
    }

    /// Opens an episode by somebody's terms.
    pub(super) async fn open_by(
        &self,
        terms: &Terms,
        kind: Kind,
        episode: u32,
    ) -> Result<Opened, SourceError> {
        let choice = FileChoice::Episode { season: 1, episode };
        let request = Request { terms: terms.clone(), ..Request::new(HASH.parse().unwrap(), choice) };
        let wanted = Wanted { request, known: None };
        let sources = self.debrid.sources_for(terms);
        let source = sources.iter().find(|source| source.kind() == kind).unwrap();
        tokio::time::timeout(Duration::from_secs(60), source.open(&wanted, &Report::new())).await.unwrap()
    }

    /// The bytes of an episode.
    pub(super) fn episode(&self, number: usize) -> &[u8] {
        &self.episodes[number - 1]
    }

    /// Waits until what goes on in the background has ended, such as taking an item back.
    pub(super) async fn without_items(&self) -> bool {
        self.comes_true(|| self.fake.items().is_empty()).await
    }

    /// Deletes what nobody uses until nothing is left: a writer that was dropped lets go a little later.
    pub(super) async fn tended(&self) -> bool {
        for _ in 0..100 {
            self.debrid.tend().await;
            if self.fake.items().is_empty() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// Waits for what happens in the background; says whether it did.
    pub(super) async fn comes_true(&self, is_true: impl Fn() -> bool) -> bool {
        for _ in 0..100 {
            if is_true() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// That the service had no reason to complain.
    pub(super) fn assert_good_manners(&self) {
        let unexpected = self.fake.unexpected();
        assert!(unexpected.is_empty(), "{unexpected:#?}");
        assert_eq!(self.fake.limit_violations(), 0);
    }
}

/// An episode that looks like Matroska from outside.
fn file(number: u64) -> TitleFile {
    let start = [0x1a, 0x45, 0xdf, 0xa3];
    let bytes: Vec<u8> = start.into_iter().chain(media::random(number, 600_000)).collect();
    TitleFile { path: format!("Show.S01E0{number}.mkv"), bytes: Arc::new(bytes) }
}

/// Everything in the file, as it comes.
pub(super) async fn content(file: &CacheFile) -> Vec<u8> {
    let mut got = Vec::new();
    let _playhead = file.playhead(0);
    while (got.len() as u64) < file.length() {
        let at = got.len() as u64;
        tokio::time::timeout(Duration::from_secs(30), file.wait_for(at)).await.unwrap().unwrap();
        let extent = file.extent(at..file.length()).unwrap();
        let mut bytes = vec![0; usize::try_from(extent.length).unwrap()];
        extent.file.read_exact_at(&mut bytes, extent.position).unwrap();
        got.extend(bytes);
    }
    got
}
