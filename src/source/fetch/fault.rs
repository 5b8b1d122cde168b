//! What can go wrong with one request, and when to try again.

use std::time::Duration;

use super::Refusal;
use crate::net::reason;

/// Pauses between tries, from the first to the last and all later ones.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// So many faults in a row without one new byte, and another address is asked for.
const FAULTS: u32 = 3;

/// A server that wants to be left alone for longer is as good as one that refuses.
const LONGEST_WISH: Duration = Duration::from_secs(5);

/// What went wrong with one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The address is of no more use.
    Refused(Refusal),
    /// The server is busy. Another try may succeed, after the time that it asks for if it does.
    Busy(Refusal, Option<Duration>),
    /// The exchange broke off, for this reason.
    Broken(String),
}

impl Fault {
    /// The fault behind a failed exchange. Its text holds no address.
    pub(super) fn of(error: reqwest::Error) -> Self {
        Self::Broken(reason(error))
    }

    /// What the fault makes of the address once it has been tried often enough.
    pub(super) fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) | Self::Busy(refusal, _) => refusal,
            Self::Broken(why) => Refusal::Silent(why),
        }
    }
}

/// How patient to be with one address.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// Faults since the last new byte.
    dry: u32,
    /// Faults since the last whole piece.
    faults: usize,
}

impl Patience {
    /// New bytes came.
    pub(super) fn gained(&mut self) {
        self.dry = 0;
    }

    /// A whole piece came: whatever was wrong has passed.
    pub(super) fn restore(&mut self) {
        *self = Self::default();
    }

    /// How long to wait after `fault` before the next try; `None` if the address has had its chances.
    pub(super) fn after(&mut self, fault: &Fault) -> Option<Duration> {
        let pause = PAUSES[self.faults.min(PAUSES.len() - 1)];
        self.dry += 1;
        self.faults += 1;
        match fault {
            Fault::Refused(_) => None,
            _ if self.dry >= FAULTS => None,
            Fault::Busy(_, Some(wish)) => (*wish <= LONGEST_WISH).then_some(*wish),
            Fault::Busy(_, None) | Fault::Broken(_) => Some(pause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> Fault {
        Fault::Broken("cut".to_owned())
    }

    fn busy(wish: Option<u64>) -> Fault {
        Fault::Busy(Refusal::Status { status: 503, reason: None }, wish.map(Duration::from_secs))
    }

    #[test]
    fn pauses_grow_while_every_try_gains_a_little() {
        let mut patience = Patience::default();
        let pauses: Vec<_> = (0..6)
            .map(|_| {
                patience.gained();
                patience.after(&broken()).unwrap().as_millis()
            })
            .collect();
        assert_eq!(pauses, [200, 500, 1000, 2000, 4000, 4000]);
        patience.restore();
        assert_eq!(patience.after(&broken()), Some(PAUSES[0]));
    }

    #[test]
    fn three_faults_without_a_new_byte_are_enough() {
        let mut patience = Patience::default();
        assert!(patience.after(&broken()).is_some());
        assert!(patience.after(&busy(None)).is_some());
        assert_eq!(patience.after(&broken()), None);
    }

    #[test]
    fn a_busy_server_is_left_alone_for_as_long_as_it_asks_within_limits() {
        assert_eq!(Patience::default().after(&busy(Some(5))), Some(Duration::from_secs(5)));
        assert_eq!(Patience::default().after(&busy(Some(6))), None);
        assert_eq!(Patience::default().after(&Fault::Refused(Refusal::NotMedia)), None);
    }
}
