//! Reading .torrent files (BEP 3, padding of BEP 47) within limits that keep a hostile one harmless.

use bytes::Bytes;
use librqbit::torrent_from_bytes;
use url::Url;

use super::magnet::{MAX_TRACKERS, is_tracker};

use crate::domain::{FileEntry, InfoHash, InvalidMetainfo, Metainfo};

/// A .torrent of 20,000 files and 200,000 pieces has 6 MB; nothing real is larger.
const MAX_TORRENT_BYTES: usize = 10 * 1024 * 1024;
const MIN_PIECE_LENGTH: u32 = 16 * 1024;
const MAX_PIECE_LENGTH: u32 = 64 * 1024 * 1024;
const MAX_FILES: usize = 20_000;
const MAX_PATH_DEPTH: usize = 32;
/// The longest name that file systems and players agree on, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Reads a .torrent file. Names come out clean for display: no separators, no `..`, no control
/// characters; they are never used as paths, so an odd name is no reason to refuse a torrent.
///
/// # Errors
/// Everything that makes the file useless or dangerous: not bencoded, over a limit, without v1 hashes
/// (BEP 52 only), or with piece hashes that do not fit the lengths.
pub fn parse_metainfo(bytes: &[u8]) -> Result<Metainfo, InvalidMetainfo> {
    if bytes.len() > MAX_TORRENT_BYTES {
        return Err(invalid("it is larger than 10 MiB"));
    }
    let torrent = torrent_from_bytes(bytes).map_err(|error| not_v1(bytes, &error.to_string()))?;
    let info = &torrent.info.data;
    if !(MIN_PIECE_LENGTH..=MAX_PIECE_LENGTH).contains(&info.piece_length) {
        return Err(invalid(format!("a piece length of {} bytes is out of range", info.piece_length)));
    }
    let encoding = info.detect_encoding();
    let clean = |raw: &[u8]| clean_name(&encoding.decode(raw).0);
    let name = info.name.as_ref().map_or_else(|| torrent.info_hash.as_string(), |raw| clean(raw.as_ref()));
    let mut table = FileTable::default();
    match (&info.files, info.length) {
        (Some(files), None) => {
            for file in files {
                let path: Vec<String> = file.path.iter().map(|part| clean(part.as_ref())).collect();
                let padding = file.attr.as_ref().is_some_and(|attr| attr.as_ref().contains(&b'p'));
                table.push(&path, file.length, padding)?;
            }
        }
        (None, Some(length)) => table.push(std::slice::from_ref(&name), length, false)?,
        _ => return Err(invalid("it must have either a length or a list of files")),
    }
    let pieces = piece_hashes(info.pieces.as_ref(), table.total, info.piece_length)?;
    Ok(Metainfo {
        info_hash: InfoHash::new(torrent.info_hash.0),
        name,
        piece_length: info.piece_length,
        pieces: pieces.into(),
        files: table.files,
        private: info.private,
    })
}

/// Why the engine refuses a torrent that is sound for everybody else, or nothing. It treats names as
/// paths, and so will have no `..`, no separators and no two equal ones; they cannot be cleaned for it,
/// because the info-hash covers them.
pub(super) fn engine_refusal(torrent: &[u8]) -> Option<String> {
    let parsed = torrent_from_bytes(torrent).map_err(|error| error.to_string());
    parsed.and_then(|torrent| torrent.info.data.validate().map_err(|error| error.to_string())).err()
}

/// The .torrent with nothing but its info dictionary, and the trackers it named. The engine would ask every
/// tracker of a .torrent, however many somebody has put there and wherever they lead.
pub(super) fn reduce(torrent: &[u8]) -> Option<(Bytes, Vec<Url>)> {
    let parsed = torrent_from_bytes(torrent).ok()?;
    let named = parsed.iter_announce().filter_map(|url| str::from_utf8(url.as_ref()).ok()?.parse().ok());
    let mut trackers: Vec<Url> = Vec::new();
    for url in named.filter(is_tracker) {
        if trackers.len() < MAX_TRACKERS && !trackers.contains(&url) {
            trackers.push(url);
        }
    }
    let bare = [b"d4:info".as_slice(), parsed.info.raw_bytes.as_ref(), b"e"].concat();
    Some((bare.into(), trackers))
}

fn invalid(reason: impl Into<String>) -> InvalidMetainfo {
    InvalidMetainfo(reason.into())
}

/// Tells a torrent that only has BEP 52 hashes from one that is plain broken.
fn not_v1(bytes: &[u8], error: &str) -> InvalidMetainfo {
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    if holds(b"12:meta versioni2e") && !holds(b"6:pieces") {
        return invalid("it is a v2-only torrent (BEP 52), which is not supported");
    }
    let reason: String = error.chars().take(200).collect();
    invalid(reason)
}

#[derive(Default)]
struct FileTable {
    files: Vec<FileEntry>,
    total: u64,
}

impl FileTable {
    fn push(&mut self, path: &[String], length: u64, padding: bool) -> Result<(), InvalidMetainfo> {
        if self.files.len() == MAX_FILES {
            return Err(invalid("it lists more than 20000 files"));
        }
        if path.is_empty() || path.len() > MAX_PATH_DEPTH {
            return Err(invalid("a file has no name or lies too deep"));
        }
        let offset = self.total;
        // Offsets travel as signed 64-bit numbers through system calls.
        self.total = offset
            .checked_add(length)
            .filter(|total| i64::try_from(*total).is_ok())
            .ok_or_else(|| invalid("its lengths add up to more than any disk holds"))?;
        self.files.push(FileEntry { path: path.join("/"), length, offset, padding });
        Ok(())
    }
}

