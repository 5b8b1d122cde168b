//! A list of channels as text: which format it has, and what could be read of it.

use super::{Channel, json, m3u};

/// Channels beyond these are left out: more than anybody scrolls through, and a bound on memory.
const MOST_CHANNELS: usize = 10_000;

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// The channels, in the order of the list.
    pub(super) channels: Vec<Channel>,
    /// Entries that lead to no channel of AceStream.
    pub(super) skipped: usize,
}

/// The text is no list: neither JSON of a known shape nor M3U.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is neither an M3U nor a JSON list of channels")]
pub(super) struct NotAList;

/// Reads a list.
///
/// # Errors
/// See [`NotAList`]. A list without channels is one all the same.
pub(super) fn read(text: &str) -> Result<Reading, NotAList> {
    let text = text.trim_start();
    let mut reading = if text.starts_with(['[', '{']) { json::read(text)? } else { m3u::read(text)? };
    let beyond = reading.channels.len().saturating_sub(MOST_CHANNELS);
    reading.channels.truncate(MOST_CHANNELS);
    reading.skipped += beyond;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209";

    fn names(text: &str) -> Result<Vec<String>, NotAList> {
        Ok(read(text)?.channels.into_iter().map(|channel| channel.name).collect())
    }

    #[test]
    fn the_format_is_seen_by_the_beginning() {
        assert_eq!(names(&format!("\n #EXTM3U\n#EXTINF:-1,A\n{ID}")), Ok(vec!["A".to_owned()]));
        assert_eq!(names(&format!(" [{{\"name\":\"A\",\"id\":\"{ID}\"}}]")), Ok(vec!["A".to_owned()]));
        assert_eq!(names(ID), Ok(vec!["Channel 94c2fd8f".to_owned()]));
        assert_eq!(names("#EXTM3U"), Ok(Vec::new()));
        assert_eq!(names("[]"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_list_is_not_taken_for_an_empty_one() {
        for text in
            ["", "<!doctype html><title>Sign in</title>", "Not found", "{\"error\":\"key\"}", "[1", "{"]
        {
            assert_eq!(read(text), Err(NotAList), "{text}");
        }
    }

    #[test]
    fn a_list_has_an_end() {
        let text: String = (0..=MOST_CHANNELS).map(|number| format!("{number:040x}\n")).collect();
        let reading = read(&text).unwrap();
        assert_eq!((reading.channels.len(), reading.skipped), (MOST_CHANNELS, 1));
    }
}
