//! Subtitles: which there are for the video that is being played, and their texts.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;

use super::error::ApiError;
use super::segments::Segments;
use super::state::App;
use super::wish;
use crate::access;
use crate::addon::subtitles::{self, Form, LARGEST, Track};
use crate::domain::{FileChoice, FileIndex};
use crate::links::{self, PublicUrl};
use crate::play;
use crate::prepare::{Content, JobStatus};
use crate::profile::ProfileRef;
use crate::source::{self, Terms};
use crate::stremio::{self, Body, CacheHint, Subtitle, SubtitlesExtra};

/// How long a text may take: it is a small file, and a player asks again when somebody chooses the track again.
const PATIENCE: Duration = Duration::from_secs(30);

/// A list depends on what is being played, which changes any moment.
const LISTED: CacheHint = CacheHint { max_age: 60, stale_revalidate: 60, stale_error: 60 };

/// Nothing is known of the video yet, or it has no text; what is asked a moment later may be answered.
const EMPTY: CacheHint = CacheHint { max_age: 0, stale_revalidate: 0, stale_error: 0 };

/// How long a list waits for its video. Players ask for both at the same time, and the video has to be found first;
/// those who play something else from elsewhere wait for nothing, which must not be felt.
const OPENING: Duration = Duration::from_secs(3);

/// Subtitles of one file never change.
const A_DAY: &str = "max-age=86400, public";

/// The subtitle files that lie beside a video which this server prepares or has ready. A client names the video by its
/// file name, its length, or both; of others nothing is known. A video that is only being opened is waited for.
pub(super) async fn list(
    app: &App,
    extra: &SubtitlesExtra,
    base: &PublicUrl,
    profile: Option<&str>,
) -> stremio::Response {
    let subtitles = match opened(app, extra).await {
        Some(content) => of(app, &content, base, profile).await,
        None => Vec::new(),
    };
    let cache = if subtitles.is_empty() { EMPTY } else { LISTED };
    stremio::Response { body: Body::Subtitles(subtitles), cache }
}

async fn of(app: &App, content: &Content, base: &PublicUrl, profile: Option<&str>) -> Vec<Subtitle> {
    let info_hash = content.file.key().info_hash;
    let tracks: Vec<Track<FileIndex>> = match (content.file.own_path(), &content.metainfo) {
        (Some(video), _) => numbered(beside(video.to_owned()).await),
        (None, Some(table)) => subtitles::of_torrent(table, content.index),
        (None, None) => Vec::new(),
    };
    let now = SystemTime::now();
    let told = |track: Track<FileIndex>| {
        let file = FileChoice::Index(track.place);
        let token = app.signer.sign(info_hash, file, now);
        Subtitle {
            id: format!("headwater-{info_hash}-{file}"),
            url: links::captions(base, profile, &token, (info_hash, file), &shown(&track.name)),
            lang: track.lang().to_owned(),
        }
    };
    tracks.into_iter().map(told).collect()
}

/// `GET /captions/{token}/{infohash}/{file}/{name}`: the text in UTF-8; WebVTT if the name ends in `.vtt`, else SubRip.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Segments((token, info_hash, file, name)): Segments<(String, String, String, String)>,
) -> Result<Response, ApiError> {
    linked(&app, (&token, &info_hash, &file, &name), None).await
}

/// `GET /{profile}/captions/{token}/{infohash}/{file}/{name}`: by the rules and with the accounts of a profile.
pub(super) async fn get_as(
    State(app): State<Arc<App>>,
    Segments((profile, token, info_hash, file, name)): Segments<(String, String, String, String, String)>,
) -> Result<Response, ApiError> {
    let profile = app.access.load(&profile).await?;
    linked(&app, (&token, &info_hash, &file, &name), Some(&profile)).await
}

