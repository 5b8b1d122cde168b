//! Live channels as HLS: playlists as the RFC has them, and players that follow, pause and rewind.

use std::process::Command;
use std::time::{Duration, Instant};

use m3u8_rs::{MediaPlaylist, Playlist};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::engine::{Broadcast, Channel, Engine, Film};
use crate::support::process::{Process, run};
use crate::support::server::{Headwater, Setup};
use crate::support::tools::test_source;

/// How long a player may take for its script, the start of a browser on a busy machine included.
const PATIENCE: Duration = Duration::from_secs(240);

pub(super) fn channel(film: Film) -> Channel {
    Channel::new("Open Garden", &Broadcast::of(film))
}

pub(super) fn server(engines: &[&Engine]) -> Setup {
    let list: Vec<_> = engines.iter().map(|engine| engine.url()).collect();
    Setup::new().env("HEADWATER_ENGINES", &list.join(","))
}

/// A channel that shows `film`, an engine that has it, and a server set up for that.
pub(super) fn on_air(film: Film, setup: impl FnOnce(Setup) -> Setup) -> (Channel, Engine, Headwater) {
    let channel = channel(film);
    let engine = Engine::start(std::slice::from_ref(&channel));
    let server = setup(server(&[&engine])).start();
    (channel, engine, server)
}

pub(super) fn manifest(channel: &Channel) -> String {
    format!("/ace/manifest.m3u8?id={}", channel.content_id)
}

/// The playlist behind a path.
async fn playlist(server: &Headwater, path: &str) -> Playlist {
    let answer = server.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}\n{}", answer.text(), server.transcript());
    assert_eq!(answer.header("content-type"), "application/vnd.apple.mpegurl");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    m3u8_rs::parse_playlist_res(answer.text().as_bytes()).unwrap()
}

/// The paths of the media playlists of a channel: the variant's, and the sound's if it stands beside it.
pub(super) async fn media_paths(server: &Headwater, channel: &Channel) -> (String, Option<String>) {
    let Playlist::MasterPlaylist(master) = playlist(server, &manifest(channel)).await else {
        panic!("the manifest is a master playlist");
    };
    let path = |uri: &str| format!("/ace/{uri}");
    let sound = master.alternatives.first().and_then(|sound| sound.uri.as_deref()).map(path);
    (path(&master.variants[0].uri), sound)
}

pub(super) async fn media(server: &Headwater, path: &str) -> MediaPlaylist {
    match playlist(server, path).await {
        Playlist::MediaPlaylist(media) => media,
        Playlist::MasterPlaylist(_) => panic!("{path} is a media playlist"),
    }
}

/// The path of a segment in a media playlist.
pub(super) fn beside(playlist: &str, uri: &str) -> String {
    let folder = playlist.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{uri}")
}

/// Presentation time of the first picture or sound of a segment in seconds, its flags, and what ffprobe complained of.
pub(super) fn first_packet(bytes: &[u8], kind: &str) -> (f64, String, String) {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("segment.ts");
    std::fs::write(&path, bytes).unwrap();
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-select_streams", kind, "-show_entries", "packet=pts_time,flags"]);
    command.args(["-read_intervals", "%+#1", "-of", "csv=p=0"]).arg(&path);
    let finished = run("ffprobe", command, Duration::from_secs(30));
    let line = finished.stdout.lines().next().unwrap_or_else(|| panic!("{}", finished.story()));
    let (time, flags) = line.split_once(',').unwrap();
    (time.parse().unwrap(), flags.to_owned(), finished.stderr)
}

/// What of RFC 8216 can be checked from one reload of a playlist to the next.
fn assert_continues(before: &MediaPlaylist, after: &MediaPlaylist) {
    assert_eq!(before.target_duration, after.target_duration, "section 4.3.3.1");
    assert!(before.media_sequence <= after.media_sequence, "section 6.2.2");
    let gone = usize::try_from(after.media_sequence - before.media_sequence).unwrap();
    for (old, new) in before.segments.iter().skip(gone).zip(&after.segments) {
        assert_eq!((&old.uri, old.duration, old.discontinuity), (&new.uri, new.duration, new.discontinuity));
    }
    let tags = before.segments.iter().take(gone).filter(|segment| segment.discontinuity).count() as u64;
    assert_eq!(before.discontinuity_sequence + tags, after.discontinuity_sequence);
}

