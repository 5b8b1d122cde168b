//! Segments taken apart into pictures and converted sound. Pure.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::{Number, Segment, Window};
use crate::live::hls::body::Body;
use crate::live::hls::playlist::Rendition;

/// Sound that ended longer ago is not taken up where it ended: ffmpeg, which converts some fifty times as fast as it is
/// heard, would need longer for it than a player waits.
const CATCH_UP: Duration = Duration::from_secs(10 * 60);

/// A segment taken apart.
#[derive(Debug, Clone)]
pub(in crate::live::hls) struct Parted {
    /// Everything but the sound.
    pub(in crate::live::hls) pictures: Body,
    /// The converted sound.
    pub(in crate::live::hls) sound: Body,
}

impl Window {
    /// The segments of a rendition's playlist. Those of pictures and sound are the same: a player needs both.
    pub(in crate::live::hls) fn shown(&self, rendition: Rendition) -> Vec<Arc<Segment>> {
        let parted = self.parted_range();
        let is_parted = |segment: &&Arc<Segment>| parted.contains(&segment.number);
        match rendition {
            Rendition::Whole => self.listed().cloned().collect(),
            Rendition::Pictures | Rendition::Sound => self.listed().filter(is_parted).cloned().collect(),
        }
    }

    /// The newest segments without a gap that are taken apart.
    fn parted_range(&self) -> Range<Number> {
        let Some((&last, _)) = self.parted.last_key_value() else { return 0..0 };
        let mut first = last;
        while first > 0 && self.parted.contains_key(&(first - 1)) {
            first -= 1;
        }
        first..last + 1
    }

    /// The bytes of a segment's rendition.
    pub(in crate::live::hls) fn body(&self, number: Number, rendition: Rendition) -> Option<&Body> {
        match rendition {
            Rendition::Whole => self.get(number).map(|segment| &segment.body),
            Rendition::Pictures => self.parted.get(&number).map(|parted| &parted.pictures),
            Rendition::Sound => self.parted.get(&number).map(|parted| &parted.sound),
        }
    }

    /// A segment has been taken apart. If it has left meanwhile, so do its parts.
    pub(in crate::live::hls) fn add_parted(&mut self, number: Number, parted: Parted) {
        if self.get(number).is_some() {
            self.parted.insert(number, parted);
        }
    }

    /// The segment that is to be taken apart next, if it is there: the one after those that are, or as far back as new
    /// players start.
    pub(in crate::live::hls) fn next_whole(&self) -> Option<Number> {
        let range = self.parted_range();
        let start = self.behind(Duration::from_secs(u64::from(3 * self.target())));
        let is_too_old = range.is_empty() || range.end < self.behind(CATCH_UP);
        let number = if is_too_old { start } else { range.end };
        self.get(number).map(|segment| segment.number)
    }

    /// Whether the sound goes as far as a new player starts.
    pub(in crate::live::hls) fn is_sound_near(&self) -> bool {
        let range = self.parted_range();
        !range.is_empty() && range.end > self.behind(Duration::from_secs(u64::from(3 * self.target())))
    }
}
