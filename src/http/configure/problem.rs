//! What has to be put right, and the sentences that say so.

use std::fmt::Display;

use crate::profile;

/// Something to be put right.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Problem {
    /// The id of the field it is about; empty if it is about none.
    pub(super) field: String,
    /// One sentence.
    pub(super) text: String,
}

impl Problem {
    /// A problem with a field.
    pub(super) fn at(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self { field: field.into(), text: text.into() }
    }
}

impl From<&profile::Problem> for Problem {
    /// The parts of a profile have other names than the fields of the form.
    fn from(problem: &profile::Problem) -> Self {
        let (field, label) = match problem.field {
            "name" => ("name", "Name"),
            "services" => ("services", "Services"),
            "indexers" => ("indexers", "Indexers"),
            "listing.sort" => ("sorts", "Order"),
            "listing.limits.total" => ("total", "Rows at most"),
            "listing.limits.perResolution" => ("per-resolution", "Rows of one resolution"),
            "listing.languages" => ("languages", "Languages"),
            "listing.labels.name" => ("label-name", "Left column"),
            "listing.labels.description" => ("label-description", "Right column"),
            "listing.filters.onlyGroups" => ("only-groups", "Only these release groups"),
            "listing.filters.withoutGroups" => ("without-groups", "Not these release groups"),
            "listing.filters.mustMatch" => ("must-match", "The name must match"),
            "listing.filters.mustNotMatch" => ("must-not-match", "The name must not match"),
            "listing.filters.mostSize" => ("most-size", "Largest size"),
            _ => ("", "Profile"),
        };
        Self::at(field, format!("{label}: {}.", problem.message))
    }
}

/// The text of an error as a sentence.
pub(super) fn sentence(why: &impl Display) -> String {
    let text = why.to_string();
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    format!("{}{}.", first.to_uppercase(), letters.as_str().trim_end_matches('.'))
}
