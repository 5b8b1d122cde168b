//! Which pieces and blocks of one content are present.

use std::collections::HashMap;
use std::ops::Range;

use fixedbitset::FixedBitSet;

use super::layout::{BLOCK, Layout};

/// The have-map of one content. A piece is verified, or vouched for, or claimed, or some of its blocks have
/// arrived.
#[derive(Debug, Clone)]
pub(super) struct HaveMap {
    /// Pieces whose hash was compared.
    verified: FixedBitSet,
    /// Pieces whose content bytes are there and final although no hash could be compared: no hash is known, or a
    /// neighbour's bytes are missing and the source has proved itself by other pieces.
    vouched: FixedBitSet,
    /// Pieces that may be whole after an unclean stop; they must be hashed before they count.
    claimed: FixedBitSet,
    /// Blocks received of pieces that are not verified.
    blocks: HashMap<usize, FixedBitSet>,
}

impl HaveMap {
    /// An empty map for `pieces` pieces.
    #[cfg(test)]
    pub(super) fn new(pieces: usize) -> Self {
        Self {
            verified: FixedBitSet::with_capacity(pieces),
            vouched: FixedBitSet::with_capacity(pieces),
            claimed: FixedBitSet::with_capacity(pieces),
            blocks: HashMap::new(),
        }
    }

    /// Restores the verified and the vouched pieces from [`HaveMap::to_bytes`] and
    /// [`HaveMap::vouched_to_bytes`]; bits past the end are ignored.
    pub(super) fn from_bytes(pieces: usize, verified: &[u8], vouched: &[u8]) -> Self {
        let claimed = FixedBitSet::with_capacity(pieces);
        let (verified, vouched) = (from_bits(pieces, verified), from_bits(pieces, vouched));
        Self { verified, vouched, claimed, blocks: HashMap::new() }
    }

    /// The verified pieces, one bit each, the highest bit of a byte first as in BEP 3 bit fields.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        to_bits(&self.verified)
    }

    /// The vouched pieces, likewise.
    pub(super) fn vouched_to_bytes(&self) -> Vec<u8> {
        to_bits(&self.vouched)
    }

    /// Forgets every vouched piece that `stays` does not confirm.
    pub(super) fn retain_vouched(&mut self, stays: impl Fn(usize) -> bool) {
        let gone: Vec<usize> = self.vouched.ones().filter(|piece| !stays(*piece)).collect();
        gone.into_iter().for_each(|piece| self.vouched.set(piece, false));
    }

    /// Marks a piece as vouched for. Returns whether it was missing before.
    pub(super) fn vouch(&mut self, piece: usize) -> bool {
        let new = !self.has(piece);
        self.blocks.remove(&piece);
        self.vouched.insert(piece);
        new
    }

    /// Whether the content bytes of a piece are there without proof.
    pub(super) fn is_vouched(&self, piece: usize) -> bool {
        self.vouched.contains(piece) && !self.verified.contains(piece)
    }

    /// Whether a piece matched its hash.
    pub(super) fn is_verified(&self, piece: usize) -> bool {
        self.verified.contains(piece)
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

    /// Whether the content bytes of a piece are final: only such pieces are served.
    pub(super) fn has(&self, piece: usize) -> bool {
        self.verified.contains(piece) || self.vouched.contains(piece)
    }

    /// Whether every content byte is final.
    pub(super) fn is_complete(&self) -> bool {
        self.verified.union_count(&self.vouched) == self.verified.len()
    }

    /// Whether no content byte is final.
    pub(super) fn is_empty(&self) -> bool {
        self.verified.is_clear() && self.vouched.is_clear()
    }

    fn present(&self) -> impl Iterator<Item = usize> + '_ {
        self.verified.union(&self.vouched)
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

    /// Content bytes that are final.
    pub(super) fn present_bytes(&self, layout: &Layout) -> u64 {
        self.present().map(|piece| in_content(layout, layout.piece_range(piece))).sum()
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
        self.present_bytes(layout) + unverified
    }

    /// The end, in content bytes, of the run of final bytes that starts at content byte `offset`.
    pub(super) fn present_until(&self, layout: &Layout, offset: u64, limit: u64) -> u64 {
        let mut end = offset;
        let mut piece = layout.piece_at(offset);
        while end < limit && piece < layout.pieces() && self.has(piece) {
            end = (layout.piece_range(piece).end - layout.lead).min(limit);
            piece += 1;
        }
        end
    }
}

