//! Logs: where they go and which are kept.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::LogConfig;

/// Starts logging to standard error, so that standard output keeps the links. The first call wins; a later
/// one changes nothing, because a process has one log.
pub fn start(config: &LogConfig) {
    // The filter was parsed when the settings were read, so the lossy form loses nothing here.
    let filter = EnvFilter::builder().parse_lossy(&config.filter);
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .finish();
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        tracing::debug!("logging was already started");
    }
}
