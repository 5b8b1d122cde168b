//! Sockets: binding with errors an operator understands, and the options of an accepted one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};

/// Connections that may wait to be accepted; a burst of players must not be refused.
const BACKLOG: i32 = 1024;

/// More viewers than one machine feeds; bounds the memory a flood can take.
const MOST_CONNECTIONS: usize = 4096;

/// Silence after which the system asks whether the other side still exists.
const KEEPALIVE_TIME: Duration = Duration::from_secs(60);

/// Time between two such questions, and how many may go unanswered.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 4;

/// Bytes handed to the system but not yet sent, above which a socket does not count as writable. Enough for
/// full speed, and little enough that what is buffered for a paused player stays small.
#[cfg(target_os = "linux")]
const NOT_SENT_LOW_WATER: u32 = 256 * 1024;

/// The same for a connection that sends runs of files: one chunk beside the one that travels.
#[cfg(target_os = "linux")]
const FILES_NOT_SENT_LOW_WATER: u32 = 1024 * 1024;

/// Why the listening socket could not be had.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error("{0} is taken: stop the program that uses it, or choose another port with HEADWATER_LISTEN")]
    Taken(SocketAddr),
    /// The system does not let this user have the port.
    #[error("{0} is not allowed for this user: choose a port from 1024 up with HEADWATER_LISTEN")]
    Forbidden(SocketAddr),
    /// No interface has the address.
    #[error(
        "{0} is not an address of this machine: set HEADWATER_LISTEN to 0.0.0.0 with the port, or to one that is"
    )]
    NotOurs(SocketAddr),
    /// Anything else.
    #[error("{address} cannot be listened on ({source}): set HEADWATER_LISTEN to another address")]
    Other {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Listens on `address`; port 0 lets the system choose. Must be called within a runtime.
pub fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    listening_socket(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken(address),
        io::ErrorKind::PermissionDenied => BindError::Forbidden(address),
        io::ErrorKind::AddrNotAvailable => BindError::NotOurs(address),
        _ => BindError::Other { address, source },
    })
}

/// Half of the files this process may open, because a viewer needs a second one for what is read.
pub(super) fn affordable_connections() -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files / 2).unwrap_or(usize::MAX).clamp(16, MOST_CONNECTIONS)
}

/// Sets the options of an accepted connection. There is deliberately no `TCP_USER_TIMEOUT`: Linux also
/// applies it to a peer that answers every probe with a closed window, which is what a paused player does.
pub(super) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_TIME)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_RETRIES);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(NOT_SENT_LOW_WATER)?;
    Ok(())
}

/// Raises what may wait in the system for a connection that sends files: pages of the file itself wait there, and no
/// copies of them, and each time less is taken the sender has to be woken once more.
#[cfg(target_os = "linux")]
pub(super) fn expect_files(stream: &TcpStream) {
    if let Err(error) = SockRef::from(stream).set_tcp_notsent_lowat(FILES_NOT_SENT_LOW_WATER) {
        // Seen when the client is already gone; the next write will tell.
        tracing::debug!(%error, "socket options could not be set");
    }
}

/// Other systems send no files.
#[cfg(not(target_os = "linux"))]
pub(super) fn expect_files(_stream: &TcpStream) {}

fn listening_socket(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // `[::]` is how people ask for both kinds of address; some systems default to one.
        socket.set_only_v6(false)?;
    }
    // A restart must not wait for connections of the process before.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}
