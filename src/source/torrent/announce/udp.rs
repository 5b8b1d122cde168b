//! Trackers that speak UDP (BEP 15).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use aws_lc_rs::rand::fill;
use bytes::{Buf, BufMut};
use futures::FutureExt;
use futures::future::select_ok;
use tokio::net::UdpSocket;
use tokio::time::timeout;
use url::Url;

use super::super::wire::compact_peers;
use super::{Announce, LEFT, PRIVATE, WANTED};
use crate::net::Guard;

/// What a connection is asked for with.
const PROTOCOL: u64 = 0x0417_2710_1980;

const CONNECT: u32 = 0;
const ANNOUNCE: u32 = 1;
const STARTED: u32 = 2;

/// A lost packet is sent again after this time, and after twice as long each time. The standard's fifteen seconds are
/// longer than anybody waits for a film.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Most packets of one kind.
const MOST_TRIES: u32 = 5;

/// Addresses of one tracker that are asked at once.
const MOST_ADDRESSES: usize = 3;

/// The longest answer: a tracker's own limit is a few hundred peers.
const LONGEST: usize = 8 * 1024;

/// The peers that a tracker names.
pub(super) async fn ask(
    what: Announce,
    tracker: &Url,
    guard: Guard,
) -> Result<Vec<SocketAddr>, &'static str> {
    let (host, port) = tracker.host_str().zip(tracker.port()).ok_or("its address has no port")?;
    let host = host.trim_matches(|bracket| bracket == '[' || bracket == ']');
    let addresses = guard.look_up(host, port).await.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => PRIVATE,
        _ => "its name is not known",
    })?;
    // A name may stand for addresses of which some cannot be reached from here, say those of IPv6.
    let asking: Vec<_> = addresses.iter().take(MOST_ADDRESSES).map(|at| ask_at(what, *at).boxed()).collect();
    if asking.is_empty() {
        return Err("its name is not known");
    }
    select_ok(asking).await.map(|(peers, _)| peers)
}

async fn ask_at(what: Announce, address: SocketAddr) -> Result<Vec<SocketAddr>, &'static str> {
    let any = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await.map_err(|_| "no socket is to be had")?;
    socket.connect(address).await.map_err(|_| "it cannot be reached")?;
    let connection = exchange(&socket, CONNECT, |packet| packet.put_u64(PROTOCOL), |_| {}).await?;
    let connection = connection.as_slice().try_get_u64().map_err(|_| "its answer is too short")?;
    let mut key = [0; 4];
    fill(&mut key).map_err(|_| "no random numbers are to be had")?;
    let rest = |packet: &mut Vec<u8>| {
        packet.put_slice(&what.info_hash);
        packet.put_slice(&what.peer_id);
        packet.put_u64(0);
        packet.put_u64(LEFT);
        packet.put_u64(0);
        packet.put_u32(STARTED);
        packet.put_u32(0);
        packet.put_slice(&key);
        packet.put_u32(WANTED);
        packet.put_u16(what.port);
    };
    let answer = exchange(&socket, ANNOUNCE, |packet| packet.put_u64(connection), rest).await?;
    peers(&answer, address.is_ipv6())
}

/// The peers in an answer to an announce.
fn peers(answer: &[u8], v6: bool) -> Result<Vec<SocketAddr>, &'static str> {
    // Interval, leechers and seeders come first.
    let peers = answer.get(12..).ok_or("its answer is too short")?;
    Ok(compact_peers(peers, v6))
}

/// Sends a packet until it is answered; what follows the answer's head.
async fn exchange(
    socket: &UdpSocket,
    action: u32,
    head: impl Fn(&mut Vec<u8>),
    rest: impl Fn(&mut Vec<u8>),
) -> Result<Vec<u8>, &'static str> {
    let mut transaction = [0; 4];
    fill(&mut transaction).map_err(|_| "no random numbers are to be had")?;
    let mut packet = Vec::with_capacity(98);
    head(&mut packet);
    packet.put_u32(action);
    packet.put_slice(&transaction);
    rest(&mut packet);
    for tries in 0..MOST_TRIES {
        socket.send(&packet).await.map_err(|_| "it cannot be reached")?;
        let answer = answer_to(socket, action, transaction);
        if let Ok(answer) = timeout(FIRST_WAIT * 2_u32.pow(tries), answer).await {
            return answer;
        }
    }
    Err("it does not answer")
}

