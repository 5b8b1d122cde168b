//! The range server on a socket, with nothing else around it.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use futures::FutureExt;
use headwater::cache::CacheFile;
use headwater::play::{Representation, Viewing, serve, serve_head};
use http::{Method, Request};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// Serves one cache file to every request until it is dropped.
pub(super) struct RangeServer {
    _runtime: Runtime,
}

/// Told when a request asks: the reason why no source is left, or nothing.
pub(super) type Exhaustion = Option<&'static str>;

impl RangeServer {
    /// Listens on the socket `path`.
    pub(super) fn start(
        path: &Path,
        file: CacheFile,
        representation: Representation,
        exhaustion: Exhaustion,
    ) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = {
            let _context = runtime.enter();
            UnixListener::bind(path).unwrap()
        };
        let representation = Arc::new(representation);
        runtime.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (file, representation) = (file.clone(), Arc::clone(&representation));
                connections.spawn(async move {
                    let answer = service_fn(|request: Request<Incoming>| {
                        let viewing = || Viewing {
                            file: file.clone(),
                            guard: Arc::new(()),
                            exhausted: match exhaustion {
                                Some(reason) => futures::future::ready(reason.to_owned()).boxed(),
                                None => futures::future::pending().boxed(),
                            },
                        };
                        let response = match *request.method() {
                            Method::HEAD => serve_head(request.headers(), &representation),
                            _ => serve(request.headers(), &representation, viewing()),
                        };
                        std::future::ready(Ok::<_, Infallible>(response))
                    });
                    // A cut body is an error here and an early end for the client.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await;
                });
            }
        });
        Self { _runtime: runtime }
    }
}
