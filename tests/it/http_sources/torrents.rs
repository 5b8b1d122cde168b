//! Torrents for these tests: names that need care in an address, padding, and web seeds of their own.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use headwater::domain::InfoHash;

pub(super) const KIB: usize = 1024;

/// A torrent with its bytes.
pub(super) struct Torrent {
    pub(super) info_hash: InfoHash,
    /// The .torrent file.
    pub(super) bytes: Vec<u8>,
    /// Path below the torrent's name, and bytes; an empty path is the single file itself.
    pub(super) files: Vec<(String, Vec<u8>)>,
    pub(super) name: String,
}

/// What a torrent is made of.
pub(super) struct Recipe<'a> {
    pub(super) name: &'a str,
    /// Path and length of each file; no path for the only file of a torrent that is no folder. A path that starts with
    /// `.pad/` is padding.
    pub(super) files: &'a [(&'a str, usize)],
    pub(super) piece_length: usize,
    pub(super) web_seeds: &'a [String],
    pub(super) private: bool,
}

impl Default for Recipe<'_> {
    fn default() -> Self {
        Self { name: "film.mp4", files: &[], piece_length: 64 * KIB, web_seeds: &[], private: false }
    }
}

impl Torrent {
    pub(super) fn new(recipe: &Recipe<'_>) -> Self {
        let bytes_of = |(number, (path, length)): (usize, &(&str, usize))| {
            let is_padding = path.starts_with(".pad/");
            let bytes = if is_padding { vec![0; *length] } else { film(number as u64 + 1, *length) };
            ((*path).to_owned(), bytes)
        };
        let files: Vec<(String, Vec<u8>)> = recipe.files.iter().enumerate().map(bytes_of).collect();
        let whole: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        let mut info = b"d".to_vec();
        match &files[..] {
            [(path, bytes)] if path.is_empty() => info.extend(format!("6:lengthi{}e", bytes.len()).bytes()),
            _ => {
                info.extend(b"5:filesl");
                files.iter().for_each(|(path, bytes)| entry(&mut info, path, bytes.len()));
                info.extend(b"e");
            }
        }
        info.extend(format!("4:name{}12:piece lengthi{}e", text(recipe.name), recipe.piece_length).bytes());
        let pieces: Vec<u8> = whole.chunks(recipe.piece_length).flat_map(sha1).collect();
        info.extend(format!("6:pieces{}:", pieces.len()).bytes());
        info.extend(&pieces);
        if recipe.private {
            info.extend(b"7:privatei1e");
        }
        info.extend(b"e");
        let mut bytes = [b"d4:info".as_slice(), &info].concat();
        if !recipe.web_seeds.is_empty() {
            let seeds: String = recipe.web_seeds.iter().map(|seed| text(seed)).collect();
            bytes.extend(format!("8:url-listl{seeds}e").bytes());
        }
        bytes.extend(b"e");
        Self { info_hash: InfoHash::new(sha1(&info)), bytes, files, name: recipe.name.to_owned() }
    }
}

/// Bytes that look like the start of an MP4 and repeat nowhere.
fn film(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = crate::support::media::random(seed, length);
    let head = b"\0\0\0\x20ftypisom";
    let common = head.len().min(length);
    bytes[..common].copy_from_slice(&head[..common]);
    bytes
}

fn entry(info: &mut Vec<u8>, path: &str, length: usize) {
    let segments: String = path.split('/').map(text).collect();
    let attr = if path.starts_with(".pad/") { "4:attr1:p" } else { "" };
    info.extend(format!("d{attr}6:lengthi{length}e4:pathl{segments}ee").bytes());
}

fn text(text: &str) -> String {
    format!("{}:{text}", text.len())
}

fn sha1(bytes: &[u8]) -> [u8; 20] {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().try_into().unwrap()
}
