//! Series that play on by themselves: a client takes the first row of the next list that has the binge group of the
//! row that is playing.

use super::stage::{List, Row, SHOW, episode, list, setup, titles};
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Handed, Listed, Tracker as Site, Upstream};
use crate::support::media::{self, assert_same_bytes};
use crate::support::server::Headwater;
use crate::support::swarm::{Libtorrent, Share, Tracker};

fn group(row: &Row) -> &str {
    row.value["behaviorHints"]["bingeGroup"].as_str().expect("every row belongs to a group")
}

/// What Stremio plays after a row of this group.
fn next<'a>(list: &'a List, present: &str) -> Option<&'a Row> {
    list.rows.iter().find(|row| group(row) == present)
}

async fn play(server: &Headwater, row: &Row, whole: &[u8]) {
    let answer = server.get(row.url.strip_prefix(server.base()).expect("it is ours")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_same_bytes(&answer.body, whole, &row.url);
}

/// A season of which the third episode has not been packed, and what others made of the single episodes.
struct Season {
    pack: Share,
    third: Share,
    _seeds: [Libtorrent; 2],
    _tracker: Tracker,
    jackett: Upstream<Jackett>,
}

impl Season {
    fn start() -> Self {
        let tracker = Tracker::start();
        let files: Vec<_> = [("Lantern.Street.S01E01.mkv", 611), ("Lantern.Street.S01E02.mkv", 612)]
            .map(|(name, seed)| (vec![name], media::random(seed, 300_000)))
            .into();
        let pack = Share::multi("Lantern.Street.S01.1080p.WEB.H264-TIDE", &files, 32_768, &[tracker.http()]);
        let data = media::random(613, 300_000);
        let name = "Lantern.Street.S01E03.1080p.WEB.H264-TIDE.mkv";
        let third = Share::single(name, data, 32_768, &[tracker.http()]);
        let seeds = [&pack, &third].map(|share| Libtorrent::start(share, None));
        let single =
            |number, episode_number, quality| episode(number, 1, episode_number, quality).seeders(500);
        let listed = [
            Listed::of(&pack).imdb(SHOW).season(1, &[]).seeders(2).handed(Handed::File),
            Listed::of(&third).imdb(SHOW).season(1, &[3]).seeders(1),
            single(1, 1, "2160p.WEB.H265-FOAM"),
            single(2, 2, "2160p.WEB.H265-FOAM"),
            single(3, 2, "1080p.WEB.H264-FOAM"),
            single(4, 2, "1080p.WEB.H265-TIDE"),
            single(5, 3, "1080p.WEB.H264-FOAM"),
            single(6, 3, "2160p.WEB.H265-FOAM"),
        ];
        let site = Site::new("one", "One", Caps::IDS).with(listed);
        let jackett = Upstream::start(Jackett::new("KEY", [site]));
        Self { pack, third, _seeds: seeds, _tracker: tracker, jackett }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn autoplay_stays_in_a_pack_and_goes_on_with_its_like_where_the_pack_ends() {
    let (season, titles) = (Season::start(), titles());
    let server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", season.jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    let (pack, third) = (&season.pack, &season.third);

    let first = list(&server, &format!("{SHOW}:1:1")).await;
    assert_ne!(first.hashes()[0], pack.info_hash, "the viewer takes another than the first");
    let chosen = first.row(&pack.info_hash);
    // Before anybody has chosen, what more people have comes first.
    let before = list(&server, &format!("{SHOW}:1:2")).await;
    assert_ne!(next(&before, group(chosen)).expect("there is one").hash, pack.info_hash);
    play(&server, chosen, &pack.files[0]).await;

    let second = list(&server, &format!("{SHOW}:1:2")).await;
    let row = next(&second, group(chosen)).expect("the pack goes on");
    assert_eq!((row.hash.as_str(), row.file.as_str()), (pack.info_hash.as_str(), "1"), "{:#?}", second.rows);
    assert_eq!(second.hashes().len(), 4);
    assert_ne!(second.hashes()[0], pack.info_hash, "the list begins as it would for anybody");
    play(&server, row, &pack.files[1]).await;

    // The pack has no third episode: the same people's own comes before what more people have.
    let last = list(&server, &format!("{SHOW}:1:3")).await;
    let row = next(&last, group(row)).expect("another torrent goes on");
    assert_eq!(row.hash, third.info_hash, "{:#?}", last.rows);
    let alike = last.rows.iter().filter(|other| group(other) == group(row)).count();
    assert_eq!(alike, 2, "{:#?}", last.rows);
    play(&server, row, &third.files[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn autoplay_never_changes_what_a_viewer_would_notice() {
    let listed = [
        episode(1, 1, 1, "1080p.WEB.H264-TIDE"),
        episode(2, 1, 2, "2160p.WEB.H264-TIDE"),
        episode(3, 1, 2, "1080p.BluRay.H264-TIDE"),
        episode(4, 1, 2, "1080p.WEB.H265-TIDE"),
        episode(5, 1, 2, "1080p.WEB.HDR10.H264-TIDE"),
        episode(6, 1, 2, "GERMAN.1080p.WEB.H264-TIDE"),
    ];
    let site = Site::new("one", "One", Caps::IDS).with(listed);
    let jackett = Upstream::start(Jackett::new("KEY", [site]));
    let titles = titles();
    let server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    let first = list(&server, &format!("{SHOW}:1:1")).await;
    let second = list(&server, &format!("{SHOW}:1:2")).await;
    assert_eq!(second.rows.len(), 5);
    assert!(next(&second, group(&first.rows[0])).is_none(), "{:#?}", second.rows);
}
