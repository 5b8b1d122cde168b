//! What the gate knows: files, links, faults, and every request so far.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use super::fault::{Fault, Gone, LinkPolicy, Scope};

/// One request as the gate saw it.
#[derive(Clone, Debug)]
pub(crate) struct CdnRequest {
    /// The path asked for; it holds the link's random part.
    pub(crate) path: String,
    /// Whose link it was; `web seed` for that, empty for a path that is no link.
    pub(crate) group: String,
    /// The method.
    pub(crate) method: String,
    /// The header `Range`.
    pub(crate) range: Option<String>,
    /// The client's end of the connection.
    pub(crate) client_port: u16,
    /// The status answered.
    pub(crate) status: u16,
    /// Bytes of the body that have gone out so far.
    pub(crate) bytes_sent: u64,
    /// Whether the answer is over, whole or cut.
    pub(crate) ended: bool,
}

/// The name under which the frail web seed's faults are kept.
const WEB_SEED: &str = "web seed";

pub(super) struct State {
    /// Where nginx answers.
    pub(super) upstream: SocketAddr,
    /// Where its files are.
    pub(super) root: PathBuf,
    open: AtomicUsize,
    inner: Mutex<Inner>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct Inner {
    /// (info-hash, path) to the file's place below nginx's root.
    contents: HashMap<(String, String), String>,
    /// Address of the content to its place. Holding the content keeps its address from being used again.
    places: HashMap<usize, (Arc<Vec<u8>>, String)>,
    /// Path of the web seed to the same place.
    seeded: HashMap<String, String>,
    links: HashMap<String, Link>,
    groups: HashMap<String, Scoped>,
    all: Scoped,
    requests: Vec<CdnRequest>,
}

struct Link {
    place: String,
    policy: LinkPolicy,
    born: Instant,
    requests: u32,
    scoped: Scoped,
}

/// What is kept for a link, for a group, and for all links.
#[derive(Default)]
struct Scoped {
    fault: Option<Fault>,
    sent: u64,
    in_flight: usize,
}

/// What becomes of a request.
pub(super) enum Admission {
    Unknown,
    Ended(Gone),
    Served { place: String, ticket: Ticket },
}

/// One request that is being answered; dropped, it is no longer.
pub(super) struct Ticket {
    state: Arc<State>,
    link: String,
    number: usize,
}

impl State {
    pub(super) fn new(upstream: SocketAddr, root: PathBuf) -> Self {
        let mut inner = Inner::default();
        let policy = LinkPolicy { group: WEB_SEED.to_owned(), ..LinkPolicy::default() };
        inner.links.insert(WEB_SEED.to_owned(), Link::new(String::new(), policy));
        let (open, inner) = (AtomicUsize::new(0), Mutex::new(inner));
        Self { upstream, root, open, inner, changed: watch::Sender::new(()) }
    }

    /// The place of some content, and whether it is a new one that must still be written.
    pub(super) fn place(&self, content: &Arc<Vec<u8>>, name: &str) -> (String, bool) {
        let mut inner = self.lock();
        let kind = name.rsplit_once('.').map_or("bin", |(_, kind)| kind);
        let place = format!("files/{}.{kind}", inner.places.len());
        let is_new = !inner.places.contains_key(&Arc::as_ptr(content).addr());
        let entry = inner.places.entry(Arc::as_ptr(content).addr());
        (entry.or_insert_with(|| (Arc::clone(content), place)).1.clone(), is_new)
    }

    pub(super) fn add_file(&self, info_hash: &str, path: &str, seeded: &str, place: &str) {
        let mut inner = self.lock();
        inner.contents.insert((info_hash.to_ascii_lowercase(), path.to_owned()), place.to_owned());
        inner.seeded.insert(seeded.to_owned(), place.to_owned());
    }

    /// Where a title's file is.
    pub(super) fn find(&self, info_hash: &str, path: &str) -> Option<String> {
        self.lock().contents.get(&(info_hash.to_ascii_lowercase(), path.to_owned())).cloned()
    }

    /// Makes a link and returns its random part.
    pub(super) fn add_link(&self, place: String, policy: LinkPolicy) -> String {
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random).expect("the system has random bytes");
        let id = data_encoding::HEXLOWER.encode(&random);
        self.lock().links.insert(id.clone(), Link::new(place, policy));
        id
    }

    /// The random parts of all links.
    pub(super) fn link_ids(&self) -> Vec<String> {
        self.lock().links.keys().filter(|id| *id != WEB_SEED).cloned().collect()
    }

