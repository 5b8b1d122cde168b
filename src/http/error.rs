//! The one place where a failure becomes a status code and a body.
//!
//! Every error answer is JSON `{"success": false, "error", "message"}`: `error` is a fixed phrase for
//! programs, `message` one sentence for people. Players read only the status: a 404 tells them to stop, a
//! 503 that a later try may work. Internal causes are logged here, once, and not sent.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::access::AccessError;
use crate::cache::CacheError;
use crate::live::LiveError;
use crate::prepare::PrepareError;

/// When to ask again after a failure, in seconds: about when the room forgets it.
const RETRY_AFTER: u64 = 5;

/// A failed request, by what the client can do about it.
#[derive(Debug)]
pub(super) enum ApiError {
    /// The request itself is wrong; the message says what is allowed.
    BadRequest(String),
    /// An upload above the limit, in bytes.
    TooLarge(usize),
    /// Nothing lives under this path.
    NotFound(String),
    /// The job has expired or never existed.
    NoSuchJob,
    /// A play link whose signature is wrong or whose time is over.
    BadLink,
    /// An admin route, and the caller is not the operator.
    Forbidden(String),
    /// An admin route without the right token.
    Unauthorized,
    /// The method does not fit the route.
    MethodNotAllowed,
    /// Nothing arrived within what this player tolerates.
    TooLate,
    /// The preparation ended without the content.
    Prepare(PrepareError),
    /// A profile cannot be had or kept.
    Access(AccessError),
    /// A live channel cannot be watched.
    Live(LiveError),
    /// What is to be made is there already.
    Conflict(String),
    /// Something of ours failed.
    Internal(String),
}

impl From<PrepareError> for ApiError {
    fn from(error: PrepareError) -> Self {
        Self::Prepare(error)
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}

impl From<LiveError> for ApiError {
    fn from(error: LiveError) -> Self {
        Self::Live(error)
    }
}

impl ApiError {
    fn describe(self) -> (StatusCode, &'static str, String) {
        match self {
            Self::BadRequest(why) => (StatusCode::BAD_REQUEST, "Bad request", why),
            Self::TooLarge(most) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Upload too large",
                format!("A .torrent or magnet may have at most {} MiB", most >> 20),
            ),
            Self::NotFound(why) => (StatusCode::NOT_FOUND, "Not found", why),
            Self::NoSuchJob => {
                (StatusCode::NOT_FOUND, "Job not found", "Job may have expired or never existed".to_owned())
            }
            Self::BadLink => (
                StatusCode::FORBIDDEN,
                "Link not valid",
                "This play link was not made by this server or has expired; open the title again".to_owned(),
            ),
            Self::Forbidden(why) => (StatusCode::FORBIDDEN, "Forbidden", why),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "Unauthorized",
                "Send the admin token as `Authorization: Bearer …`".to_owned(),
            ),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "Method not allowed",
                "This address does not answer this method".to_owned(),
            ),
            Self::TooLate => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not ready yet",
                "No byte arrived in time; the preparation goes on, try again in a moment".to_owned(),
            ),
            Self::Prepare(error) => describe_preparation(&error),
            Self::Access(error) => describe_access(&error),
            Self::Live(error) => describe_live(&error),
            Self::Conflict(why) => (StatusCode::CONFLICT, "Already there", why),
            Self::Internal(why) => {
                tracing::error!(error = %why, "a request failed for a reason of ours");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Internal error",
                    "The server could not do this; its log says why".to_owned(),
                )
            }
        }
    }
}

fn describe_preparation(error: &PrepareError) -> (StatusCode, &'static str, String) {
    let message = error.to_string();
    match error {
        PrepareError::Exhausted(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "Download failed from all sources", message)
        }
        PrepareError::NoSuchFile(_) => (StatusCode::NOT_FOUND, "Not in this torrent", message),
        PrepareError::Broken(_) => (StatusCode::UNPROCESSABLE_ENTITY, "Torrent not usable", message),
        PrepareError::Cache(CacheError::Full(_)) => (StatusCode::INSUFFICIENT_STORAGE, "Disk full", message),
        PrepareError::Cache(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Cache not usable", message),
        PrepareError::Cancelled => (StatusCode::SERVICE_UNAVAILABLE, "Cancelled", message),
    }
}

fn describe_access(error: &AccessError) -> (StatusCode, &'static str, String) {
    let message = error.to_string();
    match error {
        AccessError::Unknown => (StatusCode::NOT_FOUND, "Install not known", message),
        AccessError::Sealed => {
            tracing::warn!(%error, "a profile cannot be read");
            (StatusCode::CONFLICT, "Install not readable", message)
        }
        AccessError::Invalid(problems) => {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            (StatusCode::UNPROCESSABLE_ENTITY, "Profile not valid", told.join("; "))
        }
        AccessError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Profile too large", message),
        AccessError::NoChosenKey => (StatusCode::CONFLICT, "No key is set", message),
        AccessError::Full => (StatusCode::INSUFFICIENT_STORAGE, "No room for profiles", message),
        AccessError::Password => (StatusCode::FORBIDDEN, "Wrong password", message),
        AccessError::TooOften(_) => (StatusCode::TOO_MANY_REQUESTS, "Too many tries", message),
        AccessError::Database(_) => ApiError::Internal(message).describe(),
    }
}

fn describe_live(error: &LiveError) -> (StatusCode, &'static str, String) {
    let message = error.to_string();
    match error {
        LiveError::NoEngine(_) => (StatusCode::SERVICE_UNAVAILABLE, "No engines available", message),
        LiveError::StartFailed(_) | LiveError::Empty(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "Stream initialization failed", message)
        }
        LiveError::Lost(_) => (StatusCode::SERVICE_UNAVAILABLE, "Stream lost", message),
        LiveError::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "Stopping", message),
        LiveError::Internal(_) => ApiError::Internal(message).describe(),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let retry_after = match &self {
            Self::Live(_) => LiveError::RETRY_AFTER.as_secs(),
            _ => RETRY_AFTER,
        };
        let (status, error, message) = self.describe();
        let body = json!({ "success": false, "error": error, "message": message });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_channel_that_fails_for_a_reason_of_ours_is_a_500_that_keeps_the_reason() {
        let response = ApiError::from(LiveError::Internal("the ring is broken".into())).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!response.headers().contains_key(header::RETRY_AFTER), "asking again changes nothing");
        let body = axum::body::to_bytes(response.into_body(), 1 << 10).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["success"], &body["error"]), (&false.into(), &"Internal error".into()));
        assert!(!body.to_string().contains("ring"), "{body}");
    }
}
