//! Web seeds on a real nginx.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use headwater::net::Guard;
use headwater::source::{Known, Request, SourceError, Wanted};
use socket2::{Domain, Socket, Type};

use super::nginx::Nginx;
use super::rig::{Plan, Rig, read_all, request, within};
use super::torrents::{KIB, Recipe, Torrent};
use crate::support::media::assert_same_bytes;

/// A request that brings the .torrent file.
fn with_torrent(torrent: &Torrent, file: u32) -> Request {
    Request { metainfo: Some(Bytes::from(torrent.bytes.clone())), ..request(torrent.info_hash, file) }
}

#[tokio::test]
async fn a_single_file_is_played_from_the_seed_that_its_torrent_names() {
    let nginx = Nginx::start();
    let name = "A film: 100% #1 & more? ä+ö [x].mp4";
    let files = [("", 700 * KIB + 77)];
    // Below an address that ends in a slash, and at one that does not.
    nginx.put("plain.mp4", &Torrent::new(&Recipe { name, files: &files, ..Recipe::default() }).files[0].1);
    for seed in [nginx.url(""), nginx.url("plain.mp4")] {
        let torrent = Torrent::new(&Recipe { name, files: &files, web_seeds: &[seed], ..Recipe::default() });
        nginx.seed(&torrent);
        let rig = Rig::new(Plan::default()).await;
        let opened = rig.open("webseed", &with_torrent(&torrent, 0)).await.unwrap();
        assert_eq!(opened.file.name(), name);
        assert_eq!(opened.metainfo.as_ref().unwrap().info_hash, torrent.info_hash);
        assert_same_bytes(&read_all(&opened).await, &torrent.files[0].1, name);
        let received = opened.writer.as_ref().unwrap().received.load(Ordering::Relaxed);
        let length = torrent.files[0].1.len() as u64;
        assert!((length..length + 64 * 1024).contains(&received), "{received}");
    }
}

/// A folder whose files share pieces, with names that need care.
fn show(web_seeds: &[String]) -> Torrent {
    let files = [
        ("S01/01 – Änfang #1.mp4", 300 * KIB + 11),
        ("S01/02 50%25 & more?.mp4", 500 * KIB + 5),
        ("notes.txt", 3),
        (".pad/40", 40),
        ("S01/03 Ω+.mp4", 200 * KIB + 1),
    ];
    Torrent::new(&Recipe { name: "A Shöw [#1]", files: &files, web_seeds, ..Recipe::default() })
}

#[tokio::test]
async fn the_files_of_a_folder_are_played_and_their_edges_proved_through_their_neighbours() {
    let nginx = Nginx::start();
    let torrent = show(&[nginx.url("")]);
    nginx.seed(&torrent);
    for index in [0, 1, 4] {
        let rig = Rig::new(Plan::default()).await;
        let opened = rig.open("webseed", &with_torrent(&torrent, index)).await.unwrap();
        let (path, bytes) = &torrent.files[index as usize];
        assert_same_bytes(&read_all(&opened).await, bytes, path);
        // Proved, and not merely vouched for: the engine counts these pieces too.
        let layout = opened.file.layout().unwrap().clone();
        for piece in 0..layout.pieces() {
            assert!(opened.file.has_piece(layout.first_piece + piece as u32), "piece {piece} of {path}");
        }
    }
    let asked = nginx.requests();
    assert!(asked.iter().any(|line| line.contains("/notes.txt bytes=0-2")), "{asked:#?}");
    assert!(asked.iter().all(|line| line.starts_with("206 ")), "{asked:#?}");
}

#[tokio::test]
async fn an_edge_whose_neighbours_the_seed_has_not_got_is_still_played() {
    let nginx = Nginx::start();
    let torrent = show(&[nginx.url("")]);
    let (path, bytes) = &torrent.files[1];
    nginx.put(&format!("{}/{path}", torrent.name), bytes);
    let rig = Rig::new(Plan::default()).await;
    let opened = rig.open("webseed", &with_torrent(&torrent, 1)).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, bytes, path);
}

#[tokio::test]
async fn a_seed_of_the_request_serves_a_torrent_that_names_none() {
    let nginx = Nginx::start();
    let torrent = show(&[]);
    let seed = nginx.seed(&torrent);
    let rig = Rig::new(Plan::default()).await;
    let refusal = rig.refusal("webseed", &with_torrent(&torrent, 1)).await;
    assert!(refusal.contains("names no web seeds"), "{refusal}");
    let asking = Request { web_seeds: vec![seed.parse().unwrap()], ..with_torrent(&torrent, 1) };
    let opened = rig.open("webseed", &asking).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[1].1, "the second episode");
}

