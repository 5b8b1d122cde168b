//! A thread with a runtime of its own, for the servers that tests start inside their own process.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Where a fake's tasks run. They answer also while the test's own thread waits for a player, and when this is
/// dropped they have all ended, sockets closed.
///
/// A task must not own the value it runs on: it would wait for itself.
pub(crate) struct Background {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts the thread.
    pub(crate) fn start(name: &str) -> Self {
        let runtime =
            Builder::new_current_thread().enable_all().build().expect("the machine has descriptors left");
        let (handle, (stop, stopped)) = (runtime.handle().clone(), oneshot::channel());
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            // The sender is never used: that it is gone is the sign.
            .spawn(move || drop(runtime.block_on(stopped)))
            .expect("the machine has threads left");
        Self { handle, stop: Some(stop), thread: Some(thread) }
    }

    /// Runs a task until it ends or this is dropped.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        // Its result is nothing, and the runtime ends it.
        drop(self.handle.spawn(task));
    }

    /// Where tasks can start further tasks.
    pub(crate) fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// A listener on a free port of loopback, that lives on this runtime.
    pub(crate) fn listen(&self) -> (TcpListener, SocketAddr) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a fresh socket can be changed");
        let addr = listener.local_addr().expect("a bound socket has an address");
        let _here = self.handle.enter();
        (TcpListener::from_std(listener).expect("the runtime takes a socket"), addr)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A task that panicked has failed its own connection already.
            let _ = thread.join();
        }
    }
}

#[test]
fn a_dropped_background_has_closed_its_sockets() {
    let background = Background::start("a fake");
    let (listener, addr) = background.listen();
    background.spawn(async move { while listener.accept().await.is_ok() {} });
    assert!(std::net::TcpStream::connect(addr).is_ok());
    drop(background);
    // A program that another test starts at this moment has a copy of every socket until it runs.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while std::net::TcpStream::connect(addr).is_ok() {
        assert!(std::time::Instant::now() < deadline, "the socket is still open");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
