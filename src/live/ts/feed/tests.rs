//! What comes out of a feed for what goes in, with broadcasts made by hand.

use std::time::{Duration, SystemTime};

use super::super::clock::SECOND;
use super::super::packet::{PACKET, Packet};
use super::super::psi::PAT_PID;
use super::super::studio::{AUDIO, FRAME, H264, MP2, PMT, Picture, RATE, Studio, VIDEO, counter_fault};
use super::super::{skip_notice, without_audio};
use super::*;
use crate::live::{Codec, EntryKind};

pub(super) const CHUNK: usize = 16 << 10;
pub(super) const NOW: SystemTime = SystemTime::UNIX_EPOCH;

pub(super) fn at(seconds: u64) -> SystemTime {
    NOW + Duration::from_secs(seconds)
}

/// Everything a feed makes of one session after the other.
pub(super) fn fed(sessions: &[&[u8]]) -> (Vec<Chunk>, Facts) {
    fed_into(CHUNK, sessions)
}

pub(super) fn fed_into(chunk_size: usize, sessions: &[&[u8]]) -> (Vec<Chunk>, Facts) {
    let (mut feed, mut out) = (Feed::new(chunk_size), Vec::new());
    for session in sessions {
        feed.begin();
        feed.push(session, NOW, &mut out);
    }
    feed.flush(NOW, &mut out);
    (out, feed.facts())
}

pub(super) fn bytes(chunks: &[Chunk]) -> Vec<u8> {
    chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect()
}

pub(super) fn packets(bytes: &[u8]) -> impl Iterator<Item = Packet<'_>> {
    bytes.as_chunks::<PACKET>().0.iter().map(Packet)
}

/// The packets that are no tables.
pub(super) fn contents(chunks: &[Chunk]) -> Vec<[u8; PACKET]> {
    let bytes = bytes(chunks);
    packets(&bytes).filter(|packet| ![PAT_PID, PMT].contains(&packet.pid())).map(|packet| *packet.0).collect()
}

pub(super) fn entries(chunks: &[Chunk]) -> Vec<(Ticks, EntryKind)> {
    chunks.iter().filter_map(|chunk| Some((chunk.position / FRAME, chunk.entry?.kind))).collect()
}

pub(super) fn pids(chunk: &Chunk) -> Vec<u16> {
    packets(&chunk.bytes).map(Packet::pid).collect()
}

#[test]
fn an_entry_opens_a_chunk_with_tables_and_the_picture() {
    let (chunks, facts) = fed(&[&Studio::broadcast(1, 900_000, 4)]);
    assert_eq!(entries(&chunks), [0, 25, 50, 75].map(|frame| (frame, EntryKind::Clean)));
    for chunk in chunks.iter().filter(|chunk| chunk.entry.is_some()) {
        assert_eq!(pids(chunk)[..3], [PAT_PID, PMT, VIDEO]);
        let first = *chunk.bytes[2 * PACKET..].first_chunk::<PACKET>().unwrap();
        let clock = Packet(&first).pcr().unwrap();
        assert_eq!(chunk.entry.unwrap().pts & 0x1_FFFF_FFFF, clock + 45_000);
    }
    assert_eq!((facts.entries, facts.breaks, facts.continuity_errors, facts.locked), (4, 0, 0, true));
    let tracks = &chunks[0].program.tracks;
    assert_eq!(tracks.iter().map(|track| track.codec).collect::<Vec<_>>(), [Codec::H264, Codec::MpegAudio]);
}

#[test]
fn nothing_is_lost_or_changed_but_filler_and_tables() {
    let source = Studio::broadcast(1, 900_000, 4);
    let (chunks, _) = fed(&[&source]);
    let kept = |packet: &Packet<'_>| [VIDEO, AUDIO].contains(&packet.pid());
    assert!(contents(&chunks) == packets(&source).filter(kept).map(|packet| *packet.0).collect::<Vec<_>>());
    assert_eq!(counter_fault(&bytes(&chunks)), None);
}

