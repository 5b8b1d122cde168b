//! Reading: where redirects lead, how it breaks, and what the engine says of it.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use headwater::config::EngineSettings;
use headwater::live::engines::{EngineSession, FailureKind, ReadError, StatError};
use tokio::time::timeout;

use super::{PACKET, PATIENCE, Rig, channels, end, garden, take};
use crate::support::engine::{Cut, Engine, Faults, Kind, Manner};

async fn opening(faults: Faults) -> Result<(), ReadError> {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    engine.set_faults(faults);
    let rig = Rig::of(&[&engine]);
    let mut session = rig.start(&channel.by_id()).await.unwrap();
    let mut reading = timeout(PATIENCE, session.open()).await.unwrap()?;
    take(&mut reading, PACKET).await;
    Ok(())
}

#[tokio::test]
async fn redirects_are_followed_on_the_engine_and_never_elsewhere() {
    assert_eq!(opening(Faults { extra_hop: true, ..Faults::default() }).await, Ok(()));
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let place = Some(format!("http://{}/content/a/b", elsewhere.local_addr().unwrap()));
    let stray = opening(Faults { stray_redirect: place, ..Faults::default() }).await;
    assert_eq!(stray, Err(ReadError::Gone(404)), "the path was asked for at the engine itself");
    assert_eq!(elsewhere.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");
    let place = Some("https://127.0.0.1/".to_owned());
    let stray = opening(Faults { stray_redirect: place, ..Faults::default() }).await;
    assert_eq!(stray, Err(ReadError::Astray));
}

#[tokio::test]
async fn a_redirect_in_a_circle_ends() {
    let channel = garden();
    let circle = Some(format!("/ace/r/{}/again", channel.infohash));
    let engine = Engine::start(std::slice::from_ref(&channel));
    engine.set_faults(Faults { stray_redirect: circle, ..Faults::default() });
    let rig = Rig::of(&[&engine]);
    let mut session = rig.start(&channel.by_id()).await.unwrap();
    let error = timeout(PATIENCE, session.open()).await.unwrap().unwrap_err();
    assert_eq!(error, ReadError::Astray);
}

#[tokio::test]
async fn a_page_is_not_taken_for_video() {
    assert_eq!(opening(Faults { html: true, ..Faults::default() }).await, Err(ReadError::NotMedia));
}

#[tokio::test]
async fn a_cut_and_an_end_are_told_apart() {
    for (is_clean, expected) in [(true, Ok(())), (false, Err(ReadError::Cut))] {
        let channel = garden();
        let engine = Engine::start(std::slice::from_ref(&channel));
        let cut = Some(Cut { bytes: 50_000, time: Duration::ZERO, is_clean });
        engine.set_faults(Faults { cut, ..Faults::default() });
        let rig = Rig::of(&[&engine]);
        let mut session = rig.start(&channel.by_id()).await.unwrap();
        let mut reading = session.open().await.unwrap();
        assert_eq!(end(&mut reading).await, expected);
        let mut again = session.open().await.unwrap();
        assert!(!take(&mut again, PACKET).await.is_empty(), "the session itself is still there");
    }
}

#[tokio::test]
async fn an_end_before_the_first_byte_is_no_error_of_its_own() {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    engine.set_faults(Faults { empty: true, ..Faults::default() });
    let rig = Rig::of(&[&engine]);
    let mut session = rig.start(&channel.by_id()).await.unwrap();
    let mut reading = session.open().await.unwrap();
    assert_eq!(timeout(PATIENCE, reading.next()).await.unwrap(), Ok(None));
    engine.heal();
    take(&mut session.open().await.unwrap(), PACKET).await;
}

#[tokio::test]
async fn the_head_may_take_as_long_as_the_caller_waits() {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    engine.set_faults(Faults { held_headers: true, ..Faults::default() });
    let rig = Rig::of(&[&engine]);
    let mut session = rig.start(&channel.by_id()).await.unwrap();
    assert!(timeout(Duration::from_millis(300), session.open()).await.is_err());
    let (opened, ()) = tokio::join!(session.open(), async {
        tokio::task::yield_now().await;
        engine.heal();
    });
    take(&mut opened.unwrap(), PACKET).await;
}

#[tokio::test]
async fn a_session_that_the_engine_has_ended_says_so() {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    let rig = Rig::of(&[&engine]);
    let (mut session, mut reading) = rig.watch(&channel.by_id()).await;
    engine.restart();
    assert_eq!(end(&mut reading).await, Err(ReadError::Cut));
    assert_eq!(session.open().await.unwrap_err(), ReadError::Gone(404));
    assert_eq!(session.stat().await, Err(StatError::Gone));
    engine.kill();
    assert_eq!(session.open().await.unwrap_err(), ReadError::Unreachable);
    assert_eq!(session.stat().await, Err(StatError::Unreachable));
}

#[tokio::test]
async fn states_are_asked_without_counting_as_a_viewer() {
    let channel = garden();
    let manner = Manner { idle_expiry: Duration::from_millis(400), ..Manner::default() };
    let engine = Engine::with(manner, std::slice::from_ref(&channel));
    engine.set_faults(Faults { no_peers: true, ..Faults::default() });
    let rig = Rig::of(&[&engine]);
    let session = rig.start(&channel.by_id()).await.unwrap();
    let stat = session.stat().await.unwrap();
    assert_eq!((stat.status.as_str(), stat.peers), ("prebuf", Some(0)));
    assert!(stat.live_last.is_some());
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while session.stat().await.is_ok() {
        assert!(tokio::time::Instant::now() < deadline, "it lives on though nobody reads it");
    }
    assert_eq!(engine.counts().expired, 1);
}

#[tokio::test]
async fn silence_of_several_channels_lets_the_engine_rest_until_one_delivers() {
    let channels = channels(4);
    let engine = Engine::start(&channels);
    let rig = Rig::of(&[&engine]);
    let mut sessions: Vec<EngineSession> = Vec::new();
    for channel in &channels {
        sessions.push(rig.start(&channel.by_id()).await.unwrap());
    }
    for session in &sessions[..2] {
        session.failed(FailureKind::Silent);
    }
    drop(rig.claim().await.unwrap());
    sessions[2].failed(FailureKind::Silent);
    assert!(rig.pool.list()[0].cooling_down_seconds.is_some());
    sessions[3].first_byte();
    assert_eq!(rig.pool.list()[0].cooling_down_seconds, None);
}

#[tokio::test]
async fn bytes_speak_for_an_engine_so_that_nobody_has_to_ask() {
    let channel = garden();
    let manner = Manner { beat: Duration::from_millis(20), ..Manner::default() };
    let engine = Engine::with(manner, std::slice::from_ref(&channel));
    let settings = EngineSettings { name: Some("first".to_owned()), ..engine.settings() };
    let rig = Rig::with(vec![settings], |_| {});
    let (_session, mut reading) = rig.watch(&channel.by_id()).await;
    let probes = engine.counts().probes;
    // Longer than health is believed.
    let enough = tokio::time::Instant::now() + Duration::from_millis(2_500);
    while tokio::time::Instant::now() < enough {
        take(&mut reading, PACKET).await;
    }
    drop(rig.claim().await.unwrap());
    assert_eq!(engine.counts().probes, probes, "nobody had to ask");
    assert_eq!(rig.pool.list()[0].container_id, "first");
}

#[tokio::test]
async fn two_sessions_of_one_content_are_read_from_a_shared_engine() {
    let channel = garden();
    let manner = Manner { kind: Kind::Shared, ..Manner::default() };
    let engine = Engine::with(manner, std::slice::from_ref(&channel));
    let rig = Rig::of(&[&engine]);
    let (_first, mut one) = rig.watch(&channel.by_id()).await;
    let (_second, mut other) = rig.watch(&channel.by_infohash()).await;
    take(&mut one, PACKET).await;
    take(&mut other, PACKET).await;
    assert_eq!(engine.readers(), 2);
}