fn assert_sound(playlist: &MediaPlaylist) {
    let mut expected: Option<f64> = None;
    for segment in &playlist.segments {
        assert!(u64::from(segment.duration.round() as u32) <= playlist.target_duration, "section 4.3.3.1");
        if let Some(date) = &segment.program_date_time {
            let date = date.timestamp_millis() as f64 / 1000.0;
            assert!(segment.discontinuity || expected.is_none_or(|expected| (date - expected).abs() < 0.05));
            expected = Some(date);
        }
        expected = expected.map(|date| date + f64::from(segment.duration));
    }
    assert!(expected.is_some(), "the first segment has a date");
}

#[tokio::test(flavor = "multi_thread")]
async fn playlists_keep_to_the_rfc_while_a_channel_goes_on() {
    let (channel, engine, server) = on_air(Film::H264Aac, |setup| setup);
    let (path, sound) = media_paths(&server, &channel).await;
    assert_eq!(sound, None, "everybody can decode AAC");
    let mut last = media(&server, &path).await;
    let deadline = Instant::now() + Duration::from_secs(60);
    while last.segments.len() < 7 {
        assert!(Instant::now() < deadline, "{last:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
        let next = media(&server, &path).await;
        assert_continues(&last, &next);
        assert_sound(&next);
        last = next;
    }
    let mut times = Vec::new();
    for segment in &last.segments {
        let answer = server.get(&beside(&path, &segment.uri)).await;
        assert_eq!(answer.status, StatusCode::OK);
        let (time, flags, complaints) = first_packet(&answer.body, "v");
        assert!(flags.starts_with('K') && complaints.is_empty(), "{flags} {complaints}");
        times.push(time);
    }
    for (pair, segment) in times.windows(2).zip(&last.segments) {
        let shown = pair[1] - pair[0];
        assert!((shown - f64::from(segment.duration)).abs() < 0.021, "{shown} for {}", segment.duration);
    }
    assert_eq!(engine.counts().opened, 1, "one session for all of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_files_with_ranges_and_names_that_last() {
    let (channel, engine, server) = on_air(Film::H264Aac, |setup| setup);
    let head = server.send(Method::HEAD, &manifest(&channel), &[], Vec::new()).await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.header("content-length"), "", "nobody knows it");
    assert!(engine.starts().is_empty(), "a question for the head asks no engine");
    let (path, _) = media_paths(&server, &channel).await;
    let uri = media(&server, &path).await.segments[0].uri.clone();
    let segment = beside(&path, &uri);
    let whole = server.get(&segment).await;
    assert_eq!(whole.header("content-type"), "video/mp2t");
    assert!(whole.header("cache-control").contains("immutable"));
    assert_eq!(whole.header("content-length"), whole.body.len().to_string());
    let part = server.range(&segment, 188, 375).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.header("content-range"), format!("bytes 188-375/{}", whole.body.len()));
    assert_eq!(part.body[..], whole.body[188..376]);
    let beyond = server.range(&segment, 1 << 40, 1 << 41).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let known =
        server.send(Method::GET, &segment, &[("If-None-Match", whole.header("etag"))], Vec::new()).await;
    assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));
    for wrong in [beside(&path, "1-1.ts"), beside(&path, "nothing"), "/ace/hls/xyz/index.m3u8".to_owned()] {
        let answer = server.get(&wrong).await;
        assert!(answer.status.is_client_error(), "{wrong}: {}", answer.status);
    }
    let (_, status) = server.json("/proxy/status").await;
    assert_eq!(status["total_clients"], 1, "{status}");
}

/// Runs a script of steps in the browser, and returns what became of it. `at` is called when it says a word.
pub(super) fn browse(url: &str, steps: &Value, at: impl FnOnce()) -> Value {
    let mut command = Command::new("node");
    let argument = json!({ "url": url, "steps": steps });
    command.arg(test_source("live/hls.mjs")).arg(argument.to_string());
    let mut process = Process::start("chromium", command);
    if steps.as_array().is_some_and(|steps| steps.iter().any(|step| step[0] == "say")) {
        process.line(PATIENCE, |line| line == "now");
        at();
    }
    let finished = process.finish(PATIENCE);
    assert_eq!(finished.code(), Some(0), "{}", finished.story());
    let line = finished.stdout.lines().last().unwrap_or_default();
    let report: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{}", finished.story()));
    assert_eq!((&report["fatal"], &report["complaints"]), (&json!(0), &json!([])), "{report:#}");
    report
}

/// How long a browser pauses: never less than the ring holds, and as long as whoever runs the test wants.
fn pause_seconds() -> u64 {
    super::players::seconds().max(40)
}

