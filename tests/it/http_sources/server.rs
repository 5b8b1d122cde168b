//! A small server that answers what a test tells it to, and counts.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Answers by path; everything else is 404. It stops when it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

/// The answer to one path.
#[derive(Clone)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) location: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Page {
    pub(super) fn of(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, content_type: "application/octet-stream", location: None, body: body.into() }
    }

    pub(super) fn redirect(to: String) -> Self {
        Self { status: 302, location: Some(to), ..Self::of("") }
    }
}

type Pages = Arc<(HashMap<String, Page>, Arc<Mutex<Vec<String>>>)>;

impl Server {
    #[expect(clippy::disallowed_methods, reason = "the server ends when it is dropped")]
    pub(super) async fn start(pages: impl IntoIterator<Item = (String, Page)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let state: Pages = Arc::new((pages.into_iter().collect(), asked.clone()));
        let router = axum::Router::new().fallback(answer).with_state(state);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, asked, task }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for, with their queries.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(state): State<Pages>, request: Request) -> Response {
    let (pages, asked) = &*state;
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    asked.lock().unwrap().push(path.clone());
    let Some(page) = pages.get(&path) else {
        return Response::builder().status(404).body(Body::from("no such page")).unwrap();
    };
    let mut response = Response::builder().status(page.status).header("content-type", page.content_type);
    if let Some(location) = &page.location {
        response = response.header("location", location);
    }
    response.body(Body::from(page.body.clone())).unwrap()
}
