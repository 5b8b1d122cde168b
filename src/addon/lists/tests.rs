use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::row::binge_group;
use super::*;
use crate::addon::offers::samples;
use crate::cache::{CacheLimits, Layout};
use crate::changes::Changes;
use crate::db::Database;
use crate::discovery::titles::Titles;
use crate::discovery::{BuiltIn, DiscoverySettings, Found, Indexer, IndexerError, OpenMovies, Probe};
use crate::domain::{ContentKey, FileChoice, FileIndex, InfoHash};
use crate::net::{Clients, Guard};
use crate::profile::{IndexerSettings, Profile, ServiceAccount};
use crate::release::{Codec, Hdr, Language, Medium, Release, Resolution};
use crate::seal::Sealer;
use crate::source::debrid::DebridSettings;
use crate::source::lookup::Lookup;

/// An indexer of this server, which finds what a test has put there.
#[derive(Default)]
struct Shelf {
    found: Mutex<Vec<Found>>,
    changes: Changes,
}

impl Shelf {
    fn put(&self, found: Vec<Found>) {
        *self.found.lock().unwrap() = found;
        self.changes.note();
    }
}

impl Indexer for Shelf {
    fn name(&self) -> &str {
        "Shelf"
    }

    fn budget(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn search<'a>(
        &'a self,
        _query: &'a Query,
        sink: &'a (dyn Fn(Vec<Found>) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), IndexerError>> {
        sink(self.found.lock().unwrap().clone());
        ready(Ok(())).boxed()
    }

    fn changes(&self) -> u64 {
        self.changes.count()
    }

    fn probe(&self) -> BoxFuture<'_, Result<Probe, IndexerError>> {
        ready(Err(IndexerError::Unsupported)).boxed()
    }
}

/// Lists on a server of their own, and what they wanted prewarmed.
struct Stage {
    lists: StreamLists,
    shelf: Arc<Shelf>,
    cache: Cache,
    prewarmed: Arc<Mutex<Vec<InfoHash>>>,
    folder: TempDir,
}

impl Stage {
    async fn new(found: Vec<Found>) -> Self {
        Self::with_policy(found, SourcePolicy::P2pFirst).await
    }

    async fn with_policy(found: Vec<Found>, policy: SourcePolicy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path()).await.unwrap();
        let clients = Clients::new(Guard::PublicOnly).unwrap();
        let lookup = Lookup::new(clients.clone(), &[], db.clone());
        let deadline = Duration::from_secs(2);
        let settings = DiscoverySettings { indexers: Vec::<IndexerSettings>::new(), deadline, policy };
        let built_in = |indexer: Arc<dyn Indexer>| BuiltIn { indexer, settings: None };
        let shelf = Arc::new(Shelf::default());
        shelf.put(found);
        let discovery = Discovery::new(
            settings,
            crate::discovery::Parts {
                db: db.clone(),
                sealer: Sealer::new(b"a key of the test"),
                clients: clients.clone(),
                lookup: lookup.clone(),
                swarm: None,
                titles: Titles::new(None, &clients, db.clone()),
                built_in: vec![built_in(Arc::new(OpenMovies::embedded())), built_in(shelf.clone())],
            },
        );
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(&folder.path().join("cache"), limits).unwrap();
        let services = DebridSettings {
            services: Vec::new(),
            uncached: false,
            wait: Duration::from_secs(1),
            keep: None,
        };
        let debrid = Debrid::new(&services, cache.clone(), db.clone(), lookup.clone()).await.unwrap();
        let prewarmed = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&prewarmed);
        let lists = StreamLists::new(Parts {
            discovery,
            cache: cache.clone(),
            debrid,
            signer: signer(),
            deadline,
            policy,
            has_services: false,
            prewarm: Box::new(move |offered: &Offered, _: &Terms| {
                seen.lock().unwrap().extend(offered.offers.iter().map(|offer| offer.candidate.info_hash));
            }),
        });
        Self { lists, shelf, cache, prewarmed, folder }
    }

    async fn ask(&self, id: &str, base: &str, profile: Option<&ProfileRef>) -> Rendered {
        self.ask_for("movie", id, base, profile).await
    }

    async fn ask_for(&self, kind: &str, id: &str, base: &str, profile: Option<&ProfileRef>) -> Rendered {
        let Ok(id) = id.parse();
        let asked = Asked {
            kind,
            id: &id,
            base: &base.parse().unwrap(),
            profile,
            terms: &Terms::default(),
            hops: &Hops::default(),
            now: now(),
        };
        self.lists.list(&asked).await
    }

    async fn json(&self, id: &str) -> Value {
        read(&self.ask(id, "https://tv.example", None).await)
    }
}

