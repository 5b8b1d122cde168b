//! Plain HTTP servers as sources: web seeds, an operator's own servers, a self-hosted webtor, and addresses at which
//! a content lies that no torrent describes.
//!
//! All of them bring the bytes of one file from addresses that can be asked for ranges. Where such an address comes
//! from is the business of each source; the fetcher does the rest. With the torrent's file table every piece is
//! compared with its hash, and a host that sends a wrong one is not asked for this torrent again.

mod address;
mod bans;
mod direct;
mod mirrors;
mod neighbours;
mod place;
mod silences;
mod template;
mod webseed;
mod webtor;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use url::Url;

use super::content::open_content;
use super::fetch::{self, Container, Expect, Hosts, Origin};
use super::lookup::Lookup;
use super::torrent::FileNames;
use super::{Kind, Opened, Report, Source, SourceError, Wanted};
use crate::cache::{Cache, CacheFile};
use crate::domain::{FileIndex, Metainfo};
use crate::net::Clients;
use crate::release::choose;

use self::bans::Bans;
use self::direct::Direct;
use self::silences::Silences;
use self::template::Templates;
use self::webseed::WebSeeds;
use self::webtor::Webtor;

pub(in crate::source) use address::{Blanks, Template};

/// How long each of these sources may take to open a content.
const BUDGET: Duration = Duration::from_secs(15);

/// Which HTTP sources there are.
#[derive(Clone, Default)]
pub struct HttpSettings {
    /// Whether the web seeds that torrents and requests name are used.
    pub web_seeds: bool,
    /// Addresses with blanks under which the operator's own servers hold files: `{infohash}`, `{INFOHASH}`,
    /// `{name}`, `{path}`, `{fileIdx}`, `{size}`.
    pub content_urls: Vec<String>,
    /// The base address of a self-hosted webtor REST API.
    pub webtor_url: Option<Url>,
}

impl std::fmt::Debug for HttpSettings {
    /// Shows no address: an operator's may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpSettings")
            .field("web_seeds", &self.web_seeds)
            .field("content_urls", &self.content_urls.len())
            .field("webtor", &self.webtor_url.is_some())
            .finish()
    }
}

/// The HTTP sources that the settings name, in the order of asking: the operator's own servers, web seeds, webtor; and
/// the one for contents with an address of their own, which all others leave to it.
pub fn sources(
    settings: &HttpSettings,
    cache: Cache,
    clients: Clients,
    hosts: Hosts,
    lookup: Lookup,
) -> Vec<Arc<dyn Source>> {
    let shared =
        Shared { cache, clients, hosts, lookup, bans: Bans::default(), silences: Silences::default() };
    let templates = (!settings.content_urls.is_empty())
        .then(|| HttpSource::Templates(Templates::new(&settings.content_urls, shared.clone())));
    let web_seeds = settings.web_seeds.then(|| HttpSource::WebSeeds(WebSeeds::new(shared.clone())));
    let webtor =
        settings.webtor_url.as_ref().map(|base| HttpSource::Webtor(Webtor::new(base, shared.clone())));
    let direct = Some(HttpSource::Direct(Direct::new(shared)));
    let all = [templates, web_seeds, webtor, direct].into_iter().flatten();
    all.map(|source| Arc::new(source) as Arc<dyn Source>).collect()
}

/// One of the HTTP sources, as the chain sees it.
enum HttpSource {
    Templates(Templates),
    WebSeeds(WebSeeds),
    Webtor(Webtor),
    Direct(Direct),
}

impl Source for HttpSource {
    fn name(&self) -> &'static str {
        match self {
            Self::Templates(_) => "template",
            Self::WebSeeds(_) => "webseed",
            Self::Webtor(_) => "webtor",
            Self::Direct(_) => "direct",
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Templates(_) | Self::Direct(_) => "HTTP",
            Self::WebSeeds(_) => "Web seed",
            Self::Webtor(_) => "webtor",
        }
    }

    fn kind(&self) -> Kind {
        Kind::Http
    }

    fn budget(&self) -> Duration {
        BUDGET
    }

    fn open<'a>(
        &'a self,
        wanted: &'a Wanted,
        report: &'a Report,
    ) -> BoxFuture<'a, Result<Opened, SourceError>> {
        let of_torrent = |looking: BoxFuture<'a, Result<Opened, SourceError>>| match wanted.request.torrent()
        {
            Ok(_) => looking,
            Err(error) => futures::future::ready(Err(error)).boxed(),
        };
        match self {
            Self::Templates(source) => of_torrent(source.look(wanted, report).boxed()),
            Self::WebSeeds(source) => of_torrent(source.look(wanted, report).boxed()),
            Self::Webtor(source) => of_torrent(source.look(wanted, report).boxed()),
            Self::Direct(source) => source.look(wanted, report).boxed(),
        }
    }
}

/// What all HTTP sources work with.
#[derive(Debug, Clone)]
struct Shared {
    cache: Cache,
    clients: Clients,
    hosts: Hosts,
    lookup: Lookup,
    bans: Bans,
    silences: Silences,
}

/// A torrent's file table, the names in it as they are spelt, and the file that is wanted.
#[derive(Debug)]
struct Listing {
    metainfo: Arc<Metainfo>,
    names: FileNames,
    index: FileIndex,
}

impl Listing {
    /// Reads the .torrent file and finds the wanted file in it.
    fn of(metainfo: Arc<Metainfo>, torrent: &[u8], wanted: &Wanted) -> Result<Self, SourceError> {
        let choice = wanted.request.file;
        let index =
            choose(&metainfo.files, choice).map_err(|error| SourceError::NoSuchFile(error.to_string()))?;
        let nameless = || SourceError::NotHere("the torrent has no name to ask for".to_owned());
        Ok(Self { names: FileNames::of(torrent).ok_or_else(nameless)?, metainfo, index })
    }
}

impl Shared {
    /// The cache file of the listed content, or the one that another source writes already if it is the same.
    async fn file(&self, wanted: &Wanted, listing: &Listing) -> Result<CacheFile, SourceError> {
        let Some(known) = &wanted.known else {
            return open_content(&self.cache, &listing.metainfo, listing.index).await;
        };
        let stand_in = wanted.request.file.stand_in();
        let index = known.file.key().file;
        let length = listing.metainfo.file(listing.index).map(|file| file.length);
        if (index != listing.index && Some(index) != stand_in) || length != Some(known.file.length()) {
            return Err(SourceError::NotHere("another file is being played".to_owned()));
        }
        Ok(known.file.clone())
    }
}

/// Begins to fill `file` from `origin`, unless it is complete.
async fn begin(
    file: CacheFile,
    metainfo: Option<Arc<Metainfo>>,
    origin: Arc<dyn Origin>,
) -> Result<Opened, SourceError> {
    if file.is_complete() {
        return Ok(Opened { file, metainfo, writer: None });
    }
    let expect = Expect { container: Container::of_name(file.name()) };
    let writer = fetch::start(file.clone(), origin, expect).await?;
    Ok(Opened { file, metainfo, writer: Some(writer) })
}