    pub(super) fn set_fault(&self, scope: Scope<'_>, fault: Option<Fault>) {
        let mut inner = self.lock();
        let link = match scope {
            Scope::All => {
                inner.all.fault = fault;
                None
            }
            Scope::Group(group) => {
                inner.groups.entry(group.to_owned()).or_default().fault = fault;
                None
            }
            Scope::Link(url) => Some((url.split('/').nth(4).unwrap_or(url).to_owned(), fault)),
            Scope::WebSeed => Some((WEB_SEED.to_owned(), fault)),
        };
        if let Some((id, fault)) = link {
            let link = inner.links.get_mut(&id).unwrap_or_else(|| panic!("{scope:?} was never made"));
            link.scoped.fault = fault;
        }
        drop(inner);
        self.changed.send_replace(());
    }

    pub(super) fn requests(&self) -> Vec<CdnRequest> {
        self.lock().requests.clone()
    }

    pub(super) fn open_connections(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Counts one connection more until the guard is dropped.
    pub(super) fn connected(self: &Arc<Self>) -> impl Drop + Send + use<> {
        self.open.fetch_add(1, Ordering::SeqCst);
        Connected(Arc::clone(self))
    }

    /// Notes a request for a decoded path, and says what becomes of it.
    pub(super) fn admit(self: &Arc<Self>, path: &str, mut request: CdnRequest) -> Admission {
        let mut inner = self.lock();
        let number = inner.requests.len();
        let Some((id, place)) = inner.target(path) else {
            inner.requests.push(CdnRequest { status: 404, ..request });
            return Admission::Unknown;
        };
        let link = inner.links.get_mut(&id).expect("the target is one of the links");
        request.group = link.policy.group.clone();
        if let Some(gone) = link.ended() {
            inner.requests.push(CdnRequest { status: gone.status, ..request });
            return Admission::Ended(gone);
        }
        inner.requests.push(request);
        inner.each_scope(&id, |scoped| scoped.in_flight += 1);
        Admission::Served { place, ticket: Ticket { state: Arc::clone(self), link: id, number } }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn target(&self, path: &str) -> Option<(String, String)> {
        if let Some(path) = path.strip_prefix("/seed/") {
            return Some((WEB_SEED.to_owned(), self.seeded.get(path)?.clone()));
        }
        let id = path.strip_prefix("/d/")?.split('/').next()?;
        Some((id.to_owned(), self.links.get(id)?.place.clone())).filter(|(_, place)| !place.is_empty())
    }

    fn each_scope(&mut self, link: &str, change: impl Fn(&mut Scoped)) {
        let Some(link) = self.links.get_mut(link) else { return };
        change(&mut link.scoped);
        change(self.groups.entry(link.policy.group.clone()).or_default());
        change(&mut self.all);
    }

    /// The narrowest scope with a fault.
    fn decisive(&self, id: &str) -> Option<&Scoped> {
        let link = self.links.get(id)?;
        let wider = (id != WEB_SEED).then(|| [self.groups.get(&link.policy.group), Some(&self.all)]);
        let mut scopes = std::iter::once(Some(&link.scoped)).chain(wider.into_iter().flatten()).flatten();
        scopes.find(|scoped| scoped.fault.is_some())
    }
}

impl Link {
    fn new(place: String, policy: LinkPolicy) -> Self {
        let scoped = Scoped { fault: policy.fault.clone(), ..Scoped::default() };
        Self { place, policy, born: Instant::now(), requests: 0, scoped }
    }

    fn ended(&mut self) -> Option<Gone> {
        self.requests += 1;
        let late = self.policy.lifetime.is_some_and(|lifetime| self.born.elapsed() >= lifetime);
        let often = self.policy.requests.is_some_and(|requests| self.requests > requests);
        (late || often).then(|| self.policy.afterwards.clone())
    }
}

impl Ticket {
    /// What is wrong at this moment, and how many bytes may go out before that may change.
    pub(super) fn fault(&self) -> (Option<Fault>, u64) {
        let inner = self.state.lock();
        let Some(scoped) = inner.decisive(&self.link) else { return (None, u64::MAX) };
        let (fault, room) = scoped.fault.as_ref().map_or((None, u64::MAX), |fault| fault.now(scoped.sent));
        match fault {
            Some(Fault::ConnectionLimit(limit)) if scoped.in_flight <= *limit => (None, room),
            fault => (fault.cloned(), room),
        }
    }

    /// Wakes when faults are set or healed after this call.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.state.changed.subscribe()
    }

    pub(super) fn answered(&self, status: u16) {
        self.state.lock().requests[self.number].status = status;
    }

    pub(super) fn sent(&self, bytes: u64) {
        let mut inner = self.state.lock();
        inner.requests[self.number].bytes_sent += bytes;
        inner.each_scope(&self.link, |scoped| scoped.sent += bytes);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut inner = self.state.lock();
        inner.requests[self.number].ended = true;
        inner.each_scope(&self.link, |scoped| scoped.in_flight -= 1);
    }
}

struct Connected(Arc<State>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}
