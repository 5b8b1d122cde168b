//! A film that can be had in four ways, each of which can be slowed down, killed and revived while it plays.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;

use crate::support::cdn::{Cdn, Fault, Scope};
use crate::support::chaos::Chaos;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::{Fake, FakeAccount, Title, TitleFile, World};
use crate::support::http::escape;
use crate::support::media;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{Libtorrent, PIECE, Share};

/// The token of the account at the fake service.
pub(super) const TOKEN: &str = "SECRET-REALDEBRID-TOKEN";

/// One way of getting a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    P2p,
    Debrid,
    WebSeed,
    Http,
}

/// A film and its ways.
pub(super) struct Film {
    pub(super) share: Share,
    _seed: Libtorrent,
    peer: Chaos,
}

/// The services around a server, and the server.
pub(super) struct Stage {
    pub(super) server: Headwater,
    pub(super) cdn: Cdn,
    pub(super) debrid: Fake,
    world: World,
    web_seed: Chaos,
    http: Chaos,
    ways: Vec<Way>,
    /// Whether the magnet links say where the .torrent lies.
    pub(super) with_table: bool,
    /// Bytes in a piece of the films that are made.
    pub(super) piece: usize,
}

impl Stage {
    /// A server that may use `ways`, with more settings by `adjust`.
    pub(super) fn new(ways: &[Way], adjust: impl FnOnce(Setup) -> Setup) -> Self {
        let cdn = Cdn::start();
        let world = World::new(cdn.links("realdebrid"));
        let debrid = Fake::start(&world, REAL_DEBRID, vec![FakeAccount::fine(TOKEN)]);
        let files: SocketAddr = address(&cdn.web_seed_url());
        let (web_seed, http) = (Chaos::start(files), Chaos::start(files));
        let mut setup = Setup::new().env("HEADWATER_PRIVATE_ADDRESSES", "true");
        if ways.contains(&Way::Debrid) {
            setup =
                setup.env("HEADWATER_REALDEBRID_TOKEN", TOKEN).env("HEADWATER_REALDEBRID_URL", &debrid.base);
        }
        if ways.contains(&Way::Http) {
            let urls =
                format!("http://{0}/seed/{{path}},http://{0}/seed/{{infohash}}-{{fileIdx}}.mkv", http.addr);
            setup = setup.env("HEADWATER_CONTENT_URLS", &urls);
        }
        let server = adjust(setup).start();
        Self {
            server,
            cdn,
            debrid,
            world,
            web_seed,
            http,
            ways: ways.to_vec(),
            with_table: true,
            piece: PIECE,
        }
    }

    /// Makes a film of random bytes but for the first four that can be had in every way.
    pub(super) fn film(&self, name: &str, seed: u64, length: usize) -> Film {
        self.film_of_versions(name, seed, length, false)
    }

    /// The same, but the operator's server has another version of the same length.
    pub(super) fn film_with_another_version(&self, name: &str, seed: u64, length: usize) -> Film {
        self.film_of_versions(name, seed, length, true)
    }

    fn film_of_versions(&self, name: &str, seed: u64, length: usize, another: bool) -> Film {
        let mut bytes = media::random(seed, length);
        // What a Matroska file begins with: sources look whether the file is one.
        bytes[..4].copy_from_slice(&[0x1a, 0x45, 0xdf, 0xa3]);
        let share = Share::single(name, bytes, self.piece, &[]);
        let bytes = Arc::new(share.files[0].clone());
        self.cdn.add_title(&share.info_hash, name, &[(name, bytes.clone())]);
        let mut there = bytes.clone();
        if another {
            Arc::make_mut(&mut there)[4..].iter_mut().for_each(|byte| *byte ^= 0x55);
        }
        let by_hash = format!("{}-0.mkv", share.info_hash);
        self.cdn.add_title(&format!("{}-by-hash", share.info_hash), &by_hash, &[(&by_hash, there)]);
        self.cdn.add_title(
            &format!("{}-torrent", share.info_hash),
            &format!("{name}.torrent"),
            &[(&format!("{name}.torrent"), Arc::new(share.torrent.clone()))],
        );
        self.world.add_title(Title {
            info_hash: share.info_hash.clone(),
            name: name.to_owned(),
            files: vec![TitleFile { path: name.to_owned(), bytes }],
        });
        self.debrid.set_cached(&share.info_hash, true);
        let seed = Libtorrent::start(&share, None);
        let peer = Chaos::start(SocketAddr::from(([127, 0, 0, 1], seed.port)));
        Film { share, _seed: seed, peer }
    }

