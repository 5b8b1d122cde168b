//! Every URL that is printed, and the route that serves it, from one constant.
//!
//! The constants in [`route`] are patterns in the router's syntax. A URL is such a pattern with its
//! parameters filled in, so what is printed and what is served cannot drift apart.

pub mod route;

mod public_url;
mod signer;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::domain::{FileChoice, InfoHash};

pub use public_url::{InvalidPublicUrl, PublicUrl};
pub use signer::{LinkError, LinkKeyError, LinkSigner, VALID_AT_LEAST};

/// Everything but the characters RFC 3986 calls unreserved, so that no client rewrites the path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the addon is installed from.
pub fn manifest(base: &PublicUrl) -> Url {
    manifest_of(base, None)
}

/// Where the addon is installed from with the settings of `profile`.
pub fn manifest_of(base: &PublicUrl, profile: Option<&str>) -> Url {
    match profile {
        None => base.join(route::MANIFEST),
        Some(profile) => base.join(&fill(route::MANIFEST_OF, &[("profile", profile)])),
    }
}

/// The page that changes `profile`, as a path.
pub fn configure(profile: &str) -> String {
    fill(route::CONFIGURE_PROFILE, &[("profile", profile)])
}

/// Opens an installed Stremio and offers the addon of a manifest. The scheme always means HTTPS to the
/// client, so this works only for what is served over HTTPS.
pub fn install(manifest: &Url) -> String {
    let rest = manifest.as_str().split_once(':').map_or("", |(_, rest)| rest);
    format!("stremio:{rest}")
}

/// Opens Stremio in a browser and offers the addon of a manifest.
pub fn web_install(manifest: &Url) -> String {
    let encoded = utf8_percent_encode(manifest.as_str(), SEGMENT);
    format!("https://web.stremio.com/#/addons?addon={encoded}")
}

/// The addon's logo.
pub fn logo(base: &PublicUrl) -> Url {
    base.join(route::LOGO)
}

/// The addon's background picture.
pub fn background(base: &PublicUrl) -> Url {
    base.join(route::BACKGROUND)
}

/// A signed link to one file of a torrent, played by the rules of `profile` or of the operator. `name` is for
/// players, which guess the type from it; the token covers the hash and the choice alone.
pub fn play(
    base: &PublicUrl,
    profile: Option<&str>,
    token: &str,
    content: (InfoHash, FileChoice),
    name: &str,
) -> Url {
    let pattern = if profile.is_some() { route::PLAY_AS } else { route::PLAY };
    content_link(base, pattern, profile, token, content, name)
}

/// A signed link to a subtitle file, whose name says in which form it is wanted, fetched by the rules of `profile` or
/// of the operator. The token covers the hash and the choice alone.
pub fn captions(
    base: &PublicUrl,
    profile: Option<&str>,
    token: &str,
    content: (InfoHash, FileChoice),
    name: &str,
) -> Url {
    let pattern = if profile.is_some() { route::CAPTIONS_AS } else { route::CAPTIONS };
    content_link(base, pattern, profile, token, content, name)
}

fn content_link(
    base: &PublicUrl,
    pattern: &str,
    profile: Option<&str>,
    token: &str,
    (info_hash, file): (InfoHash, FileChoice),
    name: &str,
) -> Url {
    base.join(&fill(
        pattern,
        &[
            ("profile", profile.unwrap_or_default()),
            ("token", token),
            ("infohash", &info_hash.to_string()),
            ("file", &file.to_string()),
            ("name", display_name(name)),
        ],
    ))
}

/// A live channel as a transport stream. The channel is a parameter of the query and its id.
pub fn live_stream(base: &PublicUrl, channel: (&str, InfoHash)) -> Url {
    live(base, route::ACE_STREAM, channel)
}

/// A live channel as HLS, named as in [`live_stream`].
pub fn live_playlist(base: &PublicUrl, channel: (&str, InfoHash)) -> Url {
    live(base, route::ACE_MANIFEST, channel)
}

fn live(base: &PublicUrl, path: &str, (parameter, id): (&str, InfoHash)) -> Url {
    let mut url = base.join(path);
    url.query_pairs_mut().append_pair(parameter, &id.to_string());
    url
}

/// What stands between the parts of a source's id: no part holds it.
pub const SOURCE_ID_SEPARATOR: char = '.';

