//! The room in the test's own process, with less patience than people have, and viewers.

use std::time::{Duration, Instant};

use bytes::Bytes;
use headwater::config::LiveConfig;
use headwater::live::engines::{Pool, PoolSettings};
use headwater::live::hls::{Shelves, ShelvesSettings};
use headwater::live::{
    LadderLimits, Live, LiveError, LiveSettings, Means, Patience, Selector, ViewerFacts, Watching,
};
use headwater::net::{Clients, Guard};

use super::packets::Look;
use crate::support::engine::Engine;

/// How long a test waits for bytes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Ticks of a picture: all films have 25 pictures a second.
pub(crate) const PICTURE: u64 = 3_600;

/// Waits until something is so; `what` is for the message.
///
/// # Panics
/// If it does not come to pass `within` that time.
pub(crate) async fn until(what: &str, within: Duration, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + within;
    while !is_so() {
        assert!(Instant::now() < deadline, "not so: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Settings under which everything happens within seconds.
pub(crate) fn hasty() -> LiveSettings {
    let ladder = LadderLimits {
        outage: Duration::from_secs(4),
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_millis(400),
        ..LadderLimits::default()
    };
    let patience = Patience {
        first_bytes: Duration::from_secs(3),
        silence: Duration::from_millis(1_500),
        useless: Duration::from_secs(4),
        ladder,
        ..Patience::default()
    };
    LiveSettings {
        empty_stream_timeout: Duration::from_secs(8),
        stream_idle_timeout: Duration::from_secs(30),
        session_cleanup_interval: Duration::from_millis(100),
        client_heartbeat_interval: Duration::from_millis(100),
        patience,
        ..LiveSettings::from(&LiveConfig::default())
    }
}

/// A room with these engines.
pub(crate) fn room(engines: &[&Engine], settings: LiveSettings) -> Live {
    room_with(engines, 10, settings)
}

/// A room whose engines take `most` channels each.
pub(crate) fn room_with(engines: &[&Engine], most: u32, settings: LiveSettings) -> Live {
    let pool = PoolSettings {
        engines: engines.iter().map(|engine| engine.settings()).collect(),
        max_streams: most,
        cache_ttl: Duration::from_secs(2),
        selection_timeout: Duration::from_secs(5),
    };
    let clients = Clients::new(Guard::Open).unwrap();
    // Without a window nothing is recorded unless HLS is asked for.
    let recordings = ShelvesSettings {
        folder: std::env::temp_dir().join("headwater-without-recordings"),
        window: Duration::ZERO,
        most_bytes: 0,
        ffmpeg: None,
    };
    let shelves = Shelves::open(recordings).unwrap();
    Live::new(settings, Pool::new(pool, clients.own_step().clone()), shelves)
}

/// Somebody.
pub(crate) fn somebody() -> ViewerFacts {
    ViewerFacts { address: None, user_agent: "test".to_owned(), means: Means::Ts }
}

/// Somebody who watches, and what came so far.
pub(crate) struct Viewer {
    watching: Watching,
    pub(crate) bytes: Vec<u8>,
    /// The longest time between two pieces.
    pub(crate) longest: Duration,
}

impl Viewer {
    /// Begins to watch.
    ///
    /// # Errors
    /// As the room has them.
    pub(crate) async fn of(live: &Live, selector: Selector) -> Result<Self, LiveError> {
        let watching = live.watch(&selector, somebody()).await?;
        Ok(Self { watching, bytes: Vec::new(), longest: Duration::ZERO })
    }

    /// The next piece.
    ///
    /// # Panics
    /// If none comes for long.
    pub(crate) async fn piece(&mut self) -> Option<Bytes> {
        let began = Instant::now();
        let piece = tokio::time::timeout(PATIENCE, self.watching.next()).await.expect("bytes or the end");
        self.longest = self.longest.max(began.elapsed());
        self.bytes.extend_from_slice(piece.as_deref().unwrap_or_default());
        piece
    }

    /// Watches until so many pictures have been seen since now.
    ///
    /// # Panics
    /// If the session ends before, or they do not come.
    pub(crate) async fn pictures(&mut self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        let from = self.bytes.len();
        while Look::at(&self.bytes[from..]).pictures.len() < count {
            assert!(Instant::now() < deadline, "{:?}", self.watching.session().report());
            let piece = self.piece().await;
            assert!(piece.is_some(), "it ended: {:?}", self.watching.ended());
        }
    }

    /// Watches for a time, or to the end; returns whether it goes on.
    pub(crate) async fn for_time(&mut self, time: Duration) -> bool {
        let deadline = tokio::time::Instant::now() + time;
        while let Ok(piece) = tokio::time::timeout_at(deadline, self.watching.next()).await {
            let Some(piece) = piece else { return false };
            self.bytes.extend_from_slice(&piece);
        }
        true
    }

    /// Watches to the end.
    ///
    /// # Panics
    /// If it does not come within `PATIENCE`.
    pub(crate) async fn until_the_end(&mut self) {
        assert!(!self.for_time(PATIENCE).await, "it did not end");
    }

    /// The place.
    pub(crate) fn watching(&self) -> &Watching {
        &self.watching
    }

    /// What the bytes are like.
    pub(crate) fn look(&self) -> Look {
        Look::at(&self.bytes)
    }
}
