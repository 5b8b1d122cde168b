//! The state of a wait that spans several requests: a 307 to the same URL carries it as `?w=`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderValue, Uri};

use super::Tolerance;

/// The query parameter that carries the state.
const PARAMETER: &str = "w";

/// Told apart from everything else signed with the same key.
const PURPOSE: &[u8] = b"headwater waiting state";

/// Layout of the signed bytes: version, milliseconds since 1970, attempt.
const VERSION: u8 = 1;
const SIGNED: usize = 10;

/// Bytes of the signature that are kept: 128 bits are beyond guessing.
const SIGNATURE: usize = 16;

/// A state older than this is of an earlier click: browsers go on using the redirected URL for as
/// long as the film lasts.
const EXPIRY: Duration = Duration::from_secs(300);

/// Longest that one click is kept waiting in all. Nobody watches an empty screen for longer.
const MAX_PATIENCE: Duration = Duration::from_secs(120);

/// How long the answer is held back when the player follows no further redirect: an error would end the
/// click for certain, so all is left to the player's own patience. Below the 85 s after which no answer may
/// be silent.
const LAST_HOP: Duration = Duration::from_secs(80);

/// How far the clocks of two nodes may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// One click's wait, as far as earlier requests tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Milliseconds since the Unix epoch.
    first_request: u64,
    /// Redirects followed so far.
    attempt: u8,
}

/// What to do with a request whose content is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Hold the answer back, but no longer than this; then decide again.
    Wait {
        /// How much longer.
        hop: Duration,
    },
    /// Send the player to [`Waiting::location`].
    Redirect,
    /// End the wait: with an error or a placeholder.
    GiveUp,
}

impl Waiting {
    /// A wait that starts now.
    pub fn start(now: SystemTime) -> Self {
        Self { first_request: unix_millis(now), attempt: 0 }
    }

    /// The wait that `uri` continues. A state that is missing, forged or expired starts a new one.
    pub fn resume(uri: &Uri, key: &hmac::Key, now: SystemTime) -> Self {
        let state = uri.query().into_iter().flat_map(parameters).find_map(|parameter| match parameter {
            (PARAMETER, state) => Some(state),
            _ => None,
        });
        let resumed = state.and_then(|state| Self::verify(state, key));
        resumed.filter(|waiting| waiting.is_current(now)).unwrap_or_else(|| Self::start(now))
    }

    /// What to do for a player of this tolerance, when this request has been held for `held`.
    pub fn decide(&self, tolerance: Tolerance, now: SystemTime, held: Duration) -> Decision {
        let age = Duration::from_millis(unix_millis(now).saturating_sub(self.first_request));
        let left = MAX_PATIENCE.saturating_sub(age);
        let last = self.attempt >= tolerance.hops;
        let hop = if last { LAST_HOP } else { tolerance.hop }.saturating_sub(held).min(left);
        if !hop.is_zero() {
            Decision::Wait { hop }
        } else if left.is_zero() || last {
            Decision::GiveUp
        } else {
            Decision::Redirect
        }
    }

    /// Where the next request of this wait goes: the same path and query with the state put forward.
    /// Relative, so that it stays on the origin that the player knows, whatever proxy is in between.
    pub fn location(&self, uri: &Uri, key: &hmac::Key) -> HeaderValue {
        // `//host` and, to browsers, `/\host` would name another origin.
        let path = uri.path().trim_start_matches(['/', '\\']);
        let mut location = format!("/{path}?");
        for (name, value) in
            uri.query().into_iter().flat_map(parameters).filter(|(name, _)| *name != PARAMETER)
        {
            location.push_str(name);
            if !value.is_empty() {
                location.push('=');
                location.push_str(value);
            }
            location.push('&');
        }
        location.push_str(PARAMETER);
        location.push('=');
        location.push_str(&Self { attempt: self.attempt.saturating_add(1), ..*self }.sign(key));
        HeaderValue::try_from(location).expect("what was legal in a request line is legal in a header")
    }

    fn sign(self, key: &hmac::Key) -> String {
        let mut bytes = self.bytes().to_vec();
        bytes.extend_from_slice(&signature(&bytes, key));
        BASE64URL_NOPAD.encode(&bytes)
    }

    fn verify(state: &str, key: &hmac::Key) -> Option<Self> {
        // Decoding first would let a client make us work on a query of any length.
        if state.len() != BASE64URL_NOPAD.encode_len(SIGNED + SIGNATURE) {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(state.as_bytes()).ok()?;
        let (signed, claimed) = bytes.split_at_checked(SIGNED)?;
        verify_slices_are_equal(&signature(signed, key), claimed).ok()?;
        let (&[VERSION, ref millis @ .., attempt], _) = signed.split_first_chunk::<SIGNED>()? else {
            return None;
        };
        Some(Self { first_request: u64::from_be_bytes(*millis), attempt })
    }

    fn bytes(self) -> [u8; SIGNED] {
        let mut bytes = [VERSION; SIGNED];
        bytes[1..9].copy_from_slice(&self.first_request.to_be_bytes());
        bytes[9] = self.attempt;
        bytes
    }

    fn is_current(&self, now: SystemTime) -> bool {
        let first = UNIX_EPOCH.checked_add(Duration::from_millis(self.first_request));
        first.is_some_and(|first| match now.duration_since(first) {
            Ok(age) => age <= EXPIRY,
            Err(ahead) => ahead.duration() <= CLOCK_SKEW,
        })
    }
}

fn signature(signed: &[u8], key: &hmac::Key) -> [u8; SIGNATURE] {
    let tag = hmac::sign(key, &[PURPOSE, signed].concat());
    let mut signature = [0; SIGNATURE];
    signature.copy_from_slice(&tag.as_ref()[..SIGNATURE]);
    signature
}

/// Names and values as they stand in the query, still escaped.
fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, "")))
}

