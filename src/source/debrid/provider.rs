//! One service with everything that is remembered about it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::accounts::Accounts;
use super::flights::{FileKey, Flights};
use super::flow::{Errand, Flow, Found, Mode, Start, Step, Work};
use super::holdings::Holdings;
use super::ledger::Ledger;
use super::links::Links;
use super::lists::Lists;
use super::miss::Miss;
use super::refusals::{Refusals, Refused};
use super::service::{Scope, Service, ServiceError};
use super::tend;
use super::times::Times;
use crate::changes::Changes;
use crate::domain::DebridService;
use crate::source::fetch::Hosts;

/// A service that can be asked for links.
pub(super) struct Provider {
    /// Which one.
    pub(super) id: DebridService,
    pub(super) service: Arc<dyn Service>,
    pub(super) accounts: Accounts,
    pub(super) ledger: Arc<Ledger>,
    pub(super) refusals: Refusals,
    pub(super) links: Links,
    pub(super) times: Times,
    /// For the files. It leaves by the same address as the calls: services warn accounts that use two.
    pub(super) files: reqwest::Client,
    pub(super) hosts: Hosts,
    pub(super) flights: Flights,
    pub(super) owner: Owner,
    pub(super) holdings: Holdings,
    pub(super) lists: Lists,
}

/// Who owns the tasks of all services.
#[derive(Clone)]
pub(super) struct Owner {
    /// Waited for at the end.
    pub(super) tasks: TaskTracker,
    /// Ends all of them.
    pub(super) stopping: CancellationToken,
    /// Where they run.
    pub(super) runtime: tokio::runtime::Handle,
    /// Counts what services say of torrents.
    pub(super) changes: Changes,
}

impl Provider {
    /// A link to the file: the one of an earlier flow, that of a flow under way, or that of a new one, which
    /// goes on when the caller leaves. `told` hears how far it is.
    pub(super) async fn find(
        self: &Arc<Self>,
        errand: &Arc<Errand>,
        mode: Mode,
        start: Start,
        told: &(dyn Fn(&Step) + Sync),
    ) -> Result<Found, Miss> {
        let key = (errand.info_hash, errand.target.clone());
        if let (Start::Anywhere, Some(found)) = (&start, self.links.get(&key)) {
            return Ok(found);
        }
        loop {
            let begin = start.clone();
            let (flight, mut steps) = self.flights.join(&key, mode.fetches(), |steps| {
                let flying = fly(self.clone(), errand.clone(), mode, begin, steps);
                self.owner.tasks.spawn_on(flying, &self.owner.runtime)
            });
            if flight.fetches && !mode.fetches() {
                return Err(Miss::Underway(flight.steps.borrow().fraction * 100.0));
            }
            let limit = tokio::time::sleep(mode.limit(&self.times));
            tokio::pin!(limit);
            let mut end = flight.end.clone();
            let done = loop {
                tokio::select! {
                    done = &mut end => break done,
                    Ok(()) = steps.changed() => told(&steps.borrow_and_update()),
                    () = &mut limit, if !mode.fetches() => break Err(Miss::TooLong),
                }
            };
            // A flow that was not allowed to fetch says nothing to one that is.
            if mode.fetches() && !flight.fetches && done.is_err() {
                continue;
            }
            return done;
        }
    }

    /// Notes that a piece from here did not match its hash.
    pub(super) fn blame(self: &Arc<Self>, errand: &Arc<Errand>) {
        self.links.drop_link(&(errand.info_hash, errand.target.clone()));
        // At once in memory, then in the database.
        self.refusals.note(errand.info_hash, Refused::WrongBytes);
        self.owner.changes.note();
        let (provider, info_hash) = (self.clone(), errand.info_hash);
        let writing = async move { provider.refusals.add(info_hash, Refused::WrongBytes).await };
        self.owner.tasks.spawn_on(writing, &self.owner.runtime);
    }

    /// Asks the service about every account, and leaves out those that cannot be used.
    pub(super) async fn inspect(&self) {
        for account in self.accounts.all() {
            match self.service.account(account).await {
                Ok(info) => self.accounts.told(account, info),
                Err(error) => self.accounts.failed(account, &error),
            }
        }
    }

