//! NAL units, which H.264 and H.265 consist of (annex B of both).

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// The `payloadType` that says that decoding can begin although the picture does not reset the decoder.
const RECOVERY_POINT: usize = 6;

static START_CODE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(&[0, 0, 1]));

/// The units after each start code, and whether the next start code was seen, so that the unit is whole. A unit that
/// is whole may have zeros behind it.
pub(super) fn units(bytes: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let mut rest = START_CODE.find(bytes).map(|at| &bytes[at + 3..]);
    std::iter::from_fn(move || {
        let unit = rest?;
        let next = START_CODE.find(unit);
        rest = next.map(|at| &unit[at + 3..]);
        Some((&unit[..next.unwrap_or(unit.len())], next.is_some()))
    })
}

/// Whether one of the messages in a SEI unit (without its NAL head) is a recovery point.
pub(super) fn has_recovery_point(mut messages: &[u8]) -> bool {
    // Sizes are read as they stand. Emulation prevention bytes can only hide later messages by that, never invent one
    // at the front, where encoders put it.
    while messages.len() > 2 {
        let Some((kind, after)) = number(messages) else { return false };
        let Some((size, contents)) = number(after) else { return false };
        if kind == RECOVERY_POINT {
            return true;
        }
        match contents.get(size..) {
            Some(rest) => messages = rest,
            None => return false,
        }
    }
    false
}

/// A number as SEI writes it: bytes are added up as long as they are 255.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let full = bytes.iter().take_while(|byte| **byte == 0xFF).count();
    Some((full * 255 + usize::from(*bytes.get(full)?), &bytes[full + 1..]))
}

/// Reads bits, highest first.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1 == 1;
        self.at += 1;
        Some(bit)
    }

    /// An unsigned Exp-Golomb number, `ue(v)`. `None` if the bytes end, or if it has more than 31 bits.
    pub(super) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let mut value = 1;
        for _ in 0..zeros {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_standard_writes_them() {
        // 1, 010, 011, 00100, and one that is cut off.
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010]);
        assert_eq!(
            [bits.golomb(), bits.golomb(), bits.golomb(), bits.golomb()].map(Option::unwrap),
            [0, 1, 2, 3]
        );
        assert_eq!(bits.golomb(), None);
        assert_eq!(Bits::new(&[0; 8]).golomb(), None);
    }

    #[test]
    fn a_recovery_point_is_found_behind_other_messages() {
        let mut long = vec![5, 0xFF, 0x02];
        long.extend([0xAA; 257]);
        assert!(!has_recovery_point(&long));
        long.extend([6, 1, 0xC4, 0x80]);
        assert!(has_recovery_point(&long));
        assert!(!has_recovery_point(&[1, 6, 6, 6, 6, 6, 6, 6, 0x80]), "contents are not messages");
        assert!(!has_recovery_point(&[0xFF; 9]));
    }
}
