//! What comes out of a feed when sessions and clocks change.

use std::collections::{HashMap, HashSet};

use super::super::clock::SECOND;
use super::super::packet::PACKET;
use super::super::pes::PesHead;
use super::super::psi::PAT_PID;
use super::super::studio::{AUDIO, FRAME, H264, MP2, PMT, Picture, RATE, Studio, VIDEO, counter_fault};
use super::tests::{CHUNK, at, bytes, contents, entries, fed, packets};
use super::*;

const HOUR: Ticks = 3_600 * SECOND;

#[test]
fn a_session_that_overlaps_goes_on_without_a_trace() {
    let source = Studio::broadcast(1, 900_000, 20);
    let (whole, _) = fed(&[&source]);
    let third = source.len() / 3;
    for (cut, begin) in
        [(2 * third, third), (2 * third + 77, 50), (2 * third + 500, 2 * third - 20_000), (1_000, 0)]
    {
        let (chunks, facts) = fed(&[&source[..cut], &source[begin..]]);
        assert!(contents(&chunks) == contents(&whole), "cut at {cut}, on from {begin}");
        assert_eq!(counter_fault(&bytes(&chunks)), None);
        assert!(chunks.iter().all(|chunk| !chunk.broken));
        assert_eq!((facts.seamless_splices, facts.broken_splices), (1, 0));
        assert!(chunks.windows(2).all(|pair| pair[0].position <= pair[1].position));
        assert_eq!(chunks.last().unwrap().position / FRAME, whole.last().unwrap().position / FRAME);
    }
}

#[test]
fn a_session_that_begins_before_everything_that_was_sent_overlaps_too() {
    let source = Studio::broadcast(1, 900_000, 30);
    let tenth = source.len() / 10 / PACKET * PACKET;
    let (whole, _) = fed(&[&source[6 * tenth..]]);
    let (chunks, facts) = fed(&[&source[6 * tenth..8 * tenth], &source[..]]);
    assert_eq!((facts.seamless_splices, facts.broken_splices), (1, 0));
    assert!(contents(&chunks) == contents(&whole));
}

/// Both parts of a splice that cannot be seamless: a break at an entry that every PID announces.
fn assert_broken_once(chunks: &[Chunk], breaks: usize) {
    assert_eq!(counter_fault(&bytes(chunks)), None);
    let broken: Vec<usize> = (0..chunks.len()).filter(|index| chunks[*index].broken).collect();
    assert_eq!(broken.len(), breaks);
    for index in broken {
        assert!(chunks[index].entry.is_some());
        let (mut seen, after) = (HashSet::from([PAT_PID, PMT]), bytes(&chunks[index..]));
        for packet in packets(&after) {
            let first = seen.insert(packet.pid());
            assert!(!first || packet.is_discontinuity(), "PID {:#x} says nothing", packet.pid());
        }
        let clock = packets(&after).find(|packet| packet.pcr().is_some()).unwrap();
        assert!(clock.is_discontinuity());
    }
}

/// Asserts that times run on over breaks: clock samples, and the stamps of each PID, grow by less than `most` ticks.
fn assert_on_one_line(chunks: &[Chunk], most: Ticks) {
    let (stream, mut lines) = (bytes(chunks), HashMap::<_, Ticks>::new());
    let mut grows = |line, time| {
        let last = lines.insert(line, time).unwrap_or(time);
        assert!((last..last + most).contains(&time), "{line:?}: from {last} to {time}");
    };
    for packet in packets(&stream) {
        if let Some(clock) = packet.pcr() {
            grows((packet.pid(), "clock"), clock);
        }
        if let Some(head) = PesHead::read(packet.payload()).filter(|_| packet.starts()) {
            grows((packet.pid(), "stamp"), head.pts.unwrap());
        }
    }
    assert!(lines.len() >= 3);
}

