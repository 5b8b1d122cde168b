//! Numbers, names and moments as indexers write them.

use std::time::{Duration, SystemTime};

use crate::domain::Date;

/// No release has a longer name; what is longer is a description in the wrong place.
const LONGEST_NAME: usize = 400;

/// A whole number that is not negative, with or without thousands separators: `1,234`, `1 234`, `1.234.567`.
pub(super) fn count(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits: String = text.chars().filter(|c| !is_separator(*c)).collect();
    match digits.split_once('.') {
        None => digits.parse().ok(),
        // `12.0` is a number with a fraction, `1.234.567` one with separators.
        Some((whole, rest)) if rest.contains('.') => (whole.to_owned() + &rest.replace('.', "")).parse().ok(),
        Some((whole, rest)) => rest.bytes().all(|byte| byte.is_ascii_digit()).then(|| whole.parse().ok())?,
    }
}

/// A number of bytes, or one with its unit: `1.4 GB`, `700 MiB`, `1,5 GB`. Units count in 1024s, as indexers mean them.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = (text[..end].trim(), text[end..].trim().to_ascii_lowercase());
    let power = match unit.trim_end_matches(['b', 'o']).trim_end_matches('i') {
        "" => return count(number),
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    let number: f64 = fraction(number).parse().ok()?;
    let size = number * 1024_f64.powi(power);
    // Beyond 2^60 bytes it is no size of a file.
    ((0.0..1e18).contains(&size)).then_some(size as u64)
}

/// A number with its fraction as Rust reads it. A lone comma before one or two digits is a decimal one.
fn fraction(text: &str) -> String {
    let is_decimal = |(_, rest): (&str, &str)| (1..=2).contains(&rest.len()) && !text.contains('.');
    let text =
        if text.split_once(',').is_some_and(is_decimal) { text.replace(',', ".") } else { text.to_owned() };
    text.chars().filter(|c| !is_separator(*c)).collect()
}

