//! From the raw path of a request to what it asks for.
//!
//! The path must arrive as it was sent: decoding it as a whole first would turn an encoded `/`, `&` or
//! `=` inside a value into structure. Clients encode each part with the rules of
//! `encodeURIComponent`, and some leave `:` as it is; both forms are read.

use percent_encoding::percent_decode_str;

use super::{CatalogExtra, SubtitlesExtra};

/// A request of the addon protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// `/manifest.json`
    Manifest,
    /// `/catalog/{type}/{id}[/{extra}].json`
    Catalog {
        /// The content type: `movie`, `series`, …
        kind: String,
        /// Which catalogue.
        id: String,
        /// Search, genre and paging.
        extra: CatalogExtra,
    },
    /// `/meta/{type}/{id}.json`
    Meta {
        /// The content type.
        kind: String,
        /// Which title.
        id: String,
    },
    /// `/stream/{type}/{id}.json`
    Stream {
        /// The content type.
        kind: String,
        /// Which video.
        id: String,
    },
    /// `/subtitles/{type}/{id}[/{extra}].json`
    Subtitles {
        /// The content type.
        kind: String,
        /// Which video.
        id: String,
        /// What the client knows about the file.
        extra: SubtitlesExtra,
    },
}

/// A [`Resource`] and the install it was asked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// The profile segment in front, decoded; absent for the default profile.
    pub profile: Option<String>,
    /// What is asked for.
    pub resource: Resource,
}

/// Why a path is no request of the addon protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No route has this shape: answer 404.
    #[error("there is no such resource")]
    NotFound,
    /// A `%` without two hexadecimal digits after it: answer 400.
    #[error("a percent sign must be followed by two hexadecimal digits")]
    BadEscape,
    /// The decoded bytes are not text: answer 400.
    #[error("the path is not UTF-8 once decoded")]
    NotUtf8,
    /// A numeric property holds something else: answer 400.
    #[error("{0} must be a whole number")]
    NotANumber(&'static str),
}

/// The resource names. A profile cannot be called like one of them, or paths would be ambiguous.
const NAMES: [&str; 4] = ["catalog", "meta", "stream", "subtitles"];

/// Reads a raw request path, without its query.
///
/// # Errors
/// [`PathError::NotFound`] when the shape is unknown, the others when it is known but malformed.
pub fn parse(raw_path: &str) -> Result<Addressed, PathError> {
    let stem =
        raw_path.strip_prefix('/').and_then(|path| path.strip_suffix(".json")).ok_or(PathError::NotFound)?;
    let segments: Vec<&str> = stem.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(PathError::NotFound);
    }
    let (profile, rest) = split_profile(&segments);
    let resource = resource(rest)?;
    Ok(Addressed { profile: profile.map(decode).transpose()?, resource })
}

/// Decodes one part of a path, strictly: a malformed escape is an error rather than text.
pub(super) fn decode(raw: &str) -> Result<String, PathError> {
    let complete = raw
        .split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    if !complete {
        return Err(PathError::BadEscape);
    }
    percent_decode_str(raw).decode_utf8().map(|text| text.into_owned()).map_err(|_| PathError::NotUtf8)
}

