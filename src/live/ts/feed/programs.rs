//! What comes out of a feed for tables of all kinds.

use std::time::Duration;

use super::super::clock::SECOND;
use super::super::packet::PACKET;
use super::super::psi::PAT_PID;
use super::super::studio::{AUDIO, FRAME, H264, MP2, PMT, Picture, RATE, Studio, VIDEO};
use super::tests::{CHUNK, NOW, bytes, entries, fed, fed_into, packets, pids};
use super::*;
use crate::live::EntryKind;

#[test]
fn a_new_sound_is_announced_and_a_new_picture_is_a_break() {
    const OTHER: u16 = 0x180;
    let mut studio = Studio::new(1);
    studio.show(900_000, RATE, RATE);
    studio.tables(&[(1, PMT, VIDEO, &[(H264, VIDEO), (MP2, AUDIO), (MP2, OTHER)])]);
    studio.picture(900_000 + RATE * FRAME, Picture::Key, 400);
    studio.sound(OTHER, 900_000 + RATE * FRAME, None);
    let (chunks, facts) = fed_into(1 << 20, &[&studio.bytes]);
    let counts: Vec<usize> = chunks.iter().map(|chunk| chunk.program.tracks.len()).collect();
    assert_eq!((counts, facts.breaks), (vec![2, 3, 3], 0));
    assert!(pids(chunks.last().unwrap()).contains(&OTHER));
    let versions: Vec<u8> = chunks.iter().map(|chunk| chunk.bytes[PACKET + 10] >> 1 & 0x1F).collect();
    assert_eq!(versions, [0, 1, 1]);

    studio.tables(&[(1, PMT, VIDEO, &[(0x24, VIDEO), (MP2, AUDIO)])]);
    assert_eq!(fed(&[&studio.bytes]).1.breaks, 1);
}

#[test]
fn the_program_with_a_picture_is_taken_and_the_others_left_out() {
    let mut studio = Studio::new(1);
    for number in 0..2 * RATE {
        let time = 900_000 + number * FRAME;
        studio.tables(&[
            (7, 0x200, AUDIO, &[(MP2, AUDIO)]),
            (8, PMT, VIDEO, &[(H264, VIDEO)]),
            (9, 0x300, 0x301, &[(MP2, 0x301)]),
        ]);
        studio.sound(AUDIO, time, Some(time));
        studio.picture(time, if number % RATE == 0 { Picture::Key } else { Picture::Middle }, 400);
    }
    let (chunks, facts) = fed(&[&studio.bytes]);
    assert_eq!((facts.entries, facts.breaks), (2, 0));
    let stream = bytes(&chunks);
    assert!(packets(&stream).all(|packet| [PAT_PID, PMT, VIDEO].contains(&packet.pid())));
}

#[test]
fn a_stream_without_a_clock_is_sent_after_a_while() {
    let mut studio = Studio::new(1);
    let (mut feed, mut out) = (Feed::new(CHUNK), Vec::new());
    for number in 0..8 * RATE {
        studio.tables(&[(1, PMT, NULL_PID, &[(MP2, AUDIO)])]);
        studio.sound(AUDIO, number * FRAME, None);
        feed.push(&std::mem::take(&mut studio.bytes), NOW + Duration::from_millis(number * 40), &mut out);
    }
    let seconds: Vec<u64> = out.iter().map(|chunk| chunk.position / SECOND).collect();
    assert!(seconds.len() > 3 && seconds.is_sorted(), "{seconds:?}");
    assert_eq!(feed.stream_time(), None);
}

#[test]
fn a_program_that_is_listed_and_never_described_is_not_waited_for() {
    let mut studio = Studio::new(1);
    let (mut feed, mut out) = (Feed::new(CHUNK), Vec::new());
    for number in 0..8 * RATE {
        let time = 900_000 + number * FRAME;
        studio.tables(&[(7, PMT, AUDIO, &[(MP2, AUDIO)]), (9, 0x300, AUDIO, &[])]);
        // The second PMT is damaged.
        *studio.bytes.last_chunk_mut::<PACKET>().unwrap() = [0x47; PACKET];
        studio.sound(AUDIO, time, Some(time));
        feed.push(&std::mem::take(&mut studio.bytes), NOW + Duration::from_millis(number * 40), &mut out);
    }
    assert_eq!(entries(&out)[0], (0, EntryKind::Clean));
    assert!(feed.facts().entries >= 7);
}
