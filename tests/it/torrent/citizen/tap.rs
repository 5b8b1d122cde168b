//! Stands before a peer, hears both sides, and has a referee for each connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::referee::{Act, Field, Referee};
use super::wire::{Block, Ear};

type Shared = Arc<Mutex<Referee>>;

/// A peer's address that is ours.
pub(in crate::torrent) struct Tap {
    pub(in crate::torrent) addr: SocketAddr,
    referees: Arc<Mutex<Vec<Shared>>>,
    _tasks: JoinSet<()>,
}

impl Tap {
    /// Stands before the peer on this port of loopback.
    pub(in crate::torrent) async fn before(port: u16, field: &Field) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (referees, field): (Arc<Mutex<Vec<Shared>>>, _) = (Arc::default(), field.clone());
        let (known, mut tasks) = (referees.clone(), JoinSet::new());
        tasks.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((server, _)) = listener.accept().await {
                let Ok(peer) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
                let referee = Arc::new(Mutex::new(Referee::new(field.clone())));
                lock(&known).push(referee.clone());
                talks.spawn(between(server, peer, referee));
            }
        });
        Self { addr, referees, _tasks: tasks }
    }

    /// What `look` sees at each connection of the small client.
    pub(in crate::torrent) fn small<T>(&self, look: impl Fn(&Referee) -> T) -> Vec<T> {
        self.look(|referee| referee.is_small(), look)
    }

    /// What `look` sees at each connection of anybody else: the engine.
    pub(in crate::torrent) fn engine<T>(&self, look: impl Fn(&Referee) -> T) -> Vec<T> {
        self.look(|referee| !referee.is_small(), look)
    }

    fn look<T>(&self, which: impl Fn(&Referee) -> bool, look: impl Fn(&Referee) -> T) -> Vec<T> {
        let referees = lock(&self.referees);
        let all = referees.iter().map(|referee| lock(referee));
        all.filter(|referee| which(referee)).map(|referee| look(&referee)).collect()
    }

    /// What became of the small client's requests, over all connections.
    pub(in crate::torrent) fn acts(&self) -> Vec<Act> {
        self.small(|referee| referee.acts().to_vec()).concat()
    }

    /// What the small client did against the rules.
    pub(in crate::torrent) fn breaches(&self) -> Vec<String> {
        self.small(|referee| referee.breaches().to_vec()).concat()
    }
}

/// Bytes of blocks that came, and of those of them that came before.
pub(in crate::torrent) fn came(acts: impl IntoIterator<Item = Act>) -> (u64, u64) {
    let mut known = std::collections::HashSet::new();
    let (mut all, mut again) = (0, 0);
    for act in acts {
        if let Act::Came(block @ Block { length, .. }) = act {
            all += u64::from(length);
            again += if known.insert(block) { 0 } else { u64::from(length) };
        }
    }
    (all, again)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn between(server: TcpStream, peer: TcpStream, referee: Shared) {
    server.set_nodelay(true).unwrap();
    peer.set_nodelay(true).unwrap();
    let ((from_server, to_server), (from_peer, to_peer)) = (server.into_split(), peer.into_split());
    tokio::select! {
        () = pass(from_server, to_peer, &referee, true) => {}
        () = pass(from_peer, to_server, &referee, false) => {}
    }
}

/// The referee hears everything before the other side does.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, referee: &Shared, is_server: bool) {
    let (mut ear, mut buffer) = (Some(Ear::default()), vec![0; 64 * 1024]);
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        match ear.as_mut().map(|ear| ear.hear(&buffer[..length])) {
            Some(Some(words)) => {
                let mut referee = lock(referee);
                for word in &words {
                    if is_server { referee.by_server(word) } else { referee.by_peer(word) }
                }
            }
            // Whatever it is, it is passed on.
            Some(None) => ear = None,
            None => {}
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
