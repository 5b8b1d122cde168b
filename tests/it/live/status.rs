//! What the live proxy tells of itself, and how its engines are changed while it runs.

use std::slice::from_ref;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::proxy::PATIENCE;
use crate::support::engine::{Broadcast, Channel, Engine, Film};
use crate::support::server::{Headwater, Setup};

/// The fields of a session in the specification.
const FIELDS: [&str; 14] = [
    "stream_id",
    "ace_id",
    "engine_host",
    "engine_port",
    "container_id",
    "playback_session_id",
    "is_live",
    "is_active",
    "client_count",
    "created_at",
    "started_at",
    "ended_at",
    "error",
    "idle_seconds",
];

pub(super) fn garden() -> Channel {
    Channel::new("Open Garden", &Broadcast::of(Film::H264Mp2))
}

fn assert_moment(value: &Value) {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no moment"));
    let shape: String = text.chars().map(|it| if it.is_ascii_digit() { '0' } else { it }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00Z");
}

/// Waits until the report of a session is so.
async fn session(server: &Headwater, channel: &Channel, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (_, report) = server.json(&format!("/proxy/sessions/{}", channel.content_id)).await;
        if is_so(&report) {
            return report;
        }
        assert!(Instant::now() < deadline, "{report:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Watches until the first bytes are there.
pub(super) async fn watch(server: &Headwater, channel: &Channel) -> reqwest::Response {
    let mut response = server.open(&format!("/ace/getstream?id={}", channel.content_id)).await;
    response.chunk().await.unwrap().expect("bytes come");
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_shown_as_the_specification_has_them() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let url = format!("{}?name=first", engine.url());
    let server = Setup::new().env("HEADWATER_ENGINES", &url).start();
    let (_, empty) = server.json("/proxy/status").await;
    let expected = json!({
        "running": true, "total_sessions": 0, "active_sessions": 0, "total_clients": 0, "sessions": [],
    });
    assert_eq!(empty, expected);
    let _viewers = [watch(&server, &channel).await, watch(&server, &channel).await];
    let (_, status) = server.json("/proxy/status").await;
    assert_eq!((&status["total_sessions"], &status["active_sessions"]), (&1.into(), &1.into()), "{status:#}");
    assert_eq!(status["total_clients"], 2);
    let session = &status["sessions"][0];
    for field in FIELDS {
        assert!(session.get(field).is_some(), "{field} is missing: {session:#}");
    }
    assert_eq!(session["stream_id"], channel.infohash.to_string());
    assert_eq!(session["ace_id"], channel.content_id.to_string());
    assert_eq!(session["engine_host"], "127.0.0.1");
    assert_eq!(session["engine_port"], engine.address().port);
    assert_eq!(session["container_id"], "first");
    assert_eq!((&session["is_active"], &session["is_live"]), (&true.into(), &true.into()));
    assert_eq!((&session["ended_at"], &session["error"]), (&Value::Null, &Value::Null));
    assert!(session["playback_session_id"].as_str().is_some_and(|id| !id.is_empty()));
    assert!(session["idle_seconds"].as_f64().is_some_and(|idle| idle < 5.0));
    assert_moment(&session["created_at"]);
    assert_moment(&session["started_at"]);
    let (_, list) = server.json("/proxy/sessions").await;
    assert_eq!(list["sessions"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_viewers_one_leaves_and_the_other_reads_on() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let server = Setup::new().env("HEADWATER_ENGINES", &engine.url()).start();
    let (one, mut other) = (watch(&server, &channel).await, watch(&server, &channel).await);
    session(&server, &channel, |report| report["client_count"] == 2).await;
    drop(one);
    session(&server, &channel, |report| report["client_count"] == 1).await;
    // More than what lay ready for it when the first one left.
    let (mut got, deadline) = (0, Instant::now() + PATIENCE);
    while got < 500_000 {
        got += other.chunk().await.unwrap().expect("it does not end").len();
        assert!(Instant::now() < deadline, "{got} bytes\n{}", server.transcript());
    }
    session(&server, &channel, |report| report["client_count"] == 1 && report["is_active"] == true).await;
    assert_eq!(engine.counts().opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_failed_is_shown_with_its_reason_and_not_among_those_that_are_on() {
    let (channel, unknown) = (garden(), Channel::new("Open Meadow", &Broadcast::of(Film::H264Mp2)));
    let engine = Engine::start(from_ref(&channel));
    let server = Setup::new().env("HEADWATER_ENGINES", &engine.url()).start();
    let _viewer = watch(&server, &channel).await;
    let (status, _) = server.json(&format!("/ace/getstream?id={}", unknown.content_id)).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let failed = session(&server, &unknown, |report| report["is_active"] == false).await;
    assert!(
        failed["error"].as_str().is_some_and(|error| error.contains("failed to load content")),
        "{failed:#}"
    );
    assert_moment(&failed["ended_at"]);
    assert_eq!((&failed["started_at"], &failed["client_count"]), (&Value::Null, &0.into()), "{failed:#}");
    let (_, list) = server.json("/proxy/sessions").await;
    let on: Vec<_> = list["sessions"].as_array().unwrap().iter().map(|session| &session["ace_id"]).collect();
    assert_eq!(on, [&json!(channel.content_id.to_string())], "{list:#}");
    let (_, status) = server.json("/proxy/status").await;
    assert_eq!((&status["total_sessions"], &status["active_sessions"]), (&2.into(), &1.into()), "{status:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_is_found_by_either_id_and_an_unknown_one_is_not() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let server = Setup::new().env("HEADWATER_ENGINES", &engine.url()).start();
    let _viewer = watch(&server, &channel).await;
    for id in [channel.infohash, channel.content_id] {
        let (status, session) = server.json(&format!("/proxy/sessions/{id}")).await;
        assert_eq!((status, &session["client_count"]), (StatusCode::OK, &1.into()), "{session:#}");
        assert_eq!(session["viewers"][0]["address"], "127.0.0.1");
        assert!(session["viewers"][0]["bytes"].as_u64().is_some_and(|bytes| bytes > 0));
    }
    let foreign = [("X-Forwarded-For", "203.0.113.9")];
    let path = format!("/proxy/sessions/{}", channel.infohash);
    let seen = server.send(Method::GET, &path, &foreign, Vec::new()).await.json();
    assert_eq!(seen["viewers"][0]["address"], Value::Null, "where viewers live is for the operator alone");
    for unknown in ["ab".repeat(20).as_str(), "nonsense"] {
        let (status, body) = server.json(&format!("/proxy/sessions/{unknown}")).await;
        assert_eq!((status, &body["success"]), (StatusCode::NOT_FOUND, &false.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_can_be_asked_about_without_watching_it() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let server = Setup::new().env("HEADWATER_ENGINES", &engine.url()).start();
    let (status, answer) = server.json(&format!("/ace/preflight?id={}", channel.content_id)).await;
    assert_eq!((status, &answer["ok"]), (StatusCode::OK, &true.into()), "{answer:#}");
    assert_eq!(answer["infohash"], channel.infohash.to_string());
    assert_eq!((&answer["is_live"], &answer["reason"]), (&true.into(), &Value::Null));
    engine.waited_for(|counts| counts.opened == 1 && counts.alive == 0).await;
    let unknown = "ab".repeat(20);
    let (status, answer) = server.json(&format!("/ace/preflight?infohash={unknown}")).await;
    assert_eq!((status, &answer["ok"]), (StatusCode::OK, &false.into()), "{answer:#}");
    assert!(answer["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_for_the_head_of_an_answer_asks_no_engine() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let server = Setup::new().env("HEADWATER_ENGINES", &engine.url()).start();
    let path = format!("/ace/preflight?id={}", channel.content_id);
    let answer = server.send(Method::HEAD, &path, &[], Vec::new()).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let wrong = server.send(Method::HEAD, "/ace/preflight?id=abc", &[], Vec::new()).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(engine.starts().is_empty());
    assert!(server.json("/proxy/sessions").await.1["sessions"].as_array().is_some_and(Vec::is_empty));
}

#[tokio::test(flavor = "multi_thread")]
async fn engines_are_added_drained_and_removed_by_the_operator_alone() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let server = Headwater::start();
    let engines = async || server.json("/engines").await.1["engines"].as_array().unwrap().clone();
    assert!(engines().await.is_empty());
    let described = json!({ "url": format!("{}?forwarded=true", engine.url()) }).to_string().into_bytes();
    let foreign = [("X-Forwarded-For", "203.0.113.9")];
    let path = format!("/engines/{}", engine.address());
    for (method, path) in
        [(Method::POST, "/engines"), (Method::DELETE, &path), (Method::POST, &format!("{path}/drain"))]
    {
        let answer = server.send(method, path, &foreign, described.clone()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    let (status, _) = server.post("/engines", described.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, _) = server.post("/engines", described).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let list = engines().await;
    assert_eq!(
        (&list[0]["host"], &list[0]["port"], &list[0]["forwarded"]),
        (&"127.0.0.1".into(), &engine.address().port.into(), &true.into())
    );
    let _viewer = watch(&server, &channel).await;
    let (status, _) = server.post(&format!("{path}/drain"), "").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(engines().await[0]["draining"], true);
    let (status, _) = server.json(&format!("/ace/getstream?id={}", "ab".repeat(20))).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "a drained engine gets nothing new");
    assert_eq!(server.send(Method::DELETE, &path, &[], Vec::new()).await.status, StatusCode::OK);
    assert!(engines().await.is_empty());
    assert_eq!(server.send(Method::DELETE, &path, &[], Vec::new()).await.status, StatusCode::NOT_FOUND);
    for wrong in
        ["", "{}", r#"{"url":"https://x"}"#, r#"{"host":"a b","port":1}"#, r#"{"host":"x/y","port":1}"#]
    {
        let (status, body) = server.post("/engines", wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_and_the_choice_of_engines_are_logged_without_addresses() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let setup = Setup::new().env("HEADWATER_ENGINES", &engine.url()).env("HEADWATER_LOG", "info");
    let server = setup.start();
    drop(watch(&server, &channel).await);
    let deadline = Instant::now() + PATIENCE;
    let line = |wanted: &str| {
        let transcript = server.transcript();
        transcript.lines().find(|line| line.contains(wanted)).map(str::to_owned)
    };
    while line("a viewer leaves").is_none() {
        assert!(Instant::now() < deadline, "{}", server.transcript());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let named = |id: String| format!("channel={id}");
    for (wanted, parts) in [
        ("a viewer comes", vec![named(channel.content_id.to_string()), "means=Ts".to_owned()]),
        ("an engine was chosen", vec![engine.address().to_string(), "no other can take it".to_owned()]),
        (
            "a viewer leaves",
            vec![named(channel.infohash.to_string()), "means=Ts".to_owned(), "bytes=".to_owned()],
        ),
    ] {
        let line = line(wanted).unwrap_or_else(|| panic!("{wanted}: {}", server.transcript()));
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
        assert!(!wanted.contains("viewer") || !line.contains("127.0.0.1"), "{line}");
        assert!(!line.contains("bytes=0"), "{line}");
    }
}
