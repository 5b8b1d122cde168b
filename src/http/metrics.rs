//! `GET /metrics`: the state of the server as series for Prometheus.
//!
//! Everything is read from its room at the moment of the scrape, so that what has ended vanishes.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::error::ApiError;
use super::state::App;
use crate::config::EngineAddress;
use crate::live::engines::EngineReport;
use crate::live::{Live, SessionReport};
use crate::telemetry::names::{self, Series};

/// What the text is (OpenMetrics 1.0, 5).
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;

/// `GET /metrics`.
pub(super) async fn get(State(app): State<Arc<App>>) -> Result<impl IntoResponse, ApiError> {
    let cache = app.cache.clone();
    let usage = tokio::task::spawn_blocking(move || cache.usage())
        .await
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let jobs = app.prepare.jobs();
    let mut page = Page::default();
    page.single(names::TASKS, tokio::runtime::Handle::current().metrics().num_alive_tasks() as u64);
    page.single(names::JOBS, jobs.len() as u64);
    page.single(names::VIEWERS, jobs.iter().map(|job| job.viewers() as u64).sum());
    page.single(names::CACHE_BYTES, usage.bytes);
    page.single(names::CACHE_CONTENTS, usage.contents as u64);
    let sessions: Vec<_> = app.live.sessions().iter().map(|session| session.report()).collect();
    page.single(names::LIVE_SESSIONS, sessions.len() as u64);
    page.single(names::LIVE_RECORDED, app.live.shelves().used_bytes());
    let waits = app.live.first_bytes().histogram();
    page.0.register(names::LIVE_FIRST_BYTES.name, names::LIVE_FIRST_BYTES.help, waits);
    sessions_of(&mut page, &sessions);
    engines_of(&mut page, &app.live);
    let mut text = String::new();
    encode(&mut text, &page.0).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, TYPE), (header::CACHE_CONTROL, "no-store")], text))
}

fn sessions_of(page: &mut Page, sessions: &[SessionReport]) {
    let each = |value: fn(&SessionReport) -> Option<f64>| {
        let label = |it: &SessionReport| vec![(names::CHANNEL, it.stream_id.to_string())];
        sessions.iter().filter_map(|it| Some((label(it), value(it)?))).collect::<Vec<_>>()
    };
    page.gauge(names::LIVE_VIEWERS, each(|it| Some(float(it.client_count as u64))));
    page.gauge(names::LIVE_BUFFERED, each(|it| Some(float(it.buffered_bytes as u64))));
    page.gauge(names::LIVE_BIT_RATE, each(|it| it.bit_rate.map(float)));
    page.gauge(names::LIVE_AGE, each(|it| it.newest_age_seconds));
    page.gauge(names::LIVE_PEERS, each(|it| it.swarm.as_ref()?.peers.map(f64::from)));
    page.gauge(
        names::LIVE_BEHIND,
        each(|it| it.viewers.iter().map(|viewer| viewer.seconds_behind).max().map(|it| it.as_secs_f64())),
    );
    let count = |value: fn(&SessionReport) -> u64| {
        let label = |it: &SessionReport| vec![(names::CHANNEL, it.stream_id.to_string())];
        sessions.iter().map(|it| (label(it), value(it))).collect::<Vec<_>>()
    };
    page.counter(names::LIVE_RECEIVED, count(|it| it.bytes_in));
    page.counter(names::LIVE_SENT, count(|it| it.bytes_out));
    page.counter(names::LIVE_FAILOVERS, count(|it| it.failovers));
    page.counter(names::LIVE_SKIPS, count(|it| it.skips));
    page.counter(names::LIVE_BREAKS, count(|it| it.stream.breaks));
    page.counter(names::LIVE_CONTINUITY, count(|it| it.stream.continuity_errors));
    page.counter(names::LIVE_LOST_SYNC, count(|it| it.stream.lost_syncs));
}

fn engines_of(page: &mut Page, live: &Live) {
    let engines = live.pool().list();
    let address = |it: &EngineReport| EngineAddress { host: it.host.clone(), port: it.port };
    let label = |it: &EngineReport| vec![(names::ENGINE, address(it).to_string())];
    let each =
        |value: fn(&EngineReport) -> f64| engines.iter().map(|it| (label(it), value(it))).collect::<Vec<_>>();
    page.gauge(names::ENGINE_HEALTHY, each(|it| f64::from(it.healthy)));
    page.gauge(names::ENGINE_DRAINING, each(|it| f64::from(it.draining)));
    page.gauge(names::ENGINE_STREAMS, each(|it| f64::from(it.streams)));
    page.gauge(names::ENGINE_MOST_STREAMS, each(|it| f64::from(it.max_streams)));
    page.gauge(names::ENGINE_REST, each(|it| it.cooling_down_seconds.unwrap_or_default()));
    page.gauge(names::ENGINE_SCORE, engines.iter().map(|it| (label(it), signed(it.score))));
    let tallies: Vec<_> = engines.iter().map(|it| (label(it), live.tally(&address(it)))).collect();
    page.counter(names::ENGINE_STARTS, tallies.iter().map(|(label, it)| (label.clone(), it.starts)));
    page.counter(names::ENGINE_FAILURES, tallies.iter().map(|(label, it)| (label.clone(), it.failures)));
    let first = tallies.iter().filter_map(|(label, it)| Some((label.clone(), it.first_byte?.as_secs_f64())));
    page.gauge(names::ENGINE_FIRST_BYTE, first);
}

/// The series of one scrape.
#[derive(Default)]
struct Page(Registry);

impl Page {
    fn gauge(&mut self, series: Series, rows: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in rows {
            family.get_or_create(&labels).set(value);
        }
        self.0.register(series.name, series.help, family);
    }

    /// A series without labels.
    fn single(&mut self, series: Series, value: u64) {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(float(value));
        self.0.register(series.name, series.help, gauge);
    }

    /// Families of counters make their own ending, `_total`.
    fn counter(&mut self, series: Series, rows: impl IntoIterator<Item = (Labels, u64)>) {
        let family = Family::<Labels, Counter>::default();
        for (labels, value) in rows {
            family.get_or_create(&labels).inc_by(value);
        }
        self.0.register(series.name, series.help, family);
    }
}

/// Exact up to 2^53, which no count here reaches.
#[expect(clippy::cast_precision_loss, reason = "what is counted stays far below 2^53")]
fn float(value: u64) -> f64 {
    value as f64
}

/// Exact, as [`float`] is.
#[expect(clippy::cast_precision_loss, reason = "scores stay far below 2^53")]
fn signed(value: i64) -> f64 {
    value as f64
}
