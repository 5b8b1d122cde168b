//! The ten settings of the specification, by its own names, and what they do in the real program.

use std::slice::from_ref;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant as Deadline, timeout_at};

use super::hls::{media, media_paths};
use super::proxy::PATIENCE;
use crate::support::engine::{Broadcast, Channel, Engine, Faults, Film, Kind, Manner, Presence};
use crate::support::onlooker::bare;
use crate::support::server::{Headwater, Setup};

/// Bytes of a packet.
const PACKET: usize = 188;

fn channels() -> [Channel; 2] {
    let broadcast = Broadcast::of(Film::Mpeg2);
    ["Open Garden", "Open Meadow"].map(|name| Channel::new(name, &broadcast))
}

fn server(engine: &Engine, settings: &[(&str, &str)]) -> Headwater {
    let setup = Setup::new().env("ACESTREAM_ENGINES", &engine.url());
    settings.iter().fold(setup, |setup, (name, value)| setup.env(name, value)).start()
}

fn stream(channel: &Channel) -> String {
    format!("/ace/getstream?id={}", channel.content_id)
}

/// Waits until the report of a session is so.
async fn session(server: &Headwater, channel: &Channel, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + 2 * PATIENCE;
    loop {
        let (_, report) = server.json(&format!("/proxy/sessions/{}", channel.content_id)).await;
        if is_so(&report) {
            return report;
        }
        assert!(Instant::now() < deadline, "{report:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the engine is known to be well, or known not to be.
async fn known_as(server: &Headwater, healthy: bool) {
    let deadline = Instant::now() + PATIENCE;
    while server.json("/engines").await.1["engines"][0]["healthy"] != healthy {
        assert!(Instant::now() < deadline, "it never is");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_and_sessions_end_and_are_refused_as_the_settings_say() {
    let channels = channels();
    let engine = Engine::start(&channels);
    let names = [
        ("MAX_STREAMS_PER_ENGINE", "1"),
        ("STREAM_IDLE_TIMEOUT", "1"),
        ("SESSION_CLEANUP_INTERVAL", "1"),
        ("CLIENT_TIMEOUT", "1"),
        ("CLIENT_HEARTBEAT_INTERVAL", "1"),
    ];
    let server = server(&engine, &names);
    let mut watching = server.open(&stream(&channels[0])).await;
    watching.chunk().await.unwrap().expect("bytes come");
    // Who takes nothing makes room, so this one goes on reading.
    let wanted = stream(&channels[1]);
    let reading = async { while watching.chunk().await.unwrap().is_some() {} };
    let second = tokio::select! {
        () = reading => panic!("the channel has ended"),
        answer = server.get(&wanted) => answer,
    };
    assert_eq!(second.status, StatusCode::SERVICE_UNAVAILABLE, "MAX_STREAMS_PER_ENGINE");
    assert_eq!(server.json("/engines").await.1["engines"][0]["max_streams"], 1);
    drop(watching);
    let gone = Instant::now();
    engine.waited_for(|counts| counts.alive == 0).await;
    assert!(gone.elapsed() < Duration::from_secs(6), "STREAM_IDLE_TIMEOUT, SESSION_CLEANUP_INTERVAL");
    // Somebody who is there and takes nothing is no viewer, and a channel without viewers ends.
    let _frozen = bare(server.base(), &stream(&channels[1]), 4 << 10).await;
    session(&server, &channels[1], |report| report["client_count"] == 1).await;
    session(&server, &channels[1], |report| report["client_count"] == 0).await;
    session(&server, &channels[1], |report| report["is_active"] == false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_ends_as_soon_after_its_last_viewer_as_the_settings_say() {
    let [channel, _] = channels();
    let engine = Engine::start(from_ref(&channel));
    // By the default of a minute, which the idle time bounds, it is looked at 12 s and 24 s after the start.
    let server = server(&engine, &[("STREAM_IDLE_TIMEOUT", "12"), ("SESSION_CLEANUP_INTERVAL", "1")]);
    let mut watching = server.open(&stream(&channel)).await;
    watching.chunk().await.unwrap().expect("bytes come");
    drop(watching);
    let left = Instant::now();
    session(&server, &channel, |report| report["is_active"] == false).await;
    let time = left.elapsed();
    assert!(time > Duration::from_secs(11) && time < Duration::from_secs(16), "{time:?}");
}

/// Has two viewers fall silent, one of each kind, and tells how many of them are listed and count, over and over.
async fn silence(heartbeat: &str, is_enough: impl Fn(usize, usize, Duration) -> bool) {
    let [channel, _] = channels();
    let engine = Engine::start(from_ref(&channel));
    let settings =
        [("CLIENT_TIMEOUT", "1"), ("CLIENT_HEARTBEAT_INTERVAL", heartbeat), ("HEADWATER_FFMPEG", "off")];
    let server = server(&engine, &settings);
    let (playlist, _) = media_paths(&server, &channel).await;
    media(&server, &playlist).await;
    let _frozen = bare(server.base(), &stream(&channel), 4 << 10).await;
    session(&server, &channel, |report| report["viewers"].as_array().is_some_and(|all| all.len() == 2)).await;
    let fell_silent = Instant::now();
    let is_enough = |report: &Value| {
        let listed = report["viewers"].as_array().expect("the session is on").len();
        let counted = report["client_count"].as_u64().expect("a number");
        is_enough(listed, usize::try_from(counted).unwrap(), fell_silent.elapsed())
    };
    session(&server, &channel, is_enough).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_are_looked_at_as_often_as_the_setting_says() {
    // A player that polls has to do so within three target durations of six seconds; who reads has a second.
    const LATEST: Duration = Duration::from_secs(30);
    let often = silence("1", |listed, counted, time| {
        assert!(time < LATEST, "{listed} listed and {counted} counted after {time:?}");
        (listed, counted) == (1, 0)
    });
    let seldom = silence("300", |listed, counted, time| {
        assert_eq!((listed, counted), (2, 2), "after {time:?}");
        time > LATEST
    });
    tokio::join!(often, seldom);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_engine_is_waited_for_as_long_as_the_setting_says() {
    let [channel, _] = channels();
    let engine = Engine::start(from_ref(&channel));
    engine.set_faults(Faults { silent: true, ..Faults::default() });
    let server = server(&engine, &[("EMPTY_STREAM_TIMEOUT", "1")]);
    let asked = Instant::now();
    let answer = server.get(&stream(&channel)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let time = asked.elapsed();
    assert!(time >= Duration::from_millis(900) && time < Duration::from_secs(4), "{time:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_viewer_gets_no_more_at_once_and_in_no_larger_pieces_than_the_settings_say() {
    const BURST: usize = 192 << 10;
    const PIECE: usize = 10 * PACKET;
    let [channel, _] = channels();
    let manner = Manner { burst: Duration::from_secs(12), ..Manner::default() };
    let engine = Engine::with(manner, from_ref(&channel));
    let (burst, piece) = (BURST.to_string(), PIECE.to_string());
    let server = server(&engine, &[("STREAM_BUFFER_SIZE", &burst), ("COPY_CHUNK_SIZE", &piece)]);
    let mut first = server.open(&stream(&channel)).await;
    first.chunk().await.unwrap().expect("bytes come");
    // Several times of what may come at once is there.
    let held =
        |report: &Value| report["buffered_bytes"].as_u64().is_some_and(|bytes| bytes > 4 * BURST as u64);
    session(&server, &channel, held).await;
    let time = Duration::from_secs(1);
    let pieces = pieces(&server, &stream(&channel), time).await;
    let on_air = usize::try_from(Film::Mpeg2.bits_per_second() / 8 * time.as_secs()).unwrap();
    let sum: usize = pieces.iter().sum();
    assert!(sum > BURST / 2 && sum <= BURST + on_air, "STREAM_BUFFER_SIZE: {sum}");
    assert!(
        pieces.iter().all(|length| *length <= PIECE && length % PACKET == 0),
        "COPY_CHUNK_SIZE: {pieces:?}"
    );
}

/// The lengths of the pieces that come within a time, as chunked encoding (RFC 9112, 7.1) shows them.
async fn pieces(server: &Headwater, path: &str, time: Duration) -> Vec<usize> {
    let mut socket = TcpStream::connect(server.base().trim_start_matches("http://")).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let (mut got, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    let end = Deadline::now() + time;
    while let Ok(read) = timeout_at(end, socket.read(&mut buffer)).await {
        let length = read.unwrap();
        assert!(length > 0, "the channel has ended");
        got.extend_from_slice(&buffer[..length]);
    }
    let head = got.windows(4).position(|four| four == b"\r\n\r\n").expect("the head has come") + 4;
    let (mut rest, mut lengths) = (&got[head..], Vec::new());
    while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        let Some(after) = rest.get(line + 2 + length + 2..) else { break };
        lengths.push(length);
        rest = after;
    }
    lengths
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_of_an_engine_takes_no_longer_than_the_setting_says() {
    let [channel, _] = channels();
    let engine = Engine::start(from_ref(&channel));
    engine.set_presence(Presence::Mute);
    // Its health is asked for two seconds long.
    let server = server(&engine, &[("ENGINE_SELECTION_TIMEOUT", "1")]);
    let (path, asked) = (stream(&channel), Instant::now());
    let waiting = server.open(&path);
    let tried =
        session(&server, &channel, |report| report["attempts"].as_array().is_some_and(|it| !it.is_empty()));
    tokio::select! {
        response = waiting => panic!("nobody can have answered: {}", response.status()),
        _ = tried => {}
    }
    let time = asked.elapsed();
    assert!(time >= Duration::from_millis(900) && time < Duration::from_millis(1_900), "{time:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_believed_for_as_long_as_the_setting_says() {
    for (seconds, is_believed) in [("60", true), ("1", false)] {
        let [channel, _] = channels();
        let engine = Engine::with(Manner { kind: Kind::Shared, ..Manner::default() }, from_ref(&channel));
        let server = server(&engine, &[("ENGINE_CACHE_TTL", seconds)]);
        known_as(&server, true).await;
        engine.kill();
        // What is under test is that a time passes.
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        let answer = server.get(&stream(&channel)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        let report = session(&server, &channel, |report| report["is_active"] == false).await;
        let attempts = report["attempts"].as_array().unwrap();
        assert_eq!(!attempts.is_empty(), is_believed, "{seconds} s: {report:#}");
    }
}
