//! What indexers say about where a torrent is, down to the trackers that a play announces itself at.

use std::time::{Duration, Instant};

use super::stage::{FILM, list, setup, titles};
use crate::support::indexers::bitmagnet::Bitmagnet;
use crate::support::indexers::prowlarr::Prowlarr;
use crate::support::indexers::{Caps, Handed, Listed, Tracker as Site, Trouble, Upstream};
use crate::support::media::{self, assert_same_bytes};
use crate::support::server::Headwater;
use crate::support::swarm::{Libtorrent, Share, Tracker};

const NAME: &str = "Harbour.Lights.2019.1080p.WEB.H264-AA.mkv";

async fn play(server: &Headwater, share: &Share) {
    let found = list(server, FILM).await;
    let url = found.row(&share.info_hash).url.as_str();
    let answer = server.get(url.strip_prefix(server.base()).expect("it is ours")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_same_bytes(&answer.body, &share.files[0], "the film");
}

/// Waits until a tracker has heard of a torrent from somebody but its seed.
async fn until_announced(tracker: &Tracker, share: &Share, seed: &Libtorrent) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !tracker.announces(&share.info_hash).iter().any(|announce| announce.port != seed.port) {
        assert!(Instant::now() < deadline, "{:#?}", tracker.announces(&share.info_hash));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prowlarrs_own_search_and_its_redirects_lead_to_a_play() {
    let tracker = Tracker::start();
    let share = Share::single(NAME, media::random(621, 400_000), 32_768, &[tracker.http()]);
    let seed = Libtorrent::start(&share, None);
    let listed = Listed::of(&share).imdb(FILM).handed(Handed::Redirect);
    let site = Site::new("7", "Seven", Caps::IDS).with([listed]);
    let prowlarr = Upstream::start(Prowlarr::new("KEY", [site]));
    // A proxy before it shows a page for people instead of the list of indexers.
    prowlarr.trouble("/api/v1/indexer", Trouble::Html);
    let titles = titles();
    let server = setup(&titles)
        .env("HEADWATER_PROWLARR_URL", prowlarr.base())
        .env("HEADWATER_PROWLARR_API_KEY", "KEY")
        .start();
    play(&server, &share).await;
    let searches = prowlarr.asked("/api/v1/search");
    assert!(!searches.is_empty(), "{:#?}", prowlarr.paths());
    assert!(searches.iter().all(|ask| ask.header("x-api-key") == "KEY" && ask.get("apikey").is_none()));
    assert_eq!(prowlarr.asked("/7/download").len(), 1, "a link is followed once: {:#?}", prowlarr.paths());
    assert!(prowlarr.asked("/7/api").is_empty(), "{:#?}", prowlarr.paths());
    until_announced(&tracker, &share, &seed).await;
    assert!(!server.transcript().contains("apikey=KEY"), "{}", server.transcript());
    prowlarr.assert_well_asked();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_play_announces_itself_at_the_trackers_that_any_indexer_named() {
    let [first, second] = [(); 2].map(|()| Tracker::start());
    let share = Share::single(NAME, media::random(622, 400_000), 32_768, &[second.http()]);
    // Only who asks the second one finds the seed.
    let seed = Libtorrent::start(&share, None);
    let named = |tracker: &Tracker| Listed::of(&share).imdb(FILM).trackers(&[&tracker.http()]);
    let bitmagnet = Upstream::start(Bitmagnet::new([named(&first)]));
    let site = Site::new("7", "Seven", Caps::IDS).with([named(&second).handed(Handed::Redirect)]);
    let prowlarr = Upstream::start(Prowlarr::new("KEY", [site]));
    let titles = titles();
    let mut server = setup(&titles)
        .env("HEADWATER_BITMAGNET_URL", bitmagnet.base())
        .env("HEADWATER_PROWLARR_URL", prowlarr.base())
        .env("HEADWATER_PROWLARR_API_KEY", "KEY")
        .start();
    let found = list(&server, FILM).await;
    assert_eq!(found.rows.len(), 1, "{:#?}", found.rows);
    let path = found.rows[0].url.strip_prefix(server.base()).expect("it is ours").to_owned();
    // The link outlives the process, and what it leaves out does, too.
    server.terminate();
    server.stopped();
    server.restart();
    let answer = server.get(&path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_same_bytes(&answer.body, &share.files[0], "the film");
    until_announced(&first, &share, &seed).await;
    until_announced(&second, &share, &seed).await;
}
