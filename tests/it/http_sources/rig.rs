//! The HTTP sources with folders of their own, and a viewer.

use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use headwater::cache::{Cache, CacheFile, CacheLimits};
use headwater::db::Database;
use headwater::domain::{FileChoice, FileIndex, InfoHash};
use headwater::net::{Clients, Guard};
use headwater::source::fetch::Hosts;
use headwater::source::http::{HttpSettings, sources};
use headwater::source::lookup::Lookup;
use headwater::source::{Opened, Report, Request, Source, SourceError, Wanted};
use tempfile::TempDir;

/// Sources over a cache and a database.
pub(super) struct Rig {
    pub(super) lookup: Lookup,
    pub(super) db: Database,
    sources: Vec<Arc<dyn Source>>,
    _folder: TempDir,
}

/// What differs from test to test.
pub(super) struct Plan {
    pub(super) settings: HttpSettings,
    pub(super) metainfo_urls: Vec<String>,
    pub(super) guard: Guard,
}

impl Default for Plan {
    fn default() -> Self {
        let settings = HttpSettings { web_seeds: true, ..HttpSettings::default() };
        // The servers of these tests are on this machine.
        Self { settings, metainfo_urls: Vec::new(), guard: Guard::Open }
    }
}

impl Rig {
    pub(super) async fn new(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(&folder.path().join("cache"), limits).unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let clients = Clients::new(plan.guard).unwrap();
        let lookup = Lookup::new(clients.clone(), &plan.metainfo_urls, db.clone());
        let sources = sources(&plan.settings, cache, clients, Hosts::default(), lookup.clone());
        Self { lookup, db, sources, _folder: folder }
    }

    /// Lets one source open a content.
    pub(super) async fn open(&self, source: &str, request: &Request) -> Result<Opened, SourceError> {
        self.open_beside(source, Wanted { request: request.clone(), known: None }).await
    }

    pub(super) async fn open_beside(&self, source: &str, wanted: Wanted) -> Result<Opened, SourceError> {
        let source = self.sources.iter().find(|one| one.name() == source).unwrap();
        within(source.budget().as_secs(), source.open(&wanted, &Report::new())).await
    }

    /// Why a source has nothing.
    pub(super) async fn refusal(&self, source: &str, request: &Request) -> String {
        let error = self.open(source, request).await.err().unwrap();
        assert!(matches!(error, SourceError::NotHere(_)), "{error:?}");
        error.to_string()
    }
}

pub(super) fn request(info_hash: InfoHash, file: u32) -> Request {
    Request::new(info_hash, FileChoice::Index(FileIndex(file)))
}

/// Ends a test that hangs, long before the runner would.
pub(super) async fn within<T>(seconds: u64, what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(seconds), what).await.expect("in time")
}

/// Reads a whole content like a viewer: a playhead that moves on, waiting for what is missing. A source that gives up
/// ends the test.
pub(super) async fn read_all(opened: &Opened) -> Vec<u8> {
    let reading = read(&opened.file);
    let gave_up = async {
        if let Some(writer) = &opened.writer
            && let Ok(why) = writer.failed.clone().wait_for(Option::is_some).await
        {
            return why.clone();
        }
        // Nobody writes, or whoever did has finished: what is there to read has only to be read.
        std::future::pending().await
    };
    tokio::select! {
        bytes = within(30, reading) => bytes,
        why = gave_up => panic!("the source gave up: {why:?}"),
    }
}

async fn read(file: &CacheFile) -> Vec<u8> {
    let mut playhead = file.playhead(0);
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < file.length() {
        file.wait_for(at).await.unwrap();
        let extent = file.extent(at..file.length()).unwrap();
        let mut part = vec![0; extent.length as usize];
        extent.file.read_exact_at(&mut part, extent.position).unwrap();
        bytes.extend(part);
        at += extent.length;
        playhead.advance(at);
    }
    bytes
}
