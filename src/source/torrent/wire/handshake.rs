//! The first 68 bytes of a connection.

use super::WireError;

const PROTOCOL: [u8; 20] = *b"\x13BitTorrent protocol";

/// The byte and the bit of the reserved ones that stand for the extension protocol (BEP 10).
const EXTENSIONS: (usize, u8) = (5, 0x10);

/// Those of the fast extension (BEP 6).
const FAST: (usize, u8) = (7, 0x04);

/// Who speaks, about which torrent, and which extensions he understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handshake {
    /// SHA-1 of the info dictionary.
    pub info_hash: [u8; 20],
    /// What the speaker calls himself.
    pub peer_id: [u8; 20],
    /// Whether he speaks the extension protocol.
    pub extensions: bool,
    /// Whether he speaks the fast extension.
    pub fast: bool,
}

impl Handshake {
    /// Bytes on the wire.
    pub const LENGTH: usize = 68;

    /// As it goes over the wire.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut reserved = [0; 8];
        for (said, (byte, bit)) in [(self.extensions, EXTENSIONS), (self.fast, FAST)] {
            reserved[byte] |= if said { bit } else { 0 };
        }
        let mut bytes = [0; Self::LENGTH];
        bytes[..20].copy_from_slice(&PROTOCOL);
        bytes[20..28].copy_from_slice(&reserved);
        bytes[28..48].copy_from_slice(&self.info_hash);
        bytes[48..].copy_from_slice(&self.peer_id);
        bytes
    }

    /// Reads what came over the wire.
    ///
    /// # Errors
    /// Whoever is there speaks something else.
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Result<Self, WireError> {
        if bytes[..20] != PROTOCOL {
            return Err(WireError("it does not greet like a peer"));
        }
        let said = |(byte, bit): (usize, u8)| bytes[20 + byte] & bit != 0;
        let (mut info_hash, mut peer_id) = ([0; 20], [0; 20]);
        info_hash.copy_from_slice(&bytes[28..48]);
        peer_id.copy_from_slice(&bytes[48..]);
        Ok(Self { info_hash, peer_id, extensions: said(EXTENSIONS), fast: said(FAST) })
    }
}
