//! Trackers: bittorrent-tracker from npm, which tells what it hears, and opentracker from Debian.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::{Share, free_port};
use crate::support::process::Process;
use crate::support::tools;

const PATIENCE: Duration = Duration::from_secs(30);

/// A bittorrent-tracker over HTTP and UDP.
pub(crate) struct Tracker {
    process: Process,
    http: u16,
    udp: u16,
}

/// One announce as the tracker heard it.
#[derive(Clone, Debug)]
pub(crate) struct Announce {
    /// `start`, `update`, `complete` or `stop`.
    pub(crate) event: String,
    /// Where the client says it listens.
    pub(crate) port: u16,
    /// How many bytes it says are missing; `None` if it does not know, as with a magnet.
    pub(crate) left: Option<u64>,
}

impl Tracker {
    /// Starts one on free ports.
    ///
    /// # Panics
    /// If it does not listen within half a minute.
    pub(crate) fn start() -> Self {
        let mut command = Command::new("node");
        command.arg(tools::test_source("support/tracker.mjs"));
        let process = Process::start("bittorrent-tracker", command);
        let line = process.line(PATIENCE, |line| line.starts_with("{\"http\""));
        let ports: Value = serde_json::from_str(&line).expect("the script prints JSON");
        Self { http: port(&ports["http"]), udp: port(&ports["udp"]), process }
    }

    /// The announce URL over HTTP.
    pub(crate) fn http(&self) -> String {
        format!("http://127.0.0.1:{}/announce", self.http)
    }

    /// The announce URL over UDP.
    pub(crate) fn udp(&self) -> String {
        format!("udp://127.0.0.1:{}/announce", self.udp)
    }

    /// Every announce heard so far for one info-hash, oldest first.
    pub(crate) fn announces(&self, info_hash: &str) -> Vec<Announce> {
        self.process.lines().iter().filter_map(|line| announce(line, info_hash)).collect()
    }

    /// Waits until a client that listens on `port` has announced itself.
    ///
    /// # Panics
    /// If it has not done so within half a minute.
    pub(crate) fn wait_for(&self, info_hash: &str, port: u16) {
        self.process.line(PATIENCE, |line| announce(line, info_hash).is_some_and(|it| it.port == port));
    }
}

/// An opentracker, which serves the one torrent it was started for.
pub(crate) struct Opentracker {
    /// The torrent, whose tracker is this one.
    pub(crate) share: Share,
    _process: Process,
    _folder: TempDir,
}

impl Opentracker {
    /// Starts one on a free port, for the torrent that `share` makes out of its announce URL. Debian builds it so
    /// that it knows only the torrents in a list, hence the order.
    ///
    /// # Panics
    /// If it does not listen within half a minute.
    pub(crate) fn start(share: impl FnOnce(String) -> Share) -> Self {
        let port = free_port();
        let share = share(format!("http://127.0.0.1:{port}/announce"));
        let folder = TempDir::new().expect("the temporary folder is writable");
        // As root it changes to another user inside a root of its own, and must be able to read the list there.
        std::fs::write(folder.path().join("allowed"), format!("{}\n", share.info_hash))
            .expect("the disk has room");
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("the folder is ours");
        let mut command = Command::new("opentracker");
        let port = port.to_string();
        command.args(["-i", "127.0.0.1", "-p", &port, "-P", &port, "-w", "allowed", "-d"]).arg(folder.path());
        let process = Process::start("opentracker", command);
        let deadline = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
            assert!(Instant::now() < deadline, "opentracker does not listen:\n{}", process.transcript());
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { share, _process: process, _folder: folder }
    }
}

fn announce(line: &str, info_hash: &str) -> Option<Announce> {
    let value: Value = serde_json::from_str(line).ok()?;
    if value["infoHash"] != info_hash {
        return None;
    }
    let event = value["event"].as_str()?.to_owned();
    Some(Announce { event, port: port(&value["port"]), left: value["left"].as_u64() })
}

fn port(value: &Value) -> u16 {
    value.as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or_default()
}
