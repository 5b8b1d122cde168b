//! Profiles that stand in the address as a whole: compressed, sealed, and written in letters that addresses take.

use std::io::{Read, Write};

use aws_lc_rs::digest;
use data_encoding::BASE64URL_NOPAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{AccessError, MOST_SEALED};
use crate::profile::{MOST_BYTES, Profile};
use crate::seal::Sealer;

/// What such an address begins with. Ids and names of resources never do.
const MARK: char = '~';

/// What it is sealed for.
const CONTEXT: &str = "profile in an address";

/// Bytes that sealing adds; what is shorter was never sealed.
const LEAST_SEALED: usize = 28;

/// Whether a text from an address would hold a whole profile, instead of standing for one.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

/// The text that holds the profile.
///
/// # Errors
/// [`AccessError::TooLarge`].
pub(super) fn close(profile: &Profile, sealer: &Sealer) -> Result<String, AccessError> {
    let json = serde_json::to_vec(profile).map_err(|_| AccessError::TooLarge)?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let compressed = encoder.write_all(&json).and_then(|()| encoder.finish());
    let compressed = compressed.map_err(|_| AccessError::TooLarge)?;
    let text = format!("{MARK}{}", BASE64URL_NOPAD.encode(&sealer.seal(CONTEXT, &compressed)));
    if text.len() <= MOST_SEALED { Ok(text) } else { Err(AccessError::TooLarge) }
}

/// The profile in a text, and a number that no other text has.
///
/// # Errors
/// [`AccessError::Unknown`] for what never was such a text, [`AccessError::Sealed`] for what does not open.
pub(super) fn open(text: &str, sealer: &Sealer) -> Result<(Profile, u64), AccessError> {
    let encoded =
        text.strip_prefix(MARK).filter(|_| text.len() <= MOST_SEALED).ok_or(AccessError::Unknown)?;
    let sealed = BASE64URL_NOPAD.decode(encoded.as_bytes()).ok();
    let sealed = sealed.filter(|sealed| sealed.len() > LEAST_SEALED).ok_or(AccessError::Unknown)?;
    let compressed = sealer.open(CONTEXT, &sealed).map_err(|_| AccessError::Sealed)?;
    let mut json = Vec::new();
    // It was sealed here, and yet a limit costs nothing.
    let limit = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let read = DeflateDecoder::new(compressed.as_slice()).take(limit).read_to_end(&mut json);
    read.map_err(|_| AccessError::Unknown)?;
    // A later version may have written what this one does not know.
    let profile = serde_json::from_slice(&json).map_err(|_| AccessError::Unknown)?;
    let sum = digest::digest(&digest::SHA256, text.as_bytes());
    let stamp = sum.as_ref().iter().take(8).fold(0, |stamp: u64, byte| stamp << 8 | u64::from(*byte));
    Ok((profile, stamp))
}
