//! The routes of an engine.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::broadcast::Channel;
use super::delivery;
use super::fault::{Faults, Kind, Presence};
use super::hls;
use super::state::State;
use super::wire::{Request, Response, gone, reset};

/// How long an event is waited for.
const EVENT_WAIT: std::time::Duration = std::time::Duration::from_secs(15);

/// What becomes of a request: a response, or a body without end.
enum Answer {
    Said(Response),
    Video { token: String, is_lease: bool },
    Nothing,
}

/// Answers the one request of a connection.
pub(super) async fn serve(state: Arc<State>, mut stream: TcpStream) {
    let Some(request) = Request::read(&mut stream).await else { return };
    if state.rules.borrow().presence == Presence::Reset {
        return reset(&stream);
    }
    let answer = tokio::select! {
        answer = answer(&state, &request) => answer,
        () = gone(&mut stream) => return,
    };
    match answer {
        Answer::Said(response) => {
            // A client that has left needs no answer. One that hears something waits for the end of the connection.
            let _ = response.send(&mut stream).await;
            let _ = stream.read(&mut [0; 64]).await;
        }
        Answer::Video { token, is_lease } => delivery::play(&state, &mut stream, &token, is_lease).await,
        Answer::Nothing => {}
    }
}

async fn answer(state: &Arc<State>, request: &Request) -> Answer {
    if state.rules.borrow().presence == Presence::Unavailable {
        return Answer::Said(Response::text(503, "Service Unavailable"));
    }
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["webui", "api", "service"] => Answer::Said(version(state)),
        ["server", "api"] => Answer::Said(server_api(state, request)),
        ["ace", "getstream"] => start(state, request, false).await,
        ["ace", "manifest.m3u8"] => start(state, request, true).await,
        ["ace", kind, infohash, rest] => {
            let token = rest.trim_end_matches(".m3u8");
            let infohash_ = infohash.parse().ok();
            state.until_not(infohash_, |faults| faults.hung).await;
            session(state, request, kind, (*infohash, token)).await
        }
        ["content", _, token] => Answer::Video { token: (*token).to_owned(), is_lease: false },
        _ => Answer::Said(Response::text(404, "Not Found")),
    }
}

fn version(state: &State) -> Response {
    state.sessions().counts.probes += 1;
    let version =
        json!({ "code": 3_020_300, "platform": "linux", "version": "3.2.3", "websocket_port": 43_879 });
    Response::json(&json!({ "result": version, "error": null }))
}

fn server_api(state: &State, request: &Request) -> Response {
    if state.manner.lacks_server_api {
        return Response::text(404, "Not Found");
    }
    let named = request.parameter("infohash").unwrap_or_default().to_ascii_lowercase();
    let channel = state.channels().iter().find(|c| c.infohash.to_string() == named).cloned();
    let result = match (request.parameter("method"), channel) {
        (Some("get_status"), _) => {
            state.sessions().counts.probes += 1;
            json!({ "version": { "code": 3_020_300, "platform": "linux", "version": "3.2.3" }, "playlist_loaded": true })
        }
        (Some("get_network_connection_status"), _) => {
            json!({ "connected": state.rules.borrow().is_connected })
        }
        (Some("get_content_id"), Some(channel)) => json!({ "content_id": channel.content_id }),
        (Some("get_media_files"), Some(channel)) => {
            json!({ "name": "A channel", "type": "live", "transport_type": "stream", "infohash": channel.infohash,
                "files": [{ "index": 0, "filename": "A channel" }] })
        }
        _ => {
            return Response::json(
                &json!({ "error": { "message": "unknown method or content", "code": 1 } }),
            );
        }
    };
    Response::json(&json!({ "result": result }))
}

async fn start(state: &Arc<State>, request: &Request, is_hls: bool) -> Answer {
    let (channel, seen) = state.wanted(request);
    let infohash = channel.as_ref().map(|channel| channel.infohash);
    state.starts().extend(seen);
    state.until_not(infohash, |faults| faults.hung).await;
    let faults = state.faults(infohash);
    let wants_json = request.parameter("format") == Some("json") && !state.manner.ignores_json;
    if state.manner.kind == Kind::Leased
        && !matches!(request.parameter("format"), None | Some("json" | "redirect"))
    {
        return Answer::Said(Response::json(&json!({ "response": null, "error": "unsupported format" })));
    }
    if let Some(said) = refused(state, &faults, channel.is_some(), wants_json) {
        return Answer::Said(said);
    }
    let Some(channel) = channel else { return Answer::Nothing };
    let pid = request.parameter("pid").map(str::to_owned);
    let token = state.sessions().start(state.manner.kind, &channel, pid);
    if let Some(time) = faults.slow_start {
        tokio::time::sleep(time).await;
    }
    if wants_json {
        return Answer::Said(Response::json(&reply(state, request, &channel, &token, is_hls)));
    }
    if state.manner.kind == Kind::Leased && !is_hls {
        return Answer::Video { token, is_lease: true };
    }
    Answer::Said(Response::redirect(playback(state, request, &channel, &token, is_hls)))
}

/// What a start says instead of starting, if so.
fn refused(state: &State, faults: &Faults, is_known: bool, wants_json: bool) -> Option<Response> {
    if let Some(status) = faults.start_status {
        return Some(Response::text(status, "Engine is busy"));
    }
    if faults.garbled_start {
        return Some(Response::text(200, "<html>Welcome</html>"));
    }
    let error = if state.manner.refuses_json && wants_json {
        "premium account required"
    } else if faults.failed_content || !is_known {
        "failed to load content"
    } else {
        return None;
    };
    Some(match wants_json {
        true => Response::json(&json!({ "response": null, "error": error })),
        false => Response::text(500, error),
    })
}

