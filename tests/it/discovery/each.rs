//! Every kind of indexer from its settings to the list of streams: what is asked, and what is shown of the answer.

use super::stage::{FILM, SHOW, episode, film, hash, hashes, list, setup, titles};
use crate::support::indexers::bitmagnet::Bitmagnet;
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::prowlarr::Prowlarr;
use crate::support::indexers::zilean::Zilean;
use crate::support::indexers::{Caps, Handed, Listed, Site, Tracker, Upstream};
use crate::support::media;
use crate::support::swarm::Share;

/// Releases of the film and of an episode, and one that every search brings and that is neither.
fn stock() -> Vec<Listed> {
    vec![
        film(1, "1080p.WEB-DL.H264-ONE").seeders(40),
        film(2, "2160p.WEB-DL.HEVC-TWO").seeders(4),
        episode(3, 2, 3, "720p.WEB.x264-THREE"),
        episode(4, 2, 2, "1080p.WEB.x264-FOUR"),
        Listed::new("Something.Else.2019.1080p.WEB.x264-FIVE", &hash(5)).everywhere(),
        Listed::new("Lantern.Street.S03E03.1080p.WEB.x264-SIX", &hash(6)).everywhere(),
    ]
}

/// Asks for the film and for one episode, and asserts that both lists hold what is right and nothing else.
async fn finds_film_and_episode<S: Site>(site: &Upstream<S>, settings: &[(&str, &str)]) {
    let titles = titles();
    let setup = settings.iter().fold(setup(&titles), |setup, (name, value)| setup.env(name, value));
    let server = setup.start();
    let films = list(&server, FILM).await;
    assert_eq!(films.sorted(), hashes(&[1, 2]), "{:#?}", site.paths());
    let episodes = list(&server, &format!("{SHOW}:2:3")).await;
    assert_eq!(episodes.sorted(), hashes(&[3]), "{:#?}", site.paths());
    site.assert_well_asked();
}

#[tokio::test(flavor = "multi_thread")]
async fn jackett_is_asked_site_by_site_within_the_caps_of_each() {
    let ids = Tracker::new("ids", "Ids", Caps::IDS).with(stock());
    let words = Tracker::new("words", "Words", Caps::WORDS).with(stock());
    let plain = Tracker::new("plain", "Plain", Caps::PLAIN).with(stock());
    let off = Tracker::new("off", "Off", Caps::IDS).with([film(9, "1080p.WEB-DL.H264-NINE")]).disabled();
    let jackett = Upstream::start(Jackett::new("JACKETTKEY", [ids, words, plain, off]));
    let settings = [("HEADWATER_JACKETT_URL", jackett.base()), ("HEADWATER_JACKETT_API_KEY", "JACKETTKEY")];
    finds_film_and_episode(&jackett, &settings).await;
    for id in ["ids", "words", "plain"] {
        assert!(!jackett.asked(&Jackett::below(id)).is_empty(), "{:#?}", jackett.paths());
    }
    let by_id = jackett.asked(&Jackett::below("ids"));
    assert!(by_id.iter().any(|ask| ask.get("imdbid").is_some()), "{:#?}", jackett.paths());
    let by_words = jackett.asked(&Jackett::below("plain"));
    assert!(by_words.iter().all(|ask| ask.get("imdbid").is_none()), "{:#?}", jackett.paths());
    let all = jackett.asked(&Jackett::below("all"));
    assert!(all.iter().all(|ask| ask.get("t").as_deref() == Some("indexers")), "{:#?}", jackett.paths());
}

