//! The channels as Stremio shows them: a catalogue of type `tv`, a page and two streams for each.

use super::{Channel, Lineup};
use crate::links::{self, PublicUrl};
use crate::stremio::manifest::{Catalog, MAX_BYTES, Manifest};
use crate::stremio::meta::{MetaHints, PosterShape};
use crate::stremio::stream::StreamHints;
use crate::stremio::{Body, CATALOG_PAGE, CacheHint, CatalogExtra, Meta, MetaPreview, Response, Stream};

/// The content type of channels.
pub const TV: &str = "tv";

/// How the ids of channels begin.
const PREFIX: &str = "ace:";

/// The catalogue as the manifest names it, without its genres.
const CATALOG: &str = include_str!("../../../manifest/live-channels.json");

/// Lists change when the operator changes them, and clients shall see that soon.
const HINT: CacheHint = CacheHint { max_age: 300, stale_revalidate: 3_600, stale_error: 24 * 3_600 };

/// A channel that is not in the list now may be there in a moment.
const NOTHING: CacheHint = CacheHint { max_age: 60, stale_revalidate: 60, stale_error: 60 };

/// Adds to a manifest what the channels need. Without channels it stays as it is.
pub fn declare(lineup: &Lineup, manifest: &mut Manifest) {
    if lineup.is_empty() {
        return;
    }
    manifest.types.push(TV.to_owned());
    manifest.id_prefixes.push(PREFIX.to_owned());
    let ours = |name: &str| matches!(name, "catalog" | "meta" | "stream");
    for entry in manifest.resources.iter_mut().filter(|entry| ours(&entry.name)) {
        entry.types.push(TV.to_owned());
        if let Some(prefixes) = &mut entry.id_prefixes {
            prefixes.push(PREFIX.to_owned());
        }
    }
    manifest.catalogs.push(catalog_entry());
    let genres = fitting(lineup.groups(), room(manifest));
    let entry = manifest.catalogs.last_mut().expect("it was pushed above");
    for extra in entry.extra.iter_mut().filter(|extra| extra.name == "genre") {
        extra.options.clone_from(&genres);
    }
    if genres.is_empty() {
        entry.extra.retain(|extra| extra.name != "genre");
    }
}

fn catalog_entry() -> Catalog {
    serde_json::from_str(CATALOG).expect("the embedded catalogue is read by a test of every build")
}

/// Bytes that a manifest may still grow by.
fn room(manifest: &Manifest) -> usize {
    let length = serde_json::to_string(manifest).map_or(MAX_BYTES, |text| text.len());
    // Around the list of genres stand the name of its property and brackets.
    MAX_BYTES.saturating_sub(length + r#","options":[]"#.len())
}

/// The first groups whose names take no more than `room` bytes of JSON.
fn fitting(groups: Vec<&str>, mut room: usize) -> Vec<String> {
    let fits = |group: &&str| {
        let written = serde_json::to_string(group).map_or(usize::MAX, |text| text.len().saturating_add(1));
        room.checked_sub(written).map(|left| room = left).is_some()
    };
    groups.into_iter().take_while(fits).map(str::to_owned).collect()
}

/// One page of a catalogue of type `tv`; empty where there is no such catalogue.
pub fn catalog(lineup: &Lineup, id: &str, extra: &CatalogExtra) -> Response {
    let is_known = id == catalog_entry().id;
    let channels = lineup.channels().iter().filter(|channel| is_known && matches(channel, extra));
    let metas = channels.skip(extra.skip).take(CATALOG_PAGE).map(preview).collect();
    Response { body: Body::Metas(metas), cache: HINT }
}

fn matches(channel: &Channel, extra: &CatalogExtra) -> bool {
    let found = extra.search.as_deref().is_none_or(|search| {
        let text = format!("{} {}", channel.name, channel.groups.join(" ")).to_lowercase();
        search.to_lowercase().split_whitespace().all(|word| text.contains(word))
    });
    found && extra.genre.as_ref().is_none_or(|genre| channel.groups.contains(genre))
}

/// The page of a channel.
pub fn meta(lineup: &Lineup, id: &str) -> Option<Response> {
    let channel = find(lineup, id)?;
    let meta = Meta {
        preview: preview(channel),
        logo: channel.logo.clone(),
        background: None,
        runtime: None,
        director: Vec::new(),
    };
    Some(Response { body: Body::Meta(Box::new(meta)), cache: HINT })
}

/// The streams of a channel, with links that begin with `base`: the transport stream first, which starts sooner and
/// which every player but a browser's takes.
pub fn streams(lineup: &Lineup, id: &str, base: &PublicUrl) -> Response {
    let Some(channel) = find(lineup, id) else {
        return Response { body: Body::Streams(Vec::new()), cache: NOTHING };
    };
    let row = |form: &str, said: &str, url, is_web_ready: bool| Stream {
        url,
        name: format!("Headwater Live\n{form}"),
        description: format!("{}\n📺 {said}", channel.name),
        behavior_hints: StreamHints {
            binge_group: format!("headwater|live|{}", form.to_lowercase()),
            filename: None,
            video_size: None,
            video_hash: None,
            not_web_ready: !is_web_ready,
        },
    };
    let rows = vec![
        row("TS", "Starts fastest: apps, televisions, VLC", links::live_stream(base, channel.query()), false),
        // Browsers refuse what comes over plain HTTP to their HTTPS pages.
        row(
            "HLS",
            "Pause and rewind: browsers, iPhone",
            links::live_playlist(base, channel.query()),
            base.is_https(),
        ),
    ];
    Response { body: Body::Streams(rows), cache: HINT }
}

fn find<'a>(lineup: &'a Lineup, id: &str) -> Option<&'a Channel> {
    let hex = id.strip_prefix(PREFIX).filter(|hex| hex.len() == 40)?;
    lineup.of(hex.parse().ok()?)
}

