//! `POST /api/ui/viewport`: which titles an app has on its screen.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::state::App;
use crate::access;
use crate::addon::viewport::{MOST_VISIBLE, Visible};
use crate::domain::ContentId;
use crate::source::Terms;

/// Bytes of the largest request: forty ids and their types are two kilobytes.
pub(super) const LARGEST: usize = 64 << 10;

/// What is on a screen.
#[derive(Debug, Deserialize)]
pub(super) struct Screen {
    /// The titles, the most important first.
    #[serde(alias = "titles", alias = "visible")]
    ids: Vec<Title>,
    /// The profile of the install.
    profile: Option<String>,
}

/// A title by its id alone, or with its content type.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Title {
    Id(String),
    Typed {
        id: String,
        #[serde(rename = "type")]
        kind: Option<String>,
    },
}

impl Title {
    fn read(self) -> (String, ContentId) {
        let (id, kind) = match self {
            Self::Id(id) => (id, None),
            Self::Typed { id, kind } => (id, kind),
        };
        let Ok(id) = id.parse();
        (kind.unwrap_or_else(|| kind_of(&id).to_owned()), id)
    }
}

/// The content type that an id belongs to when nobody says.
pub(super) fn kind_of(id: &ContentId) -> &'static str {
    match id {
        ContentId::Episode { .. } | ContentId::Kitsu { episode: Some(_), .. } => "series",
        ContentId::Movie(_) | ContentId::Kitsu { episode: None, .. } | ContentId::Other(_) => "movie",
    }
}

/// Takes the titles of one screen; their lists are made one after the other, those of the latest screen first.
pub(super) async fn post(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let body = body.map_err(|rejection| ApiError::BadRequest(rejection.body_text()))?;
    // Whatever its type is said to be: a page that is being left sends text.
    let screen: Screen = serde_json::from_slice(&body)
        .map_err(|error| ApiError::BadRequest(format!("the body is not a list of titles: {error}")))?;
    let base = app.base(&headers)?;
    let profile = match &screen.profile {
        Some(id) => Some(app.access.load(id).await?),
        None => None,
    };
    let terms = profile.as_ref().map_or_else(Terms::default, |profile| access::terms(&profile.profile));
    let named = screen.ids.len();
    let titles = screen.ids.into_iter().take(MOST_VISIBLE).map(|title| {
        let (kind, id) = title.read();
        Visible { kind, id, base: base.clone(), profile: profile.clone(), terms: terms.clone() }
    });
    let titles: Vec<_> = titles.collect();
    let accepted = titles.len();
    let waiting = app.viewport.show(titles);
    let answer =
        json!({ "success": true, "accepted": accepted, "ignored": named - accepted, "waiting": waiting });
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
