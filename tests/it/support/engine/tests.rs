//! The test engine does what its counterparts were seen to do.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use super::super::http;
use super::film::PACKET;
use super::{Broadcast, Channel, Counts, Cut, End, Engine, Faults, Film, Kind, Manner, Presence};

const PATIENCE: Duration = Duration::from_secs(10);

fn garden(film: Film) -> Channel {
    Channel::new("Open Garden", &Broadcast::of(film))
}

async fn get(url: &str) -> http::Answer {
    http::send(&http::client(), Method::GET, url, &[], Vec::new(), PATIENCE).await.unwrap()
}

/// Starts a channel and returns what the reply says.
async fn start(engine: &Engine, channel: &Channel, pid: &str) -> Value {
    let url = format!("{}ace/getstream?infohash={}&pid={pid}&format=json", engine.url(), channel.infohash);
    let reply = get(&url).await.json();
    assert_eq!(reply["error"], Value::Null);
    reply["response"].clone()
}

async fn open(url: &Value) -> Response {
    http::client().get(url.as_str().unwrap()).timeout(PATIENCE).send().await.unwrap()
}

/// Reads at least so many bytes; fewer if it ends cleanly, `Err` if it is reset.
async fn read(response: &mut Response, bytes: usize) -> Result<Vec<u8>, reqwest::Error> {
    let mut got = Vec::new();
    while got.len() < bytes {
        let Some(chunk) = response.chunk().await? else { break };
        got.extend_from_slice(&chunk);
    }
    Ok(got)
}

async fn stop(reply: &Value) -> Value {
    get(&format!("{}?method=stop", reply["command_url"].as_str().unwrap())).await.json()
}

