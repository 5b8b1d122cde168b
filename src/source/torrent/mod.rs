//! The swarm as a source: torrents by info-hash, written into cache files. The only room that names
//! librqbit.
//!
//! The engine speaks to peers and decides who is asked for which piece. Everything else is ours: the
//! file table is resolved once and kept (`resolve`), the have-map is the cache's and is handed to the
//! engine on each add (`session`, `stay`), blocks go straight into cache files (`storage`, `shelf`), and
//! readers steer the engine through cursors that nobody reads from (`steer`). Other sources may write the
//! same files at the same time.
//!
//! What readers wait for does not come from the engine: a small client of ours (`sprint`) asks many peers for
//! its blocks. It is sent out with the search for metadata (`scout`) and works near the readers (`lead`).

mod active;
mod addresses;
mod announce;
mod calling;
mod counts;
mod cursors;
mod engine;
mod lead;
mod magnet;
mod metainfo;
mod pick;
mod progress;
mod registry;
mod resolve;
mod scout;
mod seeder;
mod session;
mod shelf;
mod silence;
mod sprint;
mod stay;
mod steer;
mod storage;
pub mod wire;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use librqbit::Session;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use self::announce::Tracker;
use self::pick::pick;
use self::registry::Registry;
use self::resolve::{Flights, Purpose};
use self::scout::{Call, Scouts};
use self::sprint::Geometry;
use self::stay::Recipe;
use super::content::open_content;
use super::lookup::Lookup;
use super::{Kind, Opened, Report, Request, Source, SourceError, Stage, Wanted};
use crate::cache::Cache;
use crate::db::Database;
use crate::domain::{InfoHash, Metainfo};
use crate::net::{Clients, Guard};

pub(in crate::source) use addresses::{FileNames, web_seeds};
pub use counts::PeerCounts;
pub use magnet::{InvalidMagnet, MAX_WEB_ADDRESSES, MagnetHints, parse_magnet, parse_web_address};
pub(in crate::source) use magnet::{build_magnet, is_tracker};
pub use metainfo::parse_metainfo;
pub use seeder::{SeedPlan, Seeder, make_torrent};

/// How much longer the chain waits than a resolve takes, so that the resolve's own reason is told.
const LAST_WORD: Duration = Duration::from_secs(3);

/// What is logged of the engine unless the operator names it: it reports every peer at `info`.
pub const LOGGED: &str = "librqbit=error";

/// The engine sleeps a second when it stops; this leaves it time for the rest.
const STOP_LIMIT: Duration = Duration::from_secs(4);

/// How the swarm is reached.
#[derive(Debug, Clone)]
pub struct SwarmSettings {
    /// Where the engine keeps its DHT table (`dht.json`) and its working folder (`p2p`).
    pub data_dir: PathBuf,
    /// The port peers reach us on, TCP and uTP; 0 or a taken one means any.
    pub port: u16,
    /// Whether peers are looked for in the DHT (BEP 5).
    pub dht: bool,
    /// DHT nodes to start from, `host:port`; `None` means the engine's own list.
    pub dht_bootstrap: Option<Vec<String>>,
    /// Trackers asked for every public torrent beside its own.
    pub trackers: Vec<Url>,
    /// Most peers per torrent, those being dialled included.
    pub peer_limit: usize,
    /// Most bytes per second downloaded; `None` means no limit.
    pub download_bps: Option<NonZeroU32>,
    /// Most bytes per second uploaded; `None` means no limit.
    pub upload_bps: Option<NonZeroU32>,
    /// How long finding a torrent's metadata may take, and how long a wanted file may stand still with
    /// nobody connected before the swarm counts as silent.
    pub resolve_timeout: Duration,
    /// Most torrents at work at once.
    pub max_torrents: usize,
}

/// The torrent engine could not be started.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the torrent engine cannot start: {0}")]
pub struct SwarmError(String);

/// The swarm. Cheap to clone.
#[derive(Clone)]
pub struct Swarm {
    inner: Arc<Inner>,
}

struct Inner {
    settings: SwarmSettings,
    session: Arc<Session>,
    cache: Cache,
    db: Database,
    /// Asked for file tables beside the swarm.
    lookup: Lookup,
    /// What holds for trackers that the operator has not named.
    guard: Guard,
    registry: Registry,
    flights: Flights,
    scouts: Arc<Scouts>,
    tasks: TaskTracker,
    stopping: CancellationToken,
    runtime: tokio::runtime::Handle,
    ids: AtomicUsize,
}

