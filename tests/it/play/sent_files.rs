//! Bodies that leave by `sendfile`: the right bytes whatever clients do, and whatever is in memory.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use headwater::play::Representation;
use socket2::SockRef;

use super::client::Client;
use super::content::Content;
use super::file_server::FileServer;
use super::nginx::Nginx;
use crate::support::dice::Dice;
use crate::support::skipped;

/// Several times what a frame, a chunk and the buffers of a socket hold.
const LENGTH: usize = 9_000_011;
/// Longest wait for something that happens at once.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the system holds for a client that does not read.
const UNREAD: usize = 512 << 10;
/// Clients at the same time.
const CLIENTS: u64 = 8;
/// Requests of each.
const REQUESTS: u64 = 60;

fn whole() -> Content {
    let content = Content::new(LENGTH);
    content.arrive_all();
    content
}

/// First and last position; as often short as long.
fn range(dice: &mut Dice) -> (usize, usize) {
    let longest = [50, 40_000, 300_000, 2_500_000][below(dice, 4)];
    let first = below(dice, LENGTH);
    (first, (first + below(dice, longest)).min(LENGTH - 1))
}

fn below(dice: &mut Dice, limit: usize) -> usize {
    dice.below(limit as u64) as usize
}

fn ask(path: &str, (first, last): (usize, usize)) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nRange: bytes={first}-{last}\r\n\r\n")
}

fn assert_same(found: &[u8], wanted: &[u8], what: &str) {
    // Megabytes in a message help nobody.
    let differs = found.iter().zip(wanted).position(|(found, wanted)| found != wanted);
    assert!(differs.is_none() && found.len() == wanted.len(), "{what}: {differs:?}, {} bytes", found.len());
}

/// A socket for which the system holds little; several segments of loopback, below which it would wait for its timers.
fn narrow(server: &FileServer) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    SockRef::from(&stream).set_recv_buffer_size(UNREAD).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads to the end of a head.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn under_load_and_with_clients_that_leave_every_byte_is_nginx_s() {
    let content = whole();
    let nginx = Nginx::start(content.bytes(), Representation::of(&content.file).last_modified);
    let server = FileServer::of(&[&content.file]);
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (server, nginx, content) = (&server, &nginx, &content);
            scope.spawn(move || restless(number, server, nginx, content));
        }
    });
    all_left(&server);
}

/// One that compares, and leaves in the middle of every fourth answer.
fn restless(number: u64, server: &FileServer, nginx: &Nginx, content: &Content) {
    let mut dice = Dice::new(number + 1);
    let mut ours = Client::connect(server.address).unwrap();
    let mut theirs = Client::connect(nginx.socket.as_path()).unwrap();
    for turn in 0..REQUESTS {
        let (first, last) = range(&mut dice);
        if turn % 4 == 3 {
            let mut stream = narrow(server);
            stream.write_all(ask("/", (first, last)).as_bytes()).unwrap();
            head(&mut stream);
            let mut some = vec![0; below(&mut dice, last + 1 - first) + 1];
            stream.read_exact(&mut some).unwrap();
            assert_same(&some, &content.bytes()[first..first + some.len()], "what came before leaving");
            if turn % 8 == 3 {
                // As a player that was killed: with a reset instead of an end.
                SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            }
            continue;
        }
        let range = [("Range", format!("bytes={first}-{last}"))];
        let (our_answer, their_answer) = (ours.send("GET", &range), theirs.send("GET", &range));
        assert_eq!((our_answer.status, their_answer.status), (206, 206));
        assert_same(&our_answer.body, &their_answer.body, "against nginx");
        assert_same(&our_answer.body, &content.bytes()[first..=last], "against the file");
    }
}

/// Waits until nobody is a viewer any more.
fn all_left(server: &FileServer) {
    let deadline = Instant::now() + PATIENCE;
    while server.viewers() > 0 {
        assert!(Instant::now() < deadline, "{} bodies of clients that left", server.viewers());
        thread::yield_now();
    }
}

#[test]
fn pipelined_requests_for_many_files_are_answered_in_order() {
    let contents: Vec<Content> = (0..5).map(|number| Content::numbered(LENGTH, number)).collect();
    contents.iter().for_each(Content::arrive_all);
    let server = FileServer::of(&contents.iter().map(|content| &content.file).collect::<Vec<_>>());
    let mut client = Client::connect(server.address).unwrap();
    let mut dice = Dice::new(99);
    for _ in 0..6 {
        let asked: Vec<_> =
            (0..12).map(|_| (below(&mut dice, contents.len() + 1), range(&mut dice))).collect();
        let text: String = asked.iter().map(|(file, range)| ask(&format!("/{file}"), *range)).collect();
        client.write(&text);
        for (file, (first, last)) in asked {
            let answer = client.answer("GET");
            let Some(content) = contents.get(file) else {
                // What comes from memory stands between what comes from files.
                assert_eq!(answer.status, 404);
                continue;
            };
            assert_eq!(answer.status, 206);
            assert_same(&answer.body, &content.bytes()[first..=last], "a pipelined answer");
        }
    }
}

