//! A server with debrid services around it, and torrents that all of them can have.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::cdn::Cdn;
use crate::support::debrid::alldebrid::ALL_DEBRID;
use crate::support::debrid::debridlink::DEBRID_LINK;
use crate::support::debrid::offcloud::OFFCLOUD;
use crate::support::debrid::premiumize::PREMIUMIZE;
use crate::support::debrid::putio::PUT_IO;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::stremthru::STREM_THRU;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Call, Fake, FakeAccount, Links, Mode, ServiceKind, Title, TitleFile, World};
use crate::support::http::{Answer, escape};
use crate::support::media;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{PIECE, Share};

/// Every service.
pub(super) const ALL: [ServiceKind; 8] =
    [REAL_DEBRID, TORBOX, ALL_DEBRID, PREMIUMIZE, DEBRID_LINK, OFFCLOUD, PUT_IO, STREM_THRU];

/// The server and what is around it.
pub(super) struct Town {
    pub(super) server: Headwater,
    pub(super) cdn: Cdn,
    services: Vec<Neighbour>,
}

/// A service and what it knows.
struct Neighbour {
    name: &'static str,
    fake: Fake,
    world: World,
}

/// What a viewer saw of a body.
pub(super) struct Seen {
    /// How long the first byte took.
    pub(super) first_byte: Duration,
    /// The longest time without a byte after it.
    pub(super) longest_gap: Duration,
}

/// The token of the account at a service.
pub(super) fn token(service: ServiceKind) -> String {
    format!("SECRET-TOKEN-OF-{}", service.name)
}

impl Town {
    /// A server that may use `services` in this order and no peers, with more settings by `adjust`.
    pub(super) fn new(services: &[ServiceKind], adjust: impl FnOnce(Setup) -> Setup) -> Self {
        Self::with_links(services, |_, links| links, adjust)
    }

    /// The same with other links than the CDN's: `change` makes them from those.
    pub(super) fn with_links(
        services: &[ServiceKind],
        change: impl Fn(ServiceKind, Arc<dyn Links>) -> Arc<dyn Links>,
        adjust: impl FnOnce(Setup) -> Setup,
    ) -> Self {
        let cdn = Cdn::start();
        let order: Vec<&str> = services.iter().map(|service| service.name).collect();
        let mut setup = Setup::new()
            .env("HEADWATER_PRIVATE_ADDRESSES", "true")
            .env("HEADWATER_SOURCE_POLICY", "never-p2p")
            .env("HEADWATER_DEBRID_ORDER", &order.join(","));
        let mut neighbours = Vec::new();
        for service in services {
            let world = World::new(change(*service, cdn.links(service.name)));
            let fake = Fake::start(&world, *service, vec![FakeAccount::fine(&token(*service))]);
            let prefix = format!("HEADWATER_{}", service.name.to_ascii_uppercase());
            // StremThru wants to know which store the token is for.
            let store = if service.name == "stremthru" { "torbox=" } else { "" };
            setup = setup
                .env(&format!("{prefix}_TOKEN"), &format!("{store}{}", token(*service)))
                .env(&format!("{prefix}_URL"), &fake.base);
            neighbours.push(Neighbour { name: service.name, fake, world });
        }
        Self { server: adjust(setup).start(), cdn, services: neighbours }
    }

    /// A service of this town.
    pub(super) fn fake(&self, service: ServiceKind) -> &Fake {
        let found = self.services.iter().find(|neighbour| neighbour.name == service.name);
        &found.expect("the town was made with it").fake
    }

    /// All services of this town with their names.
    pub(super) fn fakes(&self) -> impl Iterator<Item = (&'static str, &Fake)> {
        self.services.iter().map(|neighbour| (neighbour.name, &neighbour.fake))
    }

    /// Makes a torrent of several films. Every service holds it, and so does the web seed.
    pub(super) fn pack(&self, name: &str, files: &[(&str, usize)]) -> Share {
        let seed = name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let numbered = (seed..).zip(files);
        let files: Vec<(Vec<&str>, Vec<u8>)> = numbered
            .map(|(seed, (path, length))| (path.split('/').collect(), matroska(seed, *length)))
            .collect();
        let share = Share::multi(name, &files, PIECE, &[]);
        self.enter(&share, name, files.iter().map(|(path, _)| path.join("/")).collect());
        share
    }

