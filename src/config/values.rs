//! Texts of settings turned into values and back. Every error says what is allowed.

use std::num::NonZeroU32;
use std::time::Duration;

use super::layers::Given;

/// Bytes per megabyte in the limits of the specification.
const MEGABYTE: f64 = 1_000_000.0;

/// The lowest speed limit that still works: a block of 16 KiB must fit into one second's allowance.
const LOWEST_LIMIT: f64 = 0.02;

/// Rates are 32-bit byte counts in the engine.
const HIGHEST_LIMIT: f64 = 4_000.0;

/// `true` and `false` in the words people use for them.
pub(super) fn flag(given: &Given) -> Result<bool, String> {
    match given.text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        other => Err(format!("`{other}` is neither true nor false")),
    }
}

/// A whole number of at least `least` and at most `most`.
pub(super) fn number(given: &Given, least: u32, most: u32) -> Result<u32, String> {
    let wrong = || format!("`{}` is not a whole number from {least} to {most}", given.text);
    given.text.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(wrong)
}

/// A number of bytes, with an optional suffix: `kB MB GB TB` count in thousands, `KiB MiB GiB TiB` and the
/// bare letters `K M G T` in 1024s.
pub(super) fn bytes(given: &Given) -> Result<u64, String> {
    let wrong = || format!("`{}` is not a number of bytes such as 20GiB, 500MB or 1073741824", given.text);
    let (number, suffix) = split_suffix(&given.text);
    let factor: u64 = match suffix.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        _ => return Err(wrong()),
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor).ok_or_else(wrong);
    }
    let decimal: f64 = number.parse().map_err(|_| wrong())?;
    #[expect(clippy::cast_precision_loss, reason = "no factor has more than 40 bits")]
    let total = decimal * factor as f64;
    // Beyond 2^53 a fraction of a byte can no longer be told apart, and nobody owns such a disk.
    if !(0.0..=9e15).contains(&total) {
        return Err(wrong());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked above"
    )]
    Ok(total.round() as u64)
}

/// A number of bytes as text: in the largest unit that divides it.
pub(super) fn bytes_text(bytes: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let fitting = units.iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit));
    fitting.map_or_else(|| bytes.to_string(), |(unit, name)| format!("{}{name}", bytes / unit))
}

/// A span of time with suffix `ms`, `s`, `m`, `h` or `d`; a bare number counts in `bare`.
pub(super) fn duration(given: &Given, bare: Duration) -> Result<Duration, String> {
    let wrong = || format!("`{}` is not a span of time such as 500ms, 30s, 5m or 2h", given.text);
    let (number, suffix) = split_suffix(&given.text);
    let unit = match suffix {
        "" => bare,
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        "h" => Duration::from_secs(3_600),
        "d" => Duration::from_secs(86_400),
        _ => return Err(wrong()),
    };
    let count: u32 = number.parse().map_err(|_| wrong())?;
    unit.checked_mul(count).ok_or_else(wrong)
}

/// As [`duration`], but zero is not allowed.
pub(super) fn positive_duration(given: &Given, bare: Duration) -> Result<Duration, String> {
    match duration(given, bare)? {
        Duration::ZERO => Err("must be longer than zero".to_owned()),
        span => Ok(span),
    }
}

/// A span of time as text: in the largest unit that divides it.
pub(super) fn duration_text(span: Duration) -> String {
    let millis = span.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let fitting = units.iter().find(|(unit, _)| millis > 0 && millis.is_multiple_of(*unit));
    fitting.map_or_else(|| "0".to_owned(), |(unit, name)| format!("{}{name}", millis / unit))
}

/// A speed limit in megabytes per second as bytes per second; `None` for 0, which means no limit.
pub(super) fn speed_limit(given: &Given) -> Result<Option<NonZeroU32>, String> {
    let wrong = || {
        format!(
            "`{}` is not a speed in MB/s: 0 for no limit, else {LOWEST_LIMIT} to {HIGHEST_LIMIT}",
            given.text
        )
    };
    let megabytes: f64 = given.text.parse().map_err(|_| wrong())?;
    if megabytes == 0.0 {
        return Ok(None);
    }
    if !(LOWEST_LIMIT..=HIGHEST_LIMIT).contains(&megabytes) {
        return Err(wrong());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked above"
    )]
    Ok(NonZeroU32::new((megabytes * MEGABYTE).round() as u32))
}

/// A speed limit as text, in megabytes per second.
pub(super) fn speed_limit_text(limit: Option<NonZeroU32>) -> String {
    limit.map_or_else(|| "0".to_owned(), |limit| (f64::from(limit.get()) / MEGABYTE).to_string())
}

fn split_suffix(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> Given {
        Given { place: "X".to_owned(), alias: None, text: text.to_owned() }
    }

    #[test]
    fn byte_counts_take_both_kinds_of_suffix() {
        for (text, expected) in [
            ("0", 0),
            ("1024", 1024),
            ("20GiB", 20 << 30),
            ("20 GiB", 20 << 30),
            ("20G", 20 << 30),
            ("500MB", 500_000_000),
            ("1.5kb", 1_500),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(bytes(&given(text)), Ok(expected), "{text}");
        }
        for text in ["", "-1", "GiB", "1.2.3", "12 parsecs", "99999999TiB", "nan", "1e3"] {
            assert!(bytes(&given(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_take_suffixes_and_bare_numbers() {
        let millis = Duration::from_millis(1);
        for (text, expected) in
            [("1800000", 1_800_000), ("30m", 1_800_000), ("5s", 5_000), ("0", 0), ("2h", 7_200_000)]
        {
            assert_eq!(duration(&given(text), millis), Ok(Duration::from_millis(expected)), "{text}");
        }
        for text in ["", "-5", "5 fortnights", "1.5m", "m"] {
            assert!(duration(&given(text), millis).is_err(), "{text}");
        }
        assert!(positive_duration(&given("0"), millis).is_err());
    }

    #[test]
    fn texts_of_values_are_read_back() {
        for count in [0, 1, 1023, 1 << 30, 20 << 30, (1 << 40) + 1] {
            assert_eq!(bytes(&given(&bytes_text(count))), Ok(count));
        }
        for millis in [0, 1, 999, 5_000, 90_000, 1_800_000, 86_400_000] {
            let span = Duration::from_millis(millis);
            assert_eq!(duration(&given(&duration_text(span)), Duration::from_millis(1)), Ok(span));
        }
        for limit in [None, NonZeroU32::new(1_500_000), NonZeroU32::new(123_457)] {
            assert_eq!(speed_limit(&given(&speed_limit_text(limit))), Ok(limit));
        }
    }

    #[test]
    fn speed_limits_are_megabytes_with_decimals() {
        assert_eq!(speed_limit(&given("2.5")), Ok(NonZeroU32::new(2_500_000)));
        assert_eq!(speed_limit(&given("0.0")), Ok(None));
        for text in ["-1", "0.001", "5000", "fast", "NaN"] {
            assert!(speed_limit(&given(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn flags_take_the_usual_words() {
        for (text, expected) in [("true", true), ("ON", true), ("1", true), ("No", false), ("off", false)] {
            assert_eq!(flag(&given(text)), Ok(expected), "{text}");
        }
        assert!(flag(&given("maybe")).is_err());
    }
}
