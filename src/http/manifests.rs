//! Manifests as they are sent, written once each.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use moka::sync::Cache as Moka;

use crate::addon::Addon;
use crate::links::PublicUrl;
use crate::live::channels::{Lineup, television};
use crate::profile::Profile;

/// Manifests that are remembered; each takes a kilobyte or two.
const MOST: u64 = 1_000;

/// The manifests, by what links in them begin with and the name of the profile; all else in them stays, but the
/// channels.
#[derive(Debug)]
pub struct Manifests(Moka<(String, Option<String>), Arc<Written>>);

#[derive(Debug)]
struct Written {
    /// It tells of these. Not held, since lists of channels are long and manifests of former ones are of no use.
    lineup: Weak<Lineup>,
    json: Bytes,
}

impl Default for Manifests {
    fn default() -> Self {
        Self(Moka::new(MOST))
    }
}

impl Manifests {
    /// The manifest of `addon` with the channels of `lineup`, as JSON.
    pub(super) fn of(
        &self,
        addon: &Addon,
        lineup: &Arc<Lineup>,
        base: &PublicUrl,
        profile: Option<&Profile>,
    ) -> Bytes {
        let key = (base.as_str().to_owned(), profile.map(|profile| profile.name.clone()));
        let known = self.0.get(&key).filter(|written| written.lineup.as_ptr() == Arc::as_ptr(lineup));
        if let Some(written) = known {
            return written.json.clone();
        }
        let mut manifest = addon.manifest(base, profile);
        television::declare(lineup, &mut manifest);
        let json = Bytes::from(serde_json::to_vec(&manifest).expect("every field has a form in JSON"));
        self.0.insert(key, Arc::new(Written { lineup: Arc::downgrade(lineup), json: json.clone() }));
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_address_another_profile_and_other_channels_have_another_manifest() {
        let (manifests, addon) = (Manifests::default(), Addon::new());
        let (none, base) = (Arc::new(Lineup::default()), "https://tv.example".parse().unwrap());
        let first = manifests.of(&addon, &none, &base, None);
        assert_eq!(first.as_ptr(), manifests.of(&addon, &none, &base, None).as_ptr());
        let text = |json: &Bytes| String::from_utf8(json.to_vec()).unwrap();
        let elsewhere = manifests.of(&addon, &none, &"https://other.example".parse().unwrap(), None);
        assert!(text(&first).contains("https://tv.example/") && !text(&elsewhere).contains("tv.example"));
        let profile = Profile { name: "Attic".to_owned(), ..Profile::default() };
        assert!(text(&manifests.of(&addon, &none, &base, Some(&profile))).contains(" Attic"));
        let read_anew = manifests.of(&addon, &Arc::new(Lineup::default()), &base, None);
        assert_eq!(first, read_anew);
        assert_ne!(first.as_ptr(), read_anew.as_ptr(), "it was written for these channels");
    }
}
