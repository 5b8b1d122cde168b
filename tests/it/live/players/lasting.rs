//! What plays goes on, whatever becomes of the engine.

use super::controls::{GstPlay, Vlc};
use super::programs::{Mpv, continuity_errors, ffmpeg_decodes, gstreamer_plays, picture_times, vlc_plays};
use super::stage::{Stage, seconds};
use crate::support::engine::Film;

/// Ticks of a second.
const SECOND: i64 = 90_000;

/// Ticks between two pictures of the films.
const FRAME: i64 = SECOND / 25;

/// Records, has the recording judged by three programs, and returns the longest step between two pictures in frames. For
/// films without pictures that are shown before others they were sent after: of those, some are missing at the end.
async fn recorded(stage: &Stage, seconds: u64, meanwhile: impl FnOnce(&Stage)) -> i64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording.ts");
    stage.record(seconds, &path, meanwhile).await;
    let judged = tokio::task::spawn_blocking(move || {
        let times = picture_times(&path);
        let steps = times.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(steps.clone().all(|step| step > 0), "a picture comes twice: {times:?}");
        // The last second may hold half a sound.
        let whole = u64::try_from((times[times.len() - 1] - times[0]) / SECOND - 1).unwrap();
        let decoded = ffmpeg_decodes(&path.display().to_string(), whole);
        assert!(decoded + 25 >= whole * 25, "{decoded} pictures of {whole} seconds can be decoded");
        (continuity_errors(&path), steps.max().unwrap_or_default())
    });
    let (errors, step) = judged.await.unwrap_or_else(|_| panic!("{}", stage.server.transcript()));
    assert!(errors.is_empty(), "{errors:?}\n{}", stage.server.transcript());
    step / FRAME
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_lacks_nothing() {
    let stage = Stage::start(Film::H264Mp2, 1);
    assert_eq!(recorded(&stage, seconds() + 3, |_| {}).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_lacks_nothing_when_the_engine_is_killed_and_another_has_the_channel() {
    let stage = Stage::start(Film::H264Mp2, 2);
    assert_eq!(recorded(&stage, seconds() + 12, Stage::kill_the_one_at_work).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn mpv_plays_on_when_the_engine_is_killed() {
    let stage = Stage::start(Film::H264Mp2, 2);
    let url = stage.stream();
    tokio::task::block_in_place(|| {
        let mpv = Mpv::open(&url);
        let begun = mpv.wait_for_position(|_| true);
        mpv.wait_for_position(|position| position > begun + 3.0);
        stage.kill_the_one_at_work();
        // Farther than what it had in hand.
        mpv.wait_for_position(|position| position > begun + 22.0);
        assert_eq!(mpv.complaints(), "", "{}", stage.server.transcript());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn vlc_plays_on_when_the_engine_is_killed() {
    let stage = Stage::start(Film::H264Aac, 2);
    let url = stage.stream();
    tokio::task::block_in_place(|| {
        let (_home, played) = vlc_plays(&url, 24, || stage.kill_the_one_at_work());
        let times = picture_times(&played);
        assert!(times.len() > 24 * 25 * 8 / 10, "VLC has played {} pictures", times.len());
        // The end is where VLC was told to stop, in the middle of a sound.
        assert!(ffmpeg_decodes(&played.display().to_string(), 18) > 17 * 25);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn gstreamer_plays_on_when_the_engine_is_killed() {
    let stage = Stage::start(Film::H264Aac, 2);
    let url = stage.stream();
    tokio::task::block_in_place(|| gstreamer_plays(&url, 24 * 25, || stage.kill_the_one_at_work()));
}

// Players of HLS have some twenty seconds in hand and on the shelf, so they are watched for longer than that.

#[tokio::test(flavor = "multi_thread")]
async fn mpv_on_hls_plays_on_when_the_engine_is_killed() {
    let stage = Stage::start(Film::H264Aac, 2);
    let url = stage.playlist();
    tokio::task::block_in_place(|| {
        let mpv = Mpv::open(&url);
        let begun = mpv.wait_for_position(|position| position > 2.0);
        stage.kill_the_one_at_work();
        mpv.wait_for_position(|position| position > begun + 30.0);
        assert_eq!(mpv.complaints(), "", "{}", stage.server.transcript());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn vlc_on_hls_plays_on_when_the_engine_is_killed() {
    let stage = Stage::start(Film::H264Aac, 2);
    let url = stage.playlist();
    tokio::task::block_in_place(|| {
        let vlc = Vlc::open(&url);
        vlc.shows(2 * 25);
        let begun = vlc.time();
        stage.kill_the_one_at_work();
        vlc.shows(30 * 25);
        assert!(vlc.time() >= begun + 28, "it was at {begun} and is at {}", vlc.time());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn gstreamer_on_hls_plays_on_when_the_engine_is_killed() {
    let stage = Stage::start(Film::H264Aac, 2);
    let url = stage.playlist();
    tokio::task::block_in_place(|| {
        let player = GstPlay::open(&url);
        let begun = player.wait_for_position(|_| true);
        stage.kill_the_one_at_work();
        player.wait_for_position(|position| position > begun + 30.0);
    });
}
