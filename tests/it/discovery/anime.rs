//! Episodes by ids of Kitsu, whose entries count in their own way: an addon of the official SDK translates them, sites
//! have releases numbered by seasons and counted from the first of all, and the list holds the wanted one alone.

use serde_json::{Value, json};

use super::stage::{List, hash, list_as, setup};
use crate::support::indexers::addon::{Addon, Description};
use crate::support::indexers::cinemeta::Cinemeta;
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Handed, Listed, Tracker, Trouble, Upstream};
use crate::support::media;
use crate::support::server::Headwater;
use crate::support::swarm::Share;

/// *Paper Comet*: two seasons of twelve episodes, and an entry of Kitsu for each.
const COMET: &str = "tt9000003";
/// *Harbour Cats*: two seasons of 24 and 12 episodes, and one entry of Kitsu for both.
const CATS: &str = "tt9000004";

/// Releases of the episode that `kitsu:702:3` is: the third of the second season, the 15th of all. Each with how its
/// site files it: by season and episode, or by the number alone.
const COMET_15: [(&str, Option<u32>, u32); 6] = [
    ("[AA] Paper Comet - 15 (1080p) [0A1B2C3D].mkv", None, 15),
    ("[BB]_Paper_Comet_-_15_(720p_HEVC)_[9A8B7C6D].mkv", None, 15),
    ("Paper.Comet.S02E03.1080p.WEB-DL.AAC2.0.H.264-CC", Some(2), 3),
    ("[DD] Paper Comet S2 - 03 [1080p]", Some(2), 3),
    ("[EE] Paper Comet 2nd Season - 03 [1080p]", Some(2), 3),
    ("Paper Comet 2x03 (480p)", Some(2), 3),
];

/// Releases of the third episode of all, which is `kitsu:701:3`.
const COMET_3: [(&str, Option<u32>, u32); 3] = [
    ("[AA] Paper Comet - 03 (1080p) [4E5F6071].mkv", None, 3),
    ("Paper.Comet.S01E03.1080p.WEB-DL.AAC2.0.H.264-CC", Some(1), 3),
    ("[DD] Paper Comet S1 - 03 [1080p]", Some(1), 3),
];

/// What sites bring with every answer, and what none of the wanted episodes is.
const OTHERS: [&str; 14] = [
    "[AA] Paper Comet - 14 (1080p).mkv",
    "[AA] Paper Comet - 16 (1080p).mkv",
    "[AA] Paper Comet - 27 (1080p).mkv",
    "[AA] Paper Comet - 150 (1080p).mkv",
    "Paper.Comet.S02E02.1080p.WEB-DL.H.264-CC",
    "Paper.Comet.S02E15.1080p.WEB-DL.H.264-CC",
    "Paper.Comet.S01E15.1080p.WEB-DL.H.264-CC",
    "Paper.Comet.S03E03.1080p.WEB-DL.H.264-CC",
    "[EE] Paper Comet 3rd Season - 03 [1080p]",
    "[EE] Paper Comet 2nd Season - 15 [1080p]",
    "[AA] Paper Comet OVA - 03 (1080p).mkv",
    "[AA] Paper Comet Gaiden - 15 (1080p).mkv",
    "[AA] Paper Comets - 15 (1080p).mkv",
    "[AA] Comet - 15 (1080p).mkv",
];

/// A catalogue of IMDb ids that knows both.
fn titles() -> Upstream<Cinemeta> {
    let titles = Cinemeta::new().series(COMET, "Paper Comet", "2015–2017", &[12, 12]);
    Upstream::start(titles.series(CATS, "Harbour Cats", "2012–2014", &[24, 12]))
}

/// What the addon tells of an entry whose first episode is the one that `imdb` numbers as `first`, season for season.
fn entry(id: u32, name: &str, imdb: &str, seasons: &[(u32, u32)]) -> Value {
    let numbers =
        seasons.iter().flat_map(|(season, count)| (1..=*count).map(move |episode| (*season, episode)));
    let video = |(own, (season, episode)): (u32, (u32, u32))| {
        json!({"id": format!("kitsu:{id}:{own}"), "title": format!("Part {own}"), "season": 1, "episode": own,
            "released": "2015-04-04T00:00:00.000Z", "imdb_id": imdb, "imdbSeason": season, "imdbEpisode": episode})
    };
    let videos: Vec<Value> = (1..).zip(numbers).map(video).collect();
    json!({"id": format!("kitsu:{id}"), "kitsu_id": id.to_string(), "type": "series", "animeType": "TV", "name": name,
        "slug": name.to_lowercase().replace(' ', "-"), "aliases": [], "imdb_id": imdb, "videos": videos,
        "releaseInfo": "2015", "description": "An entry of the tests"})
}