fn piece_hashes(raw: &[u8], total: u64, piece_length: u32) -> Result<Vec<[u8; 20]>, InvalidMetainfo> {
    let (hashes, rest) = raw.as_chunks::<20>();
    if total == 0 {
        return Err(invalid("it holds no bytes"));
    }
    if !rest.is_empty() || hashes.len() as u64 != total.div_ceil(u64::from(piece_length)) {
        return Err(invalid("the number of piece hashes does not fit its length"));
    }
    Ok(hashes.to_vec())
}

/// One path segment that cannot be mistaken for a path.
fn clean_name(raw: &str) -> String {
    let mut name: String =
        raw.chars().map(|c| if c.is_control() || matches!(c, '/' | '\\') { '_' } else { c }).collect();
    if name.is_empty() || name == "." || name == ".." {
        return "_".to_owned();
    }
    while name.len() > MAX_NAME_BYTES {
        name.pop();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single(piece_length: u32, length: u64, hashes: usize) -> Vec<u8> {
        let mut torrent = format!(
            "d4:infod6:lengthi{length}e4:name5:a.mp412:piece lengthi{piece_length}e6:pieces{}:",
            hashes * 20
        )
        .into_bytes();
        torrent.extend(vec![7; hashes * 20]);
        torrent.extend(b"ee");
        torrent
    }

    fn folder(files: &[(&str, u64)], hashes: usize) -> Vec<u8> {
        let mut torrent = b"d4:infod5:filesl".to_vec();
        for (name, length) in files {
            torrent.extend(format!("d6:lengthi{length}e4:pathl{}:{name}ee", name.len()).into_bytes());
        }
        torrent.extend(format!("e4:name2:..12:piece lengthi16384e6:pieces{}:", hashes * 20).into_bytes());
        torrent.extend(vec![7; hashes * 20]);
        torrent.extend(b"ee");
        torrent
    }

    #[test]
    fn a_single_file_torrent_has_one_file_named_like_it() {
        let metainfo = parse_metainfo(&single(16384, 40_000, 3)).unwrap();
        assert_eq!(metainfo.files.len(), 1);
        assert_eq!(metainfo.files[0].path, "a.mp4");
        assert_eq!((metainfo.total_length(), metainfo.pieces.len()), (40_000, 3));
    }

    #[test]
    fn a_reduced_torrent_keeps_its_hash_and_a_bounded_list_of_real_trackers() {
        let plain = single(16384, 40_000, 3);
        let mut many = b"d13:announce-listll3:foo15:wss://a.example13:file:///etc/x".to_vec();
        for number in 0..200 {
            let url = format!("udp://tracker{number}.example:1/");
            for _ in 0..2 {
                many.extend(format!("{}:{url}", url.len()).into_bytes());
            }
        }
        many.extend(b"ee");
        many.extend(&plain[1..]);
        let (bare, trackers) = reduce(&many).unwrap();
        assert_eq!(bare, plain);
        assert_eq!(trackers.len(), MAX_TRACKERS);
        assert_eq!(trackers[1].as_str(), "udp://tracker1.example:1/");
    }

    #[test]
    fn names_that_look_like_paths_are_cleaned_and_do_not_refuse_the_torrent() {
        let metainfo = parse_metainfo(&folder(&[("..", 10), ("a/b\\c", 5), ("x\0y", 1)], 1)).unwrap();
        let paths: Vec<_> = metainfo.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["_", "a_b_c", "x_y"]);
        assert_eq!(metainfo.name, "_");
        assert_eq!(metainfo.files[2].offset, 15);
    }

    #[test]
    fn broken_torrents_are_refused() {
        let too_large = folder(&[("a", u64::MAX / 2), ("b", u64::MAX / 2)], 1);
        let cases: &[(&str, Vec<u8>)] = &[
            ("garbage", vec![0xff; 4096]),
            ("empty", Vec::new()),
            ("deeply nested", vec![b'l'; 1_000_000]),
            ("oversized", vec![b'l'; MAX_TORRENT_BYTES + 1]),
            ("no piece length", single(0, 40_000, 3)),
            ("tiny pieces", single(1024, 2048, 2)),
            ("huge pieces", single(128 << 20, 1, 1)),
            ("too few hashes", single(16384, 40_000, 2)),
            ("too many hashes", single(16384, 40_000, 4)),
            ("no bytes", single(16384, 0, 0)),
            ("lengths that overflow", too_large),
        ];
        for (what, bytes) in cases {
            assert!(parse_metainfo(bytes).is_err(), "{what}");
        }
    }

    #[test]
    fn a_v2_only_torrent_is_named_as_such() {
        let bytes = b"d4:infod9:file treede12:meta versioni2e4:name1:a12:piece lengthi16384eee";
        assert!(parse_metainfo(bytes).unwrap_err().to_string().contains("v2-only"));
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        assert!(clean_name(&"ä".repeat(200)).len() <= MAX_NAME_BYTES);
    }
}
