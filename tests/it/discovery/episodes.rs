//! The wrong episode is never listed: indexers that answer anything, names that nearly fit, and packs.

use super::stage::{SHOW, hash, list, setup, titles};
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Handed, Listed, Tracker, Upstream};
use crate::support::media;
use crate::support::swarm::Share;

/// Names that an indexer brings for season 2 episode 3 of *Lantern Street* (2015) and that are nothing of the kind.
const WRONG: [&str; 29] = [
    "Lantern.Street.S02E02.1080p.WEB.x264-AA",
    "Lantern.Street.S02E04.1080p.WEB.x264-AA",
    "Lantern.Street.S02E13.1080p.WEB.x264-AA",
    "Lantern.Street.S02E30.1080p.WEB.x264-AA",
    "Lantern.Street.S03E02.1080p.WEB.x264-AA",
    "Lantern.Street.S12E03.1080p.WEB.x264-AA",
    "Lantern.Street.S20E03.1080p.WEB.x264-AA",
    "Lantern.Street.S01E03.1080p.WEB.x264-AA",
    "Lantern.Street.2x02.720p.HDTV-AA",
    "Lantern.Street.3x02.720p.HDTV-AA",
    "Lantern.Street.S02E01-E02.1080p.WEB.x264-AA",
    "Lantern.Street.S02E04-06.1080p.WEB.x264-AA",
    "Lantern.Street.S03.COMPLETE.1080p.WEB.x264-AA",
    "Lantern.Street.S03-S04.1080p.WEB.x264-AA",
    "Lantern.Street.2018.1080p.BluRay.x264-AA",
    "Lantern.Streets.S02E03.1080p.WEB.x264-AA",
    "Old.Lantern.Street.S02E03.1080p.WEB.x264-AA",
    "Lantern.S02E03.1080p.WEB.x264-AA",
    "Street.S02E03.1080p.WEB.x264-AA",
    "Lantern.Street.Stories.S02E03.1080p.WEB.x264-AA",
    "Lantern.Street.US.Special.S00E03.1080p.WEB.x264-AA",
    "Фонарная улица / Lantern Street / S2E1-2 из 3 (2016) WEB-DL 1080p",
    "Lantern Street - Temporada 2 Cap.201 1080p",
    "[AA] Lantern Street - 05 [1080p].mkv",
    "Lantern.Street.2016.05.11.1080p.WEB.x264-AA",
    // Right, and nothing that can be watched.
    "Lantern.Street.S02E03.Soundtrack.FLAC.mp3",
    "Lantern Street S02E03 Original Score [320kbps MP3]",
    "Lantern.Street.S02E03.1080p.WEB.x264-AA.srt",
    "Lantern.Street.S02E03.Script.pdf",
];

/// Names that do say it.
const RIGHT: [&str; 5] = [
    "Lantern.Street.S02E03.1080p.WEB.x264-AA",
    "Lantern Street 2x03 720p HDTV x264-AA",
    "lantern.street.s02.e03.2160p.web.hevc-aa",
    "Lantern.Street.2015.S02E03.Part.6.1080p.WEB-DL.DDP5.1.H264-AA",
    "Lantern Street (2015) - S02E03 - Part 6 (1080p WEB-DL x265 AA)",
];