/// The addon: an entry for each season of the one, and one for all of the other.
fn kitsu() -> Description {
    Description::kitsu()
        .meta("anime", "kitsu:701", entry(701, "Paper Comet", COMET, &[(1, 12)]))
        .meta("anime", "kitsu:702", entry(702, "Paper Comet 2nd Season", COMET, &[(2, 12)]))
        .meta("anime", "kitsu:711", entry(711, "Harbour Cats", CATS, &[(1, 24), (2, 12)]))
        .meta("anime", "kitsu:712", entry(712, "Paper Comet", COMET, &[(2, 12)]))
}

/// Releases as a site lists that knows them by their numbers.
fn filed(releases: &[(&str, Option<u32>, u32)], first: u32) -> Vec<Listed> {
    let list = |(number, (name, season, episode)): (u32, &(&str, Option<u32>, u32))| Listed {
        season: *season,
        episodes: vec![*episode],
        ..Listed::new(name, &hash(number))
    };
    (first..).zip(releases).map(list).collect()
}

/// Releases as a site lists that brings them with every answer.
fn strewn(names: &[&str], first: u32) -> Vec<Listed> {
    (first..).zip(names).map(|(number, name)| Listed::new(name, &hash(number)).everywhere()).collect()
}

/// A server before a site that searches by words, and before the addon.
fn start(listed: Vec<Listed>, addon: &Upstream<Addon>) -> (Headwater, Upstream<Jackett>, Upstream<Cinemeta>) {
    let jackett =
        Upstream::start(Jackett::new("KEY", [Tracker::new("one", "One", Caps::WORDS).with(listed)]));
    let titles = titles();
    let server = setup(&titles)
        .env("HEADWATER_ADDON_URLS", &addon.url("/manifest.json"))
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .start();
    (server, jackett, titles)
}

