//! The page itself: what it shows, and what its buttons do.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use super::action::{Action, List, Verb};
use super::draft::Draft;
use super::fields::Fields;
use super::install::Install;
use super::kept::Keeper;
use super::preview::{self, Preview};
use super::probe;
use super::problem::{Problem, sentence};
use super::view::{self, Around, Notice};
use crate::access::{self, AccessError};
use crate::http::error::ApiError;
use crate::http::segments::Segments;
use crate::http::state::App;
use crate::links;
use crate::profile::{self, Profile};
use crate::release::Language;

/// One page at work.
struct Desk<'a> {
    app: &'a App,
    /// The profile it is about; `None` for a new one.
    id: Option<&'a str>,
    /// Where the visitor is.
    visitor: IpAddr,
    keeper: Keeper<'a>,
    around: Around<'a>,
}

/// What comes of a button.
enum Outcome {
    /// The page as the draft is now.
    Page(StatusCode),
    /// Another page, by its address from the root of the server.
    Elsewhere(String),
}

/// `GET /configure`: a new profile.
pub(super) async fn get_new(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut desk = Desk::new(&app, None, peer.ip(), &headers)?;
    if query.as_deref() == Some("deleted") {
        desk.around.notices.push(Notice::good("The profile was deleted."));
    }
    desk.show(&Draft::of(Profile::default()), StatusCode::OK)
}

/// `GET /{profile}/configure`: a saved profile.
pub(super) async fn get_saved(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Segments(id): Segments<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut desk = Desk::new(&app, Some(&id), peer.ip(), &headers)?;
    let draft = match app.access.load(&id).await {
        Ok(known) => Draft::of(Profile::clone(&known.profile)),
        // What cannot be read any more can be filled in again, without a new install.
        Err(why @ AccessError::Sealed) => {
            desk.around.notices.push(Notice::bad(sentence(&why)));
            Draft::of(Profile::default())
        }
        Err(why) => return gone(&id, &why),
    };
    if query.as_deref() == Some("saved") {
        desk.around.notices.push(Notice::good("Saved."));
    }
    desk.show(&draft, StatusCode::OK)
}

/// `POST /configure`: works on a new profile, or saves it.
pub(super) async fn post_new(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    Desk::new(&app, None, peer.ip(), &headers)?.press(&Fields::read(&body)).await
}

/// `POST /{profile}/configure`: works on a saved profile, saves or deletes it.
pub(super) async fn post_saved(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Segments(id): Segments<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    match app.access.load(&id).await {
        Ok(_) | Err(AccessError::Sealed) => {
            Desk::new(&app, Some(&id), peer.ip(), &headers)?.press(&Fields::read(&body)).await
        }
        Err(why) => gone(&id, &why),
    }
}

fn gone(id: &str, why: &AccessError) -> Result<Response, ApiError> {
    match why {
        AccessError::Database(error) => Err(ApiError::Internal(error.to_string())),
        why => Ok((StatusCode::NOT_FOUND, Html(view::gone(id, &sentence(why))?)).into_response()),
    }
}

impl<'a> Desk<'a> {
    fn new(
        app: &'a App,
        id: Option<&'a str>,
        visitor: IpAddr,
        headers: &HeaderMap,
    ) -> Result<Self, ApiError> {
        let base = app.base(headers)?;
        let around = Around {
            profile: id,
            install: id.map(|id| Install::of(&base, id, access::is_self_contained(id))),
            wants_password: app.access.needs_password(),
            can_seal: app.access.can_seal_into_id(),
            ..Around::default()
        };
        Ok(Self { app, id, visitor, keeper: Keeper::new(&app.sealer, id), around })
    }

    /// Does what the pressed button says.
    async fn press(mut self, fields: &Fields) -> Result<Response, ApiError> {
        let mut draft = Draft::read(fields, &self.keeper);
        match self.act(&mut draft, fields).await? {
            Outcome::Page(status) => self.show(&draft, status),
            Outcome::Elsewhere(path) => {
                let root = if self.id.is_some() { "../" } else { "" };
                let to = [(header::LOCATION, format!("{root}{path}"))];
                Ok((StatusCode::SEE_OTHER, to).into_response())
            }
        }
    }

    async fn act(&mut self, draft: &mut Draft, fields: &Fields) -> Result<Outcome, ApiError> {
        let Some(action) = Action::read(fields.text("do")) else {
            return Err(ApiError::BadRequest("there is no such button".to_owned()));
        };
        let password = Some(fields.text("password")).filter(|text| !text.is_empty());
        match action {
            Action::Save | Action::Seal => return self.keep(draft, password, action).await,
            Action::Delete => return self.delete(draft, password, fields.is_on("sure")).await,
            Action::Import => self.import(draft, fields.text("import")),
            Action::Show => {}
            Action::Preset(preset) => draft.profile.listing.device = preset.device.clone(),
            Action::AddService(service) => draft.add_service(service),
            Action::AddIndexer(kind) => draft.add_indexer(kind),
            Action::AddLanguage => {
                if let Some(language) = Language::of(fields.text("new-language")) {
                    draft.add_language(language);
                }
            }
            Action::Row(list, Verb::Test, key) => self.test(draft, list, &key, password).await,
            Action::Row(list, verb, key) => draft.arrange(list, verb, &key),
        }
        Ok(Outcome::Page(StatusCode::OK))
    }

