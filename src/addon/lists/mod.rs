//! The list of streams of one video: found, sifted, looked up, chosen, written, and kept for the next one who asks.

mod kept;
mod looking;
mod plan;
mod row;
mod thread;

pub(super) use row::binge_group;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use self::kept::{Answer, Asker, Counts, Kept, Rest};
use self::plan::{Plan, Plans};
use self::row::Rows;
use self::thread::{Threads, follow};
use super::HOUR;
use super::offers::{Offer, pick};
use crate::cache::Cache;
use crate::config::SourcePolicy;
use crate::discovery::{Candidate, Discovery, Findings, Outcome, Query};
use crate::domain::{ContentId, InfoHash};
use crate::links::{LinkSigner, PublicUrl};
use crate::profile::ProfileRef;
use crate::source::Terms;
use crate::source::debrid::Debrid;
use crate::stremio::{Body, CacheHint, Hops, Rendered, Response};

/// Long enough to spare requests; links outlive even the last of these by weeks.
const WHOLE: CacheHint = CacheHint { max_age: HOUR, stale_revalidate: 4 * HOUR, stale_error: 7 * 24 * HOUR };

/// An empty list may be filled a moment later.
const EMPTY: CacheHint = CacheHint { max_age: 60, stale_revalidate: 60, stale_error: 60 };

/// Settings change without a new address, and what is cached changes by the minute.
const OF_PROFILE: CacheHint = CacheHint { max_age: 300, stale_revalidate: HOUR, stale_error: 24 * HOUR };

/// More is under way: whoever opens the title again sees it.
const UNFINISHED: CacheHint = CacheHint { max_age: 15, stale_revalidate: 0, stale_error: HOUR };

/// Nothing yet, but more is under way.
const NOTHING_YET: CacheHint = CacheHint { max_age: 10, stale_revalidate: 0, stale_error: 60 };

/// What lists are made with.
pub struct Parts {
    /// Who finds candidates.
    pub discovery: Discovery,
    /// What is on this server.
    pub cache: Cache,
    /// What debrid services hold.
    pub debrid: Debrid,
    /// Who signs the links.
    pub signer: LinkSigner,
    /// How long an answer may take.
    pub deadline: Duration,
    /// Which source comes first where a profile says nothing else.
    pub policy: SourcePolicy,
    /// Whether the operator has accounts at debrid services.
    pub has_services: bool,
    /// Called with what a list shows, the best first: it may be played soon.
    pub prewarm: Prewarm,
}

/// Gets what is likely to be played ready. Returns at once.
pub type Prewarm = Box<dyn Fn(&Offered, &Terms) + Send + Sync>;

/// Makes lists of streams.
pub struct StreamLists {
    parts: Parts,
    plans: Plans,
    kept: Kept,
    threads: Threads,
}

/// A question for the streams of one video.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The content type, as Stremio gave it.
    pub kind: &'a str,
    /// The video.
    pub id: &'a ContentId,
    /// What the links begin with.
    pub base: &'a PublicUrl,
    /// The profile of the install, if it has one.
    pub profile: Option<&'a ProfileRef>,
    /// By whose rules and accounts the streams will be played.
    pub terms: &'a Terms,
    /// The servers like this one that the question has passed.
    pub hops: &'a Hops,
    /// When it is asked.
    pub now: SystemTime,
}

/// What there is to watch.
#[derive(Debug, Clone)]
pub struct Offered {
    /// The video as far as it is known.
    pub query: Query,
    /// The offers of the profile's choice, best first.
    pub offers: Vec<Offer>,
    /// Torrents whose file tables would have told more.
    pub unseen: Vec<Arc<Candidate>>,
    /// Whether asking again soon would bring no more.
    pub is_complete: bool,
}

impl StreamLists {
    /// Lists of what `parts` find.
    pub fn new(parts: Parts) -> Self {
        Self { parts, plans: Plans::new(), kept: Kept::new(), threads: Threads::new() }
    }

    /// The list, best first. It never fails, and takes little longer than the deadline.
    pub async fn list(&self, asked: &Asked<'_>) -> Rendered {
        let (begun, asker, counts) = (Instant::now(), Asker::new(asked), self.counts());
        if let Some(rendered) = self.kept.at_hand(&asker, counts) {
            return rendered;
        }
        let plan = self.plans.of(asked.profile);
        let findings = self.find(asked, &plan).await;
        let is_seen = |candidate: &Arc<Candidate>| self.parts.discovery.table(candidate).is_some();
        let answer = match self.kept.confirmed(&asker, counts, &findings, is_seen) {
            Some(answer) => answer,
            None => self.make((asker, counts), asked, (&plan, &findings), begun).await,
        };
        (self.parts.prewarm)(&answer.offered, asked.terms);
        answer.rendered.clone()
    }

