//! Starts: both ways of asking, both kinds of ids, and what can be wrong.

use std::collections::HashSet;
use std::time::Duration;

use headwater::config::EngineSettings;
use headwater::live::Selector;
use headwater::live::engines::{NoEngine, StartError};

use super::{PACKET, PATIENCE, Rig, channels, garden, take};
use crate::support::engine::{Engine, Faults, Kind, Manner, Presence};

fn manner(change: impl FnOnce(&mut Manner)) -> Manner {
    let mut manner = Manner::default();
    change(&mut manner);
    manner
}

#[tokio::test]
async fn a_channel_is_started_by_json_with_a_player_id_of_its_own() {
    let channels = channels(2);
    let engine = Engine::start(&channels);
    let rig = Rig::of(&[&engine]);
    let (first, mut reading) = rig.watch(&channels[0].by_id()).await;
    let (second, _reading) = rig.watch(&channels[1].by_id()).await;
    assert_eq!(first.info.infohash, Some(channels[0].infohash));
    assert_eq!(first.info.engine, engine.settings());
    assert!(first.info.is_live && first.info.playback_session_id.len() == 40);
    assert_ne!(first.info.playback_session_id, second.info.playback_session_id);
    let starts = engine.starts();
    let pids: HashSet<_> = starts.iter().map(|start| start.pid.clone().unwrap()).collect();
    assert_eq!((starts.len(), pids.len()), (2, 2));
    assert!(starts.iter().all(|start| start.is_json && start.selector == "content_id"));
    take(&mut reading, 10 * PACKET).await;
    assert_eq!(engine.counts().superseded, 0);
}

#[tokio::test]
async fn an_id_is_tried_as_either_kind_and_the_right_one_is_remembered() {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    let rig = Rig::of(&[&engine]);
    let pasted = Selector::Either(channel.infohash);
    drop(rig.start(&pasted).await.unwrap());
    drop(rig.start(&pasted).await.unwrap());
    let kinds: Vec<_> = engine.starts().iter().map(|start| start.selector).collect();
    assert_eq!(kinds, ["content_id", "infohash", "infohash"]);
}

#[tokio::test]
async fn a_channel_that_is_known_under_no_kind_of_id_is_refused_in_the_engines_words() {
    let engine = Engine::start(&[]);
    let rig = Rig::of(&[&engine]);
    let refused = StartError::Refused { text: "failed to load content".to_owned() };
    assert_eq!(rig.start(&garden().by_id()).await.unwrap_err(), refused);
    assert_eq!(rig.start(&garden().by_infohash()).await.unwrap_err(), refused);
    assert_eq!(engine.starts().len(), 3, "both kinds for the first, one for the second");
    let report = &rig.pool.list()[0];
    assert!(report.healthy && report.streams == 0, "that is no fault of the engine: {report:?}");
}

#[tokio::test]
async fn addresses_that_the_engine_takes_for_its_own_are_asked_where_it_is() {
    let channel = garden();
    let inside = manner(|manner| manner.authority = Some("127.0.0.1:1".to_owned()));
    let engine = Engine::with(inside, std::slice::from_ref(&channel));
    let rig = Rig::of(&[&engine]);
    let (session, mut reading) = rig.watch(&channel.by_id()).await;
    take(&mut reading, 10 * PACKET).await;
    assert_eq!(session.stat().await.unwrap().status, "dl");
    session.stop();
    engine.waited_for(|counts| counts.stopped == 1).await;
}

#[tokio::test]
async fn engines_that_answer_with_redirects_only_are_read_all_the_same() {
    for (ignores_json, refuses_json) in [(true, false), (false, true)] {
        let channel = garden();
        let manner = Manner { ignores_json, refuses_json, ..Manner::default() };
        let engine = Engine::with(manner, std::slice::from_ref(&channel));
        let rig = Rig::of(&[&engine]);
        let (session, mut reading) = rig.watch(&Selector::Either(channel.infohash)).await;
        assert_eq!(session.info.infohash, Some(channel.infohash));
        take(&mut reading, 10 * PACKET).await;
        assert_eq!(engine.readers(), 1);
        drop((session, reading));
        assert_eq!(rig.report(|report| report.streams == 0).await.streams, 0);
    }
}

