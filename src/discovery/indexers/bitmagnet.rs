//! Bitmagnet: an index of the DHT that people run themselves. It speaks Torznab, and its GraphQL knows nothing more of
//! a release than that.

use url::Url;

use super::address::{below, key, split};
use super::torznab::{Endpoint, KeyPlace, Torznab};
use crate::profile::IndexerSettings;

/// The Bitmagnet of these settings. Its address may be that of its pages, its GraphQL or its Torznab; one with the
/// name of a profile (`/torznab/{profile}`) is kept.
pub(super) fn bitmagnet(settings: &IndexerSettings, client: &reqwest::Client) -> Torznab {
    // Bitmagnet itself asks for no key, but what people put in front of it may.
    let key = key(settings).map(|key| (KeyPlace::Query, key));
    Torznab::at(&settings.name, Endpoint::new(client, place(&settings.url), key, "a Bitmagnet"))
}

fn place(url: &Url) -> Url {
    let (base, inner) =
        split(url, |part| matches!(part, "torznab" | "graphql" | "webui" | "status" | "metrics"));
    let rest: Vec<&str> = inner.iter().map(String::as_str).collect();
    match rest.as_slice() {
        ["torznab", profile, ..] if *profile != "api" => below(&base, &["torznab", profile, "api"]),
        _ => below(&base, &["torznab", "api"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_a_bitmagnet_leads_to_its_torznab() {
        for (pasted, expected) in [
            ("http://host:3333", "http://host:3333/torznab/api"),
            ("http://host:3333/webui/torrents?x=1", "http://host:3333/torznab/api"),
            ("http://host:3333/graphql", "http://host:3333/torznab/api"),
            ("http://host:3333/torznab/", "http://host:3333/torznab/api"),
            ("http://host:3333/torznab/api", "http://host:3333/torznab/api"),
            ("http://host:3333/torznab/films/", "http://host:3333/torznab/films/api"),
            ("https://host/bitmagnet/torznab", "https://host/bitmagnet/torznab/api"),
        ] {
            assert_eq!(place(&pasted.parse().unwrap()).as_str(), expected, "{pasted}");
        }
    }
}
