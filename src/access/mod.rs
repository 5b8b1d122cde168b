//! Who may do what: the profiles of installs, by the id in their address, and who may make them.
//!
//! [`Access`] keeps profiles sealed in the database behind a random id, or puts a whole profile sealed into the
//! address. What a profile means for a play is said by [`terms()`].

mod desk;
mod gate;
mod id;
mod sealed;
mod terms;

use std::net::IpAddr;
use std::time::Duration;

use secrecy::SecretString;

pub use crate::profile::ProfileRef;
pub use desk::Access;
pub use sealed::is_sealed as is_self_contained;
pub use terms::terms;

use crate::db::DatabaseError;
use crate::profile::Problem;

/// Most profiles that are kept.
pub const MOST_PROFILES: u32 = 100_000;

/// Longest address segment of a profile that stands in the address as a whole.
pub const MOST_SEALED: usize = 4_096;

/// How profiles are kept, and who may make them.
#[derive(Debug, Clone, Default)]
pub struct AccessSettings {
    /// What a person has to say before he may make or change profiles; `None` lets everybody.
    pub password: Option<SecretString>,
    /// Whether the operator has chosen the key that profiles are sealed with. Without that it lies in the data folder,
    /// and an address that holds a whole profile would not outlive the folder.
    pub chosen_key: bool,
}

/// Why a profile cannot be had or kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccessError {
    /// Nobody has made it here, or it was deleted.
    #[error("this install is not known here (any more); configure the addon and install it anew")]
    Unknown,
    /// It is there and cannot be read: the key is another one than when it was made.
    #[error(
        "the settings of this install cannot be read: they were sealed with another key, and SOURCE_SECURITY_KEY has \
         to be what it was then"
    )]
    Sealed,
    /// Something in it may not be kept; says what.
    #[error("something in this profile may not be kept")]
    Invalid(Vec<Problem>),
    /// It does not fit into an address.
    #[error("this profile is too large for an address; leave something out, or keep it on the server")]
    TooLarge,
    /// Addresses that hold a whole profile need a key that the operator has chosen.
    #[error("a profile can stand in the address only where SOURCE_SECURITY_KEY is set")]
    NoChosenKey,
    /// There are as many profiles as this server keeps.
    #[error("this server keeps no more profiles")]
    Full,
    /// The password is missing or wrong.
    #[error("the password is wrong")]
    Password,
    /// Too much was asked from this address; not before this much time.
    #[error("too many tries from this address; wait a while")]
    TooOften(Duration),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Where somebody asks from: whoever has an IPv6 network has all of its addresses.
type Origin = [u8; 8];

fn origin(address: IpAddr) -> Origin {
    let mut origin = [0; 8];
    match address.to_canonical() {
        IpAddr::V4(address) => origin[..4].copy_from_slice(&address.octets()),
        IpAddr::V6(address) => origin.copy_from_slice(&address.octets()[..8]),
    }
    origin
}

#[cfg(test)]
mod tests;
