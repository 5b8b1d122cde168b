//! Hosts that sent bytes which do not match a torrent.

use std::time::Duration;

use moka::sync::Cache as Moka;
use url::Url;

use crate::domain::InfoHash;
use crate::source::fetch::authority;

/// Long enough for a film; files on a host do get repaired.
const LASTING: Duration = Duration::from_secs(24 * 60 * 60);

/// A bound on memory. Whoever sends more wrong pieces than this drives out his own oldest bans only.
const MOST: u64 = 10_000;

/// Which host is not to be asked for which torrent. Cheap to clone; all clones know the same.
#[derive(Debug, Clone)]
pub(super) struct Bans(Moka<(InfoHash, String), ()>);

impl Default for Bans {
    fn default() -> Self {
        Self(Moka::builder().time_to_live(LASTING).max_capacity(MOST).build())
    }
}

impl Bans {
    /// The host of `url` has sent a wrong piece of `info_hash`.
    pub(super) fn ban(&self, info_hash: InfoHash, url: &Url) {
        tracing::warn!(%info_hash, host = url.host_str(), "a host sent bytes that do not match the torrent");
        self.0.insert((info_hash, authority(url)), ());
    }

    /// Whether the host of `url` has sent a wrong piece of `info_hash` lately.
    pub(super) fn holds(&self, info_hash: InfoHash, url: &Url) -> bool {
        self.0.contains_key(&(info_hash, authority(url)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ban_is_of_one_host_for_one_torrent() {
        let (bans, one, other) = (Bans::default(), InfoHash::new([1; 20]), InfoHash::new([2; 20]));
        let url = |text: &str| text.parse::<Url>().unwrap();
        bans.ban(one, &url("http://a.example/x"));
        assert!(bans.clone().holds(one, &url("http://a.example:80/another/file")));
        assert!(!bans.holds(other, &url("http://a.example/x")));
        assert!(!bans.holds(one, &url("http://b.example/x")));
    }
}
