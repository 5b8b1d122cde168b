//! A service that answers as a test tells it to and writes down what it was asked, and a provider on top of it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::changes::Changes;
use crate::db::Database;
use crate::domain::{DebridService, InfoHash};
use crate::source::debrid::ServiceSettings;
use crate::source::debrid::account::Account;
use crate::source::debrid::flow::{Errand, Found, Mode, Start};
use crate::source::debrid::house::House;
use crate::source::debrid::matching::Target;
use crate::source::debrid::miss::Miss;
use crate::source::debrid::provider::{Owner, Provider};
use crate::source::debrid::service::{
    AccountInfo, Availability, DirectLink, ItemId, ItemState, RemoteFile, Reply, Service, ServiceError,
    Submission, Submitted,
};
use crate::source::debrid::times::Times;
use crate::source::fetch::Hosts;

pub(super) const HASH: InfoHash = InfoHash::new([7; 20]);
pub(super) const FETCH: Mode = Mode::Fetching { wait: Duration::from_secs(10), queue: false };

/// What the service will answer. Answers are used up in order; the last one is repeated.
pub(super) struct Script {
    pub(super) check: Availability,
    pub(super) find: Answers<Option<ItemId>>,
    pub(super) submit: Answers<Submitted>,
    pub(super) poll: Answers<ItemState>,
    pub(super) resolve: Answers<DirectLink>,
    pub(super) release: Result<(), ServiceError>,
    /// Accounts, by token, that are refused whatever they ask for.
    pub(super) refused: HashMap<String, ServiceError>,
    pub(super) calls: Vec<String>,
}

pub(super) type Answers<T> = VecDeque<Result<T, ServiceError>>;

impl Default for Script {
    /// A service that holds the torrent, with one file.
    fn default() -> Self {
        Self {
            check: Availability::Cached,
            find: [Ok(None)].into(),
            submit: [Ok(created("i1"))].into(),
            poll: [Ok(ready())].into(),
            resolve: [Ok(link("https://cdn.example/1"))].into(),
            release: Ok(()),
            refused: HashMap::new(),
            calls: Vec::new(),
        }
    }
}

pub(super) fn created(item: &str) -> Submitted {
    Submitted { item: ItemId(item.to_owned()), created: true }
}

pub(super) fn joined(item: &str) -> Submitted {
    Submitted { item: ItemId(item.to_owned()), created: false }
}

/// The files of a small season; the wanted one is number 2.
pub(super) fn files() -> Vec<RemoteFile> {
    let file = |id: u32, name: &str, size: u64| RemoteFile {
        id: id.to_string(),
        path: format!("/Show/{name}"),
        size: Some(size),
    };
    vec![file(1, "E1.mkv", 100), file(2, "E2.mkv", 200), file(3, "E2.srt", 3)]
}

pub(super) fn ready() -> ItemState {
    ItemState::Ready(files())
}

pub(super) fn downloading(percent: f64, seeders: Option<u32>) -> ItemState {
    ItemState::Downloading { percent, seeders }
}

pub(super) fn link(url: &str) -> DirectLink {
    DirectLink { url: url.parse().unwrap(), size: Some(200), lifetime: Duration::from_secs(3_600) }
}

pub(super) fn down() -> ServiceError {
    ServiceError::ServiceDown("it did not answer in time".to_owned())
}

pub(super) struct Scripted(Mutex<Script>);

impl Scripted {
    pub(super) fn new(script: Script) -> Arc<Self> {
        Arc::new(Self(Mutex::new(script)))
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }

    /// What was asked so far; forgets it.
    pub(super) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.script().calls)
    }

    /// How often something was asked so far.
    pub(super) fn count(&self, call: &str) -> usize {
        self.script().calls.iter().filter(|made| made.starts_with(call)).count()
    }

    fn answer<T: Send + 'static>(
        &self,
        account: &Account,
        call: String,
        answer: impl FnOnce(&mut Script) -> Result<T, ServiceError>,
    ) -> Reply<'static, T> {
        let mut script = self.script();
        script.calls.push(call);
        let refused = script.refused.get(account.token()).cloned();
        let answer = refused.map_or_else(|| answer(&mut script), Err);
        async move {
            // As over a network, others get their turn meanwhile.
            tokio::task::yield_now().await;
            answer
        }
        .boxed()
    }
}

fn next<T: Clone>(answers: &mut Answers<T>) -> Result<T, ServiceError> {
    if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
}

