//! A libtorrent seed (Python bindings), whose rate can be changed and whose upload is counted.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::Share;
use crate::support::process::Process;
use crate::support::tools;

/// A seed of one torrent on loopback.
pub(crate) struct Libtorrent {
    /// Where it listens.
    pub(crate) port: u16,
    process: Process,
}

impl Libtorrent {
    /// Starts a seed that uploads at most `limit` bytes per second. It has announced itself when this returns.
    ///
    /// # Panics
    /// If it does not seed, or no tracker answers, within a minute.
    pub(crate) fn start(share: &Share, limit: Option<u32>) -> Self {
        Self::with(share, limit, None)
    }

    /// Starts one that takes only connections whose handshake is encrypted, and sends what follows in `level`: "rc4" or
    /// "plaintext".
    ///
    /// # Panics
    /// As [`Libtorrent::start`].
    pub(crate) fn encrypted(share: &Share, level: &str) -> Self {
        Self::with(share, None, Some(level))
    }

    fn with(share: &Share, limit: Option<u32>, encryption: Option<&str>) -> Self {
        let names: Vec<String> = (0..share.files.len()).map(|index| index.to_string()).collect();
        let options = json!({
            "torrent": share.torrent_path(), "folder": share.by_index(), "names": names,
            "limit": limit.unwrap_or(0), "announces": share.has_trackers(), "encryption": encryption,
        });
        let mut command = Command::new(tools::python());
        command.arg(tools::test_source("support/seed_libtorrent.py")).arg(options.to_string());
        let process = Process::start("libtorrent", command);
        let line = process.line(Duration::from_secs(60), |line| line.starts_with('{'));
        let port = parse(&line)["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        Self { port: port.expect("the script prints its port"), process }
    }

    /// Changes the upload limit, in bytes per second.
    ///
    /// # Panics
    /// If the seed has died.
    pub(crate) fn limit(&mut self, limit: Option<u32>) {
        self.process.ask(&json!({"limit": limit.unwrap_or(0)}).to_string());
    }

    /// How many bytes of payload it has sent since its start.
    ///
    /// # Panics
    /// If the seed has died.
    pub(crate) fn uploaded(&mut self) -> u64 {
        let answer = parse(&self.process.ask(r#"{"stats": true}"#));
        answer["uploaded"].as_u64().expect("the script prints what it has sent")
    }
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).expect("the script prints JSON")
}
