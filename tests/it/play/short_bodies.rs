//! A body that cannot be completed cuts the connection; it never looks like a whole one.

use headwater::play::Representation;

use super::client::Client;
use super::content::Content;
use super::range_server::RangeServer;

#[test]
fn a_body_whose_sources_are_exhausted_cuts_the_connection() {
    let content = Content::new(100_000);
    let arrived = content.arrive(3);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let representation = Representation::of(&content.file);
    let _server = RangeServer::start(&socket, content.file.clone(), representation, Some("no peers"));
    let mut client = Client::connect(socket.as_path()).unwrap();

    let answer = client.send("GET", &[]);
    assert_eq!((answer.status, answer.content_length()), (200, Some(100_000)));
    assert_eq!(answer.body, content.bytes()[..arrived]);
    assert!(client.is_closed(), "the next answer must not be taken for the rest of this one");

    // What is there is still served, and a new connection works.
    let mut client = Client::connect(socket.as_path()).unwrap();
    let answer = client.send("GET", &[("Range", "bytes=10-19".to_owned())]);
    assert_eq!((answer.status, answer.body.as_slice()), (206, &content.bytes()[10..20]));
}

#[test]
fn head_is_answered_before_any_byte_has_arrived() {
    let content = Content::new(100_000);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let representation = Representation::of(&content.file);
    let _server = RangeServer::start(&socket, content.file.clone(), representation, None);
    let mut client = Client::connect(socket.as_path()).unwrap();
    for range in ["bytes=0-1", "bytes=200000-"] {
        let answer = client.send("HEAD", &[("Range", range.to_owned())]);
        assert_eq!((answer.status, answer.content_length()), (200, Some(100_000)));
        assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    }
}
