//! Lists as JSON: an array of channels, or an object that holds one as `channels`.

use serde_json::{Map, Value};

use super::entry::{Entry, selector};
use super::list::{NotAList, Reading};
use super::{Channel, Selector};

/// Reads a list. An entry is an object with `name`, `logo`, `group` and `guide_id`, and with the channel as `infohash`,
/// `content_id`, `id` or `url`; the first of them that names a channel counts. All but one of those may be absent.
pub(super) fn read(text: &str) -> Result<Reading, NotAList> {
    let value: Value = serde_json::from_str(text).map_err(|_| NotAList)?;
    let entries = match &value {
        Value::Array(entries) => entries,
        Value::Object(object) => object.get("channels").and_then(Value::as_array).ok_or(NotAList)?,
        _ => return Err(NotAList),
    };
    let mut reading = Reading::default();
    for entry in entries {
        match entry.as_object().and_then(channel) {
            Some(channel) => reading.channels.push(channel),
            None => reading.skipped += 1,
        }
    }
    Ok(reading)
}

fn channel(object: &Map<String, Value>) -> Option<Channel> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let by_id = ["infohash", "content_id", "id"];
    let found = by_id.iter().find_map(|key| Selector::read([(*key, text(key))]).ok());
    let selector = found.or_else(|| selector(text("url")))?;
    let entry = Entry {
        name: text("name").to_owned(),
        logo: text("logo").to_owned(),
        groups: text("group").to_owned(),
        guide_id: text("guide_id").to_owned(),
    };
    Some(entry.channel(selector))
}

/// The same as text, which [`read`] reads, with `of` as a mark beside it.
pub(super) fn write(channels: &[Channel], of: &str) -> String {
    let entries = channels.iter().map(|channel| {
        let (parameter, id) = channel.query();
        let mut entry = Map::new();
        entry.insert("name".to_owned(), channel.name.clone().into());
        entry.insert(parameter.to_owned(), id.to_string().into());
        if let Some(logo) = &channel.logo {
            entry.insert("logo".to_owned(), logo.as_str().into());
        }
        if let Some(guide_id) = &channel.guide_id {
            entry.insert("guide_id".to_owned(), guide_id.clone().into());
        }
        entry.insert("group".to_owned(), channel.groups.join(";").into());
        Value::Object(entry)
    });
    serde_json::json!({ "of": of, "channels": entries.collect::<Vec<_>>() }).to_string()
}

/// The mark of a text that [`write()`] has written.
pub(super) fn mark(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    Some(value.get("of")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209";
    const TWO: &str = "0000000000000000000000000000000000000002";

    #[test]
    fn entries_name_their_channel_in_one_of_four_ways() {
        let text = serde_json::json!({ "channels": [
            { "name": "A", "id": ONE, "logo": "https://tv.example/a.png", "group": "Docs" },
            { "name": "B", "id": "channel-2", "url": format!("acestream://{ONE}") },
            { "name": "C", "id": ONE, "infohash": TWO },
            { "name": "D", "content_id": TWO, "id": 7 },
            { "name": "E", "url": "https://tv.example/e.m3u8" },
            "F",
        ]});
        let reading = read(&text.to_string()).unwrap();
        let seen: Vec<_> = reading.channels.iter().map(|it| (it.name.as_str(), it.selector)).collect();
        let (one, two) = (ONE.parse().unwrap(), TWO.parse().unwrap());
        assert_eq!(
            seen,
            [
                ("A", Selector::Either(one)),
                ("B", Selector::Either(one)),
                ("C", Selector::InfoHash(two)),
                ("D", Selector::Content(two)),
            ]
        );
        assert_eq!(reading.skipped, 2);
        assert_eq!(reading.channels[0].groups, ["Docs"]);
        assert_eq!(reading.channels[0].logo.as_ref().unwrap().as_str(), "https://tv.example/a.png");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let list = serde_json::json!([
            { "name": "A \"quoted\"", "id": ONE, "logo": "https://tv.example/a.png", "group": "Docs;News", "guide_id": "a.tv" },
            { "name": "B", "content_id": TWO },
        ]);
        let channels = read(&list.to_string()).unwrap().channels;
        let text = write(&channels, "mark");
        assert_eq!(read(&text).unwrap().channels, channels);
        assert_eq!(mark(&text).as_deref(), Some("mark"));
        assert_eq!(mark("[]"), None);
    }
}
