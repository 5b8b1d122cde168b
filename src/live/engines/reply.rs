//! What an engine answers to a start, and to the question for a session's state.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::ask::{complaint, number};
use super::error::{StartError, StatError};
use crate::config::EngineAddress;
use crate::domain::InfoHash;

/// A session that was started. Its addresses let anybody stop it, so that they are not shown.
pub(super) struct Reply {
    pub(super) playback: Url,
    pub(super) stat: Option<Url>,
    pub(super) command: Option<Url>,
    pub(super) infohash: Option<InfoHash>,
    pub(super) playback_session_id: String,
    pub(super) is_live: bool,
    pub(super) bitrate: Option<u64>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("infohash", &self.infohash).finish_non_exhaustive()
    }
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The channel cannot be loaded under this id.
    Content(String),
    /// The engine gives no JSON, at least not to us; another way of starting may work.
    Json(String),
    /// Anything else.
    Error(StartError),
}

/// Words of errors that say the engine has too much to do.
const OVERLOADED: [&str; 4] = ["overload", "too many", "busy", "limit"];

/// Words of errors that say its JSON is not for everybody.
const CLOSED: [&str; 4] = ["premium", "token", "access", "format"];

impl Reply {
    /// Reads the answer to a start.
    pub(super) fn read(answer: &Value, engine: &EngineAddress) -> Result<Self, Refusal> {
        if let Some(text) = complaint(answer) {
            let lower = text.to_ascii_lowercase();
            let holds = |words: &[&str]| words.iter().any(|word| lower.contains(word));
            return Err(if holds(&OVERLOADED) {
                Refusal::Error(StartError::Overloaded)
            } else if holds(&CLOSED) {
                Refusal::Json(text)
            } else {
                Refusal::Content(text)
            });
        }
        let response = &answer["response"];
        let place = |name: &str| response[name].as_str().and_then(|text| at(engine, text));
        let playback = place("playback_url").ok_or(Refusal::Error(StartError::Malformed))?;
        let session = response["playback_session_id"].as_str().unwrap_or_default();
        Ok(Self {
            playback,
            stat: place("stat_url"),
            command: place("command_url"),
            infohash: response["infohash"].as_str().and_then(|text| text.parse().ok()),
            playback_session_id: session.chars().filter(char::is_ascii_alphanumeric).take(64).collect(),
            // 1 is live, 0 a recording, -1 not known yet.
            is_live: number(&response["is_live"]) != Some(0),
            bitrate: number(&response["bitrate"])
                .and_then(|rate| u64::try_from(rate).ok())
                .filter(|rate| *rate > 0),
        })
    }
}

/// An address that an engine named, at the engine itself: engines name themselves as they see themselves, which is
/// `localhost` or a name inside their container, and nothing else shall be asked in their name.
pub(super) fn at(engine: &EngineAddress, text: &str) -> Option<Url> {
    let named = engine.url().join(text).ok().filter(|url| url.scheme() == "http")?;
    let mut url = engine.url();
    url.set_path(named.path());
    url.set_query(named.query());
    Some(url)
}

/// How a session is doing, in the engine's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stat {
    /// `prebuf` while it gathers, `dl` when it delivers; others exist.
    pub status: String,
    /// How many peers it is connected to.
    pub peers: Option<u32>,
    /// KiB per second from peers.
    pub speed_down: Option<u64>,
    /// KiB per second to peers.
    pub speed_up: Option<u64>,
    /// The newest moment of the broadcast that the engine has heard of, in seconds since 1970. One that does not move
    /// on is a broadcast that has ended, and is played again and again.
    pub live_last: Option<i64>,
}

