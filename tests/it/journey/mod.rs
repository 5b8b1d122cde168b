//! The whole journey of a viewer: a profile made in a browser, installed with Stremio's own client, a list, and two
//! films that play, one from a debrid service and one from a swarm.

use std::sync::Arc;

use serde_json::Value;

use crate::support::cdn::Cdn;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Fake, FakeAccount, Title, TitleFile, World};
use crate::support::indexers::cinemeta::Cinemeta;
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Handed, Listed, Tracker, Upstream};
use crate::support::media;
use crate::support::player;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{PIECE, Seeded, Share};
use crate::support::tools::node;

const FILM: &str = "tt9000001";
const TOKEN: &str = "SECRET-TOKEN-OF-A-VIEWER";
const KEY: &str = "SECRETKEYOFHISJACKETT";

/// What operators seal with.
const SEAL: &str = "SECRET-KEY-OF-ONE-OPERATOR";
const OTHER_SEAL: &str = "SECRET-KEY-OF-ANOTHER-OPERATOR";

/// Everybody around the server.
struct Neighbourhood {
    titles: Upstream<Cinemeta>,
    jackett: Upstream<Jackett>,
    torbox: Fake,
    cdn: Cdn,
    held: Share,
    swarm: Seeded,
}

impl Neighbourhood {
    /// One film that TorBox holds and that has no peers, and the same film in another release with a seed.
    fn start() -> Self {
        let clip = media::clip("faststart.mp4");
        let held = Share::single("Harbour.Lights.2019.1080p.WEB-DL.H264-HELD.mp4", clip, PIECE, &[]);
        let swarm = Seeded::start(
            "Harbour.Lights.2019.720p.WEB-DL.H264-SEED.mkv",
            media::clip("cues-at-end.mkv"),
            None,
        );
        let cdn = Cdn::start();
        let file = Arc::new(held.files[0].clone());
        cdn.add_title(&held.info_hash, held.name(), &[(held.name(), Arc::clone(&file))]);
        let world = World::new(cdn.links(TORBOX.name));
        let files = vec![TitleFile { path: held.name().to_owned(), bytes: file }];
        world.add_title(Title { info_hash: held.info_hash.clone(), name: held.name().to_owned(), files });
        let torbox = Fake::start(&world, TORBOX, vec![FakeAccount::fine(TOKEN)]);
        torbox.set_cached(&held.info_hash, true);
        let listed = [
            Listed::of(&held).imdb(FILM).handed(Handed::File).seeders(0),
            Listed::of(&swarm.share).imdb(FILM).seeders(1),
        ];
        let site = Tracker::new("site", "A site", Caps::IDS).with(listed);
        Self {
            titles: Upstream::start(Cinemeta::new().movie(FILM, "Harbour Lights", 2019)),
            jackett: Upstream::start(Jackett::new(KEY, [site])),
            torbox,
            cdn,
            held,
            swarm,
        }
    }

    /// A server whose operator has set up nothing but where things are in this test. Its folders are empty.
    fn server(&self) -> Setup {
        Setup::new()
            .env("HEADWATER_TITLES_URL", self.titles.base())
            .env("HEADWATER_TORBOX_URL", &self.torbox.base)
            .env("HEADWATER_PRIVATE_ADDRESSES", "true")
            .env("HEADWATER_SEARCH_DEADLINE", "10s")
    }

    /// Makes a profile on the page of a server, which ends with this button, and returns what was seen there.
    fn configure(&self, server: &Headwater, button: &str) -> Value {
        let place = server.url("/configure");
        let seen = node("journey/configure.mjs", &[&place, TOKEN, self.jackett.base(), KEY, button]);
        assert_eq!(seen["service"]["ok"], "yes", "{}", seen["service"]);
        assert_eq!(seen["indexer"]["ok"], "yes", "{}", seen["indexer"]);
        assert_eq!(seen["name"], "Living room");
        assert_eq!(seen["messages"], serde_json::json!([]), "the browser has nothing to complain of");
        let manifest = seen["manifest"].as_str().expect("the page shows the address");
        assert!(manifest.starts_with(server.base()) && manifest.ends_with("/manifest.json"), "{manifest}");
        assert_eq!(seen["stremio"], manifest.replace("http://", "stremio://"));
        let page = seen.to_string();
        assert!(!page.contains(TOKEN) && !page.contains(KEY), "keys are never shown again");
        seen
    }

