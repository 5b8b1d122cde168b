//! A site on a port of its own: what all of them have in common.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::response::Response;
use tokio::sync::watch;

use super::ask::Ask;
use super::trouble::{Trouble, Troubles, respond};
use crate::support::background::Background;
use crate::support::debrid::Reply;
use crate::support::http;

/// What one site does differently from the others: its routes and words.
pub(crate) trait Site: Send + 'static {
    /// Answers as the documentation says.
    fn answer(&mut self, ask: &Ask) -> Reply;

    /// Paths of this site for which this request has to wait, because what is asked for is put together from them.
    fn waits_for(&self, _ask: &Ask) -> Vec<String> {
        Vec::new()
    }

    /// How the site says that it is asked too often.
    fn too_many(&self, retry_after: Option<u64>) -> Reply {
        let reply = Reply::text(429, "Too Many Requests");
        match retry_after {
            Some(seconds) => reply.with("retry-after", &seconds),
            None => reply,
        }
    }

    /// The program that answers in place of [`Self::answer`], if the site is a real one.
    fn program(&self) -> Option<String> {
        None
    }
}

/// A request in the journal.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// The request.
    pub(crate) ask: Ask,
    /// The status of the answer; `None` while there is none, and for ever if the client left before.
    pub(crate) status: Option<u16>,
    /// Why the documentation does not allow such a request.
    pub(crate) unexpected: Option<String>,
}

/// A running site. It ends with its last clone.
pub(crate) struct Upstream<S> {
    inner: Arc<Inner<S>>,
    base: String,
    _background: Arc<Background>,
}

struct Inner<S> {
    site: Mutex<S>,
    troubles: Mutex<Troubles>,
    changed: watch::Sender<()>,
    journal: Mutex<Vec<Heard>>,
    present: AtomicUsize,
    most: AtomicUsize,
    client: reqwest::Client,
}

impl<S> Clone for Upstream<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            base: self.base.clone(),
            _background: Arc::clone(&self._background),
        }
    }
}

impl<S: Site> Upstream<S> {
    /// Gives a site a port.
    pub(crate) fn start(site: S) -> Self {
        let background = Background::start("upstream");
        let (listener, address) = background.listen();
        let inner = Arc::new(Inner {
            site: Mutex::new(site),
            troubles: Mutex::default(),
            changed: watch::Sender::new(()),
            journal: Mutex::default(),
            present: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            client: http::unmoved(),
        });
        let app = axum::Router::new().fallback(handle::<S>).with_state(Arc::clone(&inner));
        background.spawn(async move { axum::serve(listener, app).await.expect("the socket is ours") });
        Self { inner, base: format!("http://{address}"), _background: Arc::new(background) }
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Looks at the site or changes it while it runs.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut S) -> T) -> T {
        look(&mut lock(&self.inner.site))
    }

    /// Lets something go wrong with every path that begins with `below`, until [`Self::heal`]. What was added last
    /// comes first.
    pub(crate) fn trouble(&self, below: &str, trouble: Trouble) {
        lock(&self.inner.troubles).add(below, trouble, None);
        self.inner.changed.send_replace(());
    }

    /// The same for the next `times` requests.
    pub(crate) fn trouble_times(&self, below: &str, trouble: Trouble, times: u32) {
        assert!(times > 0 && !matches!(trouble, Trouble::Hang), "what hangs does so until it is healed");
        lock(&self.inner.troubles).add(below, trouble, Some(times));
    }

    /// Ends every trouble that was set for a path beginning with `below`; whoever hangs there gets an answer.
    pub(crate) fn heal(&self, below: &str) {
        lock(&self.inner.troubles).end(below);
        self.inner.changed.send_replace(());
    }

    /// Every request so far, oldest first.
    pub(crate) fn journal(&self) -> Vec<Heard> {
        lock(&self.inner.journal).clone()
    }

    /// The requests whose path begins with `below`, oldest first.
    pub(crate) fn asked(&self, below: &str) -> Vec<Ask> {
        let journal = self.journal().into_iter().map(|heard| heard.ask);
        journal.filter(|ask| ask.path.starts_with(below)).collect()
    }

    /// Forgets what was asked so far.
    pub(crate) fn forget(&self) {
        let mut journal = lock(&self.inner.journal);
        // A request that is still waiting keeps its place, by which its answer finds it.
        journal.iter_mut().for_each(|heard| heard.ask.path = String::from("(forgotten)"));
    }

    /// The most requests that waited for an answer at one time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.inner.most.load(Ordering::SeqCst)
    }

    /// How many requests wait for an answer now.
    pub(crate) fn waiting(&self) -> usize {
        self.inner.present.load(Ordering::SeqCst)
    }

    /// Waits until `wanted` accepts the requests below a path, and returns them.
    ///
    /// # Panics
    /// If that does not come to pass within 20 seconds.
    pub(crate) async fn until(&self, below: &str, wanted: impl Fn(&[Ask]) -> bool) -> Vec<Ask> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let asked = self.asked(below);
            if wanted(&asked) {
                return asked;
            }
            assert!(Instant::now() < deadline, "below {below} was asked: {:#?}", self.paths());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What was asked, one line each, for messages.
    pub(crate) fn paths(&self) -> Vec<String> {
        let line = |heard: &Heard| format!("{} {}?{}", heard.ask.method, heard.ask.path, heard.ask.query);
        self.journal().iter().map(line).collect()
    }

    /// Why requests so far were none that the documentation allows.
    pub(crate) fn unexpected(&self) -> Vec<String> {
        self.journal().into_iter().filter_map(|heard| heard.unexpected).collect()
    }

    /// Asserts that nobody asked what the documentation does not allow.
    ///
    /// # Panics
    /// If somebody did.
    pub(crate) fn assert_well_asked(&self) {
        assert!(self.unexpected().is_empty(), "{:#?}\n{:#?}", self.unexpected(), self.paths());
    }
}

