//! What holds for any bytes.

use proptest::prelude::*;

use std::time::SystemTime;

use super::super::packet::{PACKET, SYNC};
use super::super::studio::{Studio, counter_fault};
use super::*;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

/// Bytes of one session after the other, each cut as the lengths say, which repeat.
fn fed(sessions: &[&[u8]], lengths: &[usize]) -> Vec<Chunk> {
    let (mut feed, mut out, mut lengths) = (Feed::new(5_000), Vec::new(), lengths.iter().cycle());
    for session in sessions {
        feed.begin();
        let mut rest = *session;
        while let Some(length) = lengths.next().filter(|_| !rest.is_empty()) {
            let (piece, behind) = rest.split_at((*length).min(rest.len()));
            feed.push(piece, NOW, &mut out);
            rest = behind;
        }
    }
    feed.flush(NOW, &mut out);
    out
}

fn bytes(chunks: &[Chunk]) -> Vec<u8> {
    chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect()
}

/// Packets with any contents, which all the same look like packets of a broadcast that is known.
fn packet_like() -> impl Strategy<Value = Vec<u8>> {
    let pid = prop_oneof![Just(0_u16), Just(0x100), Just(0x101), Just(0x1000), Just(0x1FFF)];
    (pid, any::<[u8; 2]>(), prop::collection::vec(any::<u8>(), PACKET - 4)).prop_map(|(pid, flags, rest)| {
        let [high, low] = pid.to_be_bytes();
        let head = [SYNC, high | flags[0] & 0xC0, low, flags[1]];
        [&head[..], &rest].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn how_bytes_are_cut_makes_no_difference(
        lengths in prop::collection::vec(1_usize..3_000, 1..40),
        cut in 20_000_usize..60_000,
        back in 0_usize..20_000,
    ) {
        let source = Studio::broadcast(3, 900_000, 4);
        let sessions = [&source[..cut.min(source.len())], &source[(cut - back).min(source.len())..]];
        let (one, other) = (fed(&sessions, &lengths), fed(&sessions, &[usize::MAX]));
        prop_assert_eq!(bytes(&one), bytes(&other));
        let facts = |chunks: &[Chunk]| -> Vec<_> {
            chunks.iter().map(|chunk| (chunk.entry, chunk.position, chunk.broken, chunk.counters.to_vec())).collect()
        };
        prop_assert_eq!(facts(&one), facts(&other));
    }

    #[test]
    fn counters_never_jump_without_notice_wherever_sessions_are_cut(
        cuts in prop::collection::vec((0_usize..100_000, 0_usize..100_000, any::<bool>()), 1..6),
    ) {
        let films = [Studio::broadcast(3, 900_000, 6), Studio::broadcast(4, 950_000, 6)];
        let sessions: Vec<&[u8]> = cuts
            .iter()
            .map(|(from, length, other)| {
                let film = &films[usize::from(*other)];
                let from = from % film.len();
                &film[from..(from + length).min(film.len())]
            })
            .collect();
        prop_assert_eq!(counter_fault(&bytes(&fed(&sessions, &[1_316]))), None);
    }

    #[test]
    fn whatever_comes_whole_packets_leave(
        garbage in prop::collection::vec(prop_oneof![
            3 => packet_like(),
            1 => prop::collection::vec(any::<u8>(), 0..400),
        ], 0..60),
        from in 0_usize..40_000,
    ) {
        let source = Studio::broadcast(5, 900_000, 2);
        let garbage = garbage.concat();
        let sessions = [&source[..from.min(source.len())], &garbage, &source[..]].concat();
        let chunks = fed(&[&sessions, &garbage, &source], &[1_000]);
        for chunk in &chunks {
            prop_assert!(chunk.bytes.len().is_multiple_of(PACKET) && !chunk.bytes.is_empty());
            prop_assert!(chunk.bytes.chunks(PACKET).all(|packet| packet[0] == SYNC));
            super::super::without_audio(&chunk.bytes);
        }
        prop_assert!(chunks.windows(2).all(|pair| pair[0].position <= pair[1].position));
    }
}
