//! Whoever joins gets a stream that can be decoded from its first packet on.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use futures::future::join_all;

use super::programs::{ffmpeg_complains, ffmpeg_decodes, ffmpeg_hears, ffprobe_joins};
use super::stage::Stage;
use crate::support::engine::Film;

/// How many join a channel at the same time.
const ABREAST: u64 = 4;

/// And how often each of them does.
const TIMES: u64 = 5;

/// What FFmpeg says of an open group at which it begins: the first picture lets go of one from the group before.
const OF_OPEN_GROUPS: &str = "mmco: unref short failure";

/// When somebody joins after the last time: any moment of the second in which all kinds of pictures pass, the same ones
/// in each run.
fn moment(film: Film, lane: u64, number: u64) -> Duration {
    let mut hasher = DefaultHasher::new();
    (film, lane, number).hash(&mut hasher);
    Duration::from_millis(hasher.finish() % 1_000)
}

/// Joins twenty times at random moments.
async fn joins(film: Film) {
    let stage = &Stage::start(film, 1);
    // Somebody watches all the time, so that the others join what is running.
    let _first = stage.server.open_for(&stage.stream(), Duration::from_secs(180)).await;
    let kind = if film == Film::Radio { "a:0" } else { "v:0" };
    let lanes = (0..ABREAST).map(|lane| async move {
        for number in 0..TIMES {
            tokio::time::sleep(moment(film, lane, number)).await;
            let url = stage.stream();
            let flags = tokio::task::spawn_blocking(move || ffprobe_joins(&url, kind)).await;
            let flags = flags.unwrap_or_else(|_| {
                panic!("join {lane}.{number} of {film:?}: {}", stage.server.transcript())
            });
            assert!(flags.starts_with('K'), "join {lane}.{number} of {film:?} begins with {flags:?}");
        }
    });
    join_all(lanes).await;
    assert_eq!(stage.engines[0].counts().opened, 1, "everybody shares one session");
}

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_has_no_complaint_at_twenty_random_moments() {
    joins(Film::H264Mp2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_has_no_complaint_about_other_kinds_of_h264() {
    join_all([Film::H264Aac, Film::Interlaced, Film::OpenGop, Film::Heavy].map(joins)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ffprobe_has_no_complaint_about_other_codecs_and_none_at_all() {
    join_all([Film::HevcAc3, Film::Mpeg2, Film::Latm, Film::Radio].map(joins)).await;
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
async fn every_picture_of_open_groups_can_be_decoded_from_the_first_on() {
    let stage = Stage::start(Film::OpenGop, 1);
    let _first = stage.server.open_for(&stage.stream(), Duration::from_secs(180)).await;
    let url = stage.stream();
    let decoded = tokio::task::spawn_blocking(move || ffmpeg_complains(&url, 3)).await;
    let (pictures, complaints) = decoded.unwrap_or_else(|_| panic!("{}", stage.server.transcript()));
    assert!((60..=76).contains(&pictures), "{pictures} pictures in three seconds");
    assert!(complaints.iter().all(|line| line.contains(OF_OPEN_GROUPS)), "{complaints:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_radio_is_heard_from_the_first_sound_on() {
    let stage = Stage::start(Film::Radio, 1);
    let url = stage.stream();
    let decoded = tokio::task::spawn_blocking(move || ffmpeg_hears(&url, 5)).await;
    let decoded = decoded.unwrap_or_else(|_| panic!("{}", stage.server.transcript()));
    assert!((4.9..5.1).contains(&decoded), "{decoded} s of sound");
}