impl std::fmt::Debug for Swarm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Swarm").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

impl Swarm {
    /// Starts the engine. Needs tokio's multi-threaded runtime: the engine writes blocks in place.
    ///
    /// # Errors
    /// The data folder cannot be written, or no socket can be bound at all. A taken port is none: another
    /// one is chosen.
    pub async fn start(
        settings: SwarmSettings,
        cache: Cache,
        db: Database,
        lookup: Lookup,
        clients: Clients,
    ) -> Result<Self, SwarmError> {
        let engine_id = session::new_peer_id(session::ENGINE);
        let session =
            session::start(&settings, engine_id).await.map_err(|error| SwarmError(format!("{error:#}")))?;
        let guard = clients.guard();
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        let (engine, limit) = (session.clone(), settings.peer_limit);
        let scouts = Scouts::new(engine, engine_id, clients, limit, tasks.clone(), stopping.clone());
        let inner = Inner {
            registry: Registry::new(settings.max_torrents),
            settings,
            session,
            cache,
            db,
            lookup,
            guard,
            flights: Flights::default(),
            scouts: Arc::new(scouts),
            tasks,
            stopping,
            runtime: tokio::runtime::Handle::current(),
            ids: AtomicUsize::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where peers reach us.
    pub fn listen_addr(&self) -> Option<SocketAddr> {
        self.inner.session.listen_addr()
    }

    /// The peers of a torrent that is at work.
    pub fn peers(&self, info_hash: InfoHash) -> Option<PeerCounts> {
        let active = self.inner.registry.get(info_hash)?;
        let by_engine = active.engine().and_then(|engine| PeerCounts::of(&engine.torrent().stats()));
        let by_scout = self.inner.scouts.counts(info_hash).filter(|_| active.is_working());
        match (by_engine, by_scout) {
            (Some(engine), Some(scout)) => Some(engine.beside(scout)),
            (one, other) => one.or(other),
        }
    }

    /// The file table of a torrent, from wherever it is found first; nothing is downloaded. Whoever asks for the same
    /// torrent meanwhile waits for the same search, which goes on if this future is dropped.
    ///
    /// # Errors
    /// Nobody sent it within the time limit of the settings, or it is malformed.
    pub async fn table(&self, request: &Request) -> Result<Arc<Metainfo>, SourceError> {
        Ok(resolve::resolve(&self.inner, request, Purpose::LookUp, &Report::new()).await?.metainfo)
    }

    /// Stops the engine within a few seconds. Drop every writer first; close the cache afterwards.
    pub async fn shutdown(&self) {
        self.inner.stopping.cancel();
        self.inner.tasks.close();
        let stop = async {
            self.inner.tasks.wait().await;
            self.inner.session.stop().await;
        };
        if tokio::time::timeout(STOP_LIMIT, stop).await.is_err() {
            // Cuts off whatever is left; what it wrote is verified at the next start.
            self.inner.session.cancellation_token().cancel();
        }
    }
}

impl Source for Swarm {
    fn name(&self) -> &'static str {
        "p2p"
    }

    fn label(&self) -> &'static str {
        "P2P"
    }

    fn kind(&self) -> Kind {
        Kind::P2p
    }

    fn budget(&self) -> Duration {
        self.inner.settings.resolve_timeout + LAST_WORD
    }

    fn open<'a>(
        &'a self,
        wanted: &'a Wanted,
        report: &'a Report,
    ) -> BoxFuture<'a, Result<Opened, SourceError>> {
        open(&self.inner, wanted, report).boxed()
    }

    fn warm<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, ()> {
        // The file table is kept in the database, and connections for a minute by the small client.
        async move {
            let found = resolve::resolve(&self.inner, request, Purpose::LookUp, &Report::new()).await;
            let known = found.ok().and_then(|recipe| Some((self.inner.call(&recipe)?, recipe)));
            if let Some((call, recipe)) = known {
                self.inner.scouts.send(&call).learn(Geometry::of(&recipe.metainfo));
            }
        }
        .boxed()
    }
}

