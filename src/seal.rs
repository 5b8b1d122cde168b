//! Encryption of what is kept: search results, profiles and .torrent files hold addresses with keys in them.
//!
//! AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce behind the text. No key ever seals as many texts as random
//! nonces allow (2^32). The purpose and a context, such as the key of a row, are authenticated too, so that one
//! sealed text cannot stand in another's place.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Separates the keys made here from any other use of the same secret.
const PURPOSE: &[u8] = b"headwater seal 1";

/// Seals texts and opens them again. Cheap to clone.
#[derive(Clone)]
pub struct Sealer {
    key: Arc<RandomizedNonceKey>,
}

/// A sealed text cannot be opened: it was made with another key, for something else, or was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this was sealed with another key; SOURCE_SECURITY_KEY has to be what it was then")]
pub struct Unsealable;

impl Sealer {
    /// A sealer whose key is made from `secret`: the operator's text, or random bytes. The secret has to be hard to
    /// guess, because nothing here slows a guesser down.
    pub fn new(secret: &[u8]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), PURPOSE);
        let mut bytes = [0; KEY_BYTES];
        bytes.copy_from_slice(tag.as_ref());
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).expect("the length is that of AES-256 keys");
        Self { key: Arc::new(key) }
    }

    /// Seals `text`, to be opened with the same context only. The result is 28 bytes longer.
    pub fn seal(&self, context: &str, text: &[u8]) -> Vec<u8> {
        let mut sealed = text.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut sealed)
            .expect("the system has random numbers, and no text is longer than 64 GiB");
        sealed.extend_from_slice(nonce.as_ref());
        sealed
    }

    /// Opens what [`Sealer::seal`] made with the same context.
    ///
    /// # Errors
    /// See [`Unsealable`].
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let at = sealed.len().checked_sub(NONCE_LEN).ok_or(Unsealable)?;
        let (text, nonce) = sealed.split_at(at);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut text = text.to_vec();
        let opened = self.key.open_in_place(nonce, Aad::from(context.as_bytes()), &mut text);
        let length = opened.map_err(|_| Unsealable)?.len();
        text.truncate(length);
        Ok(text)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_with_the_same_key_and_context_only() {
        let sealer = Sealer::new(b"a long secret of somebody");
        let sealed = sealer.seal("row 1", b"text");
        assert_eq!(sealed.len(), 4 + 28);
        assert_eq!(sealer.open("row 1", &sealed), Ok(b"text".to_vec()));
        assert_eq!(Sealer::new(b"a long secret of somebody").open("row 1", &sealed), Ok(b"text".to_vec()));
        assert_eq!(sealer.open("row 2", &sealed), Err(Unsealable));
        assert_eq!(Sealer::new(b"another").open("row 1", &sealed), Err(Unsealable));
        assert_ne!(sealer.seal("row 1", b"text"), sealed);
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let sealer = Sealer::new(b"a long secret of somebody");
        let sealed = sealer.seal("", b"text");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(sealer.open("", &changed), Err(Unsealable), "{at}");
            assert_eq!(sealer.open("", &sealed[..at]), Err(Unsealable), "{at}");
        }
    }
}
