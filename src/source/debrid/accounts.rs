//! The accounts of one service: who is asked first, and who is left out for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::account::Account;
use super::service::{AccountInfo, ServiceError};
use crate::domain::{DebridService, InfoHash};

/// An account without a subscription or allowance, and a service that refuses our address, are left alone for
/// so long.
const SOME_TIME: Duration = Duration::from_secs(3_600);

/// Torrents whose account is remembered.
const MOST_TORRENTS: u64 = 10_000;

/// How an account fares, for a status page.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AccountHealth {
    /// The short name of its service.
    pub service: &'static str,
    /// The name of its service for people.
    pub label: &'static str,
    /// A name for the account from which its token cannot be found.
    pub account: String,
    /// One sentence, or `in use`.
    pub state: String,
    /// What the service calls its owner, once it has been asked.
    pub user: Option<String>,
    /// When the subscription ends, Unix seconds, where the service says so.
    pub until: Option<u64>,
}

/// The accounts of one service, in the operator's order.
pub(super) struct Accounts {
    service: DebridService,
    accounts: Vec<Account>,
    /// For how long a refused token is not shown again; `None` means until the settings change, which takes a restart.
    refused_for: Option<Duration>,
    /// Which account has a torrent, so that its other files are asked of the same one.
    sticky: moka::sync::Cache<InfoHash, usize>,
    /// Never held across an await.
    states: Mutex<States>,
}

struct States {
    accounts: Vec<Option<Out>>,
    /// What the service says of each account.
    infos: Vec<Option<AccountInfo>>,
    /// Of the service as a whole.
    service: Option<Out>,
}

#[derive(Clone)]
struct Out {
    why: ServiceError,
    /// `None` means for good.
    until: Option<Instant>,
}

impl Accounts {
    /// Those of the operator, all of them fit for use.
    pub(super) fn new(service: DebridService, accounts: Vec<Account>) -> Self {
        Self::with(service, accounts, None)
    }

    /// Those of a profile, who may mend his account without anybody here noticing.
    pub(super) fn of_guest(service: DebridService, accounts: Vec<Account>) -> Self {
        Self::with(service, accounts, Some(SOME_TIME))
    }

    fn with(service: DebridService, accounts: Vec<Account>, refused_for: Option<Duration>) -> Self {
        let (out, infos) = (vec![None; accounts.len()], vec![None; accounts.len()]);
        let states = Mutex::new(States { accounts: out, infos, service: None });
        Self { service, accounts, refused_for, sticky: moka::sync::Cache::new(MOST_TORRENTS), states }
    }

    /// The account to ask for this torrent: the one that has it, or else the first that is fit. It is kept for
    /// the torrent from now on, so that no two accounts are used for it at the same time.
    ///
    /// # Errors
    /// No account is fit; says why the first one is not.
    pub(super) fn choose(&self, info_hash: InfoHash) -> Result<&Account, ServiceError> {
        let states = self.states();
        let now = Instant::now();
        if let Some(why) = states.service.as_ref().and_then(|out| out.why(now)) {
            return Err(why);
        }
        let fit = |index: &usize| states.accounts[*index].as_ref().is_none_or(|out| out.why(now).is_none());
        let kept = self.sticky.get(&info_hash).filter(fit);
        let Some(index) = kept.or_else(|| (0..self.accounts.len()).find(fit)) else {
            let first = states.accounts.first().and_then(|state| state.as_ref()?.why(now));
            return Err(first.unwrap_or_else(|| ServiceError::BadToken("none is set".to_owned())));
        };
        self.sticky.insert(info_hash, index);
        Ok(&self.accounts[index])
    }

    /// The first account that is fit, for questions that are about no torrent in particular.
    pub(super) fn any(&self) -> Option<&Account> {
        let (states, now) = (self.states(), Instant::now());
        if states.service.as_ref().is_some_and(|out| out.why(now).is_some()) {
            return None;
        }
        let is_fit = |state: &Option<Out>| state.as_ref().is_none_or(|out| out.why(now).is_none());
        let index = states.accounts.iter().position(is_fit)?;
        self.accounts.get(index)
    }

    /// Leaves the account, or the service as a whole, out for as long as `error` makes sensible. Errors that are
    /// not about the account change nothing.
    pub(super) fn failed(&self, account: &Account, error: &ServiceError) {
        let out = |until| Some(Out { why: error.clone(), until });
        let later = Some(Instant::now() + SOME_TIME);
        let mut states = self.states();
        let own = self.accounts.iter().position(|one| one.fingerprint() == account.fingerprint());
        let own = own.and_then(|index| states.accounts.get_mut(index));
        match (error, own) {
            (ServiceError::IpRefused, _) => states.service = out(later),
            (ServiceError::BadToken(_), Some(own)) => {
                *own = out(self.refused_for.map(|time| Instant::now() + time));
            }
            (ServiceError::NotPremium | ServiceError::QuotaExhausted, Some(own)) => *own = out(later),
            _ => return,
        }
        drop(states);
        let (service, account) = (self.service.label(), account.fingerprint());
        tracing::warn!(service, account, %error, "a debrid account is left out");
    }

