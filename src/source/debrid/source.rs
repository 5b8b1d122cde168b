//! Services as sources of the chain: each for what it holds, and all together for what has to be fetched first.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::Instant;

use super::flow::{Errand, Found, Mode, Start, Step};
use super::matching::Target;
use super::miss::Miss;
use super::origin::DebridOrigin;
use super::provider::Provider;
use super::service::ServiceError;
use crate::cache::{Cache, CacheFile};
use crate::db::Database;
use crate::domain::{FileIndex, Metainfo};
use crate::release::{choose, is_subtitle, is_video};
use crate::source::content::{open_content, open_unproved};
use crate::source::fetch::{self, Container, Expect};
use crate::source::lookup::Lookup;
use crate::source::torrent::{build_magnet, is_tracker, parse_metainfo};
use crate::source::{Kind, Opened, Report, Source, SourceError, Stage, Wanted};

/// How long the web may take to say what is in the torrent before the service is asked without knowing it.
const LOOKUP: Duration = Duration::from_secs(2);

/// A flow among what is held takes 15 seconds at most; the rest is for the first response of the file server.
const BUDGET: Duration = Duration::from_secs(20);

/// Bytes. Clips that tell a viewer of an error are shorter, and hardly any video that is played is.
const LEAST_UNTOLD: u64 = 20_000_000;

/// What all sources of the room share.
pub(super) struct Core {
    /// Whether a service may be asked to fetch what it does not hold yet.
    pub(super) uncached: bool,
    /// How long such a fetch may take.
    pub(super) wait: Duration,
    pub(super) cache: Cache,
    pub(super) db: Database,
    pub(super) lookup: Lookup,
}

/// One source for each service, for what it holds, and one more for what has to be fetched first, if that is wanted.
pub(super) fn sources(core: &Arc<Core>, providers: &[Arc<Provider>]) -> Vec<Arc<dyn Source>> {
    let holding = providers.iter().map(|provider| {
        Arc::new(Holding { core: core.clone(), provider: provider.clone() }) as Arc<dyn Source>
    });
    let fetching = (core.uncached && !providers.is_empty())
        .then(|| Arc::new(Fetching { core: core.clone(), providers: providers.to_vec() }) as Arc<dyn Source>);
    holding.chain(fetching).collect()
}

/// One service, asked for what it holds already.
struct Holding {
    core: Arc<Core>,
    provider: Arc<Provider>,
}

/// Somebody's services, asked in their order to fetch what they do not hold.
struct Fetching {
    core: Arc<Core>,
    providers: Vec<Arc<Provider>>,
}

impl Source for Holding {
    fn name(&self) -> &'static str {
        self.provider.id.name()
    }

    fn label(&self) -> &'static str {
        self.provider.id.label()
    }

    fn kind(&self) -> Kind {
        Kind::Debrid
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn open<'a>(
        &'a self,
        wanted: &'a Wanted,
        report: &'a Report,
    ) -> BoxFuture<'a, Result<Opened, SourceError>> {
        async move {
            // A service that holds a video may have the texts for it, too.
            let plan =
                plan(&self.core, wanted, self.label(), |path| is_video(path) || is_subtitle(path)).await?;
            let found = ask(&self.provider, &plan.errand, Mode::Cached, report).await;
            let found = found.map_err(|miss| miss.told_by(self.label()))?;
            open(&self.core, &self.provider, wanted, plan, found).await
        }
        .boxed()
    }
}

impl Source for Fetching {
    fn name(&self) -> &'static str {
        "debrid"
    }

    fn label(&self) -> &'static str {
        "Debrid"
    }

    fn kind(&self) -> Kind {
        Kind::Fetching
    }

    fn budget(&self) -> Duration {
        self.core.wait
    }

    fn open<'a>(
        &'a self,
        wanted: &'a Wanted,
        report: &'a Report,
    ) -> BoxFuture<'a, Result<Opened, SourceError>> {
        async move {
            // Nobody's account is filled for a text.
            let plan = plan(&self.core, wanted, self.label(), is_video).await?;
            let (provider, found) = self.fetched(&plan.errand, report).await?;
            open(&self.core, &provider, wanted, plan, found).await
        }
        .boxed()
    }
}

