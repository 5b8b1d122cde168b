//! Lists as M3U, with the attributes that players of television have agreed on.

use super::entry::{Entry, selector};
use super::list::{NotAList, Reading};

const HEAD: &str = "#EXTM3U";
const INFO: &str = "#EXTINF:";
const GROUP: &str = "#EXTGRP:";

/// Reads a list: an address per line, each described by the lines that begin with `#` before it. A text without the
/// usual first line is one only if it names a channel.
pub(super) fn read(text: &str) -> Result<Reading, NotAList> {
    let mut reading = Reading::default();
    let mut entry = Entry::default();
    // Old systems ended lines by CR alone.
    for line in text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(info) = after(line, INFO) {
            entry = described(info);
        } else if let Some(group) = after(line, GROUP) {
            if entry.groups.is_empty() {
                group.clone_into(&mut entry.groups);
            }
        } else if !line.starts_with('#') {
            let entry = std::mem::take(&mut entry);
            match selector(line) {
                Some(selector) => reading.channels.push(entry.channel(selector)),
                None => reading.skipped += 1,
            }
        }
    }
    let is_list = after(text, HEAD).is_some() || !reading.channels.is_empty();
    is_list.then_some(reading).ok_or(NotAList)
}

/// What stands behind a word at the beginning, in whatever case the word is.
fn after<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let (head, rest) = line.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

/// `-1 tvg-id="…" group-title="…",Name`: the name stands behind the first comma outside of quotes.
fn described(info: &str) -> Entry {
    let mut entry = Entry::default();
    let mut rest = info;
    // The duration, which says nothing of a channel, ends at a space or at the comma of the name.
    rest = &rest[rest.find([' ', '\t', ',']).unwrap_or(rest.len())..];
    loop {
        rest = rest.trim_start();
        if let Some(name) = rest.strip_prefix(',') {
            name.clone_into(&mut entry.name);
            return entry;
        }
        let end = rest.find(['=', ',', ' ', '\t']).unwrap_or(rest.len());
        let (key, behind) = rest.split_at(end);
        let Some(behind) = behind.strip_prefix('=') else {
            if behind.is_empty() {
                return entry;
            }
            // A word without a value; the comma or space that ended it is looked at next.
            rest = behind;
            continue;
        };
        let (value, behind) = value(behind);
        match key.to_ascii_lowercase().as_str() {
            "tvg-id" => value.clone_into(&mut entry.guide_id),
            "tvg-logo" => value.clone_into(&mut entry.logo),
            "group-title" => value.clone_into(&mut entry.groups),
            // The name behind the comma replaces it, if there is one.
            "tvg-name" => value.clone_into(&mut entry.name),
            _ => {}
        }
        rest = behind;
    }
}

/// A value, in quotes of either kind or up to the next space or comma, and what stands behind it.
fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    text.split_at(text.find([',', ' ', '\t']).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::channels::Channel;

    const ID: &str = "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209";

    /// The channel of one description.
    fn channel(info: &str) -> Channel {
        let mut reading = read(&format!("{info}\nacestream://{ID}")).unwrap();
        assert_eq!((reading.channels.len(), reading.skipped), (1, 0), "{info}");
        reading.channels.remove(0)
    }

    #[test]
    fn the_usual_attributes_are_read() {
        let channel = channel(
            r#"#EXTINF:-1 tvg-id="harbour.tv" tvg-logo="https://tv.example/a,b.png" group-title="Docs, slow",Harbour, live"#,
        );
        assert_eq!(channel.name, "Harbour, live");
        assert_eq!(channel.guide_id.as_deref(), Some("harbour.tv"));
        assert_eq!(channel.logo.unwrap().as_str(), "https://tv.example/a,b.png");
        assert_eq!(channel.groups, ["Docs, slow"]);
    }

    #[test]
    fn carelessly_written_descriptions_are_read_too() {
        for info in [
            "#EXTINF:-1,Harbour",
            "#extinf:0 , Harbour ",
            "#EXTINF:-1 tvg-id=harbour.tv catchup group-title='Docs',Harbour",
            "#EXTINF:-1 tvg-logo=\"\"  tvg-shift=0,Harbour",
            "#EXTINF:-1 tvg-name=\"Harbour\"",
            "#EXTINF:-1,Harbour\n#EXTVLCOPT:network-caching=1000",
        ] {
            assert_eq!(channel(info).name, "Harbour", "{info}");
        }
        assert_eq!(channel("#EXTINF:-1,A\n#EXTGRP:Docs").groups, ["Docs"]);
        assert_eq!(channel("#EXTINF:-1 group-title=\"News\",A\n#EXTGRP:Docs").groups, ["News"]);
        // Nothing says where the quotes end.
        assert_eq!(channel("#EXTINF:-1 group-title=\"News,A").name, "Channel 94c2fd8f");
    }

    #[test]
    fn any_line_end_will_do_and_a_description_is_for_one_address() {
        for end in ["\n", "\r\n", "\r"] {
            let lines = ["#EXTM3U url-tvg=\"x\"", "#EXTINF:-1,Film", "https://tv.example/film.mp4", "", ID];
            let reading = read(&lines.join(end)).unwrap();
            assert_eq!(reading.skipped, 1);
            assert_eq!(reading.channels.len(), 1);
            assert_eq!(reading.channels[0].name, "Channel 94c2fd8f", "the film's name is not the channel's");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_fail_otherwise(text in "(#EXTINF:|[\"',=\n é]|tvg-logo|\\PC){0,40}") {
            let _ = read(&text);
        }
    }
}
