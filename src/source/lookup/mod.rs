//! Finding the .torrent file of an info-hash without the swarm: in the request, in the database, and at the places
//! on the web that the request or the operator names. What comes back is never believed: its info-hash is
//! computed.

mod download;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, Shared, WeakShared};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use moka::sync::Cache as Moka;
use tokio::sync::Semaphore;
use url::Url;

use self::download::Body;
use super::Request;
use super::http::{Blanks, Template};
use super::torrent::{MagnetHints, parse_magnet, parse_metainfo};
use crate::db::Database;
use crate::domain::{InfoHash, Metainfo};
use crate::net::Clients;

/// For how long a place is not asked again for a torrent that it did not have.
const ABSENT: Duration = Duration::from_secs(2 * 60);

/// For how long a template is not used after it sent something else than asked for, or nothing at all.
const COOL_DOWN: Duration = Duration::from_secs(10 * 60);

/// Places remembered as not having a torrent; a bound on memory.
const MOST_ABSENT: u64 = 10_000;

/// Addresses remembered as trusted; a bound on memory. One that is forgotten is asked as a stranger's.
const MOST_TRUSTED: u64 = 100_000;

/// What an address of an indexer leads to.
#[derive(Debug, Clone)]
pub enum Linked {
    /// A .torrent file.
    Torrent(Found),
    /// A magnet link.
    Magnet(MagnetHints),
}

/// A torrent's file table with the .torrent file it was read from.
pub type Found = (Arc<Metainfo>, Bytes);

/// .torrent files fetched at the same time: each may take 10 MiB of memory.
const MOST_DOWNLOADS: usize = 16;

/// Where .torrent files are looked up. Cheap to clone.
#[derive(Clone)]
pub struct Lookup {
    inner: Arc<Inner>,
}

struct Inner {
    clients: Clients,
    templates: Vec<Template>,
    db: Database,
    flights: Mutex<HashMap<InfoHash, WeakShared<Flight>>>,
    absent: Moka<(InfoHash, Url), ()>,
    cooling: Moka<usize, ()>,
    /// Addresses that the operator's own indexers have named on their own hosts.
    trusted: Moka<Url, ()>,
    /// Each holder may have a whole .torrent in memory.
    room: Semaphore,
}

/// A search under way. It lives as long as somebody waits for it.
type Flight = BoxFuture<'static, Option<Found>>;

/// A place to ask.
#[derive(Clone)]
struct Place {
    url: Url,
    /// The operator's template that it comes from, by its number; `None` if the request named it.
    template: Option<usize>,
}

/// Why a place brought nothing.
enum Miss {
    /// It has not got this torrent.
    Absent,
    /// It is not fit to be asked: it does not answer, or with something else.
    Unfit(&'static str),
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookup").field("templates", &self.inner.templates.len()).finish_non_exhaustive()
    }
}

