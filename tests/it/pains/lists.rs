//! Row 14: listings that lag behind.

use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Fetching, Mode};

use super::town::Town;

#[tokio::test(flavor = "multi_thread")]
async fn pain_14_torbox_is_asked_past_its_stale_list_and_for_the_one_torrent() {
    let town = Town::new(&[TORBOX], |setup| setup);
    let film = town.film("film.mkv", 700_000);
    let torbox = town.fake(TORBOX);
    // Whoever believes the list learns nothing for a long time.
    torbox.set_modes(&film.info_hash, vec![Mode::StaleList(1_000)]);
    torbox.set_cached(&film.info_hash, false);
    torbox.set_fetching(&film.info_hash, Fetching { polls_until_ready: 2, ..Fetching::default() });
    town.play_known(&film, "fileIndex=0", 0).await;
    let journal = torbox.journal();
    let created = journal.iter().position(|call| call.path == "/torrents/createtorrent");
    let created = created.expect("it had to be added");
    let lists: Vec<_> =
        journal.iter().enumerate().filter(|(_, call)| call.path == "/torrents/mylist").collect();
    assert!(lists.iter().all(|(_, call)| call.query.contains("bypass_cache=true")), "{lists:#?}");
    let after = lists.iter().filter(|(at, _)| *at > created);
    assert!(after.clone().count() >= 3, "it was followed until it was ready: {lists:#?}");
    assert!(after.clone().all(|(_, call)| call.query.contains("id=")), "{lists:#?}");
    assert_eq!(torbox.count("POST", "/torrents/createtorrent"), 1);
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_14_an_item_that_real_debrid_does_not_know_yet_is_asked_for_again() {
    let town = Town::new(&[REAL_DEBRID], |setup| setup);
    let film = town.film("film.mkv", 700_000);
    let service = town.fake(REAL_DEBRID);
    service.set_modes(&film.info_hash, vec![Mode::NotFoundRightAfterAdd(2)]);
    town.play_known(&film, "fileIndex=0", 0).await;
    assert_eq!(service.count("", "/torrents/add"), 1, "it is not added once more: {:#?}", service.journal());
    let unknown = service.journal().iter().filter(|call| call.status == 404).count();
    assert_eq!(unknown, 2, "{:#?}", service.journal());
    town.assert_well_behaved();
}
