//! What the errors of Torznab mean for the one who asked.

use std::time::Duration;

use crate::discovery::IndexerError;
use crate::discovery::indexers::exchange::{refused_key, shown, unavailable};

/// What a refusal means. The number is the server's, `status` is that of HTTP, and `pause` is its `Retry-After`.
/// `None` is no error at all: there is no such item.
pub(super) fn meaning(
    code: Option<u32>,
    description: &str,
    status: u16,
    pause: Option<Duration>,
) -> Option<IndexerError> {
    let said = |what: &str| match shown(description) {
        words if words.is_empty() => what.to_owned(),
        words => format!("{what}: {words}"),
    };
    Some(match (code, status) {
        (_, 429) | (Some(429 | 501), _) => IndexerError::RateLimited(pause),
        // Prowlarr gives its own failures this number, together with the same status.
        (Some(500), status) if status != 500 => IndexerError::RateLimited(pause),
        (Some(100), _) => IndexerError::Credentials(said("the API key is refused")),
        (Some(101), _) => IndexerError::Credentials("the account is suspended".to_owned()),
        (Some(102..=199), _) => IndexerError::Credentials(said("the account may not do this")),
        // Jackett: one that it knows and that nobody has set up.
        (Some(201), _) if description.to_ascii_lowercase().contains("not configured") => {
            unavailable("it is not configured there")
        }
        (Some(200..=299), _) => IndexerError::Unsupported,
        (Some(300), _) => return None,
        (Some(410 | 910), _) | (_, 410) => unavailable("it is disabled there"),
        (_, 401 | 403) => refused_key(),
        _ => unavailable(said("it reports an error")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_statuses_say_what_can_be_done() {
        let minute = Some(Duration::from_secs(60));
        let of = |code, status| meaning(code, "words", status, minute).unwrap();
        for (code, status) in [(100, 200), (101, 200), (102, 200), (100, 401)] {
            assert!(matches!(of(Some(code), status), IndexerError::Credentials(_)), "{code}");
        }
        for (code, status) in [(900, 429), (429, 429), (500, 200), (500, 400), (501, 200)] {
            assert_eq!(of(Some(code), status), IndexerError::RateLimited(minute), "{code} {status}");
        }
        for code in [200, 201, 202, 203] {
            assert_eq!(of(Some(code), 400), IndexerError::Unsupported, "{code}");
        }
        for (code, status) in
            [(Some(900), 400), (Some(910), 200), (Some(410), 410), (Some(500), 500), (None, 200)]
        {
            assert!(matches!(of(code, status), IndexerError::Unavailable(_)), "{code:?} {status}");
        }
        assert_eq!(meaning(Some(300), "no such item", 200, None), None);
    }

    #[test]
    fn what_jackett_has_not_set_up_is_not_taken_for_a_wrong_question() {
        let error = meaning(Some(201), "Indexer is not configured", 200, None);
        assert_eq!(error, Some(unavailable("it is not configured there")));
    }

    #[test]
    fn servers_words_are_shown_without_addresses() {
        let error = meaning(Some(900), "Timeout at https://site.example/?passkey=abc", 400, None).unwrap();
        assert_eq!(error.to_string(), "it reports an error: Timeout at");
    }
}