impl Fetching {
    /// Asks one service after the other. One whose account has no free place is waited for only when all others
    /// have failed.
    async fn fetched(
        &self,
        errand: &Arc<Errand>,
        report: &Report,
    ) -> Result<(Arc<Provider>, Found), SourceError> {
        let until = Instant::now() + self.core.wait;
        let (mut full, mut reasons) = (None, Vec::new());
        for provider in &self.providers {
            let wait = until.saturating_duration_since(Instant::now());
            match ask(provider, errand, Mode::Fetching { wait, queue: false }, report).await {
                Ok(found) => return Ok((provider.clone(), found)),
                Err(Miss::Service(ServiceError::TooManyActive)) if full.is_none() => full = Some(provider),
                Err(miss) => reasons.push(miss.told_by(provider.id.label())),
            }
        }
        if let Some(provider) = full {
            let wait = until.saturating_duration_since(Instant::now());
            match ask(provider, errand, Mode::Fetching { wait, queue: true }, report).await {
                Ok(found) => return Ok((provider.clone(), found)),
                Err(miss) => reasons.push(miss.told_by(provider.id.label())),
            }
        }
        let is_passing = reasons.iter().any(|reason| matches!(reason, SourceError::Transient(_)));
        let text = reasons.iter().map(SourceError::to_string).collect::<Vec<_>>().join("; ");
        Err(if is_passing { SourceError::Transient(text) } else { SourceError::NotHere(text) })
    }
}

/// What is asked for, and what is known of it.
struct Plan {
    errand: Arc<Errand>,
    table: Option<(Arc<Metainfo>, FileIndex)>,
}

/// What to ask for, if it is a file that may be asked for: whoever knows a hash must not have anything fetched here.
async fn plan(
    core: &Core,
    wanted: &Wanted,
    label: &str,
    is_allowed: impl Fn(&str) -> bool,
) -> Result<Plan, SourceError> {
    let request = &wanted.request;
    request.torrent()?;
    let (metainfo, torrent) = metainfo(core, wanted).await?;
    if request.private || metainfo.as_ref().is_some_and(|metainfo| metainfo.private) {
        let reason = format!("{label}: a private torrent is never handed to others");
        return Err(SourceError::NotHere(reason));
    }
    let table = match metainfo {
        Some(metainfo) => {
            let index = choose(&metainfo.files, request.file);
            let index = index.map_err(|error| SourceError::NoSuchFile(error.to_string()))?;
            Some((metainfo, index))
        }
        None => None,
    };
    let target = match &table {
        Some((metainfo, index)) => {
            let missing = || SourceError::NoSuchFile(format!("the torrent has no file with index {index}"));
            let entry = metainfo.file(*index).ok_or_else(missing)?;
            if !is_allowed(&entry.path) {
                let reason = format!("{label}: not asked for files like this one");
                return Err(SourceError::NotHere(reason));
            }
            Target::File { path: entry.path.clone(), length: entry.length }
        }
        None => Target::Choice(request.file),
    };
    let trackers = request.trackers.iter().filter(|url| is_tracker(url));
    let magnet = build_magnet(request.info_hash, trackers);
    let errand = Errand { info_hash: request.info_hash, target, magnet, torrent };
    Ok(Plan { errand: Arc::new(errand), table })
}

