//! Every player plays and seeks in a file whose download its own first request has begun.

use crate::support::media::{self, assert_same_bytes};
use crate::support::player;
use crate::support::server::Headwater;
use crate::support::swarm::Seeded;
use crate::support::tools;

/// Slow enough that no clip of 12 MB is complete when the players jump, fast enough for their patience.
const RATE: u32 = 2_000_000;

/// A cold swarm with one clip, a server that has never heard of it, and the URL that plays it.
struct Cold {
    swarm: Seeded,
    server: Headwater,
    path: String,
}

impl Cold {
    fn start(clip: &str) -> Self {
        let swarm = Seeded::start(clip, media::clip(clip), Some(RATE));
        let server = Headwater::start();
        let path = Headwater::proxy(&swarm.share, 0);
        Self { swarm, server, path }
    }

    fn url(&self) -> String {
        self.server.url(&self.path)
    }

    /// Runs a player while the download goes on, then reads the file and compares every byte.
    async fn plays<T: Send + 'static>(mut self, play: impl FnOnce(&str) -> T + Send + 'static) -> T {
        assert_eq!(self.swarm.seed.uploaded(), 0, "the player's request must be the first");
        let url = self.url();
        let played = tokio::task::spawn_blocking(move || play(&url)).await;
        let played = played.unwrap_or_else(|_| panic!("{}", self.server.transcript()));
        let whole = self.server.get(&self.path).await;
        assert_eq!(whole.status, 200, "{}", whole.text());
        assert_same_bytes(&whole.body, self.swarm.data(), "the file after the player");
        played
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_decodes_every_frame_of_a_file_whose_index_comes_last() {
    assert_eq!(Cold::start("moov-at-end.mp4").plays(player::ffmpeg_decodes_all).await, 2500);
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_seeks_in_matroska_whose_cues_come_last() {
    let frames = Cold::start("cues-at-end.mkv").plays(|url| player::ffmpeg_seeks(url, 70.0, 3.0)).await;
    assert!(frames >= 74, "{frames} frames of 3 seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_plays_a_transport_stream_and_webm() {
    for clip in ["stream.ts", "vp8.webm"] {
        let on_disk = player::ffmpeg_decodes_all(&tools::clip(clip).display().to_string());
        assert_eq!(Cold::start(clip).plays(player::ffmpeg_decodes_all).await, on_disk, "{clip}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_finds_the_duration_without_the_middle() {
    let seconds = Cold::start("moov-at-end.mp4").plays(player::ffprobe_duration).await;
    assert!((99.0..102.0).contains(&seconds), "{seconds}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mpv_plays_from_the_middle() {
    let at = Cold::start("cues-at-end.mkv").plays(|url| player::mpv_plays_from(url, 50, 3)).await;
    assert!((50.0..55.0).contains(&at), "it was at {at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn vlc_plays_from_the_middle() {
    let seconds = Cold::start("moov-at-end.mp4").plays(|url| player::vlc_plays(url, 60, 64)).await;
    assert!((2.0..20.0).contains(&seconds), "it played {seconds} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn gstreamer_plays_from_the_middle() {
    Cold::start("moov-at-end.mp4").plays(|url| player::gstreamer_plays_from(url, 60)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gstreamer_reads_the_whole_file() {
    let cold = Cold::start("faststart.mp4");
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    let out = folder.path().join("clip.mp4");
    let target = out.clone();
    cold.plays(move |url| player::gstreamer_downloads(url, &target)).await;
    let got = std::fs::read(out).expect("the player wrote it");
    assert_same_bytes(&got, &media::clip("faststart.mp4"), "what GStreamer received");
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_plays_and_seeks_from_another_origin() {
    for clip in ["faststart.mp4", "moov-at-end.mp4"] {
        let report = Cold::start(clip).plays(|url| player::chromium_plays(url, 75.0)).await;
        assert!(report["seeked"].as_f64().is_some_and(|at| at > 75.0), "{clip}: {report}");
        assert_eq!(report["width"], 640, "{clip}: {report}");
    }
}