    /// Whether there is something of ours in the accounts.
    pub(super) fn has_items(&self) -> bool {
        self.accounts.all().iter().any(|account| self.ledger.has_items(account))
    }

    /// Deletes our items that nobody has used for `keep` (`None` keeps them), and writes down what is in use.
    pub(super) async fn tend(&self, keep: Option<Duration>) {
        self.ledger.save().await;
        let Some(keep) = keep else { return };
        for (account, item) in self.ledger.unused_for(keep) {
            // An account that is no longer among the settings keeps what it has.
            if let Some(account) = self.accounts.named(&account) {
                self.links.drop_item(account.fingerprint(), &item);
                tend::delete(&*self.service, &self.ledger, account, &item).await;
            }
        }
    }
}

/// The task of a flow.
async fn fly(
    provider: Arc<Provider>,
    errand: Arc<Errand>,
    mode: Mode,
    start: Start,
    steps: Arc<watch::Sender<Step>>,
) -> Result<Found, Miss> {
    let key: FileKey = (errand.info_hash, errand.target.clone());
    let _landing = provider.flights.landing(key.clone());
    let going = provider.through_accounts(&errand, mode, start, &steps);
    let found = provider.owner.stopping.run_until_cancelled(going).await.unwrap_or(Err(Miss::Stopping))?;
    provider.links.put(key, &found);
    provider.refusals.clear_not_cached(errand.info_hash);
    provider.holdings.note(errand.info_hash, true);
    provider.owner.changes.note();
    Ok(found)
}

impl Provider {
    /// Goes the way in one account after the other, until one of them fails for a reason of its own.
    async fn through_accounts(
        self: &Arc<Self>,
        errand: &Arc<Errand>,
        mode: Mode,
        mut start: Start,
        steps: &watch::Sender<Step>,
    ) -> Result<Found, Miss> {
        let info_hash = errand.info_hash;
        match self.refusals.get(info_hash) {
            Some(Refused::NotCached) if mode.fetches() || !matches!(start, Start::Anywhere) => {}
            Some(refused) => return Err(Miss::Refused(refused)),
            None => {}
        }
        // That somebody opens the file anew is no reason to go on with what did not help.
        let barred = self.links.barred(&(info_hash, errand.target.clone()));
        if let (Start::Anywhere, Some(wait)) = (&start, barred) {
            return Err(Miss::LinksEnd(wait));
        }
        let work_until = Instant::now() + mode.limit(&self.times);
        loop {
            // Every turn of the loop but the last takes an account out, so that it ends.
            let account = self.accounts.choose(info_hash)?;
            let (service, ledger, times) = (&*self.service, &self.ledger, &self.times);
            let (work, seen) = (Work::default(), Vec::new());
            let flow = Flow { service, ledger, times, account, errand, mode, work_until, steps, seen, work };
            let (result, in_vain) = flow.run(std::mem::replace(&mut start, Start::Anywhere)).await;
            if let Some(item) = in_vain {
                let (provider, account) = (self.clone(), account.clone());
                let deleting =
                    async move { tend::delete(&*provider.service, &provider.ledger, &account, &item).await };
                self.owner.tasks.spawn_on(deleting, &self.owner.runtime);
            }
            match result {
                Err(Miss::Service(error)) if error.scope() == Scope::Account => {
                    self.accounts.failed(account, &error);
                }
                Err(miss) => {
                    self.remember(errand, mode, &miss).await;
                    return Err(miss);
                }
                Ok(found) => return Ok(found),
            }
        }
    }

    /// Remembers what a failure says about the torrent.
    async fn remember(&self, errand: &Errand, mode: Mode, miss: &Miss) {
        let refused = match miss {
            Miss::Service(error) => Refused::of(error),
            // Whatever it says, it has not got it at hand.
            Miss::TooLong if !mode.fetches() => Refused::of(&ServiceError::NotCached),
            _ => None,
        };
        if refused == Some(Refused::NotCached) {
            self.holdings.note(errand.info_hash, false);
        }
        if let Some(refused) = refused {
            // At once in memory, then in the database.
            self.refusals.note(errand.info_hash, refused);
            self.owner.changes.note();
            self.refusals.add(errand.info_hash, refused).await;
        }
    }
}
