//! What can be wrong with a link.

use std::time::Duration;

/// How long a link works, whose it is, and what is wrong with it. The default is a link that works for ever.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkPolicy {
    /// Who handed it out, so that one service's links can be broken and another's not.
    pub(crate) group: String,
    /// How long it answers, from now.
    pub(crate) lifetime: Option<Duration>,
    /// How many requests it answers.
    pub(crate) requests: Option<u32>,
    /// How it answers after that.
    pub(crate) afterwards: Gone,
    /// What is wrong with it from the start.
    pub(crate) fault: Option<Fault>,
}

/// The answer of a link that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Gone {
    /// 403, 404 or 410.
    pub(crate) status: u16,
    /// Real-Debrid's CDN says why in the header `X-Error`: `link_expired`, `invalid_download_code`, …
    pub(crate) x_error: Option<String>,
}

impl Default for Gone {
    fn default() -> Self {
        Self { status: 404, x_error: None }
    }
}

/// What is wrong with a link. Cutting, stalling and slowness strike open answers too, the rest only new requests.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It has expired.
    Gone(Gone),
    /// 429, with `Retry-After` in seconds if given.
    TooManyRequests {
        /// Seconds.
        retry_after: Option<u64>,
    },
    /// 503.
    Unavailable,
    /// 200 with a web page in place of the film.
    Html,
    /// The connection ends after this many bytes of each answer, short of what its length promised.
    Cut {
        /// Bytes of the body. At most these arrive: what lies in buffers is lost as on a real line.
        after: u64,
    },
    /// Silence after this many bytes of each answer; the connection stays open.
    Stall {
        /// Bytes of the body.
        after: u64,
    },
    /// Each answer comes at this pace.
    Slow {
        /// Bytes per second of one answer.
        bytes_per_second: u64,
    },
    /// Another file under the same name: the film's first bytes, repeated or ended so that it is this long.
    WrongTotal {
        /// Length of the file in bytes.
        length: u64,
    },
    /// A valid MP4 of one second in place of the film, as services show their errors to players.
    ErrorClip,
    /// The right length, but in every 4096 bytes one is wrong.
    WrongBytes,
    /// A ranged request is answered with 200 and the whole file.
    IgnoreRange,
    /// A ranged request is answered with a range that starts at another byte, as its `Content-Range` says.
    WrongRangeStart,
    /// 503 for every request above this many at a time.
    ConnectionLimit(usize),
    /// Nothing is wrong until the link has sent this many bytes in all its answers, then this is.
    LaterOn {
        /// Bytes of all bodies of the link together.
        bytes: u64,
        /// What is wrong then.
        fault: Box<Fault>,
    },
}

impl Fault {
    /// What is wrong after the link has sent `sent` bytes in all, and how many may go before that changes.
    pub(super) fn now(&self, sent: u64) -> (Option<&Self>, u64) {
        match self {
            Self::LaterOn { bytes, .. } if sent < *bytes => (None, bytes - sent),
            Self::LaterOn { bytes, fault } => fault.now(sent - bytes),
            other => (Some(other), u64::MAX),
        }
    }
}

/// Which links a fault is for. The narrowest one that has a fault counts: link, then group, then all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope<'a> {
    /// Every link, and not the web seed.
    All,
    /// The links of one [`LinkPolicy::group`].
    Group(&'a str),
    /// One link, by its URL.
    Link(&'a str),
    /// The web seed behind [`super::Cdn::frail_web_seed_url`].
    WebSeed,
}
