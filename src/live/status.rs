//! What the proxy tells of itself as a whole.

use serde::Serialize;

use super::door::Live;
use super::session::SessionReport;

/// The proxy as the specification shows it.
#[derive(Debug, Clone, Serialize)]
pub struct ProxyStatus {
    /// Whether it takes viewers.
    pub running: bool,
    /// Sessions that are on, and those that ended a short while ago.
    pub total_sessions: usize,
    /// Sessions that are on.
    pub active_sessions: usize,
    /// Viewers of all sessions together.
    pub total_clients: usize,
    /// All of them, oldest first.
    pub sessions: Vec<SessionReport>,
}

impl Live {
    /// How the proxy is doing.
    pub fn status(&self) -> ProxyStatus {
        let mut sessions = self.ended();
        sessions.extend(self.sessions().iter().map(|session| session.report()));
        ProxyStatus {
            running: self.is_running(),
            total_sessions: sessions.len(),
            active_sessions: sessions.iter().filter(|session| session.is_active).count(),
            total_clients: sessions.iter().map(|session| session.client_count).sum(),
            sessions,
        }
    }
}
