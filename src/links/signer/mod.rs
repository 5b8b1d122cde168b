//! Signed play links: who holds one may read that one file until it expires.
//!
//! A link must be the same text each time it is printed, because clients find "continue watching" by
//! comparing it, and must outlive days of pause. So nothing random is in it, and its expiry is rounded
//! up to a multiple of [`PERIOD`]: within one period every answer carries the same link.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{constant_time, hmac, rand};
use data_encoding::BASE64URL_NOPAD;

use crate::domain::{FileChoice, InfoHash};

/// A link can be used for at least this long after it was printed, and for at most twice as long.
pub const VALID_AT_LEAST: Duration = Duration::from_secs(30 * 24 * 3600);

/// Links printed within one such span, counted from the Unix epoch, are equal.
const PERIOD: u64 = VALID_AT_LEAST.as_secs();

/// The key's file in the data folder.
const KEY_FILE: &str = "link.key";

/// Bytes of the key: the output length of SHA-256, beyond which HMAC gains nothing (RFC 2104).
const KEY_BYTES: usize = 32;

/// Bytes of the tag that are kept: 128 bits cannot be guessed, and half the tag keeps the URL short.
const TAG_BYTES: usize = 16;

/// Separates these signatures from any other use of the key, and from later forms of the token.
const PURPOSE: &str = "headwater play link 1";

/// Signs and verifies play links with the key of this install.
#[derive(Clone)]
pub struct LinkSigner {
    root: hmac::Key,
    links: hmac::Key,
}

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It was not made here, or for another file.
    #[error("the link is not valid for this file")]
    Forged,
    /// It was valid once; asking for the streams again gives a new one.
    #[error("the link has expired")]
    Expired,
}

/// The key cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum LinkKeyError {
    /// The folder or the file does not let us.
    #[error("cannot keep the link key in {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file holds something else. It is left alone: replacing it would end every link in use.
    #[error(
        "{path} holds {found} bytes instead of {KEY_BYTES}; remove it to get a new key, which ends all links in use"
    )]
    WrongLength {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        found: usize,
    },
}

impl LinkSigner {
    /// Reads the key kept in `folder`, or makes one. The folder must exist and belong to one process.
    ///
    /// # Errors
    /// When the file cannot be read or written, or does not hold a key.
    pub fn open(folder: &Path) -> Result<Self, LinkKeyError> {
        let path = folder.join(KEY_FILE);
        let failed = |source| LinkKeyError::Io { path: path.clone(), source };
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(&path).map_err(failed)?.to_vec(),
            read => read.map_err(failed)?,
        };
        let found = bytes.len();
        let secret = bytes.try_into().map_err(|_| LinkKeyError::WrongLength { path, found })?;
        Ok(Self::new(&secret))
    }

    /// A signer with this key.
    pub fn new(secret: &[u8; KEY_BYTES]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let links = derive(&root, PURPOSE);
        Self { root, links }
    }

    /// A key for another purpose. Knowing it tells nothing about this one.
    pub fn derive_key(&self, purpose: &str) -> hmac::Key {
        derive(&self.root, purpose)
    }

    /// The token for one file, valid for at least [`VALID_AT_LEAST`] after `now`.
    pub fn sign(&self, info_hash: InfoHash, file: FileChoice, now: SystemTime) -> String {
        let last = unix_seconds(now).saturating_add(PERIOD).div_ceil(PERIOD);
        let period = u32::try_from(last).unwrap_or(u32::MAX);
        let mut token = period.to_be_bytes().to_vec();
        token.extend_from_slice(&self.tag(info_hash, file, period));
        BASE64URL_NOPAD.encode(&token)
    }

    /// Whether `token` opens this file at `now`. Takes the same time for every wrong tag.
    ///
    /// # Errors
    /// [`LinkError::Forged`] before [`LinkError::Expired`], so that only a holder of a real link learns
    /// that it has expired.
    pub fn verify(
        &self,
        token: &str,
        info_hash: InfoHash,
        file: FileChoice,
        now: SystemTime,
    ) -> Result<(), LinkError> {
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| LinkError::Forged)?;
        let (period, tag) = token.split_first_chunk::<4>().ok_or(LinkError::Forged)?;
        let period = u32::from_be_bytes(*period);
        constant_time::verify_slices_are_equal(&self.tag(info_hash, file, period), tag)
            .map_err(|_| LinkError::Forged)?;
        let expiry = u64::from(period).saturating_mul(PERIOD);
        if unix_seconds(now) < expiry { Ok(()) } else { Err(LinkError::Expired) }
    }

    /// The length of the message tells the kind of choice, and all its fields have fixed lengths, so no two links
    /// share a message.
    fn tag(&self, info_hash: InfoHash, file: FileChoice, period: u32) -> [u8; TAG_BYTES] {
        let mut message = info_hash.as_bytes().to_vec();
        match file {
            FileChoice::Index(index) => message.extend_from_slice(&index.0.to_be_bytes()),
            FileChoice::Episode { season, episode } => {
                message.extend_from_slice(&season.to_be_bytes());
                message.extend_from_slice(&episode.to_be_bytes());
            }
            FileChoice::Largest => {}
        }
        message.extend_from_slice(&period.to_be_bytes());
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&hmac::sign(&self.links, &message).as_ref()[..TAG_BYTES]);
        tag
    }
}

impl fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSigner")
    }
}

fn derive(root: &hmac::Key, purpose: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(root, purpose.as_bytes()).as_ref())
}

/// A clock before 1970 counts as 1970.
fn unix_seconds(now: SystemTime) -> u64 {
    now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Written beside its place and moved there, so that a crash leaves either no key or a whole one.
fn create(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut secret = [0; KEY_BYTES];
    rand::fill(&mut secret).map_err(|_| io::Error::other("the system has no random numbers"))?;
    let temporary = path.with_extension("key.new");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = open_private(&temporary)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_folder(path)?;
    Ok(secret)
}

/// A new file that only this user can read.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the rename survive a power cut; only Unix can open a folder for this.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
