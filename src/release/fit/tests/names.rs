//! Whole names, as indexers give them, against what is wanted.

use super::*;

/// The lighthouse series: seasons of 13 and 12 episodes, of 2015 and 2017.
#[track_caller]
fn check(numbers: (u32, u32), expected: Fit, names: &[&str]) {
    let wanted = wanted(numbers.0, numbers.1);
    for name in names {
        let release = Release::parse(name);
        assert_eq!(wanted.fit(&release, Vouched::Nothing), expected, "{name}: {release:?}");
    }
}

#[test]
fn the_wanted_episode_is_known_under_all_its_names() {
    check(
        (2, 3),
        Fit::Exact,
        &[
            "The.Lighthouse.S02E03.1080p.WEB-DL.DDP5.1.H.264-TIDE",
            "the lighthouse s02e03 720p hdtv x264-tide",
            "The_Lighthouse_2x03_HDTV.avi",
            "The Lighthouse - S02E03 - The Fog [1080p][HEVC]",
            "[Tide] The Lighthouse - S02E03 (1080p) [ABCD1234].mkv",
            "The.Lighthouse.2015.S02E03.1080p.BluRay.x265",
            "The.Lighthouse.2017.S02E03.2160p.WEB.h265",
            "The.Lighthouse.S02E03E04.720p",
            "The.Lighthouse.S02E02-E03.720p",
            "Der.Leuchtturm.S02E03.German.DL.1080p.BluRay.x264-TIDE",
            "[Tide] The Lighthouse - 16 [1080p].mkv",
            "The.Lighthouse.2017.03.03.720p.WEB.h264",
            "The Lighthouse Season 2 Episode 3 1080p",
        ],
    );
}

#[test]
fn packs_that_should_hold_the_episode_are_packs() {
    check(
        (2, 3),
        Fit::Pack,
        &[
            "The.Lighthouse.S02.1080p.BluRay.x264-TIDE",
            "The Lighthouse Season 2 Complete 720p",
            "The.Lighthouse.S01-S02.1080p.WEB-DL",
            "The.Lighthouse.S01-S05.1080p.WEB-DL",
            "The Lighthouse (2015) Seasons 1-2 1080p",
            "The.Lighthouse.S02E01-E12.1080p",
            "The Lighthouse Complete Series 1080p",
            "[Tide] The Lighthouse (01-25) [1080p]",
        ],
    );
}

#[test]
fn other_episodes_other_shows_and_films_are_never_a_fit() {
    let wanted = wanted(2, 3);
    for name in [
        "The.Lighthouse.S02E04.1080p.WEB-DL",
        "The.Lighthouse.S02E30.1080p.WEB-DL",
        "The.Lighthouse.S02E13.1080p.WEB-DL",
        "The.Lighthouse.S03E02.1080p.WEB-DL",
        "The.Lighthouse.S12E03.1080p.WEB-DL",
        "The.Lighthouse.S01E03.1080p.WEB-DL",
        "The.Lighthouse.S02E01E02.1080p",
        "The.Lighthouse.S02E04-E12.1080p",
        "The.Lighthouse.S01.1080p.BluRay",
        "The.Lighthouse.S03.1080p.BluRay",
        "The.Lighthouse.S03-S05.1080p.BluRay",
        "The.Lighthouse.S00E03.1080p",
        "The Lighthouse 3x02 720p",
        "[Tide] The Lighthouse - 03 [1080p].mkv",
        "[Tide] The Lighthouse - 15 [1080p].mkv",
        "[Tide] The Lighthouse (01-13) [1080p]",
        "The.Lighthouse.2017.03.04.720p.WEB.h264",
        "The.Lighthouse.2017.03.02.720p.WEB.h264",
        "The.Lighthouse.2018.03.03.720p.WEB.h264",
        "The.Lighthouse.After.Dark.S02E03.1080p",
        "After.The.Lighthouse.S02E03.1080p",
        "The.Lighthouses.S02E03.1080p",
        "The.Lighthouse.Keepers.S02E03.1080p",
        "Lighthouse.S02E03.1080p.WEB-DL",
        "The.Lighthouse.US.S02E03.1080p",
        "The.Lighthouse.1999.S02E03.1080p",
        "The.Lighthouse.2019.1080p.BluRay.x264",
        "The Lighthouse 2017 1080p BluRay",
        "S02E03.mkv",
        "2x03",
        "",
    ] {
        let release = Release::parse(name);
        let fit = wanted.fit(&release, Vouched::Nothing);
        assert!(matches!(fit, Fit::Wrong | Fit::Unsure), "{name}: {fit:?} {release:?}");
    }
}

#[test]
fn a_film_is_not_its_sequel_its_series_or_its_namesake() {
    let wanted = Wanted::new(Some(&film("Quiet Harbour", 2012)), TitleKind::Movie, None, None);
    for (name, expected) in [
        ("Quiet.Harbour.2012.1080p.BluRay.x264-TIDE", true),
        ("Quiet Harbour (2012) [2160p] [4K] [WEB] [5.1]", true),
        ("Quiet.Harbor.2012.1080p", false),
        ("Quiet.Harbour.2.2014.1080p.BluRay", false),
        ("Quiet.Harbour.II.2012.1080p.BluRay", false),
        ("Quiet.Harbour.1987.1080p.BluRay", false),
        ("Quiet.Harbour.S01E01.1080p", false),
        ("Quiet.Harbour.S01.2012.1080p", false),
        ("The.Making.of.Quiet.Harbour.2012.1080p", false),
        ("Harbour.2012.1080p", false),
        ("2012", false),
    ] {
        let release = Release::parse(name);
        let fits = wanted.fit(&release, Vouched::Nothing) == Fit::Exact;
        assert_eq!(fits, expected, "{name}: {release:?}");
    }
}

#[test]
fn what_stands_behind_a_dash_or_numbers_a_part_makes_another_film() {
    let wanted = Wanted::new(Some(&film("Seven Quiet Harbours", 2012)), TitleKind::Movie, None, None);
    for (name, expected) in [
        ("Seven Quiet Harbours 1080p BluRay.mkv", true),
        ("Seven Quiet Harbours - Low Tide 1080p BluRay.mkv", false),
        ("Seven Quiet Harbours - Low Tide 2012 1080p BluRay.mkv", false),
        ("Seven Quiet Harbours Part 2.mkv", false),
        ("Seven.Quiet.Harbours.Part.II.1080p.BluRay", false),
    ] {
        let fits = wanted.fit(&Release::parse(name), Vouched::Nothing) == Fit::Exact;
        assert_eq!(fits, expected, "{name}");
    }
    let sequel = Wanted::new(Some(&film("Seven Harbours: Low Tide", 2012)), TitleKind::Movie, None, None);
    let release = Release::parse("Seven Harbours - Low Tide 2012 1080p BluRay.mkv");
    assert_eq!(sequel.fit(&release, Vouched::Nothing), Fit::Exact, "{release:?}");
}

#[test]
fn files_of_daily_shows_and_of_several_films_are_told_by_their_names() {
    let daily = wanted(2, 3);
    let paths = ["The.Lighthouse.2017.03.02.mkv", "The.Lighthouse.2017.03.03.mkv"];
    check_file(&daily, &Release::parse("The Lighthouse 2017 Complete"), &paths, Some(1));
    let film = Wanted::new(Some(&film("Quiet Harbour", 2012)), TitleKind::Movie, None, None);
    let films = ["Quiet.Harbour.2.2014.1080p.mkv", "Quiet.Harbour.2012.1080p.mkv"];
    check_file(&film, &Release::parse("Quiet Harbour Collection"), &films, Some(1));
}
