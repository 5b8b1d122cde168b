//! Which pieces and blocks of one content are present.

use std::collections::HashMap;
use std::ops::Range;

use fixedbitset::FixedBitSet;

use super::layout::{BLOCK, Layout};

/// The have-map of one content. A piece is verified, or claimed, or some of its blocks have arrived.
#[derive(Debug, Clone)]
pub(super) struct HaveMap {
    /// Pieces whose hash was compared; only these are served.
    verified: FixedBitSet,
    /// Pieces that may be whole after an unclean stop; they must be hashed before they count.
    claimed: FixedBitSet,
    /// Blocks received of pieces that are not verified.
    blocks: HashMap<usize, FixedBitSet>,
}

impl HaveMap {
    /// An empty map for `pieces` pieces.
    pub(super) fn new(pieces: usize) -> Self {
        Self {
            verified: FixedBitSet::with_capacity(pieces),
            claimed: FixedBitSet::with_capacity(pieces),
            blocks: HashMap::new(),
        }
    }

    /// Restores the verified pieces from [`HaveMap::to_bytes`]; bits past the end are ignored.
    pub(super) fn from_bytes(pieces: usize, bytes: &[u8]) -> Self {
        let mut map = Self::new(pieces);
        for piece in 0..pieces {
            if bytes.get(piece / 8).is_some_and(|byte| byte & (0x80 >> (piece % 8)) != 0) {
                map.verified.insert(piece);
            }
        }
        map
    }

    /// The verified pieces, one bit each, the highest bit of a byte first as in BEP 3 bit fields.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0u8; self.verified.len().div_ceil(8)];
        for piece in self.verified.ones() {
            bytes[piece / 8] |= 0x80 >> (piece % 8);
        }
        bytes
    }

    /// Turns every verified piece and every piece of `also` into a claim that has to be proved.
    pub(super) fn distrust(&mut self, also: impl Iterator<Item = usize>) {
        self.claimed.union_with(&self.verified);
        self.verified.clear();
        for piece in also {
            self.claimed.insert(piece);
        }
    }

    /// The claims that are still open.
    pub(super) fn claims(&self) -> Vec<usize> {
        self.claimed.ones().collect()
    }

    /// Settles a claim.
    pub(super) fn settle(&mut self, piece: usize, proved: bool) {
        self.claimed.set(piece, false);
        if proved {
            self.verify(piece);
        }
    }

    /// Marks a piece verified. Returns whether it was new.
    pub(super) fn verify(&mut self, piece: usize) -> bool {
        self.blocks.remove(&piece);
        self.claimed.set(piece, false);
        !self.verified.put(piece)
    }

    /// Whether a piece is verified.
    pub(super) fn has(&self, piece: usize) -> bool {
        self.verified.contains(piece)
    }

    /// Whether every piece is verified.
    pub(super) fn is_complete(&self) -> bool {
        self.verified.is_full()
    }

    /// Notes that bytes `written` of the cache file arrived, all within `piece`. A block counts when its
    /// last byte is there: writers deliver the parts of a block that crosses files in order.
    pub(super) fn receive(&mut self, layout: &Layout, piece: usize, written: &Range<u64>) {
        if self.has(piece) {
            return;
        }
        let whole = layout.piece_range(piece);
        let count = (whole.end - whole.start).div_ceil(BLOCK) as usize;
        let blocks = self.blocks.entry(piece).or_insert_with(|| FixedBitSet::with_capacity(count));
        let first = (written.start - whole.start) / BLOCK;
        for block in first..(written.end - whole.start).div_ceil(BLOCK) {
            let end = (whole.start + (block + 1) * BLOCK).min(whole.end);
            if end <= written.end {
                blocks.insert(block as usize);
            }
        }
    }

    /// Content bytes that are verified.
    pub(super) fn verified_bytes(&self, layout: &Layout) -> u64 {
        self.verified.ones().map(|piece| in_content(layout, layout.piece_range(piece))).sum()
    }

    /// Content bytes that have arrived, verified or not.
    pub(super) fn received_bytes(&self, layout: &Layout) -> u64 {
        let unverified: u64 = self
            .blocks
            .iter()
            .flat_map(|(piece, blocks)| {
                let whole = layout.piece_range(*piece);
                blocks.ones().map(move |block| {
                    let start = whole.start + block as u64 * BLOCK;
                    in_content(layout, start..(start + BLOCK).min(whole.end))
                })
            })
            .sum();
        self.verified_bytes(layout) + unverified
    }

    /// The end, in content bytes, of the verified run that starts at content byte `offset`.
    pub(super) fn verified_until(&self, layout: &Layout, offset: u64, limit: u64) -> u64 {
        let mut end = offset;
        let mut piece = layout.piece_at(offset);
        while end < limit && piece < layout.pieces() && self.has(piece) {
            end = (layout.piece_range(piece).end - layout.lead).min(limit);
            piece += 1;
        }
        end
    }
}