#[test]
fn chunks_are_bounded_and_follow_each_other() {
    let (chunks, _) = fed(&[&Studio::broadcast(1, 900_000, 10)]);
    for pair in chunks.windows(2) {
        assert!(pair[0].bytes.len() <= CHUNK && pair[0].position <= pair[1].position);
        assert!(pair[1].entry.is_some() || pair[0].bytes.len() > CHUNK - 4 * PACKET, "it ended too early");
    }
    assert_eq!(chunks.last().unwrap().position / SECOND, 9);
}

#[test]
fn tables_are_repeated_four_times_a_second() {
    let mut studio = Studio::new(1);
    studio.show(900_000, 10 * RATE, 5 * RATE);
    let (chunks, _) = fed(&[&studio.bytes]);
    let stream = bytes(&chunks);
    let (mut clock, mut last) = (900_000, 900_000);
    for packet in packets(&stream) {
        clock = packet.pcr().unwrap_or(clock);
        if packet.pid() == PAT_PID {
            last = clock;
        }
        assert!(clock - last <= SECOND / 4);
    }
    assert!(clock > 900_000 + 9 * SECOND);
}

#[test]
fn what_the_source_lost_stays_visible() {
    let source = Studio::broadcast(1, 900_000, 4);
    let middle = source.len() / 2 / PACKET * PACKET;
    let (chunks, facts) = fed(&[&[&source[..middle], &source[middle + 4 * PACKET..]].concat()]);
    assert!(facts.continuity_errors > 0 && facts.breaks == 0);
    assert!(counter_fault(&bytes(&chunks)).is_some());
}

#[test]
fn what_comes_again_is_announced_wherever_it_begins() {
    let source = Studio::broadcast(1, 900_000, 4);
    let (first, second) = (source.len() / 4 / PACKET, source.len() / 2 / PACKET);
    let mut gaps = 0;
    for place in first..second {
        let (chunks, facts) = fed(&[&[&source[..], &source[place * PACKET..]].concat()]);
        assert_eq!((counter_fault(&bytes(&chunks)), facts.breaks), (None, 1), "from packet {place} on");
        gaps += facts.continuity_errors;
    }
    assert!(gaps > 0, "no counter told it before the clock did");
}

#[test]
fn damaged_and_scrambled_packets_go_no_further() {
    let mut source = Studio::broadcast(1, 900_000, 4);
    let sounds = packets(&source).enumerate().filter(|(_, packet)| packet.pid() == AUDIO);
    let places: Vec<usize> = sounds.map(|(index, _)| index * PACKET).skip(20).collect();
    source[places[0] + 1] |= 0x80;
    source[places[1] + 3] |= 0x80;
    let (chunks, facts) = fed(&[&source]);
    assert_eq!((facts.damaged, facts.scrambled), (1, 1));
    let stream = bytes(&chunks);
    assert!(packets(&stream).all(|packet| !packet.is_damaged() && !packet.is_scrambled()));
}

#[test]
fn a_picture_without_keys_can_be_joined_after_ten_seconds() {
    let mut studio = Studio::new(1);
    studio.tables(&[(1, PMT, VIDEO, &[(H264, VIDEO), (MP2, AUDIO)])]);
    for number in 0..26 * RATE {
        studio.picture(900_000 + number * FRAME, Picture::Middle, 400);
    }
    let (chunks, facts) = fed(&[&studio.bytes]);
    assert_eq!(entries(&chunks), [(12 * RATE, EntryKind::Blind), (24 * RATE, EntryKind::Blind)]);
    assert_eq!((facts.entries, facts.blind_entries), (2, 2));
}

#[test]
fn keys_a_little_more_than_ten_seconds_apart_are_waited_for() {
    let mut studio = Studio::new(1);
    studio.show(900_000, 33 * RATE, 11 * RATE);
    let (chunks, _) = fed(&[&studio.bytes]);
    assert_eq!(entries(&chunks), [0, 11, 22].map(|second| (second * RATE, EntryKind::Clean)));
}

