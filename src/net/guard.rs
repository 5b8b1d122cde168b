//! Keeping strangers from using this server to reach what only it can reach.
//!
//! Magnets, torrents and the redirects of foreign servers name addresses that nobody here has chosen. A guard
//! looks at where such an address leads before a connection is made.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::is_public;

/// Which addresses may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// All of them: for addresses that the operator has set.
    Open,
    /// Those of the public internet: for addresses that come from anybody.
    PublicOnly,
}

/// The address may not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Neither http nor https, or without a host.
    #[error("only http and https addresses are asked")]
    NotHttp,
    /// It leads to this machine, its network, or no place at all.
    #[error("the address lies in a private network, which HEADWATER_PRIVATE_ADDRESSES=true would allow")]
    Private,
}

impl Guard {
    /// Judges an address as far as its text tells; the names of hosts are judged when they are resolved. Ask
    /// before every request whose address comes from others: a client looks no literal address up, and so would
    /// never ask its guard about one. Redirects are judged by the client itself.
    ///
    /// # Errors
    /// See [`Forbidden`].
    pub fn check(self, url: &Url) -> Result<(), Forbidden> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Forbidden::NotHttp);
        }
        self.check_host(url)
    }

    /// As [`Guard::check`], for an address of whatever scheme that is not asked through a client of ours. The host of
    /// a scheme that the web does not know is a name even where it is an address.
    ///
    /// # Errors
    /// See [`Forbidden`].
    pub fn check_host(self, url: &Url) -> Result<(), Forbidden> {
        let host = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::from(v4),
            Some(Host::Ipv6(v6)) => IpAddr::from(v6),
            Some(Host::Domain(name)) => match name.parse() {
                Ok(address) => address,
                Err(_) => return Ok(()),
            },
            None => return Err(Forbidden::NotHttp),
        };
        self.admit(host)
    }

    /// Where a host is, as far as one may go there.
    ///
    /// # Errors
    /// Its name is not known, or leads to places of [`Forbidden`] only.
    pub async fn look_up(self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
        let admitted: Vec<SocketAddr> =
            found.iter().copied().filter(|address| self.admit(address.ip()).is_ok()).collect();
        if admitted.is_empty() && !found.is_empty() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, Forbidden::Private));
        }
        Ok(admitted)
    }

    /// What a client resolves names with.
    pub(super) fn resolver(self) -> Arc<dyn Resolve> {
        Arc::new(Resolver(self))
    }

    /// Judges the address of a machine.
    ///
    /// # Errors
    /// [`Forbidden::Private`].
    pub fn admit(self, address: IpAddr) -> Result<(), Forbidden> {
        match self {
            Self::PublicOnly if !is_public(address) => Err(Forbidden::Private),
            Self::Open | Self::PublicOnly => Ok(()),
        }
    }
}

/// Resolves names at the very moment of connecting, so that a name cannot mean one address when it is judged
/// and another one when it is used.
struct Resolver(Guard);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0;
        Box::pin(async move {
            let admitted = guard.look_up(name.as_str(), 0).await?;
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(guard: Guard, url: &str) -> Result<(), Forbidden> {
        guard.check(&url.parse().unwrap())
    }

    #[test]
    fn literal_addresses_are_judged_however_they_are_spelt() {
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1:8080/",
            "http://127.0.0.1./",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://user:word@192.168.1.1/",
            "https://169.254.169.254/latest/",
        ] {
            assert_eq!(check(Guard::PublicOnly, url), Err(Forbidden::Private), "{url}");
            assert_eq!(check(Guard::Open, url), Ok(()), "{url}");
        }
        assert_eq!(check(Guard::PublicOnly, "http://1.1.1.1/"), Ok(()));
    }

    #[test]
    fn other_schemes_are_never_asked() {
        for url in ["ftp://1.1.1.1/", "file:///etc/passwd", "magnet:?xt=a", "udp://a.example:1"] {
            assert_eq!(check(Guard::Open, url), Err(Forbidden::NotHttp), "{url}");
        }
    }

    #[test]
    fn the_host_is_judged_whatever_the_scheme() {
        for url in ["udp://127.0.0.1:6969/announce", "udp://[::1]:6969", "http://10.0.0.1/announce"] {
            let url = url.parse().unwrap();
            assert_eq!(Guard::PublicOnly.check_host(&url), Err(Forbidden::Private), "{url}");
            assert_eq!(Guard::Open.check_host(&url), Ok(()), "{url}");
        }
        assert_eq!(Guard::PublicOnly.check_host(&"udp://tracker.example:6969".parse().unwrap()), Ok(()));
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused_when_it_is_resolved() {
        let resolve = |guard: Guard| guard.resolver().resolve("localhost".parse().unwrap());
        let error = resolve(Guard::PublicOnly).await.err().unwrap();
        let inner = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref()).unwrap();
        assert_eq!(inner.downcast_ref(), Some(&Forbidden::Private));
        assert!(resolve(Guard::Open).await.unwrap().all(|address| address.ip().is_loopback()));
    }
}