    /// Saves the profile where it was, or makes a new one.
    async fn keep(
        &mut self,
        draft: &mut Draft,
        password: Option<&str>,
        action: Action,
    ) -> Result<Outcome, ApiError> {
        let profile = draft.finish();
        draft.problems.extend(preview::problems(&draft.profile.listing.labels));
        let Some(profile) = profile.filter(|_| draft.problems.is_empty()) else {
            return Ok(Outcome::Page(StatusCode::UNPROCESSABLE_ENTITY));
        };
        let access = &self.app.access;
        let stored = self.id.filter(|id| !access::is_self_contained(id));
        let kept: Result<String, AccessError> = async {
            access.authorize(self.visitor, password)?;
            match (action, stored) {
                (Action::Save, Some(id)) => access.save(id, profile).await.map(|()| id.to_owned()),
                (Action::Save, None) => {
                    access.count_new(self.visitor)?;
                    access.create(profile).await
                }
                _ => {
                    access.count_new(self.visitor)?;
                    access.seal_into_id(&profile)
                }
            }
        }
        .await;
        match kept {
            Ok(id) => {
                let path = links::configure(&id);
                Ok(Outcome::Elsewhere(format!("{}?saved", path.trim_start_matches('/'))))
            }
            Err(why) => refused(draft, &why),
        }
    }

    async fn delete(
        &mut self,
        draft: &mut Draft,
        password: Option<&str>,
        is_sure: bool,
    ) -> Result<Outcome, ApiError> {
        let Some(id) = self.id.filter(|_| is_sure) else {
            draft.problems.push(Problem::at("sure", "Tick that you are sure, to delete the profile."));
            return Ok(Outcome::Page(StatusCode::UNPROCESSABLE_ENTITY));
        };
        let access = &self.app.access;
        let deleted = match access.authorize(self.visitor, password) {
            Ok(()) => access.delete(id).await,
            Err(why) => Err(why),
        };
        match deleted {
            Ok(()) => Ok(Outcome::Elsewhere("configure?deleted".to_owned())),
            Err(why) => refused(draft, &why),
        }
    }

    /// Takes over the settings of another addon.
    fn import(&mut self, draft: &mut Draft, text: &str) {
        match profile::import(text) {
            Ok(imported) => {
                *draft = Draft::of(imported.profile);
                let mut notice = Notice::good("The settings were read. Look through them, then save.");
                if !imported.not_understood.is_empty() {
                    notice.text.push_str(" These were not understood:");
                    notice.items = imported.not_understood;
                }
                self.around.notices.push(notice);
            }
            Err(why) => self.around.notices.push(Notice::bad(sentence(&why))),
        }
    }

    async fn test(&self, draft: &mut Draft, list: List, key: &str, password: Option<&str>) {
        match list {
            List::Services => {
                let Some(row) = draft.services.iter_mut().find(|row| row.key == key) else { return };
                row.said = Some(probe::service(self.app, self.visitor, password, row.account()).await);
            }
            List::Indexers => {
                let Some(row) = draft.indexers.iter_mut().find(|row| row.key == key) else { return };
                row.said = Some(probe::indexer(self.app, self.visitor, password, row.settings()).await);
            }
            List::Sort | List::Languages => {}
        }
    }

    fn show(mut self, draft: &Draft, status: StatusCode) -> Result<Response, ApiError> {
        self.around.preview = Preview::of(&draft.profile.listing.labels);
        Ok((status, Html(view::page(draft, &self.around, &self.keeper)?)).into_response())
    }
}

/// The page with the reason why nothing was done.
fn refused(draft: &mut Draft, why: &AccessError) -> Result<Outcome, ApiError> {
    let status = match why {
        AccessError::Database(error) => return Err(ApiError::Internal(error.to_string())),
        AccessError::Password => {
            draft.problems.push(Problem::at("password", sentence(why)));
            StatusCode::FORBIDDEN
        }
        AccessError::TooOften(_) => {
            draft.problems.push(Problem::at("", sentence(why)));
            StatusCode::TOO_MANY_REQUESTS
        }
        AccessError::Invalid(problems) => {
            draft.problems.extend(problems.iter().map(Problem::from));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        why => {
            draft.problems.push(Problem::at("", sentence(why)));
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    Ok(Outcome::Page(status))
}
