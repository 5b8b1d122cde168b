//! From an info-hash to the torrent's file table: from the request, from the database, or from the swarm and the
//! places on the web that may have it, whichever answers first.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use librqbit::{AddTorrent, AddTorrentOptions, AddTorrentResponse};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use super::announce::Tracker;
use super::magnet::{build_magnet, is_tracker};
use super::metainfo::reduce;
use super::scout::Call;
use super::stay::Recipe;
use super::{Inner, parse_metainfo};
use crate::domain::{FileChoice, FileIndex, InfoHash, Metainfo};
use crate::source::{Report, Request, SourceError, Stage};

/// The share of the connecting phase that finding the file table may take.
const SHARE: f64 = 0.8;

/// Resolves at the same time; each dials up to a hundred peers. Others wait for their turn.
const MOST_RESOLVES: usize = 32;

/// The small client looks for metadata by itself at first; the engine joins in after this time.
const HEAD_START: Duration = Duration::from_millis(1500);

/// The resolves under way. Whoever asks for the same torrent joins; a resolve belongs to nobody's
/// request and goes on when the one who started it has left.
pub(super) struct Flights {
    under_way: Mutex<HashMap<InfoHash, UnderWay>>,
    turns: Semaphore,
}

struct UnderWay {
    flight: Flight,
    /// Told when the torrent was found elsewhere.
    elsewhere: watch::Sender<Option<Recipe>>,
}

type Flight = Shared<BoxFuture<'static, Result<Recipe, SourceError>>>;

/// What a file table is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be played at once, most likely from the torrent's start.
    Play,
    /// To be looked at; no content is to be fetched for it.
    LookUp,
}

impl Purpose {
    /// Why `request` is to be opened. Only a file that does not come first is known not to begin at the start.
    pub(super) fn of(request: &Request) -> Self {
        match request.file {
            FileChoice::Index(FileIndex(1..)) => Self::LookUp,
            FileChoice::Index(_) | FileChoice::Episode { .. } | FileChoice::Largest => Self::Play,
        }
    }
}

/// Finds the file table of the request's torrent, within the time limit of the settings.
pub(super) async fn resolve(
    inner: &Arc<Inner>,
    request: &Request,
    purpose: Purpose,
    report: &Report,
) -> Result<Recipe, SourceError> {
    if let Some(torrent) = &request.metainfo {
        let metainfo = parse_metainfo(torrent).map_err(|error| SourceError::Broken(error.to_string()))?;
        if metainfo.info_hash != request.info_hash {
            return Err(SourceError::Broken("the .torrent file belongs to another info-hash".to_owned()));
        }
        remember(inner, &metainfo, torrent).await;
        return recipe(metainfo.into(), torrent, request);
    }
    if let Some(active) = inner.registry.get(request.info_hash) {
        return Ok(active.recipe().clone());
    }
    if let Some((metainfo, torrent)) = recall(inner, request.info_hash).await {
        return recipe(metainfo.into(), &torrent, request);
    }
    if request.private {
        // Whoever asked the swarm would show a private torrent to the DHT and to trackers that are not its own.
        let (metainfo, torrent) = inner.lookup.find(request).await.ok_or_else(|| {
            SourceError::NotHere("the .torrent file of a private tracker was not found".to_owned())
        })?;
        return recipe(metainfo, &torrent, request);
    }
    race(inner, request, purpose, report).await
}

/// Asks the swarm and the web at once. The swarm may have nobody to ask while the web has the file, and the other
/// way round.
async fn race(
    inner: &Arc<Inner>,
    request: &Request,
    purpose: Purpose,
    report: &Report,
) -> Result<Recipe, SourceError> {
    let (mut looking_up, mut refused) = (inner.lookup.has_hints(request), None);
    let (flight, lookup) = (inner.flights.join(inner, request, purpose), inner.lookup.find(request));
    let (since, dialled) = (Instant::now(), inner.dialled());
    let mut pulse = tokio::time::interval(Duration::from_secs(1));
    tokio::pin!(flight, lookup);
    loop {
        tokio::select! {
            done = &mut flight, if refused.is_none() => match done {
                Err(error) if looking_up => refused = Some(error),
                done => return done,
            },
            found = &mut lookup, if looking_up => {
                looking_up = false;
                if let Some((metainfo, torrent)) = found {
                    let found = recipe(metainfo, &torrent, request)?;
                    inner.flights.end(&found);
                    return Ok(found);
                }
                if let Some(error) = refused {
                    return Err(error);
                }
            }
            _ = pulse.tick() => {
                // Somebody else may have brought the .torrent meanwhile.
                if let Some(active) = inner.registry.get(request.info_hash) {
                    return Ok(active.recipe().clone());
                }
                tell(inner, report, since, inner.tried(request.info_hash, dialled));
            }
        }
    }
}

