//! Whether a token is of use, for the one who enters it.

use serde::Serialize;

use super::Debrid;
use super::account::Account;
use super::service::{AccountInfo, ServiceError};
use crate::profile::ServiceAccount;

/// What a service says of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountReport {
    /// The user's name or number there.
    pub user: String,
    /// Whether it may stream at all.
    pub premium: bool,
    /// When that ends, Unix seconds, where the service says so.
    pub until: Option<u64>,
}

/// Why an account cannot be used, by who can do something about it. Holds no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountProblem {
    /// The one who entered it: the token is wrong, or the account may do nothing.
    #[error("{0}")]
    Refused(String),
    /// The operator: the service is not set up here, or refuses this server.
    #[error("{0}")]
    Setup(String),
    /// Nobody; a later try may work.
    #[error("{0}")]
    Passing(String),
}

impl Debrid {
    /// Asks a service who an account belongs to and what it may do. The account is not used for anything else.
    ///
    /// # Errors
    /// See [`AccountProblem`].
    pub async fn account_of(&self, account: &ServiceAccount) -> Result<AccountReport, AccountProblem> {
        let label = account.service.label();
        let Some(house) = self.house(account.service) else {
            return Err(AccountProblem::Setup(format!("{label} is not set up on this server")));
        };
        let service = house.service();
        let service = service.map_err(|error| AccountProblem::Setup(format!("{label}: {error}")))?;
        let account = Account::new(account.service.name(), account.token.to_secret_string());
        match service.account(&account).await {
            Ok(AccountInfo { user, premium, until }) => Ok(AccountReport { user, premium, until }),
            Err(error) => {
                let told = format!("{label}: {error}");
                Err(match error {
                    ServiceError::BadToken(_) | ServiceError::NotPremium | ServiceError::QuotaExhausted => {
                        AccountProblem::Refused(told)
                    }
                    ServiceError::IpRefused => AccountProblem::Setup(told),
                    _ => AccountProblem::Passing(told),
                })
            }
        }
    }
}
