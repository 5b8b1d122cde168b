//! What is kept of live channels on disk: how much, for how long, and that nobody suffers when the disk does.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::StatusCode;

use super::hls::{beside, channel, manifest, media, media_paths, on_air, server};
use super::packets::Look;
use super::proxy::PICTURE;
use crate::support::engine::{Broadcast, Channel, Engine, Film};
use crate::support::process::run;
use crate::support::server::{Headwater, Setup};

/// How long a test waits for what takes a while.
const PATIENCE: Duration = Duration::from_secs(90);

fn recordings(setup: &Setup) -> PathBuf {
    setup.data().join("live")
}

/// The files of all recordings with their sizes.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(of) if of.is_dir() => folders.push(entry.path()),
                Ok(of) => found.push((entry.path(), of.len())),
                // It was deleted in between.
                Err(_) => {}
            }
        }
    }
    found
}

/// Polls a playlist until it satisfies.
pub(super) async fn until(server: &Headwater, path: &str, wanted: impl Fn(&m3u8_rs::MediaPlaylist) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let playlist = media(server, path).await;
        if wanted(&playlist) {
            return;
        }
        assert!(Instant::now() < deadline, "{playlist:?}\n{}", server.transcript());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// Reads so many pictures of a stream.
async fn pictures(server: &Headwater, path: &str, count: usize) -> Look {
    let mut response = server.open(path).await;
    assert_eq!(response.status(), StatusCode::OK, "{}", server.transcript());
    let (mut bytes, deadline) = (Vec::new(), Instant::now() + PATIENCE);
    loop {
        bytes.extend_from_slice(&response.chunk().await.unwrap().expect("it does not end"));
        let look = Look::at(&bytes[..bytes.len() - bytes.len() % 188]);
        if look.pictures.len() >= count {
            return look;
        }
        assert!(Instant::now() < deadline, "{} pictures", look.pictures.len());
    }
}

fn stream(channel: &Channel, more: &str) -> String {
    format!("/ace/getstream?id={}{more}", channel.content_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_may_stay_behind_without_missing_anything() {
    let (channel, engine, server) = on_air(Film::H264Mp2, |setup| setup);
    let (path, _) = media_paths(&server, &channel).await;
    until(&server, &path, |playlist| playlist.segments.iter().map(|one| one.duration).sum::<f32>() > 24.0)
        .await;
    let live = pictures(&server, &stream(&channel, ""), 10).await;
    let seekback = pictures(&server, &stream(&channel, "&seekback=20"), 10).await;
    let behind = pictures(&server, &stream(&channel, "&delay=20"), 700).await;
    for look in [&live, &behind, &seekback] {
        look.assert_clean();
    }
    // A new viewer of the stream itself begins a few seconds behind, too.
    for look in [&behind, &seekback] {
        let seconds = (live.pictures[0] as f64 - look.pictures[0] as f64) / 90_000.0;
        assert!((4.0..24.0).contains(&seconds), "{seconds} s behind");
    }
    assert_eq!(behind.repeats_and_holes(PICTURE), (0, 0), "over the end of the recording into the ring");
    let wrong = server.get(&stream(&channel, "&delay=soon")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(engine.counts().opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_reaches_beyond_the_ring_and_players_take_it() {
    let (channel, engine, server) = on_air(Film::H264Mp2, |setup| setup);
    let (path, _) = media_paths(&server, &channel).await;
    // The ring holds half a minute.
    until(&server, &path, |playlist| playlist.segments.iter().map(|one| one.duration).sum::<f32>() > 50.0)
        .await;
    let live = pictures(&server, &stream(&channel, ""), 10).await;
    let behind = pictures(&server, &stream(&channel, "&delay=40"), 250).await;
    behind.assert_clean();
    assert_eq!(behind.repeats_and_holes(PICTURE), (0, 0));
    let seconds = (live.pictures[0] as f64 - behind.pictures[0] as f64) / 90_000.0;
    // A new viewer of the stream itself begins a few seconds behind, too.
    assert!((26.0..44.0).contains(&seconds), "{seconds} s behind");
    let mut mpv = Command::new("mpv");
    mpv.args(["--no-config", "--no-ytdl", "--vo=null", "--ao=null", "--length=5", "--msg-level=all=warn"]);
    mpv.arg(server.url(&stream(&channel, "&delay=40")));
    let played = tokio::task::spawn_blocking(move || run("mpv", mpv, PATIENCE)).await.unwrap();
    assert!(played.code() == Some(0) && !played.story().contains("rror"), "{}", played.story());
    assert_eq!(engine.counts().opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_left_is_deleted_at_the_next_start() {
    let (channel, _engine, mut server) = on_air(Film::H264Aac, |setup| setup);
    let folder = recordings(server.setup());
    media_paths(&server, &channel).await;
    assert!(!files(&folder).is_empty());
    server.kill9();
    assert!(!files(&folder).is_empty(), "nobody could clean up");
    server.restart();
    assert!(files(&folder).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recording_of_a_channel_that_nobody_watches_any_more_goes() {
    let (channel, engine, server) =
        on_air(Film::H264Aac, |setup| setup.env("HEADWATER_STREAM_IDLE_TIMEOUT", "1"));
    let folder = recordings(server.setup());
    let (path, _) = media_paths(&server, &channel).await;
    let uri = media(&server, &path).await.segments[0].uri.clone();
    let deadline = Instant::now() + PATIENCE;
    while !files(&folder).is_empty() {
        assert!(Instant::now() < deadline, "{:?}\n{}", files(&folder), server.transcript());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    engine.waited_for(|counts| counts.alive == 0).await;
    assert_eq!(server.get(&beside(&path, &uri)).await.status, StatusCode::NOT_FOUND);
    // A player that was away for so long finds the channel anew, under greater numbers.
    let anew = media(&server, &path).await;
    assert!(!anew.segments.is_empty() && anew.segments.iter().all(|segment| segment.uri != uri));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_window_only_hls_writes_and_only_what_it_needs() {
    let (channel, _engine, server) = on_air(Film::H264Aac, |setup| setup.env("HEADWATER_DVR_WINDOW", "0"));
    let folder = recordings(server.setup());
    pictures(&server, &stream(&channel, ""), 250).await;
    assert_eq!(files(&folder), []);
    let (path, _) = media_paths(&server, &channel).await;
    until(&server, &path, |playlist| playlist.segments.len() > 3).await;
    assert!(!files(&folder).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_viewers_of_both_kinds_alone() {
    assert!(Setup::can_mount(), "a disk that is full needs a mount of its own");
    let channel = channel(Film::H264Aac);
    let engine = Engine::start(std::slice::from_ref(&channel));
    // The cache's disk of its own is the one that the recordings fill, within some twenty seconds.
    let setup = server(&[&engine]).cache_on_disk("size=1500k").env("HEADWATER_CACHE_FREE_FLOOR", "0");
    std::fs::create_dir_all(setup.data()).unwrap();
    std::os::unix::fs::symlink(setup.home().join("disk"), recordings(&setup)).unwrap();
    let server = setup.start();
    let (path, _) = media_paths(&server, &channel).await;
    let ts = stream(&channel, "");
    let watching = pictures(&server, &ts, 25 * 40);
    // The disk holds some twenty seconds of it.
    let polling = until(&server, &path, |playlist| playlist.segments.len() > 10);
    let (look, ()) = tokio::join!(watching, polling);
    look.assert_clean();
    assert_eq!(look.repeats_and_holes(PICTURE), (0, 0));
    assert!(server.transcript().contains("a recording cannot be written"), "{}", server.transcript());
    let playlist = media(&server, &path).await;
    assert!(playlist.segments.len() >= 3, "{playlist:?}");
    assert!(playlist.segments.iter().all(|segment| !segment.discontinuity));
    for segment in &playlist.segments {
        let answer = server.get(&beside(&path, &segment.uri)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", server.transcript());
        Look::at(&answer.body).assert_clean();
    }
    assert_eq!(server.get(&manifest(&channel)).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_channels_share_one_limit_and_the_oldest_goes_first() {
    let channels = [channel(Film::H264Aac), Channel::new("Open Orchard", &Broadcast::of(Film::H264Mp2))];
    let engine = Engine::start(&channels);
    // A minute of each stays in any case, which is up to 10 MB with the segment that it begins in.
    let most = 11_000_000;
    let setup = server(&[&engine]).env("HEADWATER_FFMPEG", "off");
    let server = setup.env("HEADWATER_DVR_MAX_BYTES", &most.to_string()).start();
    let folder = recordings(server.setup());
    let mut paths = Vec::new();
    for channel in &channels {
        paths.push(media_paths(&server, channel).await.0);
    }
    let deadline = Instant::now() + 3 * PATIENCE;
    let mut first: Vec<u64> = Vec::new();
    loop {
        let mut lists = Vec::new();
        for path in &paths {
            lists.push(media(&server, path).await);
        }
        let used: u64 = files(&folder).iter().map(|(_, size)| size).sum();
        assert!(used <= most, "{used}\n{}", server.transcript());
        let numbers: Vec<u64> = lists.iter().map(|list| list.media_sequence).collect();
        if first.is_empty() {
            first.clone_from(&numbers);
        }
        if numbers.iter().zip(&first).all(|(now, then)| *now >= then + 2) {
            break;
        }
        assert!(Instant::now() < deadline, "{used}: {numbers:?} after {first:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
