//! Sizes and counts, which people type.

use super::fields::Fields;
use super::problem::Problem;
use crate::profile::{Limits, Listing};

/// Bytes of the unit in which sizes are typed: the gigabyte of release pages.
const GIGABYTE: f64 = 1e9;

/// No video is larger, in gigabytes.
const LARGEST: f64 = 10_000.0;

/// The numbers of a listing as text. An empty one means that there is no limit, or the usual one.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub(super) struct Numbers {
    least_size: String,
    most_size: String,
    least_seeders: String,
    total: String,
    per_resolution: String,
}

impl Numbers {
    /// The numbers of a listing.
    pub(super) fn of(listing: &Listing) -> Self {
        let (filters, limits) = (&listing.filters, &listing.limits);
        let size = |bytes: Option<u64>| bytes.map(gigabytes).unwrap_or_default();
        Self {
            least_size: size(filters.least_size),
            most_size: size(filters.most_size),
            least_seeders: filters.least_seeders.map(|count| count.to_string()).unwrap_or_default(),
            total: limits.total.to_string(),
            per_resolution: limits.per_resolution.to_string(),
        }
    }

    /// The numbers as they were posted.
    pub(super) fn read(fields: &Fields) -> Self {
        let text = |name| fields.text(name).to_owned();
        Self {
            least_size: text("least-size"),
            most_size: text("most-size"),
            least_seeders: text("least-seeders"),
            total: text("total"),
            per_resolution: text("per-resolution"),
        }
    }

    /// Reads them into `listing`.
    pub(super) fn finish(&self, listing: &mut Listing, problems: &mut Vec<Problem>) {
        let mut size = |field, text: &str| {
            let read = bytes(text);
            read.unwrap_or_else(|| {
                problems.push(Problem::at(field, "Type a size in gigabytes, such as 1.5, or nothing."));
                None
            })
        };
        listing.filters.least_size = size("least-size", &self.least_size);
        listing.filters.most_size = size("most-size", &self.most_size);
        let usual = Limits::default();
        let mut count = |field, text: &str, usual: usize| {
            let read = if text.is_empty() { Some(usual) } else { text.parse().ok() };
            read.unwrap_or_else(|| {
                problems.push(Problem::at(field, "Type a whole number, or nothing."));
                usual
            })
        };
        listing.limits.total = count("total", &self.total, usual.total);
        listing.limits.per_resolution = count("per-resolution", &self.per_resolution, usual.per_resolution);
        let seeders = count("least-seeders", &self.least_seeders, 0);
        listing.filters.least_seeders = u32::try_from(seeders).ok().filter(|count| *count > 0);
    }
}

/// `None` if the text is no size; `Some(None)` if there is none.
fn bytes(text: &str) -> Option<Option<u64>> {
    if text.is_empty() {
        return Some(None);
    }
    // Half the world writes the fraction after a comma.
    let size: f64 = text.replace(',', ".").parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked before"
    )]
    (0.0..=LARGEST).contains(&size).then_some(Some((size * GIGABYTE).round() as u64))
}

#[expect(clippy::cast_precision_loss, reason = "a thousandth of a gigabyte is shown")]
fn gigabytes(bytes: u64) -> String {
    let text = format!("{:.3}", bytes as f64 / GIGABYTE);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_back_as_they_were_shown() {
        let mut listing = Listing::default();
        listing.filters.least_size = Some(1_500_000_000);
        listing.filters.most_size = Some(40_000_000_000);
        listing.filters.least_seeders = Some(3);
        listing.limits = Limits { total: 100, per_resolution: 9 };
        let shown = Numbers::of(&listing);
        assert_eq!((shown.least_size.as_str(), shown.most_size.as_str()), ("1.5", "40"));
        let (mut read, mut problems) = (Listing::default(), Vec::new());
        shown.finish(&mut read, &mut problems);
        assert_eq!((read, problems), (listing, vec![]));
    }

    #[test]
    fn what_is_no_number_is_told_at_its_field() {
        for (body, field) in [
            ("least-size=much", "least-size"),
            ("most-size=-1", "most-size"),
            ("most-size=NaN", "most-size"),
            ("most-size=1e9", "most-size"),
            ("least-seeders=1.5", "least-seeders"),
            ("total=-1", "total"),
            ("per-resolution=99999999999999999999", "per-resolution"),
        ] {
            let mut problems = Vec::new();
            Numbers::read(&Fields::read(body.as_bytes())).finish(&mut Listing::default(), &mut problems);
            let named: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
            assert_eq!(named, [field], "{body}");
        }
    }
}
