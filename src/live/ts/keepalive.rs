//! Packets that stand in for what is not there.

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};

use super::super::chunk::{Chunk, NULL_PID};
use super::packet::{PACKET, SYNC, discontinuity};

/// As many as are ever sent at once.
const MOST: usize = 512;

static NULLS: LazyLock<Bytes> = LazyLock::new(|| {
    let mut packet = [0xFF; PACKET];
    let [high, low] = NULL_PID.to_be_bytes();
    packet[..4].copy_from_slice(&[SYNC, high, low, 0x10]);
    Bytes::from(packet.repeat(MOST))
});

/// Filler that keeps a connection and a player's patience alive and is decoded by nobody. 512 packets at most.
pub fn null_packets(count: usize) -> Bytes {
    NULLS.slice(..count.min(MOST) * PACKET)
}

/// What a viewer who skipped forward gets before the chunk: for each PID a packet that says that something is missing,
/// so that the jump of its counter is no error.
pub fn skip_notice(chunk: &Chunk) -> Bytes {
    let mut notice = BytesMut::with_capacity(chunk.counters.len() * PACKET);
    for counter in chunk.counters.iter() {
        notice.extend_from_slice(&discontinuity(counter.pid, counter.last));
    }
    notice.freeze()
}