#[test]
fn times_run_on_over_breaks_of_all_kinds() {
    let mut jumps = Studio::new(1);
    for from in [HOUR, 2 * HOUR, HOUR] {
        jumps.show(from, 2 * RATE, RATE);
    }
    let (earlier, other) = (Studio::broadcast(2, HOUR - SECOND, 5), Studio::broadcast(3, 5, 5));
    // Halves of pictures, and groups of which the first picture is missing.
    let sessions = [&jumps.bytes[..], &earlier[10_000..], &other[..50_000], &jumps.bytes[100_000..]];
    let (chunks, facts) = fed(&sessions);
    assert_broken_once(&chunks, 6);
    assert_eq!((facts.broken_splices, facts.breaks), (3, 3));
    // Half a second is what pictures are shown behind the clock here.
    assert_on_one_line(&chunks, SECOND / 2 + FRAME + 1);
    for chunk in chunks.iter().filter(|chunk| chunk.entry.is_some()) {
        let picture = packets(&chunk.bytes).find(|packet| packet.pid() == VIDEO).unwrap();
        let stamp = PesHead::read(picture.payload()).unwrap().pts;
        assert_eq!(stamp, chunk.entry.map(|entry| entry.pts & 0x1_FFFF_FFFF));
    }
}

#[test]
fn an_engine_that_lags_behind_is_waited_for_ten_seconds_and_then_seen_as_it_is() {
    let source = Studio::broadcast(1, HOUR, 60);
    let second = source.len() / 60;
    let (mut feed, mut out) = (Feed::new(CHUNK), Vec::new());
    feed.push(&source[..40 * second], at(100), &mut out);
    feed.begin();
    // What it has at once is as old as that.
    feed.push(&source[5 * second..15 * second], at(101), &mut out);
    let had = out.len();
    for number in 15..40 {
        feed.push(&source[number * second..][..second], at(87 + number as u64), &mut out);
        assert_eq!(out.len() > had, number >= 24, "after {} s", number - 14);
    }
    assert_broken_once(&out, 1);
    assert_on_one_line(&out, 13 * SECOND);
    assert_eq!((feed.facts().seamless_splices, feed.facts().broken_splices), (0, 1));
}

#[test]
fn nothing_goes_out_before_a_new_clock_is_known() {
    const CLOCK: u16 = 0x1FE;
    let mut studio = Studio::new(1);
    studio.show(HOUR, 2 * RATE, RATE);
    for number in 0..3 * RATE {
        let (time, kind) = (9 * HOUR + number * FRAME, number % RATE == 0);
        studio.tables(&[(1, PMT, CLOCK, &[(H264, VIDEO), (MP2, AUDIO)])]);
        studio.picture(time, if kind { Picture::Key } else { Picture::Middle }, 700);
        studio.sound(AUDIO, time, None);
        studio.clock(CLOCK, time);
    }
    let (chunks, facts) = fed(&[&studio.bytes]);
    assert_eq!(
        (facts.breaks, entries(&chunks).len()),
        (1, 4),
        "the first picture of the new clock came before it"
    );
    assert_on_one_line(&chunks, SECOND);
}

#[test]
fn another_codec_on_the_same_clock_goes_on_as_it_was_timed() {
    let mut studio = Studio::new(1);
    studio.show(HOUR, RATE, RATE);
    for number in RATE..3 * RATE {
        studio.tables(&[(1, PMT, VIDEO, &[(MP2, AUDIO)])]);
        studio.clock(VIDEO, HOUR + number * FRAME);
        studio.sound(AUDIO, HOUR + number * FRAME, None);
    }
    let (chunks, facts) = fed(&[&studio.bytes]);
    assert_eq!(facts.breaks, 1);
    // The first sample waits for the first sound.
    assert_on_one_line(&chunks, 2 * FRAME + 1);
}