/// The file table where somebody knows it, and the .torrent file where we have it.
async fn metainfo(
    core: &Core,
    wanted: &Wanted,
) -> Result<(Option<Arc<Metainfo>>, Option<Bytes>), SourceError> {
    let request = &wanted.request;
    let stored = match &request.metainfo {
        Some(torrent) => Some(torrent.clone()),
        None => core.db.metainfo(request.info_hash).await.unwrap_or_default().map(Bytes::from),
    };
    let stored = match stored {
        // With the table every byte can be proved, but a viewer waits.
        None if wanted.known.is_none() && core.lookup.has_hints(request) => {
            let found = tokio::time::timeout(LOOKUP, core.lookup.find(request)).await;
            found.ok().flatten().map(|(_, torrent)| torrent)
        }
        stored => stored,
    };
    if let Some(metainfo) = wanted.known.as_ref().and_then(|known| known.metainfo.clone()) {
        return Ok((Some(metainfo), stored));
    }
    let Some(torrent) = stored else { return Ok((None, None)) };
    let metainfo = parse_metainfo(&torrent).map_err(|error| SourceError::Broken(error.to_string()))?;
    if metainfo.info_hash != request.info_hash {
        return Err(SourceError::Broken("the .torrent file belongs to another info-hash".to_owned()));
    }
    Ok((Some(Arc::new(metainfo)), Some(torrent)))
}

async fn ask(
    provider: &Arc<Provider>,
    errand: &Arc<Errand>,
    mode: Mode,
    report: &Report,
) -> Result<Found, Miss> {
    let label = provider.id.label();
    report.update(Stage::Connecting, 0.0, format!("Asking {label}..."));
    let told = |step: &Step| {
        report.update(Stage::Connecting, step.fraction * 0.9, format!("{label}: {}", step.message));
    };
    provider.find(errand, mode, Start::Anywhere, &told).await
}

/// Opens the cache file of what was found, and starts to fill it.
async fn open(
    core: &Core,
    provider: &Arc<Provider>,
    wanted: &Wanted,
    plan: Plan,
    found: Found,
) -> Result<Opened, SourceError> {
    let label = provider.id.label();
    let is_compared = wanted.known.is_some() || plan.table.is_some();
    let length = length(provider, &plan.errand, &found, is_compared).await?;
    let file = match (&wanted.known, &plan.table) {
        (Some(known), _) => known.file.clone(),
        (None, Some((metainfo, index))) => open_content(&core.cache, metainfo, *index).await?,
        (None, None) => {
            let name = found.file.path.rsplit('/').next().unwrap_or_default();
            let request = &wanted.request;
            open_unproved(&core.cache, request.info_hash, request.file, length, name).await?
        }
    };
    if file.length() != length {
        // Perhaps only this link is wrong.
        provider.links.drop_link(&(plan.errand.info_hash, plan.errand.target.clone()));
        let reason = format!("{label}: its file has {length} bytes instead of {}", file.length());
        return Err(SourceError::NotHere(reason));
    }
    let metainfo = match &wanted.known {
        Some(known) => known.metainfo.clone(),
        None => plan.table.map(|(metainfo, _)| metainfo),
    };
    let writer =
        if file.is_complete() { None } else { Some(start(provider, plan.errand, found, &file).await?) };
    Ok(Opened { file, metainfo, writer })
}

async fn start(
    provider: &Arc<Provider>,
    errand: Arc<Errand>,
    found: Found,
    file: &CacheFile,
) -> Result<crate::source::Writer, SourceError> {
    let expect = Expect { container: Container::of_name(file.name()) };
    let origin = DebridOrigin::new(provider.clone(), errand, found);
    fetch::start(file.clone(), Arc::new(origin), expect).await
}

/// Bytes of the file: as the service says, or as the file server says where the service does not. The latter is
/// believed of what is no clip about an error, unless there is another length that it is compared with.
async fn length(
    provider: &Arc<Provider>,
    errand: &Errand,
    found: &Found,
    is_compared: bool,
) -> Result<u64, SourceError> {
    if let Some(length) = found.link.size.or(found.file.size) {
        return Ok(length);
    }
    let link = DebridOrigin::link_to(provider, found);
    let probe = fetch::probe(&link).await;
    let label = provider.id.label();
    let length = probe
        .map(|probe| probe.length)
        .map_err(|refusal| SourceError::Transient(format!("{label}: {refusal}")))?;
    if length < LEAST_UNTOLD && !is_compared {
        provider.links.drop_link(&(errand.info_hash, errand.target.clone()));
        let reason = format!("{label}: {length} bytes are too few for the video (an error clip?)");
        return Err(SourceError::NotHere(reason));
    }
    Ok(length)
}
