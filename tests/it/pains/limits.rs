//! Rows 15 and 18: limits per hour, floods, and too many active downloads.

use std::time::{Duration, Instant};

use crate::support::debrid::debridlink::DEBRID_LINK;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Condition, Fault, Fetching, ServiceKind};

use super::town::{ALL, Town, about_torrents, token};

/// Where each service is first asked about a torrent that nobody has asked for before, in the order of [`ALL`].
const FIRST_CALLS: [&str; 8] = [
    "/torrents",
    "/torrents/createtorrent",
    "/v4/magnet/upload",
    "/cache/check",
    "/seedbox/add",
    "/api/cache/info",
    "/transfers/add",
    "/v0/store/torz/check",
];

#[tokio::test(flavor = "multi_thread")]
async fn pain_15_a_flood_of_titles_stays_below_the_limits_and_all_of_them_play() {
    let town = Town::new(&[TORBOX], |setup| setup);
    let query = format!("fileIndex=0&{}", town.web_seed());
    let films: Vec<_> = (0..14).map(|number| town.film(&format!("film {number}.mkv"), 200_000)).collect();
    futures::future::join_all(films.iter().map(|film| town.play_known(film, &query, 0))).await;
    let added = town.fake(TORBOX).count("POST", "/torrents/createtorrent");
    assert!((1..=10).contains(&added), "TorBox lets ten be added a minute, and {added} were");
    assert!(!town.fetched("web seed").is_empty(), "the others came from elsewhere");
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_15_services_that_say_slow_down_are_left_alone_while_the_next_source_plays() {
    let town = Town::new(&ALL, |setup| setup);
    let query = format!("fileIndex=0&{}", town.web_seed());
    for (service, prefix) in ALL.iter().zip(FIRST_CALLS) {
        town.fake(*service).fault(Fault::RateLimited { prefix, retry_after: None, times: 1 });
    }
    let began = Instant::now();
    for number in 0..3 {
        let film = town.film(&format!("film {number}.mkv"), 200_000);
        town.play_known(&film, &query, 0).await;
    }
    assert!(began.elapsed() < Duration::from_secs(10), "the chain moves on at once: {:?}", began.elapsed());
    for (service, prefix) in ALL.iter().zip(FIRST_CALLS) {
        let refused: Vec<_> = about_torrents(town.fake(*service))
            .into_iter()
            .skip_while(|call| call.status != 429)
            .filter(|call| call.path.starts_with(prefix))
            .collect();
        assert_eq!(refused.len(), 1, "{} was asked again: {refused:#?}", service.name);
        assert!(town.fetched(service.name).is_empty());
    }
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_15_a_service_is_asked_again_after_the_time_that_it_names_and_not_before() {
    const WAIT: u64 = 3;
    let town = Town::new(&[TORBOX], |setup| setup);
    let (torbox, path) = (town.fake(TORBOX), "/torrents/createtorrent");
    torbox.fault(Fault::RateLimited { prefix: path, retry_after: Some(WAIT), times: 1 });
    let query = format!("fileIndex=0&{}", town.web_seed());
    let mut refused: Option<Instant> = None;
    for number in 0..200 {
        let film = town.film(&format!("film {number}.mkv"), 20_000);
        town.play_known(&film, &query, 0).await;
        match (torbox.count("POST", path), refused) {
            (1, None) => refused = Some(Instant::now()),
            (2, Some(refused)) => {
                // The first answer came a little before its film had been played.
                assert!(refused.elapsed() > Duration::from_millis(WAIT * 1000 - 700));
                break;
            }
            (1, Some(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
            (calls, _) => panic!("{calls} calls: {:#?}", torbox.journal()),
        }
    }
    assert_eq!(torbox.count("POST", path), 2, "it was never asked again");
    assert!(!town.fetched("torbox").is_empty(), "the second time it delivers");
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_18_a_full_account_is_waited_for_without_hammering() {
    let waits = [TORBOX, DEBRID_LINK, REAL_DEBRID].map(full_account);
    futures::future::join_all(waits).await;
}

async fn full_account(service: ServiceKind) {
    let at = ALL.iter().position(|one| one.name == service.name).expect("it is one of all");
    let path = if service.name == "realdebrid" { "/torrents/add" } else { FIRST_CALLS[at] };
    let town = Town::new(&[service], |setup| setup.env("HEADWATER_TORRENT_RETRIES", "0"));
    let fake = town.fake(service);
    let film = town.film("film.mkv", 700_000);
    fake.set_cached(&film.info_hash, false);
    fake.set_fetching(&film.info_hash, Fetching { polls_until_ready: 1, ..Fetching::default() });
    fake.set_condition(&token(service), Condition::TooManyActive);
    let began = Instant::now();
    town.prepare(&film, "fileIndex=0").await;
    town.until("it was asked four times", || fake.count("", path) >= 4).await;
    let (tries, waited) = (fake.count("", path), began.elapsed());
    assert!(waited >= Duration::from_millis(700), "{tries} tries within {waited:?}");
    fake.set_condition(&token(service), Condition::Fine);
    town.play(&film, "fileIndex=0", 0).await;
    let tries = fake.count("", path);
    assert!(tries <= 7, "{} was asked {tries} times: {:#?}", service.name, fake.journal());
    assert_eq!(fake.items().len(), 1, "{:?}", fake.items());
    town.assert_well_behaved();
}
