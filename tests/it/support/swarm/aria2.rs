//! An aria2 seed.

use std::process::Command;

use super::{Share, free_port, until_greeting};
use crate::support::process::Process;

/// A seed of one torrent on loopback.
pub(crate) struct Aria2 {
    /// Where it listens.
    pub(crate) port: u16,
    process: Process,
}

impl Aria2 {
    /// Starts a seed that uploads at most `limit` bytes per second. Ask the tracker when it is there.
    pub(crate) fn start(share: &Share, limit: Option<u32>) -> Self {
        Self::with(share, limit, &[])
    }

    /// Starts one that takes encrypted connections only.
    pub(crate) fn encrypted(share: &Share) -> Self {
        Self::with(share, None, &["--bt-force-encryption=true"])
    }

    fn with(share: &Share, limit: Option<u32>, more: &[&str]) -> Self {
        let port = free_port();
        let mut command = Command::new("aria2c");
        command
            .args(["--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false"])
            .args(["--enable-peer-exchange=false", "--disable-ipv6=true", "--seed-ratio=0.0"])
            // The data is known to be whole; hashing it again would only cost time.
            .args(["--bt-seed-unverified=true", "--allow-overwrite=true", "--summary-interval=0"])
            .args(more)
            .arg(format!("--max-upload-limit={}", limit.unwrap_or(0)))
            .arg(format!("--stop-with-process={}", std::process::id()))
            .arg(format!("--listen-port={port}"))
            .arg(format!("--dir={}", share.by_name().display()))
            .arg(share.torrent_path());
        Self { port, process: Process::start("aria2", command) }
    }

    /// Waits until it seeds.
    ///
    /// # Panics
    /// If it does not within half a minute.
    pub(crate) async fn ready(&self, share: &Share) {
        until_greeting(self.port, share, &self.process).await;
    }
}