fn unix_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::Player;

    const PLAY: &str = "/play/token/hash/0/Film%20a.mkv?tr=udp%3A%2F%2Ft&x";

    fn key() -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[9; 32])
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
    }

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    fn next(waiting: Waiting, from: &Uri) -> Uri {
        uri(waiting.location(from, &key()).to_str().unwrap())
    }

    #[test]
    fn the_state_survives_the_redirect_and_keeps_the_rest_of_the_url() {
        let first = Waiting::start(at(0));
        let second_uri = next(first, &uri(PLAY));
        assert!(second_uri.to_string().starts_with(&format!("{PLAY}&w=")), "{second_uri}");
        let second = Waiting::resume(&second_uri, &key(), at(5));
        assert_eq!(second, Waiting { attempt: 1, ..first });
        let third_uri = next(second, &second_uri);
        assert_eq!(third_uri.query().unwrap().matches("w=").count(), 1);
        assert_eq!(Waiting::resume(&third_uri, &key(), at(9)), Waiting { attempt: 2, ..first });
    }

    #[test]
    fn a_forged_or_expired_state_starts_afresh() {
        let honest = next(Waiting::start(at(0)), &uri("/play")).to_string();
        let resume = |text: &str, now| Waiting::resume(&uri(text), &key(), now);
        assert_eq!(resume(&honest, at(300)).attempt, 1);
        assert_eq!(resume(&honest, at(301)), Waiting::start(at(301)));
        let other_key = hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]);
        assert_eq!(Waiting::resume(&uri(&honest), &other_key, at(1)), Waiting::start(at(1)));
        let future = next(Waiting::start(at(3600)), &uri("/play")).to_string();
        assert_eq!(resume(&future, at(0)), Waiting::start(at(0)));
        for place in "/play?w=".len()..honest.len() {
            let mut forged = honest.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(resume(&forged, at(1)), Waiting::start(at(1)), "{forged}");
        }
        for text in ["/play", "/play?w", "/play?w=", "/play?w=%00", "/play?w=AAAA", "/play?ww=x&w=A"] {
            assert_eq!(resume(text, at(1)), Waiting::start(at(1)), "{text}");
        }
    }

    #[test]
    fn the_location_never_leaves_this_origin() {
        for text in
            ["//evil.example/x", "///evil.example/x", "/\\evil.example/x", "http://evil.example/x?y=1"]
        {
            let location = Waiting::start(at(0)).location(&uri(text), &key());
            let location = location.to_str().unwrap();
            assert!(location.starts_with('/') && !location[1..].starts_with(['/', '\\']), "{location}");
        }
    }

    /// Plays a player that always comes back at once; returns redirects and seconds until the end.
    fn play_out(player: Player) -> (u32, u64) {
        let (mut uri, mut clock, mut redirects, mut held) = (uri("/play"), 0, 0, Duration::ZERO);
        let mut waiting = Waiting::resume(&uri, &key(), at(clock));
        for _ in 0..100 {
            match waiting.decide(player.tolerance(), at(clock), held) {
                Decision::Wait { hop } => {
                    assert!(hop < Duration::from_secs(85));
                    clock += hop.as_secs();
                    held += hop;
                }
                Decision::Redirect => {
                    uri = next(waiting, &uri);
                    waiting = Waiting::resume(&uri, &key(), at(clock));
                    redirects += 1;
                    held = Duration::ZERO;
                }
                Decision::GiveUp => return (redirects, clock),
            }
        }
        panic!("{player:?} waits for ever");
    }

    #[test]
    fn every_player_is_released_within_its_redirects_and_patience() {
        assert_eq!(play_out(Player::ExoPlayer), (18, 120));
        assert_eq!(play_out(Player::Kodi), (4, 120));
        assert_eq!(play_out(Player::Unknown), (4, 96));
        for player in [
            Player::Ffmpeg,
            Player::CommandLine,
            Player::Vlc,
            Player::Apple,
            Player::Browser,
            Player::GStreamer,
        ] {
            let (redirects, seconds) = play_out(player);
            assert!(redirects <= u32::from(player.tolerance().hops), "{player:?} {redirects}");
            assert_eq!(seconds, MAX_PATIENCE.as_secs(), "{player:?}");
        }
    }
}