#[tokio::test(flavor = "multi_thread")]
async fn prowlarr_is_asked_site_by_site_and_its_redirects_lead_to_magnets() {
    let redirected = stock().into_iter().map(|listed| listed.handed(Handed::Redirect));
    let site = Tracker::new("7", "Seven", Caps::IDS).with(redirected);
    let off = Tracker::new("8", "Eight", Caps::IDS).with([film(9, "1080p.WEB-DL.H264-NINE")]).disabled();
    let prowlarr = Upstream::start(Prowlarr::new("PROWLARRKEY", [site, off]));
    let settings =
        [("HEADWATER_PROWLARR_URL", prowlarr.base()), ("HEADWATER_PROWLARR_API_KEY", "PROWLARRKEY")];
    finds_film_and_episode(&prowlarr, &settings).await;
    assert!(prowlarr.asked("/8/").is_empty(), "a site that is switched off is left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn bitmagnet_and_zilean_are_asked_as_they_want_it() {
    let bitmagnet = Upstream::start(Bitmagnet::new(stock()));
    finds_film_and_episode(&bitmagnet, &[("HEADWATER_BITMAGNET_URL", bitmagnet.base())]).await;
    let zilean = Upstream::start(Zilean::new(stock()));
    finds_film_and_episode(&zilean, &[("HEADWATER_ZILEAN_URL", zilean.base())]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_torznab_address_will_do() {
    let site = Tracker::new("one", "One", Caps::IDS).with(stock());
    let jackett = Upstream::start(Jackett::new("KEY", [site]));
    let address = jackett.url("/api/v2.0/indexers/one/results/torznab/api?apikey=KEY");
    finds_film_and_episode(&jackett, &[("HEADWATER_TORZNAB_URLS", &address)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torrent_that_comes_as_a_file_or_an_old_magnet_is_known_by_its_hash() {
    let share =
        Share::single("Harbour.Lights.2019.720p.WEB-DL.H264-FILE.mkv", media::random(3, 90_000), 16_384, &[]);
    let as_file = Listed::of(&share).imdb(FILM).handed(Handed::File);
    let old = film(1, "1080p.WEB-DL.H264-ONE").handed(Handed::OldMagnet);
    let jackett =
        Upstream::start(Jackett::new("KEY", [Tracker::new("one", "One", Caps::IDS).with([as_file, old])]));
    let titles = titles();
    let server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    let list = list(&server, FILM).await;
    assert!(list.hashes().contains(&hash(1).as_str()), "{:#?}", list.rows);
    let row = list.row(&share.info_hash);
    // The file has been read, so that its name and size are the video's own.
    assert_eq!(row.value["behaviorHints"]["filename"], share.name(), "{}", row.value);
    assert_eq!(row.value["behaviorHints"]["videoSize"], 90_000, "{}", row.value);
    assert_eq!(jackett.asked("/dl/").len(), 1, "the .torrent is fetched once: {:#?}", jackett.paths());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_torrent_from_three_indexers_is_one_row_with_the_best_of_each() {
    let one = film(1, "1080p.WEB-DL.H264-ONE").seeders(5).trackers(&["http://127.0.0.1:9/announce"]);
    let other = film(1, "1080p.WEB-DL.H264-ONE").seeders(90).trackers(&["udp://127.0.0.1:9/announce"]);
    let jackett =
        Upstream::start(Jackett::new("KEY", [Tracker::new("a", "Alder", Caps::IDS).with([one.clone()])]));
    let prowlarr =
        Upstream::start(Prowlarr::new("KEY", [Tracker::new("7", "Birch", Caps::IDS).with([other])]));
    let bitmagnet = Upstream::start(Bitmagnet::new([one]));
    let titles = titles();
    let server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .env("HEADWATER_PROWLARR_URL", prowlarr.base())
        .env("HEADWATER_PROWLARR_API_KEY", "KEY")
        .env("HEADWATER_BITMAGNET_URL", bitmagnet.base())
        .start();
    let list = list(&server, FILM).await;
    assert_eq!(list.hashes(), [hash(1)]);
    let text = &list.rows[0].text;
    assert!(text.contains("90"), "the most seeders: {text}");
    let named = ["Alder", "Birch", "Bitmagnet"].into_iter().filter(|name| text.contains(name)).count();
    assert!(named >= 2, "who says so: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_title_ids_alone_find_what_is_kept_under_them() {
    let site = Tracker::new("ids", "Ids", Caps::IDS).with(stock());
    let plain = Tracker::new("plain", "Plain", Caps::PLAIN).with(stock());
    let jackett = Upstream::start(Jackett::new("KEY", [site, plain]));
    let titles = titles();
    let server = setup(&titles)
        .env("HEADWATER_TITLES_URL", "off")
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    assert_eq!(list(&server, FILM).await.sorted(), hashes(&[1, 2]), "{:#?}", jackett.paths());
    assert_eq!(list(&server, &format!("{SHOW}:2:3")).await.sorted(), hashes(&[3]), "{:#?}", jackett.paths());
    assert!(titles.journal().is_empty());
    jackett.assert_well_asked();
}
