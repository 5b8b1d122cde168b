//! A server without accounts of its own, services that know two people, and their profiles.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use headwater::access::{Access, AccessSettings};
use headwater::config::SourcePolicy;
use headwater::db::Database;
use headwater::domain::{FileChoice, FileIndex};
use headwater::links::{self, LinkSigner};
use headwater::profile::{Profile, ServiceAccount};
use headwater::seal::Sealer;
use url::Url;

use crate::support::cdn::Cdn;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Fake, FakeAccount, ServiceKind, Title, TitleFile, World};
use crate::support::media;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{PIECE, Share};

/// What profiles are sealed with.
pub(super) const KEY: &str = "SECRET-KEY-OF-THE-SEAL";

/// The people, by what opens their accounts at every service.
pub(super) const ANN: &str = "SECRET-TOKEN-OF-ANN";
pub(super) const BEN: &str = "SECRET-TOKEN-OF-BEN";

pub(super) struct Stage {
    pub(super) server: Headwater,
    /// Real-Debrid and TorBox.
    pub(super) services: [Fake; 2],
    world: World,
    pub(super) cdn: Cdn,
}

/// The profile of a person with an account at each of these services.
pub(super) fn profile(token: &str, services: &[ServiceKind], policy: Option<SourcePolicy>) -> Profile {
    let account = |service: &ServiceKind| ServiceAccount {
        service: service.name.parse().unwrap(),
        token: token.to_owned().into(),
    };
    Profile { services: services.iter().map(account).collect(), policy, ..Profile::default() }
}

/// The rooms of profiles over a data folder that no server uses at the moment.
pub(super) async fn with_access<T>(data: &Path, key: &str, work: impl AsyncFn(&Access) -> T) -> T {
    std::fs::create_dir_all(data).unwrap();
    let db = Database::open(data).await.unwrap();
    let settings = AccessSettings { password: None, chosen_key: true };
    let done = work(&Access::new(db.clone(), Sealer::new(key.as_bytes()), settings)).await;
    db.close().await;
    done
}

impl Stage {
    /// Starts a server whose profiles `make` has made, and returns what it made, too.
    pub(super) async fn new<T>(make: impl AsyncFn(&Access) -> T) -> (Self, T) {
        let cdn = Cdn::start();
        let world = World::new(cdn.links("services"));
        let services = [REAL_DEBRID, TORBOX]
            .map(|kind| Fake::start(&world, kind, vec![FakeAccount::fine(ANN), FakeAccount::fine(BEN)]));
        let setup = Setup::new()
            .env("HEADWATER_PRIVATE_ADDRESSES", "true")
            .env("HEADWATER_LOG", "trace,librqbit=trace")
            .env("HEADWATER_TORRENT_TIMEOUT", "20s")
            .env("HEADWATER_SOURCE_SECURITY_KEY", KEY)
            .env("HEADWATER_REALDEBRID_URL", &services[0].base)
            .env("HEADWATER_TORBOX_URL", &services[1].base);
        let made = with_access(&setup.data(), KEY, make).await;
        (Self { server: setup.start(), services, world, cdn }, made)
    }

    /// A torrent of one film that both services hold, and no peer.
    pub(super) fn film(&self, name: &str) -> Share {
        let seed = name.bytes().fold(5, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let mut bytes = media::random(seed, 300_000);
        // Without hashes, nothing else passes for a film.
        bytes[..4].copy_from_slice(&[0x1a, 0x45, 0xdf, 0xa3]);
        let share = Share::single(name, bytes, PIECE, &[]);
        let file = TitleFile { path: name.to_owned(), bytes: Arc::new(share.files[0].clone()) };
        let (info_hash, title) = (share.info_hash.clone(), name.to_owned());
        self.world.add_title(Title { info_hash, name: title, files: vec![file] });
        self.services.iter().for_each(|service| service.set_cached(&share.info_hash, true));
        share
    }

    /// The path that plays a film as an install does, or without a profile.
    pub(super) fn play(&self, install: Option<&str>, film: &Share) -> String {
        let signer = LinkSigner::open(&self.server.setup().data()).unwrap();
        let (info_hash, file) = (film.info_hash.parse().unwrap(), FileChoice::Index(FileIndex(0)));
        let token = signer.sign(info_hash, file, SystemTime::now());
        let link: Url = links::play(
            &self.server.base().parse().unwrap(),
            install,
            &token,
            (info_hash, file),
            film.name(),
        );
        link.path().to_owned()
    }

    /// Waits until something is so.
    ///
    /// # Panics
    /// If it does not come to pass within half a minute.
    pub(super) async fn until(&self, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !is_so() {
            assert!(Instant::now() < deadline, "it never came to pass\n{}", self.server.transcript());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whose tokens a service was shown, by the order of [`Stage::services`].
    pub(super) fn shown(&self, service: usize) -> Vec<String> {
        let calls = self.services[service].journal();
        let mut tokens: Vec<String> = calls.into_iter().filter_map(|call| call.token).collect();
        tokens.sort();
        tokens.dedup();
        tokens
    }
}