const fn is_separator(c: char) -> bool {
    matches!(c, ',' | ' ' | '_' | '\'' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// A name in one line, without control characters.
pub(super) fn name(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_NAME).collect()
}

/// An IMDb id: `tt1254207`, `1254207` or `133093`, of which nothing but zeros means none. Shorter ones get the seven
/// digits that IMDb writes.
pub(super) fn imdb(text: &str) -> Option<String> {
    let digits = text.trim().trim_start_matches('t');
    let number: u64 = digits.parse().ok().filter(|number| *number > 0)?;
    Some(format!("tt{number:07}"))
}

/// A moment as RSS writes it (RFC 822: `Wed, 02 Oct 2024 13:00:00 +0200`, with or without the day's name, seconds
/// and four digits of the year), or as JSON does (`2024-10-02T13:00:00Z`). UTC where no offset is named.
pub(super) fn moment(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    let iso = text.get(..10).is_some_and(|day| day.as_bytes()[4] == b'-');
    if iso { iso_moment(text) } else { rss_moment(text) }
}

fn rss_moment(text: &str) -> Option<SystemTime> {
    let text = text.split_once(',').map_or(text, |(_, rest)| rest);
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [day, month, year, ref rest @ ..] = *parts.as_slice() else { return None };
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = month.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let short: u16 = year.parse().ok()?;
    let year = match short {
        0..50 => 2000 + short,
        50..100 => 1900 + short,
        year => year,
    };
    let clock = rest.first().copied().unwrap_or("00:00");
    let zone = rest.get(1).copied().unwrap_or_default();
    utc(year, u8::try_from(month).ok()?, day.parse().ok()?, clock, zone)
}

fn iso_moment(text: &str) -> Option<SystemTime> {
    let (clock, zone) = match text.get(11..) {
        None | Some("") => ("00:00", ""),
        Some(rest) => {
            let end = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
            (&rest[..end], &rest[end..])
        }
    };
    let (year, month, day) = (text.get(..4)?, text.get(5..7)?, text.get(8..10)?);
    utc(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?, clock, zone)
}

/// The moment of a clock in its zone.
fn utc(year: u16, month: u8, day: u8, clock: &str, zone: &str) -> Option<SystemTime> {
    let days = u64::try_from(day_number(Date::new(year, month, day)?)).ok()?;
    let clock = clock.split('.').next().unwrap_or_default();
    let mut parts = clock.split(':').map(str::parse::<u64>);
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let second = parts.next().unwrap_or(Ok(0)).ok()?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let since_1970 = Duration::from_secs(days * 86_400 + hour * 3_600 + minute * 60 + second);
    let there = SystemTime::UNIX_EPOCH.checked_add(since_1970)?;
    let (is_east, offset) = offset(zone)?;
    if is_east { there.checked_sub(offset) } else { there.checked_add(offset) }
}

/// Days since the first of January 1970, in years that begin in March so that the leap day is their last.
pub(super) fn day_number(date: Date) -> i64 {
    let (year, month) = match date.month() {
        month @ 3.. => (i64::from(date.year()), i64::from(month)),
        month => (i64::from(date.year()) - 1, i64::from(month) + 12),
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (153 * (month - 3) + 2) / 5 + i64::from(date.day()) - 719_469
}

/// `+0200`, `-07:00`, `Z`, `GMT`, `EST`; nothing is UTC. Whether it lies east of Greenwich, and how far.
fn offset(zone: &str) -> Option<(bool, Duration)> {
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    Some(match zone.chars().next() {
        Some(sign @ ('+' | '-')) if digits.len() == 4 => {
            let (hour, minute): (u64, u64) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
            (sign == '+', Duration::from_secs(hour * 3_600 + minute * 60))
        }
        Some('+' | '-') => return None,
        // The zones of RFC 822; every other name is taken for UTC, which is wrong by hours at most.
        _ => match zone.to_ascii_uppercase().as_str() {
            "EDT" => (false, hours(4)),
            "EST" | "CDT" => (false, hours(5)),
            "CST" | "MDT" => (false, hours(6)),
            "MST" | "PDT" => (false, hours(7)),
            "PST" => (false, hours(8)),
            _ => (true, Duration::ZERO),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_with_separators_and_without() {
        for (text, number) in [
            ("7", Some(7)),
            (" 1,234 ", Some(1_234)),
            ("1 234 567", Some(1_234_567)),
            ("1.234.567", Some(1_234_567)),
            ("12.0", Some(12)),
            ("-1", None),
            ("", None),
            ("many", None),
            ("1.x", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(count(text), number, "{text}");
        }
    }

    #[test]
    fn sizes_come_with_units_and_without() {
        for (text, size) in [
            ("1500", Some(1_500)),
            ("1.5 GB", Some(3 << 29)),
            ("1,5 GB", Some(3 << 29)),
            ("1,500 KiB", Some(1_500 << 10)),
            ("2 Go", Some(2 << 30)),
            ("700MB", Some(700 << 20)),
            ("1 TiB", Some(1 << 40)),
            ("1e9", None),
            ("-1 GB", None),
            ("9999999999 TB", None),
            ("GB", None),
            ("ä", None),
        ] {
            assert_eq!(bytes(text), size, "{text}");
        }
    }

    #[test]
    fn names_are_one_clean_line() {
        assert_eq!(name("  A\r\n\tB\u{0}C  D "), "A B C D");
        assert_eq!(name(&"ä".repeat(1_000)).chars().count(), LONGEST_NAME);
    }

    #[test]
    fn imdb_ids_have_two_letters_and_at_least_seven_digits() {
        for (text, id) in [
            ("tt1254207", Some("tt1254207")),
            ("0133093", Some("tt0133093")),
            ("133093", Some("tt0133093")),
            ("tt10872600", Some("tt10872600")),
            ("0", None),
            ("tt", None),
            ("nm1", None),
        ] {
            assert_eq!(imdb(text).as_deref(), id, "{text}");
        }
    }

    #[test]
    fn neighbouring_days_are_neighbours_across_months_and_years() {
        let day = |text: &str| day_number(text.parse().unwrap());
        assert_eq!((day("1970-01-01"), day("2000-03-01")), (0, 11_017));
        for (earlier, later, days) in [
            ("2023-12-31", "2024-01-01", 1),
            ("2024-02-28", "2024-03-01", 2),
            ("2023-02-28", "2023-03-01", 1),
            ("2024-04-30", "2024-05-01", 1),
            ("1900-02-28", "1900-03-01", 1),
        ] {
            assert_eq!(day(later) - day(earlier), days, "{earlier} {later}");
        }
    }

    #[test]
    fn moments_are_read_as_rss_and_as_json_write_them() {
        let seconds = |text| Some(moment(text)?.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs());
        for (text, expected) in [
            ("Wed, 02 Oct 2002 13:00:00 GMT", Some(1_033_563_600)),
            ("Wed, 02 Oct 2002 15:00:00 +0200", Some(1_033_563_600)),
            ("2 Oct 2002 08:00 EST", Some(1_033_563_600)),
            ("02 October 02 13:00:00 -00:00", Some(1_033_563_600)),
            ("2002-10-02T13:00:00Z", Some(1_033_563_600)),
            ("2002-10-02T06:00:00.1234567-07:00", Some(1_033_563_600)),
            ("2002-10-02 13:00:00", Some(1_033_563_600)),
            ("2002-10-02", Some(1_033_516_800)),
            ("Wed, 31 Foo 2002 13:00:00 GMT", None),
            ("2002-13-02T13:00:00Z", None),
            ("2002-10-02T13", None),
            ("yesterday", None),
            ("ääääääääää", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
