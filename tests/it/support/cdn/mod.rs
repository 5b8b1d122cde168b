//! A content delivery network in small: a real nginx with the files, and a gate before it that hands out links and
//! breaks them in every way that is known from the field.
//!
//! ```text
//! link ──> gate (this process) ──┐
//! web seed ──────────────────────┴──> nginx (unix socket) ──> files
//! ```

mod fault;
mod gate;
mod links;
mod nginx;
mod outgoing;
mod state;
#[cfg(test)]
mod tests;
mod variant;

pub(crate) use fault::{Fault, Gone, LinkPolicy, Scope};
pub(crate) use state::CdnRequest;

use std::net::SocketAddr;
use std::sync::Arc;

use nginx::Nginx;
use state::State;

use super::background::Background;

/// Runs until its last clone is dropped.
#[derive(Clone)]
pub(crate) struct Cdn {
    state: Arc<State>,
    running: Arc<Running>,
}

/// Fields are dropped in this order: first those who ask nginx, then nginx.
struct Running {
    _background: Background,
    nginx: Nginx,
    gate: SocketAddr,
    web_seed: SocketAddr,
}

/// Makes what [`Fault::ErrorClip`] sends, which may take seconds, so that no answer has to wait for it.
pub(crate) fn make_error_clip() {
    variant::error_clip();
}

impl Cdn {
    /// Starts nginx and the gate, with no files yet.
    ///
    /// # Panics
    /// If nginx does not listen within 20 seconds.
    pub(crate) fn start() -> Self {
        let background = Background::start("cdn");
        let nginx = Nginx::start();
        let (seed_listener, web_seed) = background.listen();
        background.spawn(gate::splice(seed_listener, nginx.socket()));
        let state = Arc::new(State::new(web_seed, nginx.path("")));
        let (listener, gate) = background.listen();
        background.spawn(gate::listen(listener, background.handle(), Arc::clone(&state)));
        Self { state, running: Arc::new(Running { _background: background, nginx, gate, web_seed }) }
    }

    /// Adds a torrent's files, by their paths inside the torrent, for [`Self::link`] and as web seed.
    ///
    /// As in metainfo, a torrent of one file has that file's name, and then the one path is the name.
    pub(crate) fn add_title(&self, info_hash: &str, name: &str, files: &[(&str, Arc<Vec<u8>>)]) {
        for (path, content) in files {
            let place = self.place(content, path);
            let is_single = files.len() == 1 && *path == name;
            let seeded = if is_single { name.to_owned() } else { format!("{name}/{path}") };
            self.running.nginx.lay_out(&place, &seeded);
            self.state.add_file(info_hash, path, &seeded, &place);
        }
    }

    /// Makes a new link to a file of a title. Nobody can guess it.
    ///
    /// # Panics
    /// If there is no such file.
    pub(crate) fn link(&self, info_hash: &str, path: &str, policy: LinkPolicy) -> String {
        let place = self.state.find(info_hash, path);
        let place = place.unwrap_or_else(|| panic!("{path} of {info_hash} was never added"));
        self.url(place, path.rsplit('/').next().unwrap_or(path), policy)
    }

    /// Makes a new link to anything: an archive that a service makes, for instance.
    pub(crate) fn link_to(&self, content: &Arc<Vec<u8>>, name: &str, policy: LinkPolicy) -> String {
        self.url(self.place(content, name), name, policy)
    }

    /// The random part of every link made so far: what nobody but its receiver may know.
    pub(crate) fn link_ids(&self) -> Vec<String> {
        self.state.link_ids()
    }

    fn url(&self, place: String, name: &str, policy: LinkPolicy) -> String {
        format!(
            "http://{}/d/{}/{}",
            self.running.gate,
            self.state.add_link(place, policy),
            gate::encode(name)
        )
    }

    fn place(&self, content: &Arc<Vec<u8>>, name: &str) -> String {
        let (place, is_new) = self.state.place(content, name);
        if is_new {
            self.running.nginx.write(&place, content);
        }
        place
    }

    /// Breaks links, or heals them with `None`. Links made later are broken too.
    ///
    /// # Panics
    /// If the scope is a link that was never made.
    pub(crate) fn set_fault(&self, scope: Scope<'_>, fault: Option<Fault>) {
        self.state.set_fault(scope, fault);
    }

    /// Every request for a link or the frail web seed, oldest first.
    pub(crate) fn requests(&self) -> Vec<CdnRequest> {
        self.state.requests()
    }

    /// How many connections to the gate are open.
    pub(crate) fn open_connections(&self) -> usize {
        self.state.open_connections()
    }

    /// Bytes of bodies that the gate has sent.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.requests().iter().map(|request| request.bytes_sent).sum()
    }

    /// The root of a BEP 19 web seed: a torrent's name, and for several files the path, go behind it. This is nginx
    /// and nothing else.
    pub(crate) fn web_seed_url(&self) -> String {
        format!("http://{}/seed/", self.running.web_seed)
    }

    /// The same web seed behind the gate: its faults are those of [`Scope::WebSeed`], its requests are listed.
    pub(crate) fn frail_web_seed_url(&self) -> String {
        format!("http://{}/seed/", self.running.gate)
    }
}
