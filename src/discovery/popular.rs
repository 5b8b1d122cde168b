//! Keeping what people ask for again and again fresh, so that the next one does not wait; and tidying up.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use moka::sync::Cache as Moka;
use tokio::time::{MissedTickBehavior, interval};

use super::Scope;
use super::ask::Asked;
use super::engine::Inner;
use super::member::Fingerprint;
use super::results::unix_seconds;

/// Time between two looks.
pub(super) const PULSE: Duration = Duration::from_secs(5 * 60);

/// For how long a query that nobody repeats is kept fresh.
const IDLE: Duration = Duration::from_secs(2 * 3_600);

/// Asked so often, a query is popular.
const POPULAR: u32 = 2;

/// Queries refreshed at one look: other people's servers answer them.
const MOST_AT_ONCE: usize = 3;

/// What was asked lately.
pub(super) struct Popular {
    asked: Moka<(Fingerprint, Fingerprint), Arc<Wish>>,
}

struct Wish {
    asked: Arc<Asked>,
    scope: Scope,
    times: AtomicU32,
}

impl Popular {
    pub(super) fn new() -> Self {
        Self { asked: Moka::builder().time_to_idle(IDLE).max_capacity(500).build() }
    }

    /// Takes note that somebody asked.
    pub(super) fn note(&self, asked: &Arc<Asked>, scope: &Scope) {
        let wish = || {
            let times = AtomicU32::new(0);
            Arc::new(Wish { asked: asked.clone(), scope: scope.clone(), times })
        };
        self.asked.get_with((scope.key, asked.key), wish).times.fetch_add(1, Ordering::Relaxed);
    }

    /// What was asked most, most popular first.
    fn most(&self) -> Vec<Arc<Wish>> {
        let times = |wish: &Arc<Wish>| wish.times.load(Ordering::Relaxed);
        // Iterating does not count as a use.
        let mut wishes: Vec<_> =
            self.asked.iter().map(|(_, wish)| wish).filter(|wish| times(wish) >= POPULAR).collect();
        wishes.sort_by_key(|wish| std::cmp::Reverse(times(wish)));
        wishes.truncate(MOST_AT_ONCE);
        wishes
    }
}

/// Refreshes and tidies up at once and then whenever `pulse` has passed, until the server stops.
pub(super) async fn tend(inner: &Inner, pulse: Duration) {
    let mut pulse = interval(pulse);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let work = async {
            pulse.tick().await;
            inner.desk.results.tidy(unix_seconds()).await;
            inner.plays.tidy().await;
            refresh(inner).await;
        };
        // Nobody would start it again after a panic. The wait for the pulse keeps one that returns from spinning.
        match inner.stop.run_until_cancelled(AssertUnwindSafe(work).catch_unwind()).await {
            Some(Ok(())) => {}
            Some(Err(_)) => tracing::error!("keeping popular searches fresh broke off, which is our fault"),
            None => return,
        }
    }
}

/// Asks again about what is popular and not fresh any more.
pub(super) async fn refresh(inner: &Inner) {
    for wish in inner.popular.most() {
        join_all(wish.scope.members.iter().map(|member| inner.desk.refresh(member, &wish.asked))).await;
    }
}
