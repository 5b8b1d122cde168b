//! A webtor REST API (webtor-io/rest-api) that knows one torrent and is strict about every parameter.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::torrents::Torrent;

/// Runs until it is dropped.
pub(super) struct Webtor {
    address: SocketAddr,
    state: Arc<Fake>,
    task: JoinHandle<()>,
}

/// How this webtor behaves.
pub(super) struct Manner {
    /// The torrent that it has got, and its files: path from the torrent's name on, and length.
    pub(super) info_hash: String,
    pub(super) torrent: Vec<u8>,
    pub(super) files: Vec<(String, usize)>,
    /// Whether it is one of today's, which tell a file's index and the only file of a torrent.
    pub(super) tells_index: bool,
    /// The addresses that exports lead to, one after the other, the last one for ever. `{path}` is the file's.
    pub(super) links: Vec<String>,
}

struct Fake {
    manner: Manner,
    calls: Mutex<Vec<String>>,
    exports: Mutex<usize>,
    stored: Mutex<bool>,
}

impl Manner {
    pub(super) fn of(torrent: &Torrent, link: String) -> Self {
        let path = |path: &str| {
            if path.is_empty() { format!("/{}", torrent.name) } else { format!("/{}/{path}", torrent.name) }
        };
        Self {
            info_hash: torrent.info_hash.to_string(),
            torrent: torrent.bytes.clone(),
            files: torrent.files.iter().map(|(name, bytes)| (path(name), bytes.len())).collect(),
            tells_index: true,
            links: vec![link],
        }
    }
}

impl Webtor {
    #[expect(clippy::disallowed_methods, reason = "the server ends when it is dropped")]
    pub(super) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Fake {
            manner,
            calls: Mutex::default(),
            exports: Mutex::default(),
            stored: Mutex::default(),
        });
        let router = axum::Router::new()
            .route("/api/resource/", post(store))
            .route("/api/resource/{id}", get(torrent))
            .route("/api/resource/{id}/list", get(list))
            .route("/api/resource/{id}/export/{item}", get(export))
            .with_state(state.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, state, task }
    }

    /// The address for the settings; it lies below a path, as behind a reverse proxy.
    pub(super) fn url(&self) -> url::Url {
        format!("http://{}/api", self.address).parse().unwrap()
    }

    /// The calls so far.
    pub(super) fn calls(&self) -> Vec<String> {
        self.state.calls.lock().unwrap().clone()
    }
}

impl Drop for Webtor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Shared = State<Arc<Fake>>;

fn parameters(query: Option<&str>) -> HashMap<String, String> {
    url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

impl Fake {
    fn note(&self, call: &str) {
        self.calls.lock().unwrap().push(call.to_owned());
    }

    fn item(&self, index: usize) -> Value {
        let (path, size) = &self.manner.files[index];
        let mut item = json!({
            "id": HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, path.as_bytes()).as_ref()),
            "name": path.rsplit('/').next(), "path": path, "type": "file", "size": size,
        });
        if self.manner.tells_index {
            item["index"] = json!(index);
        }
        item
    }

    /// Folders come before the files in them, each once.
    fn items(&self) -> Vec<Value> {
        let (mut items, mut seen) = (Vec::new(), std::collections::HashSet::new());
        for (index, (path, _)) in self.manner.files.iter().enumerate() {
            for (end, _) in path.match_indices('/').skip(1) {
                let folder = &path[..end];
                if seen.insert(folder.to_owned()) {
                    items.push(
                        json!({ "id": "f0", "path": folder, "type": "directory", "size": 1, "index": 0 }),
                    );
                }
            }
            items.push(self.item(index));
        }
        items
    }

    /// The answer for a torrent that is not stored.
    fn missing(&self, id: &str) -> Option<Response> {
        let known = *self.stored.lock().unwrap() && id == self.manner.info_hash;
        (!known).then(|| error(StatusCode::NOT_FOUND, "not found"))
    }
}

fn error(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}

async fn store(State(fake): Shared, body: Bytes) -> Response {
    let is_ours = if body.starts_with(b"magnet:?xt=urn:btih:") {
        fake.note("store magnet");
        str::from_utf8(&body).unwrap().contains(&fake.manner.info_hash)
    } else {
        fake.note("store torrent");
        body == fake.manner.torrent
    };
    if !is_ours {
        return error(StatusCode::BAD_REQUEST, "failed to parse torrent");
    }
    *fake.stored.lock().unwrap() = true;
    let hash = &fake.manner.info_hash;
    let mut answer = json!({ "id": hash, "name": "x", "magnet_uri": format!("magnet:?xt=urn:btih:{hash}") });
    let is_single = fake.manner.files.len() == 1;
    if fake.manner.tells_index {
        answer["multi_file"] = json!(!is_single);
        if is_single {
            answer["file"] = fake.item(0);
        }
    }
    Json(answer).into_response()
}

async fn torrent(State(fake): Shared, Path(id): Path<String>) -> Response {
    fake.note("torrent");
    let id = id.strip_suffix(".torrent").unwrap_or_default();
    fake.missing(id).unwrap_or_else(|| fake.manner.torrent.clone().into_response())
}

async fn list(State(fake): Shared, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let query = parameters(query.as_deref());
    fake.note(&format!("list {}", query.get("offset").map_or("0", String::as_str)));
    if let Some(missing) = fake.missing(&id) {
        return missing;
    }
    let number = |name: &str, default| query.get(name).map_or(Ok(default), |text| text.parse::<usize>());
    let (Ok(limit @ 1..=1000), Ok(offset)) = (number("limit", 1000), number("offset", 0)) else {
        return error(StatusCode::BAD_REQUEST, "failed to parse limit");
    };
    let items = fake.items();
    // An empty page is `null`, as Go writes it.
    let page: Vec<&Value> = items.iter().skip(offset).take(limit).collect();
    let page = if page.is_empty() { Value::Null } else { json!(page) };
    let root = json!({ "id": "r0", "path": "/", "type": "directory", "size": 1, "items": page });
    let mut root = root.as_object().unwrap().clone();
    root.insert("items_count".to_owned(), json!(items.len()));
    Json(root).into_response()
}

async fn export(
    State(fake): Shared,
    Path((id, item)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = parameters(query.as_deref());
    fake.note("export");
    if let Some(missing) = fake.missing(&id) {
        return missing;
    }
    if query.get("types").is_none_or(|types| types != "download") {
        return error(StatusCode::BAD_REQUEST, "failed to parse export type");
    }
    let index = (0..fake.manner.files.len()).find(|index| fake.item(*index)["id"] == item);
    let Some(index) = index else { return error(StatusCode::NOT_FOUND, "content not found") };
    let number = {
        let mut exports = fake.exports.lock().unwrap();
        *exports += 1;
        *exports - 1
    };
    let links = &fake.manner.links;
    let link = links[number.min(links.len() - 1)].replace("{path}", &fake.manner.files[index].0);
    Json(json!({ "source": fake.item(index), "exports": { "download": { "url": link, "meta": {} } } }))
        .into_response()
}
