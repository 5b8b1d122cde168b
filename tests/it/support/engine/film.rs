//! What is on air: transport streams made by ffmpeg, played in a loop without a seam in clocks and counters.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::super::tools;

/// Bytes of a packet (ISO/IEC 13818-1).
pub(super) const PACKET: usize = 188;

/// Counters of a PID go from 0 to 15.
const COUNTERS: usize = 16;

/// What a broadcast shows. Key frames come every second unless it says otherwise, at a constant rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Film {
    /// H.264 and MP2, as most channels are. 600 kbit/s, four minutes.
    H264Mp2,
    /// H.264 with B-frames and AAC. 600 kbit/s, four minutes.
    H264Aac,
    /// H.264 and AC-3. 600 kbit/s, one minute.
    H264Ac3,
    /// HEVC and AC-3. 600 kbit/s, one minute.
    HevcAc3,
    /// Interlaced H.264 and MP2. 1 Mbit/s, one minute.
    Interlaced,
    /// H.264 whose picture groups are open: only the first picture resets the decoder. 600 kbit/s, one minute.
    OpenGop,
    /// H.264 that is renewed column by column, and MP2. 600 kbit/s, one minute.
    IntraRefresh,
    /// H.264 and AAC in LATM, as DVB has it. 600 kbit/s, one minute.
    Latm,
    /// MPEG-2 video and MP2. 1.5 Mbit/s, one minute.
    Mpeg2,
    /// MP2 and no picture. 200 kbit/s, one minute.
    Radio,
    /// H.264 and AAC at 8 Mbit/s, 20 seconds, for figures.
    Heavy,
}

