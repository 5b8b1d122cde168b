//! Segments taken apart into pictures and converted sound. Pure.

use super::{Number, Window};
use crate::live::hls::body::Body;
use crate::live::hls::playlist::Rendition;

/// What has been made of a segment so far.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Everything but the sound.
    pictures: Option<Body>,
    /// The converted sound.
    sound: Option<Body>,
}

impl Parts {
    /// Those that are there.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.pictures.iter().chain(&self.sound)
    }
}

impl Window {
    /// The bytes of a segment's rendition, if they are there.
    pub(in crate::live::hls) fn body(&self, number: Number, rendition: Rendition) -> Option<&Body> {
        let parts = self.parted.get(&number);
        match rendition {
            Rendition::Whole => self.get(number).map(|segment| &segment.body),
            Rendition::Pictures => parts?.pictures.as_ref(),
            Rendition::Sound => parts?.sound.as_ref(),
        }
    }

    /// Keeps a part of a segment. Gives it back where there is one already, whose bytes somebody may know, and where the
    /// segment has left meanwhile.
    pub(in crate::live::hls) fn add_part(
        &mut self,
        number: Number,
        rendition: Rendition,
        body: Body,
    ) -> Option<Body> {
        if self.get(number).is_none() {
            return Some(body);
        }
        let parts = self.parted.entry(number).or_default();
        let place = match rendition {
            Rendition::Whole => return Some(body),
            Rendition::Pictures => &mut parts.pictures,
            Rendition::Sound => &mut parts.sound,
        };
        if place.is_some() {
            return Some(body);
        }
        *place = Some(body);
        None
    }
}
