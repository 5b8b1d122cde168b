use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn no_name_makes_the_choice_fail_otherwise(
        name in "([sex#v]|ep|season|[0-9]{1,5}|[ ._/&+~\\[\\](){}-]|ncop|sample|\\PC){0,14}",
        season in 0..3_u32,
        wanted in 0..20_u32,
    ) {
        let chosen = episode(&[&format!("{name}.mkv")], season, wanted);
        prop_assert!(matches!(chosen, Ok(0) | Err(NoSuchFile::NoEpisode { .. })), "{chosen:?}");
    }
}

const MIB: u64 = 1 << 20;

/// A file table of these paths, each a little larger than the one before.
fn table(paths: &[&str]) -> Vec<FileEntry> {
    let mut offset = 0;
    let mut files = Vec::new();
    for (path, length) in paths.iter().zip((1..).map(|n| n * MIB)) {
        files.push(FileEntry { path: (*path).to_owned(), length, offset, padding: false });
        offset += length;
    }
    files
}

fn episode(paths: &[&str], season: u32, episode: u32) -> Result<u32, NoSuchFile> {
    choose(&table(paths), FileChoice::Episode { season, episode }).map(|index| index.0)
}

/// The file of `paths` that is the episode; `None` where none is.
#[track_caller]
fn check(paths: &[&str], wanted: (u32, u32), expected: Option<u32>) {
    let none = Err(NoSuchFile::NoEpisode { season: wanted.0, episode: wanted.1 });
    assert_eq!(episode(paths, wanted.0, wanted.1), expected.map_or(none, Ok), "{wanted:?} in {paths:?}");
}

#[test]
fn an_index_means_any_file_but_padding() {
    let mut files = table(&["film.mkv", "film.srt", ".pad/7"]);
    files[2].padding = true;
    let by = |index| choose(&files, FileChoice::Index(FileIndex(index)));
    assert_eq!(by(1), Ok(FileIndex(1)));
    assert_eq!(by(2), Err(NoSuchFile::Padding(FileIndex(2))));
    assert_eq!(by(3), Err(NoSuchFile::Index { index: FileIndex(3), count: 3 }));
    assert_eq!(
        by(u32::MAX).unwrap_err().to_string(),
        "the torrent has no file 4294967295: it has 3 files, counted from 0"
    );
}

#[test]
fn the_largest_video_wins_over_larger_other_files_and_samples() {
    let largest = |paths: &[&str]| choose(&table(paths), FileChoice::Largest).map(|index| index.0);
    assert_eq!(largest(&["a.mp4", "b.mkv", "c.iso", "d.rar"]), Ok(1));
    assert_eq!(largest(&["film.mkv", "Sample/film.mkv", "film.sample.mkv", "sample-film.mkv"]), Ok(0));
    assert_eq!(largest(&["a.mkv", "Extras/long.mkv", "a-trailer.mkv"]), Ok(0));
    assert_eq!(largest(&["Trailer.Town.2020.mkv", "readme.txt"]), Ok(0));
    assert_eq!(largest(&["sample.mkv"]), Ok(0));
    assert_eq!(largest(&["a.nfo", "b.rar"]), Err(NoSuchFile::NoVideo { count: 2 }));
    assert_eq!(largest(&[]), Err(NoSuchFile::NoVideo { count: 0 }));
}

#[test]
fn equally_large_videos_give_the_first_and_empty_ones_do_not_count() {
    let mut files = table(&["a.mkv", "b.mkv", "c.mkv"]);
    files[2].length = 0;
    files[0].length = files[1].length;
    assert_eq!(choose(&files, FileChoice::Largest), Ok(FileIndex(0)));
}

#[test]
fn one_name_says_its_season_and_episode_in_many_ways() {
    for path in [
        "Harbour.S03E07.1080p.WEB.x265-Aa.mkv",
        "harbour s3e7.mp4",
        "Harbour - S03 E07 - The Tide.mkv",
        "Harbour.S03.E07.avi",
        "Harbour S03 - E07.mkv",
        "Harbour.s03ep07.mkv",
        "Harbour 3x07.mkv",
        "Harbour.3x07v2.mkv",
        "Harbour - [03x07] - Name.mkv",
        "Harbour Season 3 Episode 7.mkv",
        "Harbour, Season 3, Episode 7 - 1080p.mkv",
        "Harbour S3 - 07 [720p].mkv",
        "Harbour 3rd Season - 07.mkv",
        "Harbour.S03E07a.mkv",
        "Season 3/07 - Name.mkv",
        "Season 03/07.Name.of.It.mkv",
        "Season 3/07.mkv",
        "Season.3/7. Name.mkv",
        "Season 3/E07.mkv",
        "Season 3/Ep. 07 - Name.mkv",
        "Season 3/Episode 7.mkv",
        "Season 3/Harbour - 07 - Name.mkv",
        "Season 3/Harbour #7.mkv",
        "Season 3/07 - 10 Ways.mkv",
        "S03/07 Name.mkv",
        "Harbour.S03.1080p.BluRay/07 - Name.mkv",
        "Staffel 3/07 - Name.mkv",
        "Saison 3/Episode 07.mkv",
        "Season 1/Harbour.S03E07.mkv",
        "Season 3/Disc 2/07 - Name.mkv",
        "Harbour.S03E07.1080p-Aa/qx81z.mkv",
    ] {
        check(&[path], (3, 7), Some(0));
        check(&[path], (3, 8), None);
        check(&[path], (1, 7), None);
    }
}

