//! Cache files: one sparse file per content, written by sources and read by viewers.
//!
//! [`Cache`] owns the folder; [`CacheFile`] is one content. Sources write blocks and report verified
//! pieces, viewers wait for and read extents, and the [`Playhead`]s tell the sources what is
//! wanted next. Only bytes whose piece matched its hash are ever handed to a viewer.

mod drop_in;
mod eviction;
mod file;
mod folder;
mod have;
mod layout;
mod playhead;
mod presence;
mod room;
mod sidecar;

pub use file::{CacheFile, Claim, Claimant, Extent, Put};
pub use layout::Layout;
pub use playhead::Playhead;
pub use presence::{Presence, Presences};
pub use room::{Cache, CacheLimits, Usage};

use std::io;

/// Why the cache could not do what was asked, by what the caller can do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CacheError {
    /// Another process owns the folder: stop it or choose another folder.
    #[error("the cache folder {0} is in use by another Headwater process")]
    InUse(String),
    /// The folder cannot be written: fix its permissions.
    #[error("the cache folder cannot be used: {0}")]
    Unusable(String),
    /// No room even after eviction: free space or raise the quota.
    #[error("the disk is full: {0}")]
    Full(String),
    /// Reading or writing failed for another reason.
    #[error("the cache file cannot be read or written: {0}")]
    Io(String),
}

impl From<io::Error> for CacheError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full(error.to_string())
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Unusable(error.to_string())
            }
            _ => Self::Io(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
