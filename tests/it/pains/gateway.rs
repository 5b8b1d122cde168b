//! An HTTP proxy that wants a password (RFC 9110, 11.7), for http alone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use data_encoding::BASE64;

use crate::support::background::Background;
use crate::support::http::unmoved;

/// Headers that are for one connection only.
const HOP_BY_HOP: [&str; 4] = ["connection", "proxy-authorization", "proxy-connection", "transfer-encoding"];

/// A running proxy.
pub(super) struct Gateway {
    addr: SocketAddr,
    inner: Arc<Inner>,
    _background: Background,
}

struct Inner {
    client: reqwest::Client,
    credentials: String,
    passed: AtomicUsize,
}

impl Gateway {
    /// Starts a proxy for one user.
    pub(super) fn start(user: &str, password: &str) -> Self {
        let credentials = format!("{user}:{password}");
        let inner = Arc::new(Inner { client: unmoved(), credentials, passed: AtomicUsize::new(0) });
        let background = Background::start("gateway");
        let (listener, addr) = background.listen();
        let app = axum::Router::new().fallback(pass).with_state(Arc::clone(&inner));
        background.spawn(async move { axum::serve(listener, app).await.expect("the socket is ours") });
        Self { addr, inner, _background: background }
    }

    /// Its address with user and password.
    pub(super) fn url(&self) -> String {
        format!("http://{}@{}", self.inner.credentials, self.addr)
    }

    /// How many requests it has passed on.
    pub(super) fn passed(&self) -> usize {
        self.inner.passed.load(Ordering::SeqCst)
    }
}

async fn pass(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let right = format!("Basic {}", BASE64.encode(inner.credentials.as_bytes()));
    let given = head.headers.get("proxy-authorization").and_then(|value| value.to_str().ok());
    if given != Some(right.as_str()) {
        return answer(407, Body::empty());
    }
    inner.passed.fetch_add(1, Ordering::SeqCst);
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let mut onward = inner.client.request(head.method, head.uri.to_string()).body(body);
    for (name, value) in head.headers.iter().filter(|(name, _)| !HOP_BY_HOP.contains(&name.as_str())) {
        onward = onward.header(name, value);
    }
    let Ok(response) = onward.send().await else { return answer(502, Body::empty()) };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    // What is cut on purpose is a failure of the whole for this plain proxy.
    let Ok(bytes) = response.bytes().await else { return answer(502, Body::empty()) };
    let mut passed_on = answer(status, Body::from(bytes));
    for (name, value) in headers.iter().filter(|(name, _)| !HOP_BY_HOP.contains(&name.as_str())) {
        passed_on.headers_mut().insert(name, value.clone());
    }
    passed_on
}

fn answer(status: u16, body: Body) -> Response {
    Response::builder().status(status).body(body).expect("the status is a status")
}
