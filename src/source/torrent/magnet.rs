//! Magnet links (BEP 9): reading those of others, writing our own.

use std::net::SocketAddr;

use url::Url;

use crate::domain::InfoHash;

/// More trackers than any torrent needs; the rest of a longer list is left out.
pub(super) const MAX_TRACKERS: usize = 64;
const MAX_PEERS: usize = 256;
/// More web seeds, or places of the .torrent, than a magnet needs. Each is a connection to wherever it says.
pub const MAX_WEB_ADDRESSES: usize = 16;

/// What a magnet link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MagnetHints {
    /// The torrent.
    pub info_hash: InfoHash,
    /// Every `tr` that is an http, https or udp URL.
    pub trackers: Vec<Url>,
    /// Every `x.pe` that is an address with a port; host names are left out.
    pub peers: Vec<SocketAddr>,
    /// Web seeds (`ws`, BEP 19) that are http or https, at most 16.
    pub web_seeds: Vec<Url>,
    /// Where the .torrent file may lie (`xs`, `as`): http or https, at most 16.
    pub exact_sources: Vec<Url>,
    /// The name (`dn`), for display only.
    pub name: Option<String>,
}

/// The text is no magnet link that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMagnet {
    /// Not a `magnet:` URL.
    #[error("this is not a magnet link")]
    NotAMagnet,
    /// It names no torrent at all.
    #[error("the magnet link names no torrent (xt=urn:btih:…)")]
    NoInfoHash,
    /// The hash is neither 40 hexadecimal digits nor 32 base32 characters.
    #[error("the magnet link's info-hash is malformed")]
    BadInfoHash,
    /// Only a v2 hash (`btmh`, BEP 52).
    #[error("the magnet link names a v2-only torrent (BEP 52), which is not supported")]
    OnlyV2,
}

/// Reads a magnet link. Unusable trackers and peers are left out.
///
/// # Errors
/// See [`InvalidMagnet`].
pub fn parse_magnet(text: &str) -> Result<MagnetHints, InvalidMagnet> {
    let url = Url::parse(text.trim()).map_err(|_| InvalidMagnet::NotAMagnet)?;
    if url.scheme() != "magnet" {
        return Err(InvalidMagnet::NotAMagnet);
    }
    let (mut hash, mut v2) = (None, false);
    let (mut trackers, mut peers, mut name) = (Vec::new(), Vec::new(), None);
    let (mut web_seeds, mut exact_sources) = (Vec::new(), Vec::new());
    for (key, value) in url.query_pairs() {
        // `tr.1`, `xt.2`: BEP 9 numbers repeated fields.
        match key
            .split_once('.')
            .map_or(&*key, |(head, rest)| if head == "x" { &*key } else { strip(&key, rest) })
        {
            "xt" => match value.get(..9).map(str::to_ascii_lowercase).as_deref() {
                Some("urn:btih:") => hash = Some(value[9..].parse().map_err(|_| InvalidMagnet::BadInfoHash)?),
                Some("urn:btmh:") => v2 = true,
                _ => {}
            },
            "tr" => trackers.extend(Url::parse(&value).ok().filter(is_tracker)),
            "ws" => web_seeds.extend(parse_web_address(&value)),
            "xs" | "as" => exact_sources.extend(parse_web_address(&value)),
            "x.pe" => peers.extend(value.parse::<SocketAddr>().ok().filter(|peer| peer.port() != 0)),
            "dn" if !value.is_empty() => name = Some(value.into_owned()),
            _ => {}
        }
    }
    trackers.truncate(MAX_TRACKERS);
    peers.truncate(MAX_PEERS);
    web_seeds.truncate(MAX_WEB_ADDRESSES);
    exact_sources.truncate(MAX_WEB_ADDRESSES);
    let missing = if v2 { InvalidMagnet::OnlyV2 } else { InvalidMagnet::NoInfoHash };
    let info_hash = hash.ok_or(missing)?;
    Ok(MagnetHints { info_hash, trackers, peers, web_seeds, exact_sources, name })
}

/// The key without its number, if it has one.
fn strip<'a>(key: &'a str, number: &str) -> &'a str {
    let numbered = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    if numbered { &key[..key.len() - number.len() - 1] } else { key }
}

/// The text as an http or https address.
pub fn parse_web_address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether this is a tracker URL that the engine can announce to.
pub(in crate::source) fn is_tracker(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https" | "udp") && url.has_host()
}

