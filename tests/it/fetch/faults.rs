//! Servers that break off, are busy, send pages, or fall silent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use headwater::source::SourceError;
use headwater::source::fetch::{Refusal, probe};

use super::film::{Film, KIB, MIB, within};
use super::host::{Act, Host};
use super::place::Place;

const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\n<html";
const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n";
const GONE: &str = "HTTP/1.1 410 Gone\r\nx-error: link_expired\r\ncontent-length: 0\r\n\r\n";
const LATER: &str = "HTTP/1.1 503 Busy\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_body_is_resumed_at_the_very_next_byte() {
    let film = Film::plain(3 * MIB, 512 * KIB);
    let cut = MIB + 1234;
    let host =
        Host::new(film.bytes(), move |number, _| if number == 0 { Act::Cut(cut, "") } else { Act::Serve })
            .await;
    let file = film.file();
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&host]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, film.play_all(&file)).await;
    assert_eq!(host.starts(), [0, cut]);
    assert_eq!(host.served(), film.layout.length, "what had come was kept");
    assert!(place.refused().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_of_a_few_seconds_costs_nothing_but_time() {
    let film = Film::plain(2 * MIB, 512 * KIB);
    let pause = Act::Pause(MIB + 1234, Duration::from_millis(2500));
    let host = Host::new(film.bytes(), move |_, _| pause.clone()).await;
    let file = film.file();
    let place = Arc::new(Place::of(&[&host]));
    let _reader = file.playhead(0);
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(2, file.wait_for(MIB - 1)).await.unwrap();
    assert!(file.is_claimed(MIB));
    within(10, film.play_all(&file)).await;
    assert_eq!(host.starts(), [0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_address_is_replaced_in_the_middle_and_the_play_goes_on() {
    let film = Film::plain(3 * MIB, 512 * KIB);
    let old = Host::new(film.bytes(), |number, _| match number {
        0 => Act::Cut(MIB + 99, ""),
        _ => Act::Say(GONE),
    })
    .await;
    let new = Host::good(film.bytes()).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&old, &new]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(3, film.play_all(&file)).await;
    assert_eq!(new.starts(), [MIB + 99]);
    assert_eq!(place.refused(), [Refusal::Status { status: 410, reason: Some("link_expired".to_owned()) }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_or_another_length_is_refused_and_the_next_address_serves() {
    let film = Film::plain(MIB, 256 * KIB);
    let page = Host::new(film.bytes(), |_, _| Act::Say(PAGE)).await;
    let clip = Host::good(&film.bytes()[..300_000]).await;
    let good = Host::good(film.bytes()).await;
    let file = film.file();
    let place = Arc::new(Place::of(&[&page, &clip, &good]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    let length = Refusal::WrongLength { expected: MIB, got: 300_000 };
    assert_eq!(place.refused(), [Refusal::NotMedia, length]);
    within(10, film.play_all(&file)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_another_address_the_start_fails_with_what_the_origin_says() {
    let film = Film::plain(MIB, 256 * KIB);
    let page = Host::new(film.bytes(), |_, _| Act::Say(PAGE)).await;
    let place = Arc::new(Place::of(&[&page]));
    let error = within(10, place.start(&film.file())).await.unwrap_err();
    assert!(matches!(&error, SourceError::NotHere(why) if why == "there is no other address"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_repeats_itself_is_given_up() {
    let film = Film::plain(MIB, 256 * KIB);
    let page = Host::new(film.bytes(), |_, _| Act::Say(PAGE)).await;
    let place = Arc::new(Place::of(&[&page; 40]));
    let error = within(10, place.start(&film.file())).await.unwrap_err();
    assert!(matches!(&error, SourceError::NotHere(why) if why.contains("web page")), "{error}");
    assert!(place.refused().len() < 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_server_is_asked_again_when_it_says() {
    let film = Film::plain(MIB, 256 * KIB);
    let host =
        Host::new(film.bytes(), |number, _| if number == 0 { Act::Say(BUSY) } else { Act::Serve }).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&host]));
    let began = Instant::now();
    let _writer = within(10, place.start(&file)).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    within(10, film.play_all(&file)).await;
    assert!(place.refused().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_for_long_is_left_at_once() {
    let film = Film::plain(MIB, 256 * KIB);
    let busy = Host::new(film.bytes(), |_, _| Act::Say(LATER)).await;
    let good = Host::good(film.bytes()).await;
    let file = film.file();
    let place = Arc::new(Place::of(&[&busy, &good]));
    let began = Instant::now();
    let _writer = within(10, place.start(&file)).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(place.refused(), [Refusal::Status { status: 503, reason: None }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ignores_ranges_is_used_near_the_start_only() {
    let film = Film::plain(20 * MIB, 256 * KIB);
    let host = Host::new(film.bytes(), |_, _| Act::Whole).await;
    let file = film.file();
    let far = file.playhead(15 * MIB);
    let place = Arc::new(Place::of(&[&host]));
    within(10, place.start(&file)).await.unwrap_err();
    assert_eq!(place.refused(), [Refusal::BadRange]);
    drop(far);
    let _near = file.playhead(2 * MIB);
    let place = Arc::new(Place::of(&[&host]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(20, film.play(&file, 2 * MIB, 3 * MIB)).await;
    assert_eq!(file.missing_from(0), 0, "what was skipped was thrown away");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_answer_a_part_of_the_range_but_no_crumbs() {
    let film = Film::plain(MIB, 256 * KIB);
    let crumbs = Host::new(film.bytes(), |_, _| Act::Short(1)).await;
    let parts = Host::new(film.bytes(), |_, _| Act::Short(64 * KIB)).await;
    let file = film.file();
    let place = Arc::new(Place::of(&[&crumbs, &parts]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, film.play_all(&file)).await;
    assert_eq!(place.refused(), [Refusal::BadRange]);
    assert_eq!(crumbs.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_every_connection_is_silent() {
    let film = Film::plain(MIB, 256 * KIB);
    let host = Host::new(film.bytes(), |_, _| Act::Say("")).await;
    let place = Arc::new(Place::of(&[&host]));
    within(10, place.start(&film.file())).await.unwrap_err();
    assert!(matches!(&place.refused()[..], [Refusal::Silent(_)]), "{:?}", place.refused());
    assert_eq!(host.asked().len(), 3);
    assert!(!format!("{:?}", place.refused()).contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_origin_takes_over_from_one_that_stalls() {
    let film = Film::plain(4 * MIB, 256 * KIB);
    let stalling = Host::new(film.bytes(), |_, _| Act::Stall(MIB + 77)).await;
    let good = Host::good(film.bytes()).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let places = [Arc::new(Place::of(&[&stalling])), Arc::new(Place::of(&[&good]))];
    let _first = within(10, places[0].start(&file)).await.unwrap();
    within(10, file.wait_for(0)).await.unwrap();
    let _second = within(10, places[1].start(&file)).await.unwrap();
    let began = Instant::now();
    within(10, film.play_all(&file)).await;
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(good.served() <= 3 * MIB + 2 * KIB, "what was there was not fetched again: {}", good.served());
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_fail_at_random_still_deliver_every_byte() {
    let film = Film::plain(24 * MIB, 256 * KIB);
    let moody = |number: usize, _: &super::host::Asked| match number * 7 % 5 {
        0 => Act::Cut((number as u64 * 377_777) % (3 * MIB), ""),
        1 => Act::Slow(16 * MIB),
        2 => Act::Pause(100_000, Duration::from_millis(300)),
        _ => Act::Serve,
    };
    let hosts = [Host::new(film.bytes(), moody).await, Host::new(film.bytes(), moody).await];
    let file = film.file();
    let places = [Arc::new(Place::of(&[&hosts[0]; 20])), Arc::new(Place::of(&[&hosts[1]; 20]))];
    let (one, two) = tokio::join!(places[0].start(&file), places[1].start(&file));
    let _writers = [one.unwrap(), two.unwrap()];
    let readers = (0..12).map(|reader| film.play(&file, reader * 2 * MIB, (reader + 2).min(12) * 2 * MIB));
    within(30, futures::future::join_all(readers)).await;
    assert!(file.is_complete());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_never_sends_anything_is_given_up() {
    let film = Film::plain(MIB, 256 * KIB);
    let host = Host::new(film.bytes(), |_, _| Act::Stall(0)).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&host]));
    let error = within(30, place.start(&file)).await.unwrap_err();
    assert!(matches!(error, SourceError::Transient(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_connections_others_use_is_not_given_up() {
    let film = Film::plain(MIB, 256 * KIB);
    let host = Host::good(film.bytes()).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&host]).with_connections(1));
    let held = place.connections().acquire_owned().await.unwrap();
    let mut opening = Box::pin(place.start(&file));
    // Longer than a server may be silent.
    let early = tokio::time::timeout(Duration::from_secs(22), &mut opening).await;
    assert!(early.is_err(), "{:?}", early.map(|opened| opened.map(|_| ())));
    drop(held);
    let _writer = within(10, opening).await.unwrap();
    within(10, film.play_all(&file)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_reads_one_byte_and_says_what_is_there() {
    let film = Film::plain(MIB, 256 * KIB);
    let host = Host::new(film.bytes(), |_, _| {
        Act::ServeWith("etag: \"v1\"\r\ncontent-disposition: attachment; filename=\"A film.mp4\"\r\n")
    })
    .await;
    let place = Place::of(&[&host]);
    let link = headwater::source::fetch::Origin::link(&place, None).await.unwrap();
    let probe = within(10, probe(&link)).await.unwrap();
    assert_eq!((probe.length, probe.ranges), (MIB, true));
    assert_eq!(probe.name.as_deref(), Some("A film.mp4"));
    assert_eq!(probe.tag.as_deref(), Some("\"v1\""));
    assert_eq!(host.asked()[0].range, 0..1);
}
