//! What the tests of this folder have in common: two titles, releases of them, and a list of streams read back.

use std::path::Path;
use std::time::{Duration, Instant};

use headwater::access::{Access, AccessSettings};
use headwater::db::Database;
use headwater::profile::Profile;
use headwater::seal::Sealer;
use serde_json::Value;

use crate::support::indexers::cinemeta::Cinemeta;
use crate::support::indexers::{Listed, Upstream};
use crate::support::server::{Headwater, Setup};

/// What the profiles of these tests are sealed with.
const KEY: &str = "a key of these tests";

/// A film: *Harbour Lights*, 2019.
pub(super) const FILM: &str = "tt9000001";
/// A series: *Lantern Street*, 2015–2017, with three episodes in each of its three seasons.
pub(super) const SHOW: &str = "tt9000002";

/// A catalogue that knows both.
pub(super) fn titles() -> Upstream<Cinemeta> {
    let titles = Cinemeta::new().movie(FILM, "Harbour Lights", 2019);
    Upstream::start(titles.series(SHOW, "Lantern Street", "2015–2017", &[3, 3, 3]))
}

/// A server that asks this catalogue for titles, and prepares nothing ahead of a click.
pub(super) fn setup(titles: &Upstream<Cinemeta>) -> Setup {
    Setup::new()
        .env("HEADWATER_TITLES_URL", titles.base())
        .env("HEADWATER_SEARCH_DEADLINE", "10s")
        .env("HEADWATER_PREWARM", "0")
}

/// An info-hash that no torrent has.
pub(super) fn hash(number: u32) -> String {
    format!("{:08x}", 0xabc0_0000 | number).repeat(5)
}

/// A release of the film.
pub(super) fn film(number: u32, quality: &str) -> Listed {
    Listed::new(&format!("Harbour.Lights.2019.{quality}"), &hash(number)).imdb(FILM)
}

/// A release of one episode.
pub(super) fn episode(number: u32, season: u32, episode: u32, quality: &str) -> Listed {
    let title = format!("Lantern.Street.S{season:02}E{episode:02}.{quality}");
    Listed::new(&title, &hash(number)).imdb(SHOW).season(season, &[episode])
}

/// One row of a list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// What the content is known by.
    pub(super) hash: String,
    /// The file, as the link names it.
    pub(super) file: String,
    /// Both columns together.
    pub(super) text: String,
    /// The link.
    pub(super) url: String,
    /// All of it.
    pub(super) value: Value,
}

/// A list and how long it took.
#[derive(Debug)]
pub(super) struct List {
    pub(super) rows: Vec<Row>,
    pub(super) took: Duration,
}

impl List {
    /// The hashes, in the order of the list.
    pub(super) fn hashes(&self) -> Vec<&str> {
        self.rows.iter().map(|row| row.hash.as_str()).collect()
    }

    /// The row of a release.
    ///
    /// # Panics
    /// If there is none.
    pub(super) fn row(&self, hash: &str) -> &Row {
        let row = self.rows.iter().find(|row| row.hash == hash);
        row.unwrap_or_else(|| panic!("no row of {hash}: {:#?}", self.rows))
    }

    /// The hashes, sorted, for lists whose order is not the question.
    pub(super) fn sorted(&self) -> Vec<String> {
        let mut hashes: Vec<String> = self.rows.iter().map(|row| row.hash.clone()).collect();
        hashes.sort();
        hashes
    }
}

/// The hashes of these numbers, sorted.
pub(super) fn hashes(numbers: &[u32]) -> Vec<String> {
    let mut hashes: Vec<String> = numbers.iter().map(|number| hash(*number)).collect();
    hashes.sort();
    hashes
}

/// Asks for the streams of a film or of an episode (`tt…:1:2`).
///
/// # Panics
/// If the answer is anything but 200 with a list of streams that all play here.
pub(super) async fn list(server: &Headwater, id: &str) -> List {
    list_at(server, "", id).await
}

/// The same below a prefix such as `/profile`.
pub(super) async fn list_at(server: &Headwater, prefix: &str, id: &str) -> List {
    let kind = if id.contains(':') { "series" } else { "movie" };
    list_as(server, prefix, (kind, id)).await
}

/// The same as a client that has this type for it.
pub(super) async fn list_as(server: &Headwater, prefix: &str, (kind, id): (&str, &str)) -> List {
    let began = Instant::now();
    let answer = server.get(&format!("{prefix}/stream/{kind}/{id}.json")).await;
    let took = began.elapsed();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    let streams = body["streams"].as_array().unwrap_or_else(|| panic!("no list: {body}"));
    List { rows: streams.iter().map(|stream| row(server, stream)).collect(), took }
}

fn row(server: &Headwater, stream: &Value) -> Row {
    let url = stream["url"].as_str().unwrap_or_else(|| panic!("no url: {stream}"));
    let path = url.strip_prefix(server.base()).unwrap_or_else(|| panic!("another server's: {stream}"));
    let parts: Vec<&str> = path.split('/').collect();
    let play = parts.iter().position(|part| *part == "play").unwrap_or_else(|| panic!("no play link: {url}"));
    let text = |key: &str| stream[key].as_str().unwrap_or_default();
    Row {
        hash: parts[play + 2].to_owned(),
        file: parts[play + 3].to_owned(),
        text: format!("{}\n{}", text("name"), text("description")),
        url: url.to_owned(),
        value: stream.clone(),
    }
}

/// Asks again until a list is as `wanted`, and returns it.
///
/// # Panics
/// If that does not come to pass within 20 seconds.
pub(super) async fn until(server: &Headwater, id: &str, wanted: impl Fn(&List) -> bool) -> List {
    until_within(server, id, Duration::from_secs(20), wanted).await
}

/// The same for what takes longer.
///
/// # Panics
/// If it takes longer than `patience`.
pub(super) async fn until_within(
    server: &Headwater,
    id: &str,
    patience: Duration,
    wanted: impl Fn(&List) -> bool,
) -> List {
    let deadline = Instant::now() + patience;
    loop {
        let list = list(server, id).await;
        if wanted(&list) {
            return list;
        }
        assert!(Instant::now() < deadline, "still {:#?}\n{}", list.rows, server.transcript());
        tokio::time::sleep(patience / 400).await;
    }
}

/// Starts a server that has these profiles, and returns what their installs have before every path.
pub(super) async fn start_with(setup: Setup, profiles: Vec<Profile>) -> (Headwater, Vec<String>) {
    let prefixes = keep(&setup.data(), profiles).await;
    (setup.env("HEADWATER_SOURCE_SECURITY_KEY", KEY).start(), prefixes)
}

/// Puts profiles into a data folder. The folder is free for a server when this has returned.
async fn keep(data: &Path, profiles: Vec<Profile>) -> Vec<String> {
    std::fs::create_dir_all(data).unwrap();
    let db = Database::open(data).await.unwrap();
    let settings = AccessSettings { password: None, chosen_key: true };
    let access = Access::new(db.clone(), Sealer::new(KEY.as_bytes()), settings);
    let mut prefixes = Vec::new();
    for profile in profiles {
        prefixes.push(format!("/{}", access.create(profile).await.unwrap()));
    }
    db.close().await;
    prefixes
}
