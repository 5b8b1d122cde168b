//! Who is dialled, when, and who never.

use super::*;

fn address(number: u32) -> SocketAddr {
    SocketAddr::from((std::net::Ipv4Addr::from_bits(0x0101_0000 + number), 6881))
}

fn book() -> Book {
    Book::new(Guard::PublicOnly, 6881)
}

/// A book in which these stand.
fn with(numbers: &[u32], now: Instant) -> Book {
    let mut book = book();
    book.add(numbers.iter().map(|number| address(*number)).collect(), Origin::Stranger, now);
    book
}

#[test]
fn each_address_is_dialled_once_and_again_after_growing_pauses() {
    let now = Instant::now();
    let mut book = with(&[1, 2, 1], now);
    book.add(vec![address(2)], Origin::Stranger, now);
    assert_eq!(book.next(now), Some((address(1), Manner::USUAL)));
    assert_eq!(book.next(now), Some((address(2), Manner::USUAL)));
    assert_eq!(book.next(now), None);
    let mut later = now;
    for tries in 0..MOST_TRIES - 1 {
        book.lost(address(1), Outcome::Failed, later);
        later += PAUSE * 2_u32.pow(tries);
        assert_eq!(book.next(later - Duration::from_millis(1)), None);
        assert_eq!(book.next(later).map(|(peer, _)| peer), Some(address(1)));
    }
    book.lost(address(1), Outcome::Failed, later);
    assert_eq!(book.next(later + Duration::from_secs(9999)), None);
}

#[test]
fn who_was_of_use_is_dialled_again_however_often_it_ends() {
    let mut now = Instant::now();
    let mut book = with(&[1], now);
    for _ in 0..10 * MOST_TRIES {
        assert!(book.next(now).is_some());
        book.lost(address(1), Outcome::Served, now);
        now += PAUSE;
    }
}

const VEILED: Manner = Manner { veiled: true, ..Manner::USUAL };
const PATIENT: Manner = Manner { opening: Opening::OneByOne, ..Manner::USUAL };

#[test]
fn who_is_offended_by_our_haste_is_greeted_slowly_once() {
    let now = Instant::now();
    let mut book = with(&[1], now);
    book.next(now);
    book.lost(address(1), Outcome::Offended, now);
    assert_eq!(book.next(now), Some((address(1), PATIENT)));
    book.lost(address(1), Outcome::Offended, now);
    assert_eq!(book.next(now), None);
}

#[test]
fn who_hangs_up_before_a_word_is_dialled_encrypted_and_then_slowly_before_others() {
    let mut now = Instant::now();
    let mut book = with(&[1, 2, 3], now);
    let mut dialled = Vec::new();
    for _ in 0..3 {
        let (peer, manner) = book.next(now).unwrap();
        dialled.push((peer, manner));
        book.lost(peer, Outcome::Shut, now);
    }
    assert_eq!(dialled, [Manner::USUAL, VEILED, PATIENT].map(|manner| (address(1), manner)));
    // Who refuses everything is most often full: from then on it is asked once in a while, in one manner at a time.
    assert_eq!(book.next(now).map(|(peer, _)| peer), Some(address(2)));
    assert_eq!(book.next(now).map(|(peer, _)| peer), Some(address(3)));
    let mut later = Vec::new();
    for _ in 1..MOST_TRIES {
        assert_eq!(book.next(now), None);
        now += Duration::from_secs(100);
        later.extend(book.next(now).map(|(_, manner)| manner));
        book.lost(address(1), Outcome::Shut, now);
    }
    assert_eq!(later, [Manner::USUAL, VEILED, PATIENT]);
    assert_eq!(book.next(now + Duration::from_secs(9999)), None);
}

#[test]
fn who_has_greeted_is_dialled_in_the_same_manner_from_then_on() {
    let mut now = Instant::now();
    let mut book = with(&[1], now);
    book.next(now);
    book.lost(address(1), Outcome::Shut, now);
    assert_eq!(book.next(now), Some((address(1), VEILED)));
    book.greeted(address(1));
    for outcome in [Outcome::Served, Outcome::Shut, Outcome::Failed] {
        book.lost(address(1), outcome, now);
        now += Duration::from_secs(100);
        assert_eq!(book.next(now), Some((address(1), VEILED)), "after {outcome:?}");
    }
    assert_eq!(book.manner(address(1)), Some(VEILED));
    let mut another = with(&[1], now);
    another.recall(address(1), VEILED);
    another.recall(address(2), VEILED);
    assert_eq!(another.next(now), Some((address(1), VEILED)));
    assert_eq!(another.next(now), None, "nobody knows the other one");
}

