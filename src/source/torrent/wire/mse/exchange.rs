//! The key exchange: Diffie-Hellman over a prime of 768 bits, which everybody shares.

use crypto_bigint::modular::ConstMontyForm;
use crypto_bigint::{U192, U768, const_monty_params};

/// Bytes of a public key and of the shared secret.
pub(super) const KEY: usize = 96;

/// Bytes of a private key. The protocol wants 128 bits at least, and says that more than 160 bring nothing.
pub(super) const EXPONENT: usize = 20;

const PRIME: &str = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
                     020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437\
                     4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";

const_monty_params!(Prime, U768, PRIME, "The prime that the protocol names.");

type Residue = ConstMontyForm<Prime, { U768::LIMBS }>;

/// A private key.
pub(super) struct Private(U192);

impl Private {
    pub(super) fn new(bytes: &[u8; EXPONENT]) -> Self {
        let mut wide = [0; 24];
        wide[24 - EXPONENT..].copy_from_slice(bytes);
        Self(U192::from_be_slice(&wide))
    }

    /// The public key that belongs to it.
    pub(super) fn public(&self) -> [u8; KEY] {
        self.raise(&U768::from_u8(2))
    }

    /// The secret shared with the owner of a public key; `None` if that is one that makes the secret known to everybody
    /// (0, 1 and p - 1), or none at all.
    pub(super) fn shared(&self, theirs: &[u8; KEY]) -> Option<[u8; KEY]> {
        let theirs = U768::from_be_slice(theirs);
        let highest = U768::from_be_hex(PRIME).wrapping_sub(&U768::ONE);
        (U768::ONE < theirs && theirs < highest).then(|| self.raise(&theirs))
    }

    fn raise(&self, base: &U768) -> [u8; KEY] {
        let power = Residue::new(base).pow_bounded_exp(&self.0, 8 * EXPONENT as u32).retrieve();
        let mut bytes = [0; KEY];
        bytes.copy_from_slice(power.to_be_bytes().as_ref());
        bytes
    }
}
