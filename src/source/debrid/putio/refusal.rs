//! Why put.io refuses.

use http::StatusCode;
use serde::Deserialize;

use crate::source::debrid::call::Answer;
use crate::source::debrid::lenient::or_default;
use crate::source::debrid::service::ServiceError;

/// Why something was refused.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    #[serde(default, deserialize_with = "or_default")]
    error_type: String,
}

/// What an answer refuses and why, with the name of the error, if it does.
pub(super) fn refusal(answer: &Answer) -> Option<(ServiceError, String)> {
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status.is_success() && refusal.status != "ERROR" {
        return None;
    }
    let kind = refusal.error_type.to_ascii_uppercase();
    Some((refused(answer.status, &kind), kind))
}

/// Few names of errors are documented. Statuses speak first, then the subject of the name.
fn refused(status: StatusCode, kind: &str) -> ServiceError {
    let is_about = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    match status.as_u16() {
        401 => ServiceError::BadToken("it is unknown, has ended or lacks a right".to_owned()),
        402 => ServiceError::NotPremium,
        404 => ServiceError::ItemMissing,
        451 => ServiceError::Infringing,
        403 if is_about(&["CONTENT", "COPYRIGHT", "DMCA"]) => ServiceError::Infringing,
        _ if is_about(&["TRASH_LOCK"]) => ServiceError::ServiceDown("its trash is busy".to_owned()),
        _ if is_about(&["DISK", "SPACE", "STORAGE", "QUOTA"]) => ServiceError::QuotaExhausted,
        _ if is_about(&["TOO_MANY", "TOOMANY"]) => ServiceError::TooManyActive,
        status @ 500.. => ServiceError::ServiceDown(format!("it answered {status}")),
        status => ServiceError::Protocol(format!("it refused with status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_documented_error_is_understood() {
        let of = |status: u16, kind: &str| {
            let body =
                json!({ "status": "ERROR", "error_type": kind, "error_message": "…", "status_code": status });
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers: http::HeaderMap::new(), body: body.to_string().into() };
            refusal(&answer).unwrap().0
        };
        assert!(matches!(of(401, "invalid_scope"), ServiceError::BadToken(_)));
        assert_eq!(of(402, ""), ServiceError::NotPremium);
        assert_eq!(of(404, "TRANSFER_NOT_FOUND"), ServiceError::ItemMissing);
        assert_eq!(of(400, "TRASH_LOCK_TIMEOUT"), ServiceError::ServiceDown("its trash is busy".to_owned()));
        assert_eq!(of(400, "NOT_ENOUGH_DISK_SPACE"), ServiceError::QuotaExhausted);
        assert_eq!(of(403, "TOO_MANY_TRANSFERS"), ServiceError::TooManyActive);
        assert_eq!(of(403, "FORBIDDEN_CONTENT"), ServiceError::Infringing);
        assert!(matches!(of(403, "FORBIDDEN"), ServiceError::Protocol(_)));
        assert!(matches!(of(400, "EMPTY_URL"), ServiceError::Protocol(_)));
        assert!(matches!(of(500, "TRANSFER_INVALID"), ServiceError::ServiceDown(_)));
        assert!(matches!(of(200, "BadRequest"), ServiceError::Protocol(_)), "an error with a good status");
    }
}
