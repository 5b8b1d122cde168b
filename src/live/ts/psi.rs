//! Which streams belong together: PAT and PMT (ISO/IEC 13818-1, 2.4.4.3 and 2.4.4.8).

use super::super::chunk::{Codec, NULL_PID, Pid, Program, Track};
use super::packet::Packet;
use super::sections::Sections;

/// Where the PAT is.
pub(super) const PAT_PID: Pid = 0;

/// The lowest PID that streams may have; those below belong to tables.
const LOWEST_STREAM: Pid = 0x10;

const PAT_TABLE: u8 = 0x00;
const PMT_TABLE: u8 = 0x02;

/// The programs of the source, and the one that viewers get: the first with a picture, else the first.
#[derive(Debug, Default)]
pub(super) struct Psi {
    pat: Sections,
    listed: Vec<Listed>,
    transport: u16,
    chosen: Option<Pmt>,
}

#[derive(Debug, Default)]
struct Listed {
    number: u16,
    pid: Pid,
    sections: Sections,
    read: Option<Pmt>,
}

/// A program as its PMT describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pmt {
    /// Of the PAT it was listed in.
    pub(super) transport: u16,
    pub(super) number: u16,
    pub(super) program: Program,
    /// The section without its checksum, its version zero.
    pub(super) section: Vec<u8>,
}

impl Psi {
    /// Whether packets of this PID are tables for [`Self::push`].
    pub(super) fn is_table(&self, pid: Pid) -> bool {
        pid == PAT_PID || self.listed.iter().any(|listed| listed.pid == pid)
    }

    /// Takes a packet of a table. Gives the program if it is another one now, or consists of something else.
    pub(super) fn push(&mut self, packet: Packet<'_>) -> Option<&Pmt> {
        if packet.pid() == PAT_PID {
            let mut pat = None;
            self.pat.push(packet, |section| pat = read_pat(section).or(pat.take()));
            let (transport, programs) = pat?;
            self.list(transport, &programs);
        } else {
            let transport = self.transport;
            for listed in self.listed.iter_mut().filter(|listed| listed.pid == packet.pid()) {
                let (number, pid, read) = (listed.number, listed.pid, &mut listed.read);
                listed.sections.push(packet, |section| {
                    if let Some(pmt) = Pmt::read(transport, pid, section).filter(|pmt| pmt.number == number) {
                        *read = Some(pmt);
                    }
                });
            }
        }
        self.choose(false)
    }

    /// Waits no longer for programs that are listed and not described. Gives the one that is chosen now, if it is
    /// another one.
    pub(super) fn settle(&mut self) -> Option<&Pmt> {
        self.choose(true)
    }

    fn list(&mut self, transport: u16, programs: &[(u16, Pid)]) {
        self.transport = transport;
        let mut known = std::mem::take(&mut self.listed);
        self.listed.extend(programs.iter().map(|&(number, pid)| {
            let known = known.iter_mut().find(|listed| (listed.number, listed.pid) == (number, pid));
            known.map(std::mem::take).unwrap_or(Listed { number, pid, ..Listed::default() })
        }));
    }

    fn choose(&mut self, settle: bool) -> Option<&Pmt> {
        let current = self.chosen.as_ref().map(|pmt| pmt.number);
        let stays = self.listed.iter().find(|listed| Some(listed.number) == current);
        let described = || self.listed.iter().filter_map(|listed| listed.read.as_ref());
        let choice = match stays {
            Some(listed) => listed.read.as_ref(),
            None => described().find(|pmt| pmt.program.video().is_some()).or_else(|| {
                let all = self.listed.iter().all(|listed| listed.read.is_some());
                if all || settle { described().next() } else { None }
            }),
        };
        let news = choice.filter(|pmt| Some(*pmt) != self.chosen.as_ref())?.clone();
        Some(self.chosen.insert(news))
    }
}

/// Transport stream id, and number and PID of each program.
pub(super) fn read_pat(section: &[u8]) -> Option<(u16, Vec<(u16, Pid)>)> {
    let (head, entries) = section.split_first_chunk::<8>()?;
    // A table that is not in force yet is announced ahead.
    if head[0] != PAT_TABLE || head[5] & 1 == 0 {
        return None;
    }
    let programs = entries.as_chunks::<4>().0.iter().map(|entry| {
        (u16::from_be_bytes([entry[0], entry[1]]), u16::from_be_bytes([entry[2] & 0x1F, entry[3]]))
    });
    // Number 0 stands for the network's own table.
    Some((u16::from_be_bytes([head[3], head[4]]), programs.filter(|(number, _)| *number != 0).collect()))
}

