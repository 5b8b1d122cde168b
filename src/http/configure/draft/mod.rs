//! A profile while somebody works on it: what the page shows, and what it posts back.

use serde::de::value::{Error as NotAWord, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

use super::device::FLAGS;
use super::fields::Fields;
use super::indexer_row::IndexerRow;
use super::kept::Keeper;
use super::numbers::Numbers;
use super::problem::Problem;
use super::service_row::ServiceRow;
use crate::profile::{Device, Filters, Labels, Listing, Profile, SortKey};
use crate::release::Language;

/// What sorts a list, the unused ones last in this order.
const SORT_KEYS: [SortKey; 10] = [
    SortKey::Cached,
    SortKey::Resolution,
    SortKey::Language,
    SortKey::Medium,
    SortKey::Hdr,
    SortKey::Codec,
    SortKey::Audio,
    SortKey::Seeders,
    SortKey::Size,
    SortKey::Age,
];

/// A profile in the making. Everything that can be chosen is in `profile` already; what people type stands beside
/// it as text until [`Draft::finish`] reads it.
#[derive(Debug)]
pub(super) struct Draft {
    /// The choices. Its services, indexers, order and numbers are not of use before the end.
    pub(super) profile: Profile,
    /// Accounts in their order.
    pub(super) services: Vec<ServiceRow>,
    /// Indexers in their order.
    pub(super) indexers: Vec<IndexerRow>,
    /// What the list is sorted by, in order, and whether it is.
    pub(super) sort: Vec<(SortKey, bool)>,
    /// Sizes and counts.
    pub(super) numbers: Numbers,
    /// What has to be put right.
    pub(super) problems: Vec<Problem>,
}

impl Draft {
    /// The page of a profile.
    pub(super) fn of(profile: Profile) -> Self {
        let services =
            profile.services.iter().enumerate().map(|(key, one)| ServiceRow::of(key, one)).collect();
        let indexers =
            profile.indexers.iter().enumerate().map(|(key, one)| IndexerRow::of(key, one)).collect();
        Self {
            services,
            indexers,
            sort: sort_rows(profile.listing.sort.iter().map(|key| (*key, true)).collect()),
            numbers: Numbers::of(&profile.listing),
            profile,
            problems: Vec::new(),
        }
    }

    /// The page as it was posted. What is no choice of ours is left out.
    pub(super) fn read(fields: &Fields, keeper: &Keeper<'_>) -> Self {
        let services = fields.rows("service").into_iter();
        let indexers = fields.rows("indexer").into_iter();
        let mut problems = Vec::new();
        Self {
            services: services.filter_map(|key| ServiceRow::read(fields, key, keeper)).collect(),
            indexers: indexers
                .filter_map(|key| IndexerRow::read(fields, key, keeper, &mut problems))
                .collect(),
            sort: read_sort(fields),
            numbers: Numbers::read(fields),
            profile: Profile {
                name: fields.text("name").to_owned(),
                policy: fields.text("policy").parse().ok(),
                only_own_indexers: fields.is_on("only-own-indexers"),
                listing: listing(fields),
                ..Profile::default()
            },
            problems,
        }
    }

    /// The profile, if nothing has to be put right; what has is in `problems` afterwards.
    pub(super) fn finish(&mut self) -> Option<Profile> {
        let mut profile = self.profile.clone();
        let problems = &mut self.problems;
        profile.services = self.services.iter().filter_map(|row| row.finish(problems)).collect();
        profile.indexers = self.indexers.iter().filter_map(|row| row.finish(problems)).collect();
        profile.listing.sort = self.sort.iter().filter(|(_, used)| *used).map(|(key, _)| *key).collect();
        self.numbers.finish(&mut profile.listing, problems);
        problems.extend(profile.problems().iter().map(Problem::from));
        problems.is_empty().then_some(profile)
    }

    /// A key for one more row, so that no two rows of the page have the same.
    pub(super) fn next_key(&self) -> String {
        let keys = self.services.iter().map(|row| &row.key).chain(self.indexers.iter().map(|row| &row.key));
        let highest = keys.filter_map(|key| key.parse::<u32>().ok()).max();
        highest.map_or(0, |key| key.saturating_add(1)).to_string()
    }
}

/// The word that the form, and a stored profile, has for a value.
pub(super) fn word<T: DeserializeOwned>(text: &str) -> Option<T> {
    let deserializer: StrDeserializer<'_, NotAWord> = text.into_deserializer();
    T::deserialize(deserializer).ok()
}

/// The page sends every key. Whoever sends none has nothing to say about the order.
fn read_sort(fields: &Fields) -> Vec<(SortKey, bool)> {
    let order = fields.chosen("sort", word::<SortKey>);
    if order.is_empty() {
        return sort_rows(Listing::default().sort.into_iter().map(|key| (key, true)).collect());
    }
    let used = fields.chosen("sort-by", word::<SortKey>);
    sort_rows(order.into_iter().map(|key| (key, used.contains(&key))).collect())
}

/// All keys, those that are given first.
fn sort_rows(mut rows: Vec<(SortKey, bool)>) -> Vec<(SortKey, bool)> {
    for key in SORT_KEYS {
        if !rows.iter().any(|(known, _)| *known == key) {
            rows.push((key, false));
        }
    }
    rows
}

fn listing(fields: &Fields) -> Listing {
    let mut device = Device { most_lines: word(fields.text("most-lines")), ..Device::default() };
    for flag in &FLAGS {
        (flag.set)(&mut device, fields.all("device").any(|name| name == flag.name));
    }
    Listing {
        filters: filters(fields),
        device,
        languages: fields.chosen("language", Language::of),
        only_checked: fields.is_on("only-checked"),
        labels: Labels {
            name: template(fields, "label-name"),
            description: template(fields, "label-description"),
        },
        ..Listing::default()
    }
}

fn filters(fields: &Fields) -> Filters {
    let expression = |name| Some(fields.text(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    Filters {
        without_resolutions: fields.chosen("without-resolution", word),
        without_unknown_resolution: fields.all("without-resolution").any(|value| value == "unknown"),
        without_media: fields.chosen("without-medium", word),
        without_codecs: fields.chosen("without-codec", word),
        without_hdr: fields.chosen("without-hdr", word),
        only_languages: fields.chosen("only-language", Language::of),
        without_languages: fields.chosen("without-language", Language::of),
        only_groups: groups(fields.text("only-groups")),
        without_groups: groups(fields.text("without-groups")),
        must_match: expression("must-match"),
        must_not_match: expression("must-not-match"),
        ..Filters::default()
    }
}

fn groups(text: &str) -> Vec<String> {
    text.split([',', ' ', '\n']).map(str::trim).filter(|group| !group.is_empty()).map(str::to_owned).collect()
}

/// Forms send lines as they did on teleprinters.
fn template(fields: &Fields, name: &str) -> String {
    fields.text(name).replace("\r\n", "\n")
}

#[cfg(test)]
mod tests;
