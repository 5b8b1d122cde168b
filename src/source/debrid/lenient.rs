//! Reading what services write: fields that are `null`, numbers where text is due, dates, addresses.

use serde::{Deserialize, Deserializer};
use url::Url;

use super::service::ServiceError;

/// A field that is `null` is as good as absent: its default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A name or number as text; `null` is the empty text. Services change their minds about which of them an id is.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(serde_json::Number),
    }
    Ok(match Option::deserialize(deserializer)? {
        Some(Either::Text(text)) => text,
        Some(Either::Number(number)) => number.to_string(),
        None => String::new(),
    })
}

/// The address of a file. Only HTTP can be read from.
///
/// # Errors
/// `Protocol`, which does not repeat the address because it may hold a token.
pub(super) fn file_address(text: &str) -> Result<Url, ServiceError> {
    let address = Url::parse(text).ok().filter(|address| matches!(address.scheme(), "http" | "https"));
    address.ok_or_else(|| ServiceError::Protocol("the link is not an address".to_owned()))
}

/// A date (`2026-12-31`) or moment (`2026-12-31T23:59:59.000Z`, RFC 3339) in Unix seconds; UTC where it names no
/// offset. Fractions are dropped.
pub(super) fn unix_seconds(text: &str) -> Option<u64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let is_date = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if !is_date || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight = days_since_1970(year, month, day) * 86_400;
    let Some(clock) = text.get(10..).filter(|rest| !rest.is_empty()) else { return midnight.try_into().ok() };
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let offset = clock.get(9..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let seconds = midnight + hour * 3_600 + minute * 60 + second - offset_seconds(offset)?;
    seconds.try_into().ok()
}

/// Days from 1970-01-01 to a date of the Gregorian calendar: whole years that begin in March, so that the leap day
/// is the last day of a year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let years = if month > 2 { year } else { year - 1 };
    let months = (month + 9) % 12;
    let leap_days = years / 4 - years / 100 + years / 400;
    years * 365 + leap_days + (months * 153 + 2) / 5 + day - 1 - 719_468
}

/// `Z`, nothing, or `+02:00`, in seconds east of Greenwich.
fn offset_seconds(text: &str) -> Option<i64> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = (text.get(1..3)?.parse::<i64>().ok()?, text.get(4..6)?.parse::<i64>().ok()?);
    Some(sign * (hours * 3_600 + minutes * 60))
}

/// Now, in Unix seconds.
pub(super) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map(|since| since.as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_moments_are_read_as_unix_seconds() {
        for (text, seconds) in [
            ("1970-01-01", Some(0)),
            ("1970-01-01T00:00:01Z", Some(1)),
            ("2000-02-29", Some(951_782_400)),
            ("2000-03-01T00:00:00", Some(951_868_800)),
            ("2026-12-31", Some(1_798_675_200)),
            ("2038-01-19T03:14:08.000Z", Some(2_147_483_648)),
            ("2026-12-31T01:00:00.5+01:00", Some(1_798_675_200)),
            ("2026-12-30T22:30:00-01:30", Some(1_798_675_200)),
            ("2026-12-31 00:00:00", Some(1_798_675_200)),
            ("2026-13-01", None),
            ("2026/12/31", None),
            ("2026-12-31T00:00", None),
            ("2026-12-31T00:00:00x", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(unix_seconds(text), seconds, "{text}");
        }
    }

    #[test]
    fn only_http_addresses_are_file_addresses_and_others_are_not_repeated() {
        assert!(file_address("https://cdn.example/d/secret/a.mkv").is_ok());
        for text in ["", "ftp://cdn.example/secret", "/d/secret", "file:///secret"] {
            let error = file_address(text).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn ids_are_text_whether_they_come_as_text_number_or_null() {
        #[derive(Deserialize)]
        struct Item {
            #[serde(default, deserialize_with = "text")]
            id: String,
        }
        for (json, id) in [(r#"{"id":7}"#, "7"), (r#"{"id":"7"}"#, "7"), (r#"{"id":null}"#, ""), ("{}", "")] {
            assert_eq!(serde_json::from_str::<Item>(json).unwrap().id, id, "{json}");
        }
    }
}
