//! One content's cache file: what is present and who waits for it. `fill` holds what sources do with it, `share`
//! how they divide the work, `claimant` what they know of each other, `keep` what the folder does.

mod claimant;
mod fill;
mod keep;
mod share;

pub use claimant::Claimant;
pub use fill::Put;
pub use share::Claim;

use share::Claims;

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::folder::{self, ContentFolder};
use super::have::HaveMap;
use super::playhead::{Playhead, Playheads};
use super::sidecar::{Description, Record};
use super::{CacheError, Layout, Presence, drop_in};
use crate::changes::Changes;
use crate::domain::ContentKey;

/// Longest extent handed out at once. Long enough for any socket buffer, short enough that a reader's
/// playhead stays true.
const LONGEST_EXTENT: u64 = 8 << 20;

/// Pieces whose numbers differ by a multiple of this wait for each other, which costs less than a lock for each.
const TURNS: usize = 16;

/// A handle on one cache file. Cheap to clone; while any handle lives the file is never evicted.
#[derive(Debug, Clone)]
pub struct CacheFile {
    inner: Arc<Inner>,
}

/// A run of final bytes of a content, as a place in an open file: what `sendfile` needs.
#[derive(Debug, Clone)]
pub struct Extent {
    /// The open file.
    pub file: Arc<File>,
    /// Where the run starts in that file, in bytes.
    pub position: u64,
    /// Bytes in the run.
    pub length: u64,
}

#[derive(Debug)]
struct Inner {
    key: ContentKey,
    tag: String,
    name: String,
    length: u64,
    data: Arc<File>,
    store: Store,
    /// Bumped whenever a piece becomes final, a write fails, or a claim is given up.
    changes: watch::Sender<()>,
    playheads: Arc<Playheads>,
    claims: Claims,
}

/// Where a file's bytes come from decides what is known of them.
#[derive(Debug)]
enum Store {
    /// Filled piece by piece by sources.
    Pieces(Box<Pieces>),
    /// Complete from the start: an operator put it there, may replace it, and answers for it.
    Whole(PathBuf),
}

#[derive(Debug)]
struct Pieces {
    layout: Layout,
    folder: ContentFolder,
    /// Never held across an await or a disk access.
    state: Mutex<State>,
    /// Counts how often any content of the folder has become more or less present.
    presences: Changes,
    /// Held while claims are hashed, so that nobody hashes them twice.
    proving: Mutex<()>,
    /// One of these is held from the look at a piece's state to the end of the write that depends on it, so
    /// that no late block of one source spoils what another has just proved.
    turns: [Mutex<()>; TURNS],
}

#[derive(Debug)]
struct State {
    have: HaveMap,
    record: Record,
    /// How present it was when that was counted last.
    counted: Presence,
    /// Whether the map or the record changed since they were last saved.
    dirty: bool,
    /// Why the last write failed.
    failure: Option<CacheError>,
}

impl CacheFile {
    /// Opens a content on disk, or creates it. The caller holds the folder's lock and has made room.
    pub(super) fn open(
        key: ContentKey,
        folder: ContentFolder,
        description: Description,
        presences: &Changes,
    ) -> Result<Self, CacheError> {
        let Description { layout, name } = description;
        let data = folder.open_data(layout.span)?;
        let mut record = Record::read(&folder.have());
        let mut have = HaveMap::from_bytes(layout.pieces(), &record.have, &record.vouched);
        let counted = Presence::of(&have, &record);
        // The record was written after the data, which is never rewritten. All that can have happened to it is
        // that somebody else removed or cut the file.
        have.retain_vouched(|piece| {
            let own = layout.content_range(piece);
            folder::is_written(&data, own.start + layout.lead..own.end + layout.lead)
        });
        if record.settled_at == 0 || record.settled_at != folder::modified(&data)? {
            have.distrust(folder::written_pieces(&data, &layout).into_iter());
        }
        record.have = Vec::new();
        record.vouched = Vec::new();
        let tag = match layout.hashes {
            Some(_) => key.to_string(),
            // Without hashes the name and the length are all that tells two versions apart.
            None => format!("{key}-{:x}-{}", layout.length, fingerprint(&name)),
        };
        let state = State { have, record, counted, dirty: false, failure: None };
        let length = layout.length;
        let pieces = Pieces {
            layout,
            folder,
            state: Mutex::new(state),
            presences: presences.clone(),
            proving: Mutex::default(),
            turns: Default::default(),
        };
        // What is in doubt now was counted as present.
        pieces.count_presence();
        Ok(Self::new(key, tag, name, length, data, Store::Pieces(Box::new(pieces))))
    }

