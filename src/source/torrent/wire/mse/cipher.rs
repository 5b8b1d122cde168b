//! One direction of an encrypted connection.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use rc4::{KeyInit, Rc4, StreamCipher};

use super::exchange::KEY;

/// The beginning of RC4's key stream betrays its key, and is thrown away.
pub(super) const DROPPED: usize = 1024;

/// What one side says, to be encrypted or decrypted in the order in which it goes over the wire.
pub struct Cipher(Rc4);

impl Cipher {
    /// The direction called `name`, of a connection about this torrent.
    pub(super) fn new(name: &str, shared: &[u8; KEY], info_hash: &[u8; 20]) -> Self {
        let key = sha1(&[name.as_bytes(), shared, info_hash]);
        let mut cipher = Self(Rc4::new_from_slice(&key).expect("RC4 takes keys of 20 bytes"));
        cipher.apply(&mut [0; DROPPED]);
        cipher
    }

    /// Encrypts or decrypts the next bytes in place.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        self.0.apply_keystream(bytes);
    }
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher")
    }
}

/// The hash of some parts, one after another.
pub(super) fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    parts.iter().for_each(|part| context.update(part));
    let mut hash = [0; 20];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}
