//! What is likely to be played after a list was shown, got ready before anybody clicks.
//!
//! The best of a list is looked up. Where somebody stopped in the middle, the bytes around that place are fetched. And
//! a list of the next episode, which Stremio asks for while the present one plays, has the first bytes of what will
//! follow fetched.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use moka::sync::Cache as Moka;

use super::lists::{Offered, binge_group};
use super::offers::Offer;
use crate::cache::Presence;
use crate::discovery::Query;
use crate::domain::{ContentId, FileChoice, InfoHash};
use crate::prepare::Prepare;
use crate::source::Terms;

/// Rows of lists that are remembered, so that a play can be told from its content which episode it is.
const MOST_LISTED: u64 = 20_000;

/// A list is played from within a day, or opened again.
const LISTED: Duration = Duration::from_secs(24 * 3600);

/// Whoever used a content within this time is watching it: players with a full buffer are silent for minutes.
const WATCHING: Duration = Duration::from_secs(5 * 60);

/// Gets ready what is likely to be played.
#[derive(Debug)]
pub struct Ahead {
    prepare: Prepare,
    most: usize,
    listed: Moka<(InfoHash, FileChoice), Listed>,
}

/// As what, and for whom, a content was listed last.
#[derive(Debug, Clone)]
struct Listed {
    /// The title, of the series for an episode.
    series: String,
    /// Absent for a film.
    number: Option<(u32, u32)>,
    group: String,
    /// By whose rules it was listed last.
    terms: Terms,
}

impl Ahead {
    /// Work for `prepare`, which looks up the best `most` of each list.
    pub fn new(prepare: Prepare, most: usize) -> Self {
        let listed = Moka::builder().max_capacity(MOST_LISTED).time_to_live(LISTED).build();
        Self { prepare, most, listed }
    }

    /// A list is shown to somebody with these terms. Returns at once.
    pub fn shown(&self, offered: &Offered, terms: &Terms) {
        if self.most == 0 {
            return;
        }
        let offers = &offered.offers;
        let (series, number) = numbered(&offered.query);
        if let Some(next) = number.and_then(|number| self.follower(&series, number, offers, terms)) {
            self.prepare.preload(next.request(terms));
        }
        // Accounts of a profile are used for what its own viewers began, not for what others did.
        let is_own = |offer: &Offer| terms.services.is_none() || self.was_listed(offer, terms);
        if let Some(begun) = offers.iter().find(|offer| offer.here == Presence::Begun && is_own(offer)) {
            self.prepare.preload(begun.request(terms));
        }
        self.note(&series, number, offers, terms);
        offers.iter().take(self.most).for_each(|offer| self.prepare.warm(offer.request(terms)));
    }

    /// What Stremio will play after the episode before `number`, if that is being watched.
    fn follower<'a>(
        &self,
        series: &str,
        number: (u32, u32),
        offers: &'a [Offer],
        terms: &Terms,
    ) -> Option<&'a Offer> {
        let watched = self.watched();
        let is_before = |one: &&Listed| {
            one.series == series && one.terms == *terms && one.number.is_some_and(|one| follows(one, number))
        };
        let before = watched.iter().find(is_before)?;
        offers.iter().find(|offer| binge_group(offer) == before.group)
    }

    /// The episodes that are being watched, as far as they were listed here.
    fn watched(&self) -> Vec<Listed> {
        let jobs = self.prepare.jobs();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let is_watched = |last_used: u64| now.saturating_sub(Duration::from_millis(last_used)) < WATCHING;
        let played = jobs.iter().filter(|job| job.was_played());
        let watched = played.filter(|job| job.viewers() > 0 || is_watched(job.last_used()));
        watched.filter_map(|job| self.listed.get(&(job.id().info_hash, job.choice()))).collect()
    }

    fn was_listed(&self, offer: &Offer, terms: &Terms) -> bool {
        self.listed.get(&(offer.candidate.info_hash, offer.file)).is_some_and(|listed| listed.terms == *terms)
    }

    fn note(&self, series: &str, number: Option<(u32, u32)>, offers: &[Offer], terms: &Terms) {
        for offer in offers {
            let (group, terms) = (binge_group(offer), terms.clone());
            let listed = Listed { series: series.to_owned(), number, group, terms };
            self.listed.insert((offer.candidate.info_hash, offer.file), listed);
        }
    }
}

/// The title and the episode that a query is for. Catalogues without seasons have them all in season 0.
fn numbered(query: &Query) -> (String, Option<(u32, u32)>) {
    match &query.id {
        ContentId::Episode { series, season, episode } => (series.to_string(), Some((*season, *episode))),
        ContentId::Kitsu { id, episode: Some(episode) } => (format!("kitsu:{id}"), Some((0, *episode))),
        film @ (ContentId::Movie(_) | ContentId::Kitsu { episode: None, .. } | ContentId::Other(_)) => {
            (film.to_string(), None)
        }
    }
}

/// Whether `next` is the episode after `number`, or the first one of the next season.
fn follows((season, episode): (u32, u32), next: (u32, u32)) -> bool {
    next == (season, episode + 1) || next == (season + 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_episode_and_the_next_season_follow() {
        assert!(follows((1, 2), (1, 3)) && follows((1, 8), (2, 1)));
        for next in [(1, 2), (1, 4), (2, 2), (3, 1), (0, 1)] {
            assert!(!follows((1, 2), next), "{next:?}");
        }
    }

    #[test]
    fn films_have_no_follower() {
        let number = |id: &str| {
            let Ok(id) = id.parse();
            numbered(&Query::of_id("series", &id))
        };
        assert_eq!(number("tt0000001"), ("tt0000001".to_owned(), None));
        assert_eq!(number("tt0000001:2:3"), ("tt0000001".to_owned(), Some((2, 3))));
        assert_eq!(number("kitsu:7:25"), ("kitsu:7".to_owned(), Some((0, 25))));
        assert_eq!(number("kitsu:7"), ("kitsu:7".to_owned(), None));
    }
}