    /// The account with this fingerprint, if it is still among the settings.
    pub(super) fn named(&self, fingerprint: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.fingerprint() == fingerprint)
    }

    /// All accounts, in the operator's order.
    pub(super) fn all(&self) -> &[Account] {
        &self.accounts
    }

    /// Notes what the service says of an account.
    pub(super) fn told(&self, account: &Account, info: AccountInfo) {
        if !info.premium {
            self.failed(account, &ServiceError::NotPremium);
        }
        let own = self.accounts.iter().position(|one| one.fingerprint() == account.fingerprint());
        if let Some(own) = own {
            self.states().infos[own] = Some(info);
        }
    }

    /// How every account fares.
    pub(super) fn health(&self) -> Vec<AccountHealth> {
        let (states, now) = (self.states(), Instant::now());
        let of_service = states.service.as_ref().and_then(|out| out.why(now));
        let each = self.accounts.iter().zip(&states.accounts).zip(&states.infos);
        each.map(|((account, state), info)| {
            let why = of_service.clone().or_else(|| state.as_ref()?.why(now));
            AccountHealth {
                user: info.as_ref().map(|info| info.user.clone()),
                until: info.as_ref().and_then(|info| info.until),
                service: self.service.name(),
                label: self.service.label(),
                account: account.fingerprint().to_owned(),
                state: why.map_or_else(|| "in use".to_owned(), |why| why.to_string()),
            }
        })
        .collect()
    }

    fn states(&self) -> MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Out {
    fn why(&self, now: Instant) -> Option<ServiceError> {
        self.until.is_none_or(|until| until > now).then(|| self.why.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: InfoHash = InfoHash::new([1; 20]);
    const OTHER: InfoHash = InfoHash::new([2; 20]);

    fn accounts() -> Accounts {
        let account = |token: &str| Account::new("torbox", token.to_owned().into());
        Accounts::new(DebridService::TorBox, vec![account("one"), account("two")])
    }

    fn token(accounts: &Accounts, info_hash: InfoHash) -> Result<String, ServiceError> {
        accounts.choose(info_hash).map(|account| account.token().to_owned())
    }

    #[test]
    fn an_account_that_fails_is_followed_by_the_next_one_and_torrents_stay_where_they_are() {
        let accounts = accounts();
        assert_eq!(token(&accounts, HASH).unwrap(), "one");
        accounts.failed(accounts.choose(HASH).unwrap(), &ServiceError::QuotaExhausted);
        assert_eq!(token(&accounts, HASH).unwrap(), "two");
        // The first one is back: new torrents go there, the old one stays.
        accounts.states().accounts[0] = None;
        assert_eq!(token(&accounts, HASH).unwrap(), "two");
        assert_eq!(token(&accounts, OTHER).unwrap(), "one");
    }

    #[test]
    fn passing_errors_and_those_of_torrents_leave_the_account_in_use() {
        let accounts = accounts();
        for error in
            [ServiceError::TooManyActive, ServiceError::Infringing, ServiceError::ServiceDown(String::new())]
        {
            accounts.failed(accounts.choose(HASH).unwrap(), &error);
        }
        assert_eq!(token(&accounts, HASH).unwrap(), "one");
        assert!(accounts.health().iter().all(|health| health.state == "in use"));
    }

    #[test]
    fn a_refused_address_concerns_every_account() {
        let accounts = accounts();
        accounts.failed(accounts.choose(HASH).unwrap(), &ServiceError::IpRefused);
        assert_eq!(token(&accounts, HASH), Err(ServiceError::IpRefused));
        assert!(accounts.health().iter().all(|health| health.state.contains("proxy")));
    }

    #[test]
    fn an_account_that_may_not_stream_is_left_out_before_it_is_used() {
        let accounts = accounts();
        let info = |premium| AccountInfo { user: "ann".to_owned(), premium, until: Some(9) };
        accounts.told(&accounts.all()[0], info(false));
        accounts.told(&accounts.all()[1], info(true));
        assert_eq!(token(&accounts, HASH).unwrap(), "two");
        let health = accounts.health();
        assert!(health[0].state.contains("subscription") && health[1].state == "in use", "{health:?}");
        assert_eq!((health[1].user.as_deref(), health[1].until), (Some("ann"), Some(9)));
    }

    #[test]
    fn when_no_account_is_left_the_reason_is_told() {
        let accounts = accounts();
        let bad = ServiceError::BadToken("bad_token".to_owned());
        accounts.failed(accounts.choose(HASH).unwrap(), &bad);
        accounts.failed(accounts.choose(HASH).unwrap(), &ServiceError::NotPremium);
        assert_eq!(token(&accounts, HASH), Err(bad));
        let health = accounts.health();
        assert_eq!(health.len(), 2);
        assert!(health.iter().all(|health| !health.account.contains("one") && health.service == "torbox"));
    }
}