fn split_profile<'a, 'b>(segments: &'b [&'a str]) -> (Option<&'a str>, &'b [&'a str]) {
    match segments {
        [profile, rest @ ..] if !rest.is_empty() && !NAMES.contains(profile) => (Some(profile), rest),
        _ => (None, segments),
    }
}

fn resource(segments: &[&str]) -> Result<Resource, PathError> {
    let (name, kind, id, extra) = match *segments {
        ["manifest"] => return Ok(Resource::Manifest),
        [name @ ("catalog" | "meta" | "stream" | "subtitles"), kind, id] => (name, kind, id, ""),
        [name @ ("catalog" | "subtitles"), kind, id, extra] => (name, kind, id, extra),
        _ => return Err(PathError::NotFound),
    };
    let (kind, id) = (decode(kind)?, decode(id)?);
    Ok(match name {
        "catalog" => Resource::Catalog { kind, id, extra: CatalogExtra::parse(extra)? },
        "meta" => Resource::Meta { kind, id },
        "stream" => Resource::Stream { kind, id },
        _ => Resource::Subtitles { kind, id, extra: SubtitlesExtra::parse(extra)? },
    })
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_client_encodes_is_read_back(kind in ".{1,8}", id in ".{1,20}", search in ".{0,20}") {
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let path = format!("/catalog/{}/{}/search={}.json", encode(&kind), encode(&id), encode(&search));
            let extra = CatalogExtra { search: Some(search), ..CatalogExtra::default() };
            prop_assert_eq!(ask(&path), Ok(Resource::Catalog { kind, id, extra }));
        }

        #[test]
        fn no_path_makes_the_reader_fail_otherwise(path in "(/|%|=|&|\\.json|stream|catalog|manifest|\\PC){0,12}") {
            let _ = parse(&path);
        }
    }

    fn stream(kind: &str, id: &str) -> Resource {
        Resource::Stream { kind: kind.to_owned(), id: id.to_owned() }
    }

    fn ask(path: &str) -> Result<Resource, PathError> {
        let addressed = parse(path)?;
        assert_eq!(addressed.profile, None, "{path}");
        Ok(addressed.resource)
    }

    #[test]
    fn ids_are_read_with_raw_and_encoded_colons() {
        for path in [
            "/stream/series/tt0898266:9:17.json",
            "/stream/series/tt0898266%3A9%3A17.json",
            "/stream/series/tt0898266%3a9:17.json",
        ] {
            assert_eq!(ask(path), Ok(stream("series", "tt0898266:9:17")), "{path}");
        }
    }

    #[test]
    fn each_part_is_decoded_on_its_own() {
        assert_eq!(ask("/stream/movie/a%2Fb%26c.json"), Ok(stream("movie", "a/b&c")));
        assert_eq!(ask("/stream/movie/a%252Fb.json"), Ok(stream("movie", "a%2Fb")));
        assert_eq!(ask("/stream/movie/a+b.json"), Ok(stream("movie", "a+b")));
        assert_eq!(ask("/stream/movie/x.json.json"), Ok(stream("movie", "x.json")));
        assert_eq!(ask("/stream/my%20tv/%C3%A4.json"), Ok(stream("my tv", "ä")));
    }

    #[test]
    fn extras_are_one_segment() {
        let expected = Resource::Catalog {
            kind: "movie".to_owned(),
            id: "open-movies".to_owned(),
            extra: CatalogExtra { search: Some("a & b".to_owned()), genre: None, skip: 100 },
        };
        assert_eq!(ask("/catalog/movie/open-movies/search=a%20%26%20b&skip=100.json"), Ok(expected));
    }

    #[test]
    fn a_profile_may_stand_in_front_of_every_form() {
        for (path, resource) in [
            ("/anna%20b/manifest.json", Resource::Manifest),
            ("/anna%20b/stream/movie/tt1.json", stream("movie", "tt1")),
            (
                "/anna%20b/catalog/movie/open-movies/skip=7.json",
                Resource::Catalog {
                    kind: "movie".to_owned(),
                    id: "open-movies".to_owned(),
                    extra: CatalogExtra { skip: 7, ..CatalogExtra::default() },
                },
            ),
        ] {
            assert_eq!(parse(path), Ok(Addressed { profile: Some("anna b".to_owned()), resource }), "{path}");
        }
        assert_eq!(parse("/manifest.json"), Ok(Addressed { profile: None, resource: Resource::Manifest }));
    }

    #[test]
    fn other_shapes_are_not_found() {
        for path in [
            "",
            "/",
            "manifest.json",
            "/manifest",
            "/.json",
            "/stream.json",
            "/stream/movie.json",
            "/stream/movie/tt1",
            "/stream//tt1.json",
            "/stream/movie/.json",
            "//manifest.json",
            "/a/b/manifest.json",
            "/stream/manifest.json",
            "/a/addon_catalog/movie/x.json",
            "/stream/stream/movie/tt1.json",
            "/stream/movie/tt1/skip=1.json",
            "/meta/movie/tt1/skip=1.json",
            "/a/stream/movie/tt1/x=1/y.json",
            "/manifest.json/",
        ] {
            assert_eq!(parse(path), Err(PathError::NotFound), "{path}");
        }
    }

    #[test]
    fn malformed_escapes_and_bytes_are_told_apart() {
        for path in ["/stream/movie/tt%.json", "/stream/movie/tt%2.json", "/stream/movie/%zz.json"] {
            assert_eq!(parse(path), Err(PathError::BadEscape), "{path}");
        }
        for path in ["/stream/movie/%ff.json", "/%c3/manifest.json", "/catalog/movie/x/search=%80.json"] {
            assert_eq!(parse(path), Err(PathError::NotUtf8), "{path}");
        }
        assert_eq!(parse("/catalog/movie/x/search=%.json"), Err(PathError::BadEscape));
    }
}
