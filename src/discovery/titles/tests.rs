use serde_json::json;

use crate::db::StoredTitle;
use crate::discovery::fake::{Fake, Reply};
use crate::domain::TitleKind;
use crate::net::Guard;

use super::*;

const SHOW: &str = "/meta/series/tt7.json";

struct Rig {
    titles: Titles,
    db: Database,
    _folder: tempfile::TempDir,
}

async fn rig(base: Option<Url>, addons: &[Url]) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path()).await.unwrap();
    let clients = Clients::new(Guard::PublicOnly).unwrap();
    let titles = Titles::with_addons(base.as_ref(), addons, &clients, db.clone());
    Rig { titles, db, _folder: folder }
}

impl Rig {
    async fn ask(&self, kind: &str, id: &str) -> Query {
        let Ok(id) = id.parse();
        self.titles.query(kind, &id).await
    }
}

fn show(episodes: u32) -> Reply {
    let videos: Vec<_> = (1..=episodes)
        .map(|number| json!({ "season": 1 + (number - 1) / 12, "episode": 1 + (number - 1) % 12 }))
        .collect();
    let meta = json!({ "name": "The Show", "type": "series", "releaseInfo": "2019–", "videos": videos });
    Reply::json(&json!({ "meta": meta }).to_string())
}

fn film(name: &str) -> Reply {
    Reply::json(&json!({ "meta": { "name": name, "type": "movie", "year": "2011" } }).to_string())
}

#[tokio::test]
async fn a_film_and_an_episode_have_their_titles() {
    let fake = Fake::start([(SHOW, show(24)), ("/meta/movie/tt1.json", film("A Film"))]).await;
    let rig = rig(Some(fake.url("")), &[]).await;
    let film = rig.ask("movie", "tt1").await;
    assert_eq!((film.episode, film.absolute), (None, None));
    let title = film.title.unwrap();
    assert_eq!((title.name.as_str(), title.year, title.kind), ("A Film", Some(2011), TitleKind::Movie));
    let episode = rig.ask("series", "tt7:2:3").await;
    assert_eq!((episode.episode, episode.absolute), (Some((2, 3)), Some(15)));
    assert_eq!(episode.title.unwrap().name, "The Show");
    // Clients with types of their own ask for the same series.
    assert_eq!(rig.ask("anime", "tt7:1:1").await.absolute, Some(1));
    assert_eq!(fake.paths().len(), 2, "{:?}", fake.paths());
}

#[tokio::test]
async fn one_question_serves_everybody_who_asks_at_once() {
    let fake = Fake::start([(SHOW, show(3))]).await;
    let rig = rig(Some(fake.url("/manifest.json")), &[]).await;
    let asked = futures::future::join_all((1..=10).map(|_| rig.ask("series", "tt7:1:2"))).await;
    assert!(asked.iter().all(|query| query.absolute == Some(2)));
    assert_eq!(fake.paths(), [SHOW]);
}

#[tokio::test]
async fn ids_alone_are_left_without_a_catalogue_and_for_unknown_titles() {
    let off = rig(None, &[]).await;
    let query = off.ask("series", "tt7:1:2").await;
    assert_eq!((query.title, query.episode, query.absolute), (None, Some((1, 2)), None));
    let fake = Fake::start([("/meta/movie/tt2.json", Reply::json("{}"))]).await;
    let rig = rig(Some(fake.url("")), &[]).await;
    for _ in 0..2 {
        assert_eq!(rig.ask("movie", "tt2").await.title, None);
        assert_eq!(rig.ask("movie", "tt3").await.title, None);
    }
    // That there is no such title is remembered.
    assert_eq!(fake.paths().len(), 2);
}

#[tokio::test]
async fn a_silent_catalogue_costs_two_seconds_and_then_nothing() {
    let fake = Fake::start([(SHOW, Reply::silence())]).await;
    let rig = rig(Some(fake.url("")), &[]).await;
    let began = Instant::now();
    assert_eq!(rig.ask("series", "tt7:1:1").await.title, None);
    assert!((PATIENCE..PATIENCE * 2).contains(&began.elapsed()), "{:?}", began.elapsed());
    rig.titles.shutdown().await;
    assert_eq!(rig.ask("series", "tt7:1:1").await.title, None);
}

