//! Who sent a wrong block, when all that is known is that a piece made of many peers' blocks does not match its hash.
//!
//! Others are asked for the same blocks, of a large piece for some of each peer first. Where two versions differ, one of
//! the two peers lies; who differs from several others is suspected, and who differs from what matched in the end is a
//! liar. Where that leads nowhere the piece comes from one peer alone, who has then told the truth or lied.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::PeerKey;
use super::work::{Slot, Work};

/// A fingerprint of a block.
pub(super) type Digest = [u8; 20];

/// After so many wrong versions of a piece all of it is fetched from one peer at a time.
const MOST_FAILURES: u32 = 4;

/// After so many of these have lied about it too, nobody is asked any more.
const MOST_ALONE: u32 = 4;

/// A wrong piece of so few blocks is asked of others as a whole, which takes hardly longer than a part of it: 1 MiB.
const FEW: usize = 64;

/// Blocks of each peer that others are asked for first when a larger piece is wrong.
const SAMPLES: usize = 2;

/// What is known of the peers' honesty.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// Those who took part in a piece that matched, since somebody lied.
    proved: BTreeSet<PeerKey>,
    /// Those who were found to lie. They are gone, but what they said of pieces is remembered with these.
    liars: BTreeSet<PeerKey>,
    /// Those who said otherwise than others. Several who lie alike can bring this upon an honest one.
    suspects: BTreeSet<PeerKey>,
    /// Whether any piece did not match yet.
    alarmed: bool,
}

/// Whose honesty is seen in another light.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Those who are proved to lie: all of a wrong piece was theirs, or they said otherwise than what matched.
    pub(super) liars: BTreeSet<PeerKey>,
    /// Those who have come to be suspected.
    pub(super) suspects: BTreeSet<PeerKey>,
}

/// Whether nobody seems to have a piece right.
pub(super) fn is_hopeless(work: &Work) -> bool {
    work.failures_alone() >= MOST_ALONE
}

impl Trust {
    /// Whether some peer has sent something wrong, so that it matters who is asked.
    pub(super) fn is_alarmed(&self) -> bool {
        self.alarmed
    }

    /// Whether this peer has taken part in something right.
    pub(super) fn is_proved(&self, peer: PeerKey) -> bool {
        self.proved.contains(&peer)
    }

    /// Whether this peer has said otherwise than others.
    pub(super) fn is_suspect(&self, peer: PeerKey) -> bool {
        self.suspects.contains(&peer)
    }

    /// The piece matched, which shows who said otherwise before.
    pub(super) fn proved(&mut self, work: &Work) -> Found {
        let (mut liars, mut truthful) = (BTreeSet::new(), BTreeSet::new());
        for slot in work.slots() {
            let Some((from, data)) = &slot.here else { continue };
            truthful.insert(*from);
            self.proved.insert(*from);
            if !slot.earlier.is_empty() {
                let right = fingerprint(data);
                for (who, said) in &slot.earlier {
                    if *said == right {
                        truthful.insert(*who)
                    } else {
                        liars.insert(*who)
                    };
                }
            }
        }
        self.suspects.retain(|who| !truthful.contains(who));
        self.dismiss(&liars);
        Found { liars, suspects: BTreeSet::new() }
    }

    /// The piece did not match; what has to be fetched again is missing in `work` now.
    pub(super) fn disproved(&mut self, work: &mut Work) -> Found {
        self.alarmed = true;
        work.note_versions(fingerprint);
        let mut found = Found::default();
        let senders: BTreeSet<PeerKey> =
            work.slots().iter().filter_map(|slot| slot.here.as_ref()).map(|(from, _)| *from).collect();
        if senders.len() == 1 {
            self.dismiss(&senders);
            found.liars = senders;
        } else {
            found.suspects = self.contradicted(work.slots());
            self.suspects.extend(&found.suspects);
        }
        self.reopen(work, found != Found::default());
        found
    }

    /// Has fetched again what may be wrong, or what tells who lies.
    fn reopen(&self, work: &mut Work, has_found: bool) {
        match work.failures() {
            _ if work.is_for_one() => work.start_alone(),
            // Two blocks of each show who lies always, which is quicker than to fetch everything again.
            0 if work.blocks() > FEW => {
                let mut samples: BTreeMap<PeerKey, usize> = BTreeMap::new();
                work.reopen(|slot| {
                    slot.here.as_ref().is_some_and(|(from, _)| {
                        let taken = samples.entry(*from).or_default();
                        *taken += 1;
                        *taken > SAMPLES && !self.is_doubted(*from)
                    })
                });
            }
            // What those have sent who are doubted is fetched again, and may be all that was wrong.
            1..MOST_FAILURES if has_found => work.reopen(|slot| !self.is_doubtful(slot)),
            1..MOST_FAILURES => work.reopen(|slot| self.is_confirmed(slot)),
            0 => work.reopen(|_| false),
            _ => work.start_alone(),
        }
        if work.here() == work.blocks() && !work.is_for_one() {
            // All agree, and still it is wrong: nobody is to be believed.
            work.start_alone();
        }
    }

    fn dismiss(&mut self, liars: &BTreeSet<PeerKey>) {
        self.proved.retain(|peer| !liars.contains(peer));
        self.suspects.retain(|peer| !liars.contains(peer));
        self.liars.extend(liars);
    }

    fn is_doubted(&self, peer: PeerKey) -> bool {
        self.liars.contains(&peer) || self.suspects.contains(&peer)
    }

    /// Whether a block comes from one who is doubted, or others who are not say otherwise.
    fn is_doubtful(&self, slot: &Slot) -> bool {
        let Some((from, _)) = &slot.here else { return true };
        let mut said = slot.earlier.iter().filter(|(who, _)| !self.is_doubted(*who)).map(|(_, said)| said);
        let first = said.next();
        self.is_doubted(*from) || said.any(|other| Some(other) != first)
    }

    /// Whether two who are not doubted say the same, and none of those otherwise. One who is doubted confirms nothing:
    /// several may lie alike.
    fn is_confirmed(&self, slot: &Slot) -> bool {
        slot.earlier.iter().filter(|(who, _)| !self.is_doubted(*who)).count() > 1 && !self.is_doubtful(slot)
    }

    /// Those who contradict more others than anybody of those others does, or one who is proved. Who is
    /// doubted already does not count.
    fn contradicted(&self, slots: &[Slot]) -> BTreeSet<PeerKey> {
        let mut against: BTreeMap<PeerKey, BTreeSet<PeerKey>> = BTreeMap::new();
        for slot in slots {
            let said = || slot.earlier.iter().filter(|(who, _)| !self.is_doubted(*who));
            for (who, what) in said() {
                let others = said().filter(|(_, other)| other != what).map(|(other, _)| *other);
                against.entry(*who).or_default().extend(others);
            }
        }
        let mut liars = BTreeSet::new();
        loop {
            let degree =
                |who: &PeerKey| against.get(who).map_or(0, |others| others.difference(&liars).count());
            let worst = against.keys().filter(|who| !liars.contains(*who) && !self.proved.contains(*who));
            let Some(worst) = worst.copied().max_by_key(&degree) else { return liars };
            let others: Vec<PeerKey> = against[&worst].difference(&liars).copied().collect();
            let rival =
                others.iter().filter(|other| !self.proved.contains(*other)).map(&degree).max().unwrap_or(0);
            if others.is_empty() || degree(&worst) <= rival {
                return liars;
            }
            liars.insert(worst);
        }
    }
}

fn fingerprint(data: &[u8]) -> Digest {
    let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, data);
    sum.as_ref().try_into().expect("SHA-1 is 20 bytes")
}