/// The names of what is listed, sorted. What is not in `all` is called `more`.
fn names(list: &List, all: &[Listed], more: &str) -> Vec<String> {
    let name =
        |hash: &str| all.iter().find(|one| one.info_hash == hash).map_or(more, |one| &one.title).to_owned();
    let mut names: Vec<String> = list.hashes().into_iter().map(name).collect();
    names.sort_unstable();
    names
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_a_later_season_brings_that_seasons_episode_under_either_number() {
    const VOUCHED: &str = "[FF] Paper Comet - 15 (720p)";
    let stream = |number: u32, name: &str| json!({"infoHash": hash(number), "fileIdx": 0, "title": name});
    let of_addon = [stream(91, VOUCHED), stream(92, "[FF] Paper Comet - 03 (720p)")];
    let addon = kitsu();
    let addon =
        addon.streams("anime", "kitsu:702:3", of_addon.clone()).streams("series", "kitsu:702:3", of_addon);
    let addon = addon.start();
    let listed: Vec<Listed> =
        [filed(&COMET_15, 1), filed(&COMET_3, 21), strewn(&OTHERS, 41)].into_iter().flatten().collect();
    let (server, jackett, _titles) = start(listed.clone(), &addon);
    let later = sorted(COMET_15.iter().map(|(name, ..)| *name).chain([VOUCHED]));
    let first = sorted(COMET_3.iter().map(|(name, ..)| *name));
    for kind in ["anime", "series", "anime", "series"] {
        let list = list_as(&server, "", (kind, "kitsu:702:3")).await;
        assert_eq!(names(&list, &listed, VOUCHED), later, "{kind}: {:#?}", jackett.paths());
        let list = list_as(&server, "", (kind, "kitsu:701:3")).await;
        assert_eq!(names(&list, &listed, "?"), first, "{kind}: {:#?}", jackett.paths());
    }
    jackett.assert_well_asked();
    // Each entry is asked for once by either type of the clients, and under the type that the addon has for it.
    let mut metas: Vec<String> = addon.asked("/meta/").into_iter().map(|ask| ask.path).collect();
    metas.sort_unstable();
    let entry = |id: u32| format!("/meta/anime/kitsu%3A{id}.json");
    assert_eq!(metas, [entry(701), entry(701), entry(702), entry(702)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_counts_through_all_seasons_brings_the_episode_of_the_right_one() {
    // The 30th of all is the sixth of the second season.
    const RIGHT: [(&str, Option<u32>, u32); 3] = [
        ("[AA] Harbour Cats - 30 (1080p).mkv", None, 30),
        ("Harbour.Cats.S02E06.1080p.WEB-DL.H.264-CC", Some(2), 6),
        ("[DD] Harbour Cats S2 - 06 [1080p]", Some(2), 6),
    ];
    const WRONG: [&str; 7] = [
        "[AA] Harbour Cats - 06 (1080p).mkv",
        "[AA] Harbour Cats - 29 (1080p).mkv",
        "Harbour.Cats.S01E06.1080p.WEB-DL.H.264-CC",
        "Harbour.Cats.S02E30.1080p.WEB-DL.H.264-CC",
        "Harbour.Cats.S03E06.1080p.WEB-DL.H.264-CC",
        "Harbour.Cats.S01.1080p.WEB-DL.H.264-CC",
        "[AA] Harbour Cats (01-24) [1080p]",
    ];
    let addon = kitsu().start();
    let listed = [filed(&RIGHT, 1), strewn(&WRONG, 21)].concat();
    let (server, jackett, _titles) = start(listed.clone(), &addon);
    let right = sorted(RIGHT.iter().map(|(name, ..)| *name));
    for kind in ["anime", "series"] {
        let list = list_as(&server, "", (kind, "kitsu:711:30")).await;
        assert_eq!(names(&list, &listed, "?"), right, "{kind}: {:#?}", jackett.paths());
    }
    // While nobody says which episode it is, and for entries that nobody knows, there is none.
    addon.trouble("/meta", Trouble::Status { status: 503, retry_after: None });
    for id in ["kitsu:712:3", "kitsu:799:3"] {
        assert!(list_as(&server, "", ("anime", id)).await.rows.is_empty(), "{id}");
    }
    addon.heal("/meta");
    assert!(list_as(&server, "", ("anime", "kitsu:798:3")).await.rows.is_empty());
    jackett.assert_well_asked();
}

/// A pack of episodes with these names.
fn pack(name: &str, seed: u64, files: impl IntoIterator<Item = String>) -> Share {
    let files: Vec<String> = files.into_iter().collect();
    let files: Vec<(Vec<&str>, Vec<u8>)> =
        (seed..).zip(&files).map(|(seed, file)| (vec![file.as_str()], media::random(seed, 20_000))).collect();
    Share::multi(name, &files, 16_384, &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_pack_the_file_is_listed_that_has_the_episode_under_the_packs_own_numbers() {
    let counted = pack(
        "[AA] Paper Comet (01-24) [1080p]",
        1_000,
        (1..=24).map(|number| format!("[AA] Paper Comet - {number:02} [1080p].mkv")),
    );
    let seasonal = pack(
        "Paper.Comet.S02.1080p.WEB-DL.H.264-CC",
        2_000,
        (1..=12).map(|number| format!("Paper.Comet.S02E{number:02}.1080p.WEB-DL.H.264-CC.mkv")),
    );
    let both = pack(
        "Paper.Comet.S01-S02.720p.WEB-DL.H.264-DD",
        3_000,
        (0..24).map(|number| format!("Paper.Comet.S{:02}E{:02}.720p.mkv", number / 12 + 1, number % 12 + 1)),
    );
    let first = pack(
        "[AA] Paper Comet (01-12) [720p]",
        4_000,
        (1..=12).map(|number| format!("[AA] Paper Comet - {number:02} [720p].mkv")),
    );
    let shares = [&counted, &seasonal, &both, &first];
    let listed = shares.map(|share| Listed::of(share).handed(Handed::File).everywhere());
    let addon = kitsu().start();
    let (server, jackett, _titles) = start(listed.to_vec(), &addon);
    for (id, right) in [
        ("kitsu:702:3", [(&counted, "14"), (&seasonal, "2"), (&both, "14")]),
        ("kitsu:701:3", [(&counted, "2"), (&both, "2"), (&first, "2")]),
    ] {
        let list = list_as(&server, "", ("anime", id)).await;
        let mut files: Vec<(&str, &str)> = list.rows.iter().map(|row| (&*row.hash, &*row.file)).collect();
        let mut expected: Vec<(&str, &str)> =
            right.iter().map(|(share, file)| (&*share.info_hash, *file)).collect();
        files.sort_unstable();
        expected.sort_unstable();
        assert_eq!(files, expected, "{id}: {:#?}\n{:#?}", list.rows, jackett.paths());
    }
}
