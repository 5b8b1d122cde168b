//! The files of an item: a tree with locked links, and the links to bytes behind them.

use serde_json::{Value, json};

use crate::support::debrid::{Desk, Item, Title};

/// What locked links start with.
pub(super) const PAGE: &str = "https://alldebrid.com/f/";

/// One file of a magnet.
pub(super) struct Leaf {
    path: Vec<String>,
    pub(super) size: usize,
    link: String,
}

impl Leaf {
    pub(super) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// The files of an item, below a folder with the torrent's name if it is a folder.
pub(super) fn leaves(desk: &Desk, item: &Item, title: &Title) -> Vec<Leaf> {
    let link = |file: usize| format!("{PAGE}{}f{file}", item.id);
    if desk.shelf(&title.info_hash).is_archive() {
        return vec![Leaf { path: vec![format!("{}.rar", title.name)], size: title.size(), link: link(0) }];
    }
    let is_folder = title.files.iter().any(|file| file.path != title.name);
    let root = is_folder.then(|| title.name.clone());
    let files = title.files.iter().enumerate();
    files
        .map(|(at, file)| Leaf {
            path: root.iter().cloned().chain(file.path.split('/').map(str::to_owned)).collect(),
            size: file.size(),
            link: link(at),
        })
        .collect()
}

pub(super) fn tree(leaves: &[Leaf]) -> Value {
    let mut root = json!([]);
    for leaf in leaves {
        let mut level = &mut root;
        for folder in &leaf.path[..leaf.path.len() - 1] {
            let entries = level.as_array_mut().expect("levels are lists");
            let at = entries.iter().position(|entry| entry["n"] == json!(folder) && entry["e"].is_array());
            let at = at.unwrap_or_else(|| {
                entries.push(json!({ "n": folder, "e": [] }));
                entries.len() - 1
            });
            level = &mut entries[at]["e"];
        }
        let entries = level.as_array_mut().expect("levels are lists");
        entries.push(json!({ "n": leaf.name(), "s": leaf.size, "l": leaf.link }));
    }
    root
}

pub(super) fn bytes_link(desk: &Desk, item: &Item, title: &Title, file: usize) -> String {
    match desk.shelf(&item.info_hash).is_archive() {
        true => desk.archive(title, &title.all(), ".rar", b"Rar!\x1a\x07\x01\x00"),
        false => desk.link(title, file, 404, None),
    }
}
