//! Entries of H.264 (ITU-T H.264, 7.3.1, 7.3.3, 7.4.1 and D.1.8).

use super::super::chunk::EntryKind;
use super::entry::Verdict;
use super::nal::{Bits, has_recovery_point, units};

const SLICE: u8 = 1;
const PARTITION_A: u8 = 2;
const RESET: u8 = 5;
const SEI: u8 = 6;
const SEQUENCE_PARAMETERS: u8 = 7;

/// `slice_type` of pictures that need no other; 5 more says that all slices of the picture are of that type.
const INTRA: [u32; 4] = [2, 4, 7, 9];

pub(super) fn judge(unit: &[u8], random_access: bool, whole: bool) -> Verdict {
    let (mut parameters, mut recovery) = (false, false);
    for (nal, closed) in units(unit) {
        let Some((head, body)) = nal.split_first() else { break };
        match head & 0x1F {
            SEQUENCE_PARAMETERS => parameters = true,
            SEI if closed || whole => recovery |= has_recovery_point(body),
            RESET if parameters => return Verdict::Entry(EntryKind::Clean),
            RESET => return Verdict::Weak,
            SLICE | PARTITION_A => {
                let mut bits = Bits::new(body);
                let kind = bits.golomb().and_then(|_first_macroblock| bits.golomb());
                if kind.is_none() && !closed && !whole {
                    return Verdict::Undecided;
                }
                let intra = kind.is_some_and(|kind| INTRA.contains(&kind));
                return Verdict::of(parameters, intra || recovery || random_access, EntryKind::Open);
            }
            _ => {}
        }
    }
    Verdict::Undecided
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Entry, Middle, Undecided, Weak};

    const AUD: &[u8] = &[0, 0, 0, 1, 9, 0xF0];
    const SPS: &[u8] = &[0, 0, 0, 1, 0x67, 0x64, 0, 0x1F, 0xAC];
    const RECOVERY: &[u8] = &[0, 0, 1, 6, 6, 1, 0xC4, 0x80];
    const IDR: &[u8] = &[0, 0, 1, 0x65, 0x88, 0x84];
    /// first_mb 0, slice_type 7 and 5: 1 0001000, 1 00110.
    const I: &[u8] = &[0, 0, 1, 0x41, 0b1000_1000, 0];
    const P: &[u8] = &[0, 0, 1, 0x41, 0b1001_1000, 0];

    fn of(parts: &[&[u8]], random_access: bool) -> Verdict {
        judge(&parts.concat(), random_access, false)
    }

    #[test]
    fn pictures_that_can_be_begun_at_are_told_from_others() {
        assert_eq!(of(&[AUD, SPS, IDR], false), Entry(EntryKind::Clean));
        assert_eq!(of(&[AUD, SPS, RECOVERY, P], false), Entry(EntryKind::Open));
        assert_eq!(of(&[AUD, SPS, I], false), Entry(EntryKind::Open));
        assert_eq!(of(&[AUD, SPS, P], true), Entry(EntryKind::Open));
        assert_eq!(of(&[AUD, IDR], true), Weak);
        assert_eq!(of(&[AUD, I], false), Weak);
        assert_eq!(of(&[AUD, SPS, P], false), Weak);
        assert_eq!(of(&[AUD, P], false), Middle);
    }

    #[test]
    fn nothing_is_said_before_the_first_slice_is_there() {
        let whole = [AUD, SPS, RECOVERY, I].concat();
        let slice_type_ends = whole.len() - 1;
        for length in 0..slice_type_ends {
            assert_eq!(judge(&whole[..length], true, false), Undecided, "{length}");
        }
        assert_eq!(judge(&whole[..slice_type_ends], true, false), Entry(EntryKind::Open));
    }
}
