//! The composition root: settings in, a running server out.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::http::listener;

/// A running server.
#[derive(Debug)]
pub struct Server {
    local_addr: SocketAddr,
    stop: CancellationToken,
    serving: JoinSet<()>,
}

impl Server {
    /// Binds and starts serving.
    pub async fn bind(config: Config) -> anyhow::Result<Self> {
        tokio::fs::create_dir_all(&config.server.data_dir).await?;
        let socket = listener::bind(config.server.listen)?;
        let local_addr = socket.local_addr()?;
        let stop = CancellationToken::new();
        let router = Router::new().route("/health", get(async || "ok"));
        let grace = config.server.shutdown_grace;
        let mut serving = JoinSet::new();
        serving.spawn(listener::serve(socket, router, stop.clone(), grace));
        Ok(Self { local_addr, stop, serving })
    }

    /// The address it listens on, with the port that the system chose for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Stops accepting, lets running bodies finish within the grace period, then ends.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.serving.join_all().await;
    }
}
