//! Somebody's accounts at one service.

use secrecy::{ExposeSecret, SecretString};

use crate::domain::DebridService;

/// One service and somebody's tokens there. How the service is reached is the operator's business.
#[derive(Debug, Clone)]
pub struct ServiceTokens {
    /// The service.
    pub service: DebridService,
    /// One for every account, in the order in which they are used.
    pub tokens: Vec<SecretString>,
}

impl PartialEq for ServiceTokens {
    fn eq(&self, other: &Self) -> bool {
        let texts =
            |one: &Self| one.tokens.iter().map(|token| token.expose_secret().to_owned()).collect::<Vec<_>>();
        self.service == other.service && texts(self) == texts(other)
    }
}

impl Eq for ServiceTokens {}
