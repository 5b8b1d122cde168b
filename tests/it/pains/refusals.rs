//! Row 13: stuck on a torrent that a service refuses for legal reasons.

use crate::support::debrid::Mode;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::torbox::TORBOX;

use super::town::{ALL, Town, about_torrents};

const SEASON: [(&str, usize); 3] =
    [("Show.S01E01.mkv", 150_000), ("Show.S01E02.mkv", 140_000), ("Show.S01E03.mkv", 400_000)];

#[tokio::test(flavor = "multi_thread")]
async fn pain_13_an_infringing_torrent_goes_to_the_next_service_for_good() {
    let mut town = Town::new(&[REAL_DEBRID, TORBOX], |setup| setup);
    let season = town.pack("Show", &SEASON);
    town.fake(REAL_DEBRID).set_modes(&season.info_hash, vec![Mode::Infringing]);
    town.play_known(&season, "fileIndex=0", 0).await;
    assert_eq!(town.fake(REAL_DEBRID).count("", "/torrents/add"), 1);
    let asked = about_torrents(town.fake(REAL_DEBRID)).len();
    town.play_known(&season, "fileIndex=1", 1).await;
    town.server.kill9();
    town.server.restart();
    town.play_known(&season, "fileIndex=2", 2).await;
    let journal = about_torrents(town.fake(REAL_DEBRID));
    assert_eq!(journal.len(), asked, "the refusal holds for every file and survives a restart: {journal:#?}");
    assert!(town.fetched("realdebrid").is_empty());
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_13_every_service_that_says_so_is_asked_once_about_what_it_refuses() {
    // Offcloud's refusal names no reason, so it is asked again about the next file.
    let services: Vec<_> = ALL.into_iter().filter(|service| service.name != "offcloud").collect();
    let town = Town::new(&services, |setup| setup);
    let season = town.pack("Show", &SEASON);
    town.set_modes(&season, &[Mode::Infringing]);
    let query = |file: usize| format!("fileIndex={file}&{}", town.web_seed());
    town.play_known(&season, &query(0), 0).await;
    let calls = || town.fakes().map(|(_, fake)| about_torrents(fake).len()).collect::<Vec<_>>();
    let before = calls();
    assert!(before.iter().all(|calls| *calls > 0), "all were asked: {before:?}");
    town.play_known(&season, &query(1), 1).await;
    assert_eq!(calls(), before);
    assert!(services.iter().all(|service| town.fetched(service.name).is_empty()));
    town.assert_well_behaved();
}
