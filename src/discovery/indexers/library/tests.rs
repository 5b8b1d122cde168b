use std::fs;

use crate::cache::CacheLimits;
use crate::domain::{Title, TitleEpisode, TitleKind};

use super::*;

const HASH: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

struct Rig {
    folder: tempfile::TempDir,
}

impl Rig {
    fn new(files: &[&str]) -> Self {
        let rig = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(rig.folder.path().join("media")).unwrap();
        for file in files {
            rig.put(file);
        }
        rig
    }

    fn put(&self, path: &str) {
        let path = self.folder.path().join("media").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "video").unwrap();
    }

    fn library(&self) -> Library {
        let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
        let cache = Cache::open(&self.folder.path().join("cache"), limits).unwrap();
        Library::new(Some(self.folder.path().join("media")), cache)
    }
}

fn film() -> Query {
    let Ok(id) = "tt0000011".parse();
    Query {
        title: Some(Arc::new(title(TitleKind::Movie, "The Long Tide", 2015))),
        ..Query::of_id("movie", &id)
    }
}

fn episode(season: u32, episode: u32) -> Query {
    let Ok(id) = format!("tt0000077:{season}:{episode}").parse();
    let mut show = title(TitleKind::Series, "Harbour Lights", 2010);
    let numbered = |season, episode, absolute| TitleEpisode {
        season,
        episode,
        absolute: Some(absolute),
        name: None,
        released: None,
    };
    show.episodes =
        (1..=10).map(|n| numbered(1, n, n)).chain((1..=10).map(|n| numbered(2, n, n + 10))).collect();
    let absolute = show.episode(season, episode).and_then(|one| one.absolute);
    Query { title: Some(Arc::new(show)), absolute, ..Query::of_id("series", &id) }
}

fn title(kind: TitleKind, name: &str, year: u16) -> Title {
    Title {
        kind,
        name: name.to_owned(),
        aliases: Vec::new(),
        year: Some(year),
        last_year: None,
        imdb: None,
        episodes: Vec::new(),
    }
}

async fn search(library: &Library, query: &Query) -> Vec<Found> {
    let found = Mutex::new(Vec::new());
    library.search(query, &|more| found.lock().unwrap().extend(more)).await.unwrap();
    found.into_inner().unwrap()
}

/// The names of the files that are found.
async fn names(files: &[&str], query: &Query) -> Vec<String> {
    let rig = Rig::new(files);
    let library = rig.library();
    let found = search(&library, query).await;
    library.shutdown().await;
    assert!(
        found.iter().all(|one| one.is_exact && one.place.as_ref().is_some_and(|url| url.scheme() == "file"))
    );
    found.into_iter().map(|one| one.file_name.unwrap()).collect()
}

#[tokio::test]
async fn films_are_found_by_their_own_names_and_by_their_folders() {
    for files in [
        &["The.Long.Tide.2015.1080p.BluRay.x264-ABC.mkv"][..],
        &["Films/The Long Tide (2015)/movie.mkv"],
        &["The Long Tide (2015)/The Long Tide.mkv", "The Long Tide (2015)/trailer.mkv"],
        &["x {imdb-tt0000011}.mp4"],
        &["Whatever [tt0000011]/disc.m2ts"],
    ] {
        assert_eq!(names(files, &film()).await.len(), 1, "{files:?}");
    }
}

#[tokio::test]
async fn what_may_be_another_film_is_left_out() {
    for files in [
        &["The.Long.Tide.1985.mkv"][..],
        &["The Long Tide 2 (2015).mkv"],
        &["The Long Tide S01E01.mkv"],
        // The operator's own word says that it is another.
        &["The Long Tide (2015) {imdb-tt9999999}.mkv"],
        &["The Long Tide (2015) [tt9999999]/movie.mkv"],
        &["The Long Tide (2015) [tt9999999]/The.Long.Tide.2015.mkv"],
        &["The Long Tide (2015)/Another.Film.1999.mkv"],
        &["The Long Tide (2015)/S01E01.mkv"],
        // Which of them is the film?
        &["The Long Tide (2015)/a.mkv", "The Long Tide (2015)/b.mkv"],
    ] {
        assert_eq!(names(files, &film()).await, Vec::<String>::new(), "{files:?}");
    }
}

