//! What is listed for those who want to see only what plays, while file lists become known.

use headwater::profile::Listing;

use super::super::stage::{FILM, List, list_at, setup, titles};
use super::shelf::start_with;
use crate::support::indexers::bitmagnet::Bitmagnet;
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Handed, Listed, Tracker as Site, Upstream};
use crate::support::media;
use crate::support::server::Headwater;
use crate::support::swarm::{Libtorrent, Share, Tracker};

fn mp4_only() -> Listing {
    let mut listing = Listing::default();
    listing.device.mp4_only = true;
    listing
}

fn only_checked() -> Listing {
    Listing { only_checked: true, ..Listing::default() }
}

/// A folder with one film in it, whatever it is called.
fn folder(name: &str, film: &str, seed: u64, tracker: &Tracker) -> Share {
    let files = [(vec![film], media::random(seed, 90_000)), (vec!["read.txt"], vec![b'x'; 100])];
    Share::multi(name, &files, 16_384, &[tracker.http()])
}

/// Asks again until a list holds exactly these.
async fn until_rows(server: &Headwater, install: &str, mut wanted: Vec<&str>) -> List {
    wanted.sort_unstable();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let list = list_at(server, install, FILM).await;
        if list.sorted() == wanted {
            return list;
        }
        let late = std::time::Instant::now() > deadline;
        assert!(!late, "{wanted:?} instead of {:#?}\n{}", list.rows, server.transcript());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_follows_what_is_learned_of_the_files() {
    let tracker = Tracker::start();
    // Its name promises what its files do not hold.
    let liar = folder("Harbour.Lights.2019.1080p.WEB.H264-AA.mp4", "harbour-lights-1080p.mkv", 601, &tracker);
    let silent = folder("Harbour.Lights.2019.720p.WEB.H264-BB", "harbour-lights-720p.mp4", 602, &tracker);
    let _seeds = [&liar, &silent].map(|share| Libtorrent::start(share, None));
    // The indexer does not say where anybody has them, so that no list can look into them.
    let listed = [&liar, &silent].map(|share| Listed::new(share.name(), &share.info_hash).imdb(FILM));
    let bitmagnet = Upstream::start(Bitmagnet::new(listed));
    let titles = titles();
    let setup = setup(&titles).env("HEADWATER_BITMAGNET_URL", bitmagnet.base());
    let (server, installs) = start_with(setup, vec![mp4_only(), only_checked()]).await;
    let [simple, careful] = installs.as_slice() else { unreachable!("there are two") };

    assert_eq!(list_at(&server, simple, FILM).await.hashes(), [liar.info_hash.as_str()]);
    assert!(list_at(&server, careful, FILM).await.rows.is_empty());
    // Somebody else knows a tracker and plays them.
    for share in [&liar, &silent] {
        let played = server.get(&Headwater::proxy(share, 0)).await;
        media::assert_same_bytes(&played.body, &share.files[0], share.name());
    }
    let seen = until_rows(&server, simple, vec![&silent.info_hash]).await;
    assert_eq!(seen.rows[0].value["behaviorHints"]["filename"], "harbour-lights-720p.mp4");
    assert_eq!(seen.rows[0].value["behaviorHints"]["videoSize"], 90_000);
    until_rows(&server, careful, vec![&liar.info_hash, &silent.info_hash]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_looked_into_before_the_first_list_where_that_is_possible() {
    let tracker = Tracker::start();
    let good = folder("Harbour.Lights.2019.1080p.WEB.H264-AA", "harbour-lights-1080p.mp4", 603, &tracker);
    let other = folder("Harbour.Lights.2019.720p.WEB.H264-BB", "harbour-lights-720p.mkv", 604, &tracker);
    let nothing = folder("Harbour.Lights.2019.480p.WEB.H264-CC", "harbour-lights.rar", 605, &tracker);
    let in_swarm = folder("Harbour.Lights.2019.360p.WEB.H264-DD", "harbour-lights-360p.mp4", 606, &tracker);
    let _seed = Libtorrent::start(&in_swarm, None);
    let as_file = [&good, &other, &nothing].map(|share| Listed::of(share).imdb(FILM).handed(Handed::File));
    let as_magnet = Listed::of(&in_swarm).imdb(FILM);
    let site = Site::new("one", "One", Caps::IDS).with(as_file.into_iter().chain([as_magnet]));
    let jackett = Upstream::start(Jackett::new("KEY", [site]));
    let titles = titles();
    let setup =
        setup(&titles).env("HEADWATER_JACKETT_URL", jackett.base()).env("HEADWATER_JACKETT_API_KEY", "KEY");
    let (server, installs) = start_with(setup, vec![mp4_only(), only_checked()]).await;
    // The swarm has until the end of the list's patience; a busy machine may need a second one.
    until_rows(&server, &installs[0], vec![&good.info_hash, &in_swarm.info_hash]).await;
    until_rows(&server, &installs[1], vec![&good.info_hash, &other.info_hash, &in_swarm.info_hash]).await;
}
