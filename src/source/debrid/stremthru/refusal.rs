//! Why a StremThru server, or the service behind it, refuses.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use crate::source::debrid::call::{Answer, Class};
use crate::source::debrid::lenient::or_default;
use crate::source::debrid::service::ServiceError;

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default, deserialize_with = "or_default")]
    error: Reason,
}

#[derive(Default, Deserialize)]
struct Reason {
    #[serde(default, deserialize_with = "or_default")]
    code: String,
}

fn code(answer: &Answer) -> String {
    serde_json::from_slice::<Refusal>(&answer.body).unwrap_or_default().error.code
}

/// Whether the answer says that the account is fetching the torrent already.
pub(super) fn is_conflict(answer: &Answer) -> bool {
    answer.status == StatusCode::CONFLICT || (!answer.status.is_success() && code(answer) == "CONFLICT")
}

/// What an answer refuses and why, if it does. Texts are not repeated: they are the other service's, and may hold
/// anything.
pub(super) fn refusal(answer: &Answer, class: Class) -> Option<ServiceError> {
    let code = code(answer);
    if answer.status.is_success() && code.is_empty() {
        return None;
    }
    Some(by_code(&code, class).unwrap_or_else(|| by_status(answer.status, class)))
}

fn by_code(code: &str, class: Class) -> Option<ServiceError> {
    let bad_token = |reason: &str| Some(ServiceError::BadToken(reason.to_owned()));
    match code {
        "UNAUTHORIZED" => bad_token("it is unknown or has ended"),
        "PROXY_AUTHENTICATION_REQUIRED" => bad_token("the server wants a name and password of its own"),
        "FORBIDDEN" => bad_token("the service behind it forbids this"),
        "STORE_NAME_INVALID" => bad_token("the server has no such service"),
        "PAYMENT_REQUIRED" => Some(ServiceError::NotPremium),
        "TOO_MANY_REQUESTS" => Some(ServiceError::RateLimited(Duration::ZERO)),
        "UNAVAILABLE_FOR_LEGAL_REASONS" => Some(ServiceError::Infringing),
        // One name for several limits: whoever adds has too much under way, whoever reads has read too much.
        "STORE_LIMIT_EXCEEDED" if class == Class::Submit => Some(ServiceError::TooManyActive),
        "STORE_LIMIT_EXCEEDED" => Some(ServiceError::QuotaExhausted),
        "STORE_MAGNET_INVALID" => Some(ServiceError::TorrentInvalid),
        // Too large, or of a kind that is not accepted.
        "UNPROCESSABLE_ENTITY" if class == Class::Submit => Some(ServiceError::TorrentInvalid),
        "NOT_FOUND" | "GONE" => Some(missing(class)),
        "STORE_SERVER_DOWN" => Some(down("the service behind it is down")),
        "SERVICE_UNAVAILABLE" | "BAD_GATEWAY" | "INTERNAL_SERVER_ERROR" | "UNKNOWN" => {
            Some(down("the service behind it does not answer"))
        }
        _ => None,
    }
}

fn by_status(status: StatusCode, class: Class) -> ServiceError {
    match status.as_u16() {
        401 | 403 => ServiceError::BadToken(format!("status {}", status.as_u16())),
        402 => ServiceError::NotPremium,
        404 | 410 => missing(class),
        451 => ServiceError::Infringing,
        status @ 500.. => down(&format!("it answered {status}")),
        status => ServiceError::Protocol(format!("it refused with status {status}")),
    }
}

fn missing(class: Class) -> ServiceError {
    if class == Class::Link { ServiceError::FileMissing } else { ServiceError::ItemMissing }
}

fn down(reason: &str) -> ServiceError {
    ServiceError::ServiceDown(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &serde_json::Value) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: http::HeaderMap::new(), body: body.to_string().into() }
    }

    fn refused(status: u16, code: &str, class: Class) -> ServiceError {
        let error = json!({
            "request_id": "1", "type": "store_error", "code": code, "message": "…", "status_code": status,
            "store_name": "realdebrid",
        });
        refusal(&answer(status, &json!({ "error": error })), class).unwrap()
    }

    #[test]
    fn every_documented_error_is_understood() {
        use ServiceError as E;
        let kind = std::mem::discriminant::<E>;
        let (token, protocol) = (E::BadToken(String::new()), E::Protocol(String::new()));
        let (down, later) = (E::ServiceDown(String::new()), E::RateLimited(Duration::ZERO));
        for (status, code, expected) in [
            (401, "UNAUTHORIZED", &token),
            (403, "FORBIDDEN", &token),
            (400, "STORE_NAME_INVALID", &token),
            (407, "PROXY_AUTHENTICATION_REQUIRED", &token),
            (402, "PAYMENT_REQUIRED", &E::NotPremium),
            (400, "TOO_MANY_REQUESTS", &later),
            (451, "UNAVAILABLE_FOR_LEGAL_REASONS", &E::Infringing),
            (509, "STORE_LIMIT_EXCEEDED", &E::QuotaExhausted),
            (400, "STORE_MAGNET_INVALID", &E::TorrentInvalid),
            (404, "NOT_FOUND", &E::ItemMissing),
            (410, "GONE", &E::ItemMissing),
            (503, "STORE_SERVER_DOWN", &down),
            (503, "SERVICE_UNAVAILABLE", &down),
            (502, "BAD_GATEWAY", &down),
            (500, "INTERNAL_SERVER_ERROR", &down),
            (500, "UNKNOWN", &down),
            (422, "UNPROCESSABLE_ENTITY", &protocol),
            (400, "BAD_REQUEST", &protocol),
            (405, "METHOD_NOT_ALLOWED", &protocol),
            (451, "", &E::Infringing),
            (404, "", &E::ItemMissing),
            (402, "", &E::NotPremium),
            (401, "", &token),
            (500, "", &down),
        ] {
            let error = refused(status, code, Class::Read);
            assert_eq!(kind(&error), kind(expected), "{status} {code}: {error}");
        }
    }

    #[test]
    fn what_an_error_means_depends_on_what_was_asked() {
        assert_eq!(refused(509, "STORE_LIMIT_EXCEEDED", Class::Submit), ServiceError::TooManyActive);
        assert_eq!(refused(422, "UNPROCESSABLE_ENTITY", Class::Submit), ServiceError::TorrentInvalid);
        assert_eq!(refused(404, "NOT_FOUND", Class::Link), ServiceError::FileMissing);
    }

    #[test]
    fn a_conflict_is_told_apart_and_success_is_no_error() {
        assert!(is_conflict(&answer(400, &json!({ "error": { "code": "CONFLICT" } }))));
        assert!(is_conflict(&answer(409, &json!({}))));
        let fine = answer(200, &json!({ "data": { "items": [] }, "error": null }));
        assert!(!is_conflict(&fine));
        assert_eq!(refusal(&fine, Class::Read), None);
    }
}
