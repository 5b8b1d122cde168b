//! What exists outside of the services: titles, and the CDN whose links they hand out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One torrent that exists in a test, with the bytes of its files.
#[derive(Clone)]
pub(crate) struct Title {
    /// The info-hash, 40 lower-case hex digits.
    pub(crate) info_hash: String,
    /// The torrent's name: of the folder, or of the one file.
    pub(crate) name: String,
    /// The files in the torrent's order.
    pub(crate) files: Vec<TitleFile>,
}

/// One file of a title.
#[derive(Clone)]
pub(crate) struct TitleFile {
    /// The path below the torrent's name, with slashes; of a torrent of one file, its name.
    pub(crate) path: String,
    /// The content.
    pub(crate) bytes: Arc<Vec<u8>>,
}

impl Title {
    /// The length of all files together, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.files.iter().map(TitleFile::size).sum()
    }

    /// The indexes of all files.
    pub(crate) fn all(&self) -> Vec<usize> {
        (0..self.files.len()).collect()
    }

    /// A path with the torrent's name in front of it; of a torrent of one file, the file's name alone.
    pub(crate) fn whole_path(&self, path: &str) -> String {
        if path == self.name { path.to_owned() } else { format!("{}/{path}", self.name) }
    }
}

impl TitleFile {
    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The length in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// Who serves bytes to those who have a link: the CDN behind the fakes.
pub(crate) trait Links: Send + Sync {
    /// Makes a new unguessable URL.
    fn link(&self, order: LinkOrder) -> String;
}

/// What lies behind a new link.
pub(crate) struct LinkOrder {
    /// The torrent.
    pub(crate) info_hash: String,
    /// The path of the file within the torrent, as in [`TitleFile::path`].
    pub(crate) path: String,
    /// The last part of the URL's path.
    pub(crate) name: String,
    /// What is served: the file's bytes, or what a service delivers in their place.
    pub(crate) content: Arc<Vec<u8>>,
    /// When the link stops working, and how it answers then; `None` = never.
    pub(crate) end: Option<LinkEnd>,
}

/// How long a link works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkLife {
    /// Until so many requests were answered.
    Requests(u32),
    /// For a time.
    For(Duration),
}

/// The end of a link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkEnd {
    /// How long it works.
    pub(crate) life: LinkLife,
    /// The status from then on.
    pub(crate) status: u16,
    /// The `X-Error` header from then on.
    pub(crate) x_error: Option<&'static str>,
}

/// The titles of one test and who serves them; clones share them.
#[derive(Clone)]
pub(crate) struct World {
    titles: Arc<Mutex<HashMap<String, Arc<Title>>>>,
    links: Arc<dyn Links>,
}

impl World {
    /// A world without titles.
    pub(crate) fn new(links: Arc<dyn Links>) -> Self {
        Self { titles: Arc::default(), links }
    }

    /// Adds a torrent that services can fetch.
    pub(crate) fn add_title(&self, title: Title) {
        let mut titles = self.titles.lock().expect("nothing panics under the lock");
        titles.insert(title.info_hash.clone(), Arc::new(title));
    }

    /// The torrent with this info-hash.
    pub(crate) fn title(&self, info_hash: &str) -> Option<Arc<Title>> {
        self.titles.lock().expect("nothing panics under the lock").get(info_hash).cloned()
    }
}

impl World {
    pub(super) fn link(&self, order: LinkOrder) -> String {
        self.links.link(order)
    }
}