impl Film {
    /// A name for its file; a changed recipe needs a new one.
    fn name(self) -> &'static str {
        match self {
            Self::H264Mp2 => "live-h264-mp2-1.ts",
            Self::H264Aac => "live-h264-aac-1.ts",
            Self::H264Ac3 => "live-h264-ac3-1.ts",
            Self::HevcAc3 => "live-hevc-ac3-1.ts",
            Self::Interlaced => "live-interlaced-1.ts",
            Self::OpenGop => "live-open-gop-1.ts",
            Self::IntraRefresh => "live-intra-refresh-1.ts",
            Self::Latm => "live-latm-1.ts",
            Self::Mpeg2 => "live-mpeg2-1.ts",
            Self::Radio => "live-radio-1.ts",
            Self::Heavy => "live-heavy-1.ts",
        }
    }

    /// Length in seconds.
    fn seconds(self) -> u32 {
        match self {
            Self::H264Mp2 | Self::H264Aac => 240,
            Self::Heavy => 20,
            _ => 60,
        }
    }

    /// Bits per second of the whole stream; null packets fill it up.
    pub(crate) fn bits_per_second(self) -> u64 {
        match self {
            Self::Interlaced => 1_000_000,
            Self::Mpeg2 => 1_500_000,
            Self::Radio => 200_000,
            Self::Heavy => 8_000_000,
            _ => 600_000,
        }
    }

    fn picture(self) -> Vec<&'static str> {
        let x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-sc_threshold", "0"];
        let (codec, rest): (&[&str], &[&str]) = match self {
            Self::Radio => return Vec::new(),
            Self::H264Mp2 | Self::H264Ac3 => (&x264, &["-bf", "0"]),
            Self::H264Aac | Self::Latm => (&x264, &["-bf", "2"]),
            Self::OpenGop => (&x264, &["-x264-params", "open-gop=1:bframes=2"]),
            Self::IntraRefresh => (&x264, &["-x264-params", "intra-refresh=1:bframes=0"]),
            Self::Interlaced => (&x264, &["-x264-params", "tff=1"]),
            Self::Heavy => (&x264, &[]),
            Self::HevcAc3 => (
                &["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p"],
                &[
                    "-x265-params",
                    "keyint=25:min-keyint=25:scenecut=0:bitrate=250:vbv-maxrate=250:vbv-bufsize=250:log-level=error",
                ],
            ),
            Self::Mpeg2 => (&["-c:v", "mpeg2video"], &["-bf", "2", "-sc_threshold", "1000000000"]),
        };
        let rate: &[&str] = match self {
            // By parameters of its own.
            Self::HevcAc3 => &[],
            Self::Heavy => &["-b:v", "6M", "-maxrate", "6M", "-bufsize", "3M"],
            Self::Mpeg2 => &["-b:v", "900k", "-maxrate", "900k", "-bufsize", "900k"],
            Self::Interlaced => &["-b:v", "500k", "-maxrate", "500k", "-bufsize", "500k"],
            _ => &["-b:v", "300k", "-maxrate", "300k", "-bufsize", "300k"],
        };
        [codec, rest, rate, &["-g", "25", "-keyint_min", "25"]].concat()
    }

    fn sound(self) -> Vec<&'static str> {
        let codec = match self {
            Self::H264Aac | Self::Latm | Self::Heavy => "aac",
            Self::HevcAc3 | Self::H264Ac3 => "ac3",
            _ => "mp2",
        };
        let packing: &[&str] = if self == Self::Latm { &["-mpegts_flags", "latm"] } else { &[] };
        [&["-c:a", codec, "-b:a", "96k", "-ac", "2"], packing].concat()
    }

    /// Makes the file unless an earlier run has.
    fn file(self) -> PathBuf {
        let folder = tools::repository("target/test-media");
        let path = folder.join(self.name());
        if path.is_file() {
            return path;
        }
        std::fs::create_dir_all(&folder).expect("the build folder can be written");
        // Other test programs may be at the same: each writes a file of its own, and the last rename wins.
        let unfinished = folder.join(format!("{}.{}.part", self.name(), std::process::id()));
        let size = if self == Self::Heavy { "1280x720" } else { "320x180" };
        let noise = if self == Self::Heavy { ",noise=alls=40:allf=t" } else { "" };
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-nostdin", "-v", "error", "-y"]);
        if self != Self::Radio {
            ffmpeg.args(["-f", "lavfi", "-i", &format!("testsrc2=size={size}:rate=25{noise}")]);
        }
        ffmpeg.args(["-f", "lavfi", "-i", "sine=frequency=330:beep_factor=3:sample_rate=48000"]);
        ffmpeg.args(["-t", &self.seconds().to_string()]).args(self.picture()).args(self.sound());
        ffmpeg.args([
            "-muxrate",
            &self.bits_per_second().to_string(),
            "-pcr_period",
            "20",
            "-pat_period",
            "0.1",
        ]);
        let status = ffmpeg.args(["-f", "mpegts"]).arg(&unfinished).status().expect("ffmpeg is installed");
        assert!(status.success(), "ffmpeg has made no {}", self.name());
        std::fs::rename(&unfinished, &path).expect("the build folder can be written");
        path
    }

    /// The film ready to be played; made once for all tests.
    pub(super) fn reel(self) -> Arc<Reel> {
        static REELS: OnceLock<Mutex<HashMap<Film, Arc<Reel>>>> = OnceLock::new();
        let mut reels = REELS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(reels.entry(self).or_insert_with(|| Arc::new(Reel::read(self))))
    }
}

/// A film in memory.
#[derive(Debug)]
pub(super) struct Reel {
    bytes: Vec<u8>,
    bits_per_second: u64,
    /// Ticks (1/90,000 s) of one round.
    round: u64,
    /// By how much each PID's counter is further after a round.
    steps: HashMap<u16, u8>,
}

