use std::time::SystemTime;

use super::*;
use crate::live::chunk::{Codec, Entry, EntryKind, Pid, Program, Track};
use crate::live::hls::body::Body;
use crate::live::hls::window::Window;

/// Feeds chunks of half a second; `at(n)` says what the n-th is.
struct Channel {
    cutter: Cutter,
    index: u64,
    pieces: Vec<Piece>,
}

fn program(pid: Pid) -> Arc<Program> {
    Arc::new(Program { pmt: 1, pcr: pid, tracks: vec![Track { pid, codec: Codec::H264, language: None }] })
}

fn chunk(half_seconds: u64, entry: bool) -> Chunk {
    let position = half_seconds * SECOND / 2;
    Chunk {
        bytes: Bytes::from(vec![0; 188]),
        entry: entry.then_some(Entry { pts: position + 1_000_000, kind: EntryKind::Clean }),
        position,
        arrived: SystemTime::UNIX_EPOCH,
        broken: false,
        counters: Arc::from([]),
        program: program(256),
    }
}

impl Channel {
    fn new() -> Self {
        Self { cutter: Cutter::default(), index: 0, pieces: Vec::new() }
    }

    fn push(&mut self, chunk: &Chunk, target: u32) {
        self.pieces.extend(self.cutter.push(self.index, chunk, false, target));
        self.index += 1;
    }

    /// A minute with an entry every so many half seconds.
    fn minute(mut self, gap: u64, target: u32) -> Self {
        (0..120).for_each(|n| self.push(&chunk(n, n % gap == 0), target));
        self
    }

    fn seconds(&self) -> Vec<f64> {
        self.pieces.iter().map(|piece| time(piece.duration).as_secs_f64()).collect()
    }
}

#[test]
fn the_first_segments_are_short_and_all_begin_at_entries() {
    let channel = Channel::new().minute(2, 6);
    assert_eq!(channel.seconds()[..5], [2.0, 2.0, 2.0, 4.0, 4.0]);
    assert!(channel.pieces.iter().all(|piece| piece.opening.entry.is_some() && !piece.after_break));
    let mut indexes = channel.pieces.iter().map(|piece| piece.indexes.clone());
    let first = indexes.next().unwrap();
    assert_eq!(first, 0..4, "two seconds of half a second each");
    indexes.fold(first, |before, next| {
        assert_eq!(before.end, next.start, "nothing is left out and nothing is there twice");
        next
    });
}

#[test]
fn long_picture_groups_are_not_joined_beyond_the_target() {
    let channel = Channel::new().minute(10, 8);
    assert!(channel.seconds().iter().all(|seconds| *seconds == 5.0), "{:?}", channel.seconds());
    let channel = Channel::new().minute(7, 6);
    assert!(channel.seconds().iter().skip(1).all(|seconds| *seconds == 3.5), "{:?}", channel.seconds());
}

#[test]
fn a_picture_group_longer_than_the_target_is_cut_within() {
    let channel = Channel::new().minute(40, 6);
    assert!(channel.seconds().iter().all(|seconds| *seconds <= 6.0), "{:?}", channel.seconds());
    let total: f64 = channel.seconds().iter().sum();
    assert!(total > 50.0, "nothing is lost by that: {total}");
    assert!(channel.pieces.iter().any(|piece| piece.opening.entry.is_none()));
}

#[test]
fn a_break_ends_the_segment_and_the_next_begins_at_an_entry() {
    let mut channel = Channel::new();
    (0..7).for_each(|n| channel.push(&chunk(n, n % 2 == 0), 6));
    channel.push(&Chunk { broken: true, ..chunk(7, false) }, 6);
    channel.push(&chunk(8, false), 6);
    (9..30).for_each(|n| channel.push(&chunk(n, n % 2 == 1), 6));
    assert_eq!(channel.seconds()[..3], [2.0, 1.5, 2.0]);
    let breaks: Vec<bool> = channel.pieces.iter().map(|piece| piece.after_break).collect();
    assert_eq!(breaks[..4], [false, false, true, false]);
    assert_eq!(channel.pieces[2].indexes.start, 9);
}

