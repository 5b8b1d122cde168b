//! The client against peers on loopback sockets.

use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::super::plan::PeerKey;
use super::book::Outcome;
use super::connection::{Call, Report};
use super::*;
use crate::source::torrent::wire::mse::answerer::Answerer;
use crate::source::torrent::wire::{BLOCK, Decoder, Handshake, Message, MetadataPart};

const PIECE: u32 = 4 * BLOCK;
const LENGTH: u64 = 10 * PIECE as u64 + 1000;
const LIMIT: Duration = Duration::from_secs(20);
const ENGINE: [u8; 20] = [4; 20];

/// What a seed does that others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    None,
    /// It hangs up on whoever says more than a handshake before it has answered, as aria2 does.
    Formal,
    /// Every byte it sends is wrong.
    Lying,
    /// It hangs up on whoever does not encrypt.
    Secretive,
    /// It encrypts only the handshake for it.
    HalfSecretive,
    /// It hangs up on everybody.
    Full,
    /// It calls itself what our engine does.
    Engine,
}

fn info() -> Bytes {
    Bytes::from(vec![7; 20_000])
}

fn identity() -> Identity {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &info());
    Identity {
        info_hash: hash.as_ref().try_into().unwrap(),
        peer_id: [2; 20],
        client: "Headwater".to_owned(),
    }
}

fn reach() -> Reach {
    let places = Arc::new(Semaphore::new(50));
    Reach { connections: 50, places, guard: Guard::PublicOnly, port: 1, peer_id: ENGINE }
}

/// A seed on a loopback address. It counts its connections.
async fn seed(tasks: &mut JoinSet<()>, habit: Habit) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, count) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(0)));
    let counted = count.clone();
    tasks.spawn(async move {
        let mut talks = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            talks.spawn(admit(stream, habit));
        }
    });
    (address, count)
}

/// Talks to those whom the seed wants to talk to.
async fn admit(stream: TcpStream, habit: Habit) -> Option<()> {
    let chosen = match habit {
        Habit::Full => return None,
        Habit::Secretive => 2,
        Habit::HalfSecretive => 1,
        Habit::None | Habit::Formal | Habit::Lying | Habit::Engine => return talk(stream, habit).await,
    };
    let mut first = [0; 20];
    stream.peek(&mut first).await.ok()?;
    if first == *b"\x13BitTorrent protocol" {
        return None;
    }
    let answerer = Answerer { chosen, ..Answerer::new(identity().info_hash) };
    answerer.serve(stream, |clear| talk(clear, habit)).await.ok()
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, habit: Habit) -> Option<()> {
    let mut decoder = Decoder::default();
    let theirs = loop {
        stream.read_buf(decoder.space()).await.ok().filter(|read| *read > 0)?;
        if habit == Habit::Formal && decoder.space().len() > Handshake::LENGTH {
            return None;
        }
        if let Some(handshake) = decoder.handshake().ok()? {
            break handshake;
        }
    };
    let peer_id = if habit == Habit::Engine { ENGINE } else { [3; 20] };
    let mut out = BytesMut::from(Handshake { peer_id, ..theirs }.to_bytes().as_slice());
    let greeting = format!("d1:md11:ut_metadatai3ee13:metadata_sizei{}ee", info().len());
    Message::Extended(0, greeting.into()).write(&mut out);
    Message::HaveAll.write(&mut out);
    loop {
        stream.write_all(&out.split()).await.ok()?;
        while let Some(message) = decoder.message().ok()? {
            answer(message, habit, &mut out);
        }
        if out.is_empty() {
            stream.read_buf(decoder.space()).await.ok().filter(|read| *read > 0)?;
        }
    }
}

fn answer(message: Message, habit: Habit, out: &mut BytesMut) {
    match message {
        Message::Interested => Message::Unchoke.write(out),
        Message::Request(block) => {
            let byte = if habit == Habit::Lying { 1 } else { 0 };
            let data = Bytes::from(vec![byte; block.length as usize]);
            Message::Piece { piece: block.piece, begin: block.begin, data }.write(out);
        }
        Message::Extended(3, body) => {
            if let Ok(Some(MetadataPart::Wanted(part))) = MetadataPart::read(&body) {
                let from = (part * BLOCK) as usize;
                let data = info().slice(from..info().len().min(from + BLOCK as usize));
                MetadataPart::Here(part, data).message(1).write(out);
            }
        }
        _ => {}
    }
}