impl Pmt {
    pub(super) fn read(transport: u16, pid: Pid, section: &[u8]) -> Option<Self> {
        let head = section.first_chunk::<12>()?;
        if head[0] != PMT_TABLE || head[5] & 1 == 0 {
            return None;
        }
        let mut program =
            Program { pmt: pid, pcr: u16::from_be_bytes([head[8] & 0x1F, head[9]]), tracks: vec![] };
        for entry in entries(section)? {
            let stream = u16::from_be_bytes([entry[1] & 0x1F, entry[2]]);
            let taken = stream == pid || program.tracks.iter().any(|track| track.pid == stream);
            if (LOWEST_STREAM..NULL_PID).contains(&stream) && !taken {
                let (codec, language) = (codec(entry[0], &entry[5..]), language(&entry[5..]));
                program.tracks.push(Track { pid: stream, codec, language });
            }
        }
        let mut section = section.to_vec();
        section[5] = 0xC1;
        section[6..8].fill(0);
        Some(Self { transport, number: u16::from_be_bytes([head[3], head[4]]), program, section })
    }

    /// The same program without some of its streams.
    pub(super) fn without(&self, leave_out: impl Fn(&Track) -> bool) -> Self {
        let (kept, gone): (Vec<_>, Vec<_>) =
            self.program.tracks.iter().cloned().partition(|track| !leave_out(track));
        let mut section = self.section[..entries_start(&self.section)].to_vec();
        for entry in entries(&self.section).into_iter().flatten() {
            let pid = u16::from_be_bytes([entry[1] & 0x1F, entry[2]]);
            if gone.iter().all(|track| track.pid != pid) {
                section.extend_from_slice(entry);
            }
        }
        Self { program: Program { tracks: kept, ..self.program.clone() }, section, ..*self }
    }
}

fn entries_start(section: &[u8]) -> usize {
    12 + usize::from(u16::from_be_bytes([section[10] & 0x0F, section[11]]))
}

/// The entries of a PMT, each with its descriptors.
fn entries(section: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = section.get(entries_start(section)..)?;
    let mut entries = Vec::new();
    while let Some(head) = rest.first_chunk::<5>() {
        let (entry, behind) =
            rest.split_at_checked(5 + usize::from(u16::from_be_bytes([head[3] & 0x0F, head[4]])))?;
        entries.push(entry);
        rest = behind;
    }
    Some(entries)
}

/// Tag and contents of each descriptor.
fn descriptors(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk::<2>()?;
        let (contents, behind) = rest.split_at_checked(usize::from(head[1]))?;
        bytes = behind;
        Some((head[0], contents))
    })
}

/// What a stream is, from its type and, where the type only says "private", from its descriptors (ISO/IEC 13818-1
/// table 2-34, ETSI EN 300 468 annex D, ATSC A/52 annex A).
fn codec(stream_type: u8, info: &[u8]) -> Codec {
    match stream_type {
        0x01 | 0x02 => Codec::Mpeg2Video,
        0x03 | 0x04 => Codec::MpegAudio,
        0x0F => Codec::Aac,
        0x11 => Codec::AacLatm,
        0x1B => Codec::H264,
        0x24 => Codec::Hevc,
        0x81 => Codec::Ac3,
        0x87 => Codec::Eac3,
        0x06 => descriptors(info).find_map(private_codec).unwrap_or(Codec::Other(0x06)),
        other => Codec::Other(other),
    }
}

fn private_codec((tag, contents): (u8, &[u8])) -> Option<Codec> {
    match (tag, contents.first_chunk::<4>()) {
        (0x6A, _) | (0x05, Some(b"AC-3")) => Some(Codec::Ac3),
        (0x7A, _) | (0x05, Some(b"EAC3")) => Some(Codec::Eac3),
        (0x7C, _) => Some(Codec::Aac),
        (0x05, Some(b"HEVC")) => Some(Codec::Hevc),
        _ => None,
    }
}

/// The first language of the ISO 639 descriptor, or of the teletext and subtitle descriptors of DVB.
fn language(info: &[u8]) -> Option<String> {
    let (_, contents) = descriptors(info).find(|(tag, _)| [0x0A, 0x56, 0x59].contains(tag))?;
    let letters = contents.first_chunk::<3>()?;
    letters.iter().all(u8::is_ascii_alphabetic).then(|| letters.escape_ascii().to_string().to_lowercase())
}
