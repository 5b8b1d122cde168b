//! Streams that encoders made, through the feed, judged by programs of others.

mod cuts;
mod films;
mod judges;

use std::time::SystemTime;

use headwater::live::ts::{Facts, Feed, PACKET, skip_notice, without_audio};
use headwater::live::{Chunk, Codec, Ticks};

use crate::support::media::random;
use films::{Film, PICTURES};
use judges::Court;

const SECOND: Ticks = 90_000;

/// When bytes come: no test here waits for anything.
const NOW: SystemTime = SystemTime::UNIX_EPOCH;

/// How often a stream is joined.
const JOINS: usize = 20;

/// A viewer who joins watches this long.
const WATCHED: Ticks = 4 * SECOND;

/// What a feed makes of engine sessions that follow each other, read in pieces of any length.
fn fed(sessions: &[&[u8]]) -> (Vec<Chunk>, Facts) {
    let (mut feed, mut out) = (Feed::new(64 << 10), Vec::new());
    for (number, session) in sessions.iter().enumerate() {
        feed.begin();
        let (mut rest, mut lengths) = (*session, random(number as u64, 512).into_iter().cycle());
        while let Some(length) = lengths.next().filter(|_| !rest.is_empty()) {
            let (piece, behind) = rest.split_at((usize::from(length) * 97 + 1).min(rest.len()));
            feed.push(piece, NOW, &mut out);
            rest = behind;
        }
    }
    feed.flush(NOW, &mut out);
    (out, feed.facts())
}

fn bytes(chunks: &[Chunk]) -> Vec<u8> {
    chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect()
}

/// The places of entries, and the end.
fn entries(chunks: &[Chunk]) -> Vec<usize> {
    (0..chunks.len()).filter(|index| chunks[*index].entry.is_some()).chain([chunks.len()]).collect()
}

/// What viewers get who join at random entries and leave before another one.
fn joined(chunks: &[Chunk]) -> Vec<Vec<u8>> {
    let entries = entries(chunks);
    let join = |dice: &u8| {
        let begin = entries[usize::from(*dice) % (entries.len() - 1)];
        let leave = |end: &&usize| {
            chunks.get(**end).is_none_or(|chunk| chunk.position > chunks[begin].position + WATCHED)
        };
        let end = entries.iter().find(leave).expect("the last one is the end");
        bytes(&chunks[begin..*end])
    };
    random(5, JOINS).iter().map(join).collect()
}

fn joins_decode_from_the_first_picture(film: Film) {
    let (chunks, facts) = fed(&[&film.bytes()]);
    assert_eq!((facts.blind_entries, facts.breaks, facts.continuity_errors), (0, 0, 0));
    let court = Court::new();
    for part in joined(&chunks) {
        let mut findings = court.probe(&part);
        findings.complaints.retain(|line| !film.of_the_encoder().iter().any(|words| line.contains(words)));
        assert_eq!(findings.complaints, [""; 0]);
        assert!(
            findings.first_flags.starts_with('K'),
            "the first packet is no key: {}",
            findings.first_flags
        );
        assert!(film == Film::Radio || findings.pictures >= 25, "{} pictures", findings.pictures);
    }
}

/// One test for each film, so that they run side by side.
macro_rules! joins {
    ($($name:ident: $film:expr,)*) => {$(
        #[test]
        fn $name() {
            joins_decode_from_the_first_picture($film);
        }
    )*};
}

joins! {
    joins_in_h264: Film::H264Mp2,
    joins_in_h264_with_aac: Film::H264Aac,
    joins_in_latm: Film::Latm,
    joins_in_hevc: Film::HevcAc3,
    joins_in_interlaced_h264: Film::Interlaced,
    joins_in_open_groups: Film::OpenGop,
    joins_in_intra_refresh: Film::IntraRefresh,
    joins_in_mpeg2: Film::Mpeg2,
    joins_in_radio: Film::Radio,
    joins_over_a_wrap_of_the_clock: Film::Wrapping,
    joins_at_a_constant_rate: Film::Constant,
}

#[test]
fn joins_at_any_other_packet_would_be_full_of_errors() {
    let (source, court) = (Film::H264Mp2.bytes(), Court::new());
    let packets = source.len() / PACKET;
    let complaints = random(5, 5).into_iter().map(|dice| {
        let begin = packets / 2 + packets / 4 * usize::from(dice) / 256;
        court.probe(&source[begin * PACKET..(begin + packets / 10) * PACKET]).complaints.len()
    });
    let complaints: Vec<usize> = complaints.collect();
    assert!(complaints.iter().sum::<usize>() > 50, "{complaints:?}");
}

#[test]
fn the_whole_stream_has_every_picture_and_no_fault_in_counters() {
    let court = Court::new();
    for film in PICTURES {
        let source = film.bytes();
        let (chunks, _) = fed(&[&source]);
        let stream = bytes(&chunks);
        assert_eq!(court.counter_complaints(&stream), [""; 0], "{film:?}");
        assert_eq!(court.decoded(&stream), court.decoded(&source), "{film:?}");
    }
}

