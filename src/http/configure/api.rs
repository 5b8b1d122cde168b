//! What the script of the page asks for while somebody fills in the form.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::indexer_row::{IndexerRow, Typed};
use super::kept::Keeper;
use super::preview::Preview;
use super::probe::{self, Said};
use super::service_row::ServiceRow;
use crate::domain::DebridService;
use crate::http::error::ApiError;
use crate::http::state::App;
use crate::profile::{IndexerKind, Labels};

/// Who asks, and what was kept on his page.
#[derive(Deserialize)]
struct Asker {
    /// The profile of the page; empty for a new one.
    #[serde(default)]
    profile: String,
    /// The password of the server, if it wants one.
    #[serde(default)]
    password: String,
    /// What is on the page in sealed form.
    #[serde(default)]
    kept: String,
}

/// An account to be tested.
#[derive(Deserialize)]
struct AskedService {
    #[serde(flatten)]
    asker: Asker,
    service: DebridService,
    #[serde(default)]
    token: String,
}

/// An indexer to be tested.
#[derive(Deserialize)]
struct AskedIndexer {
    #[serde(flatten)]
    asker: Asker,
    kind: IndexerKind,
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    key: String,
}

impl Asker {
    fn keeper<'a>(&'a self, app: &'a App) -> Keeper<'a> {
        Keeper::new(&app.sealer, Some(self.profile.as_str()).filter(|id| !id.is_empty()))
    }

    fn password(&self) -> Option<&str> {
        Some(self.password.as_str()).filter(|text| !text.is_empty())
    }
}

/// `POST /api/configure/service`.
pub(super) async fn post_service(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    body: Bytes,
) -> Result<impl IntoResponse, ApiError> {
    let asked: AskedService = read(&body)?;
    let asker = &asked.asker;
    let mut row = ServiceRow::new(String::new(), asked.service);
    row.take(asked.token.trim(), &asker.kept, &asker.keeper(&app));
    Ok(Json(probe::service(&app, peer.ip(), asker.password(), row.account()).await))
}

/// `POST /api/configure/indexer`.
pub(super) async fn post_indexer(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    body: Bytes,
) -> Result<impl IntoResponse, ApiError> {
    let asked: AskedIndexer = read(&body)?;
    let asker = &asked.asker;
    let typed = Typed { url: asked.url.trim(), api_key: asked.key.trim(), kept: &asker.kept };
    let place = match typed.place(&asker.keeper(&app)) {
        Ok(place) => place,
        Err((_, message)) => return Ok(Json(Said { ok: false, message })),
    };
    let mut row = IndexerRow::new(String::new(), asked.kind);
    (row.name, row.url, row.api_key) = (asked.name.trim().to_owned(), place.url, place.api_key);
    Ok(Json(probe::indexer(&app, peer.ip(), asker.password(), row.settings()).await))
}

/// `POST /api/configure/preview`.
pub(super) async fn post_preview(body: Bytes) -> Result<impl IntoResponse, ApiError> {
    let labels: Labels = read(&body)?;
    Ok(Json(Preview::of(&labels)))
}

/// The message repeats nothing of the body, which holds secrets.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body)
        .map_err(|_| ApiError::BadRequest("the body is not what this asks for".to_owned()))
}
