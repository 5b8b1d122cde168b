//! Days of the calendar, as metadata and release names give them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// The text is no `YYYY-MM-DD`, or there is no such day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a day written as YYYY-MM-DD")]
pub struct InvalidDate;

impl Date {
    /// The day, if there is such a one between the years 1800 and 2199.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            _ => return None,
        };
        ((1800..2200).contains(&year) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// The year.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, from 1.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }
}

impl FromStr for Date {
    type Err = InvalidDate;

    /// Reads `YYYY-MM-DD`, and ignores a time of day behind it (RFC 3339).
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let day = text.split_once('T').map_or(text, |(day, _)| day);
        let parts: Vec<&str> = day.split('-').collect();
        let [year, month, day] = *parts.as_slice() else { return Err(InvalidDate) };
        let read = || Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        read().ok_or(InvalidDate)
    }
}

impl TryFrom<String> for Date {
    type Error = InvalidDate;

    fn try_from(text: String) -> Result<Self, InvalidDate> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_with_or_without_a_time_and_printed_back() {
        for (text, printed) in [
            ("2019-10-25", "2019-10-25"),
            ("2024-02-29T05:00:00.000Z", "2024-02-29"),
            ("1999-1-2", "1999-01-02"),
        ] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), printed);
        }
    }

    #[test]
    fn days_that_never_were_are_refused() {
        for text in ["2023-02-29", "1900-02-29", "2020-13-01", "2020-04-31", "2020-00-10", "2020-05", "x", ""]
        {
            assert_eq!(text.parse::<Date>(), Err(InvalidDate), "{text}");
        }
    }
}