#[tokio::test]
async fn a_channel_is_started_read_and_stopped() {
    let channel = garden(Film::H264Mp2);
    let engine = Engine::start(std::slice::from_ref(&channel));
    let url = format!("{}ace/getstream?id={}&pid=7&format=json", engine.url(), channel.content_id);
    let reply = get(&url).await.json()["response"].clone();
    assert_eq!(reply["infohash"], channel.infohash.to_string());
    let mut video = open(&reply["playback_url"]).await;
    assert_eq!(video.headers()["content-type"], "video/mp2t");
    let bytes = read(&mut video, 100 * PACKET).await.unwrap();
    assert!(bytes.chunks_exact(PACKET).all(|packet| packet[0] == 0x47), "packets are whole");
    let stat = get(reply["stat_url"].as_str().unwrap()).await.json();
    assert_eq!((&stat["response"]["status"], &stat["response"]["is_live"]), (&"dl".into(), &1.into()));
    assert_eq!(engine.readers(), 1);
    assert_eq!(stop(&reply).await["response"], "ok");
    assert!(read(&mut video, usize::MAX).await.is_ok(), "a stop ends the video cleanly");
    assert_eq!(stop(&reply).await["error"], "unknown playback session id");
    assert_eq!(open(&reply["playback_url"]).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let wanted = Counts { opened: 1, stopped: 1, stops: 2, unknown_stops: 1, ..Counts::default() };
    assert_eq!(engine.counts(), wanted);
}

#[tokio::test]
async fn ids_of_the_wrong_kind_are_not_known() {
    let channel = garden(Film::H264Mp2);
    let engine = Engine::start(std::slice::from_ref(&channel));
    let wrong = format!("{}ace/getstream?id={}&format=json", engine.url(), channel.infohash);
    assert_eq!(get(&wrong).await.json()["error"], "failed to load content");
    let wrong = format!("{}ace/getstream?infohash={}", engine.url(), channel.content_id);
    assert_eq!(get(&wrong).await.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_second_start_ends_the_first_where_a_content_has_one_session() {
    let channel = garden(Film::H264Mp2);
    let engine = Engine::start(std::slice::from_ref(&channel));
    let first = start(&engine, &channel, "1").await;
    let mut video = open(&first["playback_url"]).await;
    read(&mut video, PACKET).await.unwrap();
    let second = start(&engine, &channel, "2").await;
    assert!(read(&mut video, usize::MAX).await.is_err(), "its reader is cut");
    assert_eq!(open(&first["playback_url"]).await.status(), StatusCode::FORBIDDEN);
    assert!(!read(&mut open(&second["playback_url"]).await, PACKET).await.unwrap().is_empty());
    assert_eq!((engine.counts().superseded, engine.counts().alive), (1, 1));
}

#[tokio::test]
async fn a_stop_ends_all_sessions_of_a_content_where_they_are_shared() {
    let channel = garden(Film::H264Mp2);
    let manner = Manner { kind: Kind::Shared, ..Manner::default() };
    let engine = Engine::with(manner, std::slice::from_ref(&channel));
    let (first, second) = (start(&engine, &channel, "1").await, start(&engine, &channel, "2").await);
    let mut video = open(&second["playback_url"]).await;
    read(&mut video, PACKET).await.unwrap();
    assert_eq!(stop(&first).await["response"], "ok");
    assert!(read(&mut video, usize::MAX).await.is_ok(), "the other's reader is ended");
    assert_eq!(engine.counts().alive, 0);
}

#[tokio::test]
async fn an_imitation_answers_with_video_and_counts_leases() {
    let channel = garden(Film::H264Mp2);
    let manner = Manner { kind: Kind::Leased, ..Manner::default() };
    let engine = Engine::with(manner, std::slice::from_ref(&channel));
    let url = format!("{}ace/getstream?id={}", engine.url(), channel.infohash);
    let unmoved = http::unmoved();
    let mut direct = unmoved.get(&url).send().await.unwrap();
    assert_eq!(direct.status(), StatusCode::OK);
    read(&mut direct, PACKET).await.unwrap();
    let reply = start(&engine, &channel, "1").await;
    assert_eq!(stop(&reply).await["response"], "ok");
    assert_eq!(engine.counts().alive, 1, "one lease is left");
    drop(direct);
    engine.waited_for(|counts| counts.alive == 0).await;
    assert_eq!(open(&reply["playback_url"]).await.status(), StatusCode::NOT_FOUND);
    let odd = get(&format!("{url}&format=xml")).await;
    assert_eq!((odd.status, &odd.json()["error"]), (StatusCode::OK, &"unsupported format".into()));
}

#[tokio::test]
async fn without_a_pid_all_are_the_same_player() {
    let broadcast = Broadcast::of(Film::H264Mp2);
    let channels = ["One", "Two"].map(|name| Channel::new(name, &broadcast));
    let engine = Engine::start(&channels);
    for channel in &channels {
        get(&format!("{}ace/getstream?infohash={}&format=json", engine.url(), channel.infohash)).await;
    }
    assert_eq!((engine.counts().opened, engine.counts().superseded), (2, 1));
    assert_eq!(engine.sessions()[0].ended, Some(End::Superseded));
}

#[tokio::test]
async fn a_session_has_one_reader_and_expires_without() {
    let channel = garden(Film::H264Mp2);
    let manner = Manner { idle_expiry: Duration::from_millis(300), ..Manner::default() };
    let engine = Engine::with(manner, std::slice::from_ref(&channel));
    let reply = start(&engine, &channel, "1").await;
    let mut video = open(&reply["playback_url"]).await;
    read(&mut video, PACKET).await.unwrap();
    let second = http::client().get(reply["playback_url"].as_str().unwrap()).send().await;
    assert!(second.is_err() || second.is_ok_and(|response| !response.status().is_success()));
    assert!(!read(&mut video, PACKET).await.unwrap().is_empty(), "the first goes on");
    assert_eq!((engine.counts().corrupt_replies, engine.sessions()[0].most_readers), (1, 1));
    drop(video);
    engine.waited_for(|counts| counts.expired == 1).await;
    assert_eq!(open(&reply["playback_url"]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn engines_deliver_the_same_packets_each_with_its_lag() {
    let channel = garden(Film::H264Aac);
    let late = Manner { lag: Duration::from_secs(1), ..Manner::default() };
    let engines =
        [Engine::start(std::slice::from_ref(&channel)), Engine::with(late, std::slice::from_ref(&channel))];
    let take = async |engine: &Engine| {
        let reply = start(engine, &channel, "1").await;
        read(&mut open(&reply["playback_url"]).await, 1_000 * PACKET).await.unwrap()
    };
    let (first, second) = tokio::join!(take(&engines[0]), take(&engines[1]));
    let got = [first, second];
    // The second began a second earlier in the broadcast, and a little later in time.
    let opening = &got[0][..100 * PACKET];
    let place = got[1].windows(opening.len()).step_by(PACKET).position(|part| part == opening);
    let place = place.expect("what the first began with is in the second");
    let second = Film::H264Aac.bits_per_second() as usize / 8 / PACKET;
    assert!((second / 2..second * 2).contains(&place), "{place} packets are not about a second");
    let common = (got[0].len()).min(got[1].len() - place * PACKET);
    assert_eq!(got[0][..common], got[1][place * PACKET..][..common]);
}

#[tokio::test]
async fn rounds_of_a_film_follow_without_a_break_in_counters_and_clocks() {
    let reel = Film::Radio.reel();
    // 61 seconds are more than a round.
    let mut bytes = Vec::new();
    reel.append(0..reel.number(61_000_000), (1 << 33) - 30 * 90_000, &mut bytes);
    let (mut counters, mut last_clock) = (HashMap::new(), None::<u64>);
    for packet in bytes.chunks_exact(PACKET) {
        let pid = u16::from_be_bytes([packet[1] & 0x1F, packet[2]]);
        if pid != 0x1FFF && packet[3] & 0x10 != 0 {
            let counter = packet[3] & 15;
            let last = counters.insert(pid, counter);
            assert!(last.is_none_or(|last| (last + 1) & 15 == counter), "PID {pid} leaps");
        }
        if let Some(base) = clock(packet) {
            let step = last_clock.replace(base).map_or(0, |last| base.wrapping_sub(last) & 0x1_FFFF_FFFF);
            assert!(step < 9_000, "a clock is due every tenth of a second, not after {step} ticks");
        }
    }
    assert!(last_clock.is_some());
}

#[tokio::test]
async fn faults_hold_at_once_and_end() {
    let channel = garden(Film::H264Mp2);
    let engine = Engine::start(std::slice::from_ref(&channel));
    let reply = start(&engine, &channel, "1").await;
    let mut video = open(&reply["playback_url"]).await;
    read(&mut video, PACKET).await.unwrap();
    engine.set_faults_of(&channel, Faults { silent: true, ..Faults::default() });
    let silence = async { while video.chunk().await.unwrap().is_some() {} };
    assert!(tokio::time::timeout(Duration::from_millis(400), silence).await.is_err());
    let sent = engine.sessions()[0].sent;
    engine.heal();
    assert!(!read(&mut video, PACKET).await.unwrap().is_empty());
    assert!(engine.sessions()[0].sent > sent);
    let cut = Cut { bytes: 0, time: Duration::ZERO, is_clean: false };
    engine.set_faults(Faults { cut: Some(cut), ..Faults::default() });
    assert!(read(&mut video, usize::MAX).await.is_err(), "it is reset");
}

#[tokio::test]
async fn a_start_nobody_waits_for_leaves_a_session_behind() {
    let channel = garden(Film::H264Mp2);
    let engine = Engine::start(std::slice::from_ref(&channel));
    engine.set_faults(Faults { slow_start: Some(Duration::from_secs(30)), ..Faults::default() });
    let patience = Duration::from_millis(300);
    assert!(tokio::time::timeout(patience, start(&engine, &channel, "1")).await.is_err());
    assert_eq!((engine.counts().opened, engine.counts().alive), (1, 1));
}

#[tokio::test]
async fn an_engine_can_be_away_in_every_way() {
    let channel = garden(Film::H264Mp2);
    let engine = Engine::start(std::slice::from_ref(&channel));
    let version = format!("{}webui/api/service?method=get_version", engine.url());
    let ask = async || {
        let patience = Duration::from_millis(500);
        http::send(&http::client(), Method::GET, &version, &[], Vec::new(), patience).await
    };
    for presence in [Presence::Refused, Presence::Reset, Presence::Mute] {
        engine.set_presence(presence);
        let error = ask().await.unwrap_err();
        assert_eq!(error.is_timeout(), presence == Presence::Mute, "{presence:?}: {error}");
        assert_eq!(error.is_connect(), presence == Presence::Refused, "{presence:?}: {error}");
    }
    engine.set_presence(Presence::Unavailable);
    assert_eq!(ask().await.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
    engine.heal();
    assert_eq!(ask().await.unwrap().json()["result"]["version"], "3.2.3");
    let reply = start(&engine, &channel, "1").await;
    engine.restart();
    assert_eq!(open(&reply["playback_url"]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn its_own_hls_names_segments_that_can_be_had() {
    let channel = garden(Film::H264Mp2);
    let engine = Engine::start(std::slice::from_ref(&channel));
    let list = get(&format!("{}ace/manifest.m3u8?infohash={}", engine.url(), channel.infohash)).await;
    let (_, list) = m3u8_rs::parse_media_playlist(&list.body).unwrap();
    let segment = get(&list.segments[0].uri).await;
    assert_eq!((list.segments.len(), segment.body[0], segment.body.len() % PACKET), (3, 0x47, 0));
}

#[test]
fn every_film_keeps_its_rate() {
    let films = [
        Film::H264Mp2,
        Film::H264Aac,
        Film::HevcAc3,
        Film::Interlaced,
        Film::OpenGop,
        Film::Mpeg2,
        Film::Radio,
        Film::Heavy,
    ];
    for film in films {
        let mut bytes = Vec::new();
        let reel = film.reel();
        reel.append(reel.number(1_000_000)..reel.number(11_000_000), 0, &mut bytes);
        let clocks: Vec<u64> = bytes.chunks_exact(PACKET).filter_map(clock).collect();
        let ticks = clocks[clocks.len() - 1] - clocks[0];
        // The first and the last clock are up to a fiftieth of a second inside.
        assert!((890_000..=900_000).contains(&ticks), "{film:?}: ten seconds of bytes are {ticks} ticks");
    }
}

#[test]
fn clocks_of_a_broadcast_jump_wrap_and_begin_anew() {
    let clocks = |broadcast: &Broadcast, from: u64, to: u64| -> Vec<u64> {
        let mut bytes = Vec::new();
        broadcast.packets(from, to, &mut bytes);
        bytes.chunks_exact(PACKET).filter_map(clock).collect()
    };
    let (second, broadcast) = (1_000_000, Broadcast::of(Film::Radio));
    let before = broadcast.micros();
    broadcast.jump(Duration::from_secs(100));
    let seen = clocks(&broadcast, before - second, broadcast.micros() + second);
    let leaps: Vec<u64> = seen.windows(2).map(|two| two[1] - two[0]).filter(|step| *step > 90_000).collect();
    assert!(matches!(leaps[..], [leap] if leap.abs_diff(100 * 90_000) < 9_000), "{leaps:?}");

    let before = broadcast.micros();
    broadcast.show(Film::H264Mp2);
    let after = broadcast.micros();
    let (old, new) = (clocks(&broadcast, before - second, before), clocks(&broadcast, after, after + second));
    assert!(new[0] < old[0] && new[0] < 2 * 90_000, "the film begins: {}", new[0]);

    let broadcast = Broadcast::wrapping_in(Film::Radio, Duration::from_secs(5));
    let seen = clocks(&broadcast, broadcast.micros(), broadcast.micros() + 10 * second);
    assert!(seen.is_sorted_by(|a, b| a < b || *a > (1 << 33) - 9_000) && !seen.is_sorted());
}

#[tokio::test]
async fn a_channel_can_be_added_and_the_line_be_cut() {
    let (engine, channel) = (Engine::start(&[]), garden(Film::Radio));
    engine.add(&channel);
    let mut video = open(&start(&engine, &channel, "1").await["playback_url"]).await;
    read(&mut video, PACKET).await.unwrap();
    engine.line().cut_all();
    assert!(read(&mut video, usize::MAX).await.is_err());
}

/// The clock (PCR, its 33 bits) that a packet carries.
fn clock(packet: &[u8]) -> Option<u64> {
    let base =
        || u64::from(u32::from_be_bytes(packet[6..10].try_into().unwrap())) << 1 | u64::from(packet[10] >> 7);
    (packet[3] & 0x20 != 0 && packet[4] >= 7 && packet[5] & 0x10 != 0).then(base)
}
