//! A channel as one transport stream, some time behind.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::cut::{SECOND, time};
use super::follow::{Follow, Gap, Part};
use crate::live::chunk::Ticks;
use crate::live::ring::Ended;
use crate::live::session::Hold;
use crate::live::ts::{null_packets, skip_notice};

/// How much earlier than the delay asks for a viewer gets bytes, so that its buffer is never empty: segments come as a
/// whole, and this is more than one.
const LEAD: Duration = Duration::from_secs(15);

/// Silence after which a player is told that the connection lives. Players give up after three to five seconds.
const KEEP_ALIVE: Duration = Duration::from_secs(1);

/// Packets of one sign of life: what fits into one segment of TCP over Ethernet.
const KEEP_ALIVE_PACKETS: usize = 7;

/// Somebody who watches a channel some time behind. Dropping it means leaving.
#[derive(Debug)]
pub struct Delayed {
    hold: Hold,
    reader: DelayedReader,
    begun: bool,
}

impl Delayed {
    pub(in crate::live) fn new(hold: Hold, delay: Duration) -> Self {
        let reader = hold.session().shelf().read_from(delay);
        Self { hold, reader, begun: false }
    }

    /// The next bytes, always whole packets; null packets where nothing is due for a second. `None` when the channel
    /// has ended. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.hold.touch();
            match timeout(KEEP_ALIVE, self.reader.next()).await {
                Ok(bytes) => {
                    let bytes = bytes?;
                    self.begun = true;
                    self.hold.handed(bytes.len(), self.reader.behind());
                    return Some(bytes);
                }
                // Before the stream itself they would only confuse a player.
                Err(_) if self.begun => return Some(null_packets(KEEP_ALIVE_PACKETS)),
                Err(_) => {}
            }
        }
    }

    /// Why there is no more, after [`Self::next`] said so.
    pub fn ended(&self) -> Option<Ended> {
        self.hold.session().ring().ended()
    }
}

/// Reads a channel some time behind, or as far behind as there is anything. It stays so far behind, whatever the pace of
/// its reader: a reader that takes all it can get, and plays on in its own time, sees the delay it asked for.
#[derive(Debug)]
pub struct DelayedReader {
    follow: Follow,
    delay: Duration,
    ready: VecDeque<Bytes>,
    waiting: Option<Part>,
    /// Of what was handed out last.
    position: Option<Ticks>,
}

impl DelayedReader {
    pub(super) fn new(follow: Follow, delay: Duration) -> Self {
        Self { follow, delay, ready: VecDeque::new(), waiting: None, position: None }
    }

    /// The next bytes, whole packets; `None` when the channel has ended. Safe to drop and call again.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            if self.waiting.is_none() {
                let part = self.follow.next().await?;
                self.limit(&part);
                self.waiting = Some(part);
            }
            let position = self.waiting.as_ref().map_or(0, |part| part.position);
            self.follow.until(position + ticks(self.delay.saturating_sub(LEAD))).await;
            let Some(part) = self.waiting.take() else { continue };
            let is_first = self.position.replace(part.position).is_none();
            if let Some(Gap::Lost(chunk) | Gap::Missed(chunk)) = &part.gap
                && !is_first
            {
                self.ready.push_back(skip_notice(chunk));
            }
            self.ready.push_back(part.bytes);
        }
    }

    /// Nobody is further behind than the oldest there is: where a reader begins, or was left behind, it goes on at once.
    fn limit(&mut self, part: &Part) {
        if self.position.is_none() || matches!(part.gap, Some(Gap::Missed(_))) {
            self.delay = self.delay.min(time(self.follow.newest().saturating_sub(part.position)));
        }
    }

    /// How far what was handed out last is behind the newest there is.
    pub fn behind(&self) -> Duration {
        let newest = self.follow.newest();
        self.position.map_or(self.delay, |position| time(newest.saturating_sub(position)))
    }
}

fn ticks(time: Duration) -> Ticks {
    Ticks::try_from(time.as_millis()).unwrap_or(Ticks::MAX).saturating_mul(SECOND / 1000)
}
