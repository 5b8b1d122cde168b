//! Stops: once, where the session is, and whatever happened to who started it.

use std::time::{Duration, Instant};

use headwater::live::engines::{NoEngine, ReadError, StartError};
use tokio::time::timeout;

use super::{PACKET, PATIENCE, Rig, channels, end, garden, take};
use crate::support::engine::{Counts, Engine, Faults, Kind, Manner};

#[tokio::test]
async fn a_session_is_stopped_once_at_its_own_engine() {
    let channels = channels(2);
    let engines = [Engine::start(&channels), Engine::start(&channels)];
    let rig = Rig::of(&[&engines[0], &engines[1]]);
    let (first, reading) = rig.watch(&channels[0].by_id()).await;
    let (second, _other) = rig.watch(&channels[1].by_id()).await;
    assert_ne!(first.info.engine, second.info.engine);
    drop(reading);
    first.stop();
    engines[0].waited_for(|counts| counts.stopped == 1).await;
    rig.report(|report| report.streams == 0).await;
    let wanted =
        Counts { opened: 1, stopped: 1, stops: 1, probes: engines[0].counts().probes, ..Counts::default() };
    assert_eq!(engines[0].counts(), wanted);
    assert_eq!((engines[1].counts().stops, engines[1].counts().alive), (0, 1));
}

#[tokio::test]
async fn a_start_that_nobody_waits_for_any_more_leaves_no_session_behind() {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    engine.set_faults(Faults { slow_start: Some(Duration::from_millis(800)), ..Faults::default() });
    let rig = Rig::of(&[&engine]);
    assert!(timeout(Duration::from_millis(300), rig.start(&channel.by_id())).await.is_err());
    assert_eq!(engine.counts().alive, 1, "the session is there before the answer");
    assert_eq!(rig.pool.list()[0].streams, 1, "and its place is taken");
    engine.waited_for(|counts| counts.stopped == 1 && counts.alive == 0).await;
    rig.report(|report| report.streams == 0).await;
    assert_eq!((engine.counts().opened, engine.counts().stops), (1, 1));
}

#[tokio::test]
async fn rapid_zapping_leaves_nothing_behind() {
    let channels = channels(20);
    let engine = Engine::start(&channels);
    engine.set_faults(Faults { slow_start: Some(Duration::from_millis(100)), ..Faults::default() });
    let rig = Rig::with(vec![engine.settings()], |settings| settings.max_streams = 30);
    for (number, channel) in channels.iter().enumerate() {
        // Some leave before the answer, some after it.
        let patience = Duration::from_millis(if number % 2 == 0 { 30 } else { 1_000 });
        let left = timeout(patience, rig.start(&channel.by_id())).await;
        assert!(left.is_err() || left.is_ok_and(|session| session.is_ok()));
    }
    engine.waited_for(|counts| counts.opened > 0 && counts.alive == 0).await;
    rig.report(|report| report.streams == 0).await;
    let counts = engine.counts();
    assert_eq!((counts.stops, counts.unknown_stops, counts.superseded), (counts.opened, 0, 0));
}

#[tokio::test]
async fn a_second_start_of_one_content_survives_the_end_of_the_first() {
    for kind in [Kind::Single, Kind::Shared, Kind::Leased] {
        let channel = garden();
        let manner = Manner { kind, ..Manner::default() };
        let engine = Engine::with(manner, std::slice::from_ref(&channel));
        let rig = Rig::of(&[&engine]);
        let (first, reading) = rig.watch(&channel.by_id()).await;
        let mut second = rig.start(&channel.by_infohash()).await.unwrap();
        drop((first, reading));
        let mut reading = second.open().await.unwrap();
        // Longer than a stop would need to arrive.
        let enough = Instant::now() + Duration::from_millis(500);
        while Instant::now() < enough {
            take(&mut reading, PACKET).await;
        }
        drop((second, reading));
        engine.waited_for(|counts| counts.alive == 0 && counts.stops == 2).await;
        assert_eq!(engine.counts().stops, 2, "{kind:?}");
    }
}

#[tokio::test]
async fn a_new_session_on_the_same_engine_is_not_hit_by_the_stop_of_the_old_one() {
    let channel = garden();
    let manner = Manner { kind: Kind::Shared, ..Manner::default() };
    let engine = Engine::with(manner, std::slice::from_ref(&channel));
    let rig = Rig::with(vec![engine.settings()], |settings| settings.max_streams = 1);
    let (mut session, mut reading) = rig.watch(&channel.by_id()).await;
    for _ in 0..20 {
        drop(reading);
        session.stop();
        (session, reading) = rig.watch(&channel.by_infohash()).await;
    }
    take(&mut reading, 200 * PACKET).await;
    let counts = engine.counts();
    assert_eq!((counts.opened, counts.stopped, counts.unknown_stops, counts.alive), (21, 20, 0, 1));
}

