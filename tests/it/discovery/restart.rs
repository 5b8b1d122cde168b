//! What was found outlives the server, however it ends, and indexers are not asked again for it.

use std::time::Duration;

use reqwest::Method;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::stage::{FILM, film, hash, hashes, list, setup, titles};
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Handed, Listed, Tracker, Trouble, Upstream};
use crate::support::media;
use crate::support::server::Headwater;
use crate::support::swarm::{Libtorrent, Share, Tracker as Announcer};

/// Waits until what was found is on disk, and what a play of every row needs: both are written a moment after the
/// answer.
pub(super) async fn settle(server: &Headwater) {
    let rows = list(server, FILM).await.rows.len();
    assert_ne!(rows, 0);
    let options = SqliteConnectOptions::new()
        .filename(server.setup().data().join("headwater.db"))
        .read_only(true)
        .busy_timeout(Duration::from_secs(5));
    let mut database = options.connect().await.expect("the server has made it");
    for _ in 0..500 {
        let counts = "SELECT (SELECT COUNT(*) FROM searches), (SELECT COUNT(*) FROM sources)";
        let (searches, sources): (i64, i64) =
            sqlx::query_as(counts).fetch_one(&mut database).await.expect("both tables are there");
        if searches > 0 && sources >= i64::try_from(rows).expect("a list is short") {
            return;
        }
        // Another process writes them, and SQLite tells nobody when.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never on disk\n{}", server.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_outlives_a_kill_and_indexers_that_hang_afterwards() {
    let stock = [film(1, "1080p.WEB-DL.H264-ONE"), film(2, "720p.WEB-DL.H264-TWO")];
    let jackett = Upstream::start(Jackett::new("KEY", [Tracker::new("one", "One", Caps::IDS).with(stock)]));
    let titles = titles();
    let mut server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    let before = list(&server, FILM).await;
    settle(&server).await;
    let links = |rows: &super::stage::List, base: &str| {
        rows.rows.iter().map(|row| row.url.replace(base, "")).collect::<Vec<_>>()
    };
    let before_links = links(&before, server.base());
    server.kill9();
    jackett.trouble("", Trouble::Hang);
    titles.trouble("", Trouble::Hang);
    jackett.forget();
    server.restart();
    let after = list(&server, FILM).await;
    assert_eq!(after.sorted(), hashes(&[1, 2]));
    assert!(after.took < Duration::from_secs(1), "nobody is waited for: {:?}", after.took);
    assert_eq!(links(&after, server.base()), before_links, "links are the same");
    assert!(jackett.asked("/api").is_empty(), "it is still fresh: {:#?}", jackett.paths());
    jackett.heal("");
    titles.heal("");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_plays_after_a_kill_though_its_indexer_is_gone() {
    let tracker = Announcer::start();
    let clip = media::clip("faststart.mp4");
    let share = Share::single(
        "Harbour.Lights.2019.1080p.WEB-DL.H264-SEED.mp4",
        clip.clone(),
        32_768,
        &[tracker.http()],
    );
    let _seed = Libtorrent::start(&share, None);
    // The tracker stands in the magnet link alone, and the link of the row does not hold it.
    let listed = Listed::of(&share).imdb(FILM).handed(Handed::Magnet);
    let jackett =
        Upstream::start(Jackett::new("KEY", [Tracker::new("one", "One", Caps::IDS).with([listed])]));
    let titles = titles();
    let mut server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    let row = list(&server, FILM).await.row(&share.info_hash).clone();
    let path = row.url.strip_prefix(server.base()).expect("it is this server's").to_owned();
    assert!(!path.contains("announce"), "{path}");
    settle(&server).await;
    server.kill9();
    drop(jackett);
    server.restart();
    let answer = server.send(Method::GET, &path, &[("Range", "bytes=0-65535")], Vec::new()).await;
    assert_eq!(answer.status, 206, "{}", answer.text());
    media::assert_same_bytes(&answer.body, &clip[..65_536], "the film");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_in_the_middle_of_a_search_searches_again() {
    let stock = [film(1, "1080p.WEB-DL.H264-ONE")];
    let jackett = Upstream::start(Jackett::new("KEY", [Tracker::new("one", "One", Caps::IDS).with(stock)]));
    let titles = titles();
    let mut server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .env("HEADWATER_SEARCH_DEADLINE", "500ms")
        .start();
    jackett.trouble(&Jackett::below("one"), Trouble::Hang);
    assert!(list(&server, FILM).await.rows.is_empty());
    server.kill9();
    jackett.heal("");
    server.restart();
    let list = super::stage::until(&server, FILM, |list| !list.rows.is_empty()).await;
    assert_eq!(list.hashes(), [hash(1)]);
}