/// Reports how the search goes, in which so many peers were `tried`.
fn tell(inner: &Inner, report: &Report, since: Instant, tried: u64) {
    let fraction = since.elapsed().as_secs_f64() / inner.settings.resolve_timeout.as_secs_f64().max(1.0);
    let message = match tried {
        0 => "Trying P2P connections...".to_owned(),
        tried => format!("Trying P2P connections... ({tried} peers)"),
    };
    report.update(Stage::Connecting, fraction.min(1.0) * SHARE, message);
}

fn recipe(metainfo: Arc<Metainfo>, torrent: &[u8], request: &Request) -> Result<Recipe, SourceError> {
    let (torrent, own_trackers) =
        reduce(torrent).ok_or_else(|| SourceError::Broken("the torrent is malformed".to_owned()))?;
    Ok(Recipe {
        metainfo,
        torrent,
        own_trackers,
        trackers: request.trackers.iter().filter(|url| is_tracker(url)).cloned().collect(),
        peers: request.peers.clone(),
    })
}

async fn recall(inner: &Inner, info_hash: InfoHash) -> Option<(Metainfo, Bytes)> {
    let torrent = inner.db.metainfo(info_hash).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "stored torrents cannot be read");
        None
    })?;
    let metainfo = parse_metainfo(&torrent).ok().filter(|metainfo| metainfo.info_hash == info_hash)?;
    Some((metainfo, torrent.into()))
}

async fn remember(inner: &Inner, metainfo: &Metainfo, torrent: &[u8]) {
    // The announce URL of a private torrent is a credential of the person who uploaded it.
    if metainfo.private {
        return;
    }
    if let Err(error) = inner.db.remember_metainfo(metainfo.info_hash, torrent).await {
        tracing::warn!(%error, "a torrent cannot be stored; it will be looked up again");
    }
}

impl Default for Flights {
    fn default() -> Self {
        Self { under_way: Mutex::default(), turns: Semaphore::new(MOST_RESOLVES) }
    }
}

impl Flights {
    fn join(&self, inner: &Arc<Inner>, request: &Request, purpose: Purpose) -> Flight {
        let mut flights = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let info_hash = request.info_hash;
        if let Some(under_way) = flights.get(&info_hash) {
            if purpose == Purpose::Play {
                inner.scouts.hurry(info_hash);
            }
            return under_way.flight.clone();
        }
        let elsewhere = watch::Sender::new(None);
        let flying = fly_on(inner.clone(), request.clone(), purpose, elsewhere.subscribe());
        let task = inner.tasks.spawn_on(flying, &inner.runtime);
        // The engine panics on some malformed file tables; that must end one resolve only.
        let malformed = || SourceError::Broken("the torrent's metadata is malformed".to_owned());
        let flight = task.map(move |done| done.unwrap_or_else(|_| Err(malformed()))).boxed().shared();
        flights.insert(info_hash, UnderWay { flight: flight.clone(), elsewhere });
        flight
    }

    /// Ends the flight of a torrent that was found elsewhere; whoever waits for it gets what was found.
    fn end(&self, found: &Recipe) {
        let flights = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = flights.get(&found.metainfo.info_hash) {
            under_way.elsewhere.send_replace(Some(found.clone()));
        }
    }

    fn land(&self, info_hash: InfoHash) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&info_hash);
    }
}

/// Removes the flight however it ends.
struct Landing(Arc<Inner>, InfoHash);

impl Drop for Landing {
    fn drop(&mut self) {
        self.0.flights.land(self.1);
    }
}

async fn fly_on(
    inner: Arc<Inner>,
    request: Request,
    purpose: Purpose,
    mut elsewhere: watch::Receiver<Option<Recipe>>,
) -> Result<Recipe, SourceError> {
    let _landing = Landing(inner.clone(), request.info_hash);
    let found = async {
        let found = elsewhere.wait_for(Option::is_some).await.ok()?;
        found.clone()
    };
    tokio::select! {
        done = fly(inner, request, purpose) => done,
        Some(found) = found => Ok(found),
    }
}

