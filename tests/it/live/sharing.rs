//! One engine session per channel, whoever asks and however.

use std::slice::from_ref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use headwater::live::{LiveError, LiveSettings, Means, Selector, ViewerFacts};

use super::proxy::{PATIENCE, Viewer, hasty, room, room_with, somebody, until};
use crate::support::engine::{Broadcast, Channel, Engine, Faults, Film, Kind, Manner};
use crate::support::onlooker::Pauses;

fn garden() -> Channel {
    Channel::new("Open Garden", &Broadcast::of(Film::H264Mp2))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_viewers_share_one_engine_session() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let live = room(&[&engine], hasty());
    let mut first = Viewer::of(&live, channel.by_id()).await.unwrap();
    first.pictures(25).await;
    let mut second = Viewer::of(&live, channel.by_id()).await.unwrap();
    second.pictures(25).await;
    first.pictures(25).await;
    first.look().assert_clean();
    second.look().assert_clean();
    assert_eq!((engine.counts().opened, engine.readers()), (1, 1));
    let common = &second.bytes[..40 * 188];
    assert!(first.bytes.windows(common.len()).any(|run| run == common), "both get the same packets");
    assert_eq!(first.watching().session().report().client_count, 2);
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_of_a_channel_means_its_one_session() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let live = room(&[&engine], hasty());
    let names = [
        channel.by_id(),
        channel.by_infohash(),
        Selector::Either(channel.infohash),
        Selector::Content(channel.content_id),
    ];
    let mut viewers = Vec::new();
    for name in names {
        let mut viewer = Viewer::of(&live, name).await.unwrap();
        viewer.pictures(5).await;
        viewers.push(viewer);
    }
    assert_eq!((engine.counts().opened, live.sessions().len()), (1, 1));
    assert_eq!(live.sessions()[0].viewers(), 4);
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_at_the_same_time_become_one_session_on_every_kind_of_engine() {
    for kind in [Kind::Single, Kind::Shared, Kind::Leased] {
        let channel = garden();
        let engine = Engine::with(Manner { kind, ..Manner::default() }, from_ref(&channel));
        engine.set_faults(Faults { slow_start: Some(Duration::from_millis(300)), ..Faults::default() });
        let live = room(&[&engine], hasty());
        let asked = [Selector::Content(channel.content_id), channel.by_infohash()];
        let both = join_all(asked.map(|name| Viewer::of(&live, name))).await;
        let mut both: Vec<_> = both.into_iter().map(Result::unwrap).collect();
        for viewer in &mut both {
            viewer.pictures(50).await;
            viewer.look().assert_clean();
        }
        assert_eq!(live.sessions().len(), 1, "{kind:?}");
        assert_eq!(live.sessions()[0].viewers(), 2, "{kind:?}");
        assert_eq!((engine.readers(), engine.counts().corrupt_replies), (1, 0), "{kind:?}");
        live.shutdown().await;
        engine.waited_for(|counts| counts.alive == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_start_whose_viewer_has_left_leaves_no_session_behind() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    engine.set_faults(Faults { slow_start: Some(Duration::from_secs(1)), ..Faults::default() });
    let live = room(&[&engine], hasty());
    let name = channel.by_id();
    let watching = live.watch(&name, somebody());
    assert!(tokio::time::timeout(Duration::from_millis(300), watching).await.is_err());
    engine.waited_for(|counts| counts.opened == 1 && counts.alive == 0).await;
    assert!(live.sessions().is_empty());
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_outlives_its_last_viewer_for_the_idle_time_and_no_longer() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let settings = LiveSettings { stream_idle_timeout: Duration::from_millis(800), ..hasty() };
    let live = room(&[&engine], settings);
    let viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    drop(viewer);
    assert_eq!(live.sessions().len(), 1, "who comes back finds it on");
    let mut back = Viewer::of(&live, channel.by_id()).await.unwrap();
    back.pictures(25).await;
    assert_eq!(engine.counts().opened, 1);
    drop(back);
    engine.waited_for(|counts| counts.alive == 0).await;
    assert_eq!((engine.counts().stops, engine.counts().unknown_stops), (1, 0));
    assert!(live.sessions().is_empty());
    let report = live.report(channel.content_id).expect("it is still shown");
    assert!(!report.is_active && report.ended_at.is_some() && report.error.is_none(), "{report:?}");
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_takes_nothing_keeps_no_channel_alive() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let settings = LiveSettings {
        client_timeout: Duration::from_millis(500),
        stream_idle_timeout: Duration::from_millis(500),
        ..hasty()
    };
    let live = room(&[&engine], settings);
    let frozen = Viewer::of(&live, channel.by_id()).await.unwrap();
    let session = frozen.watching().session().clone();
    assert_eq!(session.viewers(), 1);
    engine.waited_for(|counts| counts.alive == 0).await;
    assert_eq!(session.viewers(), 0);
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_of_a_slow_broadcast_that_come_at_once_are_handed_on_evenly() {
    let channel = Channel::new("Radio", &Broadcast::of(Film::Radio));
    // More than may be taken ahead of the clock, so that the rest waits in the engine and in what was read already.
    let manner = Manner { burst: Duration::from_secs(120), ..Manner::default() };
    let engine = Engine::with(manner, from_ref(&channel));
    let live = room(&[&engine], hasty());
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    let mut pauses = Pauses::new();
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        pauses.saw(&viewer.piece().await.expect("it goes on"));
    }
    let longest = pauses.longest();
    assert!(longest < Duration::from_millis(1_500), "{longest:?} with nothing to hear");
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_reads_on_after_a_pause_goes_on_where_the_ring_allows() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let mut settings = hasty();
    settings.patience.ring.span = Duration::from_secs(2);
    settings.patience.lead = Duration::from_secs(1);
    settings.client_timeout = Duration::from_secs(1);
    let live = room(&[&engine], settings);
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(10).await;
    let ring = Arc::clone(viewer.watching().session().ring());
    let newest = || ring.newest().expect("there were pictures").position;
    let paused = newest();
    until("the ring has gone on", PATIENCE, || newest() > paused + 4 * 90_000).await;
    viewer.pictures(50).await;
    let look = viewer.look();
    look.assert_clean();
    assert!(look.announced > 0, "what was left out is announced");
    let report = viewer.watching().session().report();
    assert_eq!((report.skips, report.client_count), (1, 1));
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zapping_through_twenty_channels_leaves_one_session_and_no_slot_taken() {
    let broadcast = Broadcast::of(Film::H264Mp2);
    let channels: Vec<_> =
        (0..20).map(|number| Channel::new(&format!("Garden {number}"), &broadcast)).collect();
    let engine = Engine::start(&channels);
    let live = room_with(&[&engine], 2, hasty());
    for (number, channel) in channels.iter().enumerate() {
        if number % 3 == 0 {
            // Too impatient for the first byte.
            let name = channel.by_id();
            let watching = live.watch(&name, somebody());
            let _ = tokio::time::timeout(Duration::from_millis(20), watching).await;
        } else {
            let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
            viewer.pictures(2).await;
        }
    }
    let mut last = Viewer::of(&live, channels[19].by_id()).await.unwrap();
    last.pictures(25).await;
    last.look().assert_clean();
    engine.waited_for(|counts| counts.alive <= 2).await;
    assert!(live.sessions().len() <= 2);
    live.shutdown().await;
    engine.waited_for(|counts| counts.alive == 0).await;
    assert_eq!(engine.counts().unknown_stops, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_nobody_watches_makes_room_and_one_that_is_watched_does_not() {
    let broadcast = Broadcast::of(Film::H264Mp2);
    let channels = ["One", "Two", "Three"].map(|name| Channel::new(name, &broadcast));
    let engine = Engine::start(&channels);
    let live = room_with(&[&engine], 1, hasty());
    drop(Viewer::of(&live, channels[0].by_id()).await.unwrap());
    let mut second = Viewer::of(&live, channels[1].by_id()).await.unwrap();
    let refused = Viewer::of(&live, channels[2].by_id()).await.err();
    assert!(matches!(refused, Some(LiveError::NoEngine(_))), "{refused:?}");
    second.pictures(25).await;
    second.look().assert_clean();
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_the_next_channel_before_leaving_the_last_gets_the_only_place() {
    let broadcast = Broadcast::of(Film::H264Mp2);
    let channels = ["One", "Two"].map(|name| Channel::new(name, &broadcast));
    let engine = Engine::start(&channels);
    let live = room_with(&[&engine], 1, hasty());
    let mut first = Viewer::of(&live, channels[0].by_id()).await.unwrap();
    first.pictures(5).await;
    let (second, ()) = tokio::join!(Viewer::of(&live, channels[1].by_id()), async {
        until("the second asks", PATIENCE, || live.sessions().len() == 2).await;
        drop(first);
    });
    second.unwrap().pictures(25).await;
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_was_asked_for_by_a_playlist_waits_for_its_player_to_ask_again() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let mut settings = hasty();
    settings.patience.start_grace = Duration::from_secs(2);
    let slow = Faults { slow_start: Some(Duration::from_secs(1)), ..Faults::default() };
    engine.set_faults(slow.clone());
    let live = room(&[&engine], settings);
    let (name, polls) = (channel.by_id(), ViewerFacts { means: Means::Hls, ..somebody() });
    let asking = live.open(&name, polls.clone());
    assert!(tokio::time::timeout(Duration::from_millis(300), asking).await.is_err());
    assert_eq!(live.sessions().len(), 1);
    drop(live.open(&name, polls.clone()).await.unwrap());
    assert_eq!((engine.counts().opened, live.sessions().len()), (1, 1));
    live.shutdown().await;
    // Nobody asks again.
    engine.set_faults(Faults { slow_start: Some(Duration::from_secs(5)), ..Faults::default() });
    settings.patience.start_grace = Duration::from_millis(500);
    let live = room(&[&engine], settings);
    assert!(tokio::time::timeout(Duration::from_millis(300), live.open(&name, polls)).await.is_err());
    assert_eq!(live.sessions().len(), 1);
    until("the start is given up", Duration::from_secs(1), || live.sessions().is_empty()).await;
    engine.heal();
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_starts_and_stops_one_session_and_never_disturbs_another() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let live = room(&[&engine], hasty());
    let found = live.check(&channel.by_id()).await.unwrap();
    assert_eq!(found.info().and_then(|info| info.infohash), Some(channel.infohash));
    let report = found.report();
    assert_eq!((report.viewers[0].means, report.client_count), (Means::Check, 0));
    let _again = live.check(&channel.by_infohash()).await.unwrap();
    assert_eq!(engine.counts().opened, 1);
    engine.waited_for(|counts| counts.alive == 0).await;
    // With somebody there it is another matter.
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    live.check(&channel.by_infohash()).await.unwrap();
    viewer.pictures(25).await;
    viewer.look().assert_clean();
    assert_eq!((engine.counts().opened, engine.readers()), (2, 1));
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_of_the_server_ends_all_viewers_and_tells_every_engine_once() {
    let broadcast = Broadcast::of(Film::H264Mp2);
    let channels: Vec<_> =
        (0..5).map(|number| Channel::new(&format!("Garden {number}"), &broadcast)).collect();
    let engines = [Engine::start(&channels), Engine::start(&channels)];
    let live = room(&[&engines[0], &engines[1]], hasty());
    let viewers = join_all(channels.iter().map(|channel| Viewer::of(&live, channel.by_id()))).await;
    let mut viewers: Vec<_> = viewers.into_iter().map(Result::unwrap).collect();
    live.shutdown().await;
    for viewer in &mut viewers {
        viewer.until_the_end().await;
    }
    for engine in &engines {
        let counts = engine.counts();
        assert_eq!((counts.alive, counts.unknown_stops), (0, 0));
        assert_eq!(counts.stops, counts.opened);
    }
    let after = live.watch(&channels[0].by_id(), somebody()).await.err();
    assert_eq!(after, Some(LiveError::Stopping));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_viewers_cost_one_ring_within_its_bounds() {
    let channel = Channel::new("Heavy", &Broadcast::of(Film::Heavy));
    let manner = Manner { burst: Duration::from_secs(60), ..Manner::default() };
    let engine = Engine::with(manner, from_ref(&channel));
    let mut settings = hasty();
    settings.patience.ring.bytes = 4 << 20;
    let live = room(&[&engine], settings);
    let facts = || ViewerFacts { user_agent: "crowd".to_owned(), ..somebody() };
    let name = channel.by_id();
    let crowd = join_all((0..200).map(|_| live.watch(&name, facts()))).await;
    let crowd: Vec<_> = crowd.into_iter().map(Result::unwrap).collect();
    let session = crowd[0].session().clone();
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(50).await;
    let held = session.ring().bytes();
    assert!(held <= 4 << 20, "{held} bytes are held for {} viewers", session.viewers());
    assert_eq!((session.viewers(), engine.readers()), (201, 1));
    live.shutdown().await;
}
