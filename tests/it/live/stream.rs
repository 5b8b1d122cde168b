//! `/ace/getstream` of the real server, as players meet it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::slice::from_ref;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use socket2::{Domain, Socket, Type};

use super::packets::Look;
use super::proxy::PICTURE;
use crate::support::engine::{Broadcast, Channel, Engine, Faults, Film};
use crate::support::server::{Headwater, Setup};

fn garden() -> Channel {
    Channel::new("Open Garden", &Broadcast::of(Film::H264Mp2))
}

fn server(engines: &[&Engine]) -> Setup {
    let list: Vec<_> = engines.iter().map(|engine| engine.url()).collect();
    Setup::new().env("HEADWATER_ENGINES", &list.join(","))
}

fn stream(channel: &Channel) -> String {
    format!("/ace/getstream?id={}", channel.content_id)
}

/// Reads a stream until so many pictures have come.
async fn watch(server: &Headwater, path: &str, pictures: usize) -> Look {
    let mut response = server.open(path).await;
    assert_eq!(response.status(), StatusCode::OK, "{}", server.transcript());
    let (mut bytes, deadline) = (Vec::new(), Instant::now() + Duration::from_secs(20));
    loop {
        let piece = response.chunk().await.unwrap().expect("it does not end");
        bytes.extend_from_slice(&piece);
        let look = Look::at(&bytes[..bytes.len() - bytes.len() % 188]);
        if look.pictures.len() >= pictures {
            return look;
        }
        assert!(Instant::now() < deadline, "{} pictures", look.pictures.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_a_transport_stream_that_players_may_not_keep_or_seek_in() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let server = server(&[&engine]).start();
    let response = server.open(&format!("{}&pid=7", stream(&channel))).await;
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header("content-type").as_deref(), Some("video/mp2t"));
    assert_eq!(header("accept-ranges").as_deref(), Some("none"));
    assert_eq!(header("cache-control").as_deref(), Some("no-store"));
    assert_eq!(header("access-control-allow-origin").as_deref(), Some("*"));
    assert_eq!(header("content-length"), None);
    drop(response);
    let ranged = server.try_open(&stream(&channel), "bytes=1000-").await.unwrap();
    assert_eq!(ranged.status(), StatusCode::OK, "a range means nothing here");
    let look = watch(&server, &stream(&channel), 50).await;
    look.assert_clean();
    assert_eq!(look.repeats_and_holes(PICTURE), (0, 0));
    assert!(
        engine.starts().iter().all(|start| start.pid.as_deref() != Some("7")),
        "the viewer's id went through"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_names_a_channel_leads_to_its_one_session() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let server = server(&[&engine]).start();
    let mut viewers = Vec::new();
    let (content, infohash) = (channel.content_id, channel.infohash);
    let queries = [format!("id={content}"), format!("infohash={infohash}"), format!("content_id={content}")];
    for query in &queries {
        let mut viewer = server.open(&format!("/ace/getstream?{query}")).await;
        assert_eq!(viewer.status(), StatusCode::OK, "{query}: {}", server.transcript());
        viewer.chunk().await.unwrap().expect("bytes come");
        viewers.push(viewer);
    }
    for query in &queries {
        let answer = server.get(&format!("/ace/manifest.m3u8?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", server.transcript());
        assert!(answer.text().contains(&infohash.to_string()), "{query}: {}", answer.text());
    }
    let (_, status) = server.json("/proxy/status").await;
    assert_eq!((&status["total_sessions"], &status["total_clients"]), (&1.into(), &6.into()), "{status:#}");
    assert_eq!((engine.starts().len(), engine.counts().opened), (1, 1), "{:?}", engine.starts());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_for_the_head_asks_no_engine() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let server = server(&[&engine]).start();
    let answer = server.send(Method::HEAD, &stream(&channel), &[], Vec::new()).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "video/mp2t"));
    assert!(!answer.headers.contains_key("content-length"), "{:?}", answer.headers);
    let options = server.send(Method::OPTIONS, &stream(&channel), &[], Vec::new()).await;
    assert!(options.status.is_success(), "{}", options.status);
    assert!(engine.starts().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_no_channel_is_refused() {
    let server = Headwater::start();
    for query in ["", "?id=", "?id=abc", "?pid=1", "?id=a&infohash=b"] {
        let (status, body) = server.json(&format!("/ace/getstream{query}")).await;
        assert_eq!((status, &body["success"]), (StatusCode::BAD_REQUEST, &false.into()), "{query}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_engine_that_delivers_the_answer_is_503_with_a_reason() {
    let channel = garden();
    let engine = Engine::start(&[]);
    for (server, phrase) in [
        (Headwater::start(), "No engines available"),
        (server(&[&engine]).start(), "Stream initialization failed"),
    ] {
        let answer = server.get(&stream(&channel)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 10));
        let body = answer.json();
        assert_eq!((&body["success"], &body["error"]), (&false.into(), &phrase.into()), "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_first_version_gets_the_bare_stream() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let server = server(&[&engine]).start();
    let mut socket = connect(&server);
    socket.write_all(format!("GET {} HTTP/1.0\r\n\r\n", stream(&channel)).as_bytes()).unwrap();
    let mut got = Vec::new();
    let head = loop {
        let mut piece = [0; 16 << 10];
        let count = socket.read(&mut piece).unwrap();
        assert!(count > 0, "it ended: {}", String::from_utf8_lossy(&got));
        got.extend_from_slice(&piece[..count]);
        let end = got.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        if let Some(end) = end.filter(|end| got.len() >= end + 2 * 188) {
            break end;
        }
    };
    let text = String::from_utf8_lossy(&got[..head]).to_ascii_lowercase();
    assert!(text.contains(" 200 ") && !text.contains("transfer-encoding"), "{text}");
    assert_eq!((got[head], got[head + 188]), (0x47, 0x47));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_during_a_slow_start_leaves_no_session_behind() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    engine.set_faults(Faults { slow_start: Some(Duration::from_secs(1)), ..Faults::default() });
    let server = server(&[&engine]).start();
    let mut socket = connect(&server);
    write!(socket, "GET {} HTTP/1.1\r\nHost: here\r\n\r\n", stream(&channel)).unwrap();
    engine.waited_for(|counts| counts.opened == 1).await;
    drop(socket);
    engine.waited_for(|counts| counts.alive == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_viewer_among_many_delays_nobody() {
    const OTHERS: usize = 30;
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let setup = server(&[&engine])
        .env("HEADWATER_CLIENT_TIMEOUT", "2s")
        .env("HEADWATER_CLIENT_HEARTBEAT_INTERVAL", "1s");
    let server = setup.start();
    // The engine's first bytes, so that the frozen viewer gets a burst that fills its sockets.
    watch(&server, &stream(&channel), 150).await;
    let mut frozen = connect(&server);
    write!(frozen, "GET {} HTTP/1.1\r\nHost: here\r\n\r\n", stream(&channel)).unwrap();
    let path = stream(&channel);
    let others = futures::future::join_all((0..OTHERS).map(|_| longest_gap(&server, &path))).await;
    let longest = others.into_iter().max().unwrap();
    assert!(longest < Duration::from_millis(1_500), "{longest:?} without a byte");
    let (_, report) = server.json(&format!("/proxy/sessions/{}", channel.infohash)).await;
    let frozen_row = &report["viewers"].as_array().unwrap()[0];
    assert_eq!(frozen_row["counted"], false, "{report:#}");
    assert_eq!(engine.counts().opened, 1);
    drop(frozen);
}

/// Watches for some seconds and tells the longest time without a byte.
async fn longest_gap(server: &Headwater, path: &str) -> Duration {
    let mut response = server.open(path).await;
    let deadline = Instant::now() + Duration::from_secs(6);
    let (mut longest, mut last) = (Duration::ZERO, Instant::now());
    while Instant::now() < deadline {
        response.chunk().await.unwrap().expect("it does not end");
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    longest
}

/// A connection that takes little before it is read.
fn connect(server: &Headwater) -> TcpStream {
    let address: std::net::SocketAddr = server.base().strip_prefix("http://").unwrap().parse().unwrap();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    socket.connect(&address.into()).unwrap();
    let stream: TcpStream = socket.into();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_of_the_server_stops_the_engines_sessions() {
    let channel = garden();
    let engine = Engine::start(from_ref(&channel));
    let mut server = server(&[&engine]).start();
    let mut response = server.open(&stream(&channel)).await;
    response.chunk().await.unwrap().expect("bytes come");
    server.terminate();
    let asked = Instant::now();
    while let Ok(Some(_)) = response.chunk().await {
        assert!(asked.elapsed() < Duration::from_secs(10), "it goes on");
    }
    server.stopped();
    let counts = engine.counts();
    assert_eq!((counts.alive, counts.stops, counts.unknown_stops), (0, 1, 0));
}
