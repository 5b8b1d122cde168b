//! One reader's place in a cache file.

/// A reader's position. The set of playheads is the demand that steers the sources.
#[derive(Debug)]
pub struct Playhead {}

impl Playhead {
    /// Moves the reader on.
    pub fn advance(&mut self, offset: u64) {
        let _ = offset;
        todo!()
    }
}
