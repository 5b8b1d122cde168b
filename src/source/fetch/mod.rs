//! Fetching over HTTP into a cache file: whatever has a URL for a content is an [`Origin`], and one fetcher
//! serves them all.
//!
//! One task per opened file ([`steer`]) follows the playheads and keeps up to three lanes ([`lane`]). A lane claims
//! the pieces of its next two seconds, reads them from one long ranged request ([`run`]), and hands each to the cache
//! file as a whole, where its hash is compared. Where several origins fill one file, each fetches for a reader what
//! nobody else has claimed ([`wish`]); slow ones keep out of the way of fast ones.

mod budget;
mod container;
mod delivery;
mod edge;
mod fault;
mod gap;
mod hosts;
mod lane;
mod origin;
mod overlap;
mod probe;
mod response;
mod run;
mod slot;
mod steer;
mod stretch;
mod supply;
mod wish;

pub use container::Container;
pub use hosts::Hosts;
pub(in crate::source) use hosts::authority;
pub use origin::{Link, Origin, Refusal};
pub use probe::{Probe, probe};

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Duty, SourceError, Writer};
use crate::cache::CacheFile;
use steer::Steering;

/// What a content is expected to look like, beside its length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expect {
    /// What kind of file it is; `None` takes every kind. Where hashes prove the bytes, every known kind will do,
    /// because releases are sometimes misnamed.
    pub container: Option<Container>,
}

/// Starts filling `file` from `origin`. Returns once the origin's first response has been judged; an address that
/// is refused is first replaced by asking the origin for another one. The work ends with the returned [`Writer`],
/// or with this future if that is dropped before. Needs a tokio runtime.
///
/// # Errors
/// What the origin says when it has no (other) address, [`SourceError::NotHere`] if all of its addresses lead to
/// something else than this content, and [`SourceError::Transient`] if they deliver nothing.
pub async fn start(file: CacheFile, origin: Arc<dyn Origin>, expect: Expect) -> Result<Writer, SourceError> {
    let link = origin.link(None).await?;
    let received = Arc::new(AtomicU64::new(0));
    let (failure, mut failed) = watch::channel(None);
    let (duty, orders) = watch::channel(Duty::Work);
    let steering = Steering::new(file, origin, expect, link, received.clone());
    let mut judged = steering.judged();
    let mut task = JoinSet::new();
    task.spawn(steering.run(orders, failure));
    // Either sender is gone only after its last word.
    tokio::select! {
        _ = judged.wait_for(|judged| *judged) => {}
        _ = failed.wait_for(Option::is_some) => {}
    }
    if let Some(error) = failed.borrow().clone() {
        return Err(error);
    }
    Ok(Writer { failed, received, before: 0, duty, guard: Box::new(task) })
}