async fn handle<S: Site>(State(inner): State<Arc<Inner<S>>>, request: Request) -> Response {
    let ask = Ask::read(request).await;
    let number = inner.hear(&ask);
    let _present = Present::new(&inner.present, &inner.most);
    let trouble = inner.suffer(&ask).await;
    let reply = match &trouble {
        Some(Trouble::TooMany { retry_after }) => lock(&inner.site).too_many(*retry_after),
        _ => inner.right(&ask).await,
    };
    let unexpected = reply.unexpected.clone();
    let response = respond(reply, trouble.as_ref());
    let heard = &mut lock(&inner.journal)[number];
    (heard.status, heard.unexpected) = (Some(response.status().as_u16()), unexpected);
    response
}

impl<S: Site> Inner<S> {
    fn hear(&self, ask: &Ask) -> usize {
        let mut journal = lock(&self.journal);
        journal.push(Heard { ask: ask.clone(), status: None, unexpected: None });
        journal.len() - 1
    }

    /// Waits as long as the trouble of this path demands, and says what is wrong with the answer.
    async fn suffer(&self, ask: &Ask) -> Option<Trouble> {
        let mut changes = self.changed.subscribe();
        let paths = lock(&self.site).waits_for(ask);
        for path in paths {
            loop {
                let delay = lock(&self.troubles).delay(&path);
                match delay {
                    Some(Trouble::Hang) => drop(changes.changed().await),
                    Some(Trouble::Late(time)) => break tokio::time::sleep(time).await,
                    _ => break,
                }
            }
        }
        loop {
            let trouble = lock(&self.troubles).strike(&ask.path);
            match trouble {
                Some(Trouble::Hang) => drop(changes.changed().await),
                Some(Trouble::Late(time)) => {
                    tokio::time::sleep(time).await;
                    return None;
                }
                other => return other,
            }
        }
    }

    async fn right(&self, ask: &Ask) -> Reply {
        let program = lock(&self.site).program();
        match program {
            Some(program) => self.pass(&program, ask).await,
            None => lock(&self.site).answer(ask),
        }
    }

    async fn pass(&self, program: &str, ask: &Ask) -> Reply {
        let query = if ask.query.is_empty() { String::new() } else { format!("?{}", ask.query) };
        let method = ask.method.parse().expect("it was a method when it came");
        let url = format!("{program}{}{query}", ask.path);
        let headers: Vec<(&str, &str)> = ask.headers.iter().filter_map(own).collect();
        let answer =
            http::send(&self.client, method, &url, &headers, Vec::new(), Duration::from_secs(60)).await;
        let answer = answer.expect("the program answers as long as the gate before it is there");
        let mut reply = Reply::empty(answer.status.as_u16());
        for (name, value) in answer.headers.iter().filter_map(own) {
            reply = reply.with(name, &value);
        }
        reply.body = answer.body;
        reply
    }
}

/// A header, unless it is about one connection and not about the message.
fn own<'a>((name, value): (&'a ::http::HeaderName, &'a ::http::HeaderValue)) -> Option<(&'a str, &'a str)> {
    let hop = ["host", "connection", "transfer-encoding", "content-length", "keep-alive"];
    (!hop.contains(&name.as_str())).then(|| Some((name.as_str(), value.to_str().ok()?)))?
}

/// One request that waits for its answer.
struct Present<'a>(&'a AtomicUsize);

impl<'a> Present<'a> {
    fn new(present: &'a AtomicUsize, most: &AtomicUsize) -> Self {
        most.fetch_max(present.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Self(present)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
