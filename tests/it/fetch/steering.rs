//! What is fetched, when, and over how many connections.

use std::sync::Arc;
use std::time::{Duration, Instant};

use headwater::source::Duty;

use super::film::{Film, KIB, MIB, within};
use super::host::{Act, Host};
use super::place::Place;

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_server_delivers_everything_over_one_connection() {
    let film = Film::plain(70 * MIB + 4321, MIB);
    let host = Host::good(film.bytes()).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&host]));
    let writer = within(10, place.start(&file)).await.unwrap();
    within(60, film.play_all(&file)).await;
    assert!(file.is_complete());
    assert_eq!(host.served(), film.layout.length, "no byte twice");
    assert_eq!(writer.received.load(std::sync::atomic::Ordering::Relaxed), film.layout.length);
    assert!((3..=4).contains(&host.asked().len()), "few large ranges: {:?}", host.starts());
    assert!(writer.failed.borrow().is_none());
    // A client may begin a second one while the first is on its way back into its pool.
    assert!(host.accepted() <= 2, "{} connections", host.accepted());
}

#[tokio::test(flavor = "multi_thread")]
async fn before_any_reader_the_head_and_the_tail_are_fetched_and_nothing_else() {
    let film = Film::plain(40 * MIB, MIB);
    let host = Host::good(film.bytes()).await;
    let file = film.file();
    let place = Arc::new(Place::of(&[&host]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, file.wait_for(8 * MIB - 1)).await.unwrap();
    within(10, file.wait_for(40 * MIB - 1)).await.unwrap();
    assert_eq!(file.verified_bytes(), 10 * MIB);
    assert_eq!(host.served(), 10 * MIB);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_kept_a_little_ahead_in_large_steps() {
    let film = Film::plain(100 * MIB, MIB);
    let host = Host::good(film.bytes()).await;
    let file = film.file();
    let mut reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&host]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(20, file.wait_for(32 * MIB - 1)).await.unwrap();
    reader.advance(MIB);
    within(20, file.wait_for(64 * MIB - 1)).await.unwrap();
    reader.advance(2 * MIB);
    within(20, film.play(&file, 90 * MIB, 91 * MIB)).await;
    assert_eq!(host.starts(), [0, 32 * MIB, 90 * MIB], "enough was there before the first reader");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seek_does_not_wait_for_the_run_in_progress() {
    for connections in [1, 4] {
        let film = Film::plain(100 * MIB, 256 * KIB);
        let host = Host::new(film.bytes(), |_, _| Act::Slow(4 * MIB)).await;
        let file = film.file();
        let place = Arc::new(Place::of(&[&host]).with_connections(connections));
        let mut playhead = file.playhead(0);
        let _writer = within(10, place.start(&file)).await.unwrap();
        within(10, file.wait_for(0)).await.unwrap();
        let seek = Instant::now();
        playhead.advance(80 * MIB);
        within(10, file.wait_for(80 * MIB)).await.unwrap();
        assert!(seek.elapsed() < Duration::from_millis(1500), "{connections}: {:?}", seek.elapsed());
        assert_eq!(host.starts(), [0, 80 * MIB], "{connections}");
        within(10, host.open_at_most(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_readers_far_apart_share_one_connection_in_turns() {
    let film = Film::plain(64 * MIB, 256 * KIB);
    let host = Host::new(film.bytes(), |_, _| Act::Slow(40 * MIB)).await;
    let file = film.file();
    let place = Arc::new(Place::of(&[&host]).with_connections(1));
    let _writer = within(10, place.start(&file)).await.unwrap();
    let (first, second) = (film.play(&file, 0, 10 * MIB), film.play(&file, 40 * MIB, 50 * MIB));
    within(20, async { tokio::join!(first, second) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_origins_divide_one_file() {
    let film = Film::plain(60 * MIB, 512 * KIB);
    let hosts = [Host::good(film.bytes()).await, Host::good(film.bytes()).await];
    let file = film.file();
    let places = [Arc::new(Place::of(&[&hosts[0]])), Arc::new(Place::of(&[&hosts[1]]))];
    let _readers = [file.playhead(0), file.playhead(30 * MIB)];
    let (one, two) = tokio::join!(places[0].start(&file), places[1].start(&file));
    let _writers = [one.unwrap(), two.unwrap()];
    let halves = [film.play(&file, 0, 30 * MIB), film.play(&file, 30 * MIB, 60 * MIB)];
    within(60, futures::future::join_all(halves)).await;
    let served = hosts[0].served() + hosts[1].served();
    assert!(served < film.layout.length * 12 / 10, "{served} bytes for {}", film.layout.length);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resting_writer_holds_no_connection_and_goes_on_when_told() {
    let film = Film::plain(20 * MIB, 256 * KIB);
    let host =
        Host::new(film.bytes(), |number, _| if number == 0 { Act::Slow(MIB) } else { Act::Serve }).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&host]));
    let writer = within(10, place.start(&file)).await.unwrap();
    within(10, file.wait_for(0)).await.unwrap();
    writer.duty.send_replace(Duty::Rest);
    within(10, host.open_at_most(0)).await;
    assert_eq!(host.asked().len(), 1);
    writer.duty.send_replace(Duty::Work);
    within(20, film.play_all(&file)).await;
    assert!(place.refused().is_empty(), "the address was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_writer_closes_its_connections() {
    let film = Film::plain(20 * MIB, 256 * KIB);
    let host = Host::new(film.bytes(), |_, _| Act::Slow(MIB)).await;
    let file = film.file();
    let _readers = [file.playhead(0), file.playhead(15 * MIB)];
    let place = Arc::new(Place::of(&[&host]));
    let writer = within(10, place.start(&file)).await.unwrap();
    within(10, host.heard(2)).await;
    drop(writer);
    within(10, host.open_at_most(0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_and_no_connection_is_held() {
    let film = Film::plain(100 * MIB, 256 * KIB);
    let host = Host::new(film.bytes(), |_, _| Act::Slow(8 * MIB)).await;
    let file = film.file();
    for piece in (0..32).chain(392..400) {
        film.put(&file, piece);
    }
    let reader = file.playhead(50 * MIB);
    let place = Arc::new(Place::of(&[&host]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, file.wait_for(50 * MIB)).await.unwrap();
    drop(reader);
    within(10, host.open_at_most(0)).await;
    assert!(file.verified_bytes() < 80 * MIB);
}
