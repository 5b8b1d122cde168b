//! What lies at an address or on this machine: the Internet Archive, and folders of the operator's.

use std::time::Duration;

use super::stage::{FILM, SHOW, hash, list, setup, titles, until, until_within};
use crate::support::indexers::Trouble;
use crate::support::indexers::archive::{Archive, Item};
use crate::support::media;
use crate::support::server::{Headwater, Setup};

async fn plays(server: &Headwater, url: &str, whole: &[u8]) {
    let path = url.strip_prefix(server.base()).expect("it is this server's");
    for (from, to) in
        [(0, 1023), (whole.len() / 2, whole.len() / 2 + 4_000), (whole.len() - 7, whole.len() - 1)]
    {
        let answer = server.range(path, from as u64, to as u64).await;
        assert_eq!(answer.status, 206, "{}", answer.text());
        assert_eq!(answer.header("content-range"), format!("bytes {from}-{to}/{}", whole.len()));
        media::assert_same_bytes(&answer.body, &whole[from..=to], "the film");
    }
}

fn item(clip: &[u8]) -> Item {
    Item::film("harbour-lights-2019", "Harbour Lights", 2019, "feature_films")
        .file("Harbour Lights (2019).mp4", "MPEG4", "original", clip.to_vec())
        .file("harbour-lights.ogv", "Ogg Video", "derivative", media::random(5, 9_000))
        .file("__ia_thumb.jpg", "Item Tile", "original", media::random(6, 900))
        .file("harbour-lights-2019_meta.xml", "Metadata", "original", b"<metadata/>".to_vec())
}

