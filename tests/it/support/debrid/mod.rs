//! Stateful fakes of the debrid services, each speaking its service's wire format on a port of its own.
//!
//! They are strict where the documentation is: a wrong method, path, header, parameter name or encoding is refused as
//! the service refuses it and remembered by [`Fake::unexpected`]; a call above a published limit is refused and
//! counted by [`Fake::limit_violations`]. Statuses advance by one step with every poll, so no test waits for a clock.
//!
//! A file of this folder is one service; it implements [`Api`] and exports a [`ServiceKind`]. What all have in common
//! is in `world.rs` (titles, links), `desk.rs` (accounts, what the service holds, items), `call.rs` (reading calls)
//! and `faults.rs`.

pub(crate) mod alldebrid;
mod call;
pub(crate) mod debridlink;
mod desk;
mod faults;
pub(crate) mod offcloud;
pub(crate) mod premiumize;
pub(crate) mod putio;
pub(crate) mod realdebrid;
pub(crate) mod stremthru;
mod tests;
pub(crate) mod torbox;
mod world;

use std::collections::{HashMap, VecDeque};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::sync::oneshot;

pub(crate) use call::{Call, Fields, Incoming, Reply, hash_of_magnet, hash_of_torrent};
pub(crate) use desk::{
    Condition, Desk, Failure, FakeAccount, Fetching, Item, ItemView, Mode, Shelf, Stage, spread,
};
pub(crate) use faults::Fault;
use faults::{Effect, Faults};
pub(crate) use world::{LinkEnd, LinkLife, LinkOrder, Links, Title, TitleFile, World};

/// How much of an upload is read; services refuse far less.
const LONGEST_BODY: usize = 32 << 20;

/// A service as the tests name it.
#[derive(Clone, Copy)]
pub(crate) struct ServiceKind {
    /// The name in settings: `realdebrid`, `torbox`, ….
    pub(crate) name: &'static str,
    /// The path below which the API lies, without a slash at its end; empty if there is none.
    pub(crate) prefix: &'static str,
    /// Makes the part that is this service's own.
    pub(crate) api: fn() -> Box<dyn Api>,
}

/// What one service does differently from the others: its routes, words and limits.
pub(crate) trait Api: Send {
    /// The token a call carries, if any; where the service reads it.
    fn token(&self, call: &Incoming) -> Option<String> {
        call.bearer()
    }

    /// The published limits that a call counts against.
    fn limits(&self, call: &Incoming) -> Vec<Limit>;

    /// How the service says that there were too many calls.
    fn rate_limited(&self, retry_after: Option<u64>) -> Reply;

    /// Answers one call and changes what it changes.
    fn answer(&mut self, desk: &mut Desk, call: &Incoming) -> Reply;
}

/// At most `count` calls of one class and token within `window`.
pub(crate) struct Limit {
    /// What is counted together.
    pub(crate) class: String,
    /// How many are let through.
    pub(crate) count: usize,
    /// The time that is looked back on.
    pub(crate) window: Duration,
}

/// One running fake. It stops when it is dropped.
pub(crate) struct Fake {
    /// The API's base URL with the documented path prefix, without a slash at its end.
    pub(crate) base: String,
    counter: Arc<Mutex<Counter>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Everything behind the one lock of a fake; no call waits while it is held.
struct Counter {
    prefix: &'static str,
    api: Box<dyn Api>,
    desk: Desk,
    faults: Faults,
    windows: HashMap<(String, String), VecDeque<Instant>>,
    violations: usize,
    journal: Vec<Call>,
}

impl Fake {
    /// Starts a service that knows the accounts given. It runs on a thread of its own, so that tests with and without
    /// a runtime can use it.
    ///
    /// # Panics
    /// If no port is free.
    pub(crate) fn start(world: &World, service: ServiceKind, accounts: Vec<FakeAccount>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.set_nonblocking(true).expect("a socket can be set non-blocking");
        let address = listener.local_addr().expect("the socket is bound");
        let counter = Arc::new(Mutex::new(Counter {
            prefix: service.prefix,
            api: (service.api)(),
            desk: Desk::new(world.clone(), accounts),
            faults: Faults::default(),
            windows: HashMap::new(),
            violations: 0,
            journal: Vec::new(),
        }));
        let (stop, stopped) = oneshot::channel();
        let app = axum::Router::new().fallback(handle).with_state(Arc::clone(&counter));
        let thread = std::thread::spawn(move || serve(listener, app, stopped));
        let base = format!("http://{address}{}", service.prefix);
        Self { base, counter, stop: Some(stop), thread: Some(thread) }
    }

    /// Every call so far, oldest first.
    pub(crate) fn journal(&self) -> Vec<Call> {
        self.lock().journal.clone()
    }

