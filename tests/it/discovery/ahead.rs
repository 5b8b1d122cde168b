//! What is got ready before anybody clicks: the best of a list, the next episode, and the place that was left.

use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use serde_json::json;

use super::stage::{FILM, List, SHOW, list, setup, titles, until};
use crate::support::indexers::bitmagnet::Bitmagnet;
use crate::support::indexers::{Listed, Upstream};
use crate::support::media::{self, assert_same_bytes};
use crate::support::server::Headwater;
use crate::support::swarm::{Announce, Libtorrent, Share, Tracker};

const SOON: Duration = Duration::from_secs(30);

/// An episode in a torrent of its own.
fn share(number: u32, tracker: &Tracker) -> Share {
    let name = format!("Lantern.Street.S01E0{number}.1080p.WEB.H264-AA.mkv");
    Share::single(&name, media::random(400 + u64::from(number), 900_000), 64 * 1024, &[tracker.http()])
}

/// Whether a job for this torrent is at work or ready.
async fn has_job(server: &Headwater, info_hash: &str) -> bool {
    let (status, jobs) = server.json("/api/admin/jobs").await;
    assert_eq!(status, 200, "{jobs}");
    jobs.to_string().contains(info_hash)
}

async fn until_job(server: &Headwater, info_hash: &str) {
    let deadline = Instant::now() + SOON;
    while !has_job(server, info_hash).await {
        assert!(Instant::now() < deadline, "no job for {info_hash}\n{}", server.transcript());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn path<'a>(server: &Headwater, list: &'a List, info_hash: &str) -> &'a str {
    let url = list.row(info_hash).url.as_str();
    url.strip_prefix(server.base()).unwrap_or(url)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_episode_is_fetched_while_the_present_one_is_watched() {
    let tracker = Tracker::start();
    let shares: Vec<Share> = (1..=3).map(|number| share(number, &tracker)).collect();
    let _seeds: Vec<Libtorrent> = shares.iter().map(|share| Libtorrent::start(share, None)).collect();
    let listed = (1..).zip(&shares).map(|(number, share)| Listed::of(share).imdb(SHOW).season(1, &[number]));
    let bitmagnet = Upstream::start(Bitmagnet::new(listed));
    let titles = titles();
    let server =
        setup(&titles).env("HEADWATER_BITMAGNET_URL", bitmagnet.base()).env("HEADWATER_PREWARM", "1").start();

    let first = list(&server, &format!("{SHOW}:1:1")).await;
    let played = server.get(path(&server, &first, &shares[0].info_hash)).await;
    assert_same_bytes(&played.body, &shares[0].files[0], "the first episode");
    // Nobody watches the second one, so that the third does not follow it.
    let third = list(&server, &format!("{SHOW}:1:3")).await;
    assert_eq!(third.hashes(), [shares[2].info_hash.as_str()]);
    let second = list(&server, &format!("{SHOW}:1:2")).await;
    until_job(&server, &shares[1].info_hash).await;
    until_stored(&server, &shares[1], 0..shares[1].files[0].len()).await;
    assert!(!has_job(&server, &shares[2].info_hash).await, "{}", server.transcript());

    let group = |list: &List| list.rows[0].value["behaviorHints"]["bingeGroup"].clone();
    assert_eq!(group(&first), group(&second), "autoplay goes from one torrent to the next");
    let next = server.get(path(&server, &second, &shares[1].info_hash)).await;
    assert_same_bytes(&next.body, &shares[1].files[0], "the second episode");
}

/// How often somebody but the seed has begun to look for peers to get a file table from: our engine then says that it
/// misses nothing, because it does not know yet.
fn lookups(tracker: &Tracker, share: &Share, seed: &Libtorrent) -> usize {
    let announces = tracker.announces(&share.info_hash);
    let is_lookup =
        |one: &&Announce| one.port != seed.port && one.event == "start" && matches!(one.left, None | Some(0));
    announces.iter().filter(is_lookup).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_listed_first_is_played_without_looking_for_its_file_table() {
    for prewarm in [0, 1] {
        let tracker = Tracker::start();
        let share = share(1, &tracker);
        let seed = Libtorrent::start(&share, None);
        let bitmagnet = Upstream::start(Bitmagnet::new([Listed::of(&share).imdb(SHOW).season(1, &[1])]));
        let titles = titles();
        let setup = setup(&titles).env("HEADWATER_PREWARM", &prewarm.to_string());
        let server = setup.env("HEADWATER_BITMAGNET_URL", bitmagnet.base()).start();
        let id = format!("{SHOW}:1:1");
        let found = list(&server, &id).await;
        if prewarm > 0 {
            // The row says more as soon as the table is known.
            let name = |list: &List| list.rows[0].value["behaviorHints"]["filename"].clone();
            let known = until(&server, &id, |list| name(list) == share.name()).await;
            assert_eq!(known.rows[0].value["behaviorHints"]["videoSize"], share.files[0].len());
        }
        assert_eq!(lookups(&tracker, &share, &seed), prewarm, "{:#?}", tracker.announces(&share.info_hash));
        assert!(!has_job(&server, &share.info_hash).await, "nothing is fetched before somebody plays");
        let played = server.get(path(&server, &found, &share.info_hash)).await;
        assert_same_bytes(&played.body, &share.files[0], "the episode");
        assert_eq!(lookups(&tracker, &share, &seed), 1, "{:#?}", tracker.announces(&share.info_hash));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_of_a_list_are_looked_up_and_no_others() {
    let tracker = Tracker::start();
    let best_first = ["2160p.WEB.H265-AA", "1080p.WEB.H264-BB", "720p.WEB.H264-CC", "480p.WEB.H264-DD"];
    let share = |(seed, quality): (u64, &str)| {
        let name = format!("Harbour.Lights.2019.{quality}.mkv");
        Share::single(&name, media::random(seed, 300_000), 32 * 1024, &[tracker.http()])
    };
    let shares: Vec<Share> = (440..).zip(best_first).map(share).collect();
    let seeds: Vec<Libtorrent> = shares.iter().map(|share| Libtorrent::start(share, None)).collect();
    let bitmagnet = Upstream::start(Bitmagnet::new(shares.iter().map(|share| Listed::of(share).imdb(FILM))));
    let titles = titles();
    let server =
        setup(&titles).env("HEADWATER_BITMAGNET_URL", bitmagnet.base()).env("HEADWATER_PREWARM", "2").start();
    let looked_up = || -> Vec<usize> {
        shares.iter().zip(&seeds).map(|(share, seed)| lookups(&tracker, share, seed)).collect()
    };
    // It is asked for again and again, and nothing is looked up twice.
    let found = until(&server, FILM, |_| looked_up().starts_with(&[1, 1])).await;
    let order: Vec<&str> = shares.iter().map(|share| share.info_hash.as_str()).collect();
    assert_eq!(found.hashes(), order);
    let is_known = |list: &List, share: &Share| {
        list.row(&share.info_hash).value["behaviorHints"]["filename"] == share.name()
    };
    until(&server, FILM, |list| shares[..2].iter().all(|share| is_known(list, share))).await;
    assert_eq!(looked_up(), [1, 1, 0, 0]);
    // What was left out is looked up by the one who plays it.
    let played = server.get(path(&server, &found, &shares[2].info_hash)).await;
    assert_same_bytes(&played.body, &shares[2].files[0], "the third");
    assert_eq!(looked_up(), [1, 1, 1, 0]);
}

/// Waits until these bytes of a film are in its file on disk, without asking the server for any.
async fn until_stored(server: &Headwater, share: &Share, range: Range<usize>) {
    let data = format!("cache/contents/{}-0/data", share.info_hash);
    let path = server.setup().data().join(data);
    let (mut stored, deadline) = (vec![0; range.len()], Instant::now() + SOON);
    loop {
        // A file is made first and gets its length then.
        let read =
            std::fs::File::open(&path).and_then(|file| file.read_exact_at(&mut stored, range.start as u64));
        if read.is_ok() && stored == share.files[0][range.clone()] {
            return;
        }
        assert!(Instant::now() < deadline, "{range:?} is not there\n{}", server.transcript());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_that_was_left_is_there_when_the_title_is_opened_again() {
    let tracker = Tracker::start();
    let data = media::random(411, 40 << 20);
    let share =
        Share::single("Harbour.Lights.2019.1080p.WEB.H264-AA.mkv", data, 256 * 1024, &[tracker.http()]);
    // Slow enough that the film is not complete when the viewer leaves.
    let mut seed = Libtorrent::start(&share, Some(4_000_000));
    let bitmagnet = Upstream::start(Bitmagnet::new([Listed::of(&share).imdb(FILM)]));
    let titles = titles();
    let mut server =
        setup(&titles).env("HEADWATER_BITMAGNET_URL", bitmagnet.base()).env("HEADWATER_PREWARM", "1").start();
    let found = list(&server, FILM).await;
    let response = server.try_open(path(&server, &found, &share.info_hash), "bytes=20971520-").await;
    let mut response = response.expect("it plays");
    let mut taken = 0;
    while taken < 5 << 20 {
        let chunk = response.chunk().await.expect("it arrives").expect("there is more");
        taken += chunk.len();
    }
    drop(response);
    let left = (20 << 20) + taken;
    server.terminate();
    server.stopped();
    server.restart();
    assert!(!has_job(&server, &share.info_hash).await);
    seed.limit(None);

    let found = list(&server, FILM).await;
    // Players go back to the key frame before the place, and then on.
    until_stored(&server, &share, left - (1 << 20)..left + (6 << 20)).await;
    until_stored(&server, &share, 0..8 << 20).await;
    until_stored(&server, &share, 39 << 20..40 << 20).await;
    let (_, jobs) = server.json("/api/admin/jobs").await;
    assert_eq!((&jobs["activeJobs"], &jobs["jobs"][0]["viewers"]), (&json!(1), &json!(0)), "{jobs}");
    drop(seed);
    let (from, to) = (left as u64, left as u64 + (1 << 20) - 1);
    let resumed = server.range(path(&server, &found, &share.info_hash), from, to).await;
    assert_same_bytes(&resumed.body, &share.files[0][left..left + (1 << 20)], "the place that was left");
}