#[tokio::test]
async fn after_failures_in_a_row_nobody_is_kept_waiting() {
    let fake = Fake::start([]).await;
    for number in 0..5 {
        fake.put(&format!("/meta/movie/tt{number}.json"), Reply::status(500));
    }
    let rig = rig(Some(fake.url("")), &[]).await;
    for number in 0..3 {
        assert_eq!(rig.ask("movie", &format!("tt{number}")).await.title, None);
    }
    fake.put("/meta/movie/tt3.json", Reply::silence());
    let began = Instant::now();
    assert_eq!(rig.ask("movie", "tt3").await.title, None);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    // An answer in the background ends that.
    fake.put("/meta/movie/tt9.json", film("Back"));
    assert_eq!(rig.ask("movie", "tt9").await.title, None);
    for _ in 0..500 {
        if rig.ask("movie", "tt9").await.title.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the answer in the background was never kept");
}

async fn store(rig: &Rig, key: &str, age: Duration) {
    let title = rig.ask("series", "tt7:1:1").await.title.unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let body = json!({ "title": *title }).to_string();
    rig.db.remember_title(key, &StoredTitle { body, stored: (now - age).as_secs() }).await.unwrap();
}

#[tokio::test]
async fn what_is_old_serves_at_once_and_whatever_happens() {
    let day = Duration::from_secs(24 * 60 * 60);
    let fake = Fake::start([(SHOW, show(3))]).await;
    let first = rig(Some(fake.url("")), &[]).await;
    store(&first, "series/tt7", 30 * day).await;
    let clients = Clients::new(Guard::PublicOnly).unwrap();
    let restarted = Titles::new(Some(&fake.url("")), &clients, first.db.clone());
    fake.put(SHOW, Reply::silence());
    let Ok(id) = "tt7:1:2".parse();
    let began = Instant::now();
    assert_eq!(restarted.query("series", &id).await.absolute, Some(2));
    assert!(began.elapsed() < PATIENCE);
    restarted.shutdown().await;
}

#[tokio::test]
async fn a_new_episode_is_asked_for_after_hours() {
    let hour = Duration::from_secs(60 * 60);
    let fake = Fake::start([(SHOW, show(3))]).await;
    let first = rig(Some(fake.url("")), &[]).await;
    for (age, expected) in [(hour, None), (12 * hour, Some(4))] {
        fake.put(SHOW, show(3));
        store(&first, "series/tt7", age).await;
        let clients = Clients::new(Guard::PublicOnly).unwrap();
        let restarted = Titles::new(Some(&fake.url("")), &clients, first.db.clone());
        fake.put(SHOW, show(4));
        let Ok(id) = "tt7:1:4".parse();
        assert_eq!(restarted.query("series", &id).await.absolute, expected);
    }
}

#[tokio::test]
async fn an_id_of_another_catalogue_is_translated_by_an_addon() {
    let manifest = r#"{"name":"K","types":["anime"],"idPrefixes":["kitsu:"],"resources":["meta"]}"#;
    let entry = json!({ "meta": {
        "name": "The Show 2nd Season", "type": "series", "imdb_id": "tt7",
        "videos": [{ "id": "kitsu:77:3", "imdbSeason": 2, "imdbEpisode": 3 }]
    }});
    let addon = Fake::start([
        ("/manifest.json", Reply::json(manifest)),
        ("/meta/anime/kitsu%3A77.json", Reply::json(&entry.to_string())),
    ])
    .await;
    let catalogue = Fake::start([(SHOW, show(24))]).await;
    let both = rig(Some(catalogue.url("")), &[addon.url("/manifest.json")]).await;
    // Another type than the addon's own is asked for under the addon's.
    let query = both.ask("series", "kitsu:77:3").await;
    assert_eq!((query.episode, query.absolute, query.imdb()), (Some((2, 3)), Some(15), Some("tt7")));
    let title = query.title.clone().unwrap();
    assert_eq!((title.name.as_str(), title.aliases.len()), ("The Show", 0));
    // Without the catalogue of IMDb the entry's own name has to do.
    let alone = rig(None, &[addon.url("")]).await;
    let query = alone.ask("anime", "kitsu:77:3").await;
    assert_eq!((query.episode, query.absolute, query.imdb()), (Some((2, 3)), None, Some("tt7")));
    assert_eq!(query.title.unwrap().name, "The Show 2nd Season");
    // An episode that nobody translates is counted as the entry counts.
    let query = alone.ask("anime", "kitsu:77:9").await;
    assert_eq!((query.episode, query.absolute), (None, Some(9)));
    // What an unknown entry counts from, nobody can tell.
    let query = alone.ask("anime", "kitsu:78:9").await;
    assert_eq!((query.title, query.episode, query.absolute), (None, None, None));
    assert_eq!(alone.ask("series", "tmdb:5:1:2").await.episode, Some((1, 2)));
}

#[tokio::test]
async fn names_of_an_entry_that_counts_alike_help_to_search() {
    let manifest = r#"{"name":"K","types":["anime"],"resources":["meta"]}"#;
    let entry = json!({ "meta": {
        "name": "Za Shou", "type": "series", "imdb_id": "tt7", "aliases": ["Show, The"],
        "videos": [{ "id": "kitsu:76:3", "imdbSeason": 1, "imdbEpisode": 3 }]
    }});
    let film = json!({ "meta": { "name": "Eiga", "type": "movie", "imdb_id": "tt1" } });
    let addon = Fake::start([
        ("/manifest.json", Reply::json(manifest)),
        ("/meta/anime/kitsu%3A76.json", Reply::json(&entry.to_string())),
        ("/meta/anime/kitsu%3A5.json", Reply::json(&film.to_string())),
    ])
    .await;
    let catalogue =
        Fake::start([(SHOW, show(24)), ("/meta/movie/tt1.json", self::film("The Picture"))]).await;
    let rig = rig(Some(catalogue.url("")), &[addon.url("")]).await;
    let query = rig.ask("anime", "kitsu:76:3").await;
    assert_eq!((query.episode, query.absolute), (Some((1, 3)), Some(3)));
    assert_eq!(query.title.unwrap().aliases, ["Za Shou", "Show, The"]);
    let query = rig.ask("anime", "kitsu:5").await;
    assert_eq!((query.title_kind(), query.imdb()), (TitleKind::Movie, Some("tt1")));
    let title = query.title.clone().unwrap();
    assert_eq!(
        (title.name.as_str(), title.year, title.aliases.as_slice()),
        ("The Picture", Some(2011), &["Eiga".to_owned()][..])
    );
}
