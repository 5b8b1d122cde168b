//! Which bytes a `Range` header asks for (RFC 9110, section 14). Pure arithmetic.

use std::ops::Range;

/// What a `Range` header selects from a representation. Ranges are half-open and within the length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The header is to be ignored: send everything.
    Whole,
    /// One run of bytes.
    Single(Range<u64>),
    /// Two or more runs that neither overlap nor touch, in the order of first mention.
    Several(Vec<Range<u64>>),
    /// Nothing asked for exists, or the header cannot be understood: answer 416.
    Unsatisfiable,
}

/// Longest header that is read. Sixteen ranges of twenty-digit numbers need under 700 bytes.
const MAX_HEADER_LENGTH: usize = 2048;

/// Most ranges that are read. Players send one, PDF readers a handful; hundreds are an attack.
const MAX_RANGES: usize = 16;

/// A range set that RFC 9110, section 14.1.1, calls invalid.
struct Malformed;

/// Selects bytes of a representation of `length` bytes.
///
/// Of the two reactions the RFC allows to an invalid range set, this rejects (416), as nginx and Go
/// do. Ignored instead (whole) are: an unknown unit, any range of an empty representation, a header
/// beyond the caps, and a set that asks for more bytes in sum than there are. Overlapping and
/// touching ranges are merged, so that overlap cannot multiply the bytes sent (section 14.2).
pub fn select(header: &[u8], length: u64) -> Selection {
    let Some(set) = byte_range_set(header) else { return Selection::Whole };
    if length == 0 || header.len() > MAX_HEADER_LENGTH {
        return Selection::Whole;
    }
    let elements = || set.split(|&byte| byte == b',').map(trim).filter(|element| !element.is_empty());
    match elements().count() {
        0 => return Selection::Unsatisfiable,
        count if count > MAX_RANGES => return Selection::Whole,
        _ => {}
    }
    let resolved: Result<Vec<_>, Malformed> = elements().map(|element| resolve(element, length)).collect();
    let Ok(resolved) = resolved else { return Selection::Unsatisfiable };
    let ranges: Vec<Range<u64>> = resolved.into_iter().flatten().collect();
    if exceeds(&ranges, length) {
        return Selection::Whole;
    }
    let mut merged = merge(ranges);
    match merged.len() {
        0 => Selection::Unsatisfiable,
        1 => Selection::Single(merged.remove(0)),
        _ => Selection::Several(merged),
    }
}

/// What follows `bytes=`; the unit's name is case-insensitive (section 14.1).
fn byte_range_set(header: &[u8]) -> Option<&[u8]> {
    let equals = header.iter().position(|&byte| byte == b'=')?;
    header[..equals].eq_ignore_ascii_case(b"bytes").then(|| &header[equals + 1..])
}

/// The bytes one element means, or `None` if it is valid but lies outside the representation.
///
/// Blanks around the numbers are tolerated, as Apache, nginx and Go do.
fn resolve(element: &[u8], length: u64) -> Result<Option<Range<u64>>, Malformed> {
    let dash = element.iter().position(|&byte| byte == b'-').ok_or(Malformed)?;
    let (first, last) = (trim(&element[..dash]), trim(&element[dash + 1..]));
    if first.is_empty() {
        let suffix = number(last)?.min(length);
        return Ok((suffix > 0).then(|| length - suffix..length));
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return Err(Malformed);
    }
    Ok((first < length).then(|| first..last.saturating_add(1).min(length)))
}

/// A decimal number. One that does not fit saturates: as a first position it then lies behind
/// every end, as a last position or suffix it is clamped, both of which is what the number means.
fn number(digits: &[u8]) -> Result<u64, Malformed> {
    if digits.is_empty() {
        return Err(Malformed);
    }
    digits.iter().try_fold(0_u64, |value, byte| match byte {
        b'0'..=b'9' => Ok(value.saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
        _ => Err(Malformed),
    })
}

/// Whether the ranges ask for more bytes in sum than the representation has.
fn exceeds(ranges: &[Range<u64>], length: u64) -> bool {
    let sum = ranges.iter().try_fold(0_u64, |sum, range| sum.checked_add(range.end - range.start));
    sum.is_none_or(|sum| sum > length)
}

/// Unites ranges that overlap or touch; each stands where its first member was mentioned.
fn merge(ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut merged: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for mut range in ranges {
        let mut place = merged.len();
        // A grown range may reach others, hence the search until nothing touches it.
        while let Some(at) =
            merged.iter().position(|other| range.start <= other.end && other.start <= range.end)
        {
            let other = merged.remove(at);
            place = place.min(at);
            range = range.start.min(other.start)..range.end.max(other.end);
        }
        merged.insert(place, range);
    }
    merged
}

/// Without the optional whitespace of RFC 9110, section 5.6.3, at either end.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
#[path = "tests/range.rs"]
mod tests;

#[cfg(test)]
#[path = "tests/range_model.rs"]
mod model;
