//! What of a few torrents is on disk, without opening any of it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::Cache;
use super::folder::{self, ContentFolder};
use super::have::HaveMap;
use super::sidecar::{Description, Record};
use crate::domain::{ContentKey, FileChoice, InfoHash};
use crate::release::is_video;

/// How much of a content is on this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// Nothing.
    Absent,
    /// Some pieces.
    Partly,
    /// Some pieces, and somebody stopped watching in the middle.
    Begun,
    /// Everything.
    Complete,
}

/// What of the torrents asked for is on disk.
#[derive(Debug, Clone, Default)]
pub struct Presences {
    contents: HashMap<ContentKey, Presence>,
    drop_ins: HashSet<InfoHash>,
}

impl Presence {
    /// By what is there of a content and what is known of its viewers.
    pub(super) fn of(have: &HaveMap, record: &Record) -> Self {
        match record.left_off {
            _ if have.is_complete() => Self::Complete,
            _ if have.is_empty() => Self::Absent,
            0 => Self::Partly,
            _ => Self::Begun,
        }
    }
}

/// What changes when somebody else puts something into the cache folder at `cache` or takes it away.
pub(super) fn stamps(cache: &Path) -> [Option<SystemTime>; 2] {
    [cache.to_owned(), folder::contents(cache)].map(|folder| fs::metadata(folder).ok()?.modified().ok())
}

impl Presences {
    /// How much of one content is there.
    pub fn of(&self, info_hash: InfoHash, choice: FileChoice) -> Presence {
        if self.drop_ins.contains(&info_hash) {
            return Presence::Complete;
        }
        let index = match choice {
            FileChoice::Index(index) => Some(index),
            _ => None,
        };
        let found = [index, choice.stand_in()].into_iter().flatten();
        let found = found.filter_map(|file| self.contents.get(&ContentKey { info_hash, file }));
        found.max().copied().unwrap_or(Presence::Absent)
    }
}

impl Cache {
    /// What of these torrents is on disk. Reads the two small files of each content there is. Blocking.
    pub fn presences(&self, of: &HashSet<InfoHash>) -> Presences {
        let folder = self.folder();
        let contents = ContentFolder::all(folder)
            .into_iter()
            .filter(|(key, _)| of.contains(&key.info_hash))
            .map(|(key, stored)| (key, self.opened(key).unwrap_or_else(|| stored_presence(&stored))))
            .collect();
        let names = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let names: Vec<String> = names
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| is_video(name))
            .map(|name| name.to_ascii_lowercase())
            .collect();
        let dropped = |hash: &&InfoHash| {
            let hash = hash.to_string();
            names.iter().any(|name| name.contains(&hash))
        };
        Presences { contents, drop_ins: of.iter().filter(dropped).copied().collect() }
    }
}

fn stored_presence(folder: &ContentFolder) -> Presence {
    let Some(description) = Description::read(&folder.layout()) else { return Presence::Absent };
    let record = Record::read(&folder.have());
    Presence::of(&HaveMap::from_bytes(description.layout.pieces(), &record.have, &record.vouched), &record)
}
