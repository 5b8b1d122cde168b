//! The composition root: settings in, a running server out. Concrete types meet here and nowhere else.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use aws_lc_rs::{hmac, rand};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::{Access, AccessSettings};
use crate::addon::viewport::Viewport;
use crate::addon::{Addon, Ahead, StreamLists, lists};
use crate::cache::{Cache, CacheLimits};
use crate::config::{Config, DiscoveryConfig, ServiceConfig, SourcePolicy};
use crate::db::Database;
use crate::discovery::titles::Titles;
use crate::discovery::{Archive, BuiltIn, Discovery, DiscoverySettings, Library, OpenMovies, Parts};
use crate::ffmpeg::Ffmpeg;
use crate::http::{App, Bases, Manifests, listener, router};
use crate::links::LinkSigner;
use crate::live::channels::Channels;
use crate::live::engines::{Pool, PoolSettings};
use crate::live::hls::{Shelves, ShelvesSettings};
use crate::live::{Live, LiveSettings};
use crate::net::{Clients, Guard};
use crate::prepare::{Chain, Prepare, PrepareSettings};
use crate::seal::Sealer;
use crate::source::Source;
use crate::source::cached::Cached;
use crate::source::debrid::{Debrid, DebridSettings, ServiceSettings};
use crate::source::fetch::Hosts;
use crate::source::http::{self, HttpSettings};
use crate::source::lookup::Lookup;
use crate::source::torrent::{Swarm, SwarmSettings};

/// How often have-maps are saved and expired jobs let go. A kill loses at most the bookkeeping of this time,
/// and the pieces concerned are found again by their hashes.
const TEND_EVERY: Duration = Duration::from_secs(2);

/// Lists for titles on a screen that are made at the same time. They are guesses, and indexers count questions.
const SCREEN_WORKERS: usize = 2;

/// How often items that this server made at services are looked at. They live for a day by default.
const TEND_SERVICES_EVERY: Duration = Duration::from_secs(300);

/// How often profiles are looked for that nobody uses.
const TEND_PROFILES_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// A running server. Stop it with [`Server::shutdown`]; dropping it leaves the tasks to the runtime's end.
#[derive(Debug)]
pub struct Server {
    local_addr: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
    prepare: Prepare,
    discovery: Discovery,
    library: Library,
    swarm: Swarm,
    debrid: Debrid,
    live: Live,
    cache: Cache,
    db: Database,
}

impl Server {
    /// Opens the folders, joins the swarm, and serves. Returns once the socket accepts.
    pub async fn bind(config: Config) -> anyhow::Result<Self> {
        Self::bind_with(config, Addon::new()).await
    }

