//! What the live proxy tells those who scrape it.

use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;
use std::time::Instant;

use super::proxy::PATIENCE;
use super::status::{garden, watch};
use crate::support::engine::Engine;
use crate::support::server::{Headwater, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn the_series_are_well_formed_and_vanish_with_their_session() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let setup =
        Setup::new().env("HEADWATER_ENGINES", &engine.url()).env("HEADWATER_STREAM_IDLE_TIMEOUT", "1s");
    let server = setup.start();
    let viewer = watch(&server, &channel).await;
    let answer = server.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let series = parse(&String::from_utf8(answer.body).unwrap());
    let label = format!("{{channel=\"{}\"}}", channel.infohash);
    let of_engine = format!("{{engine=\"{}\"}}", engine.address());
    for name in [
        format!("headwater_live_viewers{label}"),
        format!("headwater_live_received_bytes_total{label}"),
        format!("headwater_live_sent_bytes_total{label}"),
        format!("headwater_live_failovers_total{label}"),
        format!("headwater_live_continuity_errors_total{label}"),
        format!("headwater_live_engine_healthy{of_engine}"),
        format!("headwater_live_engine_streams{of_engine}"),
        "headwater_live_first_bytes_seconds_count".to_owned(),
        "headwater_cache_bytes".to_owned(),
    ] {
        assert!(series.contains_key(&name), "{name} is missing: {series:#?}");
    }
    drop(viewer);
    engine.waited_for(|counts| counts.alive == 0).await;
    let after = samples(&server).await;
    assert!(!after.keys().any(|name| name.contains(&channel.infohash.to_string())), "{after:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_series_say_what_happens() {
    let channel = garden();
    let engines = [Engine::start(from_ref(&channel)), Engine::start(from_ref(&channel))];
    let urls = engines.each_ref().map(Engine::url).join(",");
    let server = Setup::new().env("HEADWATER_ENGINES", &urls).start();
    let mut viewer = watch(&server, &channel).await;
    let (dead, other) = if engines[0].readers() == 1 { (0, 1) } else { (1, 0) };
    let of_channel = |name: &str| format!("headwater_live_{name}{{channel=\"{}\"}}", channel.infohash);
    let streams =
        |engine: &Engine| format!("headwater_live_engine_streams{{engine=\"{}\"}}", engine.address());
    let before = samples(&server).await;
    assert_eq!(before[&of_channel("viewers")], 1.0, "{before:#?}");
    assert!(before[&of_channel("received_bytes_total")] > 0.0, "{before:#?}");
    assert_eq!(before[&of_channel("failovers_total")], 0.0, "{before:#?}");
    assert_eq!(
        (before[&streams(&engines[dead])], before[&streams(&engines[other])]),
        (1.0, 0.0),
        "{before:#?}"
    );
    engines[dead].kill();
    let deadline = Instant::now() + PATIENCE;
    let after = loop {
        viewer.chunk().await.unwrap().expect("it does not end");
        let now = samples(&server).await;
        if now[&streams(&engines[other])] > 0.0 {
            break now;
        }
        assert!(Instant::now() < deadline, "{now:#?}\n{}", server.transcript());
    };
    assert_eq!((after[&streams(&engines[dead])], after[&streams(&engines[other])]), (0.0, 1.0), "{after:#?}");
    assert!(after[&of_channel("failovers_total")] >= 1.0, "{after:#?}");
    assert_eq!(after[&of_channel("viewers")], 1.0, "{after:#?}");
    assert!(after[&of_channel("sent_bytes_total")] > 0.0, "{after:#?}");
}

/// What the series say now.
async fn samples(server: &Headwater) -> BTreeMap<String, f64> {
    parse(&String::from_utf8(server.get("/metrics").await.body).unwrap())
}

/// All samples by their names with labels, after the rules of OpenMetrics that scrapers insist on.
fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with("# EOF\n"), "the end is not marked");
    let (mut families, mut samples) = (BTreeSet::new(), BTreeMap::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["gauge", "counter", "histogram"].contains(&kind), "{line}");
            assert!(families.insert(name.to_owned()), "{name} is declared twice");
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
            let bare = name.split('{').next().unwrap();
            assert!(bare.chars().all(|it| it.is_ascii_alphanumeric() || it == '_'), "{line}");
            let family = ["_total", "_bucket", "_sum", "_count"]
                .iter()
                .find_map(|ending| bare.strip_suffix(ending).filter(|family| families.contains(*family)));
            assert!(families.contains(family.unwrap_or(bare)), "{bare} has no family");
            assert!(samples.insert(name.to_owned(), value).is_none(), "{name} stands there twice");
        }
    }
    samples
}
