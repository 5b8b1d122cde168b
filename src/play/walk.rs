//! The way of a reader through the segments of its body.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};

use super::body::{BodyError, Viewing};
use super::outlet::{Chunk, Outlet};
use super::transmit;
use crate::cache::{CacheFile, Extent, Playhead};

/// Bytes. Whoever took as many in one go was watching there; probes and reads of an index take less.
const WATCHED: u64 = 4 << 20;

/// Bytes from which on it is cheaper to have a run sent from the file than to copy it behind its head.
const WORTH_SENDING: u64 = 32 << 10;

/// A part of a body.
#[derive(Debug)]
pub(super) enum Segment {
    /// Text between the runs of a multipart body.
    Text(Bytes),
    /// Bytes of the content, half-open.
    Run(Range<u64>),
}

impl Segment {
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Run(range) => range.end - range.start,
        }
    }
}

/// What is next in a body.
enum Stand {
    End,
    Text(Bytes),
    /// The present bytes at the reader.
    Run(Extent),
}

/// The state of a body between two frames.
pub(super) struct Walk {
    viewing: Viewing,
    segments: VecDeque<Segment>,
    /// The rest of the run of present bytes at the reader; empty if it is not known.
    present: Option<Extent>,
    playhead: Playhead,
    max_silence: Duration,
    /// Bytes of the present run that were taken.
    taken: u64,
}

impl Drop for Walk {
    fn drop(&mut self) {
        if let (true, Some(Segment::Run(rest))) = (self.taken >= WATCHED, self.segments.front()) {
            self.viewing.file.leave_off(rest.start);
        }
    }
}

impl Walk {
    pub(super) fn new(viewing: Viewing, segments: Vec<Segment>, max_silence: Duration) -> Self {
        let start = segments.iter().find_map(|segment| match segment {
            Segment::Run(range) => Some(range.start),
            Segment::Text(_) => None,
        });
        let playhead = viewing.file.playhead(start.unwrap_or(0));
        Self { viewing, segments: segments.into(), present: None, playhead, max_silence, taken: 0 }
    }

    /// The next bytes, or `None` behind the last segment.
    pub(super) async fn next_bytes(&mut self) -> Result<Option<Bytes>, BodyError> {
        match self.stand().await? {
            Stand::End => Ok(None),
            Stand::Text(text) => Ok(Some(text)),
            Stand::Run(extent) => self.read(extent).await.map(Some),
        }
    }

    /// The next bytes or run for `outlet`, or `None` behind the last segment.
    pub(super) async fn next_chunk(&mut self, outlet: &Outlet) -> Result<Option<Chunk>, BodyError> {
        match self.stand().await? {
            Stand::End => Ok(None),
            Stand::Text(text) => Ok(Some(text.into())),
            Stand::Run(extent) if extent.length < WORTH_SENDING => Ok(Some(self.read(extent).await?.into())),
            Stand::Run(extent) => {
                let hold = Arc::new((self.viewing.file.clone(), Arc::clone(&self.viewing.guard)));
                let chunk = Chunk::run(&extent, outlet, hold);
                self.step(extent, chunk.remaining() as u64);
                Ok(Some(chunk))
            }
        }
    }

    /// What is at the reader now; waits for it.
    async fn stand(&mut self) -> Result<Stand, BodyError> {
        loop {
            match self.segments.front() {
                None => return Ok(Stand::End),
                Some(Segment::Run(range)) if !range.is_empty() => {
                    let range = range.clone();
                    return Ok(Stand::Run(match self.present.take() {
                        Some(extent) => extent,
                        None => self.arrive(range).await?,
                    }));
                }
                Some(_) => {}
            }
            if let Some(Segment::Text(text)) = self.segments.pop_front() {
                return Ok(Stand::Text(text));
            }
        }
    }

    async fn read(&mut self, extent: Extent) -> Result<Bytes, BodyError> {
        let bytes = transmit::frame(&extent).await?;
        self.step(extent, bytes.len() as u64);
        Ok(bytes)
    }

    /// Goes on by `sent` bytes of `extent`, at which the reader stands.
    fn step(&mut self, extent: Extent, sent: u64) {
        if sent < extent.length {
            let (position, length) = (extent.position + sent, extent.length - sent);
            self.present = Some(Extent { position, length, ..extent });
        }
        if let Some(Segment::Run(run)) = self.segments.front_mut() {
            run.start += sent;
            self.playhead.advance(run.start);
        }
        self.taken += sent;
    }

    /// Present bytes at the start of `range`, as soon as there are any.
    async fn arrive(&mut self, range: Range<u64>) -> Result<Extent, BodyError> {
        let present = |file: &CacheFile| file.extent(range.clone());
        if let Some(extent) = present(&self.viewing.file) {
            return Ok(extent);
        }
        self.playhead.advance(range.start);
        // Biased, so that a byte that came together with bad news is still sent.
        tokio::select! {
            biased;
            arrived = self.viewing.file.wait_for(range.start) => arrived?,
            reason = &mut self.viewing.exhausted => return Err(BodyError::Exhausted(reason)),
            () = tokio::time::sleep(self.max_silence) => return Err(BodyError::Silent(range.start)),
        }
        present(&self.viewing.file).ok_or_else(|| io::Error::other("an announced byte is missing").into())
    }
}