    /// A complete file that an operator provided. `tag` changes when the file does.
    pub(super) fn whole(key: ContentKey, tag: String, path: PathBuf, data: File, length: u64) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self::new(key, tag, name, length, data, Store::Whole(path))
    }

    fn new(key: ContentKey, tag: String, name: String, length: u64, data: File, store: Store) -> Self {
        let inner = Inner {
            key,
            tag,
            name,
            length,
            data: Arc::new(data),
            store,
            changes: watch::Sender::new(()),
            playheads: Arc::new(Playheads::new()),
            claims: Claims::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Which content this is.
    pub fn key(&self) -> ContentKey {
        self.inner.key
    }

    /// A text that is equal exactly when the bytes are: the same on every machine, before, during and
    /// after the download. What the `ETag` is made of.
    pub fn tag(&self) -> &str {
        &self.inner.tag
    }

    /// The file's own name, without folders, as its torrent or its operator spells it.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Bytes of the content.
    pub fn length(&self) -> u64 {
        self.inner.length
    }

    /// Whether this is still what lies on disk: an operator may have replaced or removed the file.
    pub fn is_current(&self) -> bool {
        match &self.inner.store {
            Store::Pieces(_) => true,
            Store::Whole(path) => {
                drop_in::tag(self.inner.key.info_hash, path).is_some_and(|tag| tag == self.inner.tag)
            }
        }
    }

    /// Where the operator's own file lies; `None` for what sources have written.
    pub fn own_path(&self) -> Option<&Path> {
        match &self.inner.store {
            Store::Whole(path) => Some(path),
            Store::Pieces(_) => None,
        }
    }

    /// How the content lies in its pieces; `None` for a file that an operator dropped in.
    pub fn layout(&self) -> Option<&Layout> {
        self.pieces().map(|pieces| &pieces.layout)
    }

    /// Bytes of the content that are final.
    pub fn verified_bytes(&self) -> u64 {
        self.pieces().map_or(self.inner.length, |pieces| pieces.state().have.present_bytes(&pieces.layout))
    }

    /// Bytes of the content that have arrived, verified or not.
    pub fn received_bytes(&self) -> u64 {
        self.pieces().map_or(self.inner.length, |pieces| pieces.state().have.received_bytes(&pieces.layout))
    }

    /// Whether every byte is final.
    pub fn is_complete(&self) -> bool {
        self.pieces().is_none_or(|pieces| pieces.state().have.is_complete())
    }

    /// How much of it is here.
    pub(super) fn presence(&self) -> Presence {
        self.pieces().map_or(Presence::Complete, |pieces| {
            let state = pieces.state();
            Presence::of(&state.have, &state.record)
        })
    }

    /// The first byte at or after `offset` that is not final; the length if there is none.
    pub fn missing_from(&self, offset: u64) -> u64 {
        self.pieces().map_or(self.inner.length, |pieces| {
            pieces.state().have.present_until(&pieces.layout, offset, self.inner.length)
        })
    }

    /// The first byte of `range` that is not final. Cheaper than [`CacheFile::missing_from`] in a full file.
    pub fn missing_in(&self, range: Range<u64>) -> Option<u64> {
        let end = range.end.min(self.inner.length);
        let pieces = self.pieces()?;
        let first = pieces.state().have.present_until(&pieces.layout, range.start, end);
        (first < end).then_some(first)
    }

    /// The run of final bytes at `range.start`, cut at `range.end` and at 8 MiB; `None` if its first
    /// byte is missing or the range is empty.
    pub fn extent(&self, range: Range<u64>) -> Option<Extent> {
        let limit = range.end.min(self.inner.length).min(range.start.saturating_add(LONGEST_EXTENT));
        let (end, lead) = match self.pieces() {
            Some(pieces) => {
                let state = pieces.state();
                (state.have.present_until(&pieces.layout, range.start, limit), pieces.layout.lead)
            }
            None => (limit, 0),
        };
        (end > range.start).then(|| Extent {
            file: Arc::clone(&self.inner.data),
            position: lead + range.start,
            length: end - range.start,
        })
    }

    /// Waits until byte `offset` is final, by event. Cancel by dropping; it has no time limit.
    /// Fails when a write failed (disk full), since the byte will then never come.
    pub async fn wait_for(&self, offset: u64) -> Result<(), CacheError> {
        let mut changes = self.inner.changes.subscribe();
        loop {
            changes.borrow_and_update();
            if offset >= self.inner.length || self.missing_from(offset) > offset {
                return Ok(());
            }
            if let Some(failure) = self.failure() {
                return Err(failure);
            }
            // The sender lives in `self`, so this cannot fail.
            let _ = changes.changed().await;
        }
    }

    /// A wake-up for every piece that became final, every failed write, and every claim that was given up.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.inner.changes.subscribe()
    }

    /// Why the last write failed, if it did. Opening the content again clears it.
    pub fn failure(&self) -> Option<CacheError> {
        self.pieces().and_then(|pieces| pieces.state().failure.clone())
    }

    /// Registers a reader at `offset`. The demand lasts until the playhead is dropped.
    pub fn playhead(&self, offset: u64) -> Playhead {
        self.inner.playheads.add(offset)
    }

    /// Content offsets of all playheads, lowest first, and a wake-up when they change.
    pub fn demand(&self) -> watch::Receiver<Vec<u64>> {
        self.inner.playheads.demand()
    }

    fn pieces(&self) -> Option<&Pieces> {
        match &self.inner.store {
            Store::Pieces(pieces) => Some(pieces),
            Store::Whole(_) => None,
        }
    }
}

/// A short text that differs for different names.
fn fingerprint(name: &str) -> String {
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, name.as_bytes());
    data_encoding::HEXLOWER.encode(&sum.as_ref()[..8])
}

impl Pieces {
    /// Waits for the turn to change `piece`.
    fn turn(&self, piece: usize) -> MutexGuard<'_, ()> {
        self.turns[piece % TURNS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a change if the content is more or less present than it was.
    fn count_presence(&self) {
        let mut state = self.state();
        let presence = Presence::of(&state.have, &state.record);
        if std::mem::replace(&mut state.counted, presence) != presence {
            drop(state);
            self.presences.note();
        }
    }
}
