//! Packs of which nobody but a debrid service knows the files.

use std::sync::Arc;
use std::time::{Duration, Instant};

use headwater::config::SourcePolicy;
use headwater::profile::{Profile, ServiceAccount};
use serde_json::json;

use super::stage::{List, SHOW, list, list_at, setup, start_with, titles};
use crate::support::cdn::Cdn;
use crate::support::debrid::stremthru::STREM_THRU;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Fake, FakeAccount, Fault, ServiceKind, Title, TitleFile, World};
use crate::support::indexers::bitmagnet::Bitmagnet;
use crate::support::indexers::cinemeta::Cinemeta;
use crate::support::indexers::{Listed, Upstream};
use crate::support::media;
use crate::support::server::Headwater;
use crate::support::swarm::{PIECE, Share};

const TOKEN: &str = "token-of-one-viewer";

fn pack(name: &str, seed: u64, files: &[(&str, usize)]) -> Share {
    let numbered = (seed..).zip(files).map(|(seed, (path, length))| {
        let mut film = media::random(seed, *length);
        // Without hashes, nothing else passes for a film.
        film[..4].copy_from_slice(&[0x1a, 0x45, 0xdf, 0xa3]);
        (path.split('/').collect(), film)
    });
    Share::multi(name, &numbered.collect::<Vec<_>>(), PIECE, &[])
}

/// What the service is asked about: what it holds of the wanted episode, and what it does not.
struct Packs {
    whole: Share,
    without: Share,
    nameless: Share,
    elsewhere: Share,
}

