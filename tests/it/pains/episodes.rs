//! Row 11: the wrong episode.

use crate::support::debrid::Fake;
use crate::support::debrid::offcloud::OFFCLOUD;
use crate::support::debrid::stremthru::STREM_THRU;

use super::town::{ALL, Town};

/// The largest is not the wanted one, and a sample bears its name.
const SEASON: [(&str, usize); 5] = [
    ("Show.S01E01.mkv", 150_000),
    ("Show.S01E02.mkv", 140_000),
    ("Show.S01E03.mkv", 400_000),
    ("Sample/Show.S01E02.sample.mkv", 20_000),
    ("Show.S02E02.mkv", 145_000),
];

#[tokio::test(flavor = "multi_thread")]
async fn pain_11_every_service_plays_the_episode_that_was_asked_for() {
    let plays = ALL.map(|service| async move {
        let town = Town::new(&[service], |setup| setup);
        let known = town.pack("Show", &SEASON);
        town.play_known(&known, "season=1&episode=2", 1).await;
        // Here the names in the service's own list are all there is.
        let unknown = town.pack("Another Show", &SEASON);
        town.play(&unknown, "season=1&episode=2", 1).await;
        let fetched = town.fetched(service.name);
        assert!(!fetched.is_empty() && fetched.iter().all(|name| name == "Show.S01E02.mkv"), "{fetched:?}");
        town.assert_well_behaved();
    });
    futures::future::join_all(plays).await;
}

/// The name of a pack, its files, and what is asked for.
type Riddle = (&'static str, &'static [(&'static str, usize)], &'static str);

/// No answer may be one of these files.
const RIDDLES: [Riddle; 4] = [
    ("Gap", &[("Show.S01E01.mkv", 30_000), ("Show.S01E03.mkv", 90_000)], "season=1&episode=2"),
    ("Hundreds", &[("Show - 101.mkv", 30_000), ("Show - 102.mkv", 90_000)], "season=1&episode=1"),
    ("Twice", &[("a/Show.S01E02.mkv", 30_000), ("b/Show.S01E02.mkv", 90_000)], "season=1&episode=2"),
    ("Nameless", &[("Show.mkv", 30_000), ("Other.mkv", 90_000)], "season=1&episode=2"),
];

#[tokio::test(flavor = "multi_thread")]
async fn pain_11_an_episode_that_no_name_surely_gives_is_refused_rather_than_guessed() {
    let town = Town::new(&ALL, |setup| {
        setup
            .env("HEADWATER_SOURCE_POLICY", "race")
            .env("HEADWATER_DEBRID_UNCACHED", "false")
            .env("HEADWATER_TORRENT_RETRIES", "0")
            .env("HEADWATER_TORRENT_TIMEOUT", "1s")
    });
    let town = &town;
    let refusals = RIDDLES.map(|(name, files, query)| async move {
        let unknown = town.pack(name, files);
        let answer = town.ask(&unknown, query).await;
        assert_eq!(answer.status, 503, "{name}: {}", answer.text());
        assert!(answer.text().contains("season 1 episode"), "{name}: {}", answer.text());
        let known = town.pack(&format!("{name} with a table"), files);
        town.prepare(&known, query).await;
        let answer = town.ask(&known, query).await;
        assert_eq!(answer.status, 404, "{name}: {}", answer.text());
    });
    futures::future::join_all(refusals).await;
    assert_eq!(town.cdn.requests().len(), 0, "nothing was fetched: {:#?}", town.cdn.requests());
    // What was of no use leaves the accounts again, as fast as the services let it. Offcloud cannot delete, and the
    // fake of StremThru dates its items back, so that they pass for those of the user.
    let keeps = [OFFCLOUD.name, STREM_THRU.name];
    let is_tidy = |(name, fake): (&str, &Fake)| keeps.contains(&name) || fake.items().is_empty();
    town.until("the accounts are empty", || town.fakes().all(is_tidy)).await;
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_11_three_digits_are_an_episode_counted_from_the_first_where_no_file_names_a_season() {
    let town = Town::new(&ALL[1..2], |setup| setup);
    let show = town.pack("Show", &[("Show - 101.mkv", 300_000), ("Show - 102.mkv", 140_000)]);
    town.play(&show, "season=1&episode=102", 1).await;
    assert!(town.fetched("torbox").iter().all(|name| media_name(name) == "Show - 102.mkv"));
    town.assert_well_behaved();
}

fn media_name(path: &str) -> String {
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}
