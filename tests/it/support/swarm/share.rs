//! A torrent made for one test: its bytes, its `.torrent`, and the data on disk for the seeds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use tempfile::TempDir;

use super::bencode::Bencode;
use crate::support::http::escape;

/// A torrent and its data. The files on disk go when it is dropped.
pub(crate) struct Share {
    /// The info-hash, 40 lower-case hex digits.
    pub(crate) info_hash: String,
    /// The `.torrent` itself.
    pub(crate) torrent: Vec<u8>,
    /// The bytes of every file, in the order of the torrent.
    pub(crate) files: Vec<Vec<u8>>,
    name: String,
    paths: Vec<Vec<String>>,
    trackers: Vec<String>,
    folder: TempDir,
}

impl Share {
    /// A torrent of one file.
    ///
    /// # Panics
    /// If the disk refuses it.
    pub(crate) fn single(name: &str, data: Vec<u8>, piece_length: usize, trackers: &[String]) -> Self {
        Self::build(name, Vec::new(), vec![data], piece_length, trackers)
    }

    /// A torrent of several files, each under its path below `name`. No name is checked: tests want bad ones.
    ///
    /// # Panics
    /// If the disk refuses it.
    pub(crate) fn multi(
        name: &str,
        files: &[(Vec<&str>, Vec<u8>)],
        piece_length: usize,
        trackers: &[String],
    ) -> Self {
        let paths =
            files.iter().map(|(path, _)| path.iter().map(|&part| part.to_owned()).collect()).collect();
        let data = files.iter().map(|(_, data)| data.clone()).collect();
        Self::build(name, paths, data, piece_length, trackers)
    }

    /// The torrent's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The magnet link with every tracker.
    pub(crate) fn magnet(&self) -> String {
        format!("magnet:?xt=urn:btih:{}&dn={}&{}", self.info_hash, escape(&self.name), self.tracker_query())
    }

    /// The trackers as a query: `tr=…&tr=…`.
    pub(crate) fn tracker_query(&self) -> String {
        self.trackers.iter().map(|url| format!("tr={}", escape(url))).collect::<Vec<_>>().join("&")
    }

    /// The info-hash in base32, as old magnets write it.
    pub(crate) fn base32(&self) -> String {
        BASE32_NOPAD.encode(&HEXLOWER.decode(self.info_hash.as_bytes()).expect("the hash was written as hex"))
    }

    /// Whether anybody can be told about it.
    pub(super) fn has_trackers(&self) -> bool {
        !self.trackers.is_empty()
    }

    /// Where the `.torrent` lies.
    pub(super) fn torrent_path(&self) -> PathBuf {
        self.folder.path().join("share.torrent")
    }

    /// The folder that holds every file under its index.
    pub(super) fn by_index(&self) -> PathBuf {
        self.folder.path().join("by-index")
    }

    /// A folder with the files under the torrent's own names, for clients that know no other.
    ///
    /// # Panics
    /// If the names do not fit a disk; such torrents are for seeds that go by index.
    pub(super) fn by_name(&self) -> PathBuf {
        let root = self.folder.path().join("by-name");
        for index in 0..self.files.len() {
            let mut path = root.join(&self.name);
            path.extend(self.paths.get(index).into_iter().flatten());
            let inside = path.strip_prefix(&root).expect("the name is no absolute path");
            assert!(inside.components().all(|part| matches!(part, std::path::Component::Normal(_))));
            if !path.exists() {
                fs::create_dir_all(path.parent().expect("the root is above")).expect("the disk has room");
                fs::hard_link(self.by_index().join(index.to_string()), &path).expect("both are on one disk");
            }
        }
        root
    }

    fn build(
        name: &str,
        paths: Vec<Vec<String>>,
        files: Vec<Vec<u8>>,
        piece_length: usize,
        trackers: &[String],
    ) -> Self {
        let info = info(name, &paths, &files, piece_length);
        let info_hash = HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &info.encode()).as_ref());
        let mut torrent = BTreeMap::from([("info", info), ("created by", Bencode::text("tests"))]);
        if let Some(first) = trackers.first() {
            let tiers = trackers.iter().map(|url| Bencode::List(vec![Bencode::text(url)])).collect();
            torrent.insert("announce", Bencode::text(first));
            torrent.insert("announce-list", Bencode::List(tiers));
        }
        let share = Self {
            info_hash,
            torrent: Bencode::Dictionary(torrent).encode(),
            files,
            name: name.to_owned(),
            paths,
            trackers: trackers.to_vec(),
            folder: TempDir::new().expect("the temporary folder is writable"),
        };
        share.store();
        share
    }

    fn store(&self) {
        let write = |path: &Path, bytes: &[u8]| fs::write(path, bytes).expect("the disk has room");
        fs::create_dir(self.by_index()).expect("the folder is new");
        for (index, data) in self.files.iter().enumerate() {
            write(&self.by_index().join(index.to_string()), data);
        }
        write(&self.torrent_path(), &self.torrent);
    }
}

fn info(name: &str, paths: &[Vec<String>], files: &[Vec<u8>], piece_length: usize) -> Bencode {
    let whole = files.concat();
    let pieces = whole
        .chunks(piece_length)
        .flat_map(|piece| digest(&SHA1_FOR_LEGACY_USE_ONLY, piece).as_ref().to_vec())
        .collect();
    let mut info = BTreeMap::from([
        ("name", Bencode::text(name)),
        ("piece length", Bencode::Integer(piece_length as u64)),
        ("pieces", Bencode::Bytes(pieces)),
    ]);
    if paths.is_empty() {
        info.insert("length", Bencode::Integer(whole.len() as u64));
    } else {
        let entries = paths.iter().zip(files).map(|(path, data)| {
            let path = path.iter().map(|part| Bencode::text(part)).collect();
            let length = Bencode::Integer(data.len() as u64);
            Bencode::Dictionary(BTreeMap::from([("length", length), ("path", Bencode::List(path))]))
        });
        info.insert("files", Bencode::List(entries.collect()));
    }
    Bencode::Dictionary(info)
}
