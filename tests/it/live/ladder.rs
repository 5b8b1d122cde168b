//! What viewers notice of engines that fail: a moment of null packets at most.

use std::slice::from_ref;
use std::time::{Duration, Instant};

use headwater::live::{Ended, LiveError};

use super::proxy::{PATIENCE, PICTURE, Viewer, hasty, room};
use crate::support::engine::{Broadcast, Channel, Cut, Engine, Faults, Film, Kind, Manner, Presence};

fn garden() -> Channel {
    Channel::new("Open Garden", &Broadcast::of(Film::H264Mp2))
}

/// Asserts that nothing is missing, or that what is has been announced.
fn assert_goes_on(viewer: &Viewer) {
    let look = viewer.look();
    look.assert_clean();
    let (repeats, holes) = look.repeats_and_holes(PICTURE);
    assert_eq!(repeats, 0, "pictures came twice");
    assert!(holes == 0 || look.announced > 0, "{holes} holes, and no word about them");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_killed_is_replaced_without_a_seam() {
    let channel = garden();
    let engines = [Engine::start(from_ref(&channel)), Engine::start(from_ref(&channel))];
    let live = room(&[&engines[0], &engines[1]], hasty());
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(50).await;
    let (dead, other) = if engines[0].readers() == 1 { (0, 1) } else { (1, 0) };
    engines[dead].kill();
    let killed = Instant::now();
    viewer.pictures(150).await;
    let look = viewer.look();
    look.assert_clean();
    assert_eq!(look.repeats_and_holes(PICTURE), (0, 0), "both deliver the same packets");
    assert_eq!(engines[other].readers(), 1);
    assert!(killed.elapsed() < Duration::from_secs(10));
    let report = viewer.watching().session().report();
    assert!(report.failovers >= 1, "{report:?}");
    assert_eq!(report.engine_port, Some(engines[other].address().port));
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cuts_and_clean_ends_are_answered_with_a_new_session_on_every_kind_of_engine() {
    for kind in [Kind::Single, Kind::Shared, Kind::Leased] {
        for is_clean in [false, true] {
            let channel = garden();
            let engine = Engine::with(Manner { kind, ..Manner::default() }, from_ref(&channel));
            let live = room(&[&engine], hasty());
            let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
            viewer.pictures(25).await;
            let cut = Cut { bytes: 0, time: Duration::from_millis(10), is_clean };
            engine.set_faults(Faults { cut: Some(cut), ..Faults::default() });
            engine.waited_for(|counts| counts.opened >= 3).await;
            engine.heal();
            viewer.pictures(100).await;
            assert_goes_on(&viewer);
            assert_eq!(engine.counts().corrupt_replies, 0, "{kind:?}");
            let pids: Vec<_> = engine.starts().iter().map(|start| start.pid.clone()).collect();
            let mut distinct = pids.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), pids.len(), "a player id was used twice: {pids:?}");
            live.shutdown().await;
            engine.waited_for(|counts| counts.alive == 0).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_only_engine_that_restarts_and_forgets_its_sessions_is_asked_for_a_new_one() {
    for kind in [Kind::Single, Kind::Shared, Kind::Leased] {
        let channel = garden();
        let engine = Engine::with(Manner { kind, ..Manner::default() }, from_ref(&channel));
        let live = room(&[&engine], hasty());
        let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
        viewer.pictures(25).await;
        engine.restart();
        viewer.pictures(150).await;
        assert_goes_on(&viewer);
        let counts = engine.counts();
        assert_eq!((counts.opened, counts.alive), (2, 1), "{kind:?}: {counts:?}");
        live.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_that_comes_again_and_again_is_a_row_of_announced_breaks() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let live = room(&[&engine], hasty());
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(25).await;
    engine.set_faults(Faults { looping: true, ..Faults::default() });
    // Two rounds of four seconds.
    viewer.pictures(8 * 25).await;
    let look = viewer.look();
    look.assert_clean();
    assert_eq!(look.repeats_and_holes(PICTURE).0, 0, "times run on, whatever is shown");
    let report = viewer.watching().session().report();
    assert!(look.announced > 0 && report.stream.breaks >= 2, "{} announced: {report:?}", look.announced);
    // Nobody else has it: another engine would deliver the same.
    assert_eq!((engine.counts().opened, report.failovers), (1, 0));
    engine.heal();
    viewer.pictures(100).await;
    viewer.look().assert_clean();
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_bridged_with_null_packets_and_ends_in_a_new_session() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let live = room(&[&engine], hasty());
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(25).await;
    engine.set_faults(Faults { silent: true, ..Faults::default() });
    assert!(viewer.for_time(Duration::from_secs(3)).await);
    assert!(viewer.look().nulls > 0, "players are told that the connection lives");
    engine.heal();
    viewer.pictures(150).await;
    assert_goes_on(&viewer);
    assert!(engine.counts().opened >= 2);
    assert!(viewer.longest < Duration::from_secs(2), "{:?} without a byte", viewer.longest);
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_engines_dead_viewers_end_with_the_reason_and_new_ones_are_refused() {
    let channel = garden();
    let engines = [Engine::start(from_ref(&channel)), Engine::start(from_ref(&channel))];
    let live = room(&[&engines[0], &engines[1]], hasty());
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(25).await;
    let died = Instant::now();
    engines.iter().for_each(Engine::kill);
    viewer.until_the_end().await;
    assert!(died.elapsed() < Duration::from_secs(12), "{:?}", died.elapsed());
    let Some(Ended::Failed(why)) = viewer.watching().ended() else { panic!("it ended without a reason") };
    assert!(!why.is_empty());
    let asked = Instant::now();
    let refused = Viewer::of(&live, channel.by_id()).await.err();
    assert!(matches!(refused, Some(LiveError::Lost(_))), "{refused:?}");
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_goes_on_to_the_next_engine() {
    let faults = [
        Faults { hung: true, ..Faults::default() },
        Faults { failed_content: true, ..Faults::default() },
        Faults { start_status: Some(500), ..Faults::default() },
        Faults { garbled_start: true, ..Faults::default() },
        Faults { silent: true, ..Faults::default() },
        Faults { held_headers: true, ..Faults::default() },
        Faults { empty: true, ..Faults::default() },
        Faults { no_peers: true, ..Faults::default() },
        Faults { html: true, ..Faults::default() },
    ];
    for fault in faults {
        let channel = garden();
        let engines = [Engine::start(from_ref(&channel)), Engine::start(from_ref(&channel))];
        engines[0].set_faults(fault.clone());
        let mut settings = hasty();
        settings.patience.first_bytes = Duration::from_secs(1);
        settings.patience.useless = Duration::from_secs(1);
        // The healthy one is less wanted.
        let live = room(&[&engines[0]], settings);
        let mut second = engines[1].settings();
        second.forwarded = false;
        live.pool().add(second).unwrap();
        let mut viewer = match Viewer::of(&live, channel.by_id()).await {
            Ok(viewer) => viewer,
            Err(error) => panic!("{fault:?}: {error}"),
        };
        viewer.pictures(10).await;
        assert_eq!(engines[1].readers(), 1, "{fault:?}");
        let rests = live.pool().list()[0].cooling_down_seconds.is_some();
        assert_eq!(rests, fault.hung || fault.garbled_start, "{fault:?}");
        live.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_taken_away_before_its_first_byte_is_left_at_once() {
    let channel = garden();
    let engines = [Engine::start(from_ref(&channel)), Engine::start(from_ref(&channel))];
    engines[0].set_faults(Faults { held_headers: true, ..Faults::default() });
    let live = room(&[&engines[0]], hasty());
    let (viewer, ()) = tokio::join!(Viewer::of(&live, channel.by_id()), async {
        engines[0].waited_for(|counts| counts.opened == 1).await;
        live.pool().add(engines[1].settings()).unwrap();
        live.pool().remove(&engines[0].address()).await.unwrap();
    });
    viewer.unwrap().pictures(10).await;
    assert_eq!(engines[1].readers(), 1);
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_only_engine_has_all_the_time_there_is_whatever_others_are_listed() {
    let channel = garden();
    let engines = [Engine::start(from_ref(&channel)), Engine::start(from_ref(&channel))];
    engines[1].kill();
    let mut settings = hasty();
    settings.patience.first_bytes = Duration::from_secs(1);
    engines[0].set_faults(Faults { slow_start: Some(Duration::from_secs(2)), ..Faults::default() });
    let live = room(&[&engines[0], &engines[1]], settings);
    let deadline = Instant::now() + PATIENCE;
    while live.pool().list()[1].last_checked.is_none() {
        assert!(Instant::now() < deadline, "nobody asks the other engine");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(10).await;
    assert_eq!(engines[0].counts().opened, 1);
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_only_engine_that_is_warming_up_is_asked_until_it_delivers() {
    let cut = |is_clean| Cut { bytes: 0, time: Duration::ZERO, is_clean };
    let faults = [
        Faults { empty: true, ..Faults::default() },
        Faults { cut: Some(cut(true)), ..Faults::default() },
        Faults { cut: Some(cut(false)), ..Faults::default() },
    ];
    for fault in faults {
        let channel = garden();
        let engine = Engine::start(from_ref(&channel));
        engine.set_faults(fault.clone());
        let live = room(&[&engine], hasty());
        let name = channel.by_id();
        let (viewer, ()) = tokio::join!(Viewer::of(&live, name), async {
            engine.waited_for(|counts| counts.opened >= 4).await;
            engine.heal();
        });
        let mut viewer = viewer.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        viewer.pictures(25).await;
        viewer.look().assert_clean();
        live.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_no_engine_knows_is_refused_for_a_moment_without_asking_again() {
    let channel = garden();
    let engine = Engine::start(&[]);
    let live = room(&[&engine], hasty());
    let refused = Viewer::of(&live, channel.by_id()).await.err();
    assert!(matches!(refused, Some(LiveError::StartFailed(_))), "{refused:?}");
    let starts = engine.starts().len();
    assert!(starts >= 1);
    let again = Viewer::of(&live, channel.by_id()).await.err();
    assert_eq!(again, refused);
    assert_eq!(engine.starts().len(), starts);
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_without_a_source_ends_with_a_word_in_time() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    engine.set_faults(Faults { no_peers: true, ..Faults::default() });
    let mut settings = hasty();
    settings.empty_stream_timeout = Duration::from_secs(2);
    let live = room(&[&engine], settings);
    let asked = Instant::now();
    let refused = Viewer::of(&live, channel.by_id()).await.err();
    assert!(matches!(refused, Some(LiveError::Empty(_) | LiveError::StartFailed(_))), "{refused:?}");
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    engine.waited_for(|counts| counts.alive == 0).await;
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_redirects_instead_of_answering_json_is_watched_too() {
    let channel = garden();
    let engine = Engine::with(Manner { ignores_json: true, ..Manner::default() }, from_ref(&channel));
    let live = room(&[&engine], hasty());
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(50).await;
    viewer.look().assert_clean();
    assert_eq!(engine.counts().corrupt_replies, 0);
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_taken_away_hands_its_viewers_on() {
    let channel = garden();
    let engines = [Engine::start(from_ref(&channel)), Engine::start(from_ref(&channel))];
    let live = room(&[&engines[0], &engines[1]], hasty());
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(25).await;
    let (used, other) = if engines[0].readers() == 1 { (0, 1) } else { (1, 0) };
    live.pool().remove(&engines[used].address()).await.unwrap();
    viewer.pictures(100).await;
    assert_goes_on(&viewer);
    assert_eq!(engines[other].readers(), 1);
    engines[used].waited_for(|counts| counts.alive == 0).await;
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_minutes_runs_past_no_reader() {
    let channel = garden();
    let manner = Manner { burst: Duration::from_secs(300), ..Manner::default() };
    let engine = Engine::with(manner, from_ref(&channel));
    let live = room(&[&engine], hasty());
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.for_time(Duration::from_secs(3)).await;
    let look = viewer.look();
    look.assert_clean();
    assert_eq!(look.repeats_and_holes(PICTURE), (0, 0));
    let report = viewer.watching().session().report();
    assert_eq!(report.skips, 0);
    // A lead of 15 s, the time that went by, and what one read brings more.
    let seconds = look.pictures.len() / 25;
    assert!(seconds < 30, "{seconds} s of a broadcast in 3 s");
    live.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn engines_that_are_not_at_the_same_place_are_exchanged_all_the_same() {
    // The next one is behind, or ahead by more than it still holds.
    for (first, second) in [(0, 3), (6, 0)] {
        let channel = garden();
        let lagging = |seconds| Manner { lag: Duration::from_secs(seconds), ..Manner::default() };
        let engines = [
            Engine::with(lagging(first), from_ref(&channel)),
            Engine::with(lagging(second), from_ref(&channel)),
        ];
        let live = room(&[&engines[0]], hasty());
        let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
        viewer.pictures(25).await;
        live.pool().add(engines[1].settings()).unwrap();
        engines[0].kill();
        viewer.pictures(150).await;
        assert_goes_on(&viewer);
        assert_eq!(engines[1].readers(), 1);
        live.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_answers_nothing_any_more_is_left_for_another() {
    let channel = garden();
    let engines = [Engine::start(from_ref(&channel)), Engine::start(from_ref(&channel))];
    let live = room(&[&engines[0], &engines[1]], hasty());
    let mut viewer = Viewer::of(&live, channel.by_id()).await.unwrap();
    viewer.pictures(25).await;
    let (mute, other) = if engines[0].readers() == 1 { (0, 1) } else { (1, 0) };
    engines[mute].set_presence(Presence::Mute);
    let fell_silent = Instant::now();
    viewer.pictures(100).await;
    assert!(fell_silent.elapsed() < Duration::from_secs(12), "{:?}", fell_silent.elapsed());
    assert_goes_on(&viewer);
    assert_eq!(engines[other].readers(), 1);
    assert!(viewer.longest < Duration::from_secs(2), "{:?} without a byte", viewer.longest);
    live.shutdown().await;
}
