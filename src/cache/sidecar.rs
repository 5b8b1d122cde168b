//! The two small files beside a cache file: its layout, written once, and its have-map.
//!
//! Both end in a SHA-256 of everything before it and are replaced by rename, so that a torn write is
//! noticed and counts as absent. The have-map is written after the data reached the disk; what it
//! lists was therefore durable at that time.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::Layout;

/// What stays the same for the life of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    /// The layout, piece hashes included.
    pub(super) layout: Layout,
    /// The file's own name, for players.
    pub(super) name: String,
}

/// What changes while a content is filled and watched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The data file's modification time in nanoseconds when nothing more would be written; 0 while
    /// somebody may still write. An equal time on the next start means the map can be trusted as it is.
    pub(super) settled_at: u64,
    /// Unix time of the last use, in seconds.
    pub(super) last_used: u64,
    /// How many times a viewer opened the content.
    pub(super) plays: u64,
    /// Where the last viewer stopped, in bytes; 0 where nobody did.
    #[serde(default)]
    pub(super) left_off: u64,
    /// The verified pieces, highest bit first, in hexadecimal.
    #[serde(with = "hex")]
    pub(super) have: Vec<u8>,
    /// The vouched pieces, in the same way.
    #[serde(default, with = "hex")]
    pub(super) vouched: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct StoredDescription {
    name: String,
    length: u64,
    lead: u64,
    piece_length: u64,
    first_piece: u32,
    span: u64,
    /// Empty when no torrent's file table was known.
    #[serde(with = "hex")]
    hashes: Vec<u8>,
}

impl Description {
    /// Reads the description, or nothing if it is absent or damaged.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let stored: StoredDescription = read_checked(path)?;
        let (hashes, rest) = stored.hashes.as_chunks::<20>();
        let layout = Layout {
            length: stored.length,
            lead: stored.lead,
            piece_length: stored.piece_length,
            first_piece: stored.first_piece,
            span: stored.span,
            hashes: (!hashes.is_empty()).then(|| hashes.into()),
        };
        let fits = rest.is_empty()
            && layout.piece_length > 0
            && (hashes.is_empty() || hashes.len() == layout.pieces());
        fits.then_some(Self { layout, name: stored.name })
    }

    /// Writes the description.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let layout = &self.layout;
        write_checked(
            path,
            &StoredDescription {
                name: self.name.clone(),
                length: layout.length,
                lead: layout.lead,
                piece_length: layout.piece_length,
                first_piece: layout.first_piece,
                span: layout.span,
                hashes: layout
                    .hashes
                    .as_ref()
                    .map(|hashes| hashes.as_flattened().to_vec())
                    .unwrap_or_default(),
            },
        )
    }
}

impl Record {
    /// Reads the record; an absent or damaged one knows nothing.
    pub(super) fn read(path: &Path) -> Self {
        read_checked(path).unwrap_or_default()
    }

    /// Writes the record.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        write_checked(path, self)
    }
}

fn read_checked<T: for<'a> Deserialize<'a>>(path: &Path) -> Option<T> {
    let bytes = fs::read(path).ok()?;
    let (body, sum) = bytes.split_last_chunk::<32>()?;
    if digest(&SHA256, body).as_ref() != sum {
        tracing::warn!(path = %path.display(), "a cache record is damaged and will be rebuilt from the data");
        return None;
    }
    serde_json::from_slice(body).ok()
}

fn write_checked<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(value)?;
    let sum = digest(&SHA256, &bytes);
    bytes.extend_from_slice(sum.as_ref());
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(&bytes)?;
    file.sync_data()?;
    fs::rename(&fresh, path)
}

/// Byte strings as hexadecimal text in JSON.
mod hex {
    use data_encoding::HEXLOWER;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        HEXLOWER.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            settled_at: 7,
            last_used: 8,
            plays: 9,
            left_off: 10,
            have: vec![0xa5, 0x80],
            vouched: vec![1],
        }
    }

    #[test]
    fn records_and_descriptions_round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("have");
        record().write(&path).unwrap();
        assert_eq!(Record::read(&path), record());

        let description = Description {
            layout: Layout {
                length: 10,
                lead: 3,
                piece_length: 16384,
                first_piece: 2,
                span: 32768,
                hashes: Some(vec![[1; 20], [2; 20]].into()),
            },
            name: "A film: \"one\".mkv".to_owned(),
        };
        let path = folder.path().join("layout");
        description.write(&path).unwrap();
        assert_eq!(Description::read(&path), Some(description));
    }

    #[test]
    fn every_torn_or_changed_record_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("have");
        record().write(&path).unwrap();
        let good = fs::read(&path).unwrap();
        for length in 0..good.len() {
            fs::write(&path, &good[..length]).unwrap();
            assert_eq!(Record::read(&path), Record::default(), "cut at {length}");
        }
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert_eq!(Record::read(&path), Record::default(), "changed at {place}");
        }
    }
}