/// Fetches everything from these seeds.
async fn fetch(habits: &[Habit]) -> Vec<u64> {
    let mut tasks = JoinSet::new();
    let (sprint, task) = Sprint::new(identity(), reach());
    tasks.spawn(task);
    let mut counts = Vec::new();
    for habit in habits {
        let (address, count) = seed(&mut tasks, *habit).await;
        sprint.add_peers(Origin::Operator, vec![address]);
        counts.push(count);
    }
    assert_eq!(timeout(LIMIT, sprint.metadata()).await.unwrap(), Some(info()));
    let (pieces, mut right) = mpsc::channel(64);
    let geometry = Geometry::new(PIECE, LENGTH);
    let sink = move |full: &FullPiece| {
        let matches =
            full.data.len() == geometry.size(full.piece) as usize && full.data.iter().all(|byte| *byte == 0);
        if matches {
            pieces.try_send(full.piece).unwrap();
        }
        Some(matches)
    };
    let errand = sprint.errand(geometry, Arc::new(sink));
    errand.aim(vec![Target { pieces: 0..geometry.pieces(), due: Duration::ZERO }]);
    let mut missing: Vec<u32> = (0..geometry.pieces()).collect();
    while !missing.is_empty() {
        let piece = timeout(LIMIT, right.recv()).await.unwrap().unwrap();
        assert!(missing.contains(&piece), "{piece} came twice");
        missing.retain(|other| *other != piece);
    }
    assert!(sprint.useful() >= LENGTH);
    drop(errand);
    counts.iter().map(|count| count.load(Ordering::Relaxed)).collect()
}

#[tokio::test]
async fn metadata_and_pieces_come_over_the_same_connections() {
    assert_eq!(fetch(&[Habit::None, Habit::None]).await, [1, 1]);
}

#[tokio::test]
async fn who_wants_to_greet_first_is_dialled_until_it_may() {
    assert_eq!(fetch(&[Habit::Formal]).await, [3], "at once, encrypted, one by one");
}

#[tokio::test]
async fn who_takes_no_plain_connections_is_dialled_again_and_brings_everything() {
    assert_eq!(fetch(&[Habit::Secretive]).await, [2]);
    assert_eq!(fetch(&[Habit::HalfSecretive]).await, [2]);
}

#[tokio::test]
async fn our_own_engine_is_left_at_once_and_who_is_full_is_not_pestered() {
    let dialled = fetch(&[Habit::Engine, Habit::Full, Habit::Secretive, Habit::None]).await;
    assert!(dialled[0] == 1 && (1..=3).contains(&dialled[1]), "{dialled:?}");
}

#[tokio::test]
async fn the_next_client_knows_who_takes_no_plain_connections() {
    let mut tasks = JoinSet::new();
    let (sprint, task) = Sprint::new(identity(), reach());
    tasks.spawn(task);
    let (address, count) = seed(&mut tasks, Habit::Secretive).await;
    sprint.add_peers(Origin::Operator, vec![address]);
    let (offers, mut offered) = mpsc::channel(1);
    let sink = move |_: &FullPiece| offers.try_send(()).ok().map(|()| true);
    let errand = sprint.errand(Geometry::new(PIECE, LENGTH), Arc::new(sink));
    errand.aim(vec![Target { pieces: 3..4, due: Duration::ZERO }]);
    timeout(LIMIT, offered.recv()).await.unwrap().unwrap();
    let told = async {
        while sprint.good_peers().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, told).await.unwrap();
    let (next, task) = Sprint::new(identity(), reach());
    tasks.spawn(task);
    next.succeed(&sprint);
    assert_eq!(timeout(LIMIT, next.metadata()).await.unwrap(), Some(info()));
    assert_eq!(count.load(Ordering::Relaxed), 3, "plain, encrypted, and encrypted at once");
}

/// What comes of a connection to `listener`, which takes it and does no more.
async fn outcome(listener: &TcpListener, veil: Option<[u8; 20]>, own_port: u16) -> Outcome {
    let (key, peer) = (PeerKey(1), listener.local_addr().unwrap());
    let call = Call { key, peer, veil, own_port, patience: Duration::from_millis(100) };
    let (reports, mut reported) = mpsc::channel(4);
    let runner = async {
        let Some(Report::Connected(_, _, say)) = reported.recv().await else { return };
        say.send(Bytes::from_static(b"first words")).await.unwrap();
        let _taken = listener.accept().await.unwrap();
        assert!(reported.recv().await.is_none());
    };
    timeout(LIMIT, async { tokio::join!(connection::connect(call, reports), runner).0.outcome })
        .await
        .unwrap()
}

