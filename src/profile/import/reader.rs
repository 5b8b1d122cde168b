//! Takes over settings one by one, by what their names mean in the addons that people come from.

use serde_json::Value;

use super::Imported;
use super::words::{self, add, plain};
use crate::profile::{Profile, SortKey};
use crate::release::{Language, Resolution};

/// Most rows that a profile may ask for.
const MOST_ROWS: u64 = 500;

/// Names that are told back; the rest would be of no use to anybody.
const MOST_TOLD: usize = 50;

/// What has been taken over so far.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) profile: Profile,
    not_understood: Vec<String>,
    /// How many settings meant something.
    understood: usize,
    /// A service and a token that stand in settings of their own.
    pub(super) service: Option<String>,
    pub(super) token: Option<String>,
    /// The same for a Jackett and a Prowlarr.
    pub(super) fronts: [(Option<String>, Option<String>); 2],
}

impl Reader {
    /// Takes over one setting.
    pub(super) fn take(&mut self, name: &str, value: &Value) {
        // What is off or empty asks for nothing.
        if is_nothing(value) {
            return;
        }
        let word = plain(name);
        let done = self.account_setting(&word, value)
            || self.limit(&word, value)
            || self.filter(&word, value)
            || self.preference(&word, value)
            || self.indexer_setting(&word, value);
        if done {
            self.understood += 1;
        } else {
            self.miss(name);
        }
    }

    /// What came out, if anything did.
    pub(super) fn finish(mut self) -> Option<Imported> {
        self.settle_account();
        self.settle_fronts();
        let listing = &mut self.profile.listing;
        if !listing.languages.is_empty() && !listing.sort.contains(&SortKey::Language) {
            let place = usize::from(listing.sort.first() == Some(&SortKey::Cached));
            listing.sort.insert(place, SortKey::Language);
        }
        // Each part was checked when it was taken; a sum of parts may still be too much.
        if !self.profile.problems().is_empty() {
            return None;
        }
        let Self { profile, not_understood, understood, .. } = self;
        (understood > 0).then_some(Imported { profile, not_understood })
    }

    /// Notes a setting by its name, which is no secret as long as it looks like a name.
    pub(super) fn miss(&mut self, name: &str) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':');
        let told =
            if name.len() <= 40 && name.chars().all(is_name) { name } else { "something without a name" };
        if self.not_understood.len() < MOST_TOLD && !self.not_understood.iter().any(|other| other == told) {
            self.not_understood.push(told.to_owned());
        }
    }

    fn limit(&mut self, word: &str, value: &Value) -> bool {
        let rows = || {
            let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
            usize::try_from(number.min(MOST_ROWS)).ok()
        };
        let listing = &mut self.profile.listing;
        match word {
            "limit"
            | "maxresultsperresolution"
            | "resultsperquality"
            | "maxresultsperquality"
            | "resultsperresolution" => {
                // Nothing means no limit.
                rows()
                    .map(|rows| listing.limits.per_resolution = if rows == 0 { 500 } else { rows })
                    .is_some()
            }
            "maxresults" | "maxtorrents" | "maxstreams" | "resultlimit" => {
                rows().map(|rows| listing.limits.total = if rows == 0 { 500 } else { rows }).is_some()
            }
            "sizefilter" | "maxsize" | "sizelimit" | "maxfilesize" => {
                // Of several, one is for films and another for episodes: the larger lets both through.
                let sizes = each(value).into_iter().filter_map(|size| words::size(&size)).max();
                listing.filters.most_size = sizes.or(listing.filters.most_size);
                sizes.is_some() || words::is_zero(value)
            }
            _ => false,
        }
    }

    fn filter(&mut self, word: &str, value: &Value) -> bool {
        match (word, value) {
            ("qualityfilter" | "exclusion" | "excludedqualities" | "excludequalities", _) => {
                for text in texts(value) {
                    if !words::exclude(&mut self.profile.listing.filters, &text) {
                        self.miss(&format!("{word}: {text}"));
                    }
                }
                true
            }
            ("resolutions", Value::Object(wanted)) => {
                for (name, is_wanted) in wanted {
                    let is_left_out = *is_wanted == Value::Bool(false);
                    if is_left_out && !words::exclude(&mut self.profile.listing.filters, name) {
                        self.miss(&format!("{word}: {name}"));
                    }
                }
                true
            }
            ("resolutions" | "qualities", Value::Array(_)) => {
                self.only_resolutions(&texts(value));
                true
            }
            ("excludekeywords" | "exclusionkeywords" | "excludedkeywords", _) => {
                let words: Vec<String> = texts(value).iter().map(|text| regex::escape(text)).collect();
                let text = words.join("|");
                let fits = crate::profile::expression(&text).is_ok();
                if fits && !text.is_empty() {
                    self.profile.listing.filters.must_not_match = Some(text);
                }
                fits
            }
            _ => false,
        }
    }

    /// Leaves out every resolution that a list does not name.
    fn only_resolutions(&mut self, names: &[String]) {
        let named: Vec<_> = names.iter().filter_map(|name| words::resolution(name)).collect();
        if named.is_empty() || names.iter().any(|name| plain(name) == "all") {
            return;
        }
        let filters = &mut self.profile.listing.filters;
        let others: Vec<_> = Resolution::ALL.into_iter().filter(|one| !named.contains(one)).collect();
        add(&mut filters.without_resolutions, &others);
        filters.without_unknown_resolution =
            !names.iter().any(|name| matches!(plain(name).as_str(), "0" | "unknown"));
    }

    fn preference(&mut self, word: &str, value: &Value) -> bool {
        match (word, value) {
            ("sort" | "sortby" | "sorting" | "sortcached", _) => {
                let name = texts(value).join("");
                // A list of orders, each with a direction.
                let first = value.as_array().and_then(|list| Some(texts(list.first()?).join("")));
                let order = words::order(&name).or_else(|| words::order(&first?.replace("true", "")));
                order.map(|order| self.profile.listing.sort = order).is_some()
            }
            (
                "language" | "languages" | "prioritylanguages" | "priotizelanguages" | "preferredlanguages",
                _,
            ) if !value.is_object() => {
                let languages = self.languages(word, value);
                add(&mut self.profile.listing.languages, &languages);
                true
            }
            ("languages", Value::Object(lists)) => {
                for (list, value) in lists {
                    let languages = self.languages(word, value);
                    let listing = &mut self.profile.listing;
                    match plain(list).as_str() {
                        "preferred" => add(&mut listing.languages, &languages),
                        "required" | "allowed" => add(&mut listing.filters.only_languages, &languages),
                        "exclude" | "excluded" => add(&mut listing.filters.without_languages, &languages),
                        _ => {}
                    }
                }
                true
            }
            _ => false,
        }
    }

    fn languages(&mut self, word: &str, value: &Value) -> Vec<Language> {
        let mut languages = Vec::new();
        for text in texts(value) {
            match words::language(&text) {
                Some(language) => add(&mut languages, &[language]),
                None if matches!(plain(&text).as_str(), "all" | "multi" | "unknown") => {}
                None => self.miss(&format!("{word}: {text}")),
            }
        }
        languages
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// A list, however it is written: as such, with commas, or as a single value.
fn each(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list.clone(),
        Value::String(text) => text.split(',').map(|part| Value::String(part.trim().to_owned())).collect(),
        other => vec![other.clone()],
    }
}

/// The same as texts.
fn texts(value: &Value) -> Vec<String> {
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_so) => Some(is_so.to_string()),
        _ => None,
    };
    each(value).into_iter().filter_map(text).filter(|text| !text.is_empty()).collect()
}