async fn fly(inner: Arc<Inner>, request: Request, purpose: Purpose) -> Result<Recipe, SourceError> {
    let limit = inner.settings.resolve_timeout;
    let dialled = inner.dialled();
    let asking = inner.stopping.run_until_cancelled(async {
        // The semaphore is never closed.
        let _turn = inner.flights.turns.acquire().await;
        ask_swarm(&inner, &request, purpose).await
    });
    let (torrent, seen) = match tokio::time::timeout(limit, asking).await {
        Ok(Some(found)) => found?,
        Ok(None) => return Err(SourceError::Transient("the server is stopping".to_owned())),
        // The engine counts for the whole process, so that only nought is certain.
        Err(_) if inner.tried(request.info_hash, dialled) == 0 => {
            return Err(SourceError::NotHere(format!("no peer has been found within {} s", limit.as_secs())));
        }
        Err(_) => {
            let reason = format!(
                "peers were found, but none sent the torrent's metadata within {} s",
                limit.as_secs()
            );
            return Err(SourceError::NotHere(reason));
        }
    };
    let metainfo = parse_metainfo(&torrent).map_err(|error| SourceError::Broken(error.to_string()))?;
    if metainfo.private {
        // It has turned out so only now. Its tracker shall not see two of us from here on.
        inner.scouts.dismiss(request.info_hash);
    }
    let (keeper, kept, bytes) = (inner.clone(), metainfo.clone(), torrent.clone());
    // Nobody has to wait for the disk.
    inner.tasks.spawn_on(async move { remember(&keeper, &kept, &bytes).await }, &inner.runtime);
    let mut found = recipe(metainfo.into(), &torrent, &request)?;
    found.peers.extend(seen);
    Ok(found)
}

/// Asks the swarm for the metadata (BEP 9). Ends only with an answer, or when nobody is left to ask.
async fn ask_swarm(
    inner: &Inner,
    request: &Request,
    purpose: Purpose,
) -> Result<(Bytes, Vec<SocketAddr>), SourceError> {
    let trackers = inner.distinct(inner.settings.trackers.iter().chain(&request.trackers));
    if trackers.is_empty() && request.peers.is_empty() && !inner.settings.dht {
        let reason = "no tracker, DHT or peer is known that could have this torrent";
        return Err(SourceError::NotHere(reason.to_owned()));
    }
    let call =
        Call { info_hash: request.info_hash, trackers: trackers.clone(), peers: request.peers.clone() };
    let sprint = inner.scouts.send(&call);
    if purpose == Purpose::Play && inner.settings.download_bps.is_none() {
        sprint.hurry();
    }
    let head_start = if inner.can_ask(&call) { HEAD_START } else { Duration::ZERO };
    let by_engine = async {
        // Many peers take one connection from an address, and those of the small client are kept for the bytes.
        tokio::time::sleep(head_start).await;
        ask_engine(inner, request, &trackers).await
    };
    tokio::select! {
        Some(info) = sprint.metadata() => Ok(([b"d4:info".as_slice(), &info, b"e"].concat().into(), Vec::new())),
        found = by_engine => found,
    }
}

/// Has the engine ask, which also speaks uTP.
async fn ask_engine(
    inner: &Inner,
    request: &Request,
    trackers: &[Tracker],
) -> Result<(Bytes, Vec<SocketAddr>), SourceError> {
    let magnet = build_magnet(request.info_hash, trackers.iter().map(|tracker| &tracker.url));
    let options = AddTorrentOptions {
        list_only: true,
        sub_folder: Some(request.info_hash.to_string()),
        initial_peers: Some(request.peers.clone()),
        ..Default::default()
    };
    match inner.session.add_torrent(AddTorrent::from_url(magnet), Some(options)).await {
        Ok(AddTorrentResponse::ListOnly(found)) => Ok((found.torrent_bytes, found.seen_peers)),
        Ok(_) => Err(SourceError::Transient("the torrent engine gave an unexpected answer".to_owned())),
        Err(error) => {
            // The engine has one error for having run out of peers. The others are about the metadata, whose
            // hash was compared: the torrent itself is at fault.
            let text = format!("{error:#}");
            Err(if text.contains("exhausted") {
                let reason = "peers were found, but none sent the torrent's metadata";
                SourceError::NotHere(reason.to_owned())
            } else {
                SourceError::Broken(format!("the torrent is not usable: {text}"))
            })
        }
    }
}
