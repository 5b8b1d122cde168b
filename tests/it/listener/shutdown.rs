//! What happens to connections when the server stops.

use std::time::Duration;

use headwater::http::listener::Limits;
use tokio::net::TcpStream;

use super::{HELLO, Loop, dripping, greeting, within};

#[tokio::test]
async fn a_running_body_finishes_and_nobody_new_comes_in() {
    let (router, body) = dripping();
    let server = Loop::usual(router);
    let mut client = server.connect().await;
    client.send("GET /film HTTP/1.1\r\nHost: x\r\n\r\n").await;
    body.unbounded_send(Ok("01234".into())).unwrap();
    client.read_to("01234").await;
    server.stop.cancel();
    let refused = async { while TcpStream::connect(server.address).await.is_ok() {} };
    within(refused).await;
    body.unbounded_send(Ok("56789".into())).unwrap();
    assert_eq!(client.read_to_close().await, "56789");
    server.ended().await;
}

#[tokio::test]
async fn a_body_that_outlasts_the_grace_period_is_cut_off() {
    let (router, body) = dripping();
    let server = Loop::start(router, Limits::default(), Duration::from_millis(100));
    let mut client = server.connect().await;
    client.send("GET /film HTTP/1.1\r\nHost: x\r\n\r\n").await;
    body.unbounded_send(Ok("01234".into())).unwrap();
    client.read_to("01234").await;
    server.stop.cancel();
    assert_eq!(client.read_to_close().await, "");
    assert!(body.is_closed());
    server.ended().await;
}

#[tokio::test]
async fn idle_and_silent_connections_close_at_once() {
    let server = Loop::usual(greeting());
    let mut idle = server.connect().await;
    idle.send(HELLO).await;
    idle.read_to("hello 127").await;
    let mut silent = server.connect().await;
    server.stop.cancel();
    assert_eq!(idle.read_to_close().await, "");
    assert_eq!(silent.read_to_close().await, "");
    server.ended().await;
}

#[tokio::test]
async fn dropping_the_loop_leaves_no_connection_behind() {
    let (router, body) = dripping();
    let mut server = Loop::usual(router);
    let mut client = server.connect().await;
    client.send("GET /film HTTP/1.1\r\nHost: x\r\n\r\n").await;
    body.unbounded_send(Ok("01234".into())).unwrap();
    client.read_to("01234").await;
    server.tasks.abort_all();
    assert_eq!(client.read_to_close().await, "");
}
