//! Titles that somebody has on the screen: their lists are made before they are opened.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use futures::FutureExt;
use tokio::sync::Notify;

use super::lists::{Asked, StreamLists};
use crate::domain::ContentId;
use crate::links::PublicUrl;
use crate::profile::ProfileRef;
use crate::source::Terms;
use crate::stremio::Hops;

/// Titles that one request may name; no screen shows more.
pub const MOST_VISIBLE: usize = 40;

/// Titles that wait for their turn. What was on a screen longest ago leaves first.
const MOST_WAITING: usize = 200;

/// A title on a screen.
#[derive(Debug, Clone)]
pub struct Visible {
    /// The content type, as Stremio gives it.
    pub kind: String,
    /// The video.
    pub id: ContentId,
    /// What links in its list begin with.
    pub base: PublicUrl,
    /// The profile of the install, if it has one.
    pub profile: Option<Arc<ProfileRef>>,
    /// By whose rules and accounts it would be played.
    pub terms: Terms,
}

/// The titles that wait for their turn, the most urgent first: what came on a screen last, and of one screen what was
/// named first.
#[derive(Debug, Default)]
pub struct Viewport {
    waiting: Mutex<VecDeque<Visible>>,
    arrived: Notify,
}

impl Viewport {
    /// Puts the titles of one screen in front of all others, in their order. Returns how many wait now.
    pub fn show(&self, titles: Vec<Visible>) -> usize {
        let mut waiting = self.waiting();
        for title in titles.into_iter().take(MOST_VISIBLE).rev() {
            waiting.retain(|other| !is_same(other, &title));
            waiting.push_front(title);
        }
        waiting.truncate(MOST_WAITING);
        let count = waiting.len();
        drop(waiting);
        self.arrived.notify_waiters();
        count
    }

    /// Makes one list after the other, for ever. Several may work side by side. Cancel by dropping.
    pub async fn work(&self, lists: &StreamLists) {
        loop {
            let title = self.next().await;
            let asked = Asked {
                kind: &title.kind,
                id: &title.id,
                base: &title.base,
                profile: title.profile.as_deref(),
                terms: &title.terms,
                hops: &Hops::default(),
                now: SystemTime::now(),
            };
            // The list itself stays with those who made it, and is there for the one who opens the title.
            let made = AssertUnwindSafe(lists.list(&asked)).catch_unwind().await;
            // Nobody would start the worker again, so that one strange title must not end it.
            if made.is_err() {
                tracing::error!(id = %title.id, "making a list ahead broke off, which is our fault");
            }
        }
    }

    async fn next(&self) -> Visible {
        loop {
            let arrival = self.arrived.notified();
            tokio::pin!(arrival);
            // Before the look, so that nothing is missed that arrives after it.
            arrival.as_mut().enable();
            let first = self.waiting().pop_front();
            match first {
                Some(title) => return title,
                None => arrival.await,
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Visible>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether both would give the same list.
fn is_same(one: &Visible, other: &Visible) -> bool {
    let profile = |title: &Visible| title.profile.as_ref().map(|profile| profile.id.clone());
    (&one.kind, &one.id, &one.base, profile(one)) == (&other.kind, &other.id, &other.base, profile(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(id: &str) -> Visible {
        let Ok(id) = id.parse();
        Visible {
            kind: "movie".to_owned(),
            id,
            base: "http://tv.example".parse().unwrap(),
            profile: None,
            terms: Terms::default(),
        }
    }

    fn titles(range: std::ops::Range<u32>) -> Vec<Visible> {
        range.map(|number| title(&format!("tt{number}"))).collect()
    }

    #[tokio::test]
    async fn what_is_on_the_screen_now_comes_first_and_nothing_twice() {
        let viewport = Viewport::default();
        assert_eq!(viewport.show(titles(1..4)), 3);
        assert_eq!(viewport.show(titles(3..6)), 5);
        for expected in ["tt3", "tt4", "tt5", "tt1", "tt2"] {
            assert_eq!(viewport.next().await.id.to_string(), expected);
        }
    }

    #[tokio::test]
    async fn a_worker_that_waits_is_woken() {
        let viewport = Arc::new(Viewport::default());
        let waiting = {
            let viewport = Arc::clone(&viewport);
            async move { viewport.next().await }
        };
        let (next, _) = tokio::join!(waiting, async { viewport.show(titles(7..8)) });
        assert_eq!(next.id.to_string(), "tt7");
    }

    #[test]
    fn screens_and_the_queue_have_limits() {
        let viewport = Viewport::default();
        assert_eq!(viewport.show(titles(0..100)), MOST_VISIBLE);
        for screen in 1..10 {
            viewport.show(titles(screen * 100..screen * 100 + 40));
        }
        assert_eq!(viewport.show(Vec::new()), MOST_WAITING);
    }
}
