//! A real server, fakes of the services it uses, and films that they know.

use std::collections::BTreeSet;
use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;

use super::services::Service;
use crate::support::cdn::{Cdn, CdnRequest};
use crate::support::debrid::{Call, Fake, FakeAccount, Title, TitleFile, World};
use crate::support::http::Answer;
use crate::support::media;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{PIECE, Share};

/// How a Matroska file begins (RFC 9559); the server looks.
const MATROSKA: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];

/// What stands on the stage. The server goes first when it is dropped.
pub(super) struct Scene {
    pub(super) server: Headwater,
    pub(super) cdn: Cdn,
    stands: Vec<Stand>,
}

/// One service.
struct Stand {
    service: &'static Service,
    fake: Fake,
    world: World,
}

/// A torrent of one film.
pub(super) struct Film {
    pub(super) share: Share,
}

/// The token of the account at a service.
pub(super) fn token(service: &Service) -> String {
    format!("secret-token-{}", service.kind.name)
}

impl Scene {
    /// A server that may use these services, in this order, and no peers; `adjust` is given the settings and the
    /// address of each service.
    pub(super) fn start(
        services: &[&'static Service],
        adjust: impl FnOnce(Setup, &dyn Fn(&Service) -> String) -> Setup,
    ) -> Self {
        let cdn = Cdn::start();
        let stand = |service: &&'static Service| {
            let world = World::new(cdn.links(service.kind.name));
            let fake = Fake::start(&world, service.kind, vec![FakeAccount::fine(&token(service))]);
            Stand { service, fake, world }
        };
        let stands: Vec<Stand> = services.iter().map(stand).collect();
        let order: Vec<&str> = services.iter().map(|service| service.kind.name).collect();
        let mut setup = Setup::new()
            .env("HEADWATER_SOURCE_POLICY", "never-p2p")
            .env("HEADWATER_DEBRID_ORDER", &order.join(","))
            .env("HEADWATER_DEBRID_UNCACHED", "false");
        for Stand { service, fake, .. } in &stands {
            let variable = format!("HEADWATER_{}", service.kind.name.to_uppercase());
            let access = format!("{}{}", service.store, token(service));
            setup =
                setup.env(&format!("{variable}_TOKEN"), &access).env(&format!("{variable}_URL"), &fake.base);
        }
        let base = |wanted: &Service| {
            let stand = stands.iter().find(|stand| stand.service.kind.name == wanted.kind.name);
            stand.map(|stand| stand.fake.base.clone()).expect("the service is on the stage")
        };
        let server = adjust(setup, &base).start();
        Self { server, cdn, stands }
    }

    /// The same with no more settings.
    pub(super) fn plain(services: &[&'static Service]) -> Self {
        Self::start(services, |setup, _| setup)
    }

    /// The fake of a service.
    pub(super) fn fake(&self, service: &Service) -> &Fake {
        let stand = self.stands.iter().find(|stand| stand.service.kind.name == service.kind.name);
        &stand.expect("the service is on the stage").fake
    }

    /// A film that every service could fetch and none holds.
    pub(super) fn film(&self, seed: u64, length: usize) -> Film {
        let mut bytes = media::random(seed, length);
        bytes[..4].copy_from_slice(&MATROSKA);
        let share = Share::single(&format!("Film {seed}.mkv"), bytes.clone(), PIECE, &[]);
        // One content for all services, because the file server tells contents apart by their address.
        let bytes = Arc::new(bytes);
        for stand in &self.stands {
            stand.world.add_title(Title {
                info_hash: share.info_hash.clone(),
                name: share.name().to_owned(),
                files: vec![TitleFile { path: share.name().to_owned(), bytes: Arc::clone(&bytes) }],
            });
        }
        Film { share }
    }

    /// A film that every service holds.
    pub(super) fn held_film(&self, seed: u64, length: usize) -> Film {
        let film = self.film(seed, length);
        self.stands.iter().for_each(|stand| stand.fake.set_cached(&film.share.info_hash, true));
        film
    }

    /// Tells the server the file table, and with it the hash of every piece.
    pub(super) async fn introduce(&self, film: &Film) {
        let (status, job) = self.server.post(&film.prepare(), film.share.torrent.clone()).await;
        assert!(status.is_success(), "{status} {job}");
    }

    /// Plays a film from its start to its end.
    ///
    /// # Panics
    /// If a byte is wrong or missing.
    pub(super) async fn play(&self, film: &Film) {
        let answer = self.server.get(&film.path()).await;
        assert_eq!(answer.status, 200, "{}\n{}", answer.text(), self.server.transcript());
        media::assert_same_bytes(&answer.body, film.bytes(), &film.path());
    }

    /// Reads `length` bytes from `from` on.
    ///
    /// # Panics
    /// If a byte is wrong or missing.
    pub(super) async fn seek(&self, film: &Film, from: usize, length: usize) {
        let to = (from + length).min(film.bytes().len()) - 1;
        let answer = self.server.range(&film.path(), from as u64, to as u64).await;
        assert_eq!(answer.status, 206, "{}\n{}", answer.text(), self.server.transcript());
        media::assert_same_bytes(&answer.body, &film.bytes()[from..=to], &film.path());
    }

    /// Sends one request for a film, without following redirects.
    pub(super) async fn ask(&self, film: &Film, method: Method, headers: &[(&str, &str)]) -> Answer {
        self.server.send(method, &film.path(), headers, Vec::new()).await
    }

    /// What each source of a film's job did.
    pub(super) async fn attempts(&self, film: &Film) -> Vec<Value> {
        let (_, job) = self.server.post(&film.prepare(), "").await;
        let (_, status) = self.server.json(job["statusUrl"].as_str().expect("a job has a status")).await;
        status["attempts"].as_array().expect("a status has attempts").clone()
    }

    /// The calls of a service after the first `before`, without those that ask about the account.
    pub(super) fn calls_since(&self, service: &Service, before: usize) -> Vec<Call> {
        let is_flow = |call: &Call| {
            !["/user", "/account", "/v4/user", "/api/account", "/v0/store/user"]
                .iter()
                .any(|path| call.path.starts_with(path))
        };
        self.fake(service).journal().into_iter().skip(before).filter(is_flow).collect()
    }

    /// The links of a service that the server has used, by their paths.
    pub(super) fn links_used(&self, service: &Service) -> BTreeSet<String> {
        let of_service = |request: &CdnRequest| request.group == service.kind.name;
        self.cdn.requests().into_iter().filter(of_service).map(|request| request.path).collect()
    }

    /// Asserts that no service was asked for what it does not document, or too often.
    pub(super) fn nobody_was_annoyed(&self) {
        for Stand { service, fake, .. } in &self.stands {
            let name = service.kind.name;
            assert!(fake.unexpected().is_empty(), "{name}: {:#?}", fake.unexpected());
            assert_eq!(fake.limit_violations(), 0, "{name}: {:#?}", fake.journal());
        }
    }
}

impl Film {
    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.share.files[0]
    }

    /// The path that plays it.
    pub(super) fn path(&self) -> String {
        format!("/stream/proxy/{}?fileIndex=0", self.share.info_hash)
    }

    /// The path that prepares it.
    pub(super) fn prepare(&self) -> String {
        format!("/stream/prepare/{}?fileIndex=0", self.share.info_hash)
    }
}
