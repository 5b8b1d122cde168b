//! What is being watched of each series, so that the next episode comes from the same release.
//!
//! A client plays on with the first row of the next list that has the same binge group. Among those rows the torrent
//! that is being watched comes first, and then what the same people have made.

use std::collections::HashMap;
use std::time::Duration;

use moka::sync::Cache as Moka;

use super::row::binge_group;
use crate::addon::offers::Offer;
use crate::changes::Changes;
use crate::domain::{ContentId, InfoHash};

/// How long it is remembered which series a torrent was listed for, and what of a series was watched: from one
/// evening to the next.
const MEMORY: Duration = Duration::from_secs(7 * 24 * 3600);

/// Torrents, and series.
const MOST: u64 = 20_000;

/// The threads of all series.
pub(super) struct Threads {
    listed: Moka<InfoHash, Thread>,
    watched: Moka<String, Watched>,
    changes: Changes,
}

/// What a torrent was listed for.
#[derive(Clone)]
struct Thread {
    series: String,
    group: Option<String>,
}

/// What was watched last of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watched {
    pub(super) info_hash: InfoHash,
    group: Option<String>,
}

impl Threads {
    pub(super) fn new() -> Self {
        Self {
            listed: Moka::builder().max_capacity(MOST).time_to_live(MEMORY).build(),
            watched: Moka::builder().max_capacity(MOST).time_to_live(MEMORY).build(),
            changes: Changes::default(),
        }
    }

    /// How often somebody has begun to watch something else of any series.
    pub(super) fn changes(&self) -> u64 {
        self.changes.count()
    }

    /// What was watched last of the series of this video.
    pub(super) fn watched(&self, id: &ContentId) -> Option<Watched> {
        self.watched.get(&series(id)?)
    }

    /// Notes what is listed for a video.
    pub(super) fn note_listed(&self, id: &ContentId, offers: &[Offer]) {
        let Some(series) = series(id) else { return };
        for offer in offers {
            let thread = Thread { series: series.clone(), group: offer.release.group.clone() };
            self.listed.insert(offer.candidate.info_hash, thread);
        }
    }

    /// Notes that somebody plays a torrent.
    pub(super) fn note_play(&self, info_hash: InfoHash) {
        if let Some(Thread { series, group }) = self.listed.get(&info_hash) {
            let watched = Watched { info_hash, group };
            let is_new = self.watched.get(&series).as_ref() != Some(&watched);
            // Also what is not new, so that it is remembered from now on.
            self.watched.insert(series, watched);
            if is_new {
                self.changes.note();
            }
        }
    }
}

/// Puts the offers that go on with what was watched before others of their binge group. Nothing else changes places.
pub(super) fn follow(watched: &Watched, offers: Vec<Offer>) -> Vec<Offer> {
    let groups: Vec<String> = offers.iter().map(binge_group).collect();
    let mut rows: HashMap<&str, Vec<Offer>> = HashMap::new();
    for (group, offer) in groups.iter().zip(offers) {
        rows.entry(group).or_default().push(offer);
    }
    let strangeness = |offer: &Offer| match (&offer.release.group, &watched.group) {
        _ if offer.candidate.info_hash == watched.info_hash => 0,
        (Some(one), Some(other)) if one.eq_ignore_ascii_case(other) => 1,
        _ => 2,
    };
    let mut rows: HashMap<&str, _> = rows
        .into_iter()
        .map(|(group, mut offers)| {
            offers.sort_by_key(strangeness);
            (group, offers.into_iter())
        })
        .collect();
    groups.iter().filter_map(|group| rows.get_mut(group.as_str())?.next()).collect()
}

fn series(id: &ContentId) -> Option<String> {
    match id {
        ContentId::Episode { series, .. } => Some(series.to_string()),
        ContentId::Kitsu { id, episode: Some(_) } => Some(format!("kitsu:{id}")),
        // `catalogue:id:season:episode` and the like: the last part is the episode.
        ContentId::Other(text) => text.rsplit_once(':').map(|(series, _)| series.to_owned()),
        ContentId::Movie(_) | ContentId::Kitsu { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addon::offers::samples::offer;
    use crate::release::{Release, Resolution};

    fn row(number: u8, resolution: Resolution, group: &str) -> Offer {
        let release =
            Release { resolution: Some(resolution), group: Some(group.to_owned()), ..Release::default() };
        offer(number, "Show", release)
    }

    fn id(text: &str) -> ContentId {
        let Ok(id) = text.parse();
        id
    }

    #[test]
    fn the_next_episode_comes_from_the_same_torrent_or_the_same_people() {
        let threads = Threads::new();
        let watched = row(9, Resolution::P1080, "Tide");
        threads.note_listed(&id("tt1:1:1"), std::slice::from_ref(&watched));
        assert_eq!(threads.watched(&id("tt1:1:2")), None);
        threads.note_play(watched.candidate.info_hash);
        let watched = threads.watched(&id("tt1:1:2")).unwrap();
        let next = vec![
            row(1, Resolution::P2160, "Other"),
            row(2, Resolution::P1080, "Other"),
            row(3, Resolution::P2160, "Tide"),
            row(4, Resolution::P1080, "TIDE"),
            row(9, Resolution::P1080, "Tide"),
        ];
        let order: Vec<u8> =
            follow(&watched, next).iter().map(|offer| offer.candidate.info_hash.as_bytes()[0]).collect();
        assert_eq!(order, [3, 9, 1, 4, 2]);
    }

    #[test]
    fn series_are_told_apart_and_films_have_no_next_episode() {
        let threads = Threads::new();
        let one = row(9, Resolution::P1080, "Tide");
        for id in ["tt1", "kitsu:7"] {
            threads.note_listed(&self::id(id), std::slice::from_ref(&one));
            threads.note_play(one.candidate.info_hash);
        }
        threads.note_listed(&id("tt1:1:1"), std::slice::from_ref(&one));
        threads.note_play(one.candidate.info_hash);
        threads.note_play(InfoHash::new([7; 20]));
        for (other, expected) in [("tt1:2:1", true), ("tt2:1:2", false), ("tt1", false), ("kitsu:7:2", false)]
        {
            assert_eq!(threads.watched(&id(other)).is_some(), expected, "{other}");
        }
    }
}
