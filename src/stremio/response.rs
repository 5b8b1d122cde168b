//! The answer to a resource request, and how long it may be kept.

use bytes::Bytes;
use serde::Serialize;

use super::{Meta, MetaPreview, Stream, Subtitle};

/// An answer: exactly one of the keys the protocol knows, beside the caching fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Response {
    /// The one key and what it holds.
    #[serde(flatten)]
    pub body: Body,
    /// Sent both here and as a header, because clients read one or the other.
    #[serde(flatten)]
    pub cache: CacheHint,
}

/// What is answered. An enum, because clients reject an object that has none or two of these keys.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Body {
    /// A page of a catalogue.
    Metas(Vec<MetaPreview>),
    /// One title. There is no empty form: an unknown title is answered with 404.
    Meta(Box<Meta>),
    /// The streams of one video, best first; empty is a valid answer and the right one for "none".
    Streams(Vec<Stream>),
    /// Subtitles for one video.
    Subtitles(Vec<Subtitle>),
}

/// How long clients and proxies may keep an answer. Whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheHint {
    /// Fresh for this long.
    #[serde(rename = "cacheMaxAge")]
    pub max_age: u32,
    /// After that, usable for this long while a new answer is fetched.
    pub stale_revalidate: u32,
    /// Usable for this long when the server does not answer.
    pub stale_error: u32,
}

/// An answer as it is sent, for those who give it again and again. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The whole body.
    pub json: Bytes,
    /// As the body says it.
    pub cache: CacheHint,
}

impl Response {
    /// Writes the answer down.
    pub fn render(&self) -> Rendered {
        let json = serde_json::to_vec(self).expect("every field has a form in JSON");
        Rendered { json: json.into(), cache: self.cache }
    }
}

impl CacheHint {
    /// The value of the `Cache-Control` header that says the same.
    pub fn cache_control(&self) -> String {
        let Self { max_age, stale_revalidate, stale_error } = self;
        format!(
            "max-age={max_age}, stale-while-revalidate={stale_revalidate}, stale-if-error={stale_error}, public"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HINT: CacheHint = CacheHint { max_age: 60, stale_revalidate: 120, stale_error: 240 };

    #[test]
    fn an_answer_has_one_list_and_the_caching_fields() {
        let empty = Response { body: Body::Streams(Vec::new()), cache: HINT };
        assert_eq!(
            serde_json::to_string(&empty).unwrap(),
            r#"{"streams":[],"cacheMaxAge":60,"staleRevalidate":120,"staleError":240}"#
        );
        let metas = serde_json::to_value(Response { body: Body::Metas(Vec::new()), cache: HINT }).unwrap();
        assert_eq!(metas["metas"], serde_json::json!([]));
    }

    #[test]
    fn the_header_says_what_the_body_says() {
        assert_eq!(
            HINT.cache_control(),
            "max-age=60, stale-while-revalidate=120, stale-if-error=240, public"
        );
    }
}