pub(super) fn seconds(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_follows_pauses_beyond_the_ring_and_rewinds() {
    let (channel, engine, server) = on_air(Film::H264Aac, |setup| setup);
    // The ring holds half a minute.
    let pause = pause_seconds();
    let steps =
        json!([["play", 8], ["pause", pause], ["play", 8], ["seek", 1], ["play", 6], ["live"], ["play", 6]]);
    let url = server.url(&manifest(&channel));
    let report = tokio::task::spawn_blocking(move || browse(&url, &steps, || {})).await.unwrap();
    let steps = report["report"].as_array().unwrap();
    for (step, at_most) in [(0, 15.0), (2, 1.0), (4, 3.0), (6, 3.0)] {
        assert!(seconds(&steps[step]["longest"]) < at_most, "step {step}: {report:#}");
    }
    let after_pause = seconds(&steps[2]["after"]) - seconds(&steps[1]["before"]);
    assert!((7.5..10.0).contains(&after_pause), "it goes on where it was paused: {report:#}");
    let rewound = seconds(&steps[2]["after"]) - seconds(&steps[4]["before"]);
    assert!(rewound > 8.0, "{report:#}");
    assert!(seconds(&steps[6]["after"]) > seconds(&steps[4]["after"]) + 20.0, "{report:#}");
    assert!(seconds(&report["sound"]) > 10_000.0, "{report:#}");
    assert_eq!(engine.counts().opened, 1, "{}", server.transcript());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_plays_on_when_the_engine_dies() {
    let channel = channel(Film::H264Aac);
    let (first, second) =
        (Engine::start(std::slice::from_ref(&channel)), Engine::start(std::slice::from_ref(&channel)));
    let server = server(&[&first, &second]).start();
    let url = server.url(&manifest(&channel));
    let steps = json!([["play", 6], ["say", "now"], ["play", 40]]);
    let (report, killed) = tokio::task::spawn_blocking(move || {
        let mut killed = None;
        let report = browse(&url, &steps, || {
            let (one, other) = (first.counts().alive, second.counts().alive);
            assert_eq!(one + other, 1);
            let engine = if one == 1 { &first } else { &second };
            engine.kill();
            killed = Some(engine.address());
        });
        (report, killed)
    })
    .await
    .unwrap();
    assert!(killed.is_some());
    assert!(seconds(&report["report"][1]["longest"]) < 3.0, "{report:#}");
}

async fn converted_sound_is_heard(film: Film) {
    let (channel, _engine, server) = on_air(film, |setup| setup);
    let (pictures, sound) = media_paths(&server, &channel).await;
    let sound = sound.unwrap_or_else(|| panic!("{}", server.transcript()));
    let (pictures, sound) = (media(&server, &pictures).await, media(&server, &sound).await);
    assert_eq!(pictures.target_duration, sound.target_duration);
    let url = server.url(&manifest(&channel));
    let steps = json!([["play", 10], ["seek", 0.5], ["play", 5]]);
    let report = tokio::task::spawn_blocking(move || browse(&url, &steps, || {})).await.unwrap();
    assert!(seconds(&report["sound"]) > 50_000.0, "{report:#}");
    assert!(seconds(&report["report"][2]["longest"]) < 3.0, "{report:#}");
    let at = |step: usize, name: &str| seconds(&report["report"][step][name]);
    assert!(at(0, "longest") < 15.0 && at(2, "after") - at(2, "before") >= 5.0, "{report:#}");
}

/// How long a channel is watched before somebody comes who wants to rewind, in seconds.
const RECORDED: u64 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_late_rewinds_to_the_beginning_with_sound() {
    let (channel, engine, server) = on_air(Film::H264Mp2, |setup| setup);
    let mut watching = server.open(&format!("/ace/getstream?id={}", channel.content_id)).await;
    let end = Instant::now() + Duration::from_secs(RECORDED);
    while Instant::now() < end {
        watching.chunk().await.unwrap().expect("the channel goes on");
    }
    let mut readers = JoinSet::new();
    readers.spawn(async move { while watching.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} });
    let (_, sound) = media_paths(&server, &channel).await;
    let sound = media(&server, &sound.expect("its sound is converted")).await;
    let recorded: f32 = sound.segments.iter().map(|segment| segment.duration).sum();
    assert!(recorded >= 30.0, "{sound:?}");
    let url = server.url(&manifest(&channel));
    let steps = json!([["play", 4], ["seek", 0.5], ["play", 15]]);
    let report = tokio::task::spawn_blocking(move || browse(&url, &steps, || {})).await.unwrap();
    drop(readers);
    let at = |step: usize, name: &str| seconds(&report["report"][step][name]);
    assert!(at(2, "before") - at(2, "first") < 5.0 && at(2, "before") < at(0, "after") - 20.0, "{report:#}");
    assert!(at(2, "after") - at(2, "before") >= 15.0 && at(2, "longest") < 5.0, "{report:#}");
    let heard = at(2, "sound") - at(1, "sound");
    assert!(heard > 100_000.0, "{heard} bytes in 15 s: {report:#}");
    assert_eq!(engine.counts().opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_that_browsers_lack_is_heard() {
    tokio::join!(converted_sound_is_heard(Film::H264Mp2), converted_sound_is_heard(Film::H264Ac3));
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_in_a_packing_that_browsers_lack_is_heard() {
    converted_sound_is_heard(Film::Latm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_hears_a_radio() {
    let (channel, _engine, server) = on_air(Film::Radio, |setup| setup);
    let (path, beside) = media_paths(&server, &channel).await;
    assert_eq!(beside, None, "there are no pictures that it could stand beside");
    let listed = media(&server, &path).await;
    let first = server.get(&self::beside(&path, &listed.segments[0].uri)).await;
    first_packet(&first.body, "a");
    let url = server.url(&manifest(&channel));
    let steps = json!([["play", 10], ["seek", 0.5], ["play", 5]]);
    let report = tokio::task::spawn_blocking(move || browse(&url, &steps, || {})).await.unwrap();
    assert!(seconds(&report["sound"]) > 50_000.0, "{report:#}");
    assert!(seconds(&report["report"][2]["longest"]) < 3.0, "{report:#}");
    assert_eq!(seconds(&report["width"]), 0.0, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_a_playlist_leaves_it_in_order_and_can_still_be_had() {
    let channel = channel(Film::H264Aac);
    let engine = Engine::start(std::slice::from_ref(&channel));
    // No playlist is shorter than a minute, whatever the window.
    let server = server(&[&engine]).env("HEADWATER_DVR_WINDOW", "1").start();
    let (path, _) = media_paths(&server, &channel).await;
    let first = media(&server, &path).await;
    let mut last = first.clone();
    let deadline = Instant::now() + Duration::from_secs(120);
    while last.media_sequence < first.media_sequence + 3 {
        assert!(Instant::now() < deadline, "{last:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
        let next = media(&server, &path).await;
        assert_continues(&last, &next);
        assert_sound(&next);
        last = next;
    }
    let uri = &first.segments[0].uri;
    assert!(last.segments.iter().all(|segment| segment.uri != *uri));
    assert_eq!(server.get(&beside(&path, uri)).await.status, StatusCode::OK, "section 6.2.2");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ffmpeg_a_channel_keeps_its_own_sound() {
    let (channel, _engine, server) = on_air(Film::H264Mp2, |setup| setup.env("HEADWATER_FFMPEG", "off"));
    let (path, sound) = media_paths(&server, &channel).await;
    assert_eq!(sound, None);
    let listed = media(&server, &path).await;
    let segment = server.get(&beside(&path, &listed.segments[0].uri)).await;
    first_packet(&segment.body, "a");
    let converted = server.get(&path.replace("index.m3u8", "audio.m3u8")).await;
    assert_eq!(converted.status, StatusCode::NOT_FOUND, "{}", converted.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_channel_is_told_to_its_players_and_starts_nothing() {
    let (channel, engine, server) = on_air(Film::H264Aac, |setup| setup);
    let (path, _) = media_paths(&server, &channel).await;
    let mut last = media(&server, &path).await;
    engine.kill();
    // A channel is given up a minute after its last engine.
    let deadline = Instant::now() + Duration::from_secs(120);
    while !last.end_list {
        assert!(Instant::now() < deadline, "{last:?}\n{}", server.transcript());
        tokio::time::sleep(Duration::from_millis(500)).await;
        let next = media(&server, &path).await;
        assert_continues(&last, &next);
        last = next;
    }
    engine.restart();
    let starts = engine.starts().len();
    let again = media(&server, &path).await;
    assert!(again.end_list, "{again:?}");
    for segment in &again.segments {
        assert_eq!(server.get(&beside(&path, &segment.uri)).await.status, StatusCode::OK);
    }
    assert_eq!(engine.starts().len(), starts, "{}", server.transcript());
}