    /// Makes a torrent of one film. Every service holds it, and so does the web seed.
    pub(super) fn film(&self, name: &str, length: usize) -> Share {
        let seed = name.bytes().fold(9, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let share = Share::single(name, matroska(seed, length), PIECE, &[]);
        self.enter(&share, name, vec![name.to_owned()]);
        share
    }

    fn enter(&self, share: &Share, name: &str, paths: Vec<String>) {
        let files: Vec<TitleFile> = paths
            .into_iter()
            .zip(&share.files)
            .map(|(path, bytes)| TitleFile { path, bytes: Arc::new(bytes.clone()) })
            .collect();
        let seeded: Vec<_> = files.iter().map(|file| (file.path.as_str(), Arc::clone(&file.bytes))).collect();
        self.cdn.add_title(&share.info_hash, name, &seeded);
        for Neighbour { world, fake, .. } in &self.services {
            let (info_hash, name) = (share.info_hash.clone(), name.to_owned());
            world.add_title(Title { info_hash, name, files: files.clone() });
            fake.set_cached(&share.info_hash, true);
        }
    }

    /// Gives a torrent its peculiarities at every service.
    pub(super) fn set_modes(&self, share: &Share, modes: &[Mode]) {
        self.fakes().for_each(|(_, fake)| fake.set_modes(&share.info_hash, modes.to_vec()));
    }

    /// The web seed as a parameter of a request, with its requests listed by the CDN.
    pub(super) fn web_seed(&self) -> String {
        format!("ws={}", escape(&self.cdn.frail_web_seed_url()))
    }

    /// Starts a job with the .torrent file, so that file table and hashes are known. `query` chooses the file.
    ///
    /// # Panics
    /// If the job is not started.
    pub(super) async fn prepare(&self, share: &Share, query: &str) -> Value {
        let path = format!("/stream/prepare/{}?{query}", share.info_hash);
        let (status, job) = self.server.post(&path, share.torrent.clone()).await;
        assert!(status.is_success(), "{status} {job}");
        job
    }

    /// Asks for a whole film.
    pub(super) async fn ask(&self, share: &Share, query: &str) -> Answer {
        self.server.get(&format!("/stream/proxy/{}?{query}", share.info_hash)).await
    }

    /// Plays a whole file and compares every byte.
    ///
    /// # Panics
    /// If it does not come as it is.
    pub(super) async fn play(&self, share: &Share, query: &str, file: usize) {
        let answer = self.ask(share, query).await;
        assert_eq!(answer.status, 200, "{query}: {}\n{}", answer.text(), self.server.transcript());
        media::assert_same_bytes(&answer.body, &share.files[file], query);
    }

    /// Plays a file of a torrent whose file table is known.
    ///
    /// # Panics
    /// As [`Self::play`].
    pub(super) async fn play_known(&self, share: &Share, query: &str, file: usize) {
        self.prepare(share, query).await;
        self.play(share, query, file).await;
    }

    /// Plays the first file as [`Self::play_known`] does, and measures.
    ///
    /// # Panics
    /// If a byte is wrong or missing.
    pub(super) async fn watch(&self, share: &Share, query: &str) -> Seen {
        let began = Instant::now();
        self.prepare(share, query).await;
        let mut response = self.server.open(&format!("/stream/proxy/{}?{query}", share.info_hash)).await;
        assert!(response.status().is_success(), "{}: {}", response.status(), self.server.transcript());
        let (mut body, mut last, mut longest_gap, mut first_byte) =
            (Vec::new(), began, Duration::ZERO, Duration::ZERO);
        while let Some(chunk) = response.chunk().await.expect("the body ends as promised") {
            if body.is_empty() {
                first_byte = began.elapsed();
            } else {
                longest_gap = longest_gap.max(last.elapsed());
            }
            last = Instant::now();
            body.extend_from_slice(&chunk);
        }
        media::assert_same_bytes(&body, &share.files[0], query);
        Seen { first_byte, longest_gap }
    }

    /// What each source of a job did. The job is one that lives or has failed a moment ago.
    ///
    /// # Panics
    /// If there is none.
    pub(super) async fn attempts(&self, share: &Share, query: &str) -> Vec<Value> {
        let path = format!("/stream/prepare/{}?{query}", share.info_hash);
        let (_, job) = self.server.post(&path, "").await;
        let (_, status) = self.server.json(job["statusUrl"].as_str().expect("a job has a status")).await;
        status["attempts"].as_array().expect("a status has attempts").clone()
    }

    /// The files that were fetched from the links of a service, by name, in the order of the requests; the web
    /// seed's group is `web seed`.
    pub(super) fn fetched(&self, group: &str) -> Vec<String> {
        let requests = self.cdn.requests().into_iter().filter(|request| request.group == group);
        requests.map(|request| request.path.rsplit('/').next().unwrap_or_default().to_owned()).collect()
    }

    /// Waits until something is so; `what` is for the message.
    ///
    /// # Panics
    /// If it does not come to pass within 20 seconds.
    pub(super) async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_so() {
            let items = || self.fakes().map(|(name, fake)| (name, fake.items())).collect::<Vec<_>>();
            assert!(Instant::now() < deadline, "not so: {what}; {:?}\n{}", items(), self.server.transcript());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Bytes that the links of a service have sent; the web seed's group is `web seed`.
    pub(super) fn sent(&self, group: &str) -> u64 {
        let requests = self.cdn.requests().into_iter().filter(|request| request.group == group);
        requests.map(|request| request.bytes_sent).sum()
    }

    /// Asserts that no service got a call that its documentation does not know, or one above its limits.
    ///
    /// # Panics
    /// If one did.
    pub(super) fn assert_well_behaved(&self) {
        for (name, fake) in self.fakes() {
            assert!(fake.unexpected().is_empty(), "{name}: {:#?}", fake.unexpected());
            assert_eq!(fake.limit_violations(), 0, "{name}");
        }
    }
}

/// The calls that are about torrents. The question about the account comes at the start, at some time.
pub(super) fn about_torrents(fake: &Fake) -> Vec<Call> {
    let accounts = ["/user", "/account", "/v4/user", "/v0/store/user", "/api/account"];
    let is_account = |call: &Call| accounts.iter().any(|path| call.path.starts_with(path));
    fake.journal().into_iter().filter(|call| !is_account(call)).collect()
}

/// Random bytes that begin as Matroska does: without hashes, nothing else passes for a film.
fn matroska(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = media::random(seed, length);
    bytes[..4].copy_from_slice(&[0x1a, 0x45, 0xdf, 0xa3]);
    bytes
}
