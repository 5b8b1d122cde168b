//! What can go wrong with engines, by what the caller can do about it.

/// No engine can be claimed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoEngine {
    /// The operator has set none, or all of them are being drained.
    #[error("no AceStream engine is configured")]
    NoneConfigured,
    /// Every one that works delivers as many channels as it may.
    #[error("every AceStream engine is busy")]
    Full,
    /// The caller avoids every one that works.
    #[error("every AceStream engine was tried")]
    Exhausted,
    /// None answers.
    #[error("no AceStream engine answers")]
    Down,
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}

/// An engine did not start a channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// It cannot be reached, or broke off: try the next one.
    #[error("the engine cannot be reached")]
    Unreachable,
    /// It did not answer in time: try the next one. Should it answer later, the session is stopped.
    #[error("the engine does not answer")]
    Hang,
    /// It does not know the channel under either kind of id, or cannot load it.
    #[error("the engine says: {text}")]
    Refused {
        /// Its own words, shortened.
        text: String,
    },
    /// It has too much to do: try the next one.
    #[error("the engine is overloaded")]
    Overloaded,
    /// What it answered makes no sense: try the next one.
    #[error("the engine's answer makes no sense")]
    Malformed,
    /// The server is stopping, or the engine was removed.
    #[error("the engine is not to be used any more")]
    Withdrawn,
}

/// The video of a session cannot be read, or not any further. All of these want a new session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The engine cannot be reached.
    #[error("the engine cannot be reached")]
    Unreachable,
    /// The connection broke.
    #[error("the engine's connection broke")]
    Cut,
    /// The session is over: another start took its place, it was stopped or expired, or the engine was started anew.
    #[error("the engine has ended the session (status {0})")]
    Gone(u16),
    /// Something other than video came.
    #[error("the engine sends no video")]
    NotMedia,
    /// The engine sends its reader around in circles, or to what is not itself.
    #[error("the engine's redirects lead nowhere")]
    Astray,
}

/// The state of a session cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatError {
    /// The engine does not answer.
    #[error("the engine does not answer")]
    Unreachable,
    /// It does not know the session any more.
    #[error("the engine does not know the session")]
    Gone,
    /// The session was started in a way that has no state, or the answer makes no sense.
    #[error("the engine tells no state")]
    Unknown,
}

/// How a session failed that had been started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No bytes came for too long.
    Silent,
    /// Its connection broke.
    Cut,
    /// Its video ended in an orderly way, which a live channel does not.
    Ended,
    /// What came was no video.
    NotMedia,
}

impl FailureKind {
    /// A few words for reports.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Silent => "a channel fell silent",
            Self::Cut => "a channel's connection broke",
            Self::Ended => "a channel ended",
            Self::NotMedia => "a channel brought no video",
        }
    }
}

/// The engine is in the pool already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this engine is there already")]
pub struct AlreadyThere;

/// The engine is not in the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such engine")]
pub struct Unknown;