async fn linked(
    app: &App,
    (token, info_hash, file, name): (&str, &str, &str, &str),
    profile: Option<&ProfileRef>,
) -> Result<Response, ApiError> {
    let info_hash = wish::info_hash(info_hash)?;
    let file = wish::file_choice(file)?;
    app.signer.verify(token, info_hash, file, SystemTime::now()).map_err(|_| ApiError::BadLink)?;
    let terms = profile.map_or_else(Terms::default, |profile| access::terms(&profile.profile));
    let request = source::Request { terms, ..source::Request::new(info_hash, file) };
    let owner = profile.map(|profile| &*profile.id);
    let bytes = tokio::time::timeout(PATIENCE, bytes(app, request, owner, name)).await;
    let bytes = bytes.map_err(|_| ApiError::TooLate)??;
    let form = Form::of_name(name).unwrap_or(Form::Srt);
    let text = subtitles::read(&bytes, form).map_err(|error| ApiError::NotFound(error.to_string()))?;
    let kind =
        if form == Form::Vtt { "text/vtt; charset=utf-8" } else { "application/x-subrip; charset=utf-8" };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, A_DAY)], text).into_response())
}

async fn bytes(
    app: &App,
    request: source::Request,
    owner: Option<&str>,
    name: &str,
) -> Result<Vec<u8>, ApiError> {
    let job = app.start(request, owner).await;
    let content = job.content().await?;
    let missing = || ApiError::NotFound("there is no such subtitle file".to_owned());
    if let Some(video) = content.file.own_path() {
        // The operator may have added or removed files since the link was made, so that numbers mean others now.
        let mut tracks = beside(video.to_owned()).await.into_iter();
        let track = tracks.find(|track| shown(&track.name) == name).ok_or_else(missing)?;
        return tokio::fs::read(track.place).await.map_err(|_| missing());
    }
    if content.file.length() > LARGEST {
        return Err(missing());
    }
    tokio::select! {
        bytes = play::whole(&content.file) => bytes.map_err(|error| ApiError::Prepare(error.into())),
        error = job.failed() => Err(error.into()),
    }
}

/// The content that the client speaks of, as soon as this server plays it. Nothing if that takes too long, or if the
/// client does not say what it speaks of.
async fn opened(app: &App, extra: &SubtitlesExtra) -> Option<Content> {
    if extra.filename.is_none() && extra.video_size.is_none() {
        return None;
    }
    // From before the first look, so that nothing is missed between a look and the wait.
    let mut news = app.prepare.news();
    if let Some(content) = played(app, extra) {
        return Some(content);
    }
    tracing::debug!("subtitles are asked for before their video");
    let waiting = async {
        loop {
            news.changed().await.ok()?;
            if let Some(content) = played(app, extra) {
                return Some(content);
            }
        }
    };
    tokio::time::timeout(OPENING, waiting).await.unwrap_or_default()
}

/// The content that the client speaks of, as far as this server plays it. With several that look alike, the one that
/// was used last.
fn played(app: &App, extra: &SubtitlesExtra) -> Option<Content> {
    let mut jobs = app.prepare.jobs();
    jobs.sort_by_key(|job| std::cmp::Reverse(job.last_used()));
    let contents = jobs.iter().filter_map(|job| match job.status() {
        JobStatus::Ready(content) | JobStatus::Described(content) => Some(content),
        JobStatus::Searching | JobStatus::Failed(_) => None,
    });
    contents.into_iter().find(|content| {
        extra.filename.as_deref().is_none_or(|name| name == content.file.name())
            && extra.video_size.is_none_or(|size| size == content.file.length())
    })
}

async fn beside(video: PathBuf) -> Vec<Track<PathBuf>> {
    let looking = tokio::task::spawn_blocking(move || subtitles::beside(&video));
    // A panic there is told by the log; the video plays without subtitles.
    looking.await.unwrap_or_default()
}

/// Files of an operator have no index; their place in the list takes its place in links.
fn numbered(tracks: Vec<Track<PathBuf>>) -> Vec<Track<FileIndex>> {
    let number = |(at, track): (u32, Track<PathBuf>)| Track {
        place: FileIndex(at),
        name: track.name,
        language: track.language,
    };
    (0..).zip(tracks).map(number).collect()
}

/// The name of a track with the extension of the form that it is sent in.
fn shown(name: &str) -> String {
    match Form::of_name(name) {
        Some(Form::Ass) => format!("{}.srt", name.rsplit_once('.').map_or(name, |(stem, _)| stem)),
        _ => name.to_owned(),
    }
}
