//! Whatever stands in a magnet link is read without a panic, and nothing is taken from it that is not bounded.
#![no_main]

use headwater::source::torrent::{MAX_WEB_ADDRESSES, parse_magnet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // A link is tried as it is, and as the value of what most of them begin with.
    let known = format!("magnet:?xt=urn:btih:dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c&{text}");
    for text in [text, known.as_str()] {
        let Ok(hints) = parse_magnet(text) else { continue };
        assert!(hints.web_seeds.len() <= MAX_WEB_ADDRESSES && hints.exact_sources.len() <= MAX_WEB_ADDRESSES);
        let web = hints.web_seeds.iter().chain(&hints.exact_sources);
        assert!(web.clone().all(|url| ["http", "https"].contains(&url.scheme())), "{hints:?}");
        assert!(hints.trackers.iter().all(|url| ["http", "https", "udp"].contains(&url.scheme())), "{hints:?}");
        assert_eq!(parse_magnet(text).as_ref(), Ok(&hints), "the same text says the same");
    }
});
