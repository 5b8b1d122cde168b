//! One entry of a list, whatever its format: texts as people write them become a [`Channel`].

use url::Url;

use super::Channel;
use crate::live::Selector;

/// Characters of a name. Longer ones are mistakes of whoever wrote the list, and no screen shows them.
const LONGEST_NAME: usize = 200;

/// What stands between the groups of one channel.
const GROUP_SEPARATOR: char = ';';

/// The texts of an entry, none of which has to be there.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) logo: String,
    pub(super) groups: String,
    pub(super) guide_id: String,
}

impl Entry {
    /// The channel that this entry describes. Without a name it is called by the beginning of its id.
    pub(super) fn channel(&self, selector: Selector) -> Channel {
        let mut name = one_line(&self.name);
        if name.is_empty() {
            name = format!("Channel {}", &selector.to_string()[..8]);
        }
        let logo = self.logo.trim().parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"));
        let groups = self.groups.split(GROUP_SEPARATOR).map(one_line).filter(|group| !group.is_empty());
        let guide_id = Some(one_line(&self.guide_id)).filter(|id| !id.is_empty());
        Channel { name, selector, logo, groups: groups.collect(), guide_id }
    }
}

/// Without breaks and other invisible characters, which would break the lines of a playlist.
fn one_line(text: &str) -> String {
    let visible = text.replace(|c: char| c.is_control(), " ");
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_NAME).collect()
}

/// The channel that an address leads to: `acestream://` and its kin, the proxies and engines that have `/ace/` in their
/// paths or name the id by a folder, add-ons of Kodi, or the bare id. `None` for whatever else.
pub(super) fn selector(address: &str) -> Option<Selector> {
    let address = address.trim();
    let id = match address.get(.."acestream://".len()) {
        Some(scheme) if scheme.eq_ignore_ascii_case("acestream://") => &address[scheme.len()..],
        _ => address,
    };
    let id = id.split(['/', '?', '#', '&']).next().unwrap_or_default();
    let bare = Selector::read([("id", id)]).ok();
    bare.or_else(|| Url::parse(address).ok().and_then(|url| of_url(&url)))
}

fn of_url(url: &Url) -> Option<Selector> {
    let named = match url.scheme() {
        "http" | "https" => url.path().contains("/ace/"),
        "acestream" | "plugin" => true,
        _ => return None,
    };
    if !named {
        return of_folders(url);
    }
    let pairs: Vec<_> = url.query_pairs().collect();
    Selector::read(pairs.iter().map(|(name, value)| (&**name, &**value))).ok()
}

/// `/pid/{id}/…`, `/content_id/{id}/…` and `/infohash/{id}/…`, as a common proxy has it.
fn of_folders(url: &Url) -> Option<Selector> {
    let folders: Vec<&str> = url.path_segments()?.collect();
    folders.windows(2).find_map(|pair| match *pair {
        ["pid" | "content_id", id] => Selector::read([("content_id", id)]).ok(),
        ["infohash", id] => Selector::read([("infohash", id)]).ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209";

    #[test]
    fn addresses_of_channels_are_recognised_in_every_form() {
        let id = ID.parse().unwrap();
        let upper = ID.to_uppercase();
        for address in [
            ID.to_owned(),
            upper.clone(),
            format!("acestream://{ID}"),
            format!(" AceStream://{upper}/ "),
            format!("acestream://{ID}?title=Harbour"),
            format!("http://127.0.0.1:6878/ace/getstream?id={ID}"),
            format!("https://tv.example/hw/ace/manifest.m3u8?pid=1&id={ID}"),
            format!("plugin://script.module.player?action=play&id={ID}&title=x"),
        ] {
            assert_eq!(selector(&address), Some(Selector::Either(id)), "{address}");
        }
        for address in [
            format!("http://ace:6878/ace/getstream?content_id={ID}&format=json"),
            format!("acestream:?content_id={ID}"),
            format!("http://10.0.0.2:8000/content_id/{ID}/stream.mp4"),
            format!("http://10.0.0.2:8000/pid/{ID}/Some%20name.ts"),
        ] {
            assert_eq!(selector(&address), Some(Selector::Content(id)), "{address}");
        }
        for address in [
            format!("http://ace:6878/ace/getstream?infohash={upper}"),
            format!("acestream:?infohash={ID}"),
            format!("http://10.0.0.2:8000/infohash/{ID}/stream.mp4"),
        ] {
            assert_eq!(selector(&address), Some(Selector::InfoHash(id)), "{address}");
        }
    }

    #[test]
    fn other_addresses_are_no_channels() {
        for address in [
            "",
            "acestream://",
            "acestream://1234",
            "http://tv.example/live/one.m3u8",
            "http://tv.example/ace/getstream",
            &format!("http://tv.example/play?id={ID}"),
            &format!("http://tv.example/ace/getstream?id={ID}&infohash={ID}"),
            &format!("rtmp://tv.example/ace/getstream?id={ID}"),
            &ID[1..],
            "é",
        ] {
            assert_eq!(selector(address), None, "{address}");
        }
    }

    #[test]
    fn an_entry_becomes_one_clean_line() {
        let entry = Entry {
            name: " Harbour\r\n Channel\u{0} ".to_owned(),
            logo: "ftp://tv.example/logo.png".to_owned(),
            groups: "Docs; ;Local  news".to_owned(),
            guide_id: " ".to_owned(),
        };
        let selector = Selector::Either(ID.parse().unwrap());
        let channel = entry.channel(selector);
        assert_eq!(channel.name, "Harbour Channel");
        assert_eq!(channel.groups, ["Docs", "Local news"]);
        assert_eq!((channel.logo, channel.guide_id), (None, None));
        assert_eq!(Entry::default().channel(selector).name, "Channel 94c2fd8f");
    }
}
