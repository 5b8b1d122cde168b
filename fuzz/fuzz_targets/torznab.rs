//! Whatever a Torznab server sends is read without a panic, and never as more than a thousand results.
#![no_main]

use headwater::discovery::{TorznabDocument, read_torznab};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let document = read_torznab(bytes);
    if let TorznabDocument::Results { items, .. } = &document {
        assert!(items.len() <= 1_000, "{} results", items.len());
    }
    std::hint::black_box(format!("{document:?}"));
});