#[test]
fn who_wants_encryption_and_patience_gets_both() {
    let now = Instant::now();
    let mut book = with(&[1], now);
    book.next(now);
    book.lost(address(1), Outcome::Shut, now);
    book.next(now);
    book.greeted(address(1));
    book.lost(address(1), Outcome::Offended, now);
    assert_eq!(book.next(now), Some((address(1), Manner { veiled: true, ..PATIENT })));
}

#[test]
fn ourselves_are_dialled_once() {
    let now = Instant::now();
    let mut book = with(&[1], now);
    book.next(now);
    book.lost(address(1), Outcome::Ourselves, now);
    assert!(book.is_banned(address(1)));
    assert_eq!(book.next(now + Duration::from_secs(9999)), None);
}

#[test]
fn a_liar_is_not_dialled_again() {
    let now = Instant::now();
    let mut book = with(&[1], now);
    book.next(now);
    book.ban(address(1));
    book.lost(address(1), Outcome::Offended, now);
    assert_eq!(book.next(now + Duration::from_secs(9999)), None);
}

#[test]
fn peers_who_name_thousands_leave_room_for_those_that_trackers_name() {
    let (mut book, now) = (book(), Instant::now());
    for peer in 0..50 {
        let named = (0..5000).map(|number| address(1000 + peer * 5000 + number)).collect();
        book.add(named, Origin::Peer(address(peer)), now);
        assert!(book.len() <= (peer as usize + 1) * MOST_OF_ONE && book.len() <= MOST_TOLD);
    }
    book.add((0..500).map(address).collect(), Origin::Stranger, now);
    assert_eq!(book.len(), MOST_ADDRESSES);
    assert_eq!(book.next(now).map(|(peer, _)| peer), Some(address(0)), "and those come first");
}

#[test]
fn what_was_tried_in_vain_gives_way_to_what_is_new() {
    let mut now = Instant::now();
    let mut book = with(&(0..MOST_ADDRESSES as u32).collect::<Vec<u32>>(), now);
    book.add(vec![address(5000)], Origin::Stranger, now);
    assert_eq!(book.len(), MOST_ADDRESSES);
    for _ in 0..MOST_TRIES {
        while let Some((peer, _)) = book.next(now) {
            book.lost(peer, Outcome::Failed, now);
        }
        now += Duration::from_secs(100);
    }
    assert!(book.next(now).is_none() && !book.has_fresh());
    book.add(vec![address(5000)], Origin::Stranger, now);
    assert!(book.has_fresh());
    assert_eq!(book.next(now).map(|(peer, _)| peer), Some(address(5000)));
}

#[test]
fn nobody_is_dialled_where_the_guard_lets_nobody_go_nor_are_we() {
    let dialled = |guard: Guard, origin: Origin, peer: &str| {
        let mut book = Book::new(guard, 6881);
        book.add(vec![peer.parse().unwrap()], origin, Instant::now());
        book.next(Instant::now()).is_some()
    };
    for inside in ["127.0.0.1:80", "10.0.0.1:6881", "192.168.1.1:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
        assert!(!dialled(Guard::PublicOnly, Origin::Stranger, inside), "{inside}");
        assert!(!dialled(Guard::PublicOnly, Origin::Peer(address(1)), inside), "{inside}");
        assert!(dialled(Guard::PublicOnly, Origin::Operator, inside), "{inside}");
        assert!(dialled(Guard::Open, Origin::Stranger, inside), "{inside}");
    }
    assert!(dialled(Guard::PublicOnly, Origin::Stranger, "1.1.1.1:6881"));
    for nobody in [
        "127.0.0.1:6881",
        "[::ffff:127.0.0.1]:6881",
        "0.0.0.0:80",
        "224.0.0.1:80",
        "255.255.255.255:80",
        "1.1.1.1:0",
    ] {
        assert!(!dialled(Guard::Open, Origin::Operator, nobody), "{nobody}");
    }
}
