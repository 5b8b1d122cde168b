//! Which session a viewer's words mean.
//!
//! Ids of both kinds look alike, and people use them for the same channel. What an engine answers says which info-hash
//! a word stands for; from then on all words for one channel meet in one session.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::error::LiveError;
use super::selector::Selector;
use crate::domain::InfoHash;

/// Words that are remembered. An entry is some 60 bytes, and an operator has hundreds of channels.
const MOST_WORDS: usize = 10_000;

/// How long a failure answers for new requests: players ask several times within a tap, people later.
pub(super) const REFUSED_FOR: Duration = Duration::from_secs(10);

/// Failures that are remembered at the same time; each is forgotten within seconds.
const MOST_REFUSALS: usize = 1_000;

/// The sessions that run, and the words that mean them. `S` is a handle of a session.
#[derive(Debug)]
pub(super) struct Registry<S> {
    running: Vec<Running<S>>,
    /// What words stand for, also beyond the sessions that found it out.
    words: HashMap<Selector, InfoHash>,
    refused: HashMap<Selector, (LiveError, Instant)>,
}

#[derive(Debug)]
struct Running<S> {
    /// What it was first asked for by.
    selector: Selector,
    /// What the engine says it is.
    info_hash: Option<InfoHash>,
    session: Arc<S>,
}

impl<S> Default for Registry<S> {
    fn default() -> Self {
        Self { running: Vec::new(), words: HashMap::new(), refused: HashMap::new() }
    }
}

impl<S> Registry<S> {
    /// The session that runs, or starts, for these words.
    pub(super) fn find(&self, selector: &Selector) -> Option<&Arc<S>> {
        let known = self.known(selector);
        let means = |running: &&Running<S>| {
            let same = running.info_hash.is_some() && running.info_hash == known;
            same || covers(&running.selector, selector)
        };
        self.running.iter().find(means).map(|running| &running.session)
    }

    /// The session of an id of whichever kind.
    pub(super) fn find_id(&self, id: InfoHash) -> Option<&Arc<S>> {
        self.find(&Selector::Either(id))
    }

    /// The info-hash these words stand for, as far as anybody knows.
    pub(super) fn known(&self, selector: &Selector) -> Option<InfoHash> {
        match selector {
            Selector::InfoHash(id) => Some(*id),
            Selector::Content(_) => self.words.get(selector).copied(),
            // An id that runs as an info-hash is one.
            Selector::Either(id) => {
                let word = self.words.get(selector).or_else(|| self.words.get(&Selector::Content(*id)));
                Some(word.copied().unwrap_or(*id))
            }
        }
    }

    /// Adds a session that starts.
    pub(super) fn add(&mut self, selector: Selector, session: Arc<S>) {
        self.running.push(Running { selector, info_hash: None, session });
    }

    /// An engine said what the words of a session stand for. Returns the session that runs for the same channel
    /// already, if there is one.
    pub(super) fn learned(&mut self, session: &Arc<S>, info_hash: InfoHash) -> Option<Arc<S>> {
        let twin = self
            .running
            .iter()
            .find(|other| !Arc::ptr_eq(&other.session, session) && other.info_hash == Some(info_hash));
        let twin = twin.map(|other| Arc::clone(&other.session));
        let own = self.running.iter_mut().find(|running| Arc::ptr_eq(&running.session, session));
        if let Some(own) = own {
            let word = own.selector;
            if twin.is_none() {
                own.info_hash = Some(info_hash);
            }
            bounded_insert(&mut self.words, MOST_WORDS, word, info_hash);
        }
        twin
    }

    /// Takes a session away.
    pub(super) fn remove(&mut self, session: &Arc<S>) {
        self.running.retain(|running| !Arc::ptr_eq(&running.session, session));
    }

    /// Remembers for a moment that these words led nowhere.
    pub(super) fn refuse(&mut self, selector: Selector, why: LiveError, now: Instant) {
        self.refused.retain(|_, (_, until)| *until > now);
        bounded_insert(&mut self.refused, MOST_REFUSALS, selector, (why, now + REFUSED_FOR));
    }

    /// Why these words led nowhere a moment ago.
    pub(super) fn refusal(&self, selector: &Selector, now: Instant) -> Option<LiveError> {
        let (why, until) = self.refused.get(selector)?;
        (*until > now).then(|| why.clone())
    }

    /// All sessions, oldest first.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &Arc<S>> {
        self.running.iter().map(|running| &running.session)
    }
}