#[test]
fn half_a_picture_before_a_break_is_left_out_and_nowhere_else() {
    // A packet in which a picture begins, and one in which it goes on.
    let picture = [[0x47, 0x41, 0x00, 0x10], [0x47, 0x01, 0x00, 0x11]];
    let bytes: Bytes = picture.into_iter().flat_map(|head| [&head[..], &[0; 184]].concat()).collect();
    let shown = |n: u64| Chunk { bytes: bytes.clone(), ..chunk(n, n.is_multiple_of(4)) };
    let mut channel = Channel::new();
    (0..6).for_each(|n| channel.push(&shown(n), 6));
    channel.push(&Chunk { broken: true, ..shown(8) }, 6);
    channel.push(&shown(9), 6);
    channel.pieces.extend(channel.cutter.close());
    let pictures: Vec<usize> =
        channel.pieces.iter().map(|piece| piece.bytes.concat().len() / bytes.len()).collect();
    assert_eq!(pictures, [4, 1, 2]);
}

#[test]
fn other_tracks_are_a_break_too() {
    let mut channel = Channel::new();
    (0..4).for_each(|n| channel.push(&chunk(n, n % 2 == 0), 6));
    (4..20).for_each(|n| channel.push(&Chunk { program: program(300), ..chunk(n, n % 2 == 0) }, 6));
    let breaks: Vec<bool> = channel.pieces.iter().map(|piece| piece.after_break).collect();
    assert_eq!(breaks[..3], [false, true, false]);
}

#[test]
fn a_lost_stretch_is_a_break() {
    let mut cutter = Cutter::default();
    assert!(cutter.push(0, &chunk(0, true), false, 6).is_none());
    assert!(cutter.push(1, &chunk(1, false), false, 6).is_none());
    let closed = cutter.push(90, &chunk(90, true), true, 6).unwrap();
    assert_eq!(time(closed.duration).as_secs(), 1, "what is lost takes no time of it");
    let next = (91..96).find_map(|n| cutter.push(n, &chunk(n, n % 2 == 0), false, 6)).unwrap();
    assert!(next.after_break);
}

#[test]
fn presentation_times_that_jump_are_not_believed() {
    let mut channel = Channel::new();
    (0..4).for_each(|n| channel.push(&chunk(n, n % 2 == 0), 6));
    let mut jumped = chunk(4, true);
    jumped.entry = Some(Entry { pts: 0, kind: EntryKind::Clean });
    channel.push(&jumped, 6);
    assert_eq!(channel.seconds(), [2.0]);
}

#[test]
fn the_target_is_as_short_as_the_picture_groups_allow() {
    for (longest, gap, target) in
        [(4, 1, 6), (4, 2, 6), (5, 3, 8), (7, 2, 8), (8, 8, 12), (11, 2, 12), (30, 30, 12)]
    {
        assert_eq!(choose_target(longest * SECOND, gap * SECOND), target, "{longest} {gap}");
    }
}

#[test]
fn a_segment_that_is_open_when_the_target_is_settled_fits_it() {
    let mut window = Window::new(time(1000 * SECOND));
    let mut cutter = Cutter::default();
    let mut longest = 0;
    for n in 0..120 {
        // Pictures to begin with come every two seconds, and then none does for a while.
        let entry = n % 4 == 0 && !(12..30).contains(&n);
        window.grows(cutter.open_for());
        let target = window.target();
        if let Some(piece) = cutter.push(n, &chunk(n, entry), false, target) {
            longest = longest.max(piece.duration);
            let _ = window.add(piece, Body::memory(Vec::new()));
        }
        if n == 26 {
            window.settle_target();
        }
    }
    let target = Ticks::from(window.settle_target()) * SECOND;
    assert!(longest > 7 * SECOND && longest <= target, "{longest} {target}");
}

#[test]
fn presentation_times_do_not_make_a_segment_longer_than_the_target() {
    let mut cutter = Cutter::default();
    (0..11).for_each(|n| assert!(cutter.push(n, &chunk(n, n == 0), false, 6).is_none()));
    let mut late = chunk(11, true);
    late.entry = late.entry.map(|entry| Entry { pts: entry.pts + SECOND, ..entry });
    let piece = cutter.push(11, &late, false, 6).unwrap();
    assert_eq!(piece.duration, 11 * SECOND / 2);
}
