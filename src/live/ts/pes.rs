//! The head of a PES packet (ISO/IEC 13818-1, 2.4.3.6).

use super::super::chunk::Ticks;

/// Streams whose PES packets have no optional fields: maps, padding, private ones of the second kind and the like
/// (ISO/IEC 13818-1, table 2-22).
const WITHOUT_HEAD: [u8; 8] = [0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF];

/// Bytes of a time stamp.
const STAMP: usize = 5;

/// What the head of a PES packet says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PesHead {
    /// When it is to be presented, 33 bits.
    pub(super) pts: Option<Ticks>,
    /// When it is to be decoded, if that is another time.
    pub(super) dts: Option<Ticks>,
    /// Bytes before the elementary stream begins.
    pub(super) length: usize,
}

impl PesHead {
    /// Reads the head. `None` if it is not whole, or not one of an elementary stream with the optional fields, as all
    /// pictures and sounds are.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let fixed = bytes.first_chunk::<9>()?;
        if fixed[..3] != [0, 0, 1] || fixed[6] & 0xC0 != 0x80 {
            return None;
        }
        let length = 9 + usize::from(fixed[8]);
        let optional = bytes.get(9..length)?;
        let pts = if fixed[7] & 0x80 == 0 { None } else { stamp(optional) };
        let dts = if fixed[7] & 0x40 == 0 { None } else { optional.get(5..).and_then(stamp) };
        Some(Self { pts, dts, length })
    }

    /// What orders the PES packets of a stream: when it is decoded.
    pub(super) fn order(self) -> Option<Ticks> {
        self.dts.or(self.pts)
    }
}

/// Where in the payload with which a PES packet may begin its time stamps lie. `None` if they lie behind its end.
pub(super) fn stamps(payload: &[u8]) -> Option<impl Iterator<Item = usize>> {
    let Some(fixed) = payload.first_chunk::<9>() else {
        return (!payload.iter().zip([0, 0, 1]).all(|(byte, start)| *byte == start)).then(|| stamps_at(0));
    };
    let has_head = fixed[..3] == [0, 0, 1] && !WITHOUT_HEAD.contains(&fixed[3]) && fixed[6] & 0xC0 == 0x80;
    let count = match fixed[7] >> 6 {
        _ if !has_head => 0,
        flags => [0, 0, 1, 2][usize::from(flags)],
    };
    // What a head says beyond its own length is no stamp.
    let count = count.min(usize::from(fixed[8]) / STAMP);
    (payload.len() >= 9 + STAMP * count).then(|| stamps_at(count))
}

fn stamps_at(count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(|number| 9 + STAMP * number)
}

/// Replaces a time stamp by what becomes of it.
pub(super) fn move_stamp(bytes: &mut [u8; STAMP], moved: impl Fn(Ticks) -> Ticks) {
    *bytes = written(bytes[0] >> 4, moved(time(*bytes)));
}

fn stamp(bytes: &[u8]) -> Option<Ticks> {
    bytes.first_chunk().copied().map(time)
}

/// Thirty-three bits spread over five bytes.
fn time(bytes: [u8; STAMP]) -> Ticks {
    let bytes = bytes.map(u64::from);
    (bytes[0] >> 1 & 7) << 30 | bytes[1] << 22 | (bytes[2] >> 1) << 15 | bytes[3] << 7 | bytes[4] >> 1
}

/// Spreads a time over five bytes, as a PES head has it.
pub(super) fn written(prefix: u8, time: Ticks) -> [u8; STAMP] {
    [
        prefix << 4 | (time >> 29 & 0x0E) as u8 | 1,
        (time >> 22) as u8,
        (time >> 14) as u8 | 1,
        (time >> 7) as u8,
        (time << 1) as u8 | 1,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_their_last_bit() {
        let (pts, dts) = ((1 << 33) - 1, 0x1_5555_5555);
        let head = [&[0, 0, 1, 0xE0, 0, 0, 0x80, 0xC0, 10][..], &written(3, pts), &written(1, dts)].concat();
        let read = PesHead::read(&head).unwrap();
        assert_eq!(read, PesHead { pts: Some(pts), dts: Some(dts), length: 19 });
        assert_eq!(read.order(), Some(dts));
    }

    #[test]
    fn only_what_is_a_stamp_is_taken_for_one() {
        let head = |id: u8, flags: u8, length: u8| {
            let fixed = [0, 0, 1, id, 0, 0, 0x80, flags, length];
            let places = stamps(&[&fixed[..], &[0x21; 20]].concat()).map(Iterator::collect::<Vec<_>>);
            places.unwrap_or_default()
        };
        assert_eq!((head(0xE0, 0xC0, 10), head(0xE0, 0x80, 5)), (vec![9, 14], vec![9]));
        assert_eq!(head(0xE0, 0xC0, 5), [9], "the head ends before the second");
        for (id, flags, length) in [(0xE0, 0x80, 0), (0xE0, 0, 10), (0xE0, 0x40, 10), (0xBF, 0xC0, 10)] {
            assert_eq!(head(id, flags, length), [0; 0], "{id:x} {flags:x} {length}");
        }
    }

    #[test]
    fn what_is_no_whole_head_is_not_read() {
        let head = [&[0, 0, 1, 0xC0, 0, 0, 0x80, 0x80, 5][..], &written(2, 90_000)].concat();
        assert_eq!(PesHead::read(&head).unwrap().order(), Some(90_000));
        for length in 0..head.len() {
            assert_eq!(PesHead::read(&head[..length]), None);
        }
        assert_eq!(PesHead::read(&[0, 0, 1, 0xBE, 0, 0, 0xFF, 0xFF, 0xFF]), None);
    }
}