fn with_archive(setup: Setup, archive: &Archive) -> Setup {
    setup
        .env("HEADWATER_ARCHIVE_URL", archive.desk.base())
        .env("HEADWATER_ARCHIVE_COLLECTIONS", "feature_films")
        .env("HEADWATER_PRIVATE_ADDRESSES", "true")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_of_the_internet_archive_is_found_by_its_id_or_its_name_and_plays() {
    let clip = media::clip("faststart.mp4");
    for item in [item(&clip).imdb(FILM), item(&clip)] {
        let other_year = Item::film("harbour-lights-1950", "Harbour Lights", 1950, "feature_films");
        let other_shelf = Item::film("harbour-lights-copy", "Harbour Lights", 2019, "community_video");
        let files = |item: Item| item.file("film.mp4", "MPEG4", "original", media::random(9, 5_000));
        let archive = Archive::start([item, files(other_year), files(other_shelf)]);
        let titles = titles();
        let server = with_archive(setup(&titles), &archive).start();
        let found = list(&server, FILM).await;
        let names: Vec<_> = found.rows.iter().map(|row| &row.value["behaviorHints"]["filename"]).collect();
        assert!(!names.is_empty(), "{:#?}", archive.desk.paths());
        assert!(names.iter().all(|name| *name != "film.mp4"), "{names:?}");
        let row = found.rows.iter().find(|row| row.value["behaviorHints"]["videoSize"] == clip.len());
        plays(&server, &row.unwrap_or_else(|| panic!("{:#?}", found.rows)).url, &clip).await;
        let searches = archive.desk.asked("/advancedsearch.php");
        assert!(
            searches.iter().all(|ask| ask.header("user-agent").starts_with("Headwater/")),
            "it says who asks"
        );
        assert!(archive.desk.most_at_once() <= 5, "it is polite: {}", archive.desk.most_at_once());
        archive.desk.assert_well_asked();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torrent_of_the_internet_archive_plays_from_its_download_server_without_any_peer() {
    let clip = media::clip("faststart.mp4");
    let item = item(&clip).imdb(FILM).torrent();
    let btih = item.files.iter().find_map(|file| file.btih.clone()).expect("it has a torrent");
    let archive = Archive::start([item]);
    let titles = titles();
    let server = with_archive(setup(&titles), &archive).start();
    let found = list(&server, FILM).await;
    let row = found.row(&btih);
    assert_eq!(
        (row.file.as_str(), &row.value["behaviorHints"]["videoSize"]),
        ("0", &clip.len().into()),
        "{row:#?}"
    );
    archive.node.forget();
    // There is no tracker in it and no DHT, so that nobody else can have sent this.
    plays(&server, &row.url, &clip).await;
    let sent = archive.node.asked("/27/items/harbour-lights-2019/Harbour%20Lights");
    assert!(sent.iter().any(|ask| ask.header("range").starts_with("bytes=")), "{:#?}", archive.node.paths());
    let (_, started) = server.post(&format!("/stream/prepare/{btih}?fileIndex=0"), "").await;
    let (_, job) = server.json(started["statusUrl"].as_str().unwrap_or_default()).await;
    assert_eq!(job["method"], "webseed", "{job}");
    archive.desk.assert_well_asked();
    archive.node.assert_well_asked();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dark_item_and_an_archive_in_trouble_are_no_streams_and_no_delay() {
    let clip = media::clip("faststart.mp4");
    let mut dark = item(&clip).imdb(FILM);
    dark.is_dark = true;
    let archive = Archive::start([dark]);
    let titles = titles();
    let server = with_archive(setup(&titles), &archive).start();
    assert!(list(&server, FILM).await.rows.is_empty());
    for trouble in [
        Trouble::Status { status: 503, retry_after: Some(1) },
        Trouble::Html,
        Trouble::Instead { kind: "application/json", body: "{}".to_owned() },
        Trouble::Instead { kind: "application/json", body: "{\"error\":\"busy\"}".to_owned() },
        Trouble::Hang,
    ] {
        archive.desk.heal("");
        archive.put(item(&clip).imdb(FILM));
        archive.desk.trouble("", trouble.clone());
        let server = with_archive(setup(&titles), &archive).env("HEADWATER_SEARCH_DEADLINE", "1s").start();
        let found = list(&server, FILM).await;
        assert!(found.rows.is_empty(), "{trouble:?}: {:#?}", found.rows);
        assert!(found.took < Duration::from_secs(3), "{trouble:?}: {:?}", found.took);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archive_is_left_alone_without_a_collection() {
    let archive = Archive::start([item(&media::clip("faststart.mp4")).imdb(FILM)]);
    let titles = titles();
    let server = setup(&titles).env("HEADWATER_ARCHIVE_URL", archive.desk.base()).start();
    assert!(list(&server, FILM).await.rows.is_empty());
    assert!(archive.desk.journal().is_empty(), "{:#?}", archive.desk.paths());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_folder_are_found_by_their_names_and_play_while_new_ones_appear() {
    let clip = media::clip("faststart.mp4");
    let titles = titles();
    let setup = setup(&titles);
    let folder = setup.home().join("films");
    let put = |path: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("it is in the folder")).unwrap();
        std::fs::write(path, &clip).unwrap();
    };
    put("Harbour Lights (2019)/Harbour Lights (2019).mp4");
    put("Lantern Street/Season 2/Lantern.Street.S02E03.mp4");
    put("Lantern Street/Season 2/Lantern.Street.S02E02.mp4");
    put("notes.txt");
    let server = setup.env("HEADWATER_MEDIA_DIR", &folder.display().to_string()).start();
    let film = until(&server, FILM, |list| list.rows.len() == 1).await;
    plays(&server, &film.rows[0].url, &clip).await;
    assert!(!film.rows[0].url.contains("films"), "the folder is nobody's business: {}", film.rows[0].url);
    let episode = list(&server, &format!("{SHOW}:2:3")).await;
    assert_eq!(episode.rows.len(), 1, "{:#?}", episode.rows);
    assert!(episode.rows[0].text.contains("S02E03"), "{:#?}", episode.rows);
    plays(&server, &episode.rows[0].url, &clip).await;
    let missing = format!("{SHOW}:2:1");
    assert!(list(&server, &missing).await.rows.is_empty());
    put("Lantern Street/Season 2/Lantern.Street.S02E01.mp4");
    // The folder is looked through twice a minute at most.
    let new = until_within(&server, &missing, Duration::from_secs(75), |list| list.rows.len() == 1).await;
    plays(&server, &new.rows[0].url, &clip).await;
    // Nobody writes into the operator's folder.
    let kept = std::fs::read(folder.join("Harbour Lights (2019)/Harbour Lights (2019).mp4")).unwrap();
    media::assert_same_bytes(&kept, &clip, "the operator's file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_that_was_dropped_into_the_cache_folder_is_listed_by_its_name_and_plays() {
    let film = media::random(95, 2_000_000);
    let titles = titles();
    let setup = setup(&titles);
    let folder = setup.home().join("dropped");
    std::fs::create_dir_all(&folder).unwrap();
    for (number, name) in
        [(1, "Harbour.Lights.2019.1080p.WEB.H264-AA"), (2, "Harbour.Master.2019.1080p.WEB.H264-AA")]
    {
        std::fs::write(folder.join(format!("{name} [{}].mkv", hash(number))), &film).unwrap();
    }
    let server = setup.env("TORRENT_DOWNLOAD_PATH", &folder.display().to_string()).start();
    let found = until(&server, FILM, |list| !list.rows.is_empty()).await;
    assert_eq!(found.hashes(), [hash(1)], "{:#?}", found.rows);
    assert!(found.rows[0].text.contains("1080p"), "{:#?}", found.rows);
    plays(&server, &found.rows[0].url, &film).await;
}