#[test]
fn a_viewer_who_skips_sees_no_fault_in_counters() {
    let court = Court::new();
    for film in PICTURES {
        let (chunks, _) = fed(&[&film.bytes()]);
        let entries = entries(&chunks);
        let (left, came) = (entries[entries.len() / 3] + 1, entries[2 * entries.len() / 3]);
        let (before, after) = (bytes(&chunks[..left]), bytes(&chunks[came..]));
        assert_ne!(court.counter_complaints(&[&before[..], &after].concat()), [""; 0], "{film:?}");
        let stream = [&before[..], &skip_notice(&chunks[came]), &after].concat();
        assert_eq!(court.counter_complaints(&stream), [""; 0], "{film:?}");
    }
}

#[test]
fn a_session_that_resumes_ten_seconds_earlier_leaves_no_trace() {
    let court = Court::new();
    for (number, film) in PICTURES.into_iter().chain([Film::Radio]).enumerate() {
        let source = film.bytes();
        let dice = random(number as u64, 4).iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
        let cut = source.len() / 2 + dice % (source.len() / 3);
        let ten_seconds = source.len() / 4;
        let (chunks, facts) = fed(&[&source[..cut], &source[cut - ten_seconds..]]);
        assert_eq!(
            (facts.seamless_splices, facts.broken_splices, facts.breaks),
            (1, 0, 0),
            "{film:?} at {cut}"
        );
        assert!(chunks.iter().all(|chunk| !chunk.broken));
        let stream = bytes(&chunks);
        assert_eq!(court.counter_complaints(&stream), [""; 0], "{film:?} at {cut}");
        assert!(court.decoded(&stream) == court.decoded(&source), "{film:?} at {cut} decodes differently");
    }
}

#[test]
fn players_go_on_over_a_break() {
    let (one, other) = (Film::H264Mp2.bytes(), Film::Other.bytes());
    let (chunks, facts) = fed(&[&one[..one.len() / 2 + 77], &other]);
    assert_eq!((facts.seamless_splices, facts.broken_splices), (0, 1));
    let broken = chunks.iter().position(|chunk| chunk.broken).expect("there is a break");
    assert!(chunks[broken].entry.is_some());

    let court = Court::new();
    let (stream, alone) = (bytes(&chunks), bytes(&chunks[..broken]));
    assert_eq!(court.counter_complaints(&stream), [""; 0]);
    let (before, all) = (court.probe(&alone).pictures, 40 * Film::RATE as usize);
    assert!(before > all / 3, "{before} pictures before the break");
    assert_eq!(court.probe(&bytes(&chunks[broken..])).pictures, all);
    assert_eq!(court.probe(&stream).pictures, before + all, "ffmpeg");
    assert_eq!(court.pictures_in_gstreamer(&stream), before + all, "GStreamer");
}

#[test]
fn a_program_that_changes_begins_with_a_break_and_decodes_from_there() {
    let (chunks, facts) = fed(&[&[Film::H264Mp2.bytes(), Film::HevcAc3.bytes()].concat()]);
    assert_eq!((facts.breaks, facts.continuity_errors), (1, 0));
    let broken = chunks.iter().position(|chunk| chunk.broken).expect("there is a break");
    let codecs = |chunk: &Chunk| chunk.program.tracks.iter().map(|track| track.codec).collect::<Vec<_>>();
    assert_eq!(codecs(&chunks[broken - 1]), [Codec::H264, Codec::MpegAudio]);
    assert_eq!(codecs(&chunks[broken]), [Codec::Hevc, Codec::Ac3]);
    let findings = Court::new().probe(&bytes(&chunks[broken..]));
    assert_eq!((findings.complaints.len(), findings.pictures), (0, 40 * Film::RATE as usize));
}

#[test]
fn the_line_of_chunks_follows_the_pictures_over_a_wrap() {
    let (chunks, _) = fed(&[&Film::Wrapping.bytes()]);
    let times: Vec<(Ticks, Ticks)> =
        chunks.iter().filter_map(|chunk| Some((chunk.position, chunk.entry?.pts))).collect();
    assert_eq!(times.len(), 20);
    for pair in times.windows(2) {
        assert_eq!((pair[1].0 - pair[0].0, pair[1].1 - pair[0].1), (2 * SECOND, 2 * SECOND));
    }
}

#[test]
fn a_segment_without_its_sounds_has_all_pictures() {
    let court = Court::new();
    for film in [Film::H264Mp2, Film::HevcAc3, Film::Mpeg2] {
        let (chunks, _) = fed(&[&film.bytes()]);
        let segment = bytes(&chunks);
        let silent = without_audio(&segment);
        let findings = court.probe(&silent);
        assert_eq!((findings.complaints.len(), findings.pictures), (0, 40 * Film::RATE as usize), "{film:?}");
        assert_eq!(court.counter_complaints(&silent), [""; 0], "{film:?}");
        let pictures =
            |lines: Vec<String>| lines.into_iter().filter(|line| line.starts_with('0')).collect::<Vec<_>>();
        assert_eq!(court.decoded(&silent), pictures(court.decoded(&segment)), "{film:?}");
    }
}
