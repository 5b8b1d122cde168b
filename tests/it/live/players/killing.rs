//! Every kind of film over the death of an engine: what viewers have at the end is what was on air, each packet of it
//! once and in order. Pictures are no measure for that: of those that are shown before others they were sent after, some
//! are missing wherever a recording ends.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;

use super::programs::continuity_errors;
use super::stage::Stage;
use crate::live::hls::{beside, media, media_paths};
use crate::live::packets::{Look, assert_part_of, contents};
use crate::support::engine::{Broadcast, Film, Kind, Manner};
use crate::support::server::Setup;

/// Longer than a test here takes.
const ON_AIR: Duration = Duration::from_secs(180);

/// How long a test waits for the next segment.
const PATIENCE: Duration = Duration::from_secs(60);

/// Seconds of a recording, at the whole rate of the film with its fillers, which nobody gets.
const RECORDED: u64 = 10;

/// Segments that are closed before the engine dies, and after it.
const BEFORE: usize = 2;
const AFTER: usize = 4;

/// Ticks of a frame of AAC: 1,024 samples at 48 kHz.
const SOUND: u64 = 1_920;

/// The picture in what ffmpeg makes.
const PICTURE: u16 = 0x100;

fn pid(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[1] & 0x1F, packet[2]])
}

/// A recording of the stream, during which the engine dies.
async fn recorded(film: Film, kind: Kind) {
    let manner = Manner { kind, ..Manner::default() };
    let stage = Stage::on_air(film, &Broadcast::of(film), &vec![manner; 2], Setup::new());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording.ts");
    stage.record(RECORDED, &path, Stage::kill_the_one_at_work).await;
    let (what, recording) = (format!("{film:?} {kind:?}"), std::fs::read(&path).unwrap());
    let aired = contents(&stage.channel().broadcast.aired(ON_AIR));
    assert_part_of(&contents(&recording), &aired, &what);
    let look = Look::at(&recording);
    assert!(look.errors.is_empty() && look.announced == 0, "{what}: {:?}", look.errors);
    assert_eq!(continuity_errors(&path), [""; 0], "{what}");
    assert_spliced(&stage).await;
}

/// Asserts that the next engine has gone on where the dead one was.
async fn assert_spliced(stage: &Stage) {
    let (_, status) = stage.server.json("/proxy/status").await;
    let facts = &status["sessions"][0]["stream"];
    assert_eq!((&facts["seamless_splices"], &facts["broken_splices"]), (&json!(1), &json!(0)), "{status:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_of_every_film_and_kind_of_engine_lack_nothing() {
    let recordings = [
        (Film::H264Mp2, Kind::Single),
        (Film::H264Mp2, Kind::Shared),
        (Film::H264Mp2, Kind::Leased),
        (Film::H264Aac, Kind::Single),
        (Film::H264Aac, Kind::Shared),
        (Film::H264Aac, Kind::Leased),
        (Film::HevcAc3, Kind::Single),
        (Film::Interlaced, Kind::Shared),
        (Film::OpenGop, Kind::Leased),
        (Film::IntraRefresh, Kind::Single),
        (Film::Latm, Kind::Shared),
        (Film::Mpeg2, Kind::Leased),
        (Film::Radio, Kind::Single),
    ];
    join_all(recordings.map(|(film, kind)| recorded(film, kind))).await;
}

async fn segment_at(stage: &Stage, path: &str) -> Vec<u8> {
    let answer = stage.server.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", stage.server.transcript());
    answer.body.to_vec()
}

/// The segments of a playlist by their numbers, collected while the engine dies.
async fn collected(stage: &Stage, playlist: &str) -> Vec<u8> {
    let (mut segments, mut killed_at) = (BTreeMap::new(), None);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let listed = media(&stage.server, playlist).await;
        for (number, segment) in (listed.media_sequence..).zip(&listed.segments) {
            assert!(!segment.discontinuity, "{listed:?}");
            if let Entry::Vacant(place) = segments.entry(number) {
                place.insert(segment_at(stage, &beside(playlist, &segment.uri)).await);
            }
        }
        if killed_at.is_none() && segments.len() >= BEFORE {
            stage.kill_the_one_at_work();
            killed_at = Some(segments.len());
        }
        if killed_at.is_some_and(|before| segments.len() >= before + AFTER) {
            break;
        }
        assert!(Instant::now() < deadline, "{} segments\n{}", segments.len(), stage.server.transcript());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let numbers: Vec<u64> = segments.keys().copied().collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    segments.into_values().flatten().collect()
}

async fn shown(film: Film, is_parted: bool) {
    let stage = Stage::start(film, 2);
    let (path, sound) = media_paths(&stage.server, stage.channel()).await;
    assert_eq!(sound.is_some(), is_parted, "{film:?}");
    let segments = collected(&stage, &path).await;
    let mut aired = contents(&stage.channel().broadcast.aired(ON_AIR));
    if is_parted {
        aired.retain(|packet| pid(packet) == PICTURE);
    }
    assert_part_of(&contents(&segments), &aired, &format!("{film:?}"));
    let look = Look::at(&segments);
    assert!(look.errors.is_empty() && look.announced == 0, "{film:?}: {:?}", look.errors);
    assert!(look.pictures.len() > 14 * 25, "{film:?}: {} pictures", look.pictures.len());
    assert_spliced(&stage).await;
    if let Some(sound) = sound {
        assert_runs_on(&listed(&stage, &sound).await, film);
    }
}

/// All segments of a playlist.
async fn listed(stage: &Stage, playlist: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for segment in media(&stage.server, playlist).await.segments {
        bytes.extend(segment_at(stage, &beside(playlist, &segment.uri)).await);
    }
    bytes
}

/// Asserts that converted sound has all its frames.
fn assert_runs_on(sound: &[u8], film: Film) {
    let look = Look::at(sound);
    assert!(look.errors.is_empty() && look.announced == 0, "{film:?}: {:?}", look.errors);
    assert!(look.sounds.len() > 14 * 46, "{film:?}: {} sounds", look.sounds.len());
    // Clocks of decoders are rounded.
    let follows = |pair: &[u64]| pair[1].abs_diff(pair[0] + SOUND) < 10;
    let gap = look.sounds.windows(2).find(|pair| !follows(pair));
    assert_eq!(gap, None, "{film:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_of_every_film_lack_nothing() {
    let films = [(Film::H264Aac, false), (Film::HevcAc3, true), (Film::Mpeg2, true), (Film::Latm, true)];
    join_all(films.map(|(film, is_parted)| shown(film, is_parted))).await;
}
