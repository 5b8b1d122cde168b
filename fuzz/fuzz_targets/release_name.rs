//! Whatever a release is called, its name is read without a panic, and what is read is in order.
#![no_main]

use headwater::release::Release;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|name: &str| {
    let release = Release::parse(name);
    assert!(release.seasons.is_sorted(), "{release:?}");
    assert!(release.episodes.is_sorted(), "{release:?}");
    // A range such as `E1-E999999` must not become a list that fills the memory.
    assert!(release.seasons.len() <= 1_000 && release.episodes.len() <= 10_000, "{release:?}");
    assert_eq!(Release::parse(name), release, "the same name says the same");
});
