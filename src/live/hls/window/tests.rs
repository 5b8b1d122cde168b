use bytes::Bytes;

use super::*;
use crate::live::chunk::{Entry, EntryKind};
use crate::live::hls::playlist::Rendition;

/// A piece of so many seconds that begins at a second of the time line.
pub(in crate::live::hls) fn piece(at: u64, seconds: u64, after_break: bool) -> Piece {
    let position = at * SECOND;
    let opening = Chunk {
        bytes: Bytes::new(),
        entry: Some(Entry { pts: position, kind: EntryKind::Clean }),
        position,
        arrived: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000),
        broken: after_break,
        counters: Arc::from([]),
        program: Arc::default(),
    };
    Piece {
        opening,
        indexes: at..at + seconds,
        bytes: Vec::new(),
        start: position,
        duration: seconds * SECOND,
        after_break,
        longest_gap: SECOND,
    }
}

fn body(length: usize) -> Body {
    Body::memory(vec![Bytes::from(vec![0; length])])
}

/// Segments of five seconds, `count` of them.
fn filled(span: u64, count: u64) -> Window {
    let mut window = Window::new(Duration::from_secs(span));
    (0..count).for_each(|n| drop(window.add(piece(5 * n, 5, false), body(188))));
    window
}

fn numbers<'a>(segments: impl IntoIterator<Item = &'a Arc<Segment>>) -> Vec<Number> {
    segments.into_iter().map(|segment| segment.number).collect()
}

#[test]
fn playlists_show_the_window_and_what_left_it_stays_for_another() {
    let window = filled(100, 100);
    assert_eq!(numbers(window.listed()), Vec::from_iter(80..100));
    assert_eq!(window.first(), 59, "twice the window, and one segment");
    assert!(window.get(60).is_some() && window.get(58).is_none() && window.get(100).is_none());
    assert_eq!(window.head(), 500);
}

#[test]
fn without_recording_players_still_find_a_minute() {
    assert_eq!(numbers(filled(0, 100).listed()), Vec::from_iter(88..100));
}

#[test]
fn a_delay_leads_to_the_segment_of_that_time() {
    let window = filled(1000, 20);
    for (delay, number) in [(0, 19), (5, 19), (6, 18), (50, 10), (100, 0), (5000, 0)] {
        assert_eq!(window.behind(Duration::from_secs(delay)), number, "{delay} s");
    }
}

#[test]
fn the_quota_takes_the_oldest_and_leaves_what_players_need() {
    let mut window = filled(1000, 20);
    let taken = Vec::from_iter(std::iter::from_fn(|| window.give_up_oldest()));
    assert_eq!(numbers(&taken), Vec::from_iter(0..8));
    assert_eq!((window.oldest(), window.first()), (None, 8));
    assert_eq!(numbers(window.listed()), Vec::from_iter(8..20));
}

#[test]
fn memory_is_bounded_where_the_disk_takes_nothing() {
    let mut window = Window::new(Duration::from_secs(1000));
    let large = usize::try_from(MOST_IN_MEMORY / 4).unwrap();
    (0..20).for_each(|n| drop(window.add(piece(5 * n, 5, false), body(large))));
    assert_eq!(numbers(window.listed()), [16, 17, 18, 19]);
    drop(window.add(piece(100, 5, false), body(large * 9)));
    assert_eq!(numbers(window.listed()), [17, 18, 19, 20], "so many stay, however large they are");
    assert_eq!(window.enough(), 3);
}

#[test]
fn parts_count_where_the_disk_takes_nothing() {
    let mut window = Window::new(Duration::from_secs(1000));
    let large = usize::try_from(MOST_IN_MEMORY / 20).unwrap();
    for number in 0..20 {
        drop(window.add(piece(5 * number, 5, false), body(large)));
        for rendition in [Rendition::Pictures, Rendition::Sound] {
            assert!(window.add_part(number, rendition, body(large)).is_none());
        }
    }
    assert_eq!(numbers(window.listed()), Vec::from_iter(13..20), "the newest has come without its parts");
}

#[test]
fn a_playlist_needs_three_segments_unless_fewer_are_kept() {
    let few: Vec<usize> = (0..5).map(|count| filled(1000, count).enough()).collect();
    assert_eq!(few, [3, 3, 3, 3, 3]);
    let mut long = Window::new(Duration::ZERO);
    (0..4).for_each(|n| drop(long.add(piece(70 * n, 70, false), body(188))));
    assert_eq!((long.listed().count(), long.enough()), (1, 1));
}

#[test]
fn dates_follow_from_durations_and_are_set_anew_after_a_break() {
    let mut window = filled(1000, 2);
    let _ = window.add(piece(40, 5, true), body(188));
    let _ = window.add(piece(45, 5, false), body(188));
    let start = window.get(0).unwrap().date;
    let dates: Vec<u64> =
        window.listed().map(|segment| segment.date.duration_since(start).unwrap().as_secs()).collect();
    assert_eq!(dates, [0, 5, 40, 45]);
    let stretches: Vec<u64> = window.listed().map(|segment| segment.stretch).collect();
    assert_eq!(stretches, [0, 0, 1, 1]);
}

#[test]
fn a_part_is_kept_once_and_goes_with_its_segment() {
    let mut window = filled(1000, 20);
    for rendition in [Rendition::Pictures, Rendition::Sound] {
        assert!(window.body(3, rendition).is_none());
        assert!(window.add_part(3, rendition, body(100)).is_none());
        assert_eq!(window.add_part(3, rendition, body(200)).map(|other| other.length()), Some(200));
        assert_eq!(window.body(3, rendition).map(Body::length), Some(100), "whoever read it finds it again");
        assert!(window.add_part(99, rendition, body(100)).is_some());
    }
    while window.first() < 4 {
        window.give_up_oldest();
    }
    assert!(window.body(3, Rendition::Sound).is_none());
    assert!(window.add_part(3, Rendition::Sound, body(100)).is_some());
}

#[test]
fn players_begin_three_target_durations_before_the_end() {
    let mut window = filled(1000, 20);
    window.settle_target();
    assert_eq!(window.start_of_players(), 16);
}

#[test]
fn the_target_is_settled_once() {
    let mut window = filled(1000, 3);
    assert_eq!((window.target(), window.settle_target(), window.target()), (12, 6, 6));
    let _ = window.add(piece(15, 11, false), body(188));
    assert_eq!(window.settle_target(), 6);
}
