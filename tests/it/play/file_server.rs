//! The range server behind the accept loop of the product, which sends files by itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse as _;
use futures::FutureExt;
use headwater::cache::CacheFile;
use headwater::http::listener;
use headwater::play::{Representation, Viewing, serve, serve_head};
use http::{Method, Request, StatusCode};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// Serves cache files until it is dropped: the first at every path that ends in none of the others' numbers, the
/// second at `/1`, and so on.
pub(super) struct FileServer {
    /// Where it listens.
    pub(super) address: SocketAddr,
    watched: Arc<()>,
    _runtime: Runtime,
}

impl FileServer {
    /// Serves with one thread, so that whoever blocks it is noticed by all.
    pub(super) fn start(files: Vec<(CacheFile, Representation)>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let socket = {
            let _context = runtime.enter();
            listener::bind("127.0.0.1:0".parse().unwrap()).unwrap()
        };
        let (address, watched) = (socket.local_addr().unwrap(), Arc::new(()));
        // Routes are copied now and then, and a copy must not count as a viewer.
        let shared = Arc::new((files, Arc::clone(&watched)));
        let answer = move |request: Request<axum::body::Body>| {
            let number = request.uri().path().trim_start_matches('/').parse().unwrap_or(0);
            let (files, guard) = &*shared;
            let Some((file, representation)) = files.get::<usize>(number) else {
                return std::future::ready(StatusCode::NOT_FOUND.into_response());
            };
            let exhausted = futures::future::pending().boxed();
            let viewing = Viewing { file: file.clone(), guard: Arc::<()>::clone(guard), exhausted };
            std::future::ready(listener::media(match *request.method() {
                Method::HEAD => serve_head(request.headers(), representation),
                _ => serve(request.headers(), representation, viewing),
            }))
        };
        let router = Router::new().fallback(answer);
        runtime.spawn(listener::serve(socket, router, CancellationToken::new(), Duration::ZERO));
        Self { address, watched, _runtime: runtime }
    }

    /// Serves files under their own names.
    pub(super) fn of(files: &[&CacheFile]) -> Self {
        Self::start(files.iter().map(|&file| (file.clone(), Representation::of(file))).collect())
    }

    /// How many bodies are on their way or waited for.
    pub(super) fn viewers(&self) -> usize {
        // One is here and one is with the routes.
        Arc::strong_count(&self.watched) - 2
    }
}