/// The id of one source of a title, signed like a play link: token, hash, choice and, where it has one, the profile
/// by whose rules it is played.
pub fn source_id(token: &str, (info_hash, file): (InfoHash, FileChoice), profile: Option<&str>) -> String {
    let id = format!("{token}.{info_hash}.{file}");
    profile.map_or_else(|| id.clone(), |profile| format!("{id}.{profile}"))
}

/// Where the bytes of a source are, as a path.
pub fn source(id: &str) -> String {
    fill(route::SOURCE, &[("sourceId", id)])
}

/// Where the progress of a job is reported, as a path.
pub fn status(job_id: &str) -> String {
    fill_raw(route::STATUS, "jobId", job_id)
}

/// Where the file of a job is served, as a path.
pub fn ready(job_id: &str) -> String {
    fill_raw(route::READY, "jobId", job_id)
}

/// Without folders, and never empty or a dot segment: both would change the path.
fn display_name(name: &str) -> &str {
    match name.rsplit(['/', '\\']).next() {
        None | Some("" | "." | "..") => "video",
        Some(name) => name,
    }
}

fn fill(pattern: &str, parameters: &[(&str, &str)]) -> String {
    let segments = pattern.split('/').map(|segment| {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match name.and_then(|name| parameters.iter().find(|(parameter, _)| *parameter == name)) {
            Some((_, value)) => utf8_percent_encode(value, SEGMENT).to_string(),
            None => segment.to_owned(),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Job ids are hexadecimal digits, numbers and colons, all of which a path takes as they are; the
/// specification prints them so.
fn fill_raw(pattern: &str, parameter: &str, value: &str) -> String {
    pattern.replace(&format!("{{{parameter}}}"), value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FileIndex;

    fn base(text: &str) -> PublicUrl {
        text.parse().unwrap()
    }

    fn play_named(name: &str) -> String {
        let hash = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c".parse().unwrap();
        let file = FileChoice::Index(FileIndex(1));
        play(&base("https://tv.example/hw"), None, "tok-en_1", (hash, file), name).to_string()
    }

    #[test]
    fn install_links_name_the_manifest() {
        let base = base("http://192.168.1.5:7000");
        let manifest = manifest(&base);
        assert_eq!(manifest.as_str(), "http://192.168.1.5:7000/manifest.json");
        assert_eq!(install(&manifest), "stremio://192.168.1.5:7000/manifest.json");
        assert_eq!(
            web_install(&manifest),
            "https://web.stremio.com/#/addons?addon=http%3A%2F%2F192.168.1.5%3A7000%2Fmanifest.json"
        );
        assert_eq!(manifest_of(&base, Some("~a/b")).path(), "/~a%2Fb/manifest.json");
    }

    #[test]
    fn play_links_carry_the_name_as_one_segment() {
        let prefix = "https://tv.example/hw/play/tok-en_1/dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c/1/";
        for (name, segment) in [
            ("Big Buck Bunny.mp4", "Big%20Buck%20Bunny.mp4"),
            ("100% [x] {token} #1?.mkv", "100%25%20%5Bx%5D%20%7Btoken%7D%20%231%3F.mkv"),
            ("Größe.mkv", "Gr%C3%B6%C3%9Fe.mkv"),
            ("Season 1/02.mkv", "02.mkv"),
            ("a\\b.mkv", "b.mkv"),
            ("..", "video"),
            ("a/.", "video"),
            ("", "video"),
        ] {
            assert_eq!(play_named(name), format!("{prefix}{segment}"), "{name}");
        }
    }

    #[test]
    fn play_links_carry_the_profile_in_front_and_the_choice_behind_the_hash() {
        let hash = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c".parse().unwrap();
        let file = FileChoice::Episode { season: 1, episode: 2 };
        let link = play(&base("https://tv.example"), Some("p-1"), "t", (hash, file), "a.mkv");
        assert_eq!(link.path(), "/p-1/play/t/dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c/s1e2/a.mkv");
    }

    #[test]
    fn job_links_are_paths_with_the_id_as_it_is() {
        assert_eq!(status("abc:0:17"), "/stream/status/abc:0:17");
        assert_eq!(ready("abc:0:17"), "/stream/ready/abc:0:17");
    }
}