#[tokio::test]
async fn the_next_seed_is_asked_when_one_has_not_got_the_file() {
    let (empty, full) = (Nginx::start(), Nginx::start());
    empty.put("shorter.mp4", &[0; 1000]);
    let web_seeds = [empty.url("shorter.mp4"), empty.url(""), full.url("")];
    let files = [("", 400 * KIB)];
    let torrent = Torrent::new(&Recipe { files: &files, web_seeds: &web_seeds, ..Recipe::default() });
    full.seed(&torrent);
    let rig = Rig::new(Plan::default()).await;
    let opened = rig.open("webseed", &with_torrent(&torrent, 0)).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[0].1, "the film");
    assert!(!empty.requests().is_empty());
}

#[tokio::test]
async fn the_next_seed_goes_on_when_one_dies_in_mid_play() {
    // Slow enough that it dies with the film half told.
    let (dying, lasting) = (Nginx::slow("512k"), Nginx::start());
    let web_seeds = [dying.url(""), lasting.url("")];
    let files = [("", 6 * 1024 * KIB)];
    let torrent = Torrent::new(&Recipe { files: &files, web_seeds: &web_seeds, ..Recipe::default() });
    dying.seed(&torrent);
    lasting.seed(&torrent);
    let rig = Rig::new(Plan::default()).await;
    let opened = rig.open("webseed", &with_torrent(&torrent, 0)).await.unwrap();
    let playhead = opened.file.playhead(0);
    within(10, opened.file.wait_for(0)).await.unwrap();
    assert_eq!(lasting.requests(), [""; 0]);
    drop(dying);
    assert_same_bytes(&read_all(&opened).await, &torrent.files[0].1, "the film");
    drop(playhead);
    let asked = lasting.requests();
    assert!(!asked.is_empty());
    let from_the_start = asked.iter().any(|line| line.contains("bytes=0-"));
    assert!(!from_the_start, "it goes on where the other stopped: {asked:#?}");
}

#[tokio::test]
async fn seeds_that_all_refuse_are_no_source() {
    let nginx = Nginx::start();
    let web_seeds = [nginx.url("a/"), nginx.url("b/")];
    let torrent = Torrent::new(&Recipe { files: &[("", 400)], web_seeds: &web_seeds, ..Recipe::default() });
    let rig = Rig::new(Plan::default()).await;
    let refusal = rig.refusal("webseed", &with_torrent(&torrent, 0)).await;
    assert!(refusal.contains("404"), "{refusal}");
}

/// Holds a port at which every connection is refused.
fn refusing() -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket
}

#[tokio::test]
async fn a_living_seed_is_found_behind_many_dead_ones() {
    let nginx = Nginx::start();
    let dead: Vec<Socket> = (0..8).map(|_| refusing()).collect();
    let address = |socket: &Socket| socket.local_addr().unwrap().as_socket().unwrap();
    let dead_seeds = dead.iter().map(|socket| format!("http://{}/", address(socket)));
    let web_seeds: Vec<String> = dead_seeds.chain([nginx.url("")]).collect();
    let files = [("", 400 * KIB)];
    let torrent = Torrent::new(&Recipe { files: &files, web_seeds: &web_seeds, ..Recipe::default() });
    nginx.seed(&torrent);
    let rig = Rig::new(Plan::default()).await;
    let began = Instant::now();
    let opened = rig.open("webseed", &with_torrent(&torrent, 0)).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_same_bytes(&read_all(&opened).await, &torrent.files[0].1, "the film");
}

