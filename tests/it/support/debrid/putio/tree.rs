//! The files of an account: one tree for each torrent, and an id for everything in it.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::debrid::{Desk, Title};

/// How many ids one tree has.
const TREE: u64 = 100_000;

/// (token, info-hash) to the id of the tree's root. A torrent keeps its ids for ever.
#[derive(Default)]
pub(super) struct Trees(HashMap<(String, String), u64>);

/// One file or folder.
pub(super) struct Place {
    /// The torrent it belongs to.
    pub(super) title: Arc<Title>,
    root: u64,
    nodes: Arc<Vec<Node>>,
    at: usize,
}

/// The first node is the root.
struct Node {
    parent: usize,
    name: String,
    /// The file's index in the title; folders have none.
    file: Option<usize>,
}

impl Trees {
    /// The id of a torrent's root.
    pub(super) fn root(&mut self, token: &str, info_hash: &str) -> u64 {
        let next = (self.0.len() as u64 + 1) * TREE;
        *self.0.entry((token.to_owned(), info_hash.to_owned())).or_insert(next)
    }

    /// What lies in folder 0 of an account.
    pub(super) fn roots(&mut self, desk: &Desk, token: &str) -> Vec<Place> {
        let held = desk.items.iter().filter(|item| item.token == token && item.held);
        let mut ids: Vec<u64> = held.map(|item| self.root(token, &item.info_hash)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.open(desk, token, id)).collect()
    }

    /// What has this id, if the account holds its bytes.
    pub(super) fn open(&self, desk: &Desk, token: &str, id: u64) -> Option<Place> {
        let root = id / TREE * TREE;
        let ((_, info_hash), _) =
            self.0.iter().find(|((owner, _), tree)| owner == token && **tree == root)?;
        let mut mine = desk.items.iter().filter(|item| item.token == token && item.info_hash == *info_hash);
        let title = desk.world.title(info_hash).filter(|_| mine.any(|item| item.held && !item.vanished))?;
        let nodes = Arc::new(nodes(desk, &title));
        let at = usize::try_from(id - root).ok().filter(|at| *at < nodes.len())?;
        Some(Place { title, root, nodes, at })
    }
}

impl Place {
    /// Whether it is a whole torrent.
    pub(super) fn is_root(&self) -> bool {
        self.at == 0
    }

    /// Its index in the title, if it is a file.
    pub(super) fn file(&self) -> Option<usize> {
        self.nodes[self.at].file
    }

    /// What is in the folder.
    pub(super) fn children(&self) -> Vec<Self> {
        let is_child = |at: &usize| *at != 0 && self.nodes[*at].parent == self.at;
        let place =
            |at| Self { title: Arc::clone(&self.title), root: self.root, nodes: Arc::clone(&self.nodes), at };
        (0..self.nodes.len()).filter(is_child).map(place).collect()
    }

    /// Ten seconds after the first transfer that brought it; the user's own are a minute older than all others.
    fn created_at(&self, desk: &Desk) -> &'static str {
        let mut items = desk.items.iter().filter(|item| item.info_hash == self.title.info_hash);
        if items.any(|item| item.foreign) { "2026-01-01T00:00:10" } else { "2026-01-01T00:01:10" }
    }

    /// It as lists show it.
    pub(super) fn shown(&self, desk: &Desk) -> Value {
        let node = &self.nodes[self.at];
        let parent = if self.is_root() { 0 } else { self.root + node.parent as u64 };
        let (kind, size) = match node.file {
            Some(_) if desk.shelf(&self.title.info_hash).is_archive() => ("ARCHIVE", self.title.size()),
            Some(file) if node.name.ends_with(".txt") => ("TEXT", self.title.files[file].size()),
            Some(file) => ("VIDEO", self.title.files[file].size()),
            None => ("FOLDER", self.title.size()),
        };
        let media_type =
            if kind == "FOLDER" { "application/x-directory" } else { "application/octet-stream" };
        json!({
            "id": self.root + self.at as u64, "parent_id": parent, "name": node.name, "size": size,
            "file_type": kind, "content_type": media_type, "created_at": self.created_at(desk),
        })
    }
}

/// The tree of a torrent: a folder and what is below, or one file. An archive is one file, too.
fn nodes(desk: &Desk, title: &Title) -> Vec<Node> {
    let single = |name: String| vec![Node { parent: 0, name, file: Some(0) }];
    if desk.shelf(&title.info_hash).is_archive() {
        return single(format!("{}.rar", title.name));
    }
    if title.files.len() == 1 && title.files[0].path == title.name {
        return single(title.name.clone());
    }
    let mut nodes = vec![Node { parent: 0, name: title.name.clone(), file: None }];
    for (index, file) in title.files.iter().enumerate() {
        let mut folders: Vec<&str> = file.path.split('/').collect();
        folders.pop();
        let parent = folders.into_iter().fold(0, |parent, name| folder(&mut nodes, parent, name));
        nodes.push(Node { parent, name: file.name().to_owned(), file: Some(index) });
    }
    nodes
}

/// The index of a folder, made if there is none.
fn folder(nodes: &mut Vec<Node>, parent: usize, name: &str) -> usize {
    let is_it = |node: &Node| node.parent == parent && node.name == name && node.file.is_none();
    if let Some(at) = nodes.iter().skip(1).position(is_it) {
        return at + 1;
    }
    nodes.push(Node { parent, name: name.to_owned(), file: None });
    nodes.len() - 1
}