#[tokio::test]
async fn an_imitation_is_read_whether_it_tells_or_plays_at_once() {
    for ignores_json in [false, true] {
        let channel = garden();
        let manner = Manner { kind: Kind::Leased, ignores_json, ..Manner::default() };
        let engine = Engine::with(manner, std::slice::from_ref(&channel));
        let rig = Rig::of(&[&engine]);
        let (session, mut reading) = rig.watch(&channel.by_infohash()).await;
        assert_eq!(session.info.infohash, Some(channel.infohash));
        take(&mut reading, 10 * PACKET).await;
        drop((session, reading));
        engine.waited_for(|counts| counts.opened == 1 && counts.alive == 0).await;
        assert_eq!(engine.counts().unknown_stops, 0);
    }
}

#[tokio::test]
async fn an_engine_that_is_away_is_known_as_such_and_is_back_as_soon_as_it_answers() {
    let channel = garden();
    for presence in [Presence::Refused, Presence::Reset, Presence::Unavailable] {
        let engine = Engine::start(std::slice::from_ref(&channel));
        let rig =
            Rig::with(vec![engine.settings()], |settings| settings.cache_ttl = Duration::from_millis(50));
        let claim = rig.claim().await.unwrap();
        engine.set_presence(presence);
        let error = claim.start(&channel.by_id(), PATIENCE).await.unwrap_err();
        let expected = match presence {
            Presence::Unavailable => StartError::Overloaded,
            _ => StartError::Unreachable,
        };
        assert_eq!(error, expected, "{presence:?}");
        if presence != Presence::Unavailable {
            assert_eq!(rig.claim().await.unwrap_err(), NoEngine::Down, "{presence:?}");
            engine.heal();
            rig.asked_until(|report| report.healthy).await;
            rig.watch(&channel.by_id()).await;
        }
    }
}

#[tokio::test]
async fn answers_without_sense_and_too_much_to_do_let_the_engine_rest() {
    let channel = garden();
    for (faults, expected) in [
        (Faults { garbled_start: true, ..Faults::default() }, StartError::Malformed),
        (Faults { start_status: Some(503), ..Faults::default() }, StartError::Overloaded),
        (Faults { start_status: Some(502), ..Faults::default() }, StartError::Unreachable),
    ] {
        let engine = Engine::start(std::slice::from_ref(&channel));
        engine.set_faults(faults);
        let rig = Rig::of(&[&engine]);
        assert_eq!(rig.start(&channel.by_id()).await.unwrap_err(), expected);
        let report = rig.pool.list().remove(0);
        assert!(!report.healthy);
        if expected == StartError::Unreachable {
            assert_eq!(rig.claim().await.unwrap_err(), NoEngine::Down);
        } else {
            assert!(report.cooling_down_seconds.is_some_and(|rest| rest <= 5.0), "{report:?}");
            let claim = rig.claim().await.expect("the only one is not left alone");
            assert_eq!(claim.engine(), &engine.settings());
        }
    }
}

#[tokio::test]
async fn an_engine_that_hangs_while_its_service_answers_is_given_up_and_rests() {
    let channel = garden();
    let (hung, well) =
        (Engine::start(std::slice::from_ref(&channel)), Engine::start(std::slice::from_ref(&channel)));
    hung.set_faults(Faults { hung: true, ..Faults::default() });
    let forwarded = EngineSettings { forwarded: true, ..hung.settings() };
    let rig = Rig::with(vec![forwarded, well.settings()], |_| {});
    let claim = rig.claim().await.unwrap();
    assert_eq!(claim.start(&channel.by_id(), Duration::from_secs(1)).await.unwrap_err(), StartError::Hang);
    let report = rig.report(|report| report.cooling_down_seconds.is_some()).await;
    assert!(!report.healthy && report.last_error.is_some());
    let (session, _reading) = rig.watch(&channel.by_id()).await;
    assert_eq!(session.info.engine, well.settings());
}

#[tokio::test]
async fn nothing_secret_is_in_what_a_session_prints() {
    let channel = garden();
    let engine = Engine::start(std::slice::from_ref(&channel));
    let rig = Rig::of(&[&engine]);
    let session = rig.start(&channel.by_id()).await.unwrap();
    let text = format!("{session:?}");
    assert!(text.contains("playback_session_id") && !text.contains("/ace/"), "{text}");
}