impl Reel {
    fn read(film: Film) -> Self {
        let bytes = std::fs::read(film.file()).expect("the film can be read");
        assert!(bytes.len().is_multiple_of(PACKET) && bytes[0] == 0x47, "{film:?} is no transport stream");
        let bits_per_second = film.bits_per_second();
        let mut counts: HashMap<u16, usize> = HashMap::new();
        for packet in bytes.chunks_exact(PACKET).filter(|packet| packet[3] & 0x10 != 0) {
            *counts.entry(pid(packet)).or_default() += 1;
        }
        let steps = counts.into_iter().map(|(pid, count)| (pid, (count % COUNTERS) as u8)).collect();
        let round = bytes.len() as u64 * 8 * 90_000 / bits_per_second;
        Self { bytes, bits_per_second, round, steps }
    }

    /// Which packet is on air so long (in microseconds) after the start. It counts on over rounds.
    pub(super) fn number(&self, micros: u64) -> u64 {
        let bits = u128::from(micros) * u128::from(self.bits_per_second) / 1_000_000;
        u64::try_from(bits / (PACKET as u128 * 8)).expect("no test runs for ages")
    }

    /// Appends the packets of a range of numbers, their clocks `shift` ticks later.
    pub(super) fn append(&self, numbers: std::ops::Range<u64>, shift: u64, out: &mut Vec<u8>) {
        let packets = (self.bytes.len() / PACKET) as u64;
        for number in numbers {
            let (round, index) = (number / packets, (number % packets) as usize * PACKET);
            let start = out.len();
            out.extend_from_slice(&self.bytes[index..index + PACKET]);
            let packet = &mut out[start..];
            let step = self.steps.get(&pid(packet)).copied().unwrap_or(0);
            let counter = u64::from(packet[3] & 0x0F) + round * u64::from(step);
            packet[3] = packet[3] & 0xF0 | (counter % COUNTERS as u64) as u8;
            postpone(packet, round * self.round + shift);
        }
    }
}

fn pid(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[1] & 0x1F, packet[2]])
}

/// Makes the clocks in a packet (PCR, and PTS and DTS of a PES header) `ticks` later; they wrap at 33 bits.
fn postpone(packet: &mut [u8], ticks: u64) {
    if ticks == 0 {
        return;
    }
    let has_field = packet[3] & 0x20 != 0;
    let field = usize::from(packet[4]);
    if has_field && field >= 7 && packet[5] & 0x10 != 0 {
        let base = u64::from(u32::from_be_bytes([packet[6], packet[7], packet[8], packet[9]])) << 1
            | u64::from(packet[10] >> 7);
        let base = (base + ticks) & 0x1_FFFF_FFFF;
        packet[6..10].copy_from_slice(&((base >> 1) as u32).to_be_bytes());
        packet[10] = packet[10] & 0x7F | ((base & 1) as u8) << 7;
    }
    let start = if has_field { 5 + field } else { 4 };
    let opens = packet[1] & 0x40 != 0 && packet[3] & 0x10 != 0 && packet.len() >= start + 19;
    // Sounds and pictures; other ids have no such header.
    if !opens || packet[start..start + 3] != [0, 0, 1] || !matches!(packet[start + 3], 0xBD | 0xC0..=0xEF) {
        return;
    }
    let flags = packet[start + 7];
    for (flag, offset) in [(0x80, 9), (0x40, 14)] {
        if flags & flag != 0 {
            stamp(&mut packet[start + offset..start + offset + 5], ticks);
        }
    }
}

/// Five bytes that hold 33 bits between markers.
fn stamp(bytes: &mut [u8], ticks: u64) {
    let value = u64::from(bytes[0] >> 1 & 7) << 30
        | u64::from(bytes[1]) << 22
        | u64::from(bytes[2] >> 1) << 15
        | u64::from(bytes[3]) << 7
        | u64::from(bytes[4] >> 1);
    let value = (value + ticks) & 0x1_FFFF_FFFF;
    bytes[0] = bytes[0] & 0xF1 | (value >> 29) as u8 & 0x0E;
    bytes[1] = (value >> 22) as u8;
    bytes[2] = (value >> 14) as u8 | 1;
    bytes[3] = (value >> 7) as u8;
    bytes[4] = (value << 1) as u8 | 1;
}
