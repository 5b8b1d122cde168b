//! The body of an answer on its way through the gate.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use hyper::header;

use super::fault::Fault;
use super::state::Ticket;

/// How often a slow answer moves.
const TICK: Duration = Duration::from_millis(50);

/// Passes nginx's answer on, as far and as fast as the faults of the moment let it.
pub(super) fn respond(upstream: reqwest::Response, ticket: Ticket) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = upstream.status();
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_RANGE,
        header::ACCEPT_RANGES,
        header::ETAG,
        header::LAST_MODIFIED,
    ] {
        if let Some(value) = upstream.headers().get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    let outgoing = Outgoing { upstream, ticket, pending: Bytes::new(), sent: 0 };
    *answer.body_mut() = Body::from_stream(futures::stream::try_unfold(outgoing, Outgoing::next));
    answer
}

struct Outgoing {
    upstream: reqwest::Response,
    ticket: Ticket,
    pending: Bytes,
    sent: u64,
}

impl Outgoing {
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        if self.pending.is_empty() {
            match self.upstream.chunk().await.map_err(io::Error::other)? {
                Some(bytes) => self.pending = bytes,
                None => return Ok(None),
            }
        }
        let room = self.room().await?;
        let length = usize::try_from(room).unwrap_or(usize::MAX).min(self.pending.len());
        let bytes = self.pending.split_to(length);
        self.sent += bytes.len() as u64;
        self.ticket.sent(bytes.len() as u64);
        Ok(Some((bytes, self)))
    }

    /// Waits until bytes may go out, and says how many at once.
    async fn room(&self) -> io::Result<u64> {
        let mut changes = self.ticket.changes();
        loop {
            let (fault, room) = self.ticket.fault();
            match fault {
                Some(Fault::Cut { after }) if self.sent >= after => {
                    // What was handed over before goes out first.
                    tokio::task::yield_now().await;
                    return Err(io::Error::other("cut on purpose"));
                }
                Some(Fault::Stall { after }) if self.sent >= after => {
                    if changes.changed().await.is_err() {
                        return Err(io::Error::other("the gate has closed"));
                    }
                }
                Some(Fault::Cut { after } | Fault::Stall { after }) => return Ok(after - self.sent),
                Some(Fault::Slow { bytes_per_second }) => {
                    // The pace itself is the fault; there is nothing to wait for.
                    tokio::time::sleep(TICK).await;
                    return Ok((bytes_per_second / 20).max(1));
                }
                _ => return Ok(room),
            }
        }
    }
}
