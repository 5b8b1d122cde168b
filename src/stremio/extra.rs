//! The extra properties of a request: one path segment that holds a query string.

use std::borrow::Cow;

use super::resource::{PathError, decode};

/// What a catalogue may be asked for beside its id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CatalogExtra {
    /// Words to look for in titles.
    pub search: Option<String>,
    /// One of the genres the manifest offers.
    pub genre: Option<String>,
    /// How many entries the client already has.
    pub skip: usize,
}

/// What a client knows about the file it wants subtitles for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubtitlesExtra {
    /// The OpenSubtitles hash of the file.
    pub video_hash: Option<String>,
    /// Bytes.
    pub video_size: Option<u64>,
    /// The file's name.
    pub filename: Option<String>,
}

impl CatalogExtra {
    /// Reads the raw segment, without its `.json`. Unknown properties are ignored.
    pub(super) fn parse(raw: &str) -> Result<Self, PathError> {
        let mut extra = Self::default();
        for (name, value) in pairs(raw)? {
            match name.as_str() {
                "search" => extra.search = Some(value),
                "genre" => extra.genre = Some(value),
                "skip" => extra.skip = value.parse().map_err(|_| PathError::NotANumber("skip"))?,
                _ => {}
            }
        }
        Ok(extra)
    }
}

impl SubtitlesExtra {
    /// Reads the raw segment, without its `.json`. Unknown properties are ignored.
    pub(super) fn parse(raw: &str) -> Result<Self, PathError> {
        let mut extra = Self::default();
        for (name, value) in pairs(raw)? {
            match name.as_str() {
                "videoHash" => extra.video_hash = Some(value),
                "videoSize" => {
                    extra.video_size = Some(value.parse().map_err(|_| PathError::NotANumber("videoSize"))?);
                }
                "filename" => extra.filename = Some(value),
                _ => {}
            }
        }
        Ok(extra)
    }
}

/// Splits before decoding, so that an encoded `&` or `=` stays part of its value. A plus sign is a
/// space here, as in every query string; a real one arrives as `%2B`.
fn pairs(raw: &str) -> Result<Vec<(String, String)>, PathError> {
    raw.split('&').filter(|pair| !pair.is_empty()).map(pair).collect()
}

fn pair(raw: &str) -> Result<(String, String), PathError> {
    let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
    Ok((decode(&spaced(name))?, decode(&spaced(value))?))
}

fn spaced(text: &str) -> Cow<'_, str> {
    if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_first_and_decoded_afterwards() {
        let extra = CatalogExtra::parse("search=tom%20%26%20jerry%3D1&skip=100&genre=Sci-Fi").unwrap();
        assert_eq!(extra.search.as_deref(), Some("tom & jerry=1"));
        assert_eq!(extra.genre.as_deref(), Some("Sci-Fi"));
        assert_eq!(extra.skip, 100);
    }

    #[test]
    fn plus_is_a_space_and_its_code_is_a_plus() {
        let extra = CatalogExtra::parse("search=one+two%20three%2Bfour").unwrap();
        assert_eq!(extra.search.as_deref(), Some("one two three+four"));
    }

    #[test]
    fn unknown_and_empty_properties_do_no_harm() {
        assert_eq!(CatalogExtra::parse("").unwrap(), CatalogExtra::default());
        assert_eq!(CatalogExtra::parse("&lastVideosIds=tt1%2Ctt2&&flag").unwrap(), CatalogExtra::default());
        let empty = CatalogExtra::parse("search=").unwrap();
        assert_eq!(empty.search.as_deref(), Some(""));
    }

    #[test]
    fn numbers_that_are_none_are_named_in_the_error() {
        for raw in ["skip=", "skip=-1", "skip=ten", "skip=1.5", "skip=99999999999999999999999"] {
            assert_eq!(CatalogExtra::parse(raw), Err(PathError::NotANumber("skip")), "{raw}");
        }
        assert_eq!(SubtitlesExtra::parse("videoSize=1e9"), Err(PathError::NotANumber("videoSize")));
    }

    #[test]
    fn subtitles_know_the_file() {
        let extra = SubtitlesExtra::parse("videoHash=8e245d9679d31e12&videoSize=12909756&filename=a%20b.mkv");
        let expected = SubtitlesExtra {
            video_hash: Some("8e245d9679d31e12".to_owned()),
            video_size: Some(12_909_756),
            filename: Some("a b.mkv".to_owned()),
        };
        assert_eq!(extra, Ok(expected));
    }
}
