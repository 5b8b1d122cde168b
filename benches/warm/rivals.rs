//! The two servers over one file, and what they use of the machine.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::media;
use crate::support::process::Process;
use crate::support::server::{Headwater, Setup};
use crate::usage;

/// Bytes of the file: more than any cache of a processor, and little enough to stay in memory.
pub(crate) const FILE_LENGTH: u64 = 384 << 20;
/// The info-hash that the file's name shows.
const HASH: &str = "57a6b0c1d2e3f405162738495a6b7c8d9e0f1a2b";
/// How long nginx may take until it listens.
const START: Duration = Duration::from_secs(10);

/// A file that an operator has dropped into a folder.
pub(crate) struct Film {
    folder: TempDir,
}

/// A running server.
pub(crate) struct Rival {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where it has the file.
    pub(crate) path: String,
    server: Server,
    _folder: Option<TempDir>,
}

enum Server {
    Headwater(Box<Headwater>),
    Nginx(Process),
}

/// What a server has used so far.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    /// Seconds of processor time.
    pub(crate) processor: f64,
    /// Bytes of memory it occupies now.
    pub(crate) memory: f64,
}

impl Film {
    /// Writes random bytes, which are in the page cache then.
    pub(crate) fn write() -> Self {
        let folder = TempDir::new().expect("the temporary folder is writable");
        let mut file = fs::File::create(folder.path().join(Self::name())).expect("the folder is ours");
        let part = media::random(7, 16 << 20);
        for _ in 0..FILE_LENGTH / part.len() as u64 {
            file.write_all(&part).expect("there is room for the file");
        }
        // What waits to be written would be written in somebody's turn.
        file.sync_all().expect("the disk works");
        Self { folder }
    }

    fn name() -> String {
        format!("{HASH}.mkv")
    }
}

impl Rival {
    /// This server, with the file as a drop-in.
    pub(crate) fn headwater(film: &Film, workers: usize) -> Self {
        let server = Setup::new()
            .env("HEADWATER_LOG", "warn")
            .env("TORRENT_DOWNLOAD_PATH", &film.folder.path().display().to_string())
            .env("TOKIO_WORKER_THREADS", &workers.to_string())
            .start();
        let address = server.base().trim_start_matches("http://").parse().expect("the base is an address");
        let path = format!("/stream/proxy/{HASH}");
        Self { address, path, server: Server::Headwater(Box::new(server)), _folder: None }
    }

    /// nginx with `sendfile`.
    pub(crate) fn nginx(film: &Film, workers: usize) -> Self {
        let folder = TempDir::new().expect("the temporary folder is writable");
        // The port is free now; nginx takes it a moment later.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("loopback has free ports");
        let text = configuration(folder.path(), film.folder.path(), address, workers);
        fs::write(folder.path().join("nginx.conf"), text).expect("the folder is ours");
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "error.log"]);
        let process = Process::start("nginx", command);
        let deadline = Instant::now() + START;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "nginx does not listen: {}", process.transcript());
            // nginx gives no sign when it is ready.
            std::thread::sleep(Duration::from_millis(20));
        }
        let path = format!("/{}", Film::name());
        Self { address, path, server: Server::Nginx(process), _folder: Some(folder) }
    }

    /// What it has used so far, with its workers.
    pub(crate) fn usage(&self) -> Usage {
        let first = match &self.server {
            Server::Headwater(server) => server.process_id(),
            Server::Nginx(process) => process.id(),
        };
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|number| number.parse().ok());
        let mut all = Usage { processor: 0.0, memory: 0.0 };
        for process in children.chain([first]) {
            all.processor += usage::processor(process);
            all.memory += usage::memory(process);
        }
        all
    }
}

/// Seconds that the client has computed so far.
pub(crate) fn own_processor() -> f64 {
    usage::processor(std::process::id())
}

fn configuration(own: &Path, films: &Path, address: SocketAddr, workers: usize) -> String {
    let (own, films) = (own.display(), films.display());
    let modules = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders: String = modules.map(|module| format!("{module}_temp_path {own}/{module};\n")).concat();
    // Where root starts it, its workers would otherwise be somebody who may not read the folder.
    let user = if rustix::process::geteuid().is_root() { "user root;\n" } else { "" };
    format!(
        "{user}daemon off;\nworker_processes {workers};\nworker_rlimit_nofile 8192;\npid {own}/pid;\n\
         error_log {own}/error.log;\nevents {{ worker_connections 4096; }}\n\
         http {{\n{folders}access_log off;\nsendfile on;\nkeepalive_requests 1000000000;\n\
         server {{ listen {address} backlog=1024 reuseport; root {films}; }}\n}}\n"
    )
}