fn jackett(listed: impl IntoIterator<Item = Listed>) -> Upstream<Jackett> {
    let listed = listed.into_iter().map(Listed::everywhere);
    Upstream::start(Jackett::new("KEY", [Tracker::new("one", "One", Caps::IDS).with(listed)]))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_that_an_indexer_brings_only_the_wanted_episode_is_listed() {
    let names = WRONG.iter().chain(&RIGHT).zip(0..);
    let jackett = jackett(names.map(|(name, number)| Listed::new(name, &hash(number))));
    let titles = titles();
    let server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    let list = list(&server, &format!("{SHOW}:2:3")).await;
    let name_of = |row_hash: &str| {
        let number = (0..).zip(WRONG.iter().chain(&RIGHT)).find(|(number, _)| hash(*number) == row_hash);
        number.map_or("?", |(_, name)| name)
    };
    let mut listed: Vec<&str> = list.hashes().into_iter().map(name_of).collect();
    let mut right = RIGHT.to_vec();
    listed.sort_unstable();
    right.sort_unstable();
    assert_eq!(listed, right);
}

/// A pack whose largest file, sample and extras are not what anybody wants.
fn pack(name: &str, seed: u64, files: &[(&[&str], usize)]) -> Share {
    let files: Vec<(Vec<&str>, Vec<u8>)> = (seed..)
        .zip(files)
        .map(|(seed, (path, length))| (path.to_vec(), media::random(seed, *length)))
        .collect();
    Share::multi(name, &files, 16_384, &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_listed_with_the_very_file_or_not_at_all() {
    let whole = pack(
        "Lantern.Street.S02.1080p.WEB.x264-AA",
        100,
        &[
            (&["Lantern.Street.S02E01.mkv"], 40_000),
            (&["Lantern.Street.S02E02.mkv"], 90_000),
            (&["Lantern.Street.S02E03.mkv"], 30_000),
            (&["Sample", "Lantern.Street.S02E03.sample.mkv"], 5_000),
        ],
    );
    let without = pack(
        "Lantern.Street.Season.2.720p.WEB.x264-BB",
        200,
        &[(&["Lantern.Street.S02E01.mkv"], 40_000), (&["Lantern.Street.S02E02.mkv"], 90_000)],
    );
    let nameless =
        pack("Lantern.Street.S02.480p.DVD-CC", 300, &[(&["disc1.mkv"], 40_000), (&["disc2.mkv"], 90_000)]);
    let seasons = pack(
        "Lantern.Street.S01-S03.1080p.BluRay-DD",
        400,
        &[
            (&["Season 1", "Lantern.Street.S01E03.mkv"], 40_000),
            // The same name and length as in the other pack would pass for the same file.
            (&["Season 2", "Lantern.Street.S02E03.mkv"], 35_000),
            (&["Season 3", "Lantern.Street.S03E03.mkv"], 50_000),
        ],
    );
    let unknown = Listed::new("Lantern.Street.S02.2160p.WEB.x265-EE", &hash(77));
    let shares = [&whole, &without, &nameless, &seasons];
    let jackett =
        jackett(shares.map(|share| Listed::of(share).handed(Handed::File)).into_iter().chain([unknown]));
    let titles = titles();
    let server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    let list = list(&server, &format!("{SHOW}:2:3")).await;
    let mut expected = vec![whole.info_hash.clone(), seasons.info_hash.clone()];
    expected.sort();
    assert_eq!(list.sorted(), expected, "{:#?}\n{:#?}", list.rows, jackett.paths());
    assert_eq!(list.row(&whole.info_hash).file, "2");
    assert_eq!(list.row(&seasons.info_hash).file, "1");
    for (share, size) in [(&whole, 30_000), (&seasons, 35_000)] {
        let hints = &list.row(&share.info_hash).value["behaviorHints"];
        assert_eq!(
            (&hints["filename"], &hints["videoSize"]),
            (&"Lantern.Street.S02E03.mkv".into(), &size.into())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_of_the_same_name_from_another_year_is_not_listed() {
    let names = [
        "Harbour.Lights.2019.1080p.WEB.x264-AA",
        "Harbour.Lights.1999.1080p.WEB.x264-AA",
        "Harbour.Lights.2.2021.1080p.WEB.x264-AA",
        "Harbour.Lights.S01E01.1080p.WEB.x264-AA",
        "The.Harbour.2019.1080p.WEB.x264-AA",
        "Making.of.Harbour.Lights.2019.1080p.WEB.x264-AA",
        "Harbour.Lights.2019.Soundtrack.FLAC-AA",
        "Harbour Lights (2019) [Original Soundtrack]",
    ];
    let jackett = jackett((0..).zip(names).map(|(number, name)| Listed::new(name, &hash(number))));
    let titles = titles();
    let server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    let list = list(&server, super::stage::FILM).await;
    assert_eq!(list.hashes(), [hash(0)], "{:#?}", list.rows);
}
