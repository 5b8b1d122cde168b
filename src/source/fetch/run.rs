//! One ranged request and its body.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::sync::OwnedSemaphorePermit;

use super::Refusal;
use super::fault::Fault;
use super::probe::send;
use super::response::{Answer, Asked, judge};
use super::supply::{Linked, Supply};

/// How long a body may stand still.
const IDLE: Duration = Duration::from_secs(15);

/// An answer to a part of the range only must bring so much, or nearly each byte costs a request.
const SHORTEST: u64 = 64 << 10;

/// A response being read. Dropping it gives its connection back, and closes it unless the body was read to its end.
pub(super) struct Run {
    response: reqwest::Response,
    /// The content byte that comes next.
    at: u64,
    /// Where to stop: the end of what was asked for or of the answer, whichever comes first.
    end: u64,
    /// Bytes of the body before the wanted ones.
    skip: u64,
    /// What was received and not yet taken.
    left: Bytes,
    supply: Arc<Supply>,
    _permit: OwnedSemaphorePermit,
}

impl Run {
    /// Waits for a connection, asks for `range`, and judges the head of the response. `same` says that the file
    /// must be the very version that this address had before.
    pub(super) async fn open(
        supply: &Arc<Supply>,
        linked: &Linked,
        range: Range<u64>,
        same: bool,
    ) -> Result<Self, Fault> {
        let permit = {
            let _waiting = Waiting::new(supply);
            let connections = Arc::clone(&linked.link.connections);
            connections.acquire_owned().await.map_err(|_| {
                Fault::Broken("no connection to the file server is allowed any more".to_owned())
            })?
        };
        // A tag is compared only with what the same server said of the same address: redirects may lead to
        // mirrors, which have tags of their own.
        let pin = linked.pin.get().filter(|_| same);
        let condition = pin.filter(|(url, _)| *url == linked.link.url).map(|(_, tag)| tag.as_str());
        let response =
            send(&linked.link, &format!("bytes={}-{}", range.start, range.end - 1), condition).await?;
        linked.answered.store(true, Ordering::Relaxed);
        let known = pin.filter(|(url, _)| url == response.url()).map(|(_, tag)| tag.as_str());
        let asked = Asked { start: range.start, length: Some(supply.file.length()), tag: known };
        let Answer { skip, end, tag, .. } = judge(response.status(), response.headers(), &asked)?;
        if end < range.end.min(range.start + SHORTEST) {
            return Err(Fault::Refused(Refusal::BadRange));
        }
        if let Some(tag) = tag {
            linked.pin.get_or_init(|| (response.url().clone(), tag));
        }
        let end = end.min(range.end);
        let supply = Arc::clone(supply);
        Ok(Self { response, at: range.start, end, skip, left: Bytes::new(), supply, _permit: permit })
    }

    /// The content byte that comes next.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// The next bytes, `most` at most; `None` at the end of the answer, before which there was at least one.
    pub(super) async fn next(&mut self, most: u64) -> Result<Option<Bytes>, Fault> {
        if self.at == self.end {
            return Ok(None);
        }
        while self.left.is_empty() {
            self.left = self.receive().await?;
            let skipped = self.skip.min(self.left.len() as u64);
            self.left.advance(skipped as usize);
            self.skip -= skipped;
        }
        let take = most.min(self.end - self.at).min(self.left.len() as u64);
        self.at += take;
        Ok(Some(self.left.split_to(take as usize)))
    }

    async fn receive(&mut self) -> Result<Bytes, Fault> {
        let chunk = match tokio::time::timeout(IDLE, self.response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return Err(Fault::Broken("the connection ended early".to_owned())),
            Ok(Err(error)) => return Err(Fault::of(error)),
            Err(_) => return Err(Fault::Broken(format!("nothing came for {} s", IDLE.as_secs()))),
        };
        self.supply.received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        Ok(chunk)
    }
}

/// Counts a lane among those that wait, for as long as it lives.
struct Waiting<'a>(&'a Supply);

impl<'a> Waiting<'a> {
    fn new(supply: &'a Supply) -> Self {
        supply.waiting.fetch_add(1, Ordering::Relaxed);
        Self(supply)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
