//! Clients that speak HTTP/1.0, pipeline, or leave in the middle, over plain sockets.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::support::media;
use crate::support::server::Headwater;
use crate::support::swarm::Seeded;

const PATIENCE: Duration = Duration::from_secs(30);

async fn connect(server: &Headwater) -> TcpStream {
    let address = server.base().strip_prefix("http://").expect("the base is http");
    TcpStream::connect(address).await.expect("the server listens")
}

/// Sends `request` and reads until the server closes.
async fn all(server: &Headwater, request: &str) -> Vec<u8> {
    let mut stream = connect(server).await;
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    let reading = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    reading.expect("the server closes").expect("the answer is whole");
    answer
}

fn split(answer: &[u8]) -> (String, &[u8]) {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("there is a head") + 4;
    (String::from_utf8_lossy(&answer[..end]).to_lowercase(), &answer[end..])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_1_0_client_gets_a_length_and_a_closed_connection() {
    let swarm = Seeded::start("film.mp4", media::random(61, 300_000), None);
    let server = Headwater::start();
    let path = Headwater::proxy(&swarm.share, 0);
    let answer = all(&server, &format!("GET {path} HTTP/1.0\r\nHost: old\r\n\r\n")).await;
    let (head, body) = split(&answer);
    assert!(head.starts_with("http/1.0 200"), "{head}");
    assert!(head.contains("content-length: 300000") && !head.contains("chunked"), "{head}");
    media::assert_same_bytes(body, swarm.data(), "an HTTP/1.0 body");
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_ranges_are_answered_in_order_on_one_connection() {
    let swarm = Seeded::start("film.mp4", media::random(62, 300_000), None);
    let server = Headwater::start();
    let path = Headwater::proxy(&swarm.share, 0);
    let ask = |range: &str, last: bool| {
        let connection = if last { "Connection: close\r\n" } else { "" };
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nRange: bytes={range}\r\n{connection}\r\n")
    };
    let answer = all(&server, &(ask("-5", false) + &ask("0-2", false) + &ask("100000-199999", true))).await;
    let mut rest: &[u8] = &answer;
    for expected in [&swarm.data()[299_995..], &swarm.data()[..3], &swarm.data()[100_000..200_000]] {
        let (head, body) = split(rest);
        assert!(head.starts_with("http/1.1 206"), "{head}");
        media::assert_same_bytes(&body[..expected.len()], expected, "a pipelined range");
        rest = &body[expected.len()..];
    }
    assert!(rest.is_empty());
}
