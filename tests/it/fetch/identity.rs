//! Whether what comes is this very content: hashes, edges, overlaps, tags.

use std::sync::Arc;

use headwater::source::SourceError;
use headwater::source::fetch::{Container, Expect, Refusal, start};

use super::film::{Film, KIB, MIB, noise, within};
use super::host::{Act, Host};
use super::place::Place;

const PIECE: u64 = 256 * KIB;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_piece_is_not_written_and_its_sender_is_blamed() {
    let film = Film::plain(2 * MIB, PIECE);
    let mut wrong = film.bytes().to_owned();
    wrong[(3 * PIECE + 5) as usize] ^= 1;
    let host = Host::good(&wrong).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&host]));
    let failed = within(10, place.fail(&file)).await;
    assert!(matches!(&failed, SourceError::NotHere(why) if why.contains("do not match")), "{failed}");
    assert_eq!(place.blamed(), [host.url()]);
    assert_eq!(file.missing_from(0), 3 * PIECE);
    film.play(&file, 0, 3 * PIECE).await;
}

/// A server of wrong bytes that breaks off in the middle of the first piece and then has lost the file.
async fn liar(film: &Film) -> Host {
    let mut wrong = film.bytes().to_owned();
    wrong[5000] ^= 1;
    Host::new(&wrong, |number, _| match number {
        0 => Act::Cut(PIECE / 2, ""),
        _ => Act::Say("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_address_is_not_blamed_for_what_the_one_before_it_sent() {
    let film = Film::plain(2 * MIB, PIECE);
    let (liar, honest) = (liar(&film).await, Host::good(film.bytes()).await);
    let file = film.file();
    let place = Arc::new(Place::of(&[&liar, &honest]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, film.play_all(&file)).await;
    assert_eq!(place.blamed(), []);
    assert!(honest.starts().starts_with(&[PIECE / 2, 0]), "once more, and whole: {:?}", honest.starts());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_liars_the_one_is_blamed_who_sent_a_whole_wrong_piece() {
    let film = Film::plain(2 * MIB, PIECE);
    let mut wrong = film.bytes().to_owned();
    wrong[6000] ^= 1;
    let (liar, other) = (liar(&film).await, Host::good(&wrong).await);
    let file = film.file();
    let place = Arc::new(Place::of(&[&liar, &other]));
    let failed = within(10, place.fail(&file)).await;
    assert!(matches!(failed, SourceError::NotHere(_)), "{failed}");
    assert_eq!(place.blamed(), [other.url()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn edges_are_proved_with_the_neighbours_bytes() {
    for connections in [1, 4] {
        let film = Film::among(1000, 3 * PIECE, 2000, PIECE);
        let host = Host::good(film.bytes()).await;
        let file = film.file();
        let place = Place::of(&[&host]).with_connections(connections);
        let place = Arc::new(place.with_surroundings(film.layout.torrent_start(), &film.torrent));
        let _writer = within(10, place.start(&file)).await.unwrap();
        within(3, film.play_all(&file)).await;
        let first = film.layout.first_piece;
        assert!((first..first + 4).all(|piece| file.has_piece(piece)), "every piece matched its hash");
        assert!(connections == 1 || host.served() == film.layout.length, "{} bytes", host.served());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edges_without_neighbours_wait_for_an_inner_piece() {
    let film = Film::among(1000, 3 * PIECE, 2000, PIECE);
    let host = Host::new(film.bytes(), |_, _| Act::Slow(MIB)).await;
    let file = film.file();
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&host]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, file.wait_for(0)).await.unwrap();
    let first = film.layout.first_piece;
    assert!(!file.has_piece(first), "it is vouched for, not proved");
    assert!(file.has_piece(first + 1), "by a sender who had proved itself");
    within(10, film.play_all(&file)).await;
    assert_eq!(host.served(), film.layout.length, "all in one run");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_piece_alone_sends_for_the_one_before_it() {
    let film = Film::among(0, 3 * PIECE - 50, 2000, PIECE);
    let host = Host::good(film.bytes()).await;
    let file = film.file();
    (0..2).for_each(|piece| film.put(&file, piece));
    let place = Arc::new(Place::of(&[&host]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, film.play_all(&file)).await;
    assert_eq!(host.starts(), [2 * PIECE, PIECE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_of_another_file_never_gets_to_vouch_for_an_edge() {
    let film = Film::among(1000, 3 * PIECE, 2000, PIECE);
    let mut other = film.bytes().to_owned();
    other[600_000] ^= 1;
    other[10_000] ^= 1;
    other[300_000] ^= 1;
    let host = Host::good(&other).await;
    let file = film.file();
    let place = Arc::new(Place::of(&[&host]));
    let failed = within(10, place.fail(&file)).await;
    assert!(matches!(failed, SourceError::NotHere(_)), "{failed}");
    assert_eq!(file.verified_bytes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_edges_only_is_judged_by_length_and_kind() {
    let film = Film::among(1000, PIECE, 2000, PIECE);
    let page = Host::good(&noise(PIECE as usize, 3)).await;
    let good = Host::good(film.bytes()).await;
    let file = film.file();
    let place = Arc::new(Place::of(&[&page, &good]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, film.play_all(&file)).await;
    assert_eq!(place.refused(), [Refusal::OtherFile]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_hashes_another_kind_of_file_is_refused() {
    let film = Film::unproved(MIB);
    let host = Host::good(film.bytes()).await;
    let place = Arc::new(Place::of(&[&host]));
    let expect = Expect { container: Some(Container::Matroska) };
    within(10, start(film.file(), place.clone(), expect)).await.unwrap_err();
    assert_eq!(place.refused(), [Refusal::OtherFile]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_hashes_two_versions_are_never_mixed() {
    let film = Film::unproved(4 * MIB);
    let mut other = film.bytes().to_owned();
    other[MIB as usize..].fill(0);
    other[(MIB - 10) as usize] ^= 1;
    let (wrong, right) = (Host::good(&other).await, Host::good(film.bytes()).await);
    let file = film.file();
    (0..4).for_each(|piece| film.put(&file, piece));
    let _reader = file.playhead(0);
    let place = Arc::new(Place::of(&[&wrong, &right]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, film.play_all(&file)).await;
    assert_eq!(place.refused(), [Refusal::OtherFile]);
    assert_eq!(right.starts()[0], MIB - 64 * KIB, "it was compared first");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_hashes_two_origins_that_begin_together_are_never_mixed() {
    let film = Film::unproved(4 * MIB);
    let other: Vec<u8> = film.bytes()[..12].iter().copied().chain(noise(4 * MIB as usize - 12, 99)).collect();
    let hosts = [Host::good(film.bytes()).await, Host::good(&other).await];
    let file = film.file();
    let _readers = [file.playhead(0), file.playhead(2 * MIB)];
    let places = [Arc::new(Place::of(&[&hosts[0]])), Arc::new(Place::of(&[&hosts[1]]))];
    let (one, two) = within(10, async { tokio::join!(places[0].start(&file), places[1].start(&file)) }).await;
    within(10, file.wait_for(0)).await.unwrap();
    within(10, file.wait_for(2 * MIB)).await.unwrap();
    let first =
        if file.read_content(0, 1000).unwrap() == film.bytes()[..1000] { film.bytes() } else { &other };
    // Two origins at work may have the last byte before those in the middle.
    while !file.is_complete() {
        within(10, file.wait_for(file.missing_from(0))).await.unwrap();
    }
    let all = file.read_content(0, 4 << 20).unwrap();
    assert!(all == first, "the file is one version");
    let refused: Vec<_> = places.iter().flat_map(|place| place.refused()).collect();
    assert!(refused.iter().all(|refusal| *refusal == Refusal::OtherFile), "{refused:?}");
    drop((one, two));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_changes_within_a_piece_is_another_file() {
    let film = Film::plain(2 * MIB, PIECE);
    let host = Host::new(film.bytes(), |number, _| match number {
        0 => Act::Cut(PIECE + 99, "etag: \"one\"\r\n"),
        _ => Act::ServeWith("etag: \"two\"\r\n"),
    })
    .await;
    let good = Host::good(film.bytes()).await;
    let file = film.file();
    let place = Arc::new(Place::of(&[&host, &good]));
    let _writer = within(10, place.start(&file)).await.unwrap();
    within(10, film.play_all(&file)).await;
    assert_eq!(place.refused(), [Refusal::OtherFile]);
    assert_eq!(host.starts(), [0, PIECE + 99]);
    assert!(host.asked()[1].head.contains("if-range: \"one\""), "{}", host.asked()[1].head);
    assert_eq!(good.starts(), [PIECE], "the begun piece was thrown away");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_changes_between_pieces_matters_only_without_hashes() {
    for (film, refused) in [(Film::plain(2 * MIB, PIECE), 0), (Film::unproved(2 * MIB), 1)] {
        let host = Host::new(film.bytes(), |number, _| match number {
            0 => Act::ServeWith("etag: \"one\"\r\n"),
            _ => Act::ServeWith("etag: \"two\"\r\n"),
        })
        .await;
        let good = Host::good(film.bytes()).await;
        let file = film.file();
        film.put(&file, 3);
        let place = Arc::new(Place::of(&[&host, &good]));
        let _writer = within(10, place.start(&file)).await.unwrap();
        within(10, film.play_all(&file)).await;
        assert_eq!(place.refused(), vec![Refusal::OtherFile; refused]);
    }
}