impl Service for Scripted {
    fn check<'a>(&'a self, account: &'a Account, torrents: &'a [InfoHash]) -> Reply<'a, Vec<Availability>> {
        let count = torrents.len();
        self.answer(account, "check".to_owned(), move |script| Ok(vec![script.check; count]))
    }

    fn find<'a>(&'a self, account: &'a Account, _: InfoHash) -> Reply<'a, Option<ItemId>> {
        self.answer(account, "find".to_owned(), |script| next(&mut script.find))
    }

    fn submit<'a>(&'a self, account: &'a Account, submission: &'a Submission) -> Reply<'a, Submitted> {
        let how = if submission.only_if_cached { "if cached" } else { "fetch" };
        self.answer(account, format!("submit {how}"), |script| next(&mut script.submit))
    }

    fn poll<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ItemState> {
        self.answer(account, format!("poll {}", item.0), |script| next(&mut script.poll))
    }

    fn select<'a>(
        &'a self,
        account: &'a Account,
        item: &'a ItemId,
        files: &'a [RemoteFile],
    ) -> Reply<'a, ()> {
        let chosen: Vec<&str> = files.iter().map(|file| file.id.as_str()).collect();
        self.answer(account, format!("select {} {}", item.0, chosen.join(",")), |_| Ok(()))
    }

    fn resolve<'a>(
        &'a self,
        account: &'a Account,
        item: &'a ItemId,
        file: &'a RemoteFile,
    ) -> Reply<'a, DirectLink> {
        self.answer(account, format!("resolve {} {}", item.0, file.id), |script| next(&mut script.resolve))
    }

    fn release<'a>(&'a self, account: &'a Account, item: &'a ItemId) -> Reply<'a, ()> {
        self.answer(account, format!("release {}", item.0), |script| script.release.clone())
    }

    fn account<'a>(&'a self, account: &'a Account) -> Reply<'a, AccountInfo> {
        let info = AccountInfo { user: "ann".to_owned(), premium: true, until: None };
        self.answer(account, "account".to_owned(), |_| Ok(info))
    }
}

pub(super) struct Rig {
    pub(super) service: Arc<Scripted>,
    pub(super) provider: Arc<Provider>,
    pub(super) owner: Owner,
    pub(super) db: Database,
    _folder: tempfile::TempDir,
}

/// Two accounts, whose tokens are `one` and `two`.
pub(super) fn settings() -> ServiceSettings {
    ServiceSettings {
        service: DebridService::RealDebrid,
        tokens: ["one", "two"].map(|token| token.to_owned().into()).to_vec(),
        base_url: "http://127.0.0.1:1/".parse().unwrap(),
        user_agent: None,
        proxy: None,
    }
}

impl Rig {
    pub(super) async fn new(script: Script) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let owner = Owner {
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            runtime: tokio::runtime::Handle::current(),
            changes: Changes::default(),
        };
        let service = Scripted::new(script);
        let provider = provider(&service, &db, &owner).await;
        Self { service, provider, owner, db, _folder: folder }
    }

    /// Another provider over the same database, as after a restart.
    pub(super) async fn restarted(&self) -> Arc<Provider> {
        provider(&self.service, &self.db, &self.owner).await
    }

    /// Looks for the second episode.
    pub(super) async fn find(&self, mode: Mode) -> Result<Found, Miss> {
        self.provider.find(&errand(), mode, Start::Anywhere, &|_| {}).await
    }

    /// Waits for what goes on in the background, deletions above all.
    pub(super) async fn settle(&self) {
        self.owner.tasks.close();
        tokio::time::timeout(Duration::from_secs(10), self.owner.tasks.wait()).await.unwrap();
        self.owner.tasks.reopen();
    }
}

async fn provider(service: &Arc<Scripted>, db: &Database, owner: &Owner) -> Arc<Provider> {
    let parts = (Times::short(), Hosts::default(), owner.clone());
    let service = service.clone();
    let make = Arc::new(move |_: &ServiceSettings| Ok(service.clone() as Arc<dyn Service>));
    Arc::new(House::load(&settings(), make, db, parts).await.unwrap().provider().unwrap())
}

/// The second episode, known from the torrent's file table.
pub(super) fn errand() -> Arc<Errand> {
    errand_for("E2.mkv", 200)
}

pub(super) fn errand_for(path: &str, length: u64) -> Arc<Errand> {
    Arc::new(Errand {
        info_hash: HASH,
        target: Target::File { path: path.to_owned(), length },
        magnet: format!("magnet:?xt=urn:btih:{HASH}"),
        torrent: None,
    })
}