#[test]
fn what_comes_from_behind_a_hole_before_its_clock_does_not_widen_it() {
    let mut studio = Studio::new(1);
    studio.show(HOUR, 2 * RATE, RATE);
    studio.sound(AUDIO, HOUR + 7 * SECOND, None);
    studio.show(HOUR + 7 * SECOND, 2 * RATE, RATE);
    let (chunks, facts) = fed(&[&studio.bytes]);
    assert_eq!(facts.breaks, 1);
    assert!(chunks.windows(2).all(|pair| pair[1].position - pair[0].position < SECOND));
}

#[test]
fn times_run_on_by_what_people_waited() {
    let (mut feed, mut out) = (Feed::new(CHUNK), Vec::new());
    feed.push(&Studio::broadcast(1, HOUR, 2), at(100), &mut out);
    feed.begin();
    feed.push(&Studio::broadcast(2, 0, 2), at(107), &mut out);
    feed.flush(at(107), &mut out);
    let pts: Vec<Ticks> = out.iter().filter_map(|chunk| Some(chunk.entry?.pts)).collect();
    // The last picture came 24 after the second key.
    assert_eq!((pts[2] - pts[1], pts[3] - pts[2]), (7 * SECOND + 24 * FRAME, SECOND));
}

#[test]
fn another_broadcast_begins_with_a_break_even_on_the_same_clock() {
    let (one, other) = (Studio::broadcast(1, 900_000, 10), Studio::broadcast(2, 900_000, 10));
    let (chunks, facts) = fed(&[&one[..one.len() / 2 + 99], &other]);
    assert_broken_once(&chunks, 1);
    assert_eq!((facts.seamless_splices, facts.broken_splices, facts.breaks), (0, 1, 0));
    let second = chunks.iter().position(|chunk| chunk.broken).unwrap();
    assert_eq!(entries(&chunks[second..]).len(), 10, "nothing of the other is lost");
}

#[test]
fn the_same_broadcast_behind_a_gap_begins_at_an_entry() {
    let source = Studio::broadcast(1, 900_000, 20);
    let (chunks, facts) = fed(&[&source[..source.len() / 2], &source[source.len() / 2 + 20 * PACKET..]]);
    assert_broken_once(&chunks, 1);
    assert_eq!((facts.seamless_splices, facts.broken_splices), (0, 1));
}

#[test]
fn time_goes_on_over_a_break_by_what_people_waited() {
    let (mut feed, mut out) = (Feed::new(CHUNK), Vec::new());
    feed.push(&Studio::broadcast(1, 900_000, 2), at(100), &mut out);
    feed.begin();
    feed.push(&Studio::broadcast(2, HOUR, 2), at(107), &mut out);
    feed.flush(at(107), &mut out);
    let broken = out.iter().find(|chunk| chunk.broken).unwrap();
    assert_eq!(broken.position / FRAME, 49 + 7 * RATE);
    assert_eq!(broken.arrived, at(107));
    assert_eq!(feed.stream_time().unwrap() / FRAME, 49 + 7 * RATE + 49);
}

#[test]
fn a_clock_that_jumps_within_a_session_is_a_break() {
    let mut studio = Studio::new(1);
    for from in [HOUR, 2 * HOUR, HOUR] {
        studio.show(from, 2 * RATE, RATE);
    }
    let (chunks, facts) = fed(&[&studio.bytes]);
    assert_broken_once(&chunks, 2);
    assert_eq!((facts.breaks, entries(&chunks).len()), (2, 6));
    assert!(chunks.windows(2).all(|pair| pair[1].position - pair[0].position < SECOND));
}

#[test]
fn a_clock_that_wraps_is_none() {
    let (chunks, facts) = fed(&[&Studio::broadcast(1, (1 << 33) - 2 * SECOND, 4)]);
    assert_eq!((facts.breaks, chunks.last().unwrap().position / SECOND), (0, 3));
    let times: Vec<Ticks> = chunks.iter().filter_map(|chunk| Some(chunk.entry?.pts)).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] == SECOND), "{times:?}");
}

