//! The media routes: a signed play link, the proxy by info-hash, and the stream of a prepared job. All three
//! join the one job of their content and answer from its cache file.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures::FutureExt;
use http::request::Parts;
use http::{HeaderMap, Method, header};

use super::error::ApiError;
use super::listener::media;
use super::prepare::{find, pending};
use super::segments::Segments;
use super::state::App;
use super::wish;
use crate::access;
use crate::cache::Playhead;
use crate::domain::{ContentKey, FileChoice};
use crate::play::{self, Decision, Outcome, Player, Representation, Waiting};
use crate::prepare::{Content, Job, JobStatus, PrepareError};
use crate::profile::ProfileRef;
use crate::source::{self, Terms};

/// How long a HEAD waits for length and name. Probes of browsers give up after about 5 s; a little more lets
/// the job get so far that the GET behind it is quick.
const HEAD_PATIENCE: Duration = Duration::from_secs(8);

/// `GET|HEAD /play/{token}/{infohash}/{file}/{name}`.
pub(super) async fn play(
    State(app): State<Arc<App>>,
    Segments((token, info_hash, file, _name)): Segments<(String, String, String, String)>,
    request: Parts,
) -> Result<Response, ApiError> {
    linked(&app, (&token, &info_hash, &file), None, &request).await
}

/// `GET|HEAD /{profile}/play/{token}/{infohash}/{file}/{name}`: by the rules and with the accounts of a profile.
pub(super) async fn play_as(
    State(app): State<Arc<App>>,
    Segments((profile, token, info_hash, file, _name)): Segments<(String, String, String, String, String)>,
    request: Parts,
) -> Result<Response, ApiError> {
    let profile = app.access.load(&profile).await?;
    linked(&app, (&token, &info_hash, &file), Some(&profile), &request).await
}

pub(super) async fn linked(
    app: &App,
    (token, info_hash, file): (&str, &str, &str),
    profile: Option<&ProfileRef>,
    request: &Parts,
) -> Result<Response, ApiError> {
    let info_hash = wish::info_hash(info_hash)?;
    let file = wish::file_choice(file)?;
    app.signer.verify(token, info_hash, file, SystemTime::now()).map_err(|_| ApiError::BadLink)?;
    app.streams.note_play(info_hash);
    let terms = profile.map_or_else(Terms::default, |profile| access::terms(&profile.profile));
    let request_of = source::Request { terms: terms.clone(), ..source::Request::new(info_hash, file) };
    let job = app.start(request_of, profile.map(|profile| &*profile.id)).await;
    if request.method == Method::HEAD && matches!(job.status(), JobStatus::Searching) {
        // Length and name of a built-in film are known before any source has answered.
        let known = app.addon.known(info_hash).filter(|movie| FileChoice::Index(movie.file) == file);
        if let Some(movie) = known
            && !app.has_drop_in(info_hash).await
        {
            let tag = ContentKey { info_hash, file: movie.file }.to_string();
            let known = Representation::new(&tag, movie.file_size_bytes, &movie.file_name);
            return Ok(media(play::serve_head(&request.headers, &known)));
        }
    }
    answer(app, request, job, &terms).await
}

/// `GET|HEAD /stream/proxy/{infoHash}`.
pub(super) async fn proxy(
    State(app): State<Arc<App>>,
    Segments(info_hash): Segments<String>,
    request: Parts,
) -> Result<Response, ApiError> {
    let wish = wish::from_query(wish::info_hash(&info_hash)?, request.uri.query())?;
    let job = app.start(wish, None).await;
    answer(&app, &request, job, &Terms::default()).await
}

/// `GET|HEAD /stream/ready/{jobId}`: 202 until the job is ready.
pub(super) async fn ready(
    State(app): State<Arc<App>>,
    Segments(job_id): Segments<String>,
    request: Parts,
) -> Result<Response, ApiError> {
    let job = find(&app, &job_id)?;
    if !matches!(job.status(), JobStatus::Ready(_)) {
        return Ok(pending(&job));
    }
    answer(&app, &request, job, &Terms::default()).await
}

/// `OPTIONS` on a media route.
pub(super) async fn preflight() -> Response {
    play::preflight().map(Body::new)
}

async fn answer(app: &App, request: &Parts, job: Arc<Job>, terms: &Terms) -> Result<Response, ApiError> {
    if request.method == Method::HEAD {
        let content =
            tokio::time::timeout(HEAD_PATIENCE, job.content()).await.map_err(|_| ApiError::TooLate)??;
        return Ok(media(play::serve_head(&request.headers, &Representation::of(&content.file))));
    }
    let tolerance = Player::of(user_agent(&request.headers)).tolerance();
    let waiting = Waiting::resume(&request.uri, &app.waiting_key, SystemTime::now());
    let began = Instant::now();
    loop {
        match waiting.decide(tolerance, SystemTime::now(), began.elapsed()) {
            Decision::Wait { hop } => {
                if let Ok(found) = tokio::time::timeout(hop, first_byte(&job, &request.headers)).await {
                    let (content, _playhead) = found?;
                    return Ok(serve(app, &request.headers, (job, terms), content));
                }
            }
            Decision::Redirect => {
                return Ok(media(play::redirect_to_self(waiting.location(&request.uri, &app.waiting_key))));
            }
            Decision::GiveUp => return Err(ApiError::TooLate),
        }
    }
}

/// Waits until the first byte of the answer can be sent: headers without a byte behind them do not pass every
/// proxy, and a 206 without data stalls some players for good.
///
/// The playhead goes with the content, so that the demand never lapses before the body registers its own.
async fn first_byte(job: &Job, headers: &HeaderMap) -> Result<(Content, Option<Playhead>), PrepareError> {
    let content = job.content().await?;
    let outcome = Outcome::decide(&Method::GET, headers, &Representation::of(&content.file));
    let mut playhead = None;
    if let Some(offset) = outcome.first_byte(content.file.length()) {
        playhead = Some(content.file.playhead(offset));
        tokio::select! {
            biased;
            arrived = content.file.wait_for(offset) => arrived?,
            error = job.failed() => return Err(error),
        }
    }
    Ok((content, playhead))
}

fn serve(app: &App, headers: &HeaderMap, (job, terms): (Arc<Job>, &Terms), content: Content) -> Response {
    let representation = Representation::of(&content.file);
    let exhausted = job.failed().map(|error| error.to_string()).boxed();
    if job.is_first_play() {
        app.cache.note_play(&content.file);
    }
    let viewing = play::Viewing { file: content.file, guard: Arc::new(job.view(terms)), exhausted };
    media(play::serve(headers, &representation, viewing))
}

fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|name| name.to_str().ok()).unwrap_or_default()
}
