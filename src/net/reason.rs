//! Why an exchange failed, for people.

use std::error::Error as _;

/// The innermost reason: it says most, and unlike the outer ones it holds no address, which might hold a key.
pub fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
