//! Entries of MPEG-1 and MPEG-2 video (ISO/IEC 13818-2, 6.2.2 and 6.2.3).

use super::super::chunk::EntryKind;
use super::entry::Verdict;
use super::nal::units;

const PICTURE: u8 = 0x00;
const SEQUENCE: u8 = 0xB3;
const GROUP: u8 = 0xB8;

/// `picture_coding_type` of a picture that needs no other.
const INTRA: u8 = 1;

pub(super) fn judge(unit: &[u8]) -> Verdict {
    let (mut parameters, mut closed_group) = (false, false);
    for (part, _) in units(unit) {
        match part {
            [SEQUENCE, ..] => parameters = true,
            // After 25 bits of time code.
            [GROUP, _, _, _, flags, ..] => closed_group = flags & 0x40 != 0,
            [PICTURE, _, kind, ..] => {
                let kind = kind >> 3 & 7;
                let entry = if closed_group { EntryKind::Clean } else { EntryKind::Open };
                return Verdict::of(parameters, kind == INTRA, entry);
            }
            _ => {}
        }
    }
    Verdict::Undecided
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEQUENCE_HEAD: &[u8] = &[0, 0, 1, 0xB3, 0x2D, 0x02, 0x40, 0x33];
    const I: &[u8] = &[0, 0, 1, 0, 0, 0b0000_1111, 0xFF];
    const P: &[u8] = &[0, 0, 1, 0, 0, 0b0101_0111, 0xFF];

    fn group(flags: u8) -> Vec<u8> {
        vec![0, 0, 1, 0xB8, 0, 8, 0, flags]
    }

    #[test]
    fn a_group_says_whether_it_needs_the_one_before() {
        assert_eq!(judge(&[SEQUENCE_HEAD, &group(0x40), I].concat()), Verdict::Entry(EntryKind::Clean));
        assert_eq!(judge(&[SEQUENCE_HEAD, &group(0), I].concat()), Verdict::Entry(EntryKind::Open));
        assert_eq!(judge(&[SEQUENCE_HEAD, I].concat()), Verdict::Entry(EntryKind::Open));
        assert_eq!(judge(I), Verdict::Weak);
        assert_eq!(judge(P), Verdict::Middle);
        assert_eq!(judge(&[SEQUENCE_HEAD, &group(0x40), &I[..5]].concat()), Verdict::Undecided);
    }
}
