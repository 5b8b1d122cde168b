//! From offers to the list: filtered, sorted, each once, and not too many.

use std::collections::{HashMap, HashSet};

use super::Offer;
use super::filter::{Patterns, admits};
use super::order::sort;
use crate::domain::{FileChoice, InfoHash};
use crate::profile::Listing;
use crate::release::Resolution;

/// The offers that the profile wants to see, best first.
pub fn pick(listing: &Listing, patterns: &Patterns, mut offers: Vec<Offer>) -> Vec<Offer> {
    offers.retain(|offer| admits(listing, patterns, offer));
    sort(listing, &mut offers);
    let mut seen = Seen::default();
    let mut rows: HashMap<Option<Resolution>, usize> = HashMap::new();
    offers.retain(|offer| {
        if seen.is_known(offer) {
            return false;
        }
        let of_resolution = rows.entry(offer.release.resolution).or_default();
        *of_resolution += 1;
        *of_resolution <= listing.limits.per_resolution
    });
    offers.truncate(listing.limits.total);
    offers
}

/// What stands in the list already.
#[derive(Default)]
struct Seen {
    contents: HashSet<(InfoHash, FileChoice)>,
    /// The same file in different torrents, as far as name and size can tell. One with web seeds does not stand back
    /// behind an address that would always come first: its bytes are proved, and peers have them when the server is
    /// gone.
    files: HashSet<(String, u64, bool)>,
}

impl Seen {
    /// Whether it is in the list; from now on it is.
    fn is_known(&mut self, offer: &Offer) -> bool {
        let new_content = self.contents.insert((offer.candidate.info_hash, offer.file));
        let new_file = offer.size().is_none_or(|size| {
            let name = offer.file_name.as_ref().unwrap_or(&offer.candidate.name);
            self.files.insert((letters(name), size, offer.has_web_seeds()))
        });
        !(new_content && new_file)
    }
}

/// Letters and digits alone: the same name is written with dots here and with spaces there.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
