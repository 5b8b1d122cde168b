//! What stands for a profile in addresses.

use aws_lc_rs::{digest, rand};
use data_encoding::BASE32_NOPAD;

/// Bytes of an id: nobody guesses 128 bits.
const BYTES: usize = 16;

/// Characters of an id. No resource of the addon protocol and no other route has a name of this length.
const CHARACTERS: usize = 26;

/// A new id, in small letters and digits.
pub(super) fn fresh() -> Option<String> {
    let mut bytes = [0; BYTES];
    rand::fill(&mut bytes).ok()?;
    Some(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}

/// Whether a text could be an id.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == CHARACTERS && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

/// What an id is found by. The id itself is kept nowhere.
pub(super) fn hash(id: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    let sum = digest::digest(&digest::SHA256, format!("headwater profile {id}").as_bytes());
    hash.copy_from_slice(sum.as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_their_own_kind_of_text() {
        let id = fresh().unwrap();
        assert!(is_id(&id), "{id}");
        assert_ne!(id, fresh().unwrap());
        for other in [
            "",
            "stream",
            "manifest.json",
            "configure",
            &id.to_ascii_uppercase(),
            &id[1..],
            &format!("{id}a"),
        ] {
            assert!(!is_id(other), "{other}");
        }
    }
}
