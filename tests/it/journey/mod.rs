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

    /// A server whose operator has set up nothing but where things are in this test.
    fn server(&self) -> Headwater {
        Setup::new()
            .env("HEADWATER_TITLES_URL", self.titles.base())
            .env("HEADWATER_TORBOX_URL", &self.torbox.base)
            .env("HEADWATER_PRIVATE_ADDRESSES", "true")
            .env("HEADWATER_SEARCH_DEADLINE", "10s")
            .start()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_configures_installs_chooses_and_plays_from_a_service_and_from_a_swarm() {
    let mut world = Neighbourhood::start();
    let server = world.server();

    // Configure.
    let seen = node("journey/configure.mjs", &[&server.url("/configure"), TOKEN, world.jackett.base(), KEY]);
    assert_eq!(seen["service"]["ok"], "yes", "{}", seen["service"]);
    assert_eq!(seen["indexer"]["ok"], "yes", "{}", seen["indexer"]);
    assert_eq!(seen["name"], "Living room");
    assert_eq!(seen["messages"], serde_json::json!([]), "the browser has nothing to complain of");
    let manifest = seen["manifest"].as_str().expect("the page shows the address");
    assert!(manifest.starts_with(server.base()) && manifest.ends_with("/manifest.json"), "{manifest}");
    assert_eq!(seen["stremio"], manifest.replace("http://", "stremio://"));
    let page = seen.to_string();
    assert!(!page.contains(TOKEN) && !page.contains(KEY), "keys are never shown again");

    // Install and choose.
    let installed = node("journey/install.mjs", &[manifest, "movie", FILM]);
    let streams = installed["streams"].as_array().expect("the client gives a list");
    let hash_of = |stream: &Value| {
        let url = stream["url"].as_str().expect("every stream has an address");
        url.split("/play/").nth(1).and_then(|rest| rest.split('/').nth(1)).map(str::to_owned)
    };
    let hashes: Vec<_> = streams.iter().filter_map(hash_of).collect();
    let (held, seeded) = (&world.held.info_hash, &world.swarm.share.info_hash);
    assert_eq!(hashes, [held.clone(), seeded.clone()], "what plays at once comes first: {installed}");
    assert!(!installed.to_string().contains(TOKEN) && !installed.to_string().contains(KEY));

    // Play from the service: nobody else has it.
    let url = streams[0]["url"].as_str().expect("it was found above").to_owned();
    let frames = tokio::task::spawn_blocking(move || player::ffmpeg_decodes_all(&url)).await;
    assert_eq!(frames.unwrap_or_else(|_| panic!("{}", server.transcript())), 2500);
    assert!(
        world.cdn.bytes_sent() >= world.held.files[0].len() as u64 / 2,
        "it came from the service's links"
    );
    assert!(world.torbox.unexpected().is_empty(), "{:#?}", world.torbox.unexpected());

    // Play from the swarm: the service does not hold it.
    let url = streams[1]["url"].as_str().expect("it was found above").to_owned();
    let at = tokio::task::spawn_blocking(move || player::mpv_plays_from(&url, 50, 3)).await;
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
