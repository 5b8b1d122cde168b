//! What lies at an address or on this machine: the Internet Archive, and a folder of the operator's.

use std::time::Duration;

use super::stage::{FILM, SHOW, list, setup, titles, until};
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
    // Nobody writes into the operator's folder.
    let kept = std::fs::read(folder.join("Harbour Lights (2019)/Harbour Lights (2019).mp4")).unwrap();
    media::assert_same_bytes(&kept, &clip, "the operator's file");
}