#[tokio::test]
async fn a_stop_that_hangs_keeps_nobody_for_long() {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    let rig = Rig::of(&[&engine]);
    let (session, reading) = rig.watch(&channel.by_id()).await;
    engine.set_faults(Faults { hung_stop: true, ..Faults::default() });
    drop(reading);
    session.stop();
    let begun = Instant::now();
    rig.watch(&channel.by_id()).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_shutdown_stops_sessions_that_are_held_and_starts_that_are_under_way() {
    let channels = channels(2);
    let engine = Engine::start(&channels);
    let rig = Rig::of(&[&engine]);
    let (session, mut reading) = rig.watch(&channels[0].by_id()).await;
    engine.set_faults(Faults { slow_start: Some(Duration::from_millis(600)), ..Faults::default() });
    let other = channels[1].by_id();
    let (started, ()) = tokio::join!(rig.start(&other), async {
        engine.waited_for(|counts| counts.opened == 2).await;
        rig.pool.shutdown().await;
    });
    assert_eq!(started.unwrap_err(), StartError::Withdrawn);
    let counts = engine.counts();
    assert_eq!((counts.stopped, counts.alive, counts.stops, counts.unknown_stops), (2, 0, 2, 0));
    assert_eq!(end(&mut reading).await, Ok(()));
    timeout(PATIENCE, session.withdrawn()).await.unwrap();
    drop(session);
    assert_eq!(rig.claim().await.unwrap_err(), NoEngine::Stopping);
    assert_eq!(engine.counts().stops, 2);
}

#[tokio::test]
async fn a_shutdown_waits_for_no_engine_longer_than_five_seconds() {
    let channels = channels(2);
    let engine = Engine::start(&channels);
    let rig = Rig::of(&[&engine]);
    let (_session, _reading) = rig.watch(&channels[0].by_id()).await;
    engine.set_faults(Faults { hung_stop: true, hung: true, ..Faults::default() });
    let other = channels[1].by_id();
    let (started, took) = tokio::join!(rig.start(&other), async {
        // The start is asked before anything is ended.
        engine.waited_for(|_| engine.starts().len() == 2).await;
        let begun = Instant::now();
        rig.pool.shutdown().await;
        begun.elapsed()
    });
    assert_eq!(started.unwrap_err(), StartError::Withdrawn);
    assert!(took < Duration::from_millis(5_500), "{took:?}");
}

#[tokio::test]
async fn a_drained_engine_goes_on_and_a_removed_one_tells_its_sessions() {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    let rig = Rig::of(&[&engine]);
    let (session, mut reading) = rig.watch(&channel.by_id()).await;
    rig.pool.drain(&engine.address()).unwrap();
    assert!(rig.pool.list()[0].draining);
    assert_eq!(rig.claim().await.unwrap_err(), NoEngine::NoneConfigured);
    take(&mut reading, PACKET).await;
    assert!(timeout(Duration::from_millis(50), session.withdrawn()).await.is_err());
    rig.pool.add(engine.settings()).unwrap();
    drop(rig.claim().await.unwrap());
    assert!(rig.pool.add(engine.settings()).is_err());

    let address = engine.address();
    let (removed, ()) = tokio::join!(rig.pool.remove(&address), async {
        timeout(PATIENCE, session.withdrawn()).await.unwrap();
        session.stop();
    });
    removed.unwrap();
    assert!(rig.pool.list().is_empty() && rig.pool.remove(&address).await.is_err());
    engine.waited_for(|counts| counts.stopped == 1).await;
    assert_eq!(end(&mut reading).await, Ok(()));
    rig.pool.add(engine.settings()).unwrap();
    rig.watch(&channel.by_id()).await;
}

#[tokio::test]
async fn an_engine_that_was_killed_owes_nothing_to_nobody() {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    let rig = Rig::of(&[&engine]);
    let (session, mut reading) = rig.watch(&channel.by_id()).await;
    engine.kill();
    assert_eq!(end(&mut reading).await, Err(ReadError::Cut));
    session.stop();
    rig.report(|report| report.streams == 0).await;
    rig.pool.shutdown().await;
    assert_eq!(engine.counts().stops, 0);
}
