//! A TCP proxy that does to connections what lines do: it cuts, stalls, slows and refuses them.

#[cfg(test)]
mod tests;

use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use super::background::Background;

/// How many bytes are passed on at once.
const PORTION: usize = 16 * 1024;

/// A proxy in front of one address. It stops when it is dropped, and its connections with it.
pub(crate) struct Chaos {
    /// Where clients connect.
    pub(crate) addr: SocketAddr,
    rules: watch::Sender<Rules>,
    open: Arc<AtomicUsize>,
    background: Background,
    upstream: SocketAddr,
    accepting: Mutex<Option<Accepting>>,
    /// Bound and never listening: it keeps the port while connections are refused.
    _port: Socket,
}

/// The task that accepts: it stops when `stop` is dropped, and then drops the other end of `ended`.
struct Accepting {
    stop: oneshot::Sender<()>,
    ended: mpsc::Receiver<()>,
}

#[derive(Clone, Copy, Default)]
struct Rules {
    /// How often everything was cut.
    cuts: u64,
    cut_after: Option<u64>,
    is_stalled: bool,
    bytes_per_second: Option<u64>,
}

impl Chaos {
    /// Starts a proxy that passes everything on to `upstream`.
    ///
    /// # Panics
    /// If no port is free.
    pub(crate) fn start(upstream: SocketAddr) -> Self {
        let port = bound(SocketAddr::from(([127, 0, 0, 1], 0)));
        let addr = port.local_addr().ok().and_then(|addr| addr.as_socket()).expect("the socket is bound");
        let chaos = Self {
            addr,
            rules: watch::Sender::new(Rules::default()),
            open: Arc::default(),
            background: Background::start("chaos"),
            upstream,
            accepting: Mutex::new(None),
            _port: port,
        };
        chaos.refuse(false);
        chaos
    }

    /// Resets every open connection, to both sides.
    pub(crate) fn cut_all(&self) {
        self.rules.send_modify(|rules| rules.cuts += 1);
    }

    /// Resets each connection when it has brought this many bytes from upstream; `None` ends that.
    pub(crate) fn cut_after(&self, bytes: Option<u64>) {
        self.rules.send_modify(|rules| rules.cut_after = bytes);
    }

    /// Keeps every connection open but silent in both directions, new ones too, until it is taken back.
    pub(crate) fn stall(&self, is_stalled: bool) {
        self.rules.send_modify(|rules| rules.is_stalled = is_stalled);
    }

    /// Lets each connection bring at most this many bytes per second from upstream.
    pub(crate) fn throttle(&self, bytes_per_second: Option<u64>) {
        self.rules.send_modify(|rules| rules.bytes_per_second = bytes_per_second);
    }

    /// Refuses new connections as if nobody listened; open ones go on.
    ///
    /// # Panics
    /// If the port cannot be listened on again.
    pub(crate) fn refuse(&self, is_refused: bool) {
        let mut accepting = self.accepting.lock().unwrap_or_else(PoisonError::into_inner);
        if is_refused {
            let Some(Accepting { stop, ended }) = accepting.take() else { return };
            drop(stop);
            // Fails when the task has closed the listener, so that not one connection more gets through.
            let _ = ended.recv();
        } else if accepting.is_none() {
            *accepting = Some(self.listen());
        }
    }

    /// How many connections are open.
    pub(crate) fn connections(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

impl Chaos {
    fn listen(&self) -> Accepting {
        let socket = bound(self.addr);
        socket.listen(1024).expect("the port is kept for this");
        socket.set_nonblocking(true).expect("a fresh socket can be changed");
        let tasks = self.background.handle();
        let _here = tasks.enter();
        let listener = TcpListener::from_std(socket.into()).expect("the runtime takes a socket");
        let ((stop, mut stopped), (sign, ended)) = (oneshot::channel(), mpsc::channel());
        let (rules, open, upstream) = (self.rules.subscribe(), Arc::clone(&self.open), self.upstream);
        let connections = tasks.clone();
        tasks.spawn(async move {
            while let Some(client) = accepted(&listener, &mut stopped).await {
                let connection = Connection { rules: rules.clone(), open: Arc::clone(&open) };
                connection.open.fetch_add(1, Ordering::SeqCst);
                connections.spawn(connection.carry(client, upstream));
            }
            // Programs that tests start have copies of the socket until they run; this ends those too.
            let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
            drop((listener, sign));
        });
        Accepting { stop, ended }
    }
}

async fn accepted(listener: &TcpListener, stopped: &mut oneshot::Receiver<()>) -> Option<TcpStream> {
    tokio::select! {
        accepted = listener.accept() => accepted.ok().map(|(client, _)| client),
        _ = stopped => None,
    }
}

/// A socket bound to an address that others here may be bound to as well, as long as none of them listens.
fn bound(addr: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("the machine has descriptors left");
    socket.set_reuse_address(true).expect("a fresh socket can be changed");
    socket.bind(&addr.into()).expect("the port is free or ours");
    socket
}

struct Connection {
    rules: watch::Receiver<Rules>,
    open: Arc<AtomicUsize>,
}

impl Connection {
    async fn carry(self, mut client: TcpStream, upstream: SocketAddr) {
        let cuts = self.rules.borrow().cuts;
        let Ok(mut upstream) = TcpStream::connect(upstream).await else { return reset(&client) };
        let is_cut = {
            let (from_client, to_client) = client.split();
            let (from_upstream, to_upstream) = upstream.split();
            let mut cut = self.rules.clone();
            tokio::select! {
                ended = async { tokio::try_join!(
                    self.up(from_client, to_upstream),
                    self.down(from_upstream, to_client),
                ) } => ended.is_err(),
                _ = cut.wait_for(|rules| rules.cuts > cuts) => true,
            }
        };
        if is_cut {
            reset(&client);
            reset(&upstream);
        }
    }

    async fn up(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> std::io::Result<()> {
        let mut buffer = vec![0; PORTION];
        loop {
            let length = from.read(&mut buffer).await?;
            self.rules().await;
            if length == 0 {
                return to.shutdown().await;
            }
            to.write_all(&buffer[..length]).await?;
        }
    }

    async fn down(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> std::io::Result<()> {
        let (mut buffer, mut passed) = (vec![0; PORTION], 0);
        loop {
            let rules = self.rules().await;
            let left = rules.cut_after.map_or(u64::MAX, |after| after.saturating_sub(passed));
            if left == 0 {
                return Err(std::io::ErrorKind::ConnectionReset.into());
            }
            // Twenty portions make a second.
            let portion = rules.bytes_per_second.map_or(u64::MAX, |pace| (pace / 20).max(1));
            let most = left.min(portion).min(PORTION as u64) as usize;
            let length = from.read(&mut buffer[..most]).await?;
            self.rules().await;
            if length == 0 {
                return to.shutdown().await;
            }
            to.write_all(&buffer[..length]).await?;
            passed += length as u64;
            if let Some(pace) = rules.bytes_per_second {
                // The pace itself is what was asked for; there is nothing to wait for.
                tokio::time::sleep(Duration::from_secs_f64(length as f64 / pace.max(1) as f64)).await;
            }
        }
    }

    /// The rules, as soon as they let anything pass.
    async fn rules(&self) -> Rules {
        let mut rules = self.rules.clone();
        // The sender lives as long as the runtime this runs on.
        rules.wait_for(|rules| !rules.is_stalled).await.map(|rules| *rules).unwrap_or_default()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Makes the closing of a connection a reset (RST): nothing that waits in buffers is sent any more.
fn reset(stream: &TcpStream) {
    // It may have gone already.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
