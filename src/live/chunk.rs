//! A piece of a live channel as it lies in the ring.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;

/// Which elementary stream or table a packet belongs to, 13 bits (ISO/IEC 13818-1, 2.4.3.3).
pub type Pid = u16;

/// Packets with this PID are filler. A PMT names it as the clock where there is none.
pub(super) const NULL_PID: Pid = 0x1FFF;

/// Time in units of 1/90,000 s, as time stamps of a transport stream count it, but unrolled: it never wraps.
pub type Ticks = u64;

/// A run of whole packets, handed to every viewer as it is. Tables and counters are already in order, so that whoever
/// begins at a chunk with an [`Entry`] needs nothing else.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// A multiple of 188 bytes.
    pub bytes: Bytes,
    /// Where decoding can begin: the bytes open with PAT, PMT and the first packet of an access unit that needs no
    /// other. `None` for the middle of a picture group.
    pub entry: Option<Entry>,
    /// Where its first packet lies on the session's own time line. It grows without jumps whatever the clocks of the
    /// broadcast do, so that the distance of two chunks is the time between them.
    pub position: Ticks,
    /// When its first byte came from the engine.
    pub arrived: SystemTime,
    /// A break lies before it: clocks or contents do not continue those of the chunk before. Its packets say so too
    /// (`discontinuity_indicator`).
    pub broken: bool,
    /// For each PID the continuity counter of the last packet before this chunk, which whoever comes from another
    /// place needs in order to say that something was left out.
    pub counters: Arc<[Counter]>,
    /// What the stream consists of here.
    pub program: Arc<Program>,
}

/// Where decoding can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The presentation time of the first picture, or sound, of the access unit, unrolled since the last break.
    pub pts: Ticks,
    /// How sure it is.
    pub kind: EntryKind,
}

/// What makes a place one where decoding can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A picture that resets the decoder, or the start of a sound where there is no picture.
    Clean,
    /// An open picture group: the first picture is whole, pictures shown before it may not be.
    Open,
    /// Nothing better was seen for so long that waiting on would be worse.
    Blind,
}

/// The last counter seen of a PID, 4 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// Whose it is.
    pub pid: Pid,
    /// The counter.
    pub last: u8,
}

/// What a stream consists of, from its PMT.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// Where the PMT itself is.
    pub pmt: Pid,
    /// Who carries the clock.
    pub pcr: Pid,
    /// Pictures, sounds and others, in the order of the PMT.
    pub tracks: Vec<Track>,
}

/// One elementary stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Its packets.
    pub pid: Pid,
    /// What it is.
    pub codec: Codec,
    /// ISO 639-2 code of its language, if the PMT tells one.
    pub language: Option<String>,
}

/// Kinds of elementary streams, as far as players differ on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// MPEG-2 video, also MPEG-1.
    Mpeg2Video,
    /// H.264.
    H264,
    /// H.265.
    Hevc,
    /// AAC in ADTS, which every player reads.
    Aac,
    /// AAC in LATM, as DVB has it. Browsers and phones do not read it from a transport stream.
    AacLatm,
    /// MPEG audio: layers 1 to 3. Layer 2 is what broadcasts use.
    MpegAudio,
    /// Dolby Digital.
    Ac3,
    /// Dolby Digital Plus.
    Eac3,
    /// Anything else: teletext, subtitles, data. The number is the stream type of the PMT.
    Other(u8),
}

impl Codec {
    /// Whether it is a picture.
    pub fn is_video(self) -> bool {
        matches!(self, Self::Mpeg2Video | Self::H264 | Self::Hevc)
    }

    /// Whether it is a sound.
    pub fn is_audio(self) -> bool {
        matches!(self, Self::Aac | Self::AacLatm | Self::MpegAudio | Self::Ac3 | Self::Eac3)
    }
}

impl Program {
    /// The picture that decides where decoding can begin: the first one.
    pub fn video(&self) -> Option<&Track> {
        self.tracks.iter().find(|track| track.codec.is_video())
    }

    /// Every PID it needs beside its tables: that of each track, and that of the clock.
    pub fn pids(&self) -> impl Iterator<Item = Pid> {
        let clock = Some(self.pcr)
            .filter(|pcr| *pcr != NULL_PID && self.tracks.iter().all(|track| track.pid != *pcr));
        self.tracks.iter().map(|track| track.pid).chain(clock)
    }

    /// The sounds, in the order of the PMT.
    pub fn audio(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(|track| track.codec.is_audio())
    }
}
