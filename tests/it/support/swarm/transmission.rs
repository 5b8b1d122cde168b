//! A transmission-daemon seed with a configuration of its own, steered over its RPC.

use std::process::Command;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Share, free_port};
use crate::support::http::{self, Answer};
use crate::support::process::Process;

const SESSION: &str = "X-Transmission-Session-Id";
/// What its settings call encryption that it begins with and does without, and encryption that it insists on.
const PREFERRED: u8 = 1;
const REQUIRED: u8 = 2;
/// What the RPC calls a torrent that is being seeded.
const SEEDING: u64 = 6;

/// A seed of one torrent on loopback.
pub(crate) struct Transmission {
    /// Where it listens.
    pub(crate) port: u16,
    process: Process,
    rpc: String,
    session: String,
    _home: TempDir,
}

impl Transmission {
    /// Starts a seed that uploads at most `limit` bytes per second. Ask the tracker when it is there.
    ///
    /// # Panics
    /// If it does not seed within half a minute.
    pub(crate) async fn start(share: &Share, limit: Option<u32>) -> Self {
        Self::with(share, limit, PREFERRED).await
    }

    /// Starts one that takes encrypted connections only.
    ///
    /// # Panics
    /// As [`Transmission::start`].
    pub(crate) async fn encrypted(share: &Share) -> Self {
        Self::with(share, None, REQUIRED).await
    }

    async fn with(share: &Share, limit: Option<u32>, encryption: u8) -> Self {
        let home = TempDir::new().expect("the temporary folder is writable");
        let (port, rpc) = (free_port(), free_port());
        let mut settings = settings(port, rpc, limit);
        settings["encryption"] = encryption.into();
        std::fs::write(home.path().join("settings.json"), settings.to_string()).expect("the disk has room");
        // Unlike the others it notices nothing when its parent is killed; setpriv has the kernel tell it.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "transmission-daemon", "--foreground", "--config-dir"])
            .arg(home.path());
        let process = Process::start("transmission", command);
        let rpc = format!("http://127.0.0.1:{rpc}/transmission/rpc");
        let mut seed = Self { port, process, rpc, session: String::new(), _home: home };
        let arguments = json!({"metainfo": BASE64.encode(&share.torrent), "download-dir": share.by_name()});
        seed.until(&json!({"method": "torrent-add", "arguments": arguments}), |it| it["result"] == "success")
            .await;
        let question = json!({"method": "torrent-get", "arguments": {"fields": ["status", "percentDone"]}});
        seed.until(&question, |answer| {
            let torrent = &answer["arguments"]["torrents"][0];
            torrent["status"] == SEEDING && torrent["percentDone"] == 1.0
        })
        .await;
        seed
    }

    /// Repeats a call until its answer is as wanted; the RPC has no way to wait for a state.
    async fn until(&mut self, call: &Value, wanted: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let answer = self.call(call).await;
            if answer.as_ref().is_some_and(&wanted) {
                return;
            }
            let story = || format!("{call} gave {answer:?}\n{}", self.process.transcript());
            assert!(Instant::now() < deadline, "transmission: {}", story());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn call(&mut self, call: &Value) -> Option<Value> {
        let body = call.to_string().into_bytes();
        let headers = [(SESSION, self.session.as_str())];
        let patience = Duration::from_secs(10);
        let answer: Answer =
            http::send(&http::client(), Method::POST, &self.rpc, &headers, body, patience).await.ok()?;
        // The first call is refused with the session id that the others must carry.
        if answer.status == reqwest::StatusCode::CONFLICT {
            self.session = answer.header(SESSION).to_owned();
            return None;
        }
        Some(answer.json())
    }
}

fn settings(port: u16, rpc: u16, limit: Option<u32>) -> Value {
    json!({
        "peer-port": port, "bind-address-ipv4": "127.0.0.1", "bind-address-ipv6": "::1",
        "rpc-enabled": true, "rpc-port": rpc, "rpc-bind-address": "127.0.0.1",
        "rpc-whitelist-enabled": false, "rpc-host-whitelist-enabled": false, "rpc-authentication-required": false,
        "dht-enabled": false, "lpd-enabled": false, "pex-enabled": false, "utp-enabled": false,
        "port-forwarding-enabled": false, "ratio-limit-enabled": false, "upload-slots-per-torrent": 14,
        "speed-limit-up-enabled": limit.is_some(), "speed-limit-up": limit.unwrap_or(0) / 1000,
    })
}
