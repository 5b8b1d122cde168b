//! The indexers around the server, and the list that is asked for.

use std::time::Duration;

use serde_json::Value;

use crate::support::indexers::cinemeta::Cinemeta;
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Listed, Tracker, Trouble, Upstream};
use crate::support::server::{Headwater, Setup};

/// The film that everybody asks for.
const FILM: &str = "tt9000001";
/// Indexers, and how many of them hang in the cold rounds.
pub(crate) const INDEXERS: u32 = 10;
pub(crate) const HANGING: u32 = 2;
/// Releases that each indexer has, half of which others have too.
pub(crate) const RELEASES: u32 = 40;
/// How long an answer waits for indexers.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// The indexers, and the catalogue of titles.
pub(crate) struct Around {
    jackett: Upstream<Jackett>,
    titles: Upstream<Cinemeta>,
}

impl Around {
    /// Starts them all.
    pub(crate) fn start() -> Self {
        let listed = |site: u32| {
            (0..RELEASES).map(move |number| {
                // Every second one is the same at all of them.
                let number = if number % 2 == 0 { number } else { site * 1_000 + number };
                let quality =
                    ["2160p.WEB-DL.DDP5.1.HDR.H.265", "1080p.BluRay.x264", "720p.WEB.x264", "DVDRip.XviD"]
                        [number as usize % 4];
                let hash = format!("{:08x}", 0xabc0_0000 | number).repeat(5);
                Listed::new(&format!("Harbour.Lights.2019.{quality}-GROUP{number}"), &hash)
                    .imdb(FILM)
                    .seeders(number % 97)
                    .size(700_000_000 + u64::from(number) * 1_000_000)
            })
        };
        let site = |number: u32| {
            Tracker::new(&format!("site{number}"), &format!("Site {number}"), Caps::IDS).with(listed(number))
        };
        let jackett = Upstream::start(Jackett::new("KEY", (0..INDEXERS).map(site)));
        Self { jackett, titles: Upstream::start(Cinemeta::new().movie(FILM, "Harbour Lights", 2019)) }
    }

    /// Lets some of the indexers hang, or none.
    pub(crate) fn hang(&self, hang: bool) {
        self.jackett.heal("");
        for number in 0..if hang { HANGING } else { 0 } {
            self.jackett.trouble(&Jackett::below(&format!("site{number}")), Trouble::Hang);
        }
    }

    /// A server that has never asked anybody. Every site is an indexer of its own.
    pub(crate) fn setup(&self) -> Setup {
        let address = |number: u32| {
            self.jackett.url(&format!("/api/v2.0/indexers/site{number}/results/torznab/api?apikey=KEY"))
        };
        let addresses: Vec<String> = (0..INDEXERS).map(address).collect();
        Setup::new()
            .env("HEADWATER_LOG", "warn")
            .env("HEADWATER_TITLES_URL", self.titles.base())
            .env("HEADWATER_TORZNAB_URLS", &addresses.join(","))
            .env("HEADWATER_SEARCH_DEADLINE", &format!("{}ms", DEADLINE.as_millis()))
            .env("HEADWATER_PREWARM", "0")
    }
}

/// The path of the list.
pub(crate) fn list() -> String {
    format!("/stream/movie/{FILM}.json")
}

/// Asks for the list and returns how many rows it has.
pub(crate) async fn ask(client: &reqwest::Client, server: &Headwater) -> usize {
    let answer = client.get(server.url(&list())).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    body["streams"].as_array().unwrap().len()
}
