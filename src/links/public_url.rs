//! Where the outside reaches this server.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The base of every absolute URL: scheme, host, port and perhaps a path prefix. Never ends in `/`.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

/// The text cannot be the base of our URLs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicUrl {
    /// Not an absolute URL at all.
    #[error("must be an absolute URL such as https://media.example.org")]
    NotAUrl,
    /// Neither `http` nor `https`.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// It has a part that would be lost or would leak when paths are appended.
    #[error("must have no {0}")]
    Extra(&'static str),
}

impl PublicUrl {
    /// The base as a request names it, for servers that were not told their public URL: `https` as the
    /// connection or a trusted proxy says, `host` from the `Host` header, with its port.
    ///
    /// # Errors
    /// When `host` is more than a host and a port.
    pub fn from_host(https: bool, host: &str) -> Result<Self, InvalidPublicUrl> {
        if host.contains(['/', '\\']) {
            return Err(InvalidPublicUrl::Extra("path"));
        }
        let scheme = if https { "https" } else { "http" };
        format!("{scheme}://{host}").parse()
    }

    /// Whether clients reach this server over HTTPS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is this machine's own address, which no other device can reach.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }

    /// The base as text, without a trailing `/`.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The URL of `path`, which begins with `/` and is already percent-encoded.
    pub(super) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let url = Url::parse(text).map_err(|_| InvalidPublicUrl::NotAUrl)?;
        let refuse = |what| Err(InvalidPublicUrl::Extra(what));
        match url.scheme() {
            "http" | "https" => {}
            _ => return Err(InvalidPublicUrl::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("user name or password");
        }
        if url.query().is_some() {
            return refuse("query");
        }
        if url.fragment().is_some() {
            return refuse("fragment");
        }
        // Clients replace this text, wherever it stands first, to find the other resources.
        if url.path().contains("manifest.json") {
            return refuse("manifest.json in it");
        }
        Ok(Self(url))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_appended_to_the_whole_base() {
        for (base, joined) in [
            ("https://tv.example", "https://tv.example/health"),
            ("https://tv.example/", "https://tv.example/health"),
            ("https://tv.example/a/b/", "https://tv.example/a/b/health"),
            ("http://127.0.0.1:7000", "http://127.0.0.1:7000/health"),
            ("http://[::1]:7000", "http://[::1]:7000/health"),
        ] {
            let base: PublicUrl = base.parse().unwrap();
            assert_eq!(base.join("/health").as_str(), joined);
            assert_eq!(format!("{base}/health"), joined);
        }
    }

    #[test]
    fn bases_that_would_lose_or_leak_something_are_refused() {
        for (text, expected) in [
            ("", InvalidPublicUrl::NotAUrl),
            ("tv.example", InvalidPublicUrl::NotAUrl),
            ("http://", InvalidPublicUrl::NotAUrl),
            ("ftp://tv.example", InvalidPublicUrl::Scheme),
            ("https://me:secret@tv.example", InvalidPublicUrl::Extra("user name or password")),
            ("https://tv.example/?a=1", InvalidPublicUrl::Extra("query")),
            ("https://tv.example/#a", InvalidPublicUrl::Extra("fragment")),
            ("https://tv.example/manifest.json", InvalidPublicUrl::Extra("manifest.json in it")),
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_host_header_gives_a_base_and_nothing_more() {
        let base = PublicUrl::from_host(true, "tv.example:8443").unwrap();
        assert_eq!(base.as_str(), "https://tv.example:8443");
        assert!(base.is_https());
        assert!(!PublicUrl::from_host(false, "127.0.0.1").unwrap().is_https());
        for host in ["", "a/b", "a\\b", "a?b", "a#b", "me@a", "a b", "a:99999"] {
            assert!(PublicUrl::from_host(true, host).is_err(), "{host}");
        }
    }
}
