//! Playlists as players read them (RFC 8216). Pure.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use super::cut;
use super::window::{Number, Segment};
use crate::live::stamp::Stamp;

/// Which bytes of the segments a playlist names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendition {
    /// Everything that was broadcast.
    Whole,
    /// Without sound, for players that take the converted one beside it.
    Pictures,
    /// The converted sound.
    Sound,
}

/// A playlist, as a viewer asks for it.
#[derive(Debug, Clone, Copy)]
pub struct PlaylistAsk<'a> {
    /// Which one.
    pub rendition: Rendition,
    /// Stands behind the names of its segments; plain text.
    pub query: &'a str,
    /// How long to wait for the first segments.
    pub patience: Duration,
}

impl Rendition {
    const ALL: [Self; 3] = [Self::Whole, Self::Pictures, Self::Sound];

    /// The name of its playlist.
    pub const fn playlist(self) -> &'static str {
        match self {
            Self::Whole => "index.m3u8",
            Self::Pictures => "video.m3u8",
            Self::Sound => "audio.m3u8",
        }
    }

    /// The rendition of a playlist's name.
    pub fn of_playlist(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rendition| rendition.playlist() == name)
    }

    /// What the names of its segments end with.
    const fn suffix(self) -> &'static str {
        match self {
            Self::Whole => ".ts",
            Self::Pictures => "-video.ts",
            Self::Sound => "-audio.ts",
        }
    }
}

/// A channel that starts anew under the address it had goes on in the numbers of its discontinuities, as far as there
/// were no more of them than minutes since its last start. hls.js walks through a list of that length, so that seconds
/// since 1970 would stop it; eleven days of minutes it does not notice.
const STRETCHES_EVERY: u64 = 60;
const STRETCHES: u64 = 1 << 14;

/// The name of a segment: never the same for other bytes, because the epoch is another one each time a channel starts.
pub(super) fn segment_name(epoch: u64, number: Number, rendition: Rendition) -> String {
    format!("{epoch}-{number}{}", rendition.suffix())
}

/// Reads the name of a segment.
pub(super) fn parse_segment(epoch: u64, name: &str) -> Option<(Number, Rendition)> {
    let rest = name.strip_prefix(&epoch.to_string())?.strip_prefix('-')?;
    Rendition::ALL.into_iter().find_map(|rendition| {
        let digits = rest.strip_suffix(rendition.suffix())?;
        let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
        Some((digits.parse().ok().filter(|_| plain)?, rendition))
    })
}

/// What a media playlist is made of.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    /// Sequence numbers count from here: a channel that starts anew goes on with greater ones than it had, so that
    /// a player with an old playlist does not wait for numbers it has seen.
    pub(super) epoch: u64,
    /// In seconds.
    pub(super) target: u32,
    pub(super) rendition: Rendition,
    pub(super) query: &'a str,
    pub(super) segments: &'a [std::sync::Arc<Segment>],
    /// Nothing more will come.
    pub(super) ended: bool,
}

impl Listing<'_> {
    /// The media playlist.
    pub(super) fn write(&self) -> String {
        let mut text = String::with_capacity(256 + 64 * self.segments.len());
        self.head(&mut text);
        for (place, segment) in self.segments.iter().enumerate() {
            if segment.after_break {
                text.push_str("#EXT-X-DISCONTINUITY\n");
            }
            if segment.after_break || place == 0 {
                line(&mut text, format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", Date(segment.date)));
            }
            let name = segment_name(self.epoch, segment.number, self.rendition);
            let seconds = cut::time(segment.duration).as_secs_f64();
            line(&mut text, format_args!("#EXTINF:{seconds:.5},\n{name}{}", self.query));
        }
        if self.ended {
            text.push_str("#EXT-X-ENDLIST\n");
        }
        text
    }

    fn head(&self, text: &mut String) {
        let first = self.segments.first();
        let sequence = self.epoch + first.map_or(0, |segment| segment.number);
        // The tag of the first segment is still in the playlist and counts from there.
        let breaks = first.map_or(0, |segment| segment.stretch - u64::from(segment.after_break));
        let breaks = self.epoch / STRETCHES_EVERY % STRETCHES + breaks;
        // A player that knows no better starts so far from the end (RFC 8216, section 6.3.3), and one that would start
        // at the beginning of a long window is told.
        let start = 3 * self.target;
        line(
            text,
            format_args!(
                "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{sequence}\n\
                 #EXT-X-DISCONTINUITY-SEQUENCE:{breaks}\n#EXT-X-START:TIME-OFFSET=-{start}.0",
                self.target
            ),
        );
        // A picture group that is longer than a segment may be is cut within, and then it is not so.
        if self.segments.iter().all(|segment| segment.opening.entry.is_some()) {
            text.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
    }
}

/// What a master playlist is made of.
#[derive(Debug)]
pub(super) struct Master<'a> {
    /// Stands in front of the playlists' names.
    pub(super) base: &'a str,
    /// Stands behind them: who asks.
    pub(super) query: &'a str,
    /// Bits a second: of the largest segment, and on average.
    pub(super) bit_rates: (u64, u64),
    pub(super) sound: Sound<'a>,
}

/// Which sound a player gets.
#[derive(Debug)]
pub(super) enum Sound<'a> {
    /// What was broadcast, together with the pictures.
    Broadcast,
    /// The converted one beside the pictures, with its language.
    Beside(Option<&'a str>),
    /// The converted one, and there are no pictures.
    Alone,
}

/// Bits a second of the converted sound with what goes around it.
const SOUND_BIT_RATE: u64 = 220_000;

impl Master<'_> {
    /// The master playlist.
    pub(super) fn write(&self) -> String {
        let Self { base, query, bit_rates: (peak, average), sound } = self;
        let mut text = "#EXTM3U\n#EXT-X-VERSION:6\n".to_owned();
        let uri = |rendition: Rendition| format!("{base}{}{query}", rendition.playlist());
        let (rendition, more, (peak, average)) = match sound {
            Sound::Beside(language) => {
                let plain = |code: &&&str| code.bytes().all(|letter| letter.is_ascii_alphabetic());
                let language = language.as_ref().filter(plain).map(|code| format!(",LANGUAGE=\"{code}\""));
                let (language, uri) = (language.unwrap_or_default(), uri(Rendition::Sound));
                line(
                    &mut text,
                    format_args!(
                        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"AAC\"{language},DEFAULT=YES,\
                         AUTOSELECT=YES,CHANNELS=\"2\",URI=\"{uri}\""
                    ),
                );
                (Rendition::Pictures, ",AUDIO=\"aac\"", (peak + SOUND_BIT_RATE, average + SOUND_BIT_RATE))
            }
            Sound::Alone => (Rendition::Sound, ",CODECS=\"mp4a.40.2\"", (SOUND_BIT_RATE, SOUND_BIT_RATE)),
            Sound::Broadcast => (Rendition::Whole, "", (*peak, *average)),
        };
        let uri = uri(rendition);
        line(
            &mut text,
            format_args!("#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average}{more}\n{uri}"),
        );
        text
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes everything");
}

/// A moment to the millisecond.
struct Date(SystemTime);

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let since = self.0.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let second = Stamp(self.0).to_string();
        write!(f, "{}.{:03}Z", second.trim_end_matches('Z'), since.subsec_millis())
    }
}

#[cfg(test)]
mod tests;