    /// Starts the job of a film with every hint that its ways need, and returns the path that plays it.
    pub(super) async fn start(&self, film: &Film) -> String {
        let hash = &film.share.info_hash;
        let path = format!("/stream/prepare/{hash}?fileIndex=0");
        let (status, job) =
            self.server.post(&path, format!("{}&{}", film.share.magnet(), self.hints(film))).await;
        assert!(status.is_success(), "{status} {job}");
        format!("/stream/proxy/{hash}?fileIndex=0")
    }

    /// The path that plays a film whoever has forgotten it.
    pub(super) fn play_path(&self, film: &Film) -> String {
        format!("/stream/proxy/{}?fileIndex=0&{}", film.share.info_hash, self.hints(film))
    }

    /// Where the film can be had, as magnet links and queries say it.
    fn hints(&self, film: &Film) -> String {
        let mut hints = Vec::new();
        if self.with_table {
            let torrent = format!("{}{}.torrent", self.cdn.web_seed_url(), film.share.name());
            hints.push(format!("xs={}", escape(&torrent)));
        }
        if self.ways.contains(&Way::P2p) {
            hints.push(format!("x.pe={}", film.peer.addr));
        }
        if self.ways.contains(&Way::WebSeed) {
            hints.push(format!("ws={}", escape(&format!("http://{}/seed/", self.web_seed.addr))));
        }
        hints.join("&")
    }

    /// What each source of a film's job did.
    pub(super) async fn attempts(&self, film: &Film) -> Vec<Value> {
        let path = format!("/stream/prepare/{}?fileIndex=0", film.share.info_hash);
        let (_, job) = self.server.post(&path, "").await;
        let (_, status) = self.server.json(job["statusUrl"].as_str().expect("a job has a status")).await;
        status["attempts"].as_array().expect("a status has attempts").clone()
    }

    /// Lets a way deliver only so many bytes per second, or as fast as it can.
    pub(super) fn throttle(&self, film: &Film, way: Way, bytes_per_second: Option<u64>) {
        match self.line(film, way) {
            Some(chaos) => chaos.throttle(bytes_per_second),
            None => {
                let fault = bytes_per_second.map(|bytes_per_second| Fault::Slow { bytes_per_second });
                self.cdn.set_fault(Scope::Group("realdebrid"), fault);
            }
        }
    }

    /// Ends a way at once: open connections break, new ones are refused.
    pub(super) fn kill(&self, film: &Film, way: Way) {
        match self.line(film, way) {
            Some(chaos) => {
                chaos.refuse(true);
                chaos.cut_all();
            }
            None => self.cdn.set_fault(Scope::Group("realdebrid"), Some(Fault::Cut { after: 0 })),
        }
    }

    /// Ends the service's links for good when they have sent so many bytes from now on.
    pub(super) fn let_service_send(&self, bytes: u64) {
        let bytes = self.cdn.bytes_sent() + bytes;
        let fault = Fault::LaterOn { bytes, fault: Box::new(Fault::Cut { after: 0 }) };
        self.cdn.set_fault(Scope::Group("realdebrid"), Some(fault));
    }

    /// Lets nothing come by a way any more: open connections stay open, new ones are accepted.
    pub(super) fn silence(&self, film: &Film, way: Way) {
        match self.line(film, way) {
            Some(chaos) => chaos.stall(true),
            None => self.cdn.set_fault(Scope::Group("realdebrid"), Some(Fault::Stall { after: 0 })),
        }
    }

    /// Undoes [`Self::kill`] and [`Self::silence`].
    pub(super) fn revive(&self, film: &Film, way: Way) {
        match self.line(film, way) {
            Some(chaos) => {
                chaos.refuse(false);
                chaos.stall(false);
            }
            None => self.cdn.set_fault(Scope::Group("realdebrid"), None),
        }
    }

    /// The proxy before a way; the service's files break in their server instead.
    fn line<'a>(&'a self, film: &'a Film, way: Way) -> Option<&'a Chaos> {
        match way {
            Way::P2p => Some(&film.peer),
            Way::WebSeed => Some(&self.web_seed),
            Way::Http => Some(&self.http),
            Way::Debrid => None,
        }
    }
}

impl Drop for Stage {
    /// Whatever has happened, no secret is in the log.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let log = self.server.transcript();
        let secrets = std::iter::once(TOKEN.to_owned()).chain(self.cdn.link_ids());
        for secret in secrets {
            let leak = log.lines().find(|line| line.contains(&secret));
            assert!(leak.is_none(), "{secret} is in the log: {leak:?}");
        }
    }
}

impl Film {
    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.share.files[0]
    }
}

impl Way {
    /// What the job's records call it.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::P2p => "p2p",
            Self::Debrid => "realdebrid",
            Self::WebSeed => "webseed",
            Self::Http => "template",
        }
    }
}

/// The address in `http://address/…`.
fn address(url: &str) -> SocketAddr {
    let host = url.split('/').nth(2).expect("the URL has a host");
    host.parse().expect("the host is an address")
}
