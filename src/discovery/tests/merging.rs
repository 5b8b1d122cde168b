//! How many descriptions become one.

use std::time::SystemTime;

use url::Url;

use super::super::merge::{Said, merge};
use super::super::{Candidate, Locator};
use super::*;
use crate::domain::FileIndex;
use crate::source::place_hash;

fn merged(said: &[(&str, Vec<Found>)]) -> Vec<Candidate> {
    merged_for("tt1", said)
}

fn merged_for(id: &str, said: &[(&str, Vec<Found>)]) -> Vec<Candidate> {
    let Ok(id) = id.parse();
    let said: Vec<Said<'_>> = said.iter().map(|(by, found)| Said { by, found }).collect();
    merge(&Query::of_id("movie", &id), &said)
}

fn urls(texts: &[&str]) -> Vec<Url> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn one_torrent_named_by_three_is_one_candidate() {
    let time = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let first = Found {
        seeders: Some(3),
        size: Some(1_000),
        trackers: urls(&["udp://a.example:1", "wss://b.example"]),
        torrent: Some("http://jackett.example/1?key=x".parse().unwrap()),
        published: time(200),
        ..found(1, "Film")
    };
    let second = Found {
        seeders: Some(9),
        size: Some(1_001),
        trackers: urls(&["udp://a.example:1", "http://c.example/announce"]),
        web_seeds: urls(&["https://d.example/", "ftp://e.example/"]),
        published: time(100),
        by: Some("Sub".to_owned()),
        private: true,
        ..found(1, "Film  2010\n1080p")
    };
    let third = Found { size: Some(1_001), is_exact: true, ..found(1, "Film") };
    let all =
        merged(&[("A", vec![first.clone()]), ("B", vec![second]), ("A", vec![third, found(2, "Other")])]);
    assert_eq!(all.len(), 2);
    let one = &all[0];
    assert_eq!(one.name, "Film 2010 1080p");
    assert_eq!((one.seeders, one.size, one.is_exact), (Some(9), Some(1_001), true));
    assert_eq!(one.published, time(100));
    assert_eq!(one.said_by, ["A", "Sub"]);
    let Locator::Torrent { file, trackers, torrents, web_seeds, private } = &one.locator else {
        panic!("{one:?}");
    };
    assert_eq!(*trackers, urls(&["udp://a.example:1", "http://c.example/announce"]));
    assert_eq!(*torrents, [first.torrent.unwrap()]);
    assert_eq!((web_seeds.clone(), *private, *file), (urls(&["https://d.example/"]), true, None));
    assert!(!format!("{one:?}").contains("key=x"));
}

#[test]
fn those_who_disagree_about_the_file_are_not_believed() {
    let file = |index: Option<u32>, name: Option<&str>| Found {
        file: index.map(FileIndex),
        file_name: name.map(str::to_owned),
        file_size: Some(5),
        ..found(1, "Pack")
    };
    let told = |all: Vec<Found>| {
        let one = merged(&[("A", all)]).remove(0);
        let Locator::Torrent { file, .. } = one.locator else { panic!("{:?}", one.locator) };
        (file, one.file_name, one.file_size)
    };
    let name = || Some("a.mkv".to_owned());
    let plain = Found { file_size: None, ..file(None, None) };
    assert_eq!(
        told(vec![plain.clone(), file(Some(3), Some("a.mkv"))]),
        (Some(FileIndex(3)), name(), Some(5))
    );
    assert_eq!(told(vec![file(Some(3), None), file(Some(4), None)]), (None, None, None));
    assert_eq!(
        told(vec![file(None, Some("x/a.mkv")), file(None, Some("A.mkv"))]).1.as_deref(),
        Some("x/a.mkv")
    );
    assert_eq!(told(vec![file(None, Some("a.mkv")), file(None, Some("b.mkv"))]), (None, None, None));
    assert_eq!(told(vec![plain.clone(), plain]), (None, None, None));
}

#[test]
fn contents_at_addresses_are_told_apart_by_them() {
    let place = |url: &str| Found {
        info_hash: None,
        place: Some(url.parse().unwrap()),
        headers: vec![("Referer".to_owned(), "http://a.example/".to_owned())],
        file_name: Some("film.mp4".to_owned()),
        file_size: Some(9),
        ..found(0, "Film")
    };
    let all = merged(&[(
        "A",
        vec![place("http://a.example/1#x"), place("http://a.example/1"), place("http://a.example/2")],
    )]);
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].info_hash, place_hash(&"HTTP://a.EXAMPLE:80/1".parse().unwrap()));
    let Locator::Place(place) = &all[0].locator else { panic!("{:?}", all[0].locator) };
    assert_eq!((place.name.as_str(), place.size, place.headers.len()), ("film.mp4", Some(9), 1));
}

#[test]
fn a_film_with_the_id_of_another_is_left_out() {
    let of = |hash, imdb: &str| Found { imdb: Some(imdb.to_owned()), ..found(hash, "Film") };
    let said = [("A", vec![of(1, "tt0000001"), of(2, "tt2"), of(3, "tt0"), of(4, "?"), found(5, "Film")])];
    let hashes = |all: Vec<Candidate>| all.iter().map(|one| one.info_hash.as_bytes()[0]).collect::<Vec<_>>();
    assert_eq!(hashes(merged_for("tt1", &said)), [1, 3, 4, 5]);
    // The id of an episode is not that of its series, and indexers give either.
    assert_eq!(hashes(merged_for("tt1:1:1", &said)), [1, 2, 3, 4, 5]);
}

#[test]
fn lists_of_addresses_have_an_end() {
    let trackers: Vec<Url> = (0..90).map(|n| format!("udp://t{n}.example:1").parse().unwrap()).collect();
    let one = merged(&[("A", vec![Found { trackers, ..found(1, &"x".repeat(900)) }])]).remove(0);
    let Locator::Torrent { trackers, .. } = &one.locator else { panic!("{:?}", one.locator) };
    assert_eq!((trackers.len(), one.name.len()), (50, 300));
}
