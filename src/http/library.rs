//! Titles with their sources, and the stream of one source, as `streaming-services` names them.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use http::request::Parts;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::error::ApiError;
use super::play;
use super::segments::Segments;
use super::state::App;
use super::viewport::kind_of;
use crate::access;
use crate::addon::offers::Offer;
use crate::addon::{Asked, Offered};
use crate::cache::Presence;
use crate::domain::{ContentId, Title};
use crate::links;
use crate::source::Terms;
use crate::stremio::Hops;

/// What a request says behind its path.
#[derive(Debug, Default)]
struct Options {
    sources: bool,
    profile: Option<String>,
}

/// `GET /movies/{id}?includeSources=true&profile=`: what is known of a title, and where it can be played from, best
/// first. The id of an episode, such as `tt0898266:9:17`, is answered in the same way.
pub(super) async fn get_movie(
    State(app): State<Arc<App>>,
    Segments(id): Segments<String>,
    headers: HeaderMap,
    request: Parts,
) -> Result<Json<Value>, ApiError> {
    let Ok(id) = id.parse::<ContentId>();
    let options = Options::read(request.uri.query());
    let base = app.base(&headers)?;
    let profile = match &options.profile {
        Some(id) => Some(app.access.load(id).await?),
        None => None,
    };
    let terms = profile.as_ref().map_or_else(Terms::default, |profile| access::terms(&profile.profile));
    let asked = Asked {
        kind: kind_of(&id),
        id: &id,
        base: &base,
        profile: profile.as_deref(),
        terms: &terms,
        hops: &Hops::default(),
        now: SystemTime::now(),
    };
    let offered = app.streams.offers(&asked).await;
    if offered.query.title.is_none() && offered.offers.is_empty() {
        return Err(ApiError::NotFound(format!("nothing is known of {id}")));
    }
    let mut answer = described(&id, offered.query.title.as_deref());
    if options.sources {
        answer["complete"] = offered.is_complete.into();
        answer["sources"] = sources(&app, &offered, options.profile.as_deref(), asked.now);
    }
    Ok(Json(answer))
}

/// `GET|HEAD /api/stream/{sourceId}`: the bytes of one source, with ranges.
pub(super) async fn get_stream(
    State(app): State<Arc<App>>,
    Segments(source): Segments<String>,
    request: Parts,
) -> Result<Response, ApiError> {
    let parts: Vec<&str> = source.split(links::SOURCE_ID_SEPARATOR).collect();
    let (link, profile) = match *parts.as_slice() {
        [token, info_hash, file] => ((token, info_hash, file), None),
        [token, info_hash, file, profile] => ((token, info_hash, file), Some(profile)),
        _ => return Err(ApiError::NotFound("there is no such source".to_owned())),
    };
    let profile = match profile {
        Some(id) => Some(app.access.load(id).await?),
        None => None,
    };
    play::linked(&app, link, profile.as_deref(), &request).await
}

impl Options {
    fn read(query: Option<&str>) -> Self {
        let mut options = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "includeSources" => options.sources = matches!(&*value, "true" | "1"),
                "profile" if !value.is_empty() => options.profile = Some(value.into_owned()),
                _ => {}
            }
        }
        options
    }
}

fn described(id: &ContentId, title: Option<&Title>) -> Value {
    let episode = match (id, title) {
        (ContentId::Episode { season, episode, .. }, Some(title)) => title.episode(*season, *episode),
        _ => None,
    };
    json!({
        "id": id.to_string(),
        "type": kind_of(id),
        "title": title.map(|title| &title.name),
        "year": title.and_then(|title| title.year),
        "episode": episode.map(|one| json!({
            "season": one.season,
            "number": one.episode,
            "title": one.name,
            "released": one.released,
        })),
    })
}

fn sources(app: &App, offered: &Offered, profile: Option<&str>, now: SystemTime) -> Value {
    let told = |offer: &Offer| {
        let (info_hash, release) = (offer.candidate.info_hash, &offer.release);
        let token = app.signer.sign(info_hash, offer.file, now);
        let id = links::source_id(&token, (info_hash, offer.file), profile);
        json!({
            "streamUrl": links::source(&id),
            "id": id,
            "name": offer.candidate.name,
            "fileName": offer.file_name,
            "quality": release.resolution.map(|resolution| resolution.to_string()),
            "medium": release.medium.map(|medium| medium.to_string()),
            "codec": release.codec.map(|codec| codec.to_string()),
            "hdr": release.hdr.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "audio": release.audio.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "languages": release.languages.iter().map(|language| language.code()).collect::<Vec<_>>(),
            "size": offer.size(),
            "seeders": offer.candidate.seeders,
            "group": release.group,
            "infoHash": (!offer.is_place()).then_some(info_hash),
            "indexers": offer.candidate.said_by,
            "cached": offer.here == Presence::Complete,
            "services": offer.services,
        })
    };
    offered.offers.iter().map(told).collect()
}
