//! The accept loop. It exists because `axum::serve` sets no limits: no header timeout, no cap on
//! connections, no socket options, and no end to a graceful shutdown.

mod outgoing;
mod patience;
mod sender;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use futures::TryFutureExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::play::Outlet;
use outgoing::Outgoing;
pub use outgoing::media;
use patience::{Heard, Patience};
use sender::Sender;
pub use socket::{BindError, bind};

/// Most request headers; hyper answers 431 above. Its own default, stated here because clients depend on it.
const MAX_HEADERS: usize = 100;

/// Most bytes of a request line with its headers; hyper answers 431 above.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Bytes one connection may buffer in either direction. hyper's 400 KiB would be most of what one viewer may
/// cost; this still holds the largest head several times over.
const MAX_BUFFER_BYTES: usize = 128 * 1024;

/// How long the loop rests after the system refused a connection for lack of descriptors or memory. Trying
/// again at once would burn the processor that has to free them.
const ACCEPT_REST: Duration = Duration::from_millis(200);

/// What a connection may cost and how long it may keep silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the first byte of a request to the end of its headers; also from the connection to its first
    /// request.
    pub header_timeout: Duration,
    /// From the end of an answer to the first byte of the next request.
    pub idle_timeout: Duration,
    /// Most connections at once; further ones wait in the system's queue.
    pub max_connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            // Longer than the pause between two requests of a player, shorter than the 90 s after which
            // cloudflared drops its own side.
            idle_timeout: Duration::from_secs(75),
            max_connections: socket::affordable_connections(),
        }
    }
}

/// Serves `router` on `listener` under the default [`Limits`] until `shutdown` is cancelled, then closes
/// idle connections at once and gives running bodies `grace` to finish; what runs on is cut off. Returns
/// when the last connection is gone.
///
/// Requests carry `ConnectInfo<SocketAddr>`. Bodies are under no timeout. A client that closes its sending
/// side counts as gone: players close that way when they seek, and whoever waits for their bytes must learn
/// of it before the next write.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken, grace: Duration) {
    serve_within(listener, router, Limits::default(), shutdown, grace).await;
}

/// As [`serve`], under other limits.
pub async fn serve_within(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
    grace: Duration,
) {
    let connections = TaskTracker::new();
    let cut_off = CancellationToken::new();
    // Leaving early, by a dropped future, must not leave connections behind.
    let _guard = cut_off.clone().drop_guard();
    let places = Arc::new(Semaphore::new(limits.max_connections));
    while let Some((stream, peer, place)) = next(&listener, &places, &shutdown).await {
        let conversation = Conversation { router: router.clone(), peer, limits };
        let (shutdown, cut_off) = (shutdown.clone(), cut_off.clone());
        connections.spawn(async move {
            conversation.hold(stream, shutdown, cut_off).await;
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(grace, connections.wait()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "the grace period is over, cutting off what still runs"
        );
        cut_off.cancel();
        connections.wait().await;
    }
}

/// The next connection with its place among the allowed ones; `None` at shutdown.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let accept = async {
        let place = places.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, place)),
                Err(error) if is_about_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted now");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown.cancelled() => None,
        accepted = accept => accepted,
    }
}

/// Whether the error concerns a client that left before it was accepted, and not the listener.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// One accepted connection.
struct Conversation {
    router: Router,
    peer: SocketAddr,
    limits: Limits,
}

impl Conversation {
    /// Answers requests until the client leaves, keeps silent for too long, or one of the tokens ends it.
    async fn hold(self, stream: TcpStream, shutdown: CancellationToken, cut_off: CancellationToken) {
        if let Err(error) = socket::tune(&stream) {
            // Seen when the client is already gone again; reading will tell.
            tracing::debug!(%error, "socket options could not be set");
        }
        let (heard, outlet) = (Heard::default(), Outlet::default());
        let io = TokioIo::new(heard.listen_to(Sender::new(stream, outlet.clone())));
        let Self { router, peer, limits } = self;
        let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = router.clone().oneshot(request);
            answer.map_ok({
                let outlet = outlet.clone();
                move |response| Outgoing::of(response, &outlet)
            })
        });
        let mut connection = pin!(protocol(limits, heard).serve_connection(io, service));
        let outcome = tokio::select! {
            outcome = connection.as_mut() => outcome,
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    outcome = connection.as_mut() => outcome,
                    () = cut_off.cancelled() => return,
                }
            }
            // Also reached without a shutdown, when the accept loop itself is dropped.
            () = cut_off.cancelled() => return,
        };
        if let Err(error) = outcome {
            // Clients leave in the middle all the time; the request's own log says what was going on.
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

fn protocol(limits: Limits, heard: Heard) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol
        .timer(Patience::new(limits.header_timeout, limits.idle_timeout, heard))
        .header_read_timeout(limits.idle_timeout)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_BUFFER_BYTES)
        .half_close(false);
    protocol
}