#[test]
fn several_episodes_in_one_file_are_each_found() {
    for (path, held) in [
        ("Pier.S01E01-E03.mkv", vec![1, 2, 3]),
        ("Pier.S01E01-03.mkv", vec![1, 2, 3]),
        ("Pier.S01E01E03.mkv", vec![1, 3]),
        ("Pier.S01E01.E02.mkv", vec![1, 2]),
        ("Pier S01E01 & E02.mkv", vec![1, 2]),
        ("Pier.S01E01+E02.mkv", vec![1, 2]),
        ("Pier.S01E01-S01E04.mkv", vec![1, 2, 3, 4]),
        ("Pier.1x01-1x02.mkv", vec![1, 2]),
        ("Pier.1x01-03.mkv", vec![1, 2, 3]),
        ("Season 1/E01-E02.mkv", vec![1, 2]),
        ("Pier.S01E01-720p.mkv", vec![1]),
        ("Pier.S01E01-10bit.mkv", vec![1]),
        ("Pier.S01E01 - 02 Days.mkv", vec![1]),
        ("Pier.S01E01.2019.mkv", vec![1]),
        ("Pier.S01E01-S02E04.mkv", vec![1]),
        ("Pier.S01E03-E01.mkv", vec![3]),
    ] {
        for wanted in 1..=5 {
            check(&[path], (1, wanted), held.contains(&wanted).then_some(0));
        }
    }
}

#[test]
fn a_pack_gives_the_right_file_of_many() {
    let pack = [
        "Readme.txt",
        "Season 1/Sample/lagoon.s01e02.sample.mkv",
        "Season 1/Lagoon.S01E01.mkv",
        "Season 1/Lagoon.S01E02.mkv",
        "Season 1/Lagoon.S01E02.en.srt",
        "Season 2/Lagoon.S02E01.mkv",
        "Season 2/Lagoon.S02E02.mkv",
        "Specials/01 - Making of.mkv",
        "Extras/02 - Gag reel.mkv",
    ];
    check(&pack, (1, 2), Some(3));
    check(&pack, (2, 1), Some(5));
    check(&pack, (0, 1), Some(7));
    check(&pack, (0, 2), None);
    check(&pack, (3, 1), None);
}

#[test]
fn bare_numbers_are_season_one_only_where_no_file_speaks_of_seasons() {
    let plain = [
        "[Aa] Kelp - 01 [1080p][ABCD1234].mkv",
        "[Aa] Kelp - 02v2 [1080p].mkv",
        "[Aa] Kelp - 13 [1080p].mkv",
    ];
    check(&plain, (1, 2), Some(1));
    check(&plain, (1, 13), Some(2));
    check(&plain, (2, 1), None);
    check(&plain, (1, 3), None);
    check(&["[Aa][Kelp][05][1080p].mkv"], (1, 5), Some(0));
    check(&["02 - Name.mkv", "Kelp.S02E01.mkv"], (1, 2), None);
    check(&["02 - Name.mkv", "Specials/01 - Name.mkv"], (1, 2), Some(0));
    check(&["NCOP 01.mkv", "Kelp - NCED1.mkv", "Kelp - 01.mkv"], (1, 1), Some(2));
}

#[test]
fn numbers_that_mean_something_else_are_no_episodes() {
    for path in [
        "Cove.1080p.x264.mkv",
        "Cove.1920x1080.mkv",
        "Cove.2003.mkv",
        "Cove - 2003.mkv",
        "Cove 5x1 DTS.mkv",
        "Cove 5.1.mkv",
        "Cove.S01.COMPLETE.1080p.mkv",
        "S01.Episode.1080p.mkv",
        "12 - 05.mkv",
        "Cove - 05 - 06.mkv",
        "Season 1-3/Cove.mkv",
        "Season 1 - 3/01 - Name.mkv",
        "S01-S03/01 - Name.mkv",
        "Seasons 1-3/E0.mkv",
        "Season 1/101 - Name.mkv",
        "Season 1/Cove.mkv",
        "Cove 10bit.mkv",
        "2nd Cove.mkv",
    ] {
        for wanted in [(2, 1), (2, 3), (3, 1), (1, 2), (1, 3), (1, 80), (1, 264)] {
            check(&[path], wanted, None);
        }
    }
    check(&["Season 1-3/01 - Name.mkv", "Season 1-3/S02E01.mkv"], (1, 1), None);
}

#[test]
fn two_files_for_one_episode_are_not_guessed_between() {
    let twice = ["720p/Bay.S01E01.mkv", "1080p/Bay.S01E01.mkv", "Bay.S01E02.mkv"];
    let error = episode(&twice, 1, 1).unwrap_err();
    let files = vec![FileIndex(0), FileIndex(1)];
    assert_eq!(error, NoSuchFile::Ambiguous { season: 1, episode: 1, files });
    assert_eq!(error.to_string(), "files 0, 1 of the torrent all say they are season 1 episode 1");
    check(&twice, (1, 2), Some(2));
    assert!(matches!(episode(&["01.mkv", "Bay - 01.mkv"], 1, 1), Err(NoSuchFile::Ambiguous { .. })));
}

#[test]
fn a_torrent_without_videos_says_so() {
    assert_eq!(episode(&["a.rar", "b.nfo"], 1, 1), Err(NoSuchFile::NoVideo { count: 2 }));
}

#[test]
fn strange_names_are_read_without_harm() {
    for path in [
        "",
        "/",
        "....mkv",
        "e.mkv",
        "s.mkv",
        "s99999999999e1.mkv",
        "第01話.mkv",
        "[[[.mkv",
        "]](.mkv",
        "1x.mkv",
        "–01.mkv",
        "#.mkv",
        "E01E.mkv",
    ] {
        let _ = episode(&[path, "ok.mkv"], 7, 7).unwrap_err();
    }
}
