//! Every answer is nginx's answer, unless the RFC or a stated wish says otherwise
//! ([`Request::headers_for_nginx`] lists those). Thousands of random requests over one connection.

use std::any::Any;
use std::path::Path;

use headwater::cache::CacheFile;
use headwater::play::Representation;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::client::{Answer, Client, Place};
use super::content::Content;
use super::file_server::FileServer;
use super::nginx::Nginx;
use super::range_server::RangeServer;
use super::requests::{Request, requests};

#[test]
fn thousands_of_random_requests_are_answered_as_nginx_answers_them() {
    // Prime, so that no range ends where a piece or a frame does by chance.
    compare_many(20_011, 6000, |folder, file, representation| {
        let socket = folder.join("socket");
        let server = RangeServer::start(&socket, file, representation, None);
        (Place::from(socket.as_path()), Box::new(server))
    });
}

#[test]
fn so_are_those_whose_answers_are_sent_from_the_file() {
    // Long enough that most ranges are, and short ones are among them.
    compare_many(200_003, 900, |_, file, representation| {
        let server = FileServer::start(vec![(file, representation)]);
        (Place::from(server.address), Box::new(server))
    });
}

/// Starts a server over a cache file, and says where it listens; it runs until the second value is dropped.
type Start = fn(&Path, CacheFile, Representation) -> (Place, Box<dyn Any>);

fn compare_many(length: usize, count: usize, start: Start) {
    let content = Content::new(length);
    content.arrive_all();
    let representation = Representation::of(&content.file);
    let nginx = Nginx::start(content.bytes(), representation.last_modified);
    let mut theirs = Client::connect(nginx.socket.as_path()).unwrap();
    // Both call the file the same, so that every condition means the same to both.
    let etag = theirs.send("HEAD", &[]).header("etag").unwrap().to_owned();
    let representation = Representation { etag: etag.parse().unwrap(), ..representation };
    let folder = tempfile::tempdir().unwrap();
    let (place, _server) = start(folder.path(), content.file.clone(), representation);
    let mut ours = Client::connect(place).unwrap();

    let mut seen = Seen::default();
    let mut runner = TestRunner::deterministic();
    let requests = requests(length as u64, &etag);
    for _ in 0..count {
        let request = requests.new_tree(&mut runner).unwrap().current();
        let our_answer = ours.send(request.method, &request.headers());
        let their_answer = theirs.send(request.method, &request.headers_for_nginx(length as u64));
        if their_answer.status == 412 {
            // nginx 1.22 closes the connection after a 412 to HEAD although it says `keep-alive`.
            theirs.reconnect();
        }
        compare(&request, &our_answer, &their_answer, content.bytes());
        seen.count(&our_answer);
    }
    seen.assert_everything_occurred(count);
}

fn compare(request: &Request, ours: &Answer, theirs: &Answer, bytes: &[u8]) {
    let shown = request.headers();
    assert_eq!(ours.status, theirs.status, "{} {shown:?}", request.method);
    assert!(ours.header("etag").is_some() && ours.header("accept-ranges") == Some("bytes"), "{shown:?}");
    match ours.status {
        200 => {
            for name in ["content-length", "etag", "last-modified", "accept-ranges", "content-type"] {
                assert_eq!(ours.header(name), theirs.header(name), "{name} of {} {shown:?}", request.method);
            }
            assert_eq!(ours.header("content-range"), None);
            let wanted = if request.method == "HEAD" { &[] } else { bytes };
            assert!(ours.body == wanted && theirs.body == wanted, "{shown:?}");
        }
        206 => {
            for name in ["etag", "last-modified"] {
                assert_eq!(ours.header(name), theirs.header(name), "{name} of {shown:?}");
            }
            compare_parts(&shown, ours, theirs, bytes);
        }
        304 => assert!(ours.body.is_empty() && ours.header("content-range").is_none()),
        412 => assert_eq!(ours.header("content-range"), None),
        416 => assert_eq!(ours.header("content-range"), theirs.header("content-range"), "{shown:?}"),
        status => panic!("{status} for {shown:?}"),
    }
}

/// nginx sends overlapping and touching ranges as they come, where we send them merged, which is
/// what RFC 9110, section 15.3.7.2, advises. Both must send the same bytes in the end.
fn compare_parts(shown: &impl std::fmt::Debug, ours: &Answer, theirs: &Answer, bytes: &[u8]) {
    let (our_parts, their_parts) = (ours.parts(), theirs.parts());
    for (start, part) in our_parts.iter().chain(&their_parts) {
        assert!(bytes[*start..].starts_with(part), "{shown:?} sends other bytes than the file's");
    }
    let marked = |parts: &[(usize, Vec<u8>)]| {
        let mut marks = vec![0_usize; bytes.len()];
        for (start, part) in parts {
            marks[*start..start + part.len()].iter_mut().for_each(|mark| *mark += 1);
        }
        marks
    };
    let (our_marks, their_marks) = (marked(&our_parts), marked(&their_parts));
    let same = our_marks.iter().zip(&their_marks).all(|(ours, theirs)| *ours == (*theirs).min(1));
    assert!(same, "{shown:?} selects other bytes, or some of them twice");
    let touching = their_parts.iter().enumerate().any(|(at, (start, part))| {
        their_parts[..at]
            .iter()
            .any(|(other, bytes)| *start <= other + bytes.len() && *other <= start + part.len())
    });
    if !touching {
        assert_eq!(our_parts, their_parts, "{shown:?}");
        assert_eq!(ours.header("content-range"), theirs.header("content-range"), "{shown:?}");
    }
}

/// A test that compares nothing but errors would pass too; this one has to have seen everything.
#[derive(Debug, Default)]
struct Seen {
    whole: usize,
    single: usize,
    several: usize,
    not_modified: usize,
    failed: usize,
    unsatisfiable: usize,
}

impl Seen {
    fn count(&mut self, answer: &Answer) {
        let counter = match answer.status {
            200 => &mut self.whole,
            206 if answer.header("content-range").is_some() => &mut self.single,
            206 => &mut self.several,
            304 => &mut self.not_modified,
            412 => &mut self.failed,
            _ => &mut self.unsatisfiable,
        };
        *counter += 1;
    }

    fn assert_everything_occurred(&self, requests: usize) {
        let Self { whole, single, several, not_modified, failed, unsatisfiable } = *self;
        let least = [whole, single, several, not_modified, failed, unsatisfiable].into_iter().min();
        assert!(least >= Some(requests / 60), "{self:?}");
    }
}