impl Packs {
    const WHOLE: [(&'static str, usize); 4] = [
        ("Lantern.Street.S02E01.mkv", 150_000),
        // The largest is not the wanted one.
        ("Lantern.Street.S02E02.mkv", 400_000),
        ("Lantern.Street.S02E03.mkv", 140_000),
        ("Sample/Lantern.Street.S02E03.sample.mkv", 20_000),
    ];
    const WITHOUT: [(&'static str, usize); 2] =
        [("Lantern.Street.S02E01.mkv", 90_000), ("Lantern.Street.S02E02.mkv", 120_000)];
    const NAMELESS: [(&'static str, usize); 2] = [("disc1.mkv", 90_000), ("disc2.mkv", 120_000)];
    const ELSEWHERE: [(&'static str, usize); 1] = [("Lantern.Street.S02E03.mkv", 95_000)];

    fn new() -> Self {
        Self {
            whole: pack("Lantern.Street.S02.1080p.WEB.H264-AA", 641, &Self::WHOLE),
            without: pack("Lantern.Street.S02.720p.WEB.H264-BB", 651, &Self::WITHOUT),
            nameless: pack("Lantern.Street.S02.480p.DVD-CC", 661, &Self::NAMELESS),
            elsewhere: pack("Lantern.Street.S02.2160p.WEB.H265-DD", 671, &Self::ELSEWHERE),
        }
    }

    /// A service that holds all but the last.
    fn held_by(&self, kind: ServiceKind) -> (Fake, Cdn) {
        let cdn = Cdn::start();
        let world = World::new(cdn.links(kind.name));
        let with_paths = [
            (&self.whole, &Self::WHOLE[..]),
            (&self.without, &Self::WITHOUT[..]),
            (&self.nameless, &Self::NAMELESS[..]),
            (&self.elsewhere, &Self::ELSEWHERE[..]),
        ];
        for (share, paths) in with_paths {
            let bytes = share.files.iter().cloned().map(Arc::new);
            let served: Vec<(&str, Arc<Vec<u8>>)> = paths.iter().map(|(path, _)| *path).zip(bytes).collect();
            cdn.add_title(&share.info_hash, share.name(), &served);
            let files = served.into_iter().map(|(path, bytes)| TitleFile { path: path.to_owned(), bytes });
            let (info_hash, name) = (share.info_hash.clone(), share.name().to_owned());
            world.add_title(Title { info_hash, name, files: files.collect() });
        }
        let fake = Fake::start(&world, kind, vec![FakeAccount::fine(TOKEN)]);
        for share in [&self.whole, &self.without, &self.nameless] {
            fake.set_cached(&share.info_hash, true);
        }
        (fake, cdn)
    }

    /// All of them by their hashes alone.
    fn listed(&self) -> Upstream<Bitmagnet> {
        let shares = [&self.whole, &self.without, &self.nameless, &self.elsewhere];
        let listed =
            shares.map(|share| Listed::new(share.name(), &share.info_hash).imdb(SHOW).season(2, &[]));
        Upstream::start(Bitmagnet::new(listed))
    }
}

/// A viewer who has an account at this service and plays by it alone.
struct Viewer {
    server: Headwater,
    install: String,
    _bitmagnet: Upstream<Bitmagnet>,
    _titles: Upstream<Cinemeta>,
}

impl Viewer {
    async fn start(packs: &Packs, fake: &Fake, kind: ServiceKind, token: &str) -> Self {
        let (bitmagnet, titles) = (packs.listed(), titles());
        let setup = setup(&titles)
            .env(&format!("HEADWATER_{}_URL", kind.name.to_ascii_uppercase()), &fake.base)
            .env("HEADWATER_PRIVATE_ADDRESSES", "true")
            .env("HEADWATER_BITMAGNET_URL", bitmagnet.base());
        let account = ServiceAccount { service: kind.name.parse().unwrap(), token: token.to_owned().into() };
        let policy = Some(SourcePolicy::NeverP2p);
        let profile = Profile { services: vec![account], policy, ..Profile::default() };
        let (server, mut installs) = start_with(setup, vec![profile]).await;
        Self { server, install: installs.remove(0), _bitmagnet: bitmagnet, _titles: titles }
    }

    async fn list(&self, episode: u32) -> List {
        list_at(&self.server, &self.install, &format!("{SHOW}:2:{episode}")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_listed_with_the_file_that_a_service_names_and_plays_it() {
    // A StremThru wants to know which store the token is for.
    for (kind, token) in [(TORBOX, TOKEN.to_owned()), (STREM_THRU, format!("torbox={TOKEN}"))] {
        let packs = Packs::new();
        let (fake, _cdn) = packs.held_by(kind);
        let viewer = Viewer::start(&packs, &fake, kind, &token).await;
        let server = &viewer.server;
        assert!(list(server, &format!("{SHOW}:2:3")).await.rows.is_empty(), "nobody else knows their files");
        let found = viewer.list(3).await;
        let transcript = || format!("{:#?}\n{}", fake.journal(), server.transcript());
        assert_eq!(found.hashes(), [packs.whole.info_hash.as_str()], "{}: {}", kind.name, transcript());
        let row = &found.rows[0];
        let hints = &row.value["behaviorHints"];
        assert_eq!(row.file, "s2e3", "a number would mean another file to others");
        assert_eq!(hints["filename"], "Lantern.Street.S02E03.mkv");
        assert_eq!(hints["videoSize"], 140_000);
        assert!(row.text.contains('⚡'), "it plays at once: {}", row.text);
        assert!(fake.items().is_empty(), "nothing is added to an account by looking");
        let played = server.get(row.url.strip_prefix(server.base()).expect("it is ours")).await;
        assert_eq!(played.status, 200, "{}: {}", played.text(), transcript());
        media::assert_same_bytes(&played.body, &packs.whole.files[2], "the episode");
        assert!(fake.unexpected().is_empty(), "{:#?}", fake.unexpected());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_holds_is_asked_for_once_and_ahead_of_the_visit() {
    let packs = Packs::new();
    let (torbox, _cdn) = packs.held_by(TORBOX);
    let viewer = Viewer::start(&packs, &torbox, TORBOX, TOKEN).await;
    let seen = json!([{ "id": format!("{SHOW}:2:3"), "type": "series" }]);
    let screen = json!({ "ids": seen, "profile": viewer.install.trim_start_matches('/') });
    let (status, answer) = viewer.server.post("/api/ui/viewport", screen.to_string()).await;
    assert_eq!(status, 202, "{answer}");
    let asked = || torbox.count("POST", "/torrents/checkcached");
    let deadline = Instant::now() + Duration::from_secs(20);
    while asked() == 0 {
        assert!(Instant::now() < deadline, "{}", viewer.server.transcript());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The first visit may meet the search on its way; from then on everything is known.
    assert_eq!(viewer.list(3).await.rows.len(), 1);
    let before = asked();
    for episode in [1, 2, 3] {
        let found = viewer.list(episode).await;
        assert!(!found.rows.is_empty(), "{episode}");
        assert!(found.rows.iter().all(|row| row.text.contains('⚡')), "{:#?}", found.rows);
    }
    assert_eq!(asked(), before, "{:#?}", torbox.journal());
    assert!(torbox.items().is_empty(), "{:#?}", torbox.items());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_slow_to_tell_is_not_waited_for_and_its_answer_is_in_a_later_list() {
    let packs = Packs::new();
    let (torbox, _cdn) = packs.held_by(TORBOX);
    let viewer = Viewer::start(&packs, &torbox, TORBOX, TOKEN).await;
    torbox.fault(Fault::Slow { prefix: "/torrents/checkcached", delay: Duration::from_secs(4) });
    let first = viewer.list(3).await;
    assert!(first.rows.is_empty() && first.took < Duration::from_millis(3_500), "{first:#?}");
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let later = viewer.list(3).await;
        if later.rows.len() == 1 {
            assert!(later.rows[0].text.contains('⚡'), "{later:#?}");
            return;
        }
        assert!(Instant::now() < deadline, "{:#?}\n{}", torbox.journal(), viewer.server.transcript());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
