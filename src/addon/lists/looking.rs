//! What is found out about candidates before a list is made of them: their files, and who holds them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::StreamLists;
use super::plan::Plan;
use crate::addon::offers::{Contents, Offer, Sifted, by_promise, sift};
use crate::cache::Presences;
use crate::discovery::{Candidate, Findings};
use crate::domain::InfoHash;
use crate::source::Terms;

/// Torrents whose file tables are looked up for one list; more would not be shown anyway.
const MOST_LOOKED_UP: usize = 12;

/// Torrents whose files debrid services are asked for. They answer for all at once.
const MOST_LISTED: usize = 40;

/// Torrents that debrid services are asked about for one list, the most promising ones.
const MOST_ASKED_FOR: usize = 100;

/// How long a list that has something to show waits for the file tables of packs. Services may take about as long to say
/// what they hold.
const GRACE: Duration = Duration::from_millis(800);

impl StreamLists {
    /// What fits, after looking up the files of the most promising packs, and of the rest where the profile lists only
    /// what is known to the file. Also whether nothing is under way.
    pub(super) async fn sift(
        &self,
        findings: &Findings,
        terms: &Terms,
        plan: &Plan,
        begun: Instant,
    ) -> (Sifted, bool) {
        let wants_tables = plan.profile.listing.wants_tables();
        let sifted = self.sift_known(findings, terms, wants_tables);
        let mut unseen = sifted.unseen.clone();
        unseen.sort_by(|one, other| by_promise(one, other));
        // Services are asked for everybody, because each knows what others do not; they remember what was asked.
        let hashes: Vec<_> = unseen.iter().map(|candidate| candidate.info_hash).take(MOST_LISTED).collect();
        unseen.retain(|candidate| self.kept.is_new(candidate.info_hash));
        unseen.truncate(MOST_LOOKED_UP);
        if hashes.is_empty() {
            return (sifted, true);
        }
        let left = self.parts.deadline.saturating_sub(begun.elapsed());
        let within = if sifted.offers.is_empty() { left.max(GRACE) } else { left.min(GRACE) };
        let ((), has_heard) = tokio::join!(
            self.parts.discovery.resolve(&unseen, terms, within),
            self.parts.debrid.look_into(&hashes, terms, within.min(2 * GRACE)),
        );
        let looked_up: HashSet<_> = unseen.iter().map(|candidate| candidate.info_hash).collect();
        let sifted = self.sift_known(findings, terms, wants_tables);
        let is_settled = !sifted.unseen.iter().any(|candidate| looked_up.contains(&candidate.info_hash));
        self.kept.note_looked_up(looked_up);
        (sifted, is_settled && has_heard)
    }

    /// What fits by what is known now. With `wants_tables`, whatever is not known to the file counts as unseen, too.
    fn sift_known(&self, findings: &Findings, terms: &Terms, wants_tables: bool) -> Sifted {
        let discovery = &self.parts.discovery;
        let tabled = |candidate: &Candidate| discovery.table(candidate).is_some();
        let untabled = findings.candidates.iter().filter(|candidate| !tabled(candidate));
        let listed = self.parts.debrid.files(untabled.map(|candidate| candidate.info_hash), terms);
        let contents = |candidate: &Candidate| match discovery.table(candidate) {
            Some(table) => Contents::Table(table),
            None => listed
                .get(&candidate.info_hash)
                .map_or(Contents::Unknown, |files| Contents::Listed(Arc::clone(files))),
        };
        let mut sifted = sift(&findings.query, &findings.candidates, contents);
        if wants_tables {
            let unchecked = sifted.offers.iter().filter(|offer| !offer.is_checked);
            sifted.unseen.extend(unchecked.map(|offer| Arc::clone(&offer.candidate)));
        }
        sifted
    }

    /// Finds out what of the offers plays at once. Returns whether everybody has said what he holds.
    pub(super) async fn locate(&self, offers: &mut [Offer], terms: &Terms, begun: Instant) -> bool {
        offers.sort_by(|one, other| by_promise(&one.candidate, &other.candidate));
        let torrents: Vec<InfoHash> = offers
            .iter()
            .filter(|offer| !offer.is_place())
            .map(|offer| offer.candidate.info_hash)
            .take(MOST_ASKED_FOR)
            .collect();
        let cache = self.parts.cache.clone();
        let of = offers.iter().map(|offer| offer.candidate.info_hash).collect();
        let looking = tokio::task::spawn_blocking(move || cache.presences(&of));
        let within = self.parts.deadline.saturating_sub(begun.elapsed()).clamp(GRACE / 2, 2 * GRACE);
        let asking = self.parts.debrid.held(&torrents, terms, within);
        let asked = Instant::now();
        let (presences, mut held) = tokio::join!(tokio::time::timeout(within, looking), asking);
        let is_settled = asked.elapsed() < within;
        // A list that does not know what is here is better than none, and than one that waits for a disk to wake up.
        let presences: Presences = presences.ok().and_then(Result::ok).unwrap_or_default();
        for offer in offers {
            let info_hash = offer.candidate.info_hash;
            offer.here = presences.of(info_hash, offer.file);
            offer.services = held.remove(&info_hash).unwrap_or_default();
        }
        is_settled
    }
}