#[test]
fn clients_of_http_1_0_get_the_file_and_the_end_or_keep_the_connection() {
    let content = whole();
    let server = FileServer::of(&[&content.file]);
    let mut stream = narrow(&server);
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let head_of_all = head(&mut stream).to_lowercase();
    assert!(head_of_all.starts_with("http/1.0 200"), "{head_of_all}");
    assert!(!head_of_all.contains("chunked"), "{head_of_all}");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    assert_same(&all, content.bytes(), "the whole file");

    let mut client = Client::connect(server.address).unwrap();
    for first in [5, 3_000_000] {
        let range = format!("Range: bytes={first}-{}", first + 400_000);
        client.write(&format!("GET / HTTP/1.0\r\nConnection: keep-alive\r\n{range}\r\n\r\n"));
        let answer = client.answer("GET");
        assert_eq!((answer.status, answer.header("connection")), (206, Some("keep-alive")));
        assert_same(&answer.body, &content.bytes()[first..=first + 400_000], "on a kept connection");
    }
}

#[test]
fn readers_that_pause_or_are_slow_delay_nobody_and_get_everything() {
    let content = whole();
    let server = FileServer::of(&[&content.file]);
    let mut paused: Vec<TcpStream> = (0..CLIENTS).map(|_| narrow(&server)).collect();
    for stream in &mut paused {
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        head(stream);
    }
    let mut client = Client::connect(server.address).unwrap();
    let mut dice = Dice::new(7);
    for _ in 0..40 {
        let (first, last) = range(&mut dice);
        let answer = client.send("GET", &[("Range", format!("bytes={first}-{last}"))]);
        assert_same(&answer.body, &content.bytes()[first..=last], "beside paused readers");
    }
    assert!(server.viewers() >= paused.len(), "they are still there");
    // In the meantime their bytes have gone from memory.
    content.forget();
    thread::scope(|scope| {
        for (number, stream) in paused.iter_mut().enumerate() {
            let content = &content;
            scope.spawn(move || {
                let mut all = Vec::new();
                // Each reads in steps of its own.
                let mut buffer = vec![0; 1000 + number * 7_919];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    all.extend_from_slice(&buffer[..length]);
                }
                assert_same(&all, content.bytes(), "after a pause");
            });
        }
    });
    all_left(&server);
}

#[test]
fn of_a_file_that_is_still_downloading_what_is_there_is_sent_at_once() {
    let content = Content::new(LENGTH);
    let server = FileServer::of(&[&content.file]);
    let mut client = Client::connect(server.address).unwrap();
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let (mut got, mut head_is_read) = (0, false);
    for pieces in [1, 2, 40, 41, 600, 1500, LENGTH] {
        let arrived = content.arrive(pieces);
        if !head_is_read {
            // The head goes with the first bytes.
            client.take_head();
            head_is_read = true;
        }
        let bytes = client.take(arrived - got);
        assert_same(&bytes, &content.bytes()[got..arrived], "what has just arrived");
        got = arrived;
    }
    assert_eq!(got, LENGTH);
    all_left(&server);
}

#[test]
fn what_is_not_in_memory_is_read_from_the_disk() {
    let content = whole();
    if !content.forget() {
        skipped("the temporary folder is memory, from which nothing can be dropped");
        return;
    }
    let server = FileServer::of(&[&content.file]);
    let mut client = Client::connect(server.address).unwrap();
    let mut dice = Dice::new(3);
    for _ in 0..25 {
        content.forget();
        let (first, last) = range(&mut dice);
        let answer = client.send("GET", &[("Range", format!("bytes={first}-{last}"))]);
        assert_same(&answer.body, &content.bytes()[first..=last], "from the disk");
    }
    content.forget();
    assert_same(&client.send("GET", &[]).body, content.bytes(), "all of it");
}

#[test]
fn answers_without_a_body_stay_without_one() {
    let content = whole();
    let server = FileServer::of(&[&content.file]);
    let mut client = Client::connect(server.address).unwrap();
    let etag = client.send("HEAD", &[]).header("etag").unwrap().to_owned();
    for _ in 0..3 {
        let answer = client.send("HEAD", &[("Range", "bytes=0-400000".to_owned())]);
        assert_eq!((answer.status, answer.content_length()), (200, Some(LENGTH as u64)));
        assert_eq!(client.send("GET", &[("If-None-Match", etag.clone())]).status, 304);
        assert_eq!(client.send("GET", &[("Range", format!("bytes={LENGTH}-"))]).status, 416);
        let answer = client.send("GET", &[("Range", "bytes=1000-400999".to_owned())]);
        assert_same(&answer.body, &content.bytes()[1000..401_000], "after answers without a body");
    }
}
