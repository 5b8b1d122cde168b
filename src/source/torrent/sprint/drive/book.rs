//! The addresses that were heard of: who is dialled next, who never again.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use super::super::peer::Opening;

/// Addresses that are remembered. A swarm of thousands has enough in its first few hundred.
const MOST_ADDRESSES: usize = 1_000;

/// An address that fails is tried again after this time, and after twice as long each time.
const PAUSE: Duration = Duration::from_secs(8);

/// So often it is tried.
const MOST_TRIES: u32 = 4;

/// All addresses of one torrent.
#[derive(Debug, Default)]
pub(super) struct Book {
    entries: HashMap<SocketAddr, Entry>,
    fresh: VecDeque<SocketAddr>,
}

#[derive(Debug)]
struct Entry {
    opening: Opening,
    tries: u32,
    /// When it may be dialled; `None` while it is, or is connected, or never again.
    due: Option<Instant>,
    banned: bool,
}

impl Book {
    /// Notes addresses, those to be dialled first in front.
    pub(super) fn add(&mut self, peers: Vec<SocketAddr>, now: Instant) {
        for peer in peers.into_iter().filter(|peer| peer.port() != 0) {
            if self.entries.len() >= MOST_ADDRESSES {
                return;
            }
            self.entries.entry(peer).or_insert_with(|| {
                self.fresh.push_back(peer);
                Entry { opening: Opening::AtOnce, tries: 0, due: Some(now), banned: false }
            });
        }
    }

    /// Number of addresses.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whom to dial now, and how to begin.
    pub(super) fn next(&mut self, now: Instant) -> Option<(SocketAddr, Opening)> {
        let peer = self.fresh.pop_front().or_else(|| {
            let due = self.entries.iter().filter(|(_, entry)| entry.due.is_some_and(|due| due <= now));
            due.min_by_key(|(_, entry)| entry.due).map(|(peer, _)| *peer)
        })?;
        let entry = self.entries.get_mut(&peer)?;
        entry.due = None;
        Some((peer, entry.opening))
    }

    /// A connection failed or ended. Whoever hung up without a word after everything was said at once is dialled again
    /// and left to speak first.
    pub(super) fn lost(&mut self, peer: SocketAddr, offended: bool, now: Instant) {
        let Some(entry) = self.entries.get_mut(&peer).filter(|entry| !entry.banned) else { return };
        if offended && entry.opening == Opening::AtOnce {
            entry.opening = Opening::OneByOne;
            entry.due = Some(now);
            return;
        }
        entry.tries += 1;
        entry.due = (entry.tries < MOST_TRIES).then(|| now + PAUSE * 2_u32.pow(entry.tries - 1));
    }

    /// Never dials this address again.
    pub(super) fn ban(&mut self, peer: SocketAddr) {
        if let Some(entry) = self.entries.get_mut(&peer) {
            (entry.banned, entry.due) = (true, None);
        }
    }

    /// Whether an address is never dialled again.
    pub(super) fn is_banned(&self, peer: SocketAddr) -> bool {
        self.entries.get(&peer).is_some_and(|entry| entry.banned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u8) -> SocketAddr {
        SocketAddr::from(([198, 18, 0, number], 6881))
    }

    #[test]
    fn each_address_is_dialled_once_and_again_after_growing_pauses() {
        let (mut book, now) = (Book::default(), Instant::now());
        book.add(vec![address(1), address(2), address(1)], now);
        book.add(vec![address(2)], now);
        assert_eq!(book.next(now), Some((address(1), Opening::AtOnce)));
        assert_eq!(book.next(now), Some((address(2), Opening::AtOnce)));
        assert_eq!(book.next(now), None);
        let mut later = now;
        for tries in 0..MOST_TRIES - 1 {
            book.lost(address(1), false, later);
            later += PAUSE * 2_u32.pow(tries);
            assert_eq!(book.next(later - Duration::from_millis(1)), None);
            assert_eq!(book.next(later).map(|(peer, _)| peer), Some(address(1)));
        }
        book.lost(address(1), false, later);
        assert_eq!(book.next(later + Duration::from_secs(9999)), None);
    }

    #[test]
    fn who_is_offended_by_our_haste_is_greeted_slowly_once() {
        let (mut book, now) = (Book::default(), Instant::now());
        book.add(vec![address(1)], now);
        book.next(now);
        book.lost(address(1), true, now);
        assert_eq!(book.next(now), Some((address(1), Opening::OneByOne)));
        book.lost(address(1), true, now);
        assert_eq!(book.next(now), None);
    }

    #[test]
    fn a_liar_is_not_dialled_again() {
        let (mut book, now) = (Book::default(), Instant::now());
        book.add(vec![address(1)], now);
        book.next(now);
        book.ban(address(1));
        book.lost(address(1), true, now);
        assert_eq!(book.next(now + Duration::from_secs(9999)), None);
    }
}