    /// A new answer, which is kept.
    async fn make(
        &self,
        (asker, counts): (Asker, Counts),
        asked: &Asked<'_>,
        (plan, findings): (&Plan, &Findings),
        begun: Instant,
    ) -> Arc<Answer> {
        let offered = self.choose(findings, asked, plan, begun).await;
        let rows = Rows {
            base: asked.base,
            profile: asked.profile.and_then(ProfileRef::play_as),
            signer: &self.parts.signer,
            now: asked.now,
        };
        let labels = plan.labels.write(&offered.query, &offered.offers);
        let streams =
            offered.offers.iter().zip(labels).map(|(offer, label)| rows.row(offer, label)).collect();
        // Without one of the indexers the list may be better in a few minutes.
        let is_poor = findings.notes.iter().any(|note| !matches!(note.outcome, Outcome::Answered(_)));
        let cache = cache_hint(&offered, is_poor || asked.profile.is_some());
        let rendered = Response { body: Body::Streams(streams), cache }.render();
        self.kept.keep(asker, counts, findings, (rendered, offered))
    }

    /// How often what lists are made of has changed. Whatever of it is only a matter of time is not counted.
    fn counts(&self) -> Counts {
        let Parts { discovery, cache, debrid, .. } = &self.parts;
        let rest = Rest { here: cache.changes(), held: debrid.changes(), watched: self.threads.changes() };
        Counts { found: discovery.changes(), rest }
    }

    /// Notes that somebody plays a torrent: the next episode of its series comes from there, if it can.
    pub fn note_play(&self, info_hash: InfoHash) {
        self.threads.note_play(info_hash);
    }

    /// The answer where nothing can be listed.
    pub fn none() -> Response {
        Response { body: Body::Streams(Vec::new()), cache: EMPTY }
    }

    /// What the list would show, for those who want to write it otherwise.
    pub async fn offers(&self, asked: &Asked<'_>) -> Offered {
        let begun = Instant::now();
        let plan = self.plans.of(asked.profile);
        let findings = self.find(asked, &plan).await;
        self.choose(&findings, asked, &plan, begun).await
    }

    async fn find(&self, asked: &Asked<'_>, plan: &Plan) -> Findings {
        let discovery = &self.parts.discovery;
        let scope = discovery.scope(&plan.profile.indexers, plan.profile.only_own_indexers);
        discovery.find(asked.kind, asked.id, &scope.after(asked.hops.clone())).await
    }

    async fn choose(&self, findings: &Findings, asked: &Asked<'_>, plan: &Plan, begun: Instant) -> Offered {
        let terms = asked.terms;
        let (sifted, is_seen) = self.sift(findings, terms, plan, begun).await;
        let mut offers = sifted.offers;
        let is_located = self.locate(&mut offers, terms, begun).await;
        if self.is_without_peers(terms) {
            offers.retain(Offer::comes_without_peers);
        }
        let offers = pick(&plan.profile.listing, &plan.patterns, offers);
        let id = &findings.query.id;
        self.threads.note_listed(id, &offers);
        let offers = match self.threads.watched(id) {
            Some(watched) => follow(&watched, offers),
            None => offers,
        };
        let listed: Vec<_> = offers.iter().map(|offer| Arc::clone(&offer.candidate)).collect();
        // What indexers of a profile said holds its keys, and may be a lie: it is for its own plays only.
        let owner = asked.profile.filter(|profile| !profile.profile.indexers.is_empty());
        self.parts.discovery.remember(&listed, owner.map(|profile| &*profile.id));
        let unchecked = offers.iter().filter(|offer| !offer.is_checked);
        let unchecked = unchecked.map(|offer| Arc::clone(&offer.candidate));
        Offered {
            query: findings.query.clone(),
            unseen: sifted.unseen.into_iter().chain(unchecked).collect(),
            offers,
            is_complete: findings.complete && is_seen && is_located,
        }
    }

    /// Whether peers bring nothing and nobody else can bring everything.
    fn is_without_peers(&self, terms: &Terms) -> bool {
        let policy = terms.policy.unwrap_or(self.parts.policy);
        let has_services =
            terms.services.as_ref().map_or(self.parts.has_services, |services| !services.is_empty());
        policy == SourcePolicy::NeverP2p && !has_services
    }
}

fn cache_hint(offered: &Offered, may_change: bool) -> CacheHint {
    match (offered.offers.is_empty(), offered.is_complete) {
        (true, true) => EMPTY,
        (true, false) => NOTHING_YET,
        (false, false) => UNFINISHED,
        (false, true) if may_change => OF_PROFILE,
        (false, true) => WHOLE,
    }
}

impl std::fmt::Debug for StreamLists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamLists").field("policy", &self.parts.policy).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