async fn answer_to(socket: &UdpSocket, action: u32, transaction: [u8; 4]) -> Result<Vec<u8>, &'static str> {
    let mut buffer = vec![0; LONGEST];
    loop {
        let length = socket.recv(&mut buffer).await.map_err(|_| "it cannot be reached")?;
        // What answers something else is an answer to an earlier try, or a stranger's.
        if let Some(answer) = read(&buffer[..length], action, transaction) {
            return answer.map(<[u8]>::to_vec);
        }
    }
}

/// What follows the head of a packet that answers this question; `None` if it answers another.
fn read(mut packet: &[u8], action: u32, transaction: [u8; 4]) -> Option<Result<&[u8], &'static str>> {
    let said = packet.try_get_u32().ok()?;
    let answer = packet.strip_prefix(&transaction)?;
    Some(if said == action { Ok(answer) } else { Err("it refuses") })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// A tracker that loses the first packet of each kind and then answers, after something that nobody asked for.
    async fn tracker(socket: UdpSocket) {
        let (mut packet, mut lost) = ([0; 200], [false; 2]);
        for _ in 0..4 {
            let (length, peer) = socket.recv_from(&mut packet).await.unwrap();
            let action = u32::from_be_bytes(packet[8..12].try_into().unwrap());
            if !std::mem::replace(&mut lost[action as usize], true) {
                continue;
            }
            socket.send_to(b"strange!", peer).await.unwrap();
            let mut answer = Vec::new();
            answer.put_u32(action);
            answer.put_slice(&packet[12..16]);
            if action == CONNECT {
                assert_eq!((length, u64::from_be_bytes(packet[..8].try_into().unwrap())), (16, PROTOCOL));
                answer.put_u64(77);
            } else {
                assert_eq!((length, u64::from_be_bytes(packet[..8].try_into().unwrap())), (98, 77));
                assert_eq!(packet[16..36], [1; 20]);
                answer.put_slice(&[0; 12]);
                answer.put_slice(b"\x0a\0\0\x01\x1a\xe1");
            }
            socket.send_to(&answer, peer).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_lost_packet_is_sent_again_soon() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let url = format!("udp://{}", socket.local_addr().unwrap()).parse().unwrap();
        let what = Announce { info_hash: [1; 20], peer_id: [2; 20], port: 6881 };
        let begun = std::time::Instant::now();
        let (peers, ()) = tokio::join!(ask(what, &url, Guard::Open), tracker(socket));
        assert_eq!(peers.unwrap(), ["10.0.0.1:6881".parse().unwrap()]);
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(ask(what, &url, Guard::PublicOnly).await, Err(PRIVATE));
    }

    #[tokio::test]
    async fn of_the_addresses_of_a_name_the_one_that_answers_is_enough() {
        // This name often stands for an address of IPv6 as well, at which nobody listens here.
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let url = format!("udp://localhost:{}", socket.local_addr().unwrap().port()).parse().unwrap();
        let what = Announce { info_hash: [1; 20], peer_id: [2; 20], port: 6881 };
        let (peers, ()) = tokio::join!(ask(what, &url, Guard::Open), tracker(socket));
        assert_eq!(peers.unwrap(), ["10.0.0.1:6881".parse().unwrap()]);
    }

    proptest! {
        #[test]
        fn whatever_a_packet_holds_only_an_answer_is_read_and_nobody_without_a_port(
            packet in vec(any::<u8>(), 0..120), cut in 0..120_usize, action in 0..4_u32, v6 in any::<bool>(),
        ) {
            let strange = read(&packet, ANNOUNCE, [9; 4]);
            prop_assert!(strange.is_none() || packet[4..].starts_with(&[9; 4]));
            let mut ours = [&action.to_be_bytes(), &[9; 4], packet.as_slice()].concat();
            ours.truncate(cut);
            match read(&ours, ANNOUNCE, [9; 4]) {
                Some(Ok(answer)) => {
                    prop_assert!(action == ANNOUNCE && ours.ends_with(answer));
                    let found = peers(answer, v6).unwrap_or_default();
                    prop_assert!(found.len() <= answer.len().saturating_sub(12) / 6);
                    prop_assert!(found.iter().all(|peer| peer.port() != 0 && peer.is_ipv6() == v6));
                }
                Some(Err(_)) => prop_assert!(action != ANNOUNCE),
                None => prop_assert!(cut < 8),
            }
        }
    }
}