/// The magnet link that asks the engine for `info_hash`. The trackers go into the link because the
/// engine ignores those of the options when it is given a magnet.
pub(in crate::source) fn build_magnet<'a>(
    info_hash: InfoHash,
    trackers: impl Iterator<Item = &'a Url>,
) -> String {
    let mut magnet = format!("magnet:?xt=urn:btih:{info_hash}");
    for tracker in trackers.take(MAX_TRACKERS) {
        magnet.push_str("&tr=");
        magnet.extend(url::form_urlencoded::byte_serialize(tracker.as_str().as_bytes()));
    }
    magnet
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

    #[test]
    fn every_hint_of_a_magnet_is_read() {
        let hints = parse_magnet(&format!(
            "magnet:?xt=urn:btih:{HEX}&dn=Big+Buck+Bunny&tr=udp%3A%2F%2Fa.example%3A1337&tr.1=http://b.example/announce\
             &tr=wss://c.example&tr=nonsense&x.pe=192.0.2.1:6881&x.pe=[2001:db8::1]:51413&x.pe=host.example:1&ws=http://x.example/a&ws=ftp://y.example/\
             &xs=https%3A%2F%2Fz.example%2Ft.torrent&xs=urn:btpk:aa&as=http://w.example/t&so=0"
        ))
        .unwrap();
        let urls = |urls: &[Url]| urls.iter().map(Url::to_string).collect::<Vec<_>>();
        assert_eq!(urls(&hints.web_seeds), ["http://x.example/a"]);
        assert_eq!(urls(&hints.exact_sources), ["https://z.example/t.torrent", "http://w.example/t"]);
        assert_eq!(hints.info_hash.to_string(), HEX);
        assert_eq!(hints.name.as_deref(), Some("Big Buck Bunny"));
        let trackers: Vec<_> = hints.trackers.iter().map(Url::as_str).collect();
        assert_eq!(trackers, ["udp://a.example:1337", "http://b.example/announce"]);
        assert_eq!(hints.peers, ["192.0.2.1:6881".parse().unwrap(), "[2001:db8::1]:51413".parse().unwrap()]);
    }

    #[test]
    fn a_magnet_cannot_send_the_server_to_any_number_of_places() {
        let many: String =
            (0..100).map(|n| format!("&ws=http://a{n}.example/&xs=http://b{n}.example/")).collect();
        let hints = parse_magnet(&format!("magnet:?xt=urn:btih:{HEX}{many}")).unwrap();
        assert_eq!((hints.web_seeds.len(), hints.exact_sources.len()), (16, 16));
    }

    #[test]
    fn base32_and_upper_case_hashes_are_read() {
        let hash: InfoHash = HEX.parse().unwrap();
        let base32 = data_encoding::BASE32.encode(hash.as_bytes());
        for text in [base32.clone(), base32.to_lowercase(), HEX.to_uppercase()] {
            assert_eq!(parse_magnet(&format!("magnet:?xt=urn:btih:{text}")).unwrap().info_hash, hash);
        }
    }

    #[test]
    fn a_hybrid_magnet_is_read_by_its_v1_hash() {
        let text = format!("magnet:?xt=urn:btmh:1220{}&xt=urn:btih:{HEX}", "ab".repeat(32));
        assert_eq!(parse_magnet(&text).unwrap().info_hash.to_string(), HEX);
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let cases = [
            ("http://example.org/", InvalidMagnet::NotAMagnet),
            ("", InvalidMagnet::NotAMagnet),
            ("magnet:?dn=a", InvalidMagnet::NoInfoHash),
            ("magnet:?xt=urn:btih:zz", InvalidMagnet::BadInfoHash),
            ("magnet:?xt=urn:btmh:1220abcd", InvalidMagnet::OnlyV2),
        ];
        for (text, error) in cases {
            assert_eq!(parse_magnet(text), Err(error), "{text}");
        }
    }

    #[test]
    fn our_own_magnets_keep_every_tracker() {
        let trackers: Vec<Url> = ["http://a.example/announce?key=1&x=2", "udp://b.example:80/"]
            .iter()
            .map(|url| url.parse().unwrap())
            .collect();
        let magnet = build_magnet(HEX.parse().unwrap(), trackers.iter());
        assert_eq!(parse_magnet(&magnet).unwrap().trackers, trackers);
    }
}
