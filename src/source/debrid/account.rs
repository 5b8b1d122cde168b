//! One account at one service.

use data_encoding::HEXLOWER;
use secrecy::{ExposeSecret, SecretString};

/// A token and the short name under which its account is known here. The token is never printed.
#[derive(Debug, Clone)]
pub(super) struct Account {
    token: SecretString,
    fingerprint: String,
}

impl Account {
    /// An account of the service called `service`.
    pub(super) fn new(service: &str, token: SecretString) -> Self {
        let text = format!("headwater account {service} {}", token.expose_secret());
        let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        Self { token, fingerprint: HEXLOWER.encode(&sum.as_ref()[..6]) }
    }

    /// The token, for the one place that puts it into a request.
    pub(super) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// A name for logs and the database from which the token cannot be found.
    pub(super) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