fn signer() -> LinkSigner {
    LinkSigner::new(&[1; 32])
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_763_720_000)
}

fn profile(stamp: u64, profile: Profile) -> ProfileRef {
    ProfileRef { id: "a-profile".to_owned(), profile: Arc::new(profile), stamp }
}

/// A release that its indexer keeps under the id of the video.
fn vouched(number: u8, name: &str) -> Found {
    Found {
        info_hash: Some(InfoHash::new([number; 20])),
        name: name.to_owned(),
        file: Some(FileIndex(0)),
        is_exact: true,
        ..Found::default()
    }
}

fn read(answer: &Rendered) -> Value {
    serde_json::from_slice(&answer.json).unwrap()
}

fn urls(answer: &Rendered) -> Vec<String> {
    let streams = read(answer)["streams"].as_array().unwrap().clone();
    streams.iter().map(|stream| stream["url"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_stream_is_a_signed_link_to_the_file() {
    let stage = Stage::new(Vec::new()).await;
    let answer = stage.json("tt1254207").await;
    let [stream] = answer["streams"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    let url = stream["url"].as_str().unwrap();
    let parts: Vec<&str> = url.strip_prefix("https://tv.example/play/").unwrap().split('/').collect();
    let [token, hash, file, name] = *parts.as_slice() else { panic!("{url}") };
    assert_eq!((file, name), ("1", "Big%20Buck%20Bunny.mp4"));
    assert_eq!(signer().verify(token, hash.parse().unwrap(), FileChoice::Index(FileIndex(1)), now()), Ok(()));
    assert_eq!(stream["behaviorHints"]["filename"], "Big Buck Bunny.mp4");
    assert_eq!(stream["behaviorHints"]["videoSize"], 276_134_947);
    assert_eq!(stream["behaviorHints"]["notWebReady"], false);
    assert!(stream["description"].as_str().unwrap().contains("263 MiB"), "{stream}");
    assert!(stream.get("title").is_none());
}

#[tokio::test]
async fn what_a_browser_cannot_play_says_so() {
    let stage = Stage::new(Vec::new()).await;
    for (id, base, expected) in [
        ("tt1254207", "https://tv.example", false),
        ("tt1254207", "http://tv.example", true),
        ("tt2285752", "https://tv.example", true),
    ] {
        let answer = read(&stage.ask(id, base, None).await);
        assert_eq!(answer["streams"][0]["behaviorHints"]["notWebReady"], expected, "{id} from {base}");
    }
}

#[tokio::test]
async fn unknown_videos_have_an_empty_list_and_are_soon_asked_for_again() {
    let stage = Stage::new(Vec::new()).await;
    for id in ["tt0000001", "tt1254207:1:1", "kitsu:1:1", "🎬"] {
        let empty = json!({ "streams": [], "cacheMaxAge": 60, "staleRevalidate": 60, "staleError": 60 });
        assert_eq!(stage.json(id).await, empty, "{id}");
    }
}

#[tokio::test]
async fn the_same_question_gets_the_kept_answer_and_the_same_links() {
    let stage = Stage::new(vec![vouched(1, "Film 2020 1080p")]).await;
    let first = stage.ask("tt0000001", "https://tv.example", None).await;
    let again = stage.ask("tt0000001", "https://tv.example", None).await;
    assert_eq!(first.json.as_ptr(), again.json.as_ptr(), "nothing new was found");
    let told = stage.prewarmed.lock().unwrap().len();
    let at_hand = stage.ask("tt0000001", "https://tv.example", None).await;
    assert_eq!(first.json.as_ptr(), at_hand.json.as_ptr());
    assert_eq!(stage.prewarmed.lock().unwrap().len(), told, "what was shown this very second was told then");
    let elsewhere = stage.ask("tt0000001", "https://other.example", None).await;
    assert_eq!(urls(&first).len(), 1);
    let moved: Vec<String> =
        urls(&elsewhere).iter().map(|url| url.replace("other.example", "tv.example")).collect();
    assert_eq!(moved, urls(&first));
    assert_eq!(stage.prewarmed.lock().unwrap().len(), told + 1, "another list is shown");
    assert!(stage.prewarmed.lock().unwrap().iter().all(|hash| *hash == InfoHash::new([1; 20])));
}

#[tokio::test]
async fn what_an_indexer_says_anew_is_in_the_very_next_answer() {
    let stage = Stage::new(vec![vouched(1, "Film 2020 1080p")]).await;
    let rows = async || urls(&stage.ask("tt0000001", "https://tv.example", None).await).len();
    assert_eq!((rows().await, rows().await), (1, 1));
    stage.shelf.put(vec![vouched(1, "Film 2020 1080p"), vouched(2, "Film 2020 720p")]);
    assert_eq!(rows().await, 2);
    stage.shelf.put(Vec::new());
    assert_eq!(rows().await, 0);
}

#[tokio::test]
async fn what_has_come_to_be_here_is_in_the_very_next_answer_and_what_has_gone_is_not() {
    let stage = Stage::new(vec![vouched(1, "Film 2020 1080p"), vouched(2, "Film 2020 720p")]).await;
    let marked = async || {
        let answer = stage.json("tt0000001").await;
        let rows = answer["streams"].as_array().unwrap().clone();
        let marks = rows
            .iter()
            .map(|row| row["description"].as_str().unwrap().lines().last().unwrap_or("").to_owned());
        marks.collect::<Vec<_>>()
    };
    let before = marked().await;
    assert!(!before.concat().contains("this server"), "{before:?}");
    let layout = Layout { length: 20, lead: 0, piece_length: 10, first_piece: 0, span: 20, hashes: None };
    let key = ContentKey { info_hash: InfoHash::new([2; 20]), file: FileIndex(0) };
    let file = stage.cache.content(key, &layout, "Film.mkv").unwrap();
    assert_eq!(marked().await, before, "there is a file, and nothing in it");
    file.vouch(1, &[7; 10]).unwrap();
    assert!(marked().await.concat().contains("Partly on this server"));
    file.vouch(0, &[7; 10]).unwrap();
    let complete = marked().await;
    assert!(complete[0].contains("⚡ On this server"), "it comes first now: {complete:?}");
    drop(file);
    stage.cache.clean(true);
    assert_eq!(marked().await, before);
    std::fs::write(stage.folder.path().join(format!("cache/{}.mkv", key.info_hash)), "drop-in").unwrap();
    stage.cache.tend();
    assert_eq!(marked().await, complete);
}

#[tokio::test]
async fn what_is_being_watched_comes_first_in_the_very_next_answer() {
    let names = ["Show S01E02 1080p WEB-DL-ONE", "Show S01E02 1080p WEB-DL-TWO"];
    let stage = Stage::new(vec![vouched(1, names[0]), vouched(2, names[1])]).await;
    let first =
        async || urls(&stage.ask_for("series", "tt0000001:1:2", "https://tv.example", None).await)[0].clone();
    let before = first().await;
    let other = if before.contains(&InfoHash::new([1; 20]).to_string()) { 2 } else { 1 };
    stage.lists.note_play(InfoHash::new([other; 20]));
    assert!(first().await.contains(&InfoHash::new([other; 20]).to_string()));
}

#[tokio::test]
async fn a_changed_profile_changes_the_list_at_once() {
    let stage = Stage::new(vec![vouched(1, "Film 2020 1080p"), vouched(2, "Film 2020 CAM")]).await;
    let mut settings = Profile::default();
    let all = stage.ask("tt0000001", "https://tv.example", Some(&profile(1, settings.clone()))).await;
    assert_eq!(urls(&all).len(), 2);
    settings.listing.filters.must_not_match = Some("cam".to_owned());
    let fewer = stage.ask("tt0000001", "https://tv.example", Some(&profile(2, settings))).await;
    assert_eq!(urls(&fewer).len(), 1);
    assert_eq!(fewer.cache, OF_PROFILE);
}

#[tokio::test]
async fn links_name_the_profile_only_where_it_changes_how_a_content_is_fetched() {
    let stage = Stage::new(vec![vouched(1, "Film 2020 1080p")]).await;
    let plain = stage.ask("tt0000001", "https://tv.example", Some(&profile(1, Profile::default()))).await;
    assert!(urls(&plain)[0].starts_with("https://tv.example/play/"), "{:?}", urls(&plain));
    let account = ServiceAccount {
        service: crate::domain::DebridService::TorBox,
        token: "never to be seen".to_owned().into(),
    };
    let own = Profile { services: vec![account], ..Profile::default() };
    let own = stage.ask("tt0000001", "https://tv.example", Some(&profile(2, own))).await;
    assert!(urls(&own)[0].starts_with("https://tv.example/a-profile/play/"), "{:?}", urls(&own));
    assert!(!String::from_utf8_lossy(&own.json).contains("never"));
}

#[tokio::test]
async fn an_id_in_place_of_a_known_name_is_enough_for_a_film() {
    let kept = |number, imdb: &str| Found {
        imdb: Some(imdb.to_owned()),
        is_exact: false,
        ..vouched(number, "Ganz Anders 2020 1080p")
    };
    let unknown = Found { imdb: None, ..kept(3, "") };
    let stage = Stage::new(vec![kept(1, "tt0000001"), kept(2, "tt0000002"), unknown]).await;
    let listed = urls(&stage.ask("tt0000001", "https://tv.example", None).await);
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(listed[0].contains(&InfoHash::new([1; 20]).to_string()), "{listed:?}");
}

#[tokio::test]
async fn without_peers_and_services_only_what_lies_on_servers_is_listed() {
    let stage = Stage::with_policy(vec![vouched(1, "Film 2020 1080p")], SourcePolicy::NeverP2p).await;
    assert!(urls(&stage.ask("tt0000001", "https://tv.example", None).await).is_empty());
    // The open movies have a web seed.
    assert_eq!(urls(&stage.ask("tt1254207", "https://tv.example", None).await).len(), 1);
}

#[tokio::test]
async fn a_pack_whose_files_nobody_tells_is_left_out_and_asked_for_again_soon() {
    let pack = Found { name: "Show S02 1080p".to_owned(), file: None, ..vouched(1, "") };
    let stage = Stage::new(vec![pack]).await;
    let Ok(id) = "tt0000001:2:3".parse();
    let base = "https://tv.example".parse().unwrap();
    let asked = Asked {
        kind: "series",
        id: &id,
        base: &base,
        profile: None,
        terms: &Terms::default(),
        hops: &Hops::default(),
        now: now(),
    };
    let first = stage.lists.offers(&asked).await;
    assert!(first.offers.is_empty());
    let later = stage.lists.offers(&asked).await;
    assert!(later.offers.is_empty() && later.is_complete, "nobody waits twice for what nobody knows");
}

#[test]
fn lists_are_kept_by_clients_for_as_long_as_they_are_likely_to_be_true() {
    let query = samples::query("Film", 2020, None);
    let offered = |count: u8, is_complete| Offered {
        query: query.clone(),
        offers: (0..count).map(|number| samples::offer(number, "Film", Release::default())).collect(),
        unseen: Vec::new(),
        is_complete,
    };
    assert_eq!(cache_hint(&offered(1, true), false).max_age, 3600);
    assert_eq!(cache_hint(&offered(1, true), true).max_age, 300);
    assert_eq!(cache_hint(&offered(1, false), false), UNFINISHED);
    assert_eq!(cache_hint(&offered(0, true), false).max_age, 60);
    assert_eq!(cache_hint(&offered(0, false), true), NOTHING_YET);
    assert!((10..=30).contains(&UNFINISHED.max_age) && UNFINISHED.stale_revalidate == 0);
}

#[test]
fn episodes_of_one_kind_share_a_binge_group_whatever_torrent_they_are_in() {
    let release = Release {
        resolution: Some(Resolution::P1080),
        medium: Some(Medium::WebDl),
        codec: Some(Codec::Hevc),
        hdr: vec![Hdr::Hdr10, Hdr::DolbyVision],
        languages: vec![Language::of("it").unwrap(), Language::of("en").unwrap()],
        ..Release::default()
    };
    let group = |number, name, release: &Release| binge_group(&samples::offer(number, name, release.clone()));
    assert_eq!(group(1, "Show S01E01", &release), "headwater|1080p|web-dl|hevc|hdr+dv|en+it");
    assert_eq!(group(1, "Show S01E01", &release), group(2, "Show S01E02", &release));
    let dubbed = Release { languages: vec![Language::of("it").unwrap()], ..release.clone() };
    assert_ne!(group(1, "Show S01E01", &dubbed), group(1, "Show S01E01", &release));
    assert_eq!(group(1, "Show", &Release::default()), "headwater|-|-|-|-|-");
}