    /// As [`Server::bind`], with another catalogue than the open movies.
    pub async fn bind_with(config: Config, addon: Addon) -> anyhow::Result<Self> {
        spawn_blocking(get_ready_to_encrypt);
        let guard = if config.sources.private_addresses { Guard::Open } else { Guard::PublicOnly };
        // The certificates of the system are read while the disk is waited for.
        let clients = spawn_blocking(move || Clients::new(guard));
        let socket = listener::bind(config.server.listen)?;
        let local_addr = socket.local_addr()?;
        let data_dir = config.server.data_dir.clone();
        std::fs::create_dir_all(&data_dir).with_context(|| unusable(&data_dir))?;
        let cache = open_cache(&config).await?;
        let db = Database::open(&data_dir).await.with_context(|| unusable(&data_dir))?;
        let signer = LinkSigner::open(&data_dir)?;
        let clients = clients.await??;
        let sealer = sealer(&config, &signer);
        let db = db.sealing(sealer.clone());
        let lookup = Lookup::new(clients.clone(), &config.sources.metainfo_urls, db.clone());
        let swarm =
            Swarm::start(swarm_settings(&config), cache.clone(), db.clone(), lookup.clone(), clients.clone())
                .await?;
        let debrid =
            Debrid::new(&debrid_settings(&config), cache.clone(), db.clone(), lookup.clone()).await?;
        let list = config.live.channels.clone();
        let channels = Channels::open(list, clients.own().clone(), &data_dir).await;
        let library = Library::new(config.discovery.media_dir.clone(), cache.clone());
        let built_in = built_in(&config, addon.movies(), &library, &clients);
        let discovery = discovery(&config, (&db, &sealer), &clients, &lookup, &swarm, built_in);
        let live = live(&config, &clients).await?;
        let access = Access::new(db.clone(), sealer.clone(), access_settings(&config));
        // Every source there is but accounts, which depend on who asks; the policy brings them into order.
        let cached: Arc<dyn Source> =
            Arc::new(Cached::new(cache.clone(), db.clone()).with_media(config.discovery.media_dir.clone()));
        let mut sources = vec![cached, Arc::new(swarm.clone())];
        sources.extend(http::sources(
            &http_settings(&config),
            cache.clone(),
            clients,
            Hosts::default(),
            lookup,
        ));
        let prepare = prepare_room(&config, sources, debrid.clone());
        let app = Arc::new(App {
            prepare: prepare.clone(),
            cache: cache.clone(),
            swarm: swarm.clone(),
            debrid: debrid.clone(),
            discovery: discovery.clone(),
            access: access.clone(),
            streams: stream_lists(&config, &discovery, &cache, &debrid, &signer, &prepare),
            channels: channels.clone(),
            viewport: Viewport::default(),
            live: live.clone(),
            addon,
            manifests: Manifests::default(),
            bases: Bases::default(),
            sealer,
            waiting_key: signer.derive_key("waiting"),
            signer,
            public_url: config.server.public_url.clone(),
            admin_token: config.admin.token.clone(),
        });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        for _ in 0..SCREEN_WORKERS {
            tasks.spawn(tend_screens(Arc::clone(&app), stop.clone()));
        }
        tasks.spawn(listener::serve(socket, router(app), stop.clone(), config.server.shutdown_grace));
        tasks.spawn(tend(prepare.clone(), cache.clone(), config.cache.sweep, stop.clone()));
        tasks.spawn(tend_services(debrid.clone(), stop.clone()));
        tasks.spawn(tend_profiles(access, stop.clone()));
        tasks.spawn(channels.follow(stop.clone()));
        Ok(Self { local_addr, stop, tasks, prepare, discovery, library, swarm, debrid, live, cache, db })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Stops in the order in which nothing is lost: running answers finish, sources stop, files are saved.
    pub async fn shutdown(self) {
        self.stop.cancel();
        // A broadcast has no end that could be awaited, so its viewers leave with it.
        self.live.shutdown().await;
        self.tasks.close();
        self.tasks.wait().await;
        self.prepare.shutdown().await;
        self.discovery.shutdown().await;
        self.library.shutdown().await;
        self.swarm.shutdown().await;
        self.debrid.shutdown().await;
        let cache = self.cache;
        if let Err(error) = spawn_blocking(move || cache.close()).await {
            tracing::error!(%error, "the cache could not be closed");
        }
        self.db.close().await;
    }
}

/// Makes the first random number, for which the library measures the processor for tens of milliseconds. Blocking.
fn get_ready_to_encrypt() {
    if rand::fill(&mut [0; 1]).is_err() {
        tracing::warn!("the system has no random numbers yet");
    }
}

async fn open_cache(config: &Config) -> anyhow::Result<Cache> {
    let folder = config.cache_dir();
    let limits = CacheLimits {
        max_bytes: config.cache.max_bytes,
        free_floor: config.cache.free_floor,
        idle: config.cache.idle,
    };
    Ok(spawn_blocking(move || Cache::open(&folder, limits)).await??)
}

fn access_settings(config: &Config) -> AccessSettings {
    AccessSettings {
        password: config.access.password.clone(),
        chosen_key: config.discovery.source_security_key.is_some(),
    }
}

/// What search results, profiles and .torrent files are sealed with: the operator's key, else one that stays as long as the key of
/// links does.
fn sealer(config: &Config, signer: &LinkSigner) -> Sealer {
    match &config.discovery.source_security_key {
        Some(key) => Sealer::new(key.expose_secret().as_bytes()),
        None => Sealer::new(hmac::sign(&signer.derive_key("sealing"), b"1").as_ref()),
    }
}

fn discovery(
    config: &Config,
    (db, sealer): (&Database, &Sealer),
    clients: &Clients,
    lookup: &Lookup,
    swarm: &Swarm,
    built_in: Vec<BuiltIn>,
) -> Discovery {
    let settings = DiscoverySettings {
        indexers: config.discovery.indexers(),
        deadline: config.discovery.deadline,
        policy: config.sources.policy,
    };
    let (titles, addons) = (config.discovery.titles_url.as_ref(), &config.discovery.addon_urls);
    let parts = Parts {
        db: db.clone(),
        sealer: sealer.clone(),
        clients: clients.clone(),
        lookup: lookup.clone(),
        swarm: Some(swarm.clone()),
        titles: Titles::with_addons(titles, addons, clients, db.clone()),
        built_in,
    };
    Discovery::new(settings, parts)
}

/// The indexers that are part of this server. The Archive is asked only if the operator has chosen collections.
fn built_in(config: &Config, movies: &OpenMovies, library: &Library, clients: &Clients) -> Vec<BuiltIn> {
    let mut all = vec![
        BuiltIn { indexer: Arc::new(library.clone()), settings: None },
        BuiltIn { indexer: Arc::new(movies.clone()), settings: None },
    ];
    let DiscoveryConfig { archive_url, archive_collections, .. } = &config.discovery;
    if !archive_collections.is_empty() {
        let client = clients.own().clone();
        let archive = Archive::new(archive_url.clone(), archive_collections.clone(), client);
        let settings = Some(format!("{archive_url} {}", archive_collections.join(" ")));
        all.push(BuiltIn { indexer: Arc::new(archive), settings });
    }
    all
}

fn stream_lists(
    config: &Config,
    discovery: &Discovery,
    cache: &Cache,
    debrid: &Debrid,
    signer: &LinkSigner,
    prepare: &Prepare,
) -> StreamLists {
    let ahead = Ahead::new(prepare.clone(), config.discovery.prewarm as usize);
    StreamLists::new(lists::Parts {
        discovery: discovery.clone(),
        cache: cache.clone(),
        debrid: debrid.clone(),
        signer: signer.clone(),
        deadline: config.discovery.deadline,
        policy: config.sources.policy,
        has_services: !config.debrid.active().is_empty(),
        prewarm: Box::new(move |offered, terms| ahead.shown(offered, terms)),
    })
}

fn swarm_settings(config: &Config) -> SwarmSettings {
    let torrent = &config.torrent;
    SwarmSettings {
        data_dir: config.server.data_dir.clone(),
        port: torrent.port,
        // Whoever wants no peers does not want to be seen in the DHT either.
        dht: torrent.dht && config.sources.policy != SourcePolicy::NeverP2p,
        dht_bootstrap: None,
        trackers: torrent.trackers.clone(),
        peer_limit: torrent.peers_per_torrent as usize,
        download_bps: torrent.download_limit,
        upload_bps: torrent.upload_limit,
        resolve_timeout: torrent.timeout,
        max_torrents: torrent.max_torrents as usize,
    }
}

async fn live(config: &Config, clients: &Clients) -> anyhow::Result<Live> {
    let recordings = ShelvesSettings {
        folder: config.server.data_dir.join("live"),
        window: config.live.dvr_window,
        most_bytes: config.live.dvr_max_bytes,
        ffmpeg: config.live.ffmpeg.as_deref().map(Ffmpeg::new),
    };
    let shelves = spawn_blocking(|| Shelves::open(recordings)).await??;
    let settings = PoolSettings {
        engines: config.live.engines.clone(),
        max_streams: config.live.max_streams_per_engine,
        cache_ttl: config.live.engine_cache_ttl,
        selection_timeout: config.live.engine_selection_timeout,
    };
    let pool = Pool::new(settings, clients.own_step().clone());
    Ok(Live::new(LiveSettings::from(&config.live), pool, shelves))
}

fn debrid_settings(config: &Config) -> DebridSettings {
    let service = |one: &ServiceConfig, tokens: &[SecretString]| ServiceSettings {
        service: one.service,
        tokens: tokens.to_vec(),
        base_url: one.base_url.clone(),
        user_agent: one.user_agent.clone(),
        proxy: one.proxy.clone(),
    };
    let active = config.debrid.active();
    let others = config.debrid.services.iter();
    // Profiles may have accounts where the operator has none or uses none.
    let others = others.filter(|one| active.iter().all(|other| other.service != one.service));
    let services = active.iter().map(|one| service(one, &one.tokens));
    DebridSettings {
        services: services.chain(others.map(|one| service(one, &[]))).collect(),
        uncached: config.debrid.uncached,
        wait: config.debrid.wait,
        keep: config.debrid.keep,
    }
}

fn http_settings(config: &Config) -> HttpSettings {
    HttpSettings {
        web_seeds: config.sources.web_seeds,
        content_urls: config.sources.content_urls.clone(),
        webtor_url: config.sources.webtor_url.clone(),
    }
}

fn prepare_room(config: &Config, sources: Vec<Arc<dyn Source>>, debrid: Debrid) -> Prepare {
    let settings = PrepareSettings {
        ready_lifetime: config.playback.ready_time,
        // The rest of the places is for torrents that are on their way or watched.
        ready_torrents: (u64::from(config.torrent.max_torrents) * 3 / 4).max(1),
        progress_interval: config.playback.progress_interval,
        hedge_after: config.sources.hedge_after,
        retries: config.torrent.retries,
    };
    let chain = Chain::new(sources, config.sources.policy.into(), settings);
    Prepare::new(chain.with_accounts(move |terms| debrid.sources_for(terms)), settings)
}

/// Asks the services about their accounts once, and deletes what nobody uses there any more.
async fn tend_services(debrid: Debrid, stop: CancellationToken) {
    let work = async {
        debrid.inspect().await;
        let mut pulse = interval(TEND_SERVICES_EVERY);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            pulse.tick().await;
            debrid.tend().await;
        }
    };
    stop.run_until_cancelled(work).await;
}

