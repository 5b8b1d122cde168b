//! Whatever is pasted as settings, and whatever a client sends as a profile: no panic, and what is understood may be
//! kept and comes back as it was.
#![no_main]

use headwater::profile::{Profile, import};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(imported) = import(text) {
        assert!(imported.profile.problems().is_empty(), "{:?}", imported.profile.problems());
        comes_back(&imported.profile);
    }
    if let Ok(profile) = serde_json::from_str::<Profile>(text) {
        std::hint::black_box(profile.problems());
        comes_back(&profile);
    }
});

fn comes_back(profile: &Profile) {
    let text = serde_json::to_string(profile).expect("a profile can be written");
    let again: Profile = serde_json::from_str(&text).expect("what was written can be read");
    assert!(again == *profile, "{text}");
}