    /// How many calls used this method (any, if empty) below this path, which starts after the base URL's path.
    pub(crate) fn count(&self, method: &str, path_prefix: &str) -> usize {
        let counts =
            |call: &&Call| (method.is_empty() || call.method == method) && call.path.starts_with(path_prefix);
        self.lock().journal.iter().filter(counts).count()
    }

    /// The calls that the documentation knows nothing of; [`Call::unexpected`] says why.
    pub(crate) fn unexpected(&self) -> Vec<Call> {
        self.lock().journal.iter().filter(|call| call.unexpected.is_some()).cloned().collect()
    }

    /// How many calls were refused because a published limit was passed.
    pub(crate) fn limit_violations(&self) -> usize {
        self.lock().violations
    }

    /// Says whether the service holds a torrent already.
    pub(crate) fn set_cached(&self, info_hash: &str, cached: bool) {
        self.lock().desk.shelf_mut(info_hash).cached = cached;
    }

    /// Says how the fetching of a torrent goes that the service does not hold.
    pub(crate) fn set_fetching(&self, info_hash: &str, fetching: Fetching) {
        self.lock().desk.shelf_mut(info_hash).fetching = fetching;
    }

    /// Gives a title its peculiarities, in place of those it had.
    pub(crate) fn set_modes(&self, info_hash: &str, modes: Vec<Mode>) {
        self.lock().desk.set_modes(info_hash, modes);
    }

    /// Changes what is wrong with an account.
    pub(crate) fn set_condition(&self, token: &str, condition: Condition) {
        self.lock().desk.set_condition(token, condition);
    }

    /// Adds a fault; several wait in a queue, and the first one that fits a call has it.
    pub(crate) fn fault(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Ends all faults.
    pub(crate) fn clear_faults(&self) {
        self.lock().faults = Faults::default();
    }

    /// What lies in the accounts.
    pub(crate) fn items(&self) -> Vec<ItemView> {
        self.lock().desk.views()
    }

    /// Puts an item into the first account that its user added by other means: fetched, all files selected.
    pub(crate) fn add_foreign_item(&self, info_hash: &str) {
        self.lock().desk.add_foreign(info_hash);
    }

    fn lock(&self) -> MutexGuard<'_, Counter> {
        self.counter.lock().expect("no call panics")
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed, and a test that failed must not abort.
            let _ = thread.join();
        }
    }
}

/// Runs the server until `stopped` resolves; calls that hang end with it.
fn serve(listener: TcpListener, app: axum::Router, stopped: oneshot::Receiver<()>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("threads can start");
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("the socket is non-blocking");
        tokio::select! {
            served = async { axum::serve(listener, app).await } => served.expect("the socket is ours"),
            _ = stopped => {}
        }
    });
}

async fn handle(State(counter): State<Arc<Mutex<Counter>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
    let (reply, effect) = counter.lock().expect("no call panics").take(&head, body);
    match effect {
        Effect::Hang => std::future::pending::<()>().await,
        Effect::Slow(delay) => tokio::time::sleep(delay).await,
        Effect::None => {}
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).expect("the fakes write valid headers")
}

impl Counter {
    /// Takes one call: faults first, then limits, then the service itself. All of it is in the journal.
    fn take(&mut self, head: &http::request::Parts, body: bytes::Bytes) -> (Reply, Effect) {
        let whole = head.uri.path();
        let below = whole.strip_prefix(self.prefix).filter(|rest| rest.starts_with('/'));
        let call = Incoming::new(head, below.unwrap_or(whole), body);
        let (verdict, effect) = self.faults.judge(&call);
        let reply = match verdict {
            faults::Verdict::Instead(reply) => reply,
            faults::Verdict::Limited(retry_after) => self.api.rate_limited(retry_after),
            faults::Verdict::Lost(reply) => {
                self.answer(&call, below.is_some());
                reply
            }
            faults::Verdict::Pass => self.answer(&call, below.is_some()),
        };
        self.journal.push(call.entry(self.api.token(&call), &reply));
        (reply, effect)
    }

    fn answer(&mut self, call: &Incoming, is_below: bool) -> Reply {
        if !is_below {
            return Reply::text(404, "Not Found").noting(Some("outside of the API".to_owned()));
        }
        if self.is_above_limits(call) {
            self.violations += 1;
            return self.api.rate_limited(None);
        }
        let reply = self.api.answer(&mut self.desk, call);
        reply.noting(call.viewer_address().map(|header| format!("{header} tells the viewer's address")))
    }

    /// Counts the call, refused ones too: services do the same.
    fn is_above_limits(&mut self, call: &Incoming) -> bool {
        let token = self.api.token(call).unwrap_or_default();
        let now = Instant::now();
        let mut is_above = false;
        for limit in self.api.limits(call) {
            let window = self.windows.entry((limit.class, token.clone())).or_default();
            window.retain(|at| now.duration_since(*at) < limit.window);
            window.push_back(now);
            is_above |= window.len() > limit.count;
        }
        is_above
    }
}