#[tokio::test]
async fn who_takes_a_connection_and_says_nothing_is_left_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    assert_eq!(outcome(&listener, None, 1).await, Outcome::Offended);
    assert_eq!(outcome(&listener, Some([7; 20]), 1).await, Outcome::Shut);
    let own_port = listener.local_addr().unwrap().port();
    assert_eq!(outcome(&listener, None, own_port).await, Outcome::Ourselves);
}

#[tokio::test]
async fn nothing_wrong_is_kept_and_a_liar_is_not_dialled_again() {
    assert_eq!(fetch(&[Habit::None, Habit::Lying, Habit::None, Habit::None]).await, [1, 1, 1, 1]);
}

#[tokio::test]
async fn a_piece_that_nobody_kept_or_that_is_missing_again_comes_again() {
    let mut tasks = JoinSet::new();
    let (sprint, task) = Sprint::new(identity(), reach());
    tasks.spawn(task);
    sprint.add_peers(Origin::Operator, vec![seed(&mut tasks, Habit::None).await.0]);
    let (offers, mut offered) = mpsc::channel(64);
    let count = AtomicU64::new(0);
    let sink = move |full: &FullPiece| {
        offers.try_send(full.piece).unwrap();
        (count.fetch_add(1, Ordering::Relaxed) > 0).then_some(true)
    };
    let errand = sprint.errand(Geometry::new(PIECE, LENGTH), Arc::new(sink));
    let wanted = vec![Target { pieces: 3..4, due: Duration::ZERO }];
    errand.aim(wanted.clone());
    for _ in 0..2 {
        assert_eq!(timeout(LIMIT, offered.recv()).await.unwrap(), Some(3), "the first one is not kept");
    }
    // The offer comes before the client knows that it was kept, and until then a new wish for it is none.
    let mut again = None;
    for _ in 0..100 {
        errand.aim(Vec::new());
        errand.aim(wanted.clone());
        again = timeout(LIMIT / 100, offered.recv()).await.ok().flatten();
        if again.is_some() {
            break;
        }
    }
    assert_eq!(again, Some(3), "it was evicted, say");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_that_two_want_is_offered_to_who_came_while_it_was_being_kept() {
    let mut tasks = JoinSet::new();
    let (sprint, task) = Sprint::new(identity(), reach());
    tasks.spawn(task);
    sprint.add_peers(Origin::Operator, vec![seed(&mut tasks, Habit::None).await.0]);
    let (offers, mut offered) = mpsc::channel(64);
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let first = offers.clone();
    let slow = move |full: &FullPiece| {
        first.try_send(("slow", full.piece)).unwrap();
        wait.lock().unwrap().recv_timeout(LIMIT).unwrap();
        Some(true)
    };
    let errand = sprint.errand(Geometry::new(PIECE, LENGTH), Arc::new(slow));
    let wanted = vec![Target { pieces: 3..4, due: Duration::ZERO }];
    errand.aim(wanted.clone());
    assert_eq!(timeout(LIMIT, offered.recv()).await.unwrap(), Some(("slow", 3)));
    let late = move |full: &FullPiece| {
        offers.try_send(("late", full.piece)).unwrap();
        Some(true)
    };
    let other = sprint.errand(Geometry::new(PIECE, LENGTH), Arc::new(late));
    other.aim(wanted);
    go_on.send(()).unwrap();
    assert_eq!(timeout(LIMIT, offered.recv()).await.unwrap(), Some(("late", 3)));
    assert_eq!(sprint.useful(), u64::from(PIECE), "it came once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_panics_costs_the_piece_and_nothing_else() {
    let mut tasks = JoinSet::new();
    let (sprint, task) = Sprint::new(identity(), reach());
    tasks.spawn(task);
    sprint.add_peers(Origin::Operator, vec![seed(&mut tasks, Habit::None).await.0]);
    let (offers, mut offered) = mpsc::channel(64);
    let is_first = AtomicBool::new(true);
    let sink = move |full: &FullPiece| {
        assert!(!is_first.swap(false, Ordering::Relaxed), "a fault, once");
        offers.try_send(full.piece).unwrap();
        Some(true)
    };
    let errand = sprint.errand(Geometry::new(PIECE, LENGTH), Arc::new(sink));
    errand.aim(vec![Target { pieces: 3..4, due: Duration::ZERO }]);
    assert_eq!(timeout(LIMIT, offered.recv()).await.unwrap(), Some(3));
}
