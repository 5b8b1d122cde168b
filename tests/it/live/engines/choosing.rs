//! The choice of an engine, with engines that answer, and some that do not.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::future::join_all;
use headwater::config::EngineSettings;
use headwater::live::engines::{Claim, FailureKind, NoEngine, Wanted};

use super::{PATIENCE, Rig, channels, garden};
use crate::support::engine::{Engine, Manner, Presence};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_claims_at_once_take_every_place_once() {
    let engines = [Engine::start(&[]), Engine::start(&[]), Engine::start(&[])];
    let rig = Rig::of(&[&engines[0], &engines[1], &engines[2]]);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let pool = rig.pool.clone();
        tasks.spawn(async move { pool.claim(&Wanted { channel: None, avoid: &[] }).await });
    }
    let (claims, refusals): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
    let claims: Vec<Claim> = claims.into_iter().map(Result::unwrap).collect();
    let mut loads: HashMap<_, usize> = HashMap::new();
    for claim in &claims {
        *loads.entry(claim.engine().address.clone()).or_default() += 1;
    }
    assert_eq!(loads.into_values().collect::<Vec<_>>(), [10, 10, 10]);
    assert!(refusals.iter().all(|refusal| matches!(refusal, Err(NoEngine::Full))));
    assert!(engines.iter().all(|engine| engine.counts().probes <= 2), "they share one look at each engine");
    drop(claims);
    assert!(rig.pool.list().iter().all(|report| report.streams == 0));
}

#[tokio::test]
async fn an_engine_that_does_not_answer_delays_the_choice_of_another_hardly() {
    let (mute, well) = (Engine::start(&[]), Engine::start(&[]));
    mute.set_presence(Presence::Mute);
    let forwarded = EngineSettings { forwarded: true, ..mute.settings() };
    let rig = Rig::with(vec![forwarded, well.settings()], |_| {});
    let begun = Instant::now();
    assert_eq!(rig.claim().await.unwrap().engine(), &well.settings());
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_choice_ends_in_time_with_whoever_may_still_be_there() {
    let mute = Engine::start(&[]);
    mute.set_presence(Presence::Mute);
    let rig =
        Rig::with(vec![mute.settings()], |settings| settings.selection_timeout = Duration::from_millis(400));
    let begun = Instant::now();
    assert_eq!(rig.claim().await.unwrap().engine(), &mute.settings());
    let took = begun.elapsed();
    assert!((Duration::from_millis(390)..Duration::from_millis(1_500)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn engines_that_are_down_are_refused_at_once() {
    let engines = [Engine::start(&[]), Engine::start(&[])];
    engines[0].kill();
    engines[1].set_presence(Presence::Unavailable);
    let rig = Rig::of(&[&engines[0], &engines[1]]);
    let begun = Instant::now();
    assert_eq!(rig.claim().await.unwrap_err(), NoEngine::Down);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn one_without_a_network_comes_last_with_all_that_share_its_tunnel() {
    let channels = channels(2);
    let engines = [Engine::start(&channels), Engine::start(&channels), Engine::start(&channels)];
    let behind = |engine: &Engine, forwarded| EngineSettings {
        forwarded,
        vpn: Some("tunnel".to_owned()),
        ..engine.settings()
    };
    let settings = vec![behind(&engines[0], true), behind(&engines[1], true), engines[2].settings()];
    let rig = Rig::with(settings, |settings| settings.cache_ttl = Duration::from_secs(60));
    engines[0].set_connected(false);
    // The second says that all is well, but what it delivered fell silent.
    for channel in &channels {
        let wanted = Wanted { channel: None, avoid: &[engines[0].address(), engines[2].address()] };
        let claim = rig.pool.claim(&wanted).await.unwrap();
        claim.start(&channel.by_id(), PATIENCE).await.unwrap().failed(FailureKind::Silent);
    }
    let claims: Vec<_> = join_all((0..2).map(|_| rig.claim())).await;
    assert!(claims.iter().all(|claim| claim.as_ref().unwrap().engine() == &engines[2].settings()));
}

#[tokio::test]
async fn what_is_shown_of_an_engine_is_true() {
    let engine = Engine::start(&[]);
    let settings = EngineSettings { forwarded: true, ..engine.settings() };
    let rig = Rig::with(vec![settings], |settings| settings.cache_ttl = Duration::from_millis(20));
    let report = rig.report(|report| report.healthy).await;
    assert_eq!((report.score, report.version.as_deref()), (1_000, Some("3.2.3")));
    assert_eq!(report.container_id, engine.address().to_string());
    let claims = (rig.claim().await.unwrap(), rig.claim().await.unwrap());
    assert_eq!((rig.pool.list()[0].score, rig.pool.list()[0].streams), (980, 2));
    drop(claims);
    engine.set_connected(false);
    let report = rig.asked_until(|report| !report.healthy).await;
    assert_eq!(
        (report.healthy, report.score, report.last_error.as_deref()),
        (false, 0, Some("has no network"))
    );
    let json = serde_json::to_value(&report).unwrap();
    assert!(json["last_checked"].is_u64() && json["max_streams"] == 10, "{json}");
}

#[tokio::test]
async fn an_engine_without_the_newer_service_methods_is_well_too() {
    let manner = Manner { lacks_server_api: true, ..Manner::default() };
    let engine = Engine::with(manner, &[]);
    let rig = Rig::of(&[&engine]);
    drop(rig.claim().await.unwrap());
    assert!(rig.report(|report| report.healthy).await.version.is_some());
}

#[tokio::test]
async fn health_is_asked_for_when_it_is_needed_and_too_old() {
    let engine = Engine::start(&[]);
    let rig = Rig::with(vec![engine.settings()], |settings| settings.cache_ttl = Duration::from_secs(60));
    rig.report(|report| report.healthy).await;
    let probes = engine.counts().probes;
    for _ in 0..50 {
        drop(rig.claim().await.unwrap());
    }
    assert_eq!(engine.counts().probes, probes);
}

#[tokio::test]
async fn engines_that_the_caller_avoids_are_not_chosen() {
    let channel = garden();
    let engines =
        [Engine::start(std::slice::from_ref(&channel)), Engine::start(std::slice::from_ref(&channel))];
    let rig = Rig::of(&[&engines[0], &engines[1]]);
    let mut avoid = vec![engines[0].address()];
    let claim = rig.pool.claim(&Wanted { channel: None, avoid: &avoid }).await.unwrap();
    assert_eq!(claim.engine(), &engines[1].settings());
    avoid.push(engines[1].address());
    let wanted = Wanted { channel: None, avoid: &avoid };
    assert_eq!(rig.pool.claim(&wanted).await.unwrap_err(), NoEngine::Exhausted);
}
