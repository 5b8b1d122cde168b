//! One debrid account in the form.

use super::fields::Fields;
use super::kept::Keeper;
use super::probe::Said;
use super::problem::Problem;
use crate::domain::DebridService;
use crate::profile::{Secret, ServiceAccount};

/// An account. Its token is on the page in sealed form only.
#[derive(Debug)]
pub(super) struct ServiceRow {
    /// Tells the rows of a page apart.
    pub(super) key: String,
    /// The service.
    pub(super) service: DebridService,
    /// The token, if there is one yet.
    pub(super) token: Option<Secret>,
    /// What a test just said.
    pub(super) said: Option<Said>,
}

impl ServiceRow {
    /// An account without a token.
    pub(super) fn new(key: String, service: DebridService) -> Self {
        Self { key, service, token: None, said: None }
    }

    /// An account of a profile.
    pub(super) fn of(key: usize, account: &ServiceAccount) -> Self {
        Self {
            key: key.to_string(),
            service: account.service,
            token: Some(account.token.clone()),
            said: None,
        }
    }

    /// The row `key` of the form: what was typed, else what was kept.
    pub(super) fn read(fields: &Fields, key: &str, keeper: &Keeper<'_>) -> Option<Self> {
        let field = |name: &str| format!("service-{key}-{name}");
        let service = fields.text(&field("kind")).parse().ok()?;
        let mut row = Self::new(key.to_owned(), service);
        row.take(fields.text(&field("token")), fields.text(&field("kept")), keeper);
        Some(row)
    }

    /// Takes the token that was typed, else the one that was kept.
    pub(super) fn take(&mut self, typed: &str, kept: &str, keeper: &Keeper<'_>) {
        self.token = if typed.is_empty() {
            keeper.open_token(self.service, kept)
        } else {
            Some(Secret::from(typed.to_owned()))
        };
    }

    /// The account, if it has a token.
    pub(super) fn finish(&self, problems: &mut Vec<Problem>) -> Option<ServiceAccount> {
        let account = self.account();
        if account.is_none() {
            let text = format!("Enter the token of {}, or remove it.", self.service.label());
            problems.push(Problem::at(format!("service-{}-token", self.key), text));
        }
        account
    }

    /// The account, if it has a token.
    pub(super) fn account(&self) -> Option<ServiceAccount> {
        self.token.clone().map(|token| ServiceAccount { service: self.service, token })
    }
}
