//! A forward proxy as operators run one: it passes on requests in absolute form, asks for a password, resolves names
//! in its own way, and remembers everything that it saw.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::response::Response;
use data_encoding::BASE64;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, StatusCode, header};
use hyper_util::rt::TokioIo;

use crate::support::background::Background;

/// Who may use it.
pub(super) const USER: &str = "operator";
pub(super) const PASSWORD: &str = "secret-password-of-the-proxy";

/// The proxy. It stops when it is dropped.
pub(super) struct ForwardProxy {
    address: SocketAddr,
    state: Arc<State>,
    _background: Background,
}

/// One request as the proxy saw it.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    /// The host that was asked for, with its port.
    pub(super) authority: String,
    /// Everything that was sent along.
    pub(super) headers: HeaderMap,
}

struct State {
    client: reqwest::Client,
    /// What names that only the proxy knows stand for.
    names: Mutex<HashMap<String, String>>,
    passed: Mutex<Vec<Passed>>,
}

impl ForwardProxy {
    /// Starts it on a free port.
    pub(super) fn start() -> Self {
        let background = Background::start("proxy");
        let (listener, address) = background.listen();
        let client = crate::support::http::unmoved();
        let state = Arc::new(State { client, names: Mutex::default(), passed: Mutex::default() });
        let (tasks, shared) = (background.handle(), Arc::clone(&state));
        background.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                let service = service_fn(move |request| {
                    let state = Arc::clone(&state);
                    async move { Ok::<_, Infallible>(state.pass(request).await) }
                });
                tasks.spawn(async move {
                    // A client that has gone ends in an error.
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, state, _background: background }
    }

    /// Its address with the password, as it stands in settings.
    pub(super) fn url(&self) -> String {
        format!("http://{USER}:{PASSWORD}@{}", self.address)
    }

    /// Makes `name` stand for the host of `base`, and returns `base` under that name.
    pub(super) fn name(&self, name: &str, base: &str) -> String {
        let host = base.split('/').nth(2).expect("the URL has a host");
        self.state
            .names
            .lock()
            .expect("nothing panics under the lock")
            .insert(name.to_owned(), host.to_owned());
        base.replace(host, name)
    }

    /// Everything that it passed on.
    pub(super) fn passed(&self) -> Vec<Passed> {
        self.state.passed.lock().expect("nothing panics under the lock").clone()
    }
}

impl State {
    async fn pass(&self, request: Request<Incoming>) -> Response {
        let (head, body) = request.into_parts();
        let known = format!("Basic {}", BASE64.encode(format!("{USER}:{PASSWORD}").as_bytes()));
        let given = head.headers.get(header::PROXY_AUTHORIZATION);
        if given.is_none_or(|given| given.as_bytes() != known.as_bytes()) {
            return plain(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        }
        let Some(authority) = head.uri.authority().map(ToString::to_string) else {
            return plain(StatusCode::BAD_REQUEST);
        };
        let passed = Passed { authority: authority.clone(), headers: head.headers.clone() };
        self.passed.lock().expect("nothing panics under the lock").push(passed);
        let real = self.names.lock().expect("nothing panics under the lock").get(&authority).cloned();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("http://{}{path}", real.unwrap_or(authority));
        let mut headers = head.headers;
        for own in [header::HOST, header::PROXY_AUTHORIZATION, header::CONNECTION, header::CONTENT_LENGTH] {
            headers.remove(own);
        }
        let body = axum::body::to_bytes(Body::new(body), 16 << 20).await.unwrap_or_default();
        let Ok(answer) = self.client.request(head.method, url).headers(headers).body(body).send().await
        else {
            return plain(StatusCode::BAD_GATEWAY);
        };
        let mut passed = Response::new(Body::empty());
        *passed.status_mut() = answer.status();
        passed
            .headers_mut()
            .extend(answer.headers().iter().map(|(name, value)| (name.clone(), value.clone())));
        *passed.body_mut() = Body::from_stream(answer.bytes_stream());
        passed
    }
}

fn plain(status: StatusCode) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