/// How many bytes of a range of the cache file belong to the content itself.
fn in_content(layout: &Layout, range: Range<u64>) -> u64 {
    let start = range.start.max(layout.lead);
    let end = range.end.min(layout.lead + layout.length);
    end.saturating_sub(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three pieces of 40,000 bytes (not a multiple of the block), the content inset at both ends.
    fn layout() -> Layout {
        Layout {
            length: 100_000,
            lead: 10_000,
            piece_length: 40_000,
            first_piece: 7,
            span: 115_000,
            hashes: vec![[0; 20]; 3].into(),
        }
    }

    #[test]
    fn bytes_round_trip_and_ignore_what_lies_past_the_end() {
        let mut map = HaveMap::new(11);
        for piece in [0, 3, 8, 10] {
            assert!(map.verify(piece));
        }
        assert!(!map.verify(3));
        let bytes = map.to_bytes();
        assert_eq!(bytes, [0b1001_0000, 0b1010_0000]);
        assert_eq!(HaveMap::from_bytes(11, &bytes).to_bytes(), bytes);
        assert_eq!(HaveMap::from_bytes(9, &bytes).to_bytes(), [0b1001_0000, 0b1000_0000]);
        assert_eq!(HaveMap::from_bytes(11, &[]).to_bytes(), [0, 0]);
    }

    #[test]
    fn blocks_count_as_received_but_never_as_verified() {
        let layout = layout();
        let mut map = HaveMap::new(3);
        map.receive(&layout, 1, &(40_000..40_000 + BLOCK));
        assert_eq!(map.received_bytes(&layout), BLOCK);
        assert_eq!(map.verified_bytes(&layout), 0);
        assert_eq!(map.verified_until(&layout, 30_000, 100_000), 30_000);
        map.verify(1);
        assert_eq!(map.received_bytes(&layout), 40_000);
        assert_eq!(map.verified_until(&layout, 30_000, 100_000), 70_000);
        assert_eq!(map.verified_until(&layout, 30_000, 31_000), 31_000);
    }

    #[test]
    fn a_block_split_over_two_writes_counts_once_its_end_is_there() {
        let layout = layout();
        let mut map = HaveMap::new(3);
        map.receive(&layout, 2, &(80_000..90_000));
        assert_eq!(map.received_bytes(&layout), 0);
        map.receive(&layout, 2, &(90_000..80_000 + BLOCK));
        assert_eq!(map.received_bytes(&layout), BLOCK);
    }

    #[test]
    fn the_short_last_piece_and_the_lead_are_not_content() {
        let layout = layout();
        let mut map = HaveMap::new(3);
        map.verify(0);
        assert_eq!(map.verified_bytes(&layout), 30_000);
        map.verify(2);
        assert_eq!(map.verified_bytes(&layout), 60_000);
        assert!(!map.is_complete());
        map.verify(1);
        assert_eq!(map.verified_bytes(&layout), 100_000);
        assert!(map.is_complete());
        assert_eq!(map.verified_until(&layout, 0, 100_000), 100_000);
    }

    #[test]
    fn distrusted_pieces_are_not_served_until_proved() {
        let layout = layout();
        let mut map = HaveMap::new(3);
        map.verify(0);
        map.distrust([2].into_iter());
        assert_eq!(map.verified_bytes(&layout), 0);
        assert_eq!(map.claims(), [0, 2]);
        map.settle(0, true);
        map.settle(2, false);
        assert!(map.has(0) && !map.has(2));
        assert!(map.claims().is_empty());
    }
}