#[test]
fn a_session_that_lacks_the_end_of_what_was_sent_says_so() {
    let source = Studio::broadcast(1, 900_000, 10);
    // The cut is within a picture, whose rest the second session has lost.
    let cut =
        packets(&source).enumerate().filter(|(_, packet)| packet.pid() == VIDEO && packet.starts()).nth(120);
    let cut = (cut.unwrap().0 + 2) * PACKET;
    let hole = [&source[..cut - PACKET], &source[cut + 2 * PACKET..]].concat();
    let (chunks, facts) = fed(&[&source[..cut], &hole]);
    assert_eq!((facts.seamless_splices, facts.broken_splices, facts.breaks), (1, 0, 0));
    assert_eq!(counter_fault(&bytes(&chunks)), None);
    let (whole, _) = fed(&[&source]);
    assert_eq!(contents(&chunks).len(), contents(&whole).len() - 2);
}

#[test]
fn a_session_that_lacks_a_little_of_what_was_sent_goes_on_behind_it() {
    let source = Studio::broadcast(1, 900_000, 10);
    let picture =
        packets(&source).enumerate().filter(|(_, packet)| packet.pid() == VIDEO && packet.starts()).nth(120);
    let picture = picture.unwrap().0 * PACKET;
    let hole = [&source[..picture + PACKET], &source[picture + 2 * PACKET..]].concat();
    let (chunks, facts) = fed(&[&source[..picture + 3 * PACKET], &hole]);
    assert_eq!((facts.seamless_splices, facts.continuity_errors), (1, 0));
    assert!(contents(&chunks) == contents(&fed(&[&source]).0));
}

#[test]
fn packets_that_look_alike_are_told_apart() {
    let mut studio = Studio::new(1);
    studio.show(900_000, 2 * RATE, RATE);
    let begins = studio.bytes.len();
    studio.filled(900_000 + 2 * RATE * FRAME, 60 * PACKET);
    let ends = studio.bytes.len();
    studio.show(900_000 + (2 * RATE + 1) * FRAME, 2 * RATE, RATE);
    let source = studio.bytes;
    let whole = contents(&fed(&[&source]).0);
    for cut in (begins..=ends).step_by(PACKET) {
        let (chunks, facts) = fed(&[&source[..cut], &source]);
        assert_eq!((facts.seamless_splices, counter_fault(&bytes(&chunks))), (1, None));
        assert!(contents(&chunks) == whole, "cut {} packets into the picture", (cut - begins) / PACKET);
    }
}

#[test]
fn a_clock_with_a_pid_of_its_own_is_followed_over_a_splice() {
    const CLOCK: u16 = 0x1FE;
    let mut studio = Studio::new(1);
    for number in 0..10 * RATE {
        let time = 900_000 + number * FRAME;
        studio.tables(&[(1, PMT, CLOCK, &[(MP2, AUDIO)])]);
        studio.clock(CLOCK, time);
        studio.sound(AUDIO, time, None);
    }
    let source = studio.bytes;
    let (whole, _) = fed(&[&source]);
    assert_eq!(entries(&whole).len(), 10);
    let (chunks, facts) = fed(&[&source[..source.len() / 2], &source[source.len() / 4..]]);
    assert_eq!((facts.seamless_splices, facts.broken_splices, facts.breaks), (1, 0, 0));
    assert!(contents(&chunks) == contents(&whole));
}

#[test]
fn pictures_that_stand_still_for_seconds_are_no_breaks() {
    let mut studio = Studio::new(1);
    for number in 0..20 {
        studio.tables(&[(1, PMT, VIDEO, &[(H264, VIDEO), (MP2, AUDIO)])]);
        studio.picture(900_000 + number * 2 * SECOND, Picture::Key, 700);
    }
    let (chunks, facts) = fed(&[&studio.bytes]);
    assert_eq!((facts.breaks, entries(&chunks).len()), (3, 20));
}
