//! Entries of H.265 (ITU-T H.265, 7.3.1.2, 7.4.2.2 and D.2.8).

use super::super::chunk::EntryKind;
use super::entry::Verdict;
use super::nal::{has_recovery_point, units};

/// Slices have the types up to this.
const LAST_PICTURE: u8 = 31;
/// Broken links and resets: leading pictures are left out, or can be decoded.
const RESETS: std::ops::RangeInclusive<u8> = 16..=20;
/// A picture that is whole, before which pictures are shown that may need earlier ones.
const CLEAN_RANDOM_ACCESS: u8 = 21;
const SEQUENCE_PARAMETERS: u8 = 33;
const SEI: u8 = 39;

pub(super) fn judge(unit: &[u8], random_access: bool, whole: bool) -> Verdict {
    let (mut parameters, mut recovery) = (false, random_access);
    for (nal, closed) in units(unit) {
        let Some((head, body)) = nal.split_first_chunk::<2>() else { break };
        let kind = head[0] >> 1 & 0x3F;
        match kind {
            SEQUENCE_PARAMETERS => parameters = true,
            SEI if closed || whole => recovery |= has_recovery_point(body),
            0..=LAST_PICTURE => {
                let reset = RESETS.contains(&kind);
                let entry = if reset { EntryKind::Clean } else { EntryKind::Open };
                return Verdict::of(parameters, reset || recovery || kind == CLEAN_RANDOM_ACCESS, entry);
            }
            _ => {}
        }
    }
    Verdict::Undecided
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nal(kind: u8) -> [u8; 7] {
        [0, 0, 1, kind << 1, 1, 0x80, 0x40]
    }

    fn of(kinds: &[u8], random_access: bool) -> Verdict {
        judge(&kinds.iter().flat_map(|kind| nal(*kind)).collect::<Vec<_>>(), random_access, false)
    }

    #[test]
    fn pictures_that_can_be_begun_at_are_told_from_others() {
        for reset in [16, 18, 19, 20] {
            assert_eq!(of(&[35, 32, 33, 34, reset], false), Verdict::Entry(EntryKind::Clean));
        }
        assert_eq!(of(&[35, 32, 33, 34, 21], false), Verdict::Entry(EntryKind::Open));
        assert_eq!(of(&[35, 32, 33, 34, 1], true), Verdict::Entry(EntryKind::Open));
        assert_eq!(of(&[35, 19], true), Verdict::Weak);
        assert_eq!(of(&[35, 1], false), Verdict::Middle);
        assert_eq!(of(&[35, 32, 33, 34, 39], true), Verdict::Undecided);
    }
}