async fn open(inner: &Arc<Inner>, wanted: &Wanted, report: &Report) -> Result<Opened, SourceError> {
    let request = &wanted.request;
    request.torrent()?;
    report.update(Stage::Connecting, 0.0, "Trying P2P connections...");
    let recipe = resolve::resolve(inner, request, Purpose::of(request), report).await?;
    let metainfo = recipe.metainfo.clone();
    if let Some(reason) = metainfo::engine_refusal(&recipe.torrent) {
        return Err(SourceError::Broken(format!("the torrent is not usable: {reason}")));
    }
    let index = pick(&metainfo, request.file, wanted.known.as_ref())?;
    let file = open_content(&inner.cache, &metainfo, index).await?;
    let mut opened = Opened { file, metainfo: Some(metainfo), writer: None };
    if !opened.file.is_complete() {
        if inner.knows_nobody(&recipe) {
            let reason = "no tracker, DHT or peer is known that could have this torrent";
            return Err(SourceError::NotHere(reason.to_owned()));
        }
        report.update(Stage::Connecting, 0.9, "Connecting to peers...");
        let attaching = registry::attach(inner.clone(), recipe, opened.file.clone());
        let attached = inner.tasks.spawn_on(attaching, &inner.runtime).await;
        let fault = || SourceError::Transient("the torrent engine failed on this torrent".to_owned());
        opened.writer = Some(attached.unwrap_or_else(|_| Err(fault()))?);
    }
    report.update(Stage::Connecting, 1.0, "Connected; waiting for the first bytes...");
    Ok(opened)
}

impl Inner {
    /// Whether there is nobody to ask for this torrent, so that waiting for it would be in vain.
    fn knows_nobody(&self, recipe: &Recipe) -> bool {
        let is_running = self.registry.get(recipe.metainfo.info_hash).is_some();
        let has_dht = self.settings.dht && !recipe.metainfo.private;
        !is_running && !has_dht && recipe.peers.is_empty() && self.trackers_for(recipe).is_empty()
    }

    /// How the small client is sent out for a torrent; not at all for a private one, whose tracker would see two of
    /// us, nor where the engine alone keeps the operator's limit.
    fn call(&self, recipe: &Recipe) -> Option<Call> {
        let is_fit = !recipe.metainfo.private && self.settings.download_bps.is_none();
        is_fit.then(|| Call {
            info_hash: recipe.metainfo.info_hash,
            trackers: self.trackers_for(recipe),
            peers: recipe.peers.clone(),
        })
    }

    /// Whether the small client has anybody to ask.
    fn can_ask(&self, call: &Call) -> bool {
        let may_go = |tracker: &Tracker| tracker.is_own || self.guard.check_host(&tracker.url).is_ok();
        let may_dial = |peer: &SocketAddr| self.guard.admit(peer.ip()).is_ok();
        self.settings.dht || call.peers.iter().any(may_dial) || call.trackers.iter().any(may_go)
    }

    /// A number for the engine that no other torrent of this process ever had.
    fn next_id(&self) -> usize {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// Connections to peers attempted so far, by the whole process.
    fn dialled(&self) -> u64 {
        let tcp = self.session.stats_snapshot().connections.tcp;
        tcp.v4.attempts + tcp.v6.attempts
    }

    /// Peers of a torrent that were tried since the process had `dialled` so many.
    fn tried(&self, info_hash: InfoHash, dialled: u64) -> u64 {
        let by_scout = self.scouts.counts(info_hash).map_or(0, |counts| counts.seen);
        (self.dialled() - dialled).max(u64::from(by_scout))
    }

    /// The trackers to ask. A private torrent has its own alone (BEP 27); for this reason the session itself
    /// has none: the engine adds the session's to private torrents too.
    fn trackers_for(&self, recipe: &Recipe) -> Vec<Tracker> {
        let own = recipe.own_trackers.iter();
        if recipe.metainfo.private {
            return self.distinct(own);
        }
        self.distinct(own.chain(&self.settings.trackers).chain(&recipe.trackers))
    }

    /// Each of these trackers once. The engine asks them all; the small client passes over those that others have named
    /// and that lie where the guard lets nobody go.
    fn distinct<'a>(&self, urls: impl Iterator<Item = &'a Url>) -> Vec<Tracker> {
        let mut trackers: Vec<Tracker> = Vec::new();
        for url in urls.filter(|url| is_tracker(url)) {
            if !trackers.iter().any(|known| known.url == *url) {
                trackers.push(Tracker { url: url.clone(), is_own: self.settings.trackers.contains(url) });
            }
        }
        trackers
    }
}
