//! Why Real-Debrid refuses: its numbered errors.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use crate::source::debrid::call::Answer;
use crate::source::debrid::service::ServiceError;

/// The error of a selection that was made before.
pub(super) const DONE_ALREADY: i64 = 31;

/// The error of a torrent that the account is fetching already.
pub(super) const ACTIVE_ALREADY: i64 = 33;

/// The number of the error that an answer holds, if it is one.
pub(super) fn error_code(answer: &Answer) -> Option<i64> {
    #[derive(Deserialize)]
    struct Refusal {
        error_code: i64,
    }
    let is_refused = !answer.status.is_success();
    is_refused.then(|| serde_json::from_slice(&answer.body).ok()).flatten().map(|it: Refusal| it.error_code)
}

/// What a refusal means. Its texts are not repeated: the numbers say it all.
pub(super) fn refusal(status: StatusCode, code: Option<i64>) -> ServiceError {
    let bad_token = |reason: &str| ServiceError::BadToken(reason.to_owned());
    match (code, status.as_u16()) {
        (Some(8), _) => bad_token("it is unknown or has ended"),
        (Some(10 | 11), _) => bad_token("a second factor is due"),
        (Some(12 | 13), _) => bad_token("the login is wrong"),
        (Some(14), _) => bad_token("the account is locked"),
        (Some(15), _) => bad_token("the account is not activated"),
        // Free accounts are told that they have no permission.
        (Some(9 | 20), _) => ServiceError::NotPremium,
        // The limit of a hoster, the traffic and the fair use of an account.
        (Some(18 | 23 | 36), _) => ServiceError::QuotaExhausted,
        (Some(21), _) | (None, 509) => ServiceError::TooManyActive,
        (Some(22), _) => ServiceError::IpRefused,
        (Some(5 | 34), _) => ServiceError::RateLimited(Duration::ZERO),
        (Some(35), _) | (None, 451) => ServiceError::Infringing,
        (Some(26 | 29), _) => ServiceError::TooBig,
        (Some(28 | 30), _) => ServiceError::TorrentInvalid,
        (Some(7), _) | (None, 404) => ServiceError::ItemMissing,
        (Some(19 | 24), _) => ServiceError::FileMissing,
        (Some(code @ (-1 | 6 | 17 | 25 | 27)), _) => ServiceError::ServiceDown(format!("its error {code}")),
        (None, 401) => bad_token("status 401"),
        (None, status @ 500..) => ServiceError::ServiceDown(format!("it answered {status}")),
        (Some(code), _) => ServiceError::Protocol(format!("its error {code}")),
        (None, status) => ServiceError::Protocol(format!("status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_error_is_understood() {
        use ServiceError as E;
        let kind = std::mem::discriminant::<E>;
        let (token, protocol) = (E::BadToken(String::new()), E::Protocol(String::new()));
        let (down, later) = (E::ServiceDown(String::new()), E::RateLimited(Duration::ZERO));
        for (codes, expected) in [
            (&[8, 10, 11, 12, 13, 14, 15][..], &token),
            (&[9, 20], &E::NotPremium),
            (&[18, 23, 36], &E::QuotaExhausted),
            (&[21], &E::TooManyActive),
            (&[22], &E::IpRefused),
            (&[5, 34], &later),
            (&[35], &E::Infringing),
            (&[26, 29], &E::TooBig),
            (&[28, 30], &E::TorrentInvalid),
            (&[7], &E::ItemMissing),
            (&[19, 24], &E::FileMissing),
            (&[-1, 6, 17, 25, 27], &down),
            (&[1, 2, 3, 4, 16, 31, 32, 33, 37, 99], &protocol),
        ] {
            for code in codes {
                let error = refusal(StatusCode::FORBIDDEN, Some(*code));
                assert_eq!(kind(&error), kind(expected), "{code}: {error}");
            }
        }
        for (status, expected) in [
            (509, &E::TooManyActive),
            (451, &E::Infringing),
            (404, &E::ItemMissing),
            (401, &token),
            (500, &down),
        ] {
            let error = refusal(StatusCode::from_u16(status).unwrap(), None);
            assert_eq!(kind(&error), kind(expected), "{status}: {error}");
        }
    }
}
