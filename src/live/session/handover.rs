//! How a session gets an engine session that another one has started.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// A place for one thing. What is put there last wins; what it replaces is dropped.
#[derive(Debug)]
pub(super) struct Handover<T> {
    place: Mutex<Option<T>>,
    news: Notify,
}

impl<T> Default for Handover<T> {
    fn default() -> Self {
        Self { place: Mutex::new(None), news: Notify::new() }
    }
}

impl<T> Handover<T> {
    /// Puts something there.
    pub(super) fn put(&self, thing: T) {
        let replaced = self.place.lock().unwrap_or_else(PoisonError::into_inner).replace(thing);
        self.news.notify_one();
        drop(replaced);
    }

    /// Takes what is there.
    pub(super) fn take(&self) -> Option<T> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until something is there.
    pub(super) async fn waiting(&self) {
        while self.place.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.news.notified().await;
        }
    }
}
