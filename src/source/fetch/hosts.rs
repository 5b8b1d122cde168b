//! How many connections one host is bothered with, whoever fetches from it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;
use url::Url;

/// File servers count connections per client and cut off those that open many.
const PER_HOST: usize = 4;

/// The permits of all hosts that are being fetched from. Cheap to clone; every clone counts together.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    permits: Arc<Mutex<HashMap<String, Weak<Semaphore>>>>,
}

impl Hosts {
    /// The permits for connections to the host and port of `url`: four, shared by all who ask for them.
    pub fn connections(&self, url: &Url) -> Arc<Semaphore> {
        let host = authority(url);
        let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = permits.get(&host).and_then(Weak::upgrade) {
            return known;
        }
        permits.retain(|_, held| held.strong_count() > 0);
        let fresh = Arc::new(Semaphore::new(PER_HOST));
        permits.insert(host, Arc::downgrade(&fresh));
        fresh
    }
}

/// The host and port of `url`, which name one server.
pub(in crate::source) fn authority(url: &Url) -> String {
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(hosts: &Hosts, url: &str) -> Arc<Semaphore> {
        hosts.connections(&url.parse().unwrap())
    }

    #[test]
    fn all_addresses_of_a_host_share_its_permits() {
        let hosts = Hosts::default();
        let one = connections(&hosts, "https://cdn.example/a");
        let other = connections(&hosts.clone(), "https://CDN.example:443/b?token=1");
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(one.available_permits(), PER_HOST);
        for url in ["https://cdn2.example/a", "http://cdn.example/a", "https://cdn.example:8443/a"] {
            assert!(!Arc::ptr_eq(&one, &connections(&hosts, url)), "{url}");
        }
    }

    #[test]
    fn hosts_that_nobody_uses_are_forgotten() {
        let hosts = Hosts::default();
        for number in 0..100 {
            connections(&hosts, &format!("http://host{number}.example/"));
        }
        let kept = connections(&hosts, "http://kept.example/");
        assert_eq!(hosts.permits.lock().unwrap().len(), 1);
        drop(kept);
    }
}
