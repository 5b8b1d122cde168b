//! A qBittorrent seed without its window.

use std::process::Command;

use tempfile::TempDir;

use super::{Share, free_port, until_greeting};
use crate::support::process::Process;

/// A seed of one torrent on loopback.
pub(crate) struct Qbittorrent {
    /// Where it listens.
    pub(crate) port: u16,
    _process: Process,
    _home: TempDir,
}

impl Qbittorrent {
    /// Starts a seed that uploads at most `limit` bytes per second.
    ///
    /// # Panics
    /// If it does not seed within half a minute.
    pub(crate) async fn start(share: &Share, limit: Option<u32>) -> Self {
        let home = TempDir::new().expect("the temporary folder is writable");
        let (port, page) = (free_port(), free_port());
        let folder = home.path().join("qBittorrent/config");
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        std::fs::write(folder.join("qBittorrent.conf"), settings(port, limit)).expect("the disk has room");
        // It notices nothing when its parent is killed; setpriv has the kernel tell it.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "qbittorrent-nox", "--skip-hash-check"])
            .arg(format!("--profile={}", home.path().display()))
            .arg(format!("--webui-port={page}"))
            .arg(format!("--save-path={}", share.by_name().display()))
            .arg(share.torrent_path());
        let process = Process::start("qbittorrent", command);
        until_greeting(port, share, &process).await;
        Self { port, _process: process, _home: home }
    }
}

fn settings(port: u16, limit: Option<u32>) -> String {
    let limit = limit.unwrap_or(0) / 1024;
    format!(
        "[LegalNotice]\nAccepted=true\n\n\
         [BitTorrent]\nSession\\Port={port}\nSession\\InterfaceAddress=127.0.0.1\nSession\\BTProtocol=TCP\n\
         Session\\DHTEnabled=false\nSession\\LSDEnabled=false\nSession\\PeXEnabled=false\n\
         Session\\QueueingSystemEnabled=false\nSession\\MultiConnectionsPerIp=true\n\
         Session\\GlobalUPSpeedLimit={limit}\n\n\
         [Network]\nPortForwardingEnabled=false\n\n\
         [Preferences]\nWebUI\\Address=127.0.0.1\n"
    )
}
