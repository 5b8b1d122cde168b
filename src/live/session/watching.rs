//! One viewer's bytes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::Hold;
use crate::live::chunk::Chunk;
use crate::live::ring::{Cursor, Ended, Step};
use crate::live::ts::{null_packets, skip_notice};

/// Silence after which a player is told that the connection lives. Players give up after three to five seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(1);

/// Packets of one sign of life: what fits into one segment of TCP over Ethernet.
const KEEP_ALIVE_PACKETS: usize = 7;

/// Somebody who watches a channel. Dropping it means leaving.
#[derive(Debug)]
pub struct Watching {
    hold: Hold,
    cursor: Cursor,
    /// The chunk after a gap, once the gap has been announced.
    after_gap: Option<Arc<Chunk>>,
    ended: Option<Ended>,
}

impl Watching {
    /// Begins where the cursor is.
    pub(in crate::live) fn new(hold: Hold, cursor: Cursor) -> Self {
        Self { hold, cursor, after_gap: None, ended: None }
    }

    /// The session.
    pub fn session(&self) -> &Arc<super::Session> {
        self.hold.session()
    }

    /// The next bytes, always whole packets: a chunk, the announcement of a gap, or null packets where nothing has
    /// come for a second. `None` at the end of the session. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.hold.touch();
        if let Some(chunk) = self.after_gap.take() {
            return Some(self.hand_over(&chunk));
        }
        match timeout(KEEP_ALIVE, self.cursor.step()).await {
            Ok(Step::Next(chunk)) => Some(self.hand_over(&chunk)),
            Ok(Step::Skipped(chunk)) => {
                self.hold.skipped();
                let notice = skip_notice(&chunk);
                self.after_gap = Some(chunk);
                Some(notice)
            }
            Ok(Step::Ended(why)) => {
                self.ended = Some(why);
                None
            }
            // The first step is there at once, so players have seen the stream before they see this.
            Err(_) => Some(null_packets(KEEP_ALIVE_PACKETS)),
        }
    }

    /// Why there is no more, after [`Self::next`] said so.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    fn hand_over(&self, chunk: &Chunk) -> Bytes {
        self.hold.handed(chunk.bytes.len(), self.cursor.behind());
        chunk.bytes.clone()
    }
}