    /// Installs with Stremio's own client, and returns what that lists: the address of what the service holds, and that
    /// of what has peers.
    fn install(&self, manifest: &str) -> [String; 2] {
        let installed = node("journey/install.mjs", &[manifest, "movie", FILM]);
        assert!(!installed.to_string().contains(TOKEN) && !installed.to_string().contains(KEY));
        let streams = installed["streams"].as_array().expect("the client gives a list");
        let urls: Vec<&str> = streams.iter().filter_map(|stream| stream["url"].as_str()).collect();
        let hash_of = |url: &&str| url.split("/play/").nth(1)?.split('/').nth(1).map(str::to_owned);
        let hashes: Vec<String> = urls.iter().filter_map(hash_of).collect();
        let (held, seeded) = (&self.held.info_hash, &self.swarm.share.info_hash);
        assert_eq!(hashes, [held.clone(), seeded.clone()], "what plays at once comes first: {installed}");
        [urls[0].to_owned(), urls[1].to_owned()]
    }

    /// Plays what nobody but the service has.
    async fn play_held(&self, server: &Headwater, url: String) {
        let frames = tokio::task::spawn_blocking(move || player::ffmpeg_decodes_all(&url)).await;
        assert_eq!(frames.unwrap_or_else(|_| panic!("{}", server.transcript())), 2500);
        let length = self.held.files[0].len() as u64;
        assert!(self.cdn.bytes_sent() >= length / 2, "it came from the service's links");
        assert!(self.torbox.unexpected().is_empty(), "{:#?}", self.torbox.unexpected());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_configures_installs_chooses_and_plays_from_a_service_and_from_a_swarm() {
    let mut world = Neighbourhood::start();
    let server = world.server().start();
    let seen = world.configure(&server, "Save and install");
    let manifest = seen["manifest"].as_str().expect("it was looked at");
    let [held, seeded] = world.install(manifest);
    world.play_held(&server, held).await;

    // Play from the swarm: the service does not hold it.
    let at = tokio::task::spawn_blocking(move || player::mpv_plays_from(&seeded, 50, 3)).await;
    let at = at.unwrap_or_else(|_| panic!("{}", server.transcript()));
    assert!((50.0..55.0).contains(&at), "it was at {at}");
    assert!(world.swarm.seed.uploaded() > 0, "it came from the swarm");
    // The page tries an address as soon as it is typed, and then there is no key yet.
    let unexpected = world.jackett.unexpected();
    assert!(
        unexpected.iter().all(|why| why == "without the key"),
        "{unexpected:?} {:#?}",
        world.jackett.paths()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_contained_link_plays_from_a_server_that_has_kept_nothing() {
    let world = Neighbourhood::start();
    let server = || world.server().env("HEADWATER_SOURCE_SECURITY_KEY", SEAL).start();
    let mut first = server();
    let seen = world.configure(&first, "Make a self-contained link");
    let made = seen["manifest"].as_str().expect("it was looked at");
    let id = made.rsplit('/').nth(1).expect("the profile stands before the manifest");
    assert!(id.starts_with('~'), "{made}");
    first.terminate();
    first.stopped();

    // A host without a disk comes back with nothing but its settings. Here it has another port, too.
    let second = server();
    assert_ne!(second.setup().data(), first.setup().data());
    let [held, seeded] = world.install(&made.replacen(first.base(), second.base(), 1));
    for url in [&held, &seeded] {
        assert!(url.starts_with(&format!("{}/{id}/play/", second.base())), "{url}");
    }
    let url = held.clone();
    let seconds = tokio::task::spawn_blocking(move || player::ffprobe_duration(&url)).await;
    let seconds = seconds.unwrap_or_else(|_| panic!("{}", second.transcript()));
    assert!((99.0..101.0).contains(&seconds), "{seconds}");
    world.play_held(&second, held).await;
    assert!(world.torbox.journal().iter().any(|call| call.token.as_deref() == Some(TOKEN)));

    // The link opens nothing for whoever has another key.
    let stranger = world.server().env("HEADWATER_SOURCE_SECURITY_KEY", OTHER_SEAL).start();
    assert_ne!(stranger.get(&format!("/{id}/manifest.json")).await.status, 200);
}
