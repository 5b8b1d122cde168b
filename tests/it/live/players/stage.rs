//! A server with engines, and one channel that all of them have.

use std::path::Path;
use std::time::{Duration, Instant};

use super::programs::PACKET;
use crate::support::engine::{Broadcast, Channel, Engine, Film, Manner};
use crate::support::server::{Headwater, Setup};

/// How long a recording or a pause takes in seconds unless somebody wants more.
const SHORT: u64 = 12;

/// What the channel is called; its ids follow from that.
pub(super) const NAME: &str = "Open Garden";

/// The server goes first when this is dropped: the engines see its stops.
pub(super) struct Stage {
    pub(super) server: Headwater,
    pub(super) engines: Vec<Engine>,
    film: Film,
    channel: Channel,
}

impl Stage {
    /// A channel that shows `film` and is the only one of the operator's list, and so many engines that have it.
    pub(super) fn start(film: Film, engines: usize) -> Self {
        Self::on_air(film, &Broadcast::of(film), &vec![Manner::default(); engines], Setup::new())
    }

    /// A broadcast that shows `film`, engines of these habits, and a server that knows them.
    pub(super) fn on_air(film: Film, broadcast: &Broadcast, manners: &[Manner], setup: Setup) -> Self {
        let channel = Channel::new(NAME, broadcast);
        let start = |manner: &Manner| Engine::with(manner.clone(), std::slice::from_ref(&channel));
        let engines: Vec<Engine> = manners.iter().map(start).collect();
        let settings: Vec<String> = engines.iter().map(|engine| engine.settings().to_string()).collect();
        let list = setup.home().join("channels.m3u");
        let entry = format!("#EXTM3U\n#EXTINF:-1,{NAME}\nacestream://{}\n", channel.content_id);
        std::fs::write(&list, entry).expect("the home is writable");
        let setup = setup.env("HEADWATER_CHANNELS", &list.display().to_string());
        let server = setup.env("HEADWATER_ENGINES", &settings.join(",")).start();
        Self { server, engines, film, channel }
    }

    /// The channel that all engines have.
    pub(super) fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Where the transport stream is.
    pub(super) fn stream(&self) -> String {
        self.server.url(&format!("/ace/getstream?id={}", self.channel.content_id))
    }

    /// Where the playlist is.
    pub(super) fn playlist(&self) -> String {
        self.server.url(&format!("/ace/manifest.m3u8?id={}", self.channel.content_id))
    }

    /// The engine that delivers the channel now.
    ///
    /// # Panics
    /// If none does.
    pub(super) fn engine_at_work(&self) -> &Engine {
        let at_work = self.engines.iter().find(|engine| engine.readers() > 0);
        at_work.unwrap_or_else(|| panic!("no engine is read\n{}", self.server.transcript()))
    }

    /// Kills the engine that delivers the channel now.
    ///
    /// # Panics
    /// If none does.
    pub(super) fn kill_the_one_at_work(&self) {
        self.engine_at_work().kill();
    }

    /// Records the transport stream into a file until it holds `seconds` of it; `meanwhile` is called after a third.
    ///
    /// # Panics
    /// If it ends early, or takes half a minute longer than it should.
    pub(super) async fn record(&self, seconds: u64, path: &Path, meanwhile: impl FnOnce(&Self)) {
        let wanted = usize::try_from(self.film.bits_per_second() * seconds / 8).expect("it is short");
        let deadline = Instant::now() + Duration::from_secs(seconds + 30);
        let response = self.server.open_for(&self.stream(), Duration::from_secs(seconds + 60)).await;
        assert_eq!(response.status(), 200, "{}", self.server.transcript());
        let (mut response, mut bytes, mut meanwhile) = (response, Vec::new(), Some(meanwhile));
        while bytes.len() < wanted {
            let part = response.chunk().await;
            let part = part.unwrap_or_else(|error| panic!("{error}\n{}", self.server.transcript()));
            let part = part.unwrap_or_else(|| panic!("it ended\n{}", self.server.transcript()));
            bytes.extend_from_slice(&part);
            let got = bytes.len();
            assert!(Instant::now() < deadline, "{got} of {wanted} bytes\n{}", self.server.transcript());
            if bytes.len() > wanted / 3
                && let Some(meanwhile) = meanwhile.take()
            {
                meanwhile(self);
            }
        }
        bytes.truncate(bytes.len() / PACKET * PACKET);
        std::fs::write(path, bytes).expect("the temporary folder is writable");
    }
}

/// How long recordings and pauses take.
#[expect(clippy::disallowed_methods, reason = "the length of a test is a matter of the one who runs it")]
pub(in crate::live) fn seconds() -> u64 {
    std::env::var("HEADWATER_LIVE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SHORT)
}
