//! What a client shows about a title.

use serde::Serialize;
use url::Url;

/// A title in a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetaPreview {
    /// The id that streams are asked for. Always text, also for ids made of digits.
    pub id: String,
    /// The content type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The title.
    pub name: String,
    /// The picture in lists; without one, clients show the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poster: Option<Url>,
    /// The shape of the poster.
    pub poster_shape: PosterShape,
    /// A few sentences.
    pub description: String,
    /// The year, or years, as shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_info: Option<String>,
    /// Genres, as offered by the catalogue's `genre` property.
    pub genres: Vec<String>,
    /// How the title opens.
    pub behavior_hints: MetaHints,
}

/// Everything about a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// What the catalogue showed already.
    #[serde(flatten)]
    pub preview: MetaPreview,
    /// What stands in place of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<Url>,
    /// A wide picture behind the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<Url>,
    /// Length as shown, such as `10 min`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Who directed it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub director: Vec<String>,
}

/// How a poster is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PosterShape {
    /// 2:3, as film posters are.
    Poster,
    /// 1:1, as logos fit best.
    Square,
}

/// The `behaviorHints` of a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetaHints {
    /// The only video of a film or a channel: the client goes straight to its streams.
    pub default_video_id: String,
}
