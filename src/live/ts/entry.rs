//! Whether decoding can begin at a picture. Only the head of the access unit is looked at, up to its first slice.

use super::super::chunk::{Codec, EntryKind};
use super::{h264, hevc, mpeg2};

/// What the head of an access unit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// More bytes are needed.
    Undecided,
    /// Decoding can begin here.
    Entry(EntryKind),
    /// Half of what is needed: parameter sets before a picture that needs others, or a whole picture without them.
    Weak,
    /// A picture that needs others.
    Middle,
}

impl Verdict {
    /// What a picture is, once it is known whether parameter sets stand before it and whether it can be begun at.
    pub(super) fn of(parameters: bool, is_whole: bool, kind: EntryKind) -> Self {
        match (parameters, is_whole) {
            (true, true) => Self::Entry(kind),
            (false, false) => Self::Middle,
            _ => Self::Weak,
        }
    }
}

/// Judges an access unit by its first bytes. `random_access` is what the packet's own indicator says, `whole` that no
/// more bytes come. An indicator without parameter sets is not believed: a decoder that begins there has none.
pub(super) fn judge(codec: Codec, unit: &[u8], random_access: bool, whole: bool) -> Verdict {
    let verdict = match codec {
        Codec::H264 => h264::judge(unit, random_access, whole),
        Codec::Hevc => hevc::judge(unit, random_access, whole),
        Codec::Mpeg2Video => mpeg2::judge(unit),
        _ => Verdict::Middle,
    };
    if whole && verdict == Verdict::Undecided { Verdict::Middle } else { verdict }
}
