//! How often decoding can begin, and what is made do with where it never can.

use super::super::chunk::{EntryKind, Ticks};
use super::clock::SECOND;
use super::entry::Verdict;

/// Sounds can be begun at anywhere; so often it is done where there is no picture.
const SOUNDS: Ticks = SECOND;

/// After so long without an entry the next best is taken.
const BLIND_AFTER: Ticks = 10 * SECOND;

/// The same for a stream in which there were entries before: their distance may be a little more than that, and an
/// entry that is none, shortly before a real one, would do harm.
const BLIND_AGAIN_AFTER: Ticks = 2 * BLIND_AFTER;

/// What is taken gets worse by steps of this: half an entry, any picture, any sound.
const STEP: Ticks = 2 * SECOND;

/// Remembers when there was an entry.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// The last one, or the last break.
    since: Ticks,
    /// There were some that are better than blind ones.
    any: bool,
}

impl Entries {
    /// Nothing that was sent can be gone on from.
    pub(super) fn restart(&mut self, now: Ticks) {
        self.since = now;
    }

    /// An entry was made.
    pub(super) fn made(&mut self, kind: EntryKind, now: Ticks) {
        self.since = now;
        self.any |= kind != EntryKind::Blind;
    }

    /// What is made of a picture.
    pub(super) fn kind(&self, verdict: Verdict, now: Ticks) -> Option<EntryKind> {
        let wait = match verdict {
            Verdict::Entry(kind) => return Some(kind),
            Verdict::Weak => self.patience(),
            Verdict::Middle | Verdict::Undecided => self.patience() + STEP,
        };
        (self.dry(now) >= wait).then_some(EntryKind::Blind)
    }

    /// Whether a sound is made an entry where there are no pictures.
    pub(super) fn is_sound_due(&self, now: Ticks) -> bool {
        self.dry(now) >= SOUNDS
    }

    /// Whether pictures that were announced do not come.
    pub(super) fn is_picture_missing(&self, now: Ticks) -> bool {
        self.dry(now) >= self.patience() + 2 * STEP
    }

    fn patience(&self) -> Ticks {
        if self.any { BLIND_AGAIN_AFTER } else { BLIND_AFTER }
    }

    fn dry(&self, now: Ticks) -> Ticks {
        now.saturating_sub(self.since)
    }
}
