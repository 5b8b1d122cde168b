//! What a profile wants left out.

use regex::Regex;

use super::Offer;
use super::device::plays;
use crate::profile::{Filters, Listing, expression};
use crate::release::{Hdr, Language, Release};

/// The regular expressions of a profile, compiled.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    must_match: Option<Regex>,
    must_not_match: Option<Regex>,
}

impl Patterns {
    /// Compiles the expressions of `filters`. One that cannot be used is left out: it was refused when the profile
    /// was saved, and a list without it is better than none.
    pub fn lenient(filters: &Filters) -> Self {
        let compile = |text: &Option<String>| {
            let text = text.as_deref().filter(|text| !text.is_empty())?;
            expression(text).ok()
        };
        Self { must_match: compile(&filters.must_match), must_not_match: compile(&filters.must_not_match) }
    }

    fn admit(&self, offer: &Offer) -> bool {
        let found = |regex: &Regex| {
            regex.is_match(&offer.candidate.name)
                || offer.file_name.as_deref().is_some_and(|name| regex.is_match(name))
        };
        self.must_match.as_ref().is_none_or(found) && !self.must_not_match.as_ref().is_some_and(found)
    }
}

/// Whether the profile wants to see it.
pub(super) fn admits(listing: &Listing, patterns: &Patterns, offer: &Offer) -> bool {
    let filters = &listing.filters;
    (offer.is_checked || !listing.only_checked)
        && plays(&listing.device, offer)
        && has_wanted_picture(filters, &offer.release)
        && has_wanted_sound(filters, &offer.release)
        && has_wanted_size(filters, offer)
        && has_wanted_group(filters, offer.release.group.as_deref())
        && patterns.admit(offer)
}

fn has_wanted_picture(filters: &Filters, release: &Release) -> bool {
    let resolution = match release.resolution {
        Some(resolution) => !filters.without_resolutions.contains(&resolution),
        None => !filters.without_unknown_resolution,
    };
    // A name insists on HDR only, so that one without a word has the usual range.
    let ranges = if release.hdr.is_empty() { &[Hdr::Sdr][..] } else { &release.hdr };
    resolution
        && !release.medium.is_some_and(|medium| filters.without_media.contains(&medium))
        && !release.codec.is_some_and(|codec| filters.without_codecs.contains(&codec))
        && !ranges.iter().all(|range| filters.without_hdr.contains(range))
}

fn has_wanted_sound(filters: &Filters, release: &Release) -> bool {
    let spoken: &[Language] = &release.languages;
    if release.multi_audio || spoken.is_empty() {
        return true;
    }
    let wanted = &filters.only_languages;
    (wanted.is_empty() || spoken.iter().any(|language| wanted.contains(language)))
        && !spoken.iter().all(|language| filters.without_languages.contains(language))
}

fn has_wanted_size(filters: &Filters, offer: &Offer) -> bool {
    let size = offer.size();
    let is_small = |least| size.is_some_and(|size| size < least);
    let is_large = |most| size.is_some_and(|size| size > most);
    let is_lonely = |least| offer.candidate.seeders.is_some_and(|seeders| seeders < least);
    !filters.least_size.is_some_and(is_small)
        && !filters.most_size.is_some_and(is_large)
        && (offer.is_cached() || !filters.least_seeders.is_some_and(is_lonely))
}

fn has_wanted_group(filters: &Filters, group: Option<&str>) -> bool {
    let among = |groups: &[String]| {
        group.is_some_and(|group| groups.iter().any(|one| one.to_lowercase() == group.to_lowercase()))
    };
    (filters.only_groups.is_empty() || among(&filters.only_groups)) && !among(&filters.without_groups)
}
