//! The pool of engines against engines: which one is chosen, what becomes of a session, and who is told to stop.

mod choosing;
mod ending;
mod reading;
mod starting;

use std::time::Duration;

use headwater::config::EngineSettings;
use headwater::live::Selector;
use headwater::live::engines::{
    Claim, EngineReport, EngineSession, NoEngine, Pool, PoolSettings, ReadError, Reading, StartError, Wanted,
};
use headwater::net::{Clients, Guard};
use tokio::time::timeout;

use crate::support::engine::{Broadcast, Channel, Engine, Film};

/// How long a test waits for what should come at once on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a packet.
const PACKET: usize = 188;

/// A pool with test engines behind it.
struct Rig {
    pool: Pool,
}

impl Rig {
    fn with(engines: Vec<EngineSettings>, change: impl FnOnce(&mut PoolSettings)) -> Self {
        let mut settings = PoolSettings {
            engines,
            max_streams: 10,
            cache_ttl: Duration::from_secs(2),
            selection_timeout: Duration::from_secs(5),
        };
        change(&mut settings);
        let clients = Clients::new(Guard::Open).unwrap();
        Self { pool: Pool::new(settings, clients.own_step().clone()) }
    }

    fn of(engines: &[&Engine]) -> Self {
        Self::with(engines.iter().map(|engine| engine.settings()).collect(), |_| {})
    }

    async fn claim(&self) -> Result<Claim, NoEngine> {
        timeout(PATIENCE, self.pool.claim(&Wanted { channel: None, avoid: &[] })).await.unwrap()
    }

    async fn start(&self, selector: &Selector) -> Result<EngineSession, StartError> {
        let wanted = Wanted { channel: Some(selector.id()), avoid: &[] };
        let claim = timeout(PATIENCE, self.pool.claim(&wanted)).await.unwrap().unwrap();
        claim.start(selector, PATIENCE).await
    }

    /// A session whose video has begun to come.
    async fn watch(&self, selector: &Selector) -> (EngineSession, Reading) {
        let mut session = self.start(selector).await.unwrap();
        let mut reading = session.open().await.unwrap();
        let first = timeout(PATIENCE, reading.next()).await.unwrap().unwrap().unwrap();
        assert!(!first.is_empty());
        session.first_byte();
        (session, reading)
    }

    /// What is said of the only engine, or the first one, once it is as expected.
    async fn report(&self, expected: impl Fn(&EngineReport) -> bool) -> EngineReport {
        self.reported(false, expected).await
    }

    /// The same where somebody wants an engine again and again: only then is it asked how it is before its time.
    async fn asked_until(&self, expected: impl Fn(&EngineReport) -> bool) -> EngineReport {
        self.reported(true, expected).await
    }

    async fn reported(&self, claims: bool, expected: impl Fn(&EngineReport) -> bool) -> EngineReport {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            if claims {
                drop(self.claim().await);
            }
            let report = self.pool.list().remove(0);
            if expected(&report) {
                return report;
            }
            assert!(tokio::time::Instant::now() < deadline, "{report:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn garden() -> Channel {
    Channel::new("Open Garden", &Broadcast::of(Film::H264Mp2))
}

/// Channels of one broadcast.
fn channels(count: usize) -> Vec<Channel> {
    let broadcast = Broadcast::of(Film::H264Mp2);
    (0..count).map(|number| Channel::new(&format!("Garden {number}"), &broadcast)).collect()
}

/// How a reading ends: cleanly, or by an error.
async fn end(reading: &mut Reading) -> Result<(), ReadError> {
    let ended = async {
        while reading.next().await?.is_some() {}
        Ok(())
    };
    timeout(PATIENCE, ended).await.unwrap()
}

/// At least so many bytes.
async fn take(reading: &mut Reading, bytes: usize) -> Vec<u8> {
    let mut got = Vec::new();
    while got.len() < bytes {
        got.extend_from_slice(&timeout(PATIENCE, reading.next()).await.unwrap().unwrap().unwrap());
    }
    got
}
