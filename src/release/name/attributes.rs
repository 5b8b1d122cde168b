//! The qualities that names of releases speak of.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Lines of the picture, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the number of lines it names")]
pub enum Resolution {
    P144,
    P240,
    P360,
    P480,
    P540,
    P576,
    P720,
    P1080,
    P1440,
    P2160,
    P4320,
}

/// Where the picture was taken from, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    /// Filmed off a screen.
    Cam,
    /// Filmed off a screen with the sound of the hall's system.
    Telesync,
    /// Copied from film.
    Telecine,
    /// A copy for reviewers.
    Screener,
    /// A video cassette.
    Vhs,
    /// Broadcast in standard definition.
    SdTv,
    /// Broadcast in high definition.
    HdTv,
    /// Converted from a DVD.
    DvdRip,
    /// The DVD itself.
    Dvd,
    /// An HD-DVD.
    HdDvd,
    /// Recorded from a streaming service.
    WebRip,
    /// Fetched from a streaming service as it is.
    WebDl,
    /// Converted from a Blu-ray rip.
    BrRip,
    /// Converted from a Blu-ray.
    BluRay,
    /// The streams of a disc as they are.
    Remux,
}

/// How the picture is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// MPEG-2.
    Mpeg2,
    /// XviD, DivX: MPEG-4 part 2.
    Xvid,
    /// VC-1.
    Vc1,
    /// H.264.
    Avc,
    /// VP9.
    Vp9,
    /// H.265.
    Hevc,
    /// AV1.
    Av1,
    /// H.266.
    Vvc,
}

/// A range of brightness beyond the usual one, or the usual one where the name insists on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hdr {
    /// The usual range.
    Sdr,
    /// Hybrid log-gamma.
    Hlg,
    /// HDR10, or HDR without a further word.
    Hdr10,
    /// HDR10+.
    Hdr10Plus,
    /// Dolby Vision.
    DolbyVision,
}

/// A sound format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the format it names")]
pub enum Audio {
    Mp3,
    Opus,
    Vorbis,
    Aac,
    Ac3,
    Eac3,
    Dts,
    DtsHd,
    DtsX,
    Flac,
    Pcm,
    TrueHd,
    Atmos,
}

/// Loudspeakers: how many around the listener, for the lowest tones, and above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Channels(pub u8, pub u8);

impl Resolution {
    /// Every one, the smallest first.
    pub const ALL: [Self; 11] = [
        Self::P144,
        Self::P240,
        Self::P360,
        Self::P480,
        Self::P540,
        Self::P576,
        Self::P720,
        Self::P1080,
        Self::P1440,
        Self::P2160,
        Self::P4320,
    ];

    /// The number of lines.
    pub const fn lines(self) -> u16 {
        match self {
            Self::P144 => 144,
            Self::P240 => 240,
            Self::P360 => 360,
            Self::P480 => 480,
            Self::P540 => 540,
            Self::P576 => 576,
            Self::P720 => 720,
            Self::P1080 => 1080,
            Self::P1440 => 1440,
            Self::P2160 => 2160,
            Self::P4320 => 4320,
        }
    }
}

/// As people write it: `1080p`.
impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}p", self.lines())
    }
}

/// As people write it: `WEB-DL`.
impl fmt::Display for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cam => "CAM",
            Self::Telesync => "TS",
            Self::Telecine => "TC",
            Self::Screener => "SCR",
            Self::Vhs => "VHS",
            Self::SdTv => "TV",
            Self::HdTv => "HDTV",
            Self::DvdRip => "DVDRip",
            Self::Dvd => "DVD",
            Self::HdDvd => "HD-DVD",
            Self::WebRip => "WEBRip",
            Self::WebDl => "WEB-DL",
            Self::BrRip => "BRRip",
            Self::BluRay => "BluRay",
            Self::Remux => "REMUX",
        })
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mpeg2 => "MPEG-2",
            Self::Xvid => "XviD",
            Self::Vc1 => "VC-1",
            Self::Avc => "H.264",
            Self::Vp9 => "VP9",
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
            Self::Vvc => "VVC",
        })
    }
}

impl fmt::Display for Hdr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sdr => "SDR",
            Self::Hlg => "HLG",
            Self::Hdr10 => "HDR",
            Self::Hdr10Plus => "HDR10+",
            Self::DolbyVision => "DV",
        })
    }
}

impl fmt::Display for Audio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mp3 => "MP3",
            Self::Opus => "Opus",
            Self::Vorbis => "Vorbis",
            Self::Aac => "AAC",
            Self::Ac3 => "DD",
            Self::Eac3 => "DD+",
            Self::Dts => "DTS",
            Self::DtsHd => "DTS-HD",
            Self::DtsX => "DTS:X",
            Self::Flac => "FLAC",
            Self::Pcm => "PCM",
            Self::TrueHd => "TrueHD",
            Self::Atmos => "Atmos",
        })
    }
}

/// As people write it: `5.1`.
impl fmt::Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}
