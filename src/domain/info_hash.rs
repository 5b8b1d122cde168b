//! The v1 info-hash: SHA-1 of the bencoded info dictionary (BEP 3).

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32, HEXLOWER, HEXLOWER_PERMISSIVE};

/// A v1 info-hash, 20 bytes. Written as 40 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InfoHash([u8; 20]);

/// The text is neither 40 hexadecimal digits nor 32 base32 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an info-hash is 40 hexadecimal digits or 32 base32 characters")]
pub struct InvalidInfoHash;

impl InfoHash {
    /// Wraps 20 bytes.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The 20 bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl FromStr for InfoHash {
    type Err = InvalidInfoHash;

    /// Reads hexadecimal or base32, either case, as magnet links carry them (BEP 9).
    fn from_str(text: &str) -> Result<Self, InvalidInfoHash> {
        let decoded = match text.len() {
            40 => HEXLOWER_PERMISSIVE.decode(text.as_bytes()),
            32 => BASE32.decode(text.to_ascii_uppercase().as_bytes()),
            _ => return Err(InvalidInfoHash),
        };
        let bytes = decoded.map_err(|_| InvalidInfoHash)?;
        Ok(Self(bytes.try_into().map_err(|_| InvalidInfoHash)?))
    }
}

impl fmt::Display for InfoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for InfoHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for InfoHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for InfoHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

    #[test]
    fn hexadecimal_in_either_case_and_base32_name_the_same_hash() {
        let hash: InfoHash = HEX.parse().unwrap();
        assert_eq!(hash.to_string(), HEX);
        assert_eq!(HEX.to_ascii_uppercase().parse(), Ok(hash));
        let base32 = BASE32.encode(hash.as_bytes());
        assert_eq!(base32.parse(), Ok(hash));
        assert_eq!(base32.to_ascii_lowercase().parse(), Ok(hash));
    }

    #[test]
    fn anything_else_is_refused() {
        let bad = [
            "",
            "abc",
            &HEX[1..],
            &format!("{HEX}0"),
            &HEX.replace('d', "g"),
            &"1".repeat(32),
            "ä".repeat(20).as_str(),
        ]
        .map(str::to_owned);
        for text in bad {
            assert_eq!(text.parse::<InfoHash>(), Err(InvalidInfoHash), "{text}");
        }
    }
}
