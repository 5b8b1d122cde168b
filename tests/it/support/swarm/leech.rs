//! A libtorrent that fetches (Python bindings).

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Share;
use crate::support::process::run;
use crate::support::tools;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The only file.
    pub(crate) data: Vec<u8>,
    /// The time from the first byte to the last.
    pub(crate) took: Duration,
}

/// Fetches a torrent of one file from the peer on this port of loopback, and from nobody else. Blocks until it is there.
///
/// # Panics
/// If it is not within a minute.
pub(crate) fn fetch(share: &Share, port: u16) -> Fetched {
    let folder = TempDir::new().expect("the temporary folder is writable");
    let options = json!({"torrent": share.torrent_path(), "folder": folder.path(), "port": port});
    let mut command = Command::new(tools::python());
    command.arg(tools::test_source("support/leech_libtorrent.py")).arg(options.to_string());
    let finished = run("libtorrent", command, Duration::from_secs(70));
    assert_eq!(finished.code(), Some(0), "{}", finished.story());
    let told: Value = serde_json::from_str(&finished.stdout).expect("the script prints JSON");
    let took = Duration::from_secs_f64(told["seconds"].as_f64().expect("the script prints the time"));
    Fetched { data: std::fs::read(folder.path().join(share.name())).expect("it was fetched"), took }
}
