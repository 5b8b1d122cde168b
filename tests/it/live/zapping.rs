//! Viewers who never stay, on sockets, with both kinds of engines.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::proxy::PATIENCE;
use crate::support::engine::{Broadcast, Channel, Engine, Faults, Film, Kind, Manner};
use crate::support::server::{Headwater, Setup};

const KINDS: [Kind; 2] = [Kind::Single, Kind::Shared];

fn gardens(count: usize) -> Vec<Channel> {
    let broadcast = Broadcast::of(Film::H264Mp2);
    (0..count).map(|number| Channel::new(&format!("Garden {number}"), &broadcast)).collect()
}

fn server(engine: &Engine) -> Headwater {
    Setup::new().env("HEADWATER_ENGINES", &engine.url()).env("HEADWATER_STREAM_IDLE_TIMEOUT", "1s").start()
}

/// Asks for a channel and does not wait for the answer.
fn ask(server: &Headwater, channel: &Channel) -> TcpStream {
    let mut socket = TcpStream::connect(server.base().trim_start_matches("http://")).unwrap();
    let request = format!("GET /ace/getstream?id={} HTTP/1.1\r\nHost: here\r\n\r\n", channel.content_id);
    socket.write_all(request.as_bytes()).unwrap();
    socket
}

/// Waits until nothing is on, neither at the engine nor in what is told of it.
async fn all_quiet(server: &Headwater, engine: &Engine) {
    engine.waited_for(|counts| counts.alive == 0).await;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (_, engines) = server.json("/engines").await;
        let (_, status) = server.json("/proxy/status").await;
        if engines["engines"][0]["streams"] == 0 && status["active_sessions"] == 0 {
            assert_eq!(status["total_clients"], 0);
            break;
        }
        assert!(Instant::now() < deadline, "{engines:#}{status:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let counts = engine.counts();
    assert_eq!((counts.alive, counts.unknown_stops), (0, 0), "{counts:?}");
    assert_eq!(engine.readers(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn zapping_through_twenty_channels_leaves_nothing_on_at_either_kind_of_engine() {
    for kind in KINDS {
        let channels = gardens(20);
        let engine = Engine::with(Manner { kind, ..Manner::default() }, &channels);
        let server = server(&engine);
        for (number, channel) in channels.iter().enumerate() {
            if number % 2 == 0 {
                // Gone before there is an answer.
                drop(ask(&server, channel));
            } else {
                let mut response = server.open(&format!("/ace/getstream?id={}", channel.content_id)).await;
                response.chunk().await.unwrap().expect("bytes come");
            }
        }
        assert!(engine.counts().opened >= 10, "{kind:?}: {:?}", engine.counts());
        all_quiet(&server, &engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_start_whose_client_is_gone_leaves_nothing_on_at_either_kind_of_engine() {
    for kind in KINDS {
        let channels = gardens(1);
        let engine = Engine::with(Manner { kind, ..Manner::default() }, &channels);
        engine.set_faults(Faults { slow_start: Some(Duration::from_secs(1)), ..Faults::default() });
        let server = server(&engine);
        let socket = ask(&server, &channels[0]);
        engine.waited_for(|counts| counts.opened == 1).await;
        drop(socket);
        all_quiet(&server, &engine).await;
        assert_eq!(engine.counts().stops, 1, "{kind:?}");
        // The next one who wants it gets it.
        engine.heal();
        let mut response = server.open(&format!("/ace/getstream?id={}", channels[0].content_id)).await;
        response.chunk().await.unwrap().expect("bytes come");
        let session: Value = server.json(&format!("/proxy/sessions/{}", channels[0].infohash)).await.1;
        assert_eq!(session["client_count"], 1, "{session:#}");
    }
}
