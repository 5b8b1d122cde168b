//! What a client may cost.

use std::time::{Duration, Instant};

use headwater::http::listener::Limits;

use super::{Client, HELLO, Loop, PATIENCE, dripping, greeting, within};

/// Short enough to wait for, long enough for a busy machine to answer a prompt client.
const SHORT: Duration = Duration::from_millis(400);

fn impatient_with_headers() -> Limits {
    Limits { header_timeout: SHORT, idle_timeout: PATIENCE, ..Limits::default() }
}

/// Sends a byte of an endless header again and again until the server has enough; returns how long it had.
async fn drip_headers(client: &mut Client) -> Duration {
    let started = Instant::now();
    let closed = async {
        let mut pace = tokio::time::interval(SHORT / 8);
        loop {
            pace.tick().await;
            let sent = tokio::io::AsyncWriteExt::write_all(&mut client.0, b"a").await;
            let mut buffer = [0; 64];
            let left = matches!(client.0.try_read(&mut buffer), Ok(0));
            if sent.is_err() || left {
                return started.elapsed();
            }
        }
    };
    within(closed).await
}

#[tokio::test]
async fn a_client_that_drips_its_headers_is_cut_off() {
    let server = Loop::start(greeting(), impatient_with_headers(), PATIENCE);
    let mut client = server.connect().await;
    client.send("GET /hello HTTP/1.1\r\nx: ").await;
    assert!(drip_headers(&mut client).await >= SHORT / 2);
}

#[tokio::test]
async fn a_client_that_says_nothing_at_all_is_cut_off() {
    let server = Loop::start(greeting(), impatient_with_headers(), PATIENCE);
    assert_eq!(server.connect().await.read_to_close().await, "");
}

#[tokio::test]
async fn an_idle_connection_outlives_the_header_timeout_but_slow_headers_on_it_do_not() {
    let server = Loop::start(greeting(), impatient_with_headers(), PATIENCE);
    let mut client = server.connect().await;
    client.send(HELLO).await;
    client.read_to("hello 127").await;
    // Passing time is the subject here, so there is nothing else to wait for.
    tokio::time::sleep(SHORT * 3).await;
    client.send(HELLO).await;
    client.read_to("hello 127").await;
    client.send("GET /hello HTTP/1.1\r\nx: ").await;
    drip_headers(&mut client).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_idle_timeout() {
    let limits = Limits { idle_timeout: SHORT, ..Limits::default() };
    let server = Loop::start(greeting(), limits, PATIENCE);
    let mut client = server.connect().await;
    client.send(HELLO).await;
    client.read_to("hello 127").await;
    assert_eq!(client.read_to_close().await, "");
}

#[tokio::test]
async fn a_body_is_under_no_timeout() {
    let limits = Limits { header_timeout: SHORT, idle_timeout: SHORT, ..Limits::default() };
    let (router, body) = dripping();
    let server = Loop::start(router, limits, PATIENCE);
    let mut client = server.connect().await;
    client.send("GET /film HTTP/1.1\r\nHost: x\r\n\r\n").await;
    body.unbounded_send(Ok("01234".into())).unwrap();
    client.read_to("01234").await;
    tokio::time::sleep(SHORT * 3).await;
    body.unbounded_send(Ok("56789".into())).unwrap();
    client.read_to("56789").await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_body_before_the_next_write() {
    let (router, body) = dripping();
    let server = Loop::usual(router);
    let mut client = server.connect().await;
    client.send("GET /film HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.read_to("\r\n\r\n").await;
    drop(client);
    let gone = async {
        while !body.is_closed() {
            tokio::task::yield_now().await;
        }
    };
    within(gone).await;
}

#[tokio::test]
async fn heads_beyond_the_limits_are_refused_with_431() {
    let server = Loop::usual(greeting());
    for headers in [format!("x: {}\r\n", "y".repeat(33 * 1024)), "x: y\r\n".repeat(101)] {
        let mut client = server.connect().await;
        client.send(&format!("GET /hello HTTP/1.1\r\nHost: x\r\n{headers}\r\n")).await;
        assert!(client.read_to_close().await.starts_with("HTTP/1.1 431 "));
    }
}

#[tokio::test]
async fn connections_beyond_the_cap_wait_for_a_place() {
    let server = Loop::start(greeting(), Limits { max_connections: 1, ..Limits::default() }, PATIENCE);
    let mut first = server.connect().await;
    first.send(HELLO).await;
    first.read_to("hello 127").await;
    let mut second = server.connect().await;
    second.send(HELLO).await;
    let early = tokio::time::timeout(SHORT, second.read_to("hello 127")).await;
    assert!(early.is_err(), "the second connection was served beside the first");
    drop(first);
    second.read_to("hello 127").await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Loop::usual(greeting());
    let mut client = server.connect().await;
    let port = client.0.local_addr().unwrap().port();
    client.send(&format!("{HELLO}GET /missing HTTP/1.1\r\nHost: x\r\n\r\n{HELLO}")).await;
    client.send("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let answers = client.read_to_close().await;
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "404", "200", "200"]);
    assert_eq!(answers.matches(&format!("hello 127.0.0.1:{port}")).count(), 3);
}

#[tokio::test]
async fn a_panicking_handler_ends_its_own_connection_only() {
    let server = Loop::usual(greeting());
    let mut bystander = server.connect().await;
    bystander.send(HELLO).await;
    bystander.read_to("hello 127").await;
    let mut client = server.connect().await;
    client.send("GET /panic HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(client.read_to_close().await, "");
    bystander.send(HELLO).await;
    bystander.read_to("hello 127").await;
    let mut later = server.connect().await;
    later.send(HELLO).await;
    later.read_to("hello 127").await;
    server.stop.cancel();
    server.ended().await;
}
