//! Row 12: services that pack several files into one archive.

use crate::support::debrid::Mode;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::torbox::TORBOX;

use super::town::{ALL, Town, about_torrents};

const SEASON: [(&str, usize); 3] =
    [("Show.S01E01.mkv", 150_000), ("Show.S01E02.mkv", 140_000), ("Show.S01E03.mkv", 400_000)];

#[tokio::test(flavor = "multi_thread")]
async fn pain_12_real_debrid_is_asked_for_one_file_so_that_there_is_nothing_to_pack() {
    let town = Town::new(&[REAL_DEBRID], |setup| setup);
    let known = town.pack("Known", &SEASON);
    let unknown = town.pack("Unknown", &SEASON);
    for share in [&known, &unknown] {
        town.set_modes(share, &[Mode::Archive]);
    }
    // Its user has chosen all files, and so all there is in that item is a RAR.
    town.fake(REAL_DEBRID).add_foreign_item(&known.info_hash);
    town.play_known(&known, "season=1&episode=2", 1).await;
    town.play(&unknown, "season=1&episode=1", 0).await;
    let journal = town.fake(REAL_DEBRID).journal();
    let chosen: Vec<&str> = journal
        .iter()
        .filter(|call| call.path.starts_with("/torrents/selectFiles/"))
        .map(|call| call.body_text.as_str())
        .collect();
    assert_eq!(chosen, ["files=2", "files=1"]);
    let foreign = town.fake(REAL_DEBRID).items().into_iter().filter(|item| item.foreign).count();
    assert_eq!(foreign, 1, "what the user has added is left alone");
    assert!(town.fetched("realdebrid").iter().all(|name| name.ends_with(".mkv")));
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_12_packed_copies_are_refused_once_and_the_next_source_plays() {
    // Real-Debrid packs only what was chosen together.
    let services = &ALL[1..];
    let town = Town::new(services, |setup| setup);
    let season = town.pack("Show", &SEASON);
    town.set_modes(&season, &[Mode::Archive]);
    let query = |episode: u32| format!("season=1&episode={episode}&{}", town.web_seed());
    town.play_known(&season, &query(1), 0).await;
    let attempts = town.attempts(&season, &query(1)).await;
    for service in services {
        let own = attempts.iter().find(|attempt| attempt["source"] == service.name);
        let outcome = own.and_then(|own| own["outcome"].as_str()).unwrap_or_default();
        assert!(outcome.contains("archive"), "{}: {attempts:#?}", service.name);
        assert_eq!(town.fetched(service.name).len(), 0, "nobody looks into an archive");
    }
    let calls = || town.fakes().map(|(_, fake)| about_torrents(fake).len()).collect::<Vec<_>>();
    let before = calls();
    town.play_known(&season, &query(2), 1).await;
    assert_eq!(calls(), before, "they are not asked about this torrent again");
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_12_a_viewer_is_told_that_there_are_only_archives() {
    let town = Town::new(&[TORBOX], |setup| setup);
    let season = town.pack("Show", &SEASON);
    town.set_modes(&season, &[Mode::Archive]);
    let answer = town.ask(&season, "season=1&episode=1").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("only as an archive"), "{}", answer.text());
    assert_eq!(town.fetched("torbox").len(), 0);
    town.assert_well_behaved();
}
