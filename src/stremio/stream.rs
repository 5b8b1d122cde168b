//! One row of the stream list: where the bytes are and what the client shows.

use serde::Serialize;
use url::Url;

/// A stream served over HTTP.
///
/// There is no `title`: it is an alias of `description`, and clients drop a stream that carries both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stream {
    /// Absolute, self-authenticating (players send no headers of ours) and the same each time it is
    /// asked for, since "continue watching" compares it as text.
    pub url: Url,
    /// The narrow left column: who offers it.
    pub name: String,
    /// The wide right column: what it is. Lines are kept.
    pub description: String,
    /// What players need to know.
    pub behavior_hints: StreamHints,
}

/// The `behaviorHints` of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamHints {
    /// The next episode plays the first stream with the same text, so it names attributes of the
    /// release and never the release itself.
    pub binge_group: String,
    /// The file's own name, for subtitle addons. Only where it is known for sure: a wrong name brings wrong subtitles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Bytes, exactly those that will be served. Only where they are known for sure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_size: Option<u64>,
    /// The OpenSubtitles hash, only where it was computed from the file. Without it a client reads the
    /// first and last 64 KiB to compute it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_hash: Option<String>,
    /// A browser's own player cannot play this, so the client must convert or hand it on. True for
    /// everything that is not MP4 or HLS over HTTPS.
    pub not_web_ready: bool,
}

/// A subtitle file. Newer clients skip one that lacks any of the three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subtitle {
    /// Unique within the answer.
    pub id: String,
    /// Where the file is, absolute.
    pub url: Url,
    /// ISO 639-2 code.
    pub lang: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fields_clients_accept_are_sent() {
        let stream = Stream {
            url: "https://media.example/play/a/b/1/Film.mp4".parse().unwrap(),
            name: "Headwater".to_owned(),
            description: "Film".to_owned(),
            behavior_hints: StreamHints {
                binge_group: "headwater".to_owned(),
                filename: Some("Film.mp4".to_owned()),
                video_size: Some(7_000_000_000),
                video_hash: None,
                not_web_ready: false,
            },
        };
        let expected = serde_json::json!({
            "url": "https://media.example/play/a/b/1/Film.mp4",
            "name": "Headwater",
            "description": "Film",
            "behaviorHints": {
                "bingeGroup": "headwater",
                "filename": "Film.mp4",
                "videoSize": 7_000_000_000_u64,
                "notWebReady": false
            }
        });
        assert_eq!(serde_json::to_value(stream).unwrap(), expected);
    }
}
