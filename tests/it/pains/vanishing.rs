//! Row 17: files that vanish after days, though the account still lists them.

use std::time::Duration;

use crate::support::cdn::{Fault, Gone, Scope};
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Fetching, Mode};

use super::town::{ALL, Town, about_torrents};

/// What the design promises for a switch in mid-play.
const LONGEST_GAP: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn pain_17_a_vanished_file_is_added_anew_once_and_then_the_next_service_plays() {
    let town = Town::new(&[REAL_DEBRID, TORBOX], |setup| setup);
    let film = town.film("film.mkv", 700_000);
    let service = town.fake(REAL_DEBRID);
    service.add_foreign_item(&film.info_hash);
    service.set_modes(&film.info_hash, vec![Mode::VanishedFile]);
    town.play_known(&film, "fileIndex=0", 0).await;
    assert_eq!(service.count("", "/torrents/add"), 1, "{:#?}", about_torrents(service));
    assert!(service.items().iter().any(|item| item.foreign), "the user's own item stays");
    assert!(!town.fetched("torbox").is_empty());
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_17_what_has_vanished_behind_our_own_item_is_fetched_again_by_every_service() {
    let plays = ALL.map(|service| async move {
        let town = Town::new(&[service], |setup| setup);
        let season = town.pack("Show", &[("Show.S01E01.mkv", 400_000), ("Show.S01E02.mkv", 300_000)]);
        let fake = town.fake(service);
        town.play_known(&season, "fileIndex=0", 0).await;
        fake.set_modes(&season.info_hash, vec![Mode::VanishedFile]);
        fake.set_fetching(&season.info_hash, Fetching { polls_until_ready: 1, ..Fetching::default() });
        town.play_known(&season, "fileIndex=1", 1).await;
        town.assert_well_behaved();
    });
    futures::future::join_all(plays).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_17_a_file_that_vanishes_in_mid_play_is_added_anew_once_and_then_the_next_service_goes_on() {
    let town = Town::new(&[REAL_DEBRID, TORBOX], |setup| setup);
    let film = town.film("film.mkv", 4_000_000);
    let gone = Fault::Gone(Gone { status: 404, x_error: Some("file_not_available".to_owned()) });
    // The open answer is cut, and then the file is no more.
    let cut = Fault::LaterOn { bytes: 1_500_000, fault: Box::new(Fault::Cut { after: 0 }) };
    town.cdn.set_fault(Scope::Group("realdebrid"), Some(cut));
    let watching = town.watch(&film, "fileIndex=0");
    let striking = async {
        town.until("the first part was sent", || town.sent("realdebrid") >= 1_500_000).await;
        town.cdn.set_fault(Scope::Group("realdebrid"), Some(gone));
    };
    let (seen, ()) = tokio::join!(watching, striking);
    assert!(seen.longest_gap < LONGEST_GAP, "nothing for {:?}", seen.longest_gap);
    let service = town.fake(REAL_DEBRID);
    assert_eq!(service.count("", "/torrents/add"), 2, "{:#?}", about_torrents(service));
    assert!(!town.fetched("torbox").is_empty());
    town.assert_well_behaved();
}
