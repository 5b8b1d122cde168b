//! What the first bytes of a file say about its kind: enough to tell a film from a web page or an error clip of
//! another kind.

/// The kinds of files that films come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// MP4, QuickTime and their relatives (ISO/IEC 14496-12).
    Mp4,
    /// Matroska and WebM (RFC 9559).
    Matroska,
    /// RIFF with AVI inside.
    Avi,
    /// MPEG transport stream (ISO/IEC 13818-1), also with the time stamps of Blu-ray discs.
    MpegTs,
    /// MPEG program or elementary stream (ISO/IEC 11172-1 and 13818-1).
    MpegPs,
    /// Flash video.
    Flv,
    /// Advanced Systems Format: WMV and WMA.
    Asf,
    /// Ogg (RFC 3533).
    Ogg,
}

/// The boxes that an MP4 or QuickTime file may start with.
const FIRST_BOXES: [&[u8]; 8] = [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"];

/// The header object of an ASF file.
const ASF: [u8; 16] =
    [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c];

/// Transport packets are this long, four bytes longer with a time stamp before each.
const PACKETS: [usize; 2] = [188, 192];

impl Container {
    /// The kind that the extension of `name` promises; `None` where nothing can be checked.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "mp4" | "m4v" | "mov" | "qt" | "3gp" | "m4a" | "m4b" => Self::Mp4,
            "mkv" | "mk3d" | "mka" | "webm" => Self::Matroska,
            "avi" | "divx" => Self::Avi,
            "ts" | "m2ts" | "mts" => Self::MpegTs,
            "mpg" | "mpeg" | "vob" | "m2v" => Self::MpegPs,
            "flv" => Self::Flv,
            "wmv" | "asf" | "wma" => Self::Asf,
            "ogv" | "ogg" | "oga" | "ogm" => Self::Ogg,
            _ => return None,
        })
    }

    /// The kind that a file with these first bytes is; 600 of them are enough for every kind.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        if head.get(4..8).is_some_and(|name| FIRST_BOXES.contains(&name)) {
            return Some(Self::Mp4);
        }
        if head.starts_with(b"RIFF") {
            return (head.get(8..12) == Some(b"AVI ")).then_some(Self::Avi);
        }
        let starts: [(&[u8], Self); 6] = [
            (&[0x1a, 0x45, 0xdf, 0xa3], Self::Matroska),
            (&[0, 0, 1, 0xba], Self::MpegPs),
            (&[0, 0, 1, 0xb3], Self::MpegPs),
            (b"FLV\x01", Self::Flv),
            (&ASF, Self::Asf),
            (b"OggS", Self::Ogg),
        ];
        let plain = starts.into_iter().find(|(start, _)| head.starts_with(start)).map(|(_, kind)| kind);
        plain.or_else(|| is_transport_stream(head).then_some(Self::MpegTs))
    }
}

/// Whether three sync bytes lie one packet apart. A recording may begin in the middle of a packet.
fn is_transport_stream(head: &[u8]) -> bool {
    PACKETS.into_iter().any(|packet| {
        let is_sync = |at: usize| head.get(at) == Some(&0x47);
        (0..packet).any(|start| is_sync(start) && is_sync(start + packet) && is_sync(start + 2 * packet))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(packet: usize, first: usize) -> Vec<u8> {
        let mut bytes = vec![0xff; 4 * packet];
        (first..bytes.len()).step_by(packet).for_each(|at| bytes[at] = 0x47);
        bytes
    }

    #[test]
    fn every_kind_is_known_by_its_first_bytes() {
        let table: [(&[u8], Container); 11] = [
            (b"\0\0\0\x20ftypisom", Container::Mp4),
            (b"\0\0\0\x08wide\0\0", Container::Mp4),
            (b"\0\x12\x34\x56moov", Container::Mp4),
            (b"\x1a\x45\xdf\xa3\x01\0\0", Container::Matroska),
            (b"RIFF\x01\x02\x03\x04AVI LIST", Container::Avi),
            (b"\0\0\x01\xba\x44", Container::MpegPs),
            (b"FLV\x01\x05", Container::Flv),
            (&ASF, Container::Asf),
            (b"OggS\0\x02", Container::Ogg),
            (&transport(188, 0), Container::MpegTs),
            (&transport(192, 4), Container::MpegTs),
        ];
        for (head, kind) in table {
            assert_eq!(Container::sniff(head), Some(kind), "{head:?}");
        }
    }

    #[test]
    fn pages_and_other_files_are_of_no_kind() {
        let table: [&[u8]; 6] = [
            b"",
            b"<!DOCTYPE html><html><head><title>Gone</title></head></html>",
            b"{\"error\":\"bad_token\"}",
            b"RIFF\x01\x02\x03\x04WAVEfmt ",
            b"Rar!\x1a\x07\x01\0",
            b"G is the sync byte, but one alone says nothing",
        ];
        for head in table {
            assert_eq!(Container::sniff(head), None, "{head:?}");
        }
    }

    #[test]
    fn names_promise_a_kind_unless_their_extension_is_unknown() {
        assert_eq!(Container::of_name("A.Film.2010.MKV"), Some(Container::Matroska));
        assert_eq!(Container::of_name("a.m2ts"), Some(Container::MpegTs));
        assert_eq!(Container::of_name("a.film"), None);
        assert_eq!(Container::of_name("mkv"), None);
    }
}
