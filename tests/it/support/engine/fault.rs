//! What an engine can be like, and what can be wrong with it.

use std::time::Duration;

/// Which engine it behaves like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 3.2.3: one session per content. A second start ends the first: its reader is cut, its addresses say 403.
    Single,
    /// 3.2.11: starts of one content share it, but a stop of any of them ends all.
    Shared,
    /// An open one that imitates them: 200 instead of redirects, any number of readers, a stop gives back one lease.
    Leased,
}

/// What an engine is like; see [`Default`] for an ordinary one.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) kind: Kind,
    /// How much of the past it delivers at once.
    pub(crate) burst: Duration,
    /// How far it is behind the broadcast.
    pub(crate) lag: Duration,
    /// From the start of a session to its first byte.
    pub(crate) prebuffer: Duration,
    /// A session that nobody reads ends after this time.
    pub(crate) idle_expiry: Duration,
    /// Time between two deliveries.
    pub(crate) beat: Duration,
    /// `format=json` is answered with a redirect, as if it were not there.
    pub(crate) ignores_json: bool,
    /// `format=json` is answered with an error, as some builds do without a token.
    pub(crate) refuses_json: bool,
    /// Addresses in replies name this instead of what the request named.
    pub(crate) authority: Option<String>,
    /// `/server/api` is not there: 404.
    pub(crate) lacks_server_api: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            kind: Kind::Single,
            burst: Duration::from_secs(2),
            lag: Duration::ZERO,
            prebuffer: Duration::from_millis(50),
            idle_expiry: Duration::from_secs(60),
            beat: Duration::from_millis(100),
            ignores_json: false,
            refuses_json: false,
            authority: None,
            lacks_server_api: false,
        }
    }
}

/// What is wrong, with one channel or with all; see [`Default`] for nothing. A change holds at once, for running
/// sessions too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// A start is answered so late; the session is there at once.
    pub(crate) slow_start: Option<Duration>,
    /// Everything under `/ace` hangs; the service methods answer.
    pub(crate) hung: bool,
    /// A start answers `failed to load content`.
    pub(crate) failed_content: bool,
    /// A start answers so, with a text that is not JSON.
    pub(crate) start_status: Option<u16>,
    /// A start answers 200 and text that is not JSON.
    pub(crate) garbled_start: bool,
    /// No bytes come, neither to new readers nor to those who have had some: 200 and silence.
    pub(crate) silent: bool,
    /// No reader gets the head of a response.
    pub(crate) held_headers: bool,
    /// 200 and the end at once, as when it is not ready yet.
    pub(crate) empty: bool,
    /// Status `prebuf` and no bytes, for ever.
    pub(crate) no_peers: bool,
    /// Each connection ends there.
    pub(crate) cut: Option<Cut>,
    /// The first packet lacks its beginning.
    pub(crate) unaligned: bool,
    /// A page of HTML comes instead of video.
    pub(crate) html: bool,
    /// One redirect more than usual, on the same engine.
    pub(crate) extra_hop: bool,
    /// The playback address redirects to this one.
    pub(crate) stray_redirect: Option<String>,
    /// The last four seconds come again and again; `live_last` stands still.
    pub(crate) looping: bool,
    /// A stop is never answered, and not obeyed.
    pub(crate) hung_stop: bool,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// After so many bytes of a connection…
    pub(crate) bytes: u64,
    /// …and so long after its start.
    pub(crate) time: Duration,
    /// An orderly end, instead of a reset.
    pub(crate) is_clean: bool,
}

/// Whether an engine can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Up,
    /// Nobody listens. Connections that are open are reset.
    Refused,
    /// Connections are reset before anything is answered.
    Reset,
    /// Everything is answered with 503.
    Unavailable,
    /// Connections are accepted, and nothing is ever answered.
    Mute,
}
