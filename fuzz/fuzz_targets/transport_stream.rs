//! Whatever engines deliver, over any number of sessions: no panic, and whole packets in chunks that follow each other.
#![no_main]

use std::time::{Duration, SystemTime};

use headwater::live::ts::{Feed, PACKET, skip_notice, without_audio};
use libfuzzer_sys::fuzz_target;

/// Between sessions, so that the fuzzer can invent some.
const NEXT: &[u8] = b"NEXTSESSION";

fuzz_target!(|bytes: &[u8]| {
    let (mut feed, mut out) = (Feed::new(4_096), Vec::new());
    let mut now = SystemTime::UNIX_EPOCH;
    let mut rest = bytes;
    loop {
        let end = rest.windows(NEXT.len()).position(|window| window == NEXT);
        for piece in rest[..end.unwrap_or(rest.len())].chunks(1_000) {
            feed.push(piece, now, &mut out);
            now += Duration::from_millis(100);
        }
        feed.flush(now, &mut out);
        let Some(end) = end else { break };
        rest = &rest[end + NEXT.len()..];
        feed.begin();
    }
    for chunk in &out {
        assert!(!chunk.bytes.is_empty() && chunk.bytes.len().is_multiple_of(PACKET));
        assert!(chunk.bytes.chunks(PACKET).all(|packet| packet[0] == 0x47));
        assert!(without_audio(&chunk.bytes).len() <= chunk.bytes.len());
        assert!(skip_notice(chunk).len().is_multiple_of(PACKET));
    }
    assert!(out.windows(2).all(|pair| pair[0].position <= pair[1].position));
});
