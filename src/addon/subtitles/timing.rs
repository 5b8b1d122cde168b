//! Points in time as subtitle formats write them.

/// Milliseconds from `H:MM:SS.cc`, `HH:MM:SS,mmm`, or `MM:SS.mmm`, as far as the text is one of them.
pub(super) fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let (clock, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let mut parts = clock.rsplit(':').map(|part| digits(part.trim()));
    let seconds = parts.next()??;
    let minutes = parts.next()??;
    let hours = parts.next().unwrap_or(Some(0))?;
    let is_sane = parts.next().is_none() && seconds < 60 && minutes < 60 && hours < 1000;
    let milliseconds = match fraction.len() {
        0 => 0,
        length @ 1..=3 => digits(fraction)? * 10_u64.pow(3 - u32::try_from(length).ok()?),
        _ => return None,
    };
    is_sane.then_some(((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds)
}

/// `HH:MM:SS` and, behind `separator`, three digits.
pub(super) fn print(milliseconds: u64, separator: char) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{separator}{rest:03}")
}

fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_time_is_read_and_printed() {
        for (text, expected) in [
            ("0:00:01.50", Some(1_500)),
            ("01:02:03,004", Some(3_723_004)),
            ("02:03.004", Some(123_004)),
            ("00:00:01", Some(1_000)),
            ("123:00:00.000", Some(442_800_000)),
            ("00:61:00", None),
            ("1", None),
            ("a:b", None),
            ("1:2:3:4", None),
            ("00:00:01.0000", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(print(3_723_004, ','), "01:02:03,004");
    }
}