fn authority<'a>(state: &'a State, request: &'a Request) -> &'a str {
    state.manner.authority.as_deref().unwrap_or(&request.host)
}

fn playback(state: &State, request: &Request, channel: &Channel, token: &str, is_hls: bool) -> String {
    let (authority, infohash) = (authority(state, request), channel.infohash);
    if is_hls {
        format!("http://{authority}/ace/m/{infohash}/{token}.m3u8")
    } else {
        format!("http://{authority}/ace/r/{infohash}/{token}")
    }
}

fn reply(state: &State, request: &Request, channel: &Channel, token: &str, is_hls: bool) -> Value {
    let (authority, infohash) = (authority(state, request), channel.infohash);
    let place = |kind: &str| format!("http://{authority}/ace/{kind}/{infohash}/{token}");
    let playback_id = state.sessions().get(token).map(|session| session.playback_id.clone());
    let mut response = json!({
        "playback_url": playback(state, request, channel, token, is_hls),
        "stat_url": place("stat"),
        "command_url": place("cmd"),
        "infohash": infohash,
        "playback_session_id": playback_id,
        "is_live": 1,
        "is_encrypted": 0,
        "client_session_id": -1,
    });
    if request.parameter("use_api_events") == Some("1") {
        response["event_url"] = json!(place("event"));
    }
    json!({ "response": response, "error": null })
}

async fn session(
    state: &Arc<State>,
    request: &Request,
    kind: &str,
    (infohash, token): (&str, &str),
) -> Answer {
    let owned = token.to_owned();
    match kind {
        "r" => Answer::Said(match hop(state, request, infohash, token) {
            Some(elsewhere) => Response::redirect(elsewhere),
            // 3.2.3 sends readers on to an address that says nothing of the session; the imitation does not.
            None if state.manner.kind == Kind::Leased => {
                return Answer::Video { token: owned, is_lease: false };
            }
            None => {
                Response::redirect(format!("http://{}/content/{infohash}/{token}", authority(state, request)))
            }
        }),
        "stat" => Answer::Said(Response::json(&stat(state, token))),
        "cmd" => command(state, request, token).await,
        "event" => {
            let _ = tokio::time::timeout(EVENT_WAIT, ended(state, token)).await;
            let stopped = json!({ "name": "download_stopped", "params": {} });
            Answer::Said(Response::json(&json!({ "response": stopped, "error": null })))
        }
        "m" => Answer::Said(hls::playlist(state, authority(state, request), token)),
        "c" => Answer::Said(hls::segment(state, infohash, token)),
        _ => Answer::Said(Response::text(404, "Not Found")),
    }
}

/// Where a reader is sent instead, by fault.
fn hop(state: &State, request: &Request, infohash: &str, token: &str) -> Option<String> {
    let faults = state.faults(infohash.parse().ok());
    if faults.stray_redirect.is_some() {
        return faults.stray_redirect;
    }
    let is_hopping = faults.extra_hop && request.parameter("hop").is_none();
    is_hopping.then(|| format!("http://{}/ace/r/{infohash}/{token}?hop=1", authority(state, request)))
}

async fn ended(state: &State, token: &str) {
    while state.sessions().get(token).is_some_and(|session| session.seen.ended.is_none()) {
        tokio::time::sleep(state.manner.beat).await;
    }
}

async fn command(state: &State, request: &Request, token: &str) -> Answer {
    let infohash = state.sessions().get(token).map(|session| session.seen.infohash);
    state.until_not(infohash, |faults| faults.hung_stop).await;
    let is_known = match request.parameter("method") {
        Some("stop") => state.sessions().stop(state.manner.kind, token),
        _ => state.sessions().get(token).is_some(),
    };
    Answer::Said(Response::json(&match is_known {
        true => json!({ "response": "ok", "error": null }),
        false => json!({ "response": null, "error": "unknown playback session id" }),
    }))
}

fn stat(state: &State, token: &str) -> Value {
    let found = state.sessions().get(token).map(|s| (s.seen.clone(), s.playback_id.clone(), s.began));
    let Some((seen, playback_id, began)) = found.filter(|(seen, ..)| seen.ended.is_none()) else {
        return json!({ "response": null, "error": "unknown playback session id" });
    };
    let faults = state.faults(Some(seen.infohash));
    let is_waiting = faults.no_peers || Instant::now() < began + state.manner.prebuffer;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    // A loop that began before anything known is as good as one that began now, minus what players wait for.
    let last = if faults.looping { now - 3_700 } else { now - state.manner.lag.as_secs() };
    json!({ "response": {
        "status": if is_waiting { "prebuf" } else { "dl" },
        "peers": if faults.no_peers { 0 } else { 7 },
        "speed_down": if is_waiting { 0 } else { 90 }, "speed_up": 3,
        "downloaded": seen.sent, "uploaded": 0, "total_progress": 0,
        "is_live": 1, "is_encrypted": 0, "client_session_id": -1,
        "infohash": seen.infohash, "playback_session_id": playback_id,
        "livepos": { "pos": last.to_string(), "first_ts": (last - 600).to_string(), "last_ts": last.to_string(),
            "live_first": (last - 600).to_string(), "live_last": last.to_string(), "last": last.to_string(),
            "is_live": 1, "buffer_pieces": "15" },
    }, "error": null })
}
