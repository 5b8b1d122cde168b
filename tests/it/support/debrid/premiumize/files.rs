//! The files that the service delivers, in its two ways of listing them.

use serde_json::{Value, json};

use crate::support::debrid::{Desk, Item, Title};

/// One file that the service delivers.
pub(super) struct Part {
    at: usize,
    pub(super) path: String,
    size: usize,
    is_archive: bool,
}

/// The files of a title, or the archive that holds them all.
pub(super) fn parts(desk: &Desk, title: &Title) -> Vec<Part> {
    if desk.shelf(&title.info_hash).is_archive() {
        return vec![Part {
            at: 0,
            path: format!("{}.zip", title.name),
            size: title.size(),
            is_archive: true,
        }];
    }
    let files = title.files.iter().enumerate();
    files
        .map(|(at, file)| Part { at, path: file.path.clone(), size: file.size(), is_archive: false })
        .collect()
}

impl Part {
    fn link(&self, desk: &Desk, title: &Title) -> String {
        match self.is_archive {
            true => desk.archive(title, &title.all(), ".zip", b"PK\x03\x04"),
            false => desk.link(title, self.at, 404, None),
        }
    }

    /// As `directdl` lists it, with the torrent's name before the path if it is a folder.
    pub(super) fn listed(&self, desk: &Desk, title: &Title) -> Value {
        json!({
            "path": title.whole_path(&self.path), "size": self.size, "link": self.link(desk, title),
            "stream_link": null, "transcode_status": "not_applicable",
        })
    }

    /// As folders and details show it.
    pub(super) fn described(&self, desk: &Desk, item: &Item, title: &Title) -> Value {
        json!({
            "id": format!("I{}x{}", item.id, self.at), "name": self.path.rsplit('/').next(), "type": "file",
            "size": self.size, "mime_type": if self.is_archive { "application/zip" } else { "video/x-matroska" },
            "link": self.link(desk, title), "stream_link": null, "transcode_status": "not_applicable",
        })
    }
}

pub(super) fn folder(id: &str, name: &str) -> Value {
    json!({ "id": id, "name": name, "type": "folder" })
}