#[tokio::test]
async fn a_seed_that_never_answers_is_left_at_once_and_asked_last_the_next_time() {
    let nginx = Nginx::start();
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let web_seeds = [format!("http://{}/", silent.local_addr().unwrap()), nginx.url("")];
    let rig = Rig::new(Plan::default()).await;
    let mut connections = Vec::new();
    for name in ["one.mp4", "two.mp4"] {
        let files = [("", 400 * KIB)];
        let torrent =
            Torrent::new(&Recipe { name, files: &files, web_seeds: &web_seeds, ..Recipe::default() });
        nginx.seed(&torrent);
        let opened = rig.open("webseed", &with_torrent(&torrent, 0)).await.unwrap();
        assert_same_bytes(&read_all(&opened).await, &torrent.files[0].1, name);
        connections.extend(std::iter::from_fn(|| silent.accept().ok()));
        assert_eq!(connections.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_host_that_sends_a_bad_piece_writes_nothing_and_is_banned_for_that_torrent() {
    let (liar, honest) = (Nginx::start(), Nginx::start());
    let web_seeds = [liar.url(""), honest.url("")];
    let files = [("", 400 * KIB)];
    let torrent = Torrent::new(&Recipe { files: &files, web_seeds: &web_seeds, ..Recipe::default() });
    honest.seed(&torrent);
    let mut wrong = torrent.files[0].1.clone();
    wrong[200] ^= 1;
    liar.put(&torrent.name, &wrong);
    let rig = Rig::new(Plan::default()).await;
    let asking = with_torrent(&torrent, 0);
    // The first piece is the wrong one: either opening or the first wait ends with it.
    match rig.open("webseed", &asking).await {
        Ok(opened) => {
            let _viewer = opened.file.playhead(0);
            let mut failed = opened.writer.as_ref().unwrap().failed.clone();
            let why = within(15, failed.wait_for(Option::is_some)).await.unwrap().clone();
            assert!(matches!(why, Some(SourceError::NotHere(_))), "{why:?}");
            assert_eq!(opened.file.missing_from(0), 0, "the wrong piece was not written");
        }
        Err(error) => assert!(matches!(error, SourceError::NotHere(_)), "{error:?}"),
    }
    let asked = liar.requests().len();
    assert!(asked > 0);
    // Asked once more, the source passes over the liar.
    let opened = rig.open("webseed", &asking).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[0].1, "the film");
    assert_eq!(liar.requests().len(), asked);

    // Another torrent of the same host is not affected.
    let other = Torrent::new(&Recipe {
        name: "other.mp4",
        files: &files,
        web_seeds: &web_seeds[..1],
        ..Recipe::default()
    });
    liar.seed(&other);
    let opened = rig.open("webseed", &with_torrent(&other, 0)).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &other.files[0].1, "the other film");
}

#[tokio::test]
async fn a_torrent_cannot_make_the_server_ask_its_own_network() {
    let nginx = Nginx::start();
    let by_name = nginx.url("").replace("127.0.0.1", "localhost");
    for seed in [nginx.url(""), by_name] {
        let files = [("", 400)];
        let torrent = Torrent::new(&Recipe { files: &files, web_seeds: &[seed], ..Recipe::default() });
        nginx.seed(&torrent);
        let rig = Rig::new(Plan { guard: Guard::PublicOnly, ..Plan::default() }).await;
        let error = rig.open("webseed", &with_torrent(&torrent, 0)).await.err().unwrap();
        assert!(matches!(error, SourceError::NotHere(_) | SourceError::Transient(_)), "{error:?}");
    }
    assert_eq!(nginx.requests(), [""; 0]);
}

#[tokio::test]
async fn without_a_file_table_there_is_nothing_to_ask_for() {
    let nginx = Nginx::start();
    let torrent = show(&[]);
    let seed = nginx.seed(&torrent);
    let rig = Rig::new(Plan::default()).await;
    let asking = Request { web_seeds: vec![seed.parse().unwrap()], ..request(torrent.info_hash, 1) };
    let refusal = rig.refusal("webseed", &asking).await;
    assert!(refusal.contains("file table"), "{refusal}");
    // Once somebody has found it, the very same request works.
    rig.db.remember_metainfo(torrent.info_hash, &torrent.bytes).await.unwrap();
    let opened = rig.open("webseed", &asking).await.unwrap();
    assert_same_bytes(&read_all(&opened).await, &torrent.files[1].1, "the second episode");
}

#[tokio::test]
async fn the_file_that_another_source_writes_is_written_if_it_is_the_same_one() {
    let nginx = Nginx::start();
    let torrent = show(&[nginx.url("")]);
    nginx.seed(&torrent);
    let rig = Rig::new(Plan::default()).await;
    let asking = with_torrent(&torrent, 1);
    let first = rig.open("webseed", &asking).await.unwrap();
    let beside = |file: u32| Wanted {
        request: with_torrent(&torrent, file),
        known: Some(Known { file: first.file.clone(), metainfo: first.metainfo.clone() }),
    };
    let second = rig.open_beside("webseed", beside(1)).await.unwrap();
    assert_eq!(second.file.key(), first.file.key());
    let error = rig.open_beside("webseed", beside(0)).await.err().unwrap();
    assert!(matches!(error, SourceError::NotHere(_)), "{error:?}");
    drop(first.writer);
    assert_same_bytes(&read_all(&second).await, &torrent.files[1].1, "the second episode");
}

#[tokio::test]
async fn a_file_that_the_torrent_has_not_got_is_said_so() {
    let torrent = show(&["http://192.0.2.1/".to_owned()]);
    let rig = Rig::new(Plan::default()).await;
    for index in [3, 5] {
        let error = rig.open("webseed", &with_torrent(&torrent, index)).await.err().unwrap();
        assert!(matches!(error, SourceError::NoSuchFile(_)), "{index}: {error:?}");
    }
}
