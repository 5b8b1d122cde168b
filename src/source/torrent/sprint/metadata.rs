//! The metadata, put together from parts that several peers send (BEP 9).

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::Bytes;

use super::super::wire::BLOCK;
use super::plan::{PeerKey, Peers};

/// The largest metadata that is read, in bytes: what a .torrent may have.
const LARGEST: u32 = 10 * 1024 * 1024;

/// Each part is asked of so many peers, so that neither a slow nor a silent one holds it up.
const COPIES: usize = 3;

/// The metadata of one torrent while it is being fetched. Peers may say different sizes; each is tried by itself.
#[derive(Debug)]
pub(super) struct Metadata {
    info_hash: [u8; 20],
    tries: BTreeMap<u32, Try>,
    /// Those who have refused, or who took part when it came out wrong. They are not asked again.
    refused: BTreeSet<PeerKey>,
}

#[derive(Debug, Default)]
struct Try {
    parts: BTreeMap<u32, Bytes>,
    asked: BTreeMap<u32, BTreeSet<PeerKey>>,
}

impl Metadata {
    pub(super) fn new(info_hash: [u8; 20]) -> Self {
        Self { info_hash, tries: BTreeMap::new(), refused: BTreeSet::new() }
    }

    /// Asks whoever has parts that are missing.
    pub(super) fn plan(&mut self, peers: &mut Peers) {
        for (key, peer) in peers.iter_mut().filter(|(key, _)| !self.refused.contains(key)) {
            let Some(size) = peer.metadata_size().filter(|size| *size <= LARGEST) else { continue };
            let one = self.tries.entry(size).or_default();
            for part in 0..size.div_ceil(BLOCK) {
                let asked = one.asked.entry(part).or_default();
                if !one.parts.contains_key(&part) && asked.len() < COPIES && asked.insert(*key) {
                    peer.ask_metadata(part);
                }
            }
        }
    }

    /// Takes a part in. All of the metadata comes back once it is here and matches the info-hash.
    pub(super) fn take(&mut self, from: PeerKey, size: u32, part: u32, data: Bytes) -> Option<Bytes> {
        let one = self.tries.get_mut(&size)?;
        let was_asked = one.asked.get(&part).is_some_and(|asked| asked.contains(&from));
        let length = size.saturating_sub(part.saturating_mul(BLOCK)).min(BLOCK);
        if !was_asked || data.len() != length as usize {
            return None;
        }
        one.parts.entry(part).or_insert(data);
        if one.parts.len() < size.div_ceil(BLOCK) as usize {
            return None;
        }
        let whole = one.parts.values().map(Bytes::as_ref).collect::<Vec<_>>().concat();
        if digest(&SHA1_FOR_LEGACY_USE_ONLY, &whole).as_ref() == self.info_hash {
            return Some(whole.into());
        }
        // Somebody lies, and nobody knows who. It is tried once more with others.
        self.refused.extend(one.asked.values().flatten());
        self.tries.remove(&size);
        None
    }

    /// A peer will not send what it was asked for, or is gone: others are asked.
    pub(super) fn lose(&mut self, who: PeerKey) {
        self.refused.insert(who);
        for one in self.tries.values_mut() {
            one.asked.values_mut().for_each(|asked| {
                asked.remove(&who);
            });
        }
    }
}
