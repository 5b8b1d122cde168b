//! Why a service did not lead to a link.

use std::time::Duration;

use super::refusals::Refused;
use super::service::{Scope, ServiceError};
use crate::source::SourceError;

/// The end of a flow that found nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Miss {
    /// The service gave this answer.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// It gave it a while ago, and was not asked again.
    #[error("{}", .0.reason())]
    Refused(Refused),
    /// None of its files is surely the wanted one.
    #[error("{0}")]
    Unsure(String),
    /// It is being fetched into the account; so many per cent are there.
    #[error("it is still fetching this torrent ({0:.0} %)")]
    Underway(f64),
    /// Its links stopped working again and again; not before this much time.
    #[error("its links stop working again and again; the next one in {} s", .0.as_secs() + 1)]
    LinksEnd(Duration),
    /// Time is up.
    #[error("it took too long")]
    TooLong,
    /// Whoever wanted it has left.
    #[error("nobody waits for it any more")]
    Unwanted,
    /// The server is going down.
    #[error("the server is stopping")]
    Stopping,
}

impl Miss {
    /// The same for the chain, with the name of the service in front.
    pub(super) fn told_by(&self, label: &str) -> SourceError {
        let text = format!("{label}: {self}");
        if self.is_passing() { SourceError::Transient(text) } else { SourceError::NotHere(text) }
    }

    fn is_passing(&self) -> bool {
        match self {
            Self::Service(
                ServiceError::NotCached | ServiceError::FileMissing | ServiceError::ItemMissing,
            )
            | Self::Refused(_)
            | Self::Unsure(_)
            | Self::Underway(_) => false,
            Self::Service(error) => error.scope() == Scope::Passing,
            Self::LinksEnd(_) | Self::TooLong | Self::Unwanted | Self::Stopping => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_told_as_such() {
        let passing = [
            Miss::Service(ServiceError::ServiceDown("it answered 503".to_owned())),
            Miss::Service(ServiceError::RateLimited(Duration::from_secs(7))),
            Miss::TooLong,
        ];
        for miss in passing {
            assert!(matches!(miss.told_by("X"), SourceError::Transient(_)), "{miss}");
        }
        let lasting = [
            Miss::Service(ServiceError::NotPremium),
            Miss::Service(ServiceError::NotCached),
            Miss::Refused(Refused::Infringing),
            Miss::Underway(12.4),
        ];
        for miss in lasting {
            assert!(matches!(miss.told_by("X"), SourceError::NotHere(_)), "{miss}");
        }
        let told = Miss::Underway(12.4).told_by("TorBox").to_string();
        assert_eq!(told, "TorBox: it is still fetching this torrent (12 %)");
    }
}
