//! An rtorrent seed, which does not speak the fast extension.

use std::process::Command;

use tempfile::TempDir;

use super::{Share, free_port, until_greeting};
use crate::support::process::Process;

/// A seed of one torrent on loopback.
pub(crate) struct Rtorrent {
    /// Where it listens.
    pub(crate) port: u16,
    _process: Process,
    _home: TempDir,
}

impl Rtorrent {
    /// Starts a seed that uploads at most `limit` bytes per second.
    ///
    /// # Panics
    /// If it does not seed within half a minute.
    pub(crate) async fn start(share: &Share, limit: Option<u32>) -> Self {
        let home = TempDir::new().expect("the temporary folder is writable");
        let port = free_port();
        let settings = home.path().join("settings");
        // A torrent without trackers is taken only where there is a DHT, though it be off.
        let text = format!(
            "system.daemon.set = true\nnetwork.port_range.set = {port}-{port}\nnetwork.port_random.set = no\n\
             network.bind_address.set = 127.0.0.1\nnetwork.local_address.set = 127.0.0.1\n\
             dht.mode.set = off\nprotocol.pex.set = no\ntrackers.enable = 0\n\
             throttle.global_up.max_rate.set_kb = {}\nsession.path.set = {}\ndirectory.default.set = {}\n",
            limit.unwrap_or(0) / 1024,
            home.path().display(),
            share.by_name().display(),
        );
        std::fs::write(&settings, text).expect("the disk has room");
        // It notices nothing when its parent is killed; setpriv has the kernel tell it.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "rtorrent", "-n", "-o"])
            .arg(format!("import={}", settings.display()))
            .arg(share.torrent_path());
        let process = Process::start("rtorrent", command);
        until_greeting(port, share, &process).await;
        Self { port, _process: process, _home: home }
    }
}