impl Stat {
    /// Reads the answer to the question for a session's state.
    pub(super) fn read(answer: &Value) -> Result<Self, StatError> {
        if complaint(answer).is_some() {
            return Err(StatError::Gone);
        }
        let response = &answer["response"];
        let count = |name: &str| number(&response[name]).and_then(|count| u64::try_from(count).ok());
        let status = response["status"].as_str().ok_or(StatError::Unknown)?;
        Ok(Self {
            status: status.chars().filter(char::is_ascii_alphanumeric).take(24).collect(),
            peers: count("peers").and_then(|peers| u32::try_from(peers).ok()),
            speed_down: count("speed_down"),
            speed_up: count("speed_up"),
            live_last: number(&response["livepos"]["live_last"]),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn engine() -> EngineAddress {
        EngineAddress { host: "10.0.0.2".to_owned(), port: 6879 }
    }

    #[test]
    fn addresses_are_taken_to_the_engine_whoever_it_says_it_is() {
        for (text, url) in [
            ("http://127.0.0.1:6878/ace/r/a/b", Some("http://10.0.0.2:6879/ace/r/a/b")),
            ("http://engine/ace/cmd/a/b?x=1", Some("http://10.0.0.2:6879/ace/cmd/a/b?x=1")),
            ("http://somebody:secret@elsewhere/ace/r/a/b#c", Some("http://10.0.0.2:6879/ace/r/a/b")),
            ("/ace/r/a/b", Some("http://10.0.0.2:6879/ace/r/a/b")),
            ("https://elsewhere/", None),
            ("file:///etc/passwd", None),
        ] {
            assert_eq!(at(&engine(), text).map(String::from).as_deref(), url, "{text}");
        }
        let six = EngineAddress { host: "::1".to_owned(), port: 80 };
        assert_eq!(at(&six, "http://a/b").unwrap().as_str(), "http://[::1]/b");
    }

    #[test]
    fn replies_are_read_leniently() {
        let hash = "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209";
        let full = json!({ "response": { "playback_url": "http://l/ace/r/x/y", "stat_url": "http://l/ace/stat/x/y",
            "command_url": "http://l/ace/cmd/x/y", "infohash": hash, "playback_session_id": "ab\r\nc", "is_live": 1,
            "bitrate": "250000" }, "error": null });
        let reply = Reply::read(&full, &engine()).unwrap();
        assert_eq!(reply.infohash, hash.parse().ok());
        assert_eq!((reply.playback_session_id.as_str(), reply.bitrate), ("abc", Some(250_000)));
        assert!(!format!("{reply:?}").contains("/ace/"), "addresses stay unsaid");
        let least = json!({ "response": { "playback_url": "/ace/r/x/y" } });
        let reply = Reply::read(&least, &engine()).unwrap();
        assert!(reply.is_live && reply.command.is_none() && reply.infohash.is_none());
    }

    #[test]
    fn errors_are_told_apart_by_what_can_be_done() {
        let refusal =
            |text: &str| Reply::read(&json!({ "response": null, "error": text }), &engine()).unwrap_err();
        assert_eq!(refusal("failed to load content"), Refusal::Content("failed to load content".to_owned()));
        assert!(matches!(refusal("premium account required"), Refusal::Json(_)));
        assert_eq!(refusal("Too many sessions"), Refusal::Error(StartError::Overloaded));
        let Refusal::Content(text) = refusal(&format!("a\nb{}", "x".repeat(1_000))) else { panic!() };
        assert!(text.len() <= 160 && !text.contains('\n'));
        let nothing = Reply::read(&json!({ "response": {} }), &engine()).unwrap_err();
        assert_eq!(nothing, Refusal::Error(StartError::Malformed));
    }

    #[test]
    fn states_are_read_with_numbers_as_strings() {
        let answer = json!({ "response": { "status": "dl", "peers": 7, "speed_down": 90,
            "livepos": { "live_last": "1767728400" } } });
        let stat = Stat::read(&answer).unwrap();
        assert_eq!((stat.peers, stat.speed_up, stat.live_last), (Some(7), None, Some(1_767_728_400)));
        assert_eq!(Stat::read(&json!({ "error": "unknown playback session id" })), Err(StatError::Gone));
        assert_eq!(Stat::read(&json!([])), Err(StatError::Unknown));
    }
}
