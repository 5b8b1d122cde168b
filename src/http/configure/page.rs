//! The page itself: what it shows, and what its buttons do.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};

use super::action::Action;
use super::draft::Draft;
use super::fields::Fields;
use super::kept::Keeper;
use super::view::{self, Around};
use crate::http::error::ApiError;
use crate::http::state::App;
use crate::profile::Profile;
use crate::release::Language;

/// `GET /configure`: a new profile.
pub(super) async fn get_new(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let sealer = &app.sealer;
    let html = view::page(&Draft::of(Profile::default()), &Around::default(), &Keeper::new(sealer, None))?;
    Ok(Html(html).into_response())
}

/// `POST /configure`: works on a new profile, or saves it.
pub(super) async fn post_new(State(app): State<Arc<App>>, body: Bytes) -> Result<Response, ApiError> {
    let fields = Fields::read(&body);
    let keeper = Keeper::new(&app.sealer, None);
    let mut draft = Draft::read(&fields, &keeper);
    match Action::read(fields.text("do")) {
        Some(Action::AddService(service)) => draft.add_service(service),
        Some(Action::AddIndexer(kind)) => draft.add_indexer(kind),
        Some(Action::AddLanguage) => {
            if let Some(language) = Language::of(fields.text("new-language")) {
                draft.add_language(language);
            }
        }
        Some(Action::Preset(preset)) => draft.profile.listing.device = preset.device.clone(),
        Some(Action::Row(list, verb, key)) => draft.arrange(list, verb, &key),
        _ => {
            draft.finish();
        }
    }
    Ok(Html(view::page(&draft, &Around::default(), &keeper)?).into_response())
}
