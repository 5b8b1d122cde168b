//! Channels, and the clock that all engines of a test share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use data_encoding::HEXLOWER;
use headwater::domain::InfoHash;
use headwater::live::Selector;

use super::film::{Film, Reel};

/// How long a broadcast has been on air when it is made, so that engines have minutes of past to deliver at once. Ten
/// seconds more than some rounds of every film, so that the next round begins as late as can be.
const ON_AIR: Duration = Duration::from_secs(490);

/// Where clocks of 33 bits begin anew, in ticks.
const WRAP: u64 = 1 << 33;

/// A broadcast on air. Every engine delivers the same packets of it at the same time, each with its own lag.
#[derive(Clone, Debug)]
pub(crate) struct Broadcast {
    began: Instant,
    passages: Arc<Mutex<Vec<Passage>>>,
}

/// What is shown from some time on. Times are microseconds since the broadcast began.
#[derive(Clone, Debug)]
struct Passage {
    from: u64,
    /// When the film's first packet would have been on air.
    origin: u64,
    reel: Arc<Reel>,
    /// By how many ticks its clocks are later.
    shift: u64,
}

impl Broadcast {
    /// Goes on air; it has been for minutes already.
    pub(crate) fn of(film: Film) -> Self {
        Self::shifted(film, 0)
    }

    /// As [`Self::of`], but its clocks (PCR, PTS, DTS) wrap at 33 bits in about so long from now.
    pub(crate) fn wrapping_in(film: Film, time: Duration) -> Self {
        Self::shifted(film, WRAP - ticks(ON_AIR + time))
    }

    fn shifted(film: Film, shift: u64) -> Self {
        let first = Passage { from: 0, origin: 0, reel: film.reel(), shift };
        Self { began: Instant::now(), passages: Arc::new(Mutex::new(vec![first])) }
    }

    /// From now on its clocks are later by `time`, without a word about it; the film goes on.
    pub(crate) fn jump(&self, time: Duration) {
        let from = self.micros();
        let mut passages = self.passages.lock().unwrap_or_else(PoisonError::into_inner);
        let last = passages.last().expect("there is a first one").clone();
        passages.push(Passage { from, shift: last.shift + ticks(time), ..last });
    }

    /// From now on another film is shown, from its beginning: another PMT, other clocks.
    pub(crate) fn show(&self, film: Film) {
        let reel = film.reel();
        let now = self.micros();
        let passage = Passage { from: now, origin: now, reel, shift: 0 };
        self.passages.lock().unwrap_or_else(PoisonError::into_inner).push(passage);
    }

    /// All packets that were on air in so long a time before now.
    pub(crate) fn aired(&self, time: Duration) -> Vec<u8> {
        let (now, mut packets) = (self.micros(), Vec::new());
        let before = u64::try_from(time.as_micros()).expect("no test runs for ages");
        self.packets(now - before, now, &mut packets);
        packets
    }

    /// Microseconds since it began.
    pub(super) fn micros(&self) -> u64 {
        u64::try_from((ON_AIR + self.began.elapsed()).as_micros()).expect("no test runs for ages")
    }

    /// The packets that were on air between two times. Ranges that touch give packets that follow.
    pub(super) fn packets(&self, from: u64, to: u64, out: &mut Vec<u8>) {
        let passages = self.passages.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (index, passage) in passages.iter().enumerate() {
            let end = passages.get(index + 1).map_or(u64::MAX, |next| next.from);
            let (from, to) = (from.max(passage.from), to.min(end));
            if from < to {
                let number = |time: u64| passage.reel.number(time - passage.origin);
                passage.reel.append(number(from)..number(to), passage.shift, out);
            }
        }
    }
}

fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_micros() * 9 / 100).expect("no test runs for ages")
}

/// What engines can be asked for.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    /// Its info-hash, which replies carry.
    pub(crate) infohash: InfoHash,
    /// The id that people pass around.
    pub(crate) content_id: InfoHash,
    pub(crate) broadcast: Broadcast,
}

impl Channel {
    /// A channel whose two ids follow from its name.
    pub(crate) fn new(name: &str, broadcast: &Broadcast) -> Self {
        let id = |kind: &str| {
            let text = format!("{kind} of {name}");
            let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
            InfoHash::new(digest.as_ref().try_into().expect("SHA-1 has 20 bytes"))
        };
        Self { infohash: id("infohash"), content_id: id("content id"), broadcast: broadcast.clone() }
    }

    /// `id=` with the content id, as most people ask.
    pub(crate) fn by_id(&self) -> Selector {
        Selector::Either(self.content_id)
    }

    /// `infohash=`.
    pub(crate) fn by_infohash(&self) -> Selector {
        Selector::InfoHash(self.infohash)
    }
}

/// 20 random bytes in hexadecimal: what engines make sessions and tokens of.
pub(super) fn random_id() -> String {
    let mut bytes = [0; 20];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has random bytes");
    HEXLOWER.encode(&bytes)
}