#[test]
fn sound_without_pictures_can_be_joined_every_second() {
    let mut studio = Studio::new(1);
    for number in 0..5 * RATE {
        studio.tables(&[(1, PMT, AUDIO, &[(MP2, AUDIO)])]);
        let time = 900_000 + number * FRAME;
        studio.sound(AUDIO, time, Some(time));
    }
    let (chunks, _) = fed(&[&studio.bytes]);
    assert_eq!(entries(&chunks), [0, 25, 50, 75, 100].map(|frame| (frame, EntryKind::Clean)));
}

#[test]
fn sound_is_heard_although_the_announced_picture_never_comes() {
    let mut studio = Studio::new(1);
    for number in 0..16 * RATE {
        studio.tables(&[(1, PMT, AUDIO, &[(H264, VIDEO), (MP2, AUDIO)])]);
        let time = 900_000 + number * FRAME;
        studio.sound(AUDIO, time, Some(time));
    }
    assert_eq!(entries(&fed(&[&studio.bytes]).0), [(14 * RATE, EntryKind::Blind)]);
}

#[test]
fn a_picture_that_stops_in_its_head_does_not_keep_the_sounds_back() {
    let mut studio = Studio::new(1);
    studio.show(900_000, 5, 5);
    studio.torso(900_000 + 5 * FRAME);
    for number in 6..400 {
        studio.sound(AUDIO, 900_000 + number * FRAME, None);
    }
    let (chunks, _) = fed(&[&studio.bytes]);
    let stream = bytes(&chunks);
    assert_eq!(packets(&stream).filter(|packet| packet.pid() == AUDIO && packet.starts()).count(), 399);
    assert_eq!(counter_fault(&stream), None);
}

#[test]
fn a_stall_hands_out_what_is_there() {
    let source = Studio::broadcast(1, 900_000, 2);
    let (mut feed, mut out) = (Feed::new(1 << 20), Vec::new());
    feed.push(&source[..source.len() / 4], NOW, &mut out);
    assert!(out.is_empty());
    feed.flush(NOW, &mut out);
    assert_eq!((out.len(), out[0].entry.is_some()), (1, true));
    feed.flush(NOW, &mut out);
    assert_eq!(out.len(), 1);
    feed.push(&source[source.len() / 4..], NOW, &mut out);
    feed.flush(NOW, &mut out);
    assert!(contents(&out) == contents(&fed(&[&source]).0));
}

#[test]
fn whoever_skips_hears_that_something_is_missing() {
    let (chunks, _) = fed(&[&Studio::broadcast(1, 900_000, 6)]);
    let with_entry: Vec<usize> = (0..chunks.len()).filter(|index| chunks[*index].entry.is_some()).collect();
    let (before, after) = (bytes(&chunks[..with_entry[1]]), bytes(&chunks[with_entry[4]..]));
    assert!(counter_fault(&[&before[..], &after].concat()).is_some());
    let notice = skip_notice(&chunks[with_entry[4]]);
    assert_eq!(counter_fault(&[&before[..], &notice, &after].concat()), None);
}

#[test]
fn a_segment_without_sounds_has_the_same_counters_and_clock() {
    let (chunks, _) = fed(&[&Studio::broadcast(1, 900_000, 4)]);
    let segment = bytes(&chunks);
    let silent = without_audio(&segment);
    assert_eq!(counter_fault(&silent), None);
    let kept = |packet: &Packet<'_>| ![AUDIO, PMT].contains(&packet.pid());
    assert!(
        packets(&silent)
            .filter(kept)
            .map(|packet| packet.0)
            .eq(packets(&segment).filter(kept).map(|packet| packet.0))
    );
    let (again, _) = fed(&[&silent]);
    assert_eq!(again[0].program.tracks.iter().map(|track| track.pid).collect::<Vec<_>>(), [VIDEO]);
}

#[test]
fn bytes_of_another_kind_make_nothing() {
    let (chunks, facts) = fed(&[&b"<html>the engine is starting</html>".repeat(1_000)]);
    assert!(chunks.is_empty() && !facts.locked && facts.garbage > 30_000);
}
