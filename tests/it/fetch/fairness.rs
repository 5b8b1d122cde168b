//! Several origins at work for the same reader: they add up, and slow ones keep nobody waiting.

use std::sync::Arc;
use std::time::{Duration, Instant};

use headwater::cache::CacheFile;

use super::film::{Film, KIB, MIB, within};
use super::host::{Act, Host};
use super::place::Place;

/// What the design promises whenever the source changes.
const LONGEST_GAP: Duration = Duration::from_secs(3);

/// How a film was read.
struct Seen {
    time: Duration,
    /// The longest time without a new byte after the first one.
    longest_gap: Duration,
}

/// Reads all of `file` as fast as it comes, in steps of a piece, and compares every byte.
async fn read(film: &Film, file: &CacheFile) -> Seen {
    let began = Instant::now();
    let (mut last, mut longest_gap, mut at) = (None::<Instant>, Duration::ZERO, 0);
    let mut playhead = file.playhead(0);
    while at < film.layout.length {
        within(10, file.wait_for(at)).await.unwrap();
        longest_gap =
            longest_gap.max(last.replace(Instant::now()).map_or(Duration::ZERO, |last| last.elapsed()));
        let end = file.missing_from(at);
        let bytes = file.read_content(at, (end - at) as usize).unwrap();
        assert!(bytes == film.bytes()[at as usize..end as usize], "wrong bytes from {at} on");
        at = end;
        playhead.advance(at);
    }
    Seen { time: began.elapsed(), longest_gap }
}

/// A server with so many bytes per second on each connection.
async fn slow(film: &Film, pace: u64) -> Host {
    Host::new(film.bytes(), move |_, _| Act::Slow(pace)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_equal_origins_add_up_for_one_reader_and_fetch_little_twice() {
    let film = Film::plain(32 * MIB, 256 * KIB);
    let pace = 4 * MIB;
    let hosts = [slow(&film, pace).await, slow(&film, pace).await];
    let file = film.file();
    let _reader = file.playhead(0);
    let places = [Arc::new(Place::of(&[&hosts[0]])), Arc::new(Place::of(&[&hosts[1]]))];
    let (one, two) = tokio::join!(places[0].start(&file), places[1].start(&file));
    let _writers = [one.unwrap(), two.unwrap()];
    let seen = within(20, read(&film, &file)).await;
    let served = hosts.each_ref().map(Host::served);
    let all = served[0] + served[1];
    assert!(all < film.layout.length * 115 / 100, "{served:?} for {}", film.layout.length);
    assert!(served.iter().all(|served| *served > film.layout.length / 4), "both helped: {served:?}");
    // Neither could do that alone: its pace is a limit, and nothing of this machine makes it faster.
    assert!(
        seen.time < Duration::from_secs(8),
        "one alone takes eight seconds or more, both {:?}",
        seen.time
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_origin_that_was_first_does_not_keep_a_fast_one_away() {
    for piece in [256 * KIB, MIB] {
        let film = Film::plain(15 * MIB, piece);
        let alone = {
            let host = slow(&film, 3_000_000).await;
            let file = film.file();
            let place = Arc::new(Place::of(&[&host]));
            let _writer = within(10, place.start(&file)).await.unwrap();
            within(20, read(&film, &file)).await.time
        };
        let film = Film::plain(15 * MIB, piece);
        let (first, second) = (slow(&film, 40_000).await, slow(&film, 3_000_000).await);
        let file = film.file();
        let _reader = file.playhead(0);
        let places = [Arc::new(Place::of(&[&first])), Arc::new(Place::of(&[&second]))];
        let _first = within(10, places[0].start(&file)).await.unwrap();
        let _second = within(10, places[1].start(&file)).await.unwrap();
        let seen = within(30, read(&film, &file)).await;
        // To wait for the slow one would take minutes; a busy machine costs two or three seconds.
        assert!(seen.time < alone * 2, "{piece}: {:?}, and {alone:?} alone", seen.time);
        assert!(seen.longest_gap < LONGEST_GAP, "{piece}: nothing for {:?}", seen.longest_gap);
        let served = first.served() + second.served();
        assert!(served < film.layout.length * 115 / 100, "{piece}: {served} for {}", film.layout.length);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_becomes_slow_while_it_holds_much_is_overtaken() {
    let film = Film::plain(12 * MIB, 256 * KIB);
    // Fast for so long that it has claimed a great deal.
    let failing = Host::new(film.bytes(), |_, _| Act::Fade(4 * MIB, 40_000)).await;
    let steady = slow(&film, 3_000_000).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let places = [Arc::new(Place::of(&[&failing])), Arc::new(Place::of(&[&steady]))];
    let _first = within(10, places[0].start(&file)).await.unwrap();
    within(10, file.wait_for(3 * MIB)).await.unwrap();
    let _second = within(10, places[1].start(&file)).await.unwrap();
    let seen = within(30, read(&film, &file)).await;
    assert!(seen.longest_gap < LONGEST_GAP, "nothing for {:?}", seen.longest_gap);
    assert!(seen.time < Duration::from_secs(7), "{:?}", seen.time);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_origin_is_enough_again_when_the_fast_one_dies() {
    let film = Film::plain(8 * MIB, 256 * KIB);
    let last =
        Host::new(film.bytes(), |number, _| Act::Slow(if number == 0 { 60_000 } else { 8 * MIB })).await;
    let dying = Host::new(film.bytes(), |number, _| match number {
        0..3 => Act::Slow(2 * MIB),
        _ => Act::Say(""),
    })
    .await;
    let file = film.file();
    let _reader = file.playhead(0);
    let places = [Arc::new(Place::of(&[&last])), Arc::new(Place::of(&[&dying]))];
    let _last = within(10, places[0].start(&file)).await.unwrap();
    let _dying = within(10, places[1].start(&file)).await.unwrap();
    let seen = within(30, read(&film, &file)).await;
    assert!(seen.longest_gap < LONGEST_GAP, "nothing for {:?}", seen.longest_gap);
}
