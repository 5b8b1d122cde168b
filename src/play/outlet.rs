//! Runs of a cache file that leave without passing through this process.
//!
//! An HTTP library takes a body for bytes in memory. What it gets for a run of a file is a [`Chunk`] that says how
//! long it is and, when it is to be written, shows a *stand-in*: as many bytes of memory that nobody ever reads or
//! writes. In the same moment the chunk tells its connection's [`Outlet`] which run is meant. The connection knows
//! stand-ins by their address and sends the run in their place; where one of the two is missing it sends nothing and
//! fails. A chunk never lets itself be copied, so a stand-in cannot become part of anything else.

use std::any::Any;
use std::fmt;
use std::io::IoSlice;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::{Buf, Bytes};

use crate::cache::Extent;

/// Most bytes of a file in one chunk: enough that the library between is not felt, and little enough that a
/// playhead stays true.
pub(super) const LONGEST: u64 = 1 << 20;

/// The memory behind all stand-ins. It comes zeroed from the system and is never touched, so that it exists as
/// addresses only.
static STAND_IN: LazyLock<Box<[u8]>> = LazyLock::new(|| vec![0; LONGEST as usize].into_boxed_slice());

/// Where the chunks of one connection say what they stand for.
#[derive(Debug, Clone, Default)]
pub struct Outlet {
    meant: Arc<Mutex<Option<Extent>>>,
}

/// What must live until the last byte of a run is sent: the viewer's hold on the content and on its file.
pub(super) type Hold = Arc<dyn Any + Send + Sync>;

/// A part of a body on its way to a connection that has an [`Outlet`].
pub struct Chunk {
    kind: Kind,
}

enum Kind {
    Bytes(Bytes),
    /// At most [`LONGEST`] bytes.
    Run {
        extent: Extent,
        outlet: Outlet,
        _hold: Hold,
    },
}

impl Outlet {
    /// What the first stand-in of the write at hand stands for. To be asked in every write, since the answer is
    /// good for that write only.
    pub fn collect(&self) -> Option<Extent> {
        self.meant.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Further ones of the same write are not sent in it and say so again in the next.
    fn announce(&self, run: &Extent) {
        let mut meant = self.meant.lock().unwrap_or_else(PoisonError::into_inner);
        meant.get_or_insert_with(|| run.clone());
    }
}

/// Whether these bytes stand for a run of a file.
pub fn is_stand_in(bytes: &[u8]) -> bool {
    STAND_IN.as_ptr_range().contains(&bytes.as_ptr())
}

impl Chunk {
    /// The start of `run`, [`LONGEST`] bytes at most.
    pub(super) fn run(run: &Extent, outlet: &Outlet, hold: Hold) -> Self {
        let extent = Extent { length: run.length.min(LONGEST), ..run.clone() };
        Self { kind: Kind::Run { extent, outlet: outlet.clone(), _hold: hold } }
    }
}

impl From<Bytes> for Chunk {
    fn from(bytes: Bytes) -> Self {
        Self { kind: Kind::Bytes(bytes) }
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Bytes(bytes) => f.debug_tuple("Bytes").field(bytes).finish(),
            Kind::Run { extent, .. } => f.debug_tuple("Run").field(extent).finish(),
        }
    }
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        match &self.kind {
            Kind::Bytes(bytes) => bytes.remaining(),
            Kind::Run { extent, .. } => extent.length as usize,
        }
    }

    /// # Panics
    /// For a run of a file, whose bytes are not here. Whoever asks wants to copy them; the connection has to end.
    fn chunk(&self) -> &[u8] {
        match &self.kind {
            Kind::Bytes(bytes) => bytes.chunk(),
            Kind::Run { .. } => panic!("a run of a file can be sent and not be copied"),
        }
    }

    fn advance(&mut self, count: usize) {
        match &mut self.kind {
            Kind::Bytes(bytes) => bytes.advance(count),
            Kind::Run { extent, .. } => {
                let rest = extent.length.checked_sub(count as u64);
                extent.length = rest.expect("nobody may advance beyond the end of a chunk");
                extent.position += count as u64;
            }
        }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        match &self.kind {
            Kind::Bytes(bytes) => bytes.chunks_vectored(slices),
            Kind::Run { extent, outlet, .. } => match slices.first_mut() {
                Some(slice) if extent.length > 0 => {
                    outlet.announce(extent);
                    *slice = IoSlice::new(&STAND_IN[..extent.length as usize]);
                    1
                }
                _ => 0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(run: &Extent, outlet: &Outlet) -> Chunk {
        Chunk::run(run, outlet, Arc::new(()))
    }

    fn run(position: u64, length: u64) -> Extent {
        Extent { file: Arc::new(tempfile::tempfile().unwrap()), position, length }
    }

    fn shown(chunk: &Chunk) -> Vec<usize> {
        let mut slices = [IoSlice::new(&[]); 3];
        let count = chunk.chunks_vectored(&mut slices);
        assert!(slices[..count].iter().all(|slice| is_stand_in(slice)));
        slices[..count].iter().map(|slice| slice.len()).collect()
    }

    #[test]
    fn a_run_shows_its_length_and_says_which_it_is() {
        let outlet = Outlet::default();
        let mut chunk = chunk(&run(100, 50), &outlet);
        assert_eq!((chunk.remaining(), shown(&chunk)), (50, vec![50]));
        let meant = outlet.collect().unwrap();
        assert_eq!((meant.position, meant.length), (100, 50));
        assert!(outlet.collect().is_none(), "it is good for one write");
        chunk.advance(20);
        assert_eq!((chunk.remaining(), shown(&chunk)), (30, vec![30]));
        let meant = outlet.collect().unwrap();
        assert_eq!((meant.position, meant.length), (120, 30));
        chunk.advance(30);
        assert_eq!((chunk.has_remaining(), shown(&chunk)), (false, vec![]));
        assert!(outlet.collect().is_none());
    }

    #[test]
    fn of_several_runs_in_one_write_the_first_is_meant() {
        let outlet = Outlet::default();
        let (first, second) = (chunk(&run(5, 1), &outlet), chunk(&run(9, 1), &outlet));
        assert_eq!((shown(&first).len(), shown(&second).len()), (1, 1));
        assert_eq!(outlet.collect().unwrap().position, 5);
        assert!(first.chunks_vectored(&mut []) == 0 && outlet.collect().is_none(), "it was not shown");
    }

    #[test]
    fn long_runs_are_cut_and_bytes_stay_bytes() {
        let chunk = chunk(&run(0, LONGEST * 3), &Outlet::default());
        assert_eq!(shown(&chunk), [LONGEST as usize]);
        let mut bytes = Chunk::from(Bytes::from_static(b"text"));
        bytes.advance(1);
        assert_eq!((bytes.chunk(), bytes.remaining(), is_stand_in(bytes.chunk())), (&b"ext"[..], 3, false));
    }

    #[test]
    #[should_panic(expected = "can be sent and not be copied")]
    fn a_run_cannot_be_copied() {
        chunk(&run(0, 9), &Outlet::default()).copy_to_bytes(4);
    }
}