#[tokio::test]
async fn episodes_are_found_however_a_series_is_filed() {
    for (files, expected) in [
        (
            &["Harbour.Lights.S02E03.720p.mkv", "Harbour.Lights.S02E04.720p.mkv"][..],
            "Harbour.Lights.S02E03.720p.mkv",
        ),
        (
            &["Series/Harbour Lights/Season 2/03 - The Pilot.mkv", "Series/Harbour Lights/Season 1/03.mkv"],
            "03 - The Pilot.mkv",
        ),
        (&["Harbour Lights (2010)/S02E03.mkv", "Harbour Lights (2010)/S01E03.mkv"], "S02E03.mkv"),
        (&["HL {tt0000077}/2x03.mkv", "HL {tt0000077}/2x02.mkv"], "2x03.mkv"),
    ] {
        assert_eq!(names(files, &episode(2, 3)).await, [expected], "{files:?}");
    }
}

#[tokio::test]
async fn a_wrong_episode_is_never_told() {
    for files in [
        &["Harbour Lights/Season 1/03.mkv"][..],
        &["Harbour.Lights.S02E04.mkv"],
        &["Harbour Lights (1985)/S02E03.mkv"],
        &["Harbour Lights/Season 2/03.mkv", "Harbour Lights/Season 2/03 (2).mkv"],
        &["Another Show/S02E03.mkv"],
        &["Harbour Lights {tt9999999}/S02E03.mkv"],
        &["Harbour Lights {tt9999999}/Season 2/Harbour.Lights.S02E03.mkv"],
        &["S02E03.mkv"],
        &["Harbour Lights/movie.mkv"],
    ] {
        assert_eq!(names(files, &episode(2, 3)).await, Vec::<String>::new(), "{files:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_known_by_its_folder_gets_a_name_that_says_all() {
    let rig = Rig::new(&["Harbour Lights/Season 2/03 [1080p].mkv", "The Long Tide (2015)/movie.mkv"]);
    let library = rig.library();
    let found = search(&library, &episode(2, 3)).await;
    assert_eq!(found[0].name, "Harbour Lights S02E03 1080p");
    assert_eq!((found[0].file_size, found[0].size), (Some(5), Some(5)));
    assert_eq!(search(&library, &film()).await[0].name, "The Long Tide (2015)");
    assert_eq!(library.probe().await.unwrap().results, 2);
}

#[tokio::test]
async fn a_drop_in_is_known_by_the_hash_in_its_name() {
    let rig = Rig::new(&[]);
    let library = rig.library();
    let drop_in = |name: String| {
        let file = fs::File::create(rig.folder.path().join("cache").join(name)).unwrap();
        file.set_len(1 << 20).unwrap();
    };
    drop_in(format!("The Long Tide 2015 [{}].mkv", HASH.to_ascii_uppercase()));
    drop_in(format!("{}.mkv", "0".repeat(40)));
    let found = search(&library, &film()).await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].info_hash, found[0].place.as_ref()), (HASH.parse().ok(), None));
    assert_eq!((found[0].name.as_str(), found[0].file_size), ("The Long Tide 2015.mkv", Some(1 << 20)));
}

#[tokio::test]
async fn a_new_film_is_found_at_the_next_look() {
    let rig = Rig::new(&[]);
    let library = rig.library();
    assert!(search(&library, &film()).await.is_empty());
    rig.put("The.Long.Tide.2015.mkv");
    assert!(search(&library, &film()).await.is_empty(), "nobody looks twice within seconds");
    let mut looks = library.inner.seen.subscribe();
    looks.borrow_and_update();
    *library.inner.due.lock().unwrap() = Some(Instant::now());
    search(&library, &film()).await;
    tokio::time::timeout(Duration::from_secs(10), looks.changed()).await.unwrap().unwrap();
    assert_eq!(search(&library, &film()).await.len(), 1);
    library.shutdown().await;
}

#[tokio::test]
async fn what_is_called_otherwise_now_is_searched_anew() {
    let rig = Rig::new(&["The.Long.Tide.2015.mkv"]);
    let library = rig.library();
    let other = Query { title: Some(Arc::new(title(TitleKind::Movie, "Another Film", 2015))), ..film() };
    assert!(search(&library, &other).await.is_empty());
    assert_eq!(search(&library, &film()).await.len(), 1);
    library.shutdown().await;
}