impl Lookup {
    /// A lookup that asks `templates` (addresses with `{infohash}` or `{INFOHASH}` in them) beside the places that
    /// requests name, and remembers what it finds in `db`.
    pub fn new(clients: Clients, templates: &[String], db: Database) -> Self {
        let inner = Inner {
            clients,
            templates: templates.iter().map(|text| Template::new(text)).collect(),
            db,
            flights: Mutex::default(),
            absent: Moka::builder().time_to_live(ABSENT).max_capacity(MOST_ABSENT).build(),
            cooling: Moka::builder().time_to_live(COOL_DOWN).build(),
            trusted: Moka::builder().max_capacity(MOST_TRUSTED).build(),
            room: Semaphore::new(MOST_DOWNLOADS),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whether there is a place on the web to ask about the torrent of `request` now.
    pub fn has_hints(&self, request: &Request) -> bool {
        !self.inner.places(request).is_empty()
    }

    /// The file table of the request's torrent: from the request itself, from the database, or from the first place
    /// on the web that sends the right one, within 8 seconds. However many ask for one torrent at once, each place
    /// is asked once. Cancel by dropping.
    pub async fn find(&self, request: &Request) -> Option<Found> {
        if let Some(torrent) = &request.metainfo {
            return self.keep(request.info_hash, torrent.clone()).await;
        }
        if let Some(found) = self.inner.recall(request.info_hash).await {
            return Some(found);
        }
        let (flight, mine) = self.join(request)?;
        match flight.await {
            None if !mine => {
                // The others did not know the places that only this request names.
                let (flight, _) = self.join(request)?;
                flight.await
            }
            found => found,
        }
    }

    /// What lies at an address that an indexer named: a .torrent file, which is remembered unless it is private, or a
    /// redirect to a magnet link. `None` if it is neither, or does not answer within 8 seconds.
    pub async fn follow(&self, url: &Url) -> Option<Linked> {
        // The semaphore is never closed.
        let _room = self.inner.room.acquire().await;
        let trusted = self.inner.trusted.contains_key(url);
        match download::follow(&self.inner.clients, url, trusted).await {
            Ok(Body::Torrent(body)) => {
                let found = read(body).await?;
                self.inner.remember(&found).await;
                Some(Linked::Torrent(found))
            }
            Ok(Body::Magnet(text)) => parse_magnet(&text).ok().map(Linked::Magnet),
            Err(_) => None,
        }
    }

    /// Remembers that an indexer of the operator's has named this address, and that it lies on that indexer's own
    /// host: it may then be in a private network, as the indexer is.
    pub fn trust(&self, url: &Url) {
        self.inner.trusted.insert(url.clone(), ());
    }

    /// Whether [`Lookup::trust`] was told of this address.
    pub fn trusts(&self, url: &Url) -> bool {
        self.inner.trusted.contains_key(url)
    }

    /// Checks a .torrent file that claims to be of `info_hash`, and remembers it unless it is private: its trackers'
    /// addresses would be credentials then. `None` if it is of another torrent or malformed.
    pub(in crate::source) async fn keep(&self, info_hash: InfoHash, torrent: Bytes) -> Option<Found> {
        let found = check(info_hash, torrent).await?;
        self.inner.remember(&found).await;
        Some(found)
    }

    /// The search under way, or a new one, and whether it is new. `None` if there is nobody to ask.
    fn join(&self, request: &Request) -> Option<(Shared<Flight>, bool)> {
        let places = self.inner.places(request);
        let mut flights = self.inner.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = flights.get(&request.info_hash).and_then(WeakShared::upgrade);
        if let Some(flight) = under_way.filter(|flight| flight.peek().is_none()) {
            return Some((flight, false));
        }
        if places.is_empty() {
            return None;
        }
        flights.retain(|_, flight| flight.upgrade().is_some());
        let flight = search(self.inner.clone(), request.info_hash, places).boxed().shared();
        flights.insert(request.info_hash, flight.downgrade()?);
        Some((flight, true))
    }
}

impl Inner {
    /// The places worth asking now, those of the request first.
    fn places(&self, request: &Request) -> Vec<Place> {
        let info_hash = request.info_hash;
        let blanks = Blanks { info_hash, name: None, path: None, index: None, size: None };
        let named = request.exact_sources.iter().cloned().map(|url| Place { url, template: None });
        let ours = self.templates.iter().enumerate().filter_map(|(number, template)| {
            let url = template.fill(&blanks).filter(|_| !self.cooling.contains_key(&number))?;
            Some(Place { url, template: Some(number) })
        });
        named.chain(ours).filter(|place| !self.absent.contains_key(&(info_hash, place.url.clone()))).collect()
    }

    async fn recall(&self, info_hash: InfoHash) -> Option<Found> {
        let torrent = self.db.metainfo(info_hash).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "stored torrents cannot be read");
            None
        })?;
        check(info_hash, torrent.into()).await
    }

    async fn remember(&self, (metainfo, torrent): &Found) {
        if metainfo.private {
            return;
        }
        if let Err(error) = self.db.remember_metainfo(metainfo.info_hash, torrent).await {
            tracing::warn!(%error, "a torrent cannot be stored; it will be looked up again");
        }
    }

    async fn ask(&self, info_hash: InfoHash, place: &Place) -> Result<Found, Miss> {
        // The semaphore is never closed.
        let _room = self.room.acquire().await;
        let body = match place.template {
            Some(_) => download::whole(self.clients.own(), &place.url).await?,
            None => {
                let trusted = self.trusted.contains_key(&place.url);
                match download::follow(&self.clients, &place.url, trusted).await? {
                    Body::Torrent(body) => body,
                    Body::Magnet(_) => return Err(Miss::Absent),
                }
            }
        };
        check(info_hash, body).await.ok_or(Miss::Unfit("sent something else than the .torrent file"))
    }

    /// Sees to it that a place which failed is left alone for a while.
    fn avoid(&self, info_hash: InfoHash, place: &Place, miss: &Miss) {
        self.absent.insert((info_hash, place.url.clone()), ());
        let Miss::Unfit(what) = miss else { return };
        tracing::debug!(%info_hash, host = place.url.host_str(), "a place for .torrent files {what}");
        if let Some(number) = place.template {
            self.cooling.insert(number, ());
        }
    }
}

/// Asks all places at once; the first right answer counts, and the other requests are dropped.
async fn search(inner: Arc<Inner>, info_hash: InfoHash, places: Vec<Place>) -> Option<Found> {
    // Another search may have ended since the caller looked.
    if let Some(found) = inner.recall(info_hash).await {
        return Some(found);
    }
    let ask = |place: Place| {
        let inner = &inner;
        async move { inner.ask(info_hash, &place).await.map_err(|miss| (place, miss)) }
    };
    let mut answers: FuturesUnordered<_> = places.into_iter().map(ask).collect();
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(found) => {
                inner.remember(&found).await;
                return Some(found);
            }
            Err((place, miss)) => inner.avoid(info_hash, &place, &miss),
        }
    }
    None
}

/// Reads a .torrent file where that may take its time, and compares its info-hash.
async fn check(info_hash: InfoHash, torrent: Bytes) -> Option<Found> {
    read(torrent).await.filter(|(metainfo, _)| metainfo.info_hash == info_hash)
}

async fn read(torrent: Bytes) -> Option<Found> {
    let reading = tokio::task::spawn_blocking(move || {
        let metainfo = parse_metainfo(&torrent).ok()?;
        Some((Arc::new(metainfo), torrent))
    });
    reading.await.ok().flatten()
}