/// Drops the profiles that nobody uses any more.
async fn tend_profiles(access: Access, stop: CancellationToken) {
    let work = async {
        let mut pulse = interval(TEND_PROFILES_EVERY);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            pulse.tick().await;
            match access.drop_unused().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "dropped profiles that nobody has used for a year"),
                Err(error) => tracing::warn!(%error, "unused profiles cannot be dropped"),
            }
        }
    };
    stop.run_until_cancelled(work).await;
}

/// Makes the lists of titles that are on somebody's screen.
async fn tend_screens(app: Arc<App>, stop: CancellationToken) {
    stop.run_until_cancelled(app.viewport.work(&app.streams)).await;
}

/// Saves, lets go and cleans, until the server stops.
async fn tend(prepare: Prepare, cache: Cache, sweep: Duration, stop: CancellationToken) {
    let (mut saving, mut sweeping) = (interval(TEND_EVERY), interval(sweep));
    saving.set_missed_tick_behavior(MissedTickBehavior::Delay);
    sweeping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let clean = tokio::select! {
            () = stop.cancelled() => return,
            _ = saving.tick() => false,
            _ = sweeping.tick() => true,
        };
        prepare.tend();
        let cache = cache.clone();
        let work = spawn_blocking(move || {
            if clean {
                cache.clean(false);
            } else {
                cache.tend();
            }
        });
        if let Err(error) = work.await {
            tracing::error!(%error, "the cache could not be tended");
        }
    }
}

fn unusable(folder: &Path) -> String {
    format!("{} cannot be used; HEADWATER_DATA_DIR chooses another folder", folder.display())
}
