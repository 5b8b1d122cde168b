//! What comes first.

use std::cmp::{Ordering, Reverse};
use std::time::UNIX_EPOCH;

use super::Offer;
use crate::cache::Presence;
use crate::discovery::Candidate;
use crate::profile::{Listing, SortKey};
use crate::release::{Hdr, Language, Release};

/// Brings offers into the order of the profile. Equal ones have the same order each time.
pub(super) fn sort(listing: &Listing, offers: &mut [Offer]) {
    offers.sort_by_cached_key(|offer| {
        let ranks: Vec<i64> = listing.sort.iter().map(|key| rank(*key, listing, offer)).collect();
        let seeders = offer.candidate.seeders.unwrap_or(0);
        (Reverse((ranks, seeders, offer.size())), offer.candidate.info_hash)
    });
}

/// Which of two candidates is looked into first: what many people have and what is good.
pub(in crate::addon) fn by_promise(one: &Candidate, other: &Candidate) -> Ordering {
    let promise = |candidate: &Candidate| {
        let release = &candidate.release;
        (candidate.is_exact, candidate.seeders.unwrap_or(0).min(20), release.resolution, candidate.seeders)
    };
    promise(other).cmp(&promise(one)).then_with(|| one.info_hash.cmp(&other.info_hash))
}

/// A number that grows with what the key calls better.
fn rank(key: SortKey, listing: &Listing, offer: &Offer) -> i64 {
    let release = &offer.release;
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    match key {
        SortKey::Cached => cached(offer),
        SortKey::Resolution => release.resolution.map_or(0, |resolution| i64::from(resolution.lines())),
        SortKey::Medium => release.medium.map_or(0, |medium| 1 + medium as i64),
        SortKey::Language => language(&listing.languages, release),
        SortKey::Hdr => release.hdr.iter().max().map_or(Hdr::Sdr as i64, |range| *range as i64),
        SortKey::Codec => release.codec.map_or(-1, |codec| codec as i64),
        SortKey::Audio => audio(release),
        SortKey::Seeders => number(offer.candidate.seeders.unwrap_or(0).into()),
        SortKey::Size => number(offer.size().unwrap_or(0)),
        SortKey::Age => {
            let since = offer.candidate.published.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            since.map_or(0, |since| number(since.as_secs()))
        }
    }
}

fn cached(offer: &Offer) -> i64 {
    match offer.here {
        Presence::Complete => 3,
        _ if offer.is_cached() => 2,
        Presence::Partly | Presence::Begun => 1,
        Presence::Absent => 0,
    }
}

/// The viewer's best language that is spoken; then what is spoken in several or in unnamed languages.
fn language(wanted: &[Language], release: &Release) -> i64 {
    let best = wanted.iter().position(|language| release.languages.contains(language));
    match best {
        Some(place) => 2 + i64::try_from(wanted.len() - place).unwrap_or(0),
        None if release.multi_audio => 2,
        None => i64::from(release.languages.is_empty()),
    }
}

fn audio(release: &Release) -> i64 {
    let format = release.audio.iter().max().map_or(0, |format| 1 + *format as i64);
    let channels = release.channels.map_or(0, |channels| i64::from(channels.0) + i64::from(channels.1));
    format * 100 + channels
}