/// Whether a session that was asked for by `one` is also what `other` asks for, as far as the words alone say it.
fn covers(one: &Selector, other: &Selector) -> bool {
    let is_open = |selector: &Selector| matches!(selector, Selector::Either(_));
    one == other || (one.id() == other.id() && (is_open(one) || is_open(other)))
}

/// Inserts; where there is no room, something goes. Which one does not matter, because engines can be asked again.
fn bounded_insert<K: Hash + Eq + Copy, V>(map: &mut HashMap<K, V>, most: usize, key: K, value: V) {
    if map.len() >= most
        && !map.contains_key(&key)
        && let Some(other) = map.keys().next().copied()
    {
        map.remove(&other);
    }
    map.insert(key, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT: InfoHash = InfoHash::new([1; 20]);
    const HASH: InfoHash = InfoHash::new([2; 20]);

    fn running(selector: Selector) -> (Registry<u8>, Arc<u8>) {
        let (mut registry, session) = (Registry::default(), Arc::new(1));
        registry.add(selector, Arc::clone(&session));
        (registry, session)
    }

    fn finds(registry: &Registry<u8>, selector: Selector) -> Option<u8> {
        registry.find(&selector).map(|session| **session)
    }

    #[test]
    fn a_start_is_joined_by_whoever_means_the_same() {
        let (registry, _) = running(Selector::Either(CONTENT));
        for selector in [Selector::Either(CONTENT), Selector::Content(CONTENT), Selector::InfoHash(CONTENT)] {
            assert_eq!(finds(&registry, selector), Some(1));
        }
        assert_eq!(finds(&registry, Selector::Either(HASH)), None);
        let (registry, _) = running(Selector::InfoHash(HASH));
        assert_eq!(finds(&registry, Selector::InfoHash(HASH)), Some(1));
        assert_eq!(finds(&registry, Selector::Content(HASH)), None);
    }

    #[test]
    fn an_id_of_whichever_kind_finds_a_channel_whose_engine_tells_no_info_hash() {
        for selector in [Selector::Content(CONTENT), Selector::InfoHash(CONTENT)] {
            let (registry, session) = running(selector);
            assert_eq!(finds(&registry, Selector::Either(CONTENT)), Some(1), "{selector:?}");
            assert_eq!(registry.find_id(CONTENT), Some(&session), "{selector:?}");
        }
    }

    #[test]
    fn after_the_reply_both_kinds_of_id_mean_the_session() {
        let (mut registry, session) = running(Selector::Content(CONTENT));
        assert_eq!(finds(&registry, Selector::InfoHash(HASH)), None);
        assert_eq!(registry.learned(&session, HASH), None);
        for selector in [
            Selector::Content(CONTENT),
            Selector::Either(CONTENT),
            Selector::InfoHash(HASH),
            Selector::Either(HASH),
        ] {
            assert_eq!(finds(&registry, selector), Some(1), "{selector:?}");
        }
        assert_eq!(registry.find_id(HASH), Some(&session));
        assert_eq!(registry.find_id(CONTENT), Some(&session));
    }

    #[test]
    fn what_a_word_stands_for_is_known_beyond_its_session() {
        let (mut registry, session) = running(Selector::Content(CONTENT));
        registry.learned(&session, HASH);
        registry.remove(&session);
        assert_eq!(finds(&registry, Selector::Content(CONTENT)), None);
        let other = Arc::new(2);
        registry.add(Selector::InfoHash(HASH), Arc::clone(&other));
        assert_eq!(registry.learned(&other, HASH), None);
        assert_eq!(finds(&registry, Selector::Content(CONTENT)), Some(2));
    }

    #[test]
    fn a_second_start_of_one_channel_finds_the_first() {
        let (mut registry, first) = running(Selector::InfoHash(HASH));
        registry.learned(&first, HASH);
        let second = Arc::new(2);
        registry.add(Selector::Content(CONTENT), Arc::clone(&second));
        assert_eq!(registry.learned(&second, HASH), Some(Arc::clone(&first)));
        registry.remove(&second);
        assert_eq!(finds(&registry, Selector::Content(CONTENT)), Some(1));
    }

    #[test]
    fn a_failure_answers_for_seconds() {
        let (mut registry, now) = (Registry::<u8>::default(), Instant::now());
        let why = LiveError::StartFailed("no".into());
        registry.refuse(Selector::Either(HASH), why.clone(), now);
        assert_eq!(registry.refusal(&Selector::Either(HASH), now), Some(why));
        assert_eq!(registry.refusal(&Selector::Either(HASH), now + REFUSED_FOR), None);
    }
}
