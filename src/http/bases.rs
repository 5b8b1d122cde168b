//! The addresses by which clients know this server, read once each.

use moka::sync::Cache as Moka;

use crate::links::{InvalidPublicUrl, PublicUrl};

/// Addresses that are remembered: a server has a few, and what strangers make up leaves again.
const MOST: u64 = 500;

/// What links begin with, by scheme and host.
#[derive(Debug)]
pub struct Bases(Moka<(bool, String), PublicUrl>);

impl Default for Bases {
    fn default() -> Self {
        Self(Moka::new(MOST))
    }
}

impl Bases {
    /// As [`PublicUrl::from_host`].
    pub(super) fn of(&self, https: bool, host: &str) -> Result<PublicUrl, InvalidPublicUrl> {
        let key = (https, host.to_owned());
        if let Some(known) = self.0.get(&key) {
            return Ok(known);
        }
        let base = PublicUrl::from_host(https, host)?;
        self.0.insert(key, base.clone());
        Ok(base)
    }
}
