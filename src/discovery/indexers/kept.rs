//! Something an indexer tells once and for hours.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use tokio::time::Instant;

use crate::discovery::IndexerError;

type Answer<T> = Result<Arc<T>, IndexerError>;
type Flight<T> = BoxFuture<'static, Answer<T>>;

/// A value that is asked for when it is needed first, by one for all, and kept for hours.
pub(super) struct Kept<T> {
    life: Duration,
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Option<(Instant, Arc<T>)>,
    /// The question that is on its way. It ends with the last one who waits for it.
    flight: Option<WeakShared<Flight<T>>>,
}

impl<T: Send + Sync + 'static> Kept<T> {
    /// Nothing yet; what comes is kept for `life`.
    pub(super) const fn new(life: Duration) -> Self {
        Self { life, state: Mutex::new(State { value: None, flight: None }) }
    }

    /// The value, asked for with `ask` unless it is there. One that has grown old still serves if asking fails.
    ///
    /// # Errors
    /// Those of `ask`.
    pub(super) async fn get(
        &self,
        ask: impl FnOnce() -> BoxFuture<'static, Result<T, IndexerError>>,
    ) -> Answer<T> {
        let (flight, old) = match self.fresh_or_flight(ask) {
            Ok(value) => return Ok(value),
            Err(pair) => pair,
        };
        match (flight.await, old) {
            (Ok(value), _) => {
                self.lock().value = Some((Instant::now(), value.clone()));
                Ok(value)
            }
            (Err(_), Some(old)) => Ok(old),
            (Err(error), None) => Err(error),
        }
    }

    /// Keeps a value that came by another way.
    pub(super) fn put(&self, value: T) {
        self.lock().value = Some((Instant::now(), Arc::new(value)));
    }

    /// Forgets the value: the server has contradicted it.
    pub(super) fn forget(&self) {
        self.lock().value = None;
    }

    #[expect(clippy::type_complexity, reason = "a pair that lives for two lines")]
    fn fresh_or_flight(
        &self,
        ask: impl FnOnce() -> BoxFuture<'static, Result<T, IndexerError>>,
    ) -> Result<Arc<T>, (Shared<Flight<T>>, Option<Arc<T>>)> {
        let mut state = self.lock();
        let old = match &state.value {
            Some((since, value)) if since.elapsed() < self.life => return Ok(value.clone()),
            Some((_, value)) => Some(value.clone()),
            None => None,
        };
        // A finished flight has no waiters any more, or has its answer ready for those who come late.
        if let Some(flight) = state.flight.as_ref().and_then(WeakShared::upgrade) {
            return Err((flight, old));
        }
        let flight: Flight<T> = ask().map(|answer| answer.map(Arc::new)).boxed();
        let flight = flight.shared();
        state.flight = flight.downgrade();
        Err((flight, old))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State<T>> {
        // Nothing can panic while it is held, and whatever is in there is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const HOURS: Duration = Duration::from_secs(3 * 3_600);

    /// Answers a moment after it was asked, and counts.
    fn answering(
        calls: &Arc<AtomicU32>,
        answer: Result<u32, IndexerError>,
    ) -> BoxFuture<'static, Result<u32, IndexerError>> {
        let calls = calls.clone();
        async move {
            calls.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            answer
        }
        .boxed()
    }

    #[tokio::test]
    async fn all_who_ask_at_once_share_one_question_and_its_answer_is_kept() {
        let (kept, calls) = (Kept::new(HOURS), Arc::new(AtomicU32::new(0)));
        let (a, b) =
            tokio::join!(kept.get(|| answering(&calls, Ok(1))), kept.get(|| answering(&calls, Ok(2))));
        assert_eq!((*a.unwrap(), *b.unwrap()), (1, 1));
        assert_eq!(*kept.get(|| answering(&calls, Ok(3))).await.unwrap(), 1);
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn what_has_grown_old_is_asked_for_again_and_serves_while_asking_fails() {
        let (kept, calls) = (Kept::new(Duration::ZERO), Arc::new(AtomicU32::new(0)));
        let failing = || answering(&calls, Err(IndexerError::Unsupported));
        assert_eq!(kept.get(failing).await, Err(IndexerError::Unsupported));
        assert_eq!(*kept.get(|| answering(&calls, Ok(7))).await.unwrap(), 7);
        assert_eq!(*kept.get(failing).await.unwrap(), 7);
        assert_eq!(*kept.get(|| answering(&calls, Ok(8))).await.unwrap(), 8);
        kept.forget();
        assert_eq!(kept.get(failing).await, Err(IndexerError::Unsupported));
        assert_eq!(calls.load(Ordering::Relaxed), 5);
    }

    #[tokio::test]
    async fn one_who_leaves_takes_nobody_elses_answer_along() {
        let (kept, gate) = (Kept::new(HOURS), Arc::new(tokio::sync::Notify::new()));
        let waiting = |answer: u32| {
            let gate = gate.clone();
            async move {
                gate.notified().await;
                Ok(answer)
            }
            .boxed()
        };
        let mut leaving = Box::pin(kept.get(|| waiting(1)));
        assert!(futures::poll!(&mut leaving).is_pending());
        let mut staying = Box::pin(kept.get(|| waiting(2)));
        assert!(futures::poll!(&mut staying).is_pending());
        drop(leaving);
        gate.notify_one();
        assert_eq!(*staying.await.unwrap(), 1);
    }
}
