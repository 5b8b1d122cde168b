//! The channels as a list for players of television such as VLC, TiviMate and Kodi.

use std::fmt::Write as _;

use super::{Channel, Lineup};
use crate::links::{self, PublicUrl};

/// What the entries lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The transport stream itself.
    Ts,
    /// HLS, by which players can pause and rewind.
    Hls,
}

/// An M3U of all channels, with links that begin with `base`.
pub fn write(lineup: &Lineup, base: &PublicUrl, form: Form) -> String {
    let mut text = "#EXTM3U\n".to_owned();
    for channel in lineup.channels() {
        let url = match form {
            Form::Ts => links::live_stream(base, channel.query()),
            Form::Hls => links::live_playlist(base, channel.query()),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}\n{url}", described(channel));
    }
    text
}

fn described(channel: &Channel) -> String {
    let name = without_quotes(&channel.name);
    let mut line = "#EXTINF:-1".to_owned();
    let logo = channel.logo.as_ref().map(ToString::to_string).unwrap_or_default();
    for (key, value) in [
        ("tvg-id", channel.guide_id.as_deref().unwrap_or_default()),
        ("tvg-name", &channel.name),
        ("tvg-logo", &logo),
        ("group-title", &channel.groups.join(";")),
    ] {
        if !value.is_empty() {
            let _ = write!(line, " {key}=\"{}\"", without_quotes(value));
        }
    }
    format!("{line},{name}")
}

/// The format has no way to write a quote inside of quotes, and some players look for the last one in the line to find
/// where the name begins.
fn without_quotes(text: &str) -> String {
    text.replace('"', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::channels::list;

    const LIST: &str = r#"[
        { "name": "Harbour, \"live\"", "id": "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209", "group": "Docs;Slow",
          "logo": "https://tv.example/a b.png", "guide_id": "harbour.tv" },
        { "name": "Größe #2", "infohash": "0000000000000000000000000000000000000002" }
    ]"#;

    fn lineup() -> Lineup {
        Lineup::new(list::read(LIST).unwrap().channels)
    }

    #[test]
    fn players_get_links_of_this_server() {
        let base = "https://tv.example/hw".parse().unwrap();
        assert_eq!(
            write(&lineup(), &base, Form::Ts),
            "#EXTM3U\n\
             #EXTINF:-1 tvg-id=\"harbour.tv\" tvg-name=\"Harbour, 'live'\" tvg-logo=\"https://tv.example/a%20b.png\" \
             group-title=\"Docs;Slow\",Harbour, 'live'\n\
             https://tv.example/hw/ace/getstream?id=94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209\n\
             #EXTINF:-1 tvg-name=\"Größe #2\",Größe #2\n\
             https://tv.example/hw/ace/getstream?infohash=0000000000000000000000000000000000000002\n"
        );
        let hls = write(&lineup(), &base, Form::Hls);
        assert!(
            hls.contains("/ace/manifest.m3u8?infohash=0000000000000000000000000000000000000002\n"),
            "{hls}"
        );
    }

    #[test]
    fn what_is_written_can_be_an_operators_list() {
        let base = "http://10.0.0.2:7000".parse().unwrap();
        for form in [Form::Ts, Form::Hls] {
            let read = list::read(&write(&lineup(), &base, form)).unwrap();
            assert_eq!(read.skipped, 0);
            let ids = |channels: &[Channel]| channels.iter().map(|it| it.selector).collect::<Vec<_>>();
            assert_eq!(ids(&read.channels), ids(lineup().channels()));
            assert_eq!(read.channels[0].groups, ["Docs", "Slow"]);
        }
    }
}
