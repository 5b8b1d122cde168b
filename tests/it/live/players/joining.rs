//! Whoever joins gets a stream that can be decoded from its first packet on.

use std::time::Duration;

use super::programs::{ffmpeg_decodes, ffmpeg_hears, ffprobe_joins};
use super::stage::{Stage, is_long};
use crate::support::engine::Film;

/// How often each kind of film but the first is joined. The long form has twenty joins of each.
fn times() -> u64 {
    if is_long() { 20 } else { 4 }
}

/// Joins so often, at moments that lie in no step with the pictures.
async fn joins(film: Film, times: u64) {
    let stage = Stage::start(film, 1);
    // Somebody watches all the time, so that the others join what is running.
    let _first = stage.server.open_for(&stage.stream(), Duration::from_secs(180)).await;
    for number in 0..times {
        tokio::time::sleep(Duration::from_millis(number * 379 % 1_000)).await;
        let url = stage.stream();
        let kind = if film == Film::Radio { "a:0" } else { "v:0" };
        let flags = tokio::task::spawn_blocking(move || ffprobe_joins(&url, kind)).await;
        let flags =
            flags.unwrap_or_else(|_| panic!("join {number} of {film:?}: {}", stage.server.transcript()));
        assert!(flags.starts_with('K'), "join {number} of {film:?} begins with {flags:?}");
    }
    assert_eq!(stage.engines[0].counts().opened, 1, "everybody shares one session");
}

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_has_no_complaint_at_twenty_random_moments() {
    joins(Film::H264Mp2, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_has_no_complaint_about_other_kinds_of_h264() {
    for film in [Film::H264Aac, Film::Interlaced, Film::OpenGop, Film::Heavy] {
        joins(film, times()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_has_no_complaint_about_other_codecs_and_none_at_all() {
    for film in [Film::HevcAc3, Film::Mpeg2, Film::Latm, Film::Radio] {
        joins(film, times()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_picture_and_sound_can_be_decoded_from_the_first_on() {
    for film in [Film::H264Mp2, Film::H264Aac, Film::HevcAc3, Film::Interlaced, Film::Mpeg2, Film::Latm] {
        let stage = Stage::start(film, 1);
        let _first = stage.server.open_for(&stage.stream(), Duration::from_secs(180)).await;
        let url = stage.stream();
        let pictures = tokio::task::spawn_blocking(move || ffmpeg_decodes(&url, 3)).await;
        let pictures = pictures.unwrap_or_else(|_| panic!("{film:?}: {}", stage.server.transcript()));
        // The three seconds begin with the sound, which lies before the first picture.
        assert!((60..=76).contains(&pictures), "{film:?}: {pictures} pictures in three seconds");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_radio_is_heard_from_the_first_sound_on() {
    let stage = Stage::start(Film::Radio, 1);
    let url = stage.stream();
    let decoded = tokio::task::spawn_blocking(move || ffmpeg_hears(&url, 5)).await;
    let decoded = decoded.unwrap_or_else(|_| panic!("{}", stage.server.transcript()));
    assert!((4.9..5.1).contains(&decoded), "{decoded} s of sound");
}