fn preview(channel: &Channel) -> MetaPreview {
    let id = format!("{PREFIX}{}", channel.id());
    MetaPreview {
        behavior_hints: MetaHints { default_video_id: id.clone() },
        id,
        kind: TV.to_owned(),
        name: channel.name.clone(),
        poster: channel.logo.clone(),
        poster_shape: PosterShape::Square,
        description: format!("Live: {}", channel.name),
        release_info: None,
        genres: channel.groups.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::live::channels::list;

    const ONE: &str = "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209";

    fn lineup(text: &str) -> Lineup {
        Lineup::new(list::read(text).unwrap().channels)
    }

    fn two() -> Lineup {
        lineup(&format!(
            r#"[{{ "name": "Harbour", "id": "{ONE}", "logo": "https://tv.example/a.png", "group": "Slow" }},
                {{ "name": "Kite TV", "infohash": "0000000000000000000000000000000000000002" }},
                {{ "name": "Harbour again", "id": "{ONE}", "group": "Gone" }}]"#
        ))
    }

    /// A manifest with the parts that channels add to.
    fn manifest() -> Manifest {
        let text = json!({
            "id": "a.b", "name": "A", "description": "D", "types": ["movie"], "idPrefixes": ["tt"],
            "resources": [
                { "name": "catalog", "types": ["movie"] },
                { "name": "meta", "types": ["movie"], "idPrefixes": ["tt1"] },
                { "name": "stream", "types": ["movie"], "idPrefixes": ["tt"] },
                { "name": "subtitles", "types": ["movie"] },
            ],
            "catalogs": [],
            "behaviorHints": { "adult": false, "p2p": false, "configurable": true, "configurationRequired": false },
        });
        serde_json::from_value(text).unwrap()
    }

    fn names(lineup: &Lineup, id: &str, extra: &CatalogExtra) -> Vec<String> {
        let answer = serde_json::to_value(catalog(lineup, id, extra)).unwrap();
        let metas = answer["metas"].as_array().unwrap().iter();
        metas.map(|meta| meta["name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_manifest_names_channels_where_there_are_any() {
        let mut with = manifest();
        declare(&Lineup::default(), &mut with);
        assert_eq!(with, manifest());
        declare(&two(), &mut with);
        let with = serde_json::to_value(with).unwrap();
        assert_eq!(with["types"], json!(["movie", "tv"]));
        assert_eq!(with["idPrefixes"], json!(["tt", "ace:"]));
        assert_eq!(with["resources"][0], json!({ "name": "catalog", "types": ["movie", "tv"] }));
        assert_eq!(with["resources"][1]["idPrefixes"], json!(["tt1", "ace:"]));
        assert_eq!(with["resources"][2]["types"], json!(["movie", "tv"]));
        assert_eq!(with["resources"][3]["types"], json!(["movie"]));
        assert_eq!(with["catalogs"][0]["extra"][1], json!({ "name": "genre", "options": ["Slow"] }));
    }

    #[test]
    fn a_manifest_with_many_groups_still_fits_into_an_account() {
        let channel = |n: usize| json!({ "name": "A", "id": format!("{n:040x}"), "group": format!("Gruppe \"{n}\" ÄÖÜ") });
        let many = lineup(&Value::from_iter((0..900).map(channel)).to_string());
        let mut with = manifest();
        declare(&many, &mut with);
        let length = serde_json::to_string(&with).unwrap().len();
        assert!((MAX_BYTES - 100..=MAX_BYTES).contains(&length), "{length}");
    }

    #[test]
    fn lists_without_groups_offer_no_genres() {
        let mut with = manifest();
        declare(&lineup(&format!(r#"[{{ "id": "{ONE}" }}]"#)), &mut with);
        let extra: Vec<_> = with.catalogs[0].extra.iter().map(|extra| extra.name.as_str()).collect();
        assert_eq!(extra, ["search", "skip"]);
    }

    #[test]
    fn the_catalogue_searches_filters_and_pages() {
        let (two, all) = (two(), CatalogExtra::default());
        assert_eq!(names(&two, "live-channels", &all), ["Harbour", "Kite TV"]);
        assert!(names(&two, "open-movies", &all).is_empty());
        let searched = |words: &str| CatalogExtra { search: Some(words.to_owned()), ..all.clone() };
        assert_eq!(names(&two, "live-channels", &searched("tv kite")), ["Kite TV"]);
        assert_eq!(names(&two, "live-channels", &searched("slow")), ["Harbour"]);
        let genre = CatalogExtra { genre: Some("Slow".to_owned()), ..all.clone() };
        assert_eq!(names(&two, "live-channels", &genre), ["Harbour"]);
        let skip = CatalogExtra { skip: 1, ..all };
        assert_eq!(names(&two, "live-channels", &skip), ["Kite TV"]);
        let channel = |n: usize| json!({ "name": n.to_string(), "id": format!("{n:040x}") });
        let many = lineup(&Value::from_iter((0..150).map(channel)).to_string());
        let page =
            |skip| names(&many, "live-channels", &CatalogExtra { skip, ..CatalogExtra::default() }).len();
        assert_eq!((page(0), page(100), page(200)), (100, 50, 0));
    }

    #[test]
    fn a_channel_has_a_page_and_two_streams() {
        let answer = serde_json::to_value(meta(&two(), &format!("ace:{ONE}")).unwrap()).unwrap();
        assert_eq!(
            answer["meta"],
            json!({
                "id": format!("ace:{ONE}"), "type": "tv", "name": "Harbour", "poster": "https://tv.example/a.png",
                "posterShape": "square", "description": "Live: Harbour", "genres": ["Slow"],
                "logo": "https://tv.example/a.png", "behaviorHints": { "defaultVideoId": format!("ace:{ONE}") },
            })
        );
        for (base, is_web_ready) in [("https://tv.example", true), ("http://10.0.0.2:7000", false)] {
            let answer = streams(&two(), &format!("ace:{ONE}"), &base.parse().unwrap());
            let answer = serde_json::to_value(answer).unwrap();
            assert_eq!(answer["streams"][0]["url"], format!("{base}/ace/getstream?id={ONE}"));
            assert_eq!(answer["streams"][0]["behaviorHints"]["notWebReady"], true);
            assert_eq!(answer["streams"][1]["url"], format!("{base}/ace/manifest.m3u8?id={ONE}"));
            assert_eq!(answer["streams"][1]["behaviorHints"]["notWebReady"], !is_web_ready);
        }
    }

    #[test]
    fn other_ids_have_neither() {
        let base = "https://tv.example".parse().unwrap();
        for id in ["", "ace:", ONE, "tt1254207", "ace:0000000000000000000000000000000000000009"] {
            assert_eq!(meta(&two(), id), None, "{id}");
            assert_eq!(streams(&two(), id, &base).body, Body::Streams(Vec::new()), "{id}");
        }
    }
}