fn from_bits(pieces: usize, bytes: &[u8]) -> FixedBitSet {
    let is_set = |piece: &usize| bytes.get(piece / 8).is_some_and(|byte| byte & (0x80 >> (piece % 8)) != 0);
    let mut set = FixedBitSet::with_capacity(pieces);
    set.extend((0..pieces).filter(is_set));
    set
}

fn to_bits(set: &FixedBitSet) -> Vec<u8> {
    let mut bytes = vec![0u8; set.len().div_ceil(8)];
    for piece in set.ones() {
        bytes[piece / 8] |= 0x80 >> (piece % 8);
    }
    bytes
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
            hashes: Some(vec![[0; 20]; 3].into()),
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
        assert_eq!(HaveMap::from_bytes(11, &bytes, &[]).to_bytes(), bytes);
        assert_eq!(HaveMap::from_bytes(9, &bytes, &[]).to_bytes(), [0b1001_0000, 0b1000_0000]);
        assert_eq!(HaveMap::from_bytes(11, &[], &[]).to_bytes(), [0, 0]);
    }

    #[test]
    fn blocks_count_as_received_but_never_as_verified() {
        let layout = layout();
        let mut map = HaveMap::new(3);
        map.receive(&layout, 1, &(40_000..40_000 + BLOCK));
        assert_eq!(map.received_bytes(&layout), BLOCK);
        assert_eq!(map.present_bytes(&layout), 0);
        assert_eq!(map.present_until(&layout, 30_000, 100_000), 30_000);
        map.verify(1);
        assert_eq!(map.received_bytes(&layout), 40_000);
        assert_eq!(map.present_until(&layout, 30_000, 100_000), 70_000);
        assert_eq!(map.present_until(&layout, 30_000, 31_000), 31_000);
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
        assert_eq!(map.present_bytes(&layout), 30_000);
        map.verify(2);
        assert_eq!(map.present_bytes(&layout), 60_000);
        assert!(!map.is_complete());
        map.verify(1);
        assert_eq!(map.present_bytes(&layout), 100_000);
        assert!(map.is_complete());
        assert_eq!(map.present_until(&layout, 0, 100_000), 100_000);
    }

    #[test]
    fn distrusted_pieces_are_not_served_until_proved() {
        let layout = layout();
        let mut map = HaveMap::new(3);
        map.verify(0);
        map.distrust([2].into_iter());
        assert_eq!(map.present_bytes(&layout), 0);
        assert_eq!(map.claims(), [0, 2]);
        map.settle(0, true);
        map.settle(2, false);
        assert!(map.has(0) && !map.has(2));
        assert!(map.claims().is_empty());
    }

    #[test]
    fn vouched_pieces_are_served_but_are_no_proof() {
        let layout = layout();
        let mut map = HaveMap::new(3);
        assert!(map.vouch(0) && !map.vouch(0));
        map.verify(1);
        assert!(map.has(0) && map.is_vouched(0) && !map.is_verified(0));
        assert_eq!(map.present_until(&layout, 0, 100_000), 70_000);
        assert!(map.vouch(2) && map.is_complete());
        let back = HaveMap::from_bytes(3, &map.to_bytes(), &map.vouched_to_bytes());
        assert!(back.is_vouched(0) && back.is_verified(1) && back.is_complete());
        map.retain_vouched(|piece| piece != 2);
        assert!(!map.has(2) && map.has(0));
        map.distrust([].into_iter());
        assert!(map.has(0) && !map.has(1), "what nobody can prove is believed as far as it was recorded");
    }
}
