//! A channel as one transport stream, some time behind.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::cut::{SECOND, time};
use super::follow::{Follow, Gap, Part};
use crate::live::chunk::Ticks;
use crate::live::ts;

/// How much earlier than the delay asks for a viewer gets bytes, so that its buffer is never empty: segments come as a
/// whole, and this is more than one.
const LEAD: Duration = Duration::from_secs(15);

/// Reads a channel some time behind. It stays so far behind, whatever the pace of its reader: a reader that takes all
/// it can get, and plays on in its own time, sees the delay it asked for.
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
                self.waiting = Some(self.follow.next().await?);
            }
            let position = self.waiting.as_ref().map_or(0, |part| part.position);
            self.follow.until(position + ticks(self.delay.saturating_sub(LEAD))).await;
            let Some(part) = self.waiting.take() else { continue };
            let is_first = self.position.replace(part.position).is_none();
            if let Some(Gap::Missed(chunk)) = &part.gap
                && !is_first
            {
                self.ready.push_back(ts::skip_notice(chunk));
            }
            self.ready.push_back(part.bytes);
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
