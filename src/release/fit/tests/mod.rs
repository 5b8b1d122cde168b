mod names;

use super::*;
use crate::domain::{FileEntry, FileIndex, TitleEpisode};
use crate::release::NoSuchFile;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A series of two seasons with `first` and `second` episodes, one a day from the given days on.
fn series(name: &str, (first, second): (u32, u32)) -> Title {
    let episode = |season, episode, absolute| TitleEpisode {
        season,
        episode,
        absolute: Some(absolute),
        name: None,
        released: Date::new(if season == 1 { 2015 } else { 2017 }, 3, u8::try_from(episode).unwrap()),
    };
    let mut episodes: Vec<TitleEpisode> = (1..=first).map(|number| episode(1, number, number)).collect();
    episodes.extend((1..=second).map(|number| episode(2, number, first + number)));
    Title {
        kind: TitleKind::Series,
        name: name.to_owned(),
        aliases: vec!["Der Leuchtturm".to_owned()],
        year: Some(2015),
        last_year: Some(2017),
        imdb: None,
        episodes,
    }
}

fn film(name: &str, year: u16) -> Title {
    Title {
        kind: TitleKind::Movie,
        year: Some(year),
        aliases: Vec::new(),
        last_year: None,
        ..series(name, (0, 0))
    }
}

fn release(title: &str) -> Release {
    Release { title: title.to_owned(), ..Release::default() }
}

fn year(title: &str, year: u16) -> Release {
    Release { year: Some(year), ..release(title) }
}

fn episodes(title: &str, seasons: &[u32], episodes: impl IntoIterator<Item = u32>) -> Release {
    Release { seasons: seasons.to_vec(), episodes: episodes.into_iter().collect(), ..release(title) }
}

/// The wanted episode of a lighthouse series with 13 and 12 episodes.
fn wanted(season: u32, episode: u32) -> Wanted {
    Wanted::new(Some(&series("The Lighthouse", (13, 12))), TitleKind::Series, Some((season, episode)), None)
}

#[test]
fn a_film_needs_its_name_and_about_its_year() {
    let wanted = Wanted::new(Some(&film("Quiet Harbour Nights", 2012)), TitleKind::Movie, None, None);
    for (release, expected) in [
        (year("Quiet Harbour Nights", 2012), Fit::Exact),
        (year("quiet harbour-nights", 2013), Fit::Exact),
        (year("Quiet Harbour Nights", 2014), Fit::Wrong),
        (year("The Quiet Harbour Nights", 2012), Fit::Exact),
        (year("The Quiet Harbour Nights", 2013), Fit::Unsure),
        (release("Quiet Harbour Nights"), Fit::Exact),
        (release("The Quiet Harbour Nights"), Fit::Unsure),
        (year("Quiet Harbour Nights 2", 2012), Fit::Wrong),
        (year("Quiet Harbour", 2012), Fit::Wrong),
        (year("The Making of Quiet Harbour Nights", 2012), Fit::Wrong),
        (episodes("Quiet Harbour Nights", &[1], [2]), Fit::Wrong),
        (episodes("Quiet Harbour Nights", &[1], []), Fit::Wrong),
        (episodes("Quiet Harbour Nights", &[], [2]), Fit::Wrong),
        (Release { date: Some(day("2012-01-01")), ..release("Quiet Harbour Nights") }, Fit::Wrong),
        (Release { complete: true, ..year("Quiet Harbour Nights", 2012) }, Fit::Pack),
        (
            Release {
                other_titles: vec!["Quiet Harbour Nights".to_owned()], ..year("Тихая гавань", 2012)
            },
            Fit::Exact,
        ),
    ] {
        assert_eq!(wanted.fit(&release, Vouched::Nothing), expected, "{release:?}");
    }
}

#[test]
fn a_short_film_name_without_a_year_could_be_many_a_film() {
    let wanted = Wanted::new(Some(&film("Harbour", 2012)), TitleKind::Movie, None, None);
    assert_eq!(wanted.fit(&release("Harbour"), Vouched::Nothing), Fit::Unsure);
    assert_eq!(wanted.fit(&release("Harbour"), Vouched::Title), Fit::Exact);
    assert_eq!(wanted.fit(&year("Harbour", 2012), Vouched::Nothing), Fit::Exact);
}

#[test]
fn a_number_at_the_end_of_a_name_is_not_the_year() {
    let wanted = Wanted::new(Some(&film("Harbour Runner 2049", 2017)), TitleKind::Movie, None, None);
    assert_eq!(wanted.fit(&year("Harbour Runner", 2049), Vouched::Nothing), Fit::Exact);
    assert_eq!(wanted.fit(&year("Harbour Runner 2049", 2017), Vouched::Nothing), Fit::Exact);
    assert_eq!(wanted.fit(&year("Harbour Runner", 2017), Vouched::Nothing), Fit::Exact);
    assert_eq!(wanted.fit(&year("Harbour Runner", 1982), Vouched::Nothing), Fit::Wrong);
}

#[test]
fn an_episode_is_exact_in_its_own_file_and_a_pack_otherwise() {
    let title = "The Lighthouse";
    for (release, expected) in [
        (episodes(title, &[2], [3]), Fit::Exact),
        (episodes(title, &[2], [2, 3]), Fit::Exact),
        (episodes(title, &[2], 1..=12), Fit::Pack),
        (episodes(title, &[2], []), Fit::Pack),
        (episodes(title, &[1, 2, 3], []), Fit::Pack),
        (episodes(title, &[1, 2], [1, 2, 3]), Fit::Pack),
        (Release { complete: true, ..release(title) }, Fit::Pack),
        (release(title), Fit::Pack),
        (episodes(title, &[], [16]), Fit::Exact),
        (episodes(title, &[], 1..=25), Fit::Pack),
        (episodes("Der Leuchtturm", &[2], [3]), Fit::Exact),
        (Release { date: Some(day("2017-03-03")), ..release(title) }, Fit::Exact),
    ] {
        assert_eq!(wanted(2, 3).fit(&release, Vouched::Nothing), expected, "{release:?}");
    }
}

#[test]
fn another_episode_is_never_a_fit() {
    let title = "The Lighthouse";
    for release in [
        episodes(title, &[2], [4]),
        episodes(title, &[2], [33]),
        episodes(title, &[2], [1, 2]),
        episodes(title, &[2], 4..=12),
        episodes(title, &[1], [3]),
        episodes(title, &[3], [3]),
        episodes(title, &[1], []),
        episodes(title, &[0], [3]),
        episodes(title, &[], [3]),
        episodes(title, &[], 1..=13),
        episodes("Lighthouse Keeper", &[2], [3]),
        episodes("The Lighthouse After Dark", &[2], [3]),
        Release { date: Some(day("2017-03-05")), ..release(title) },
        Release { year: Some(1999), ..episodes(title, &[2], [3]) },
        Release { year: Some(2016), ..episodes(title, &[2], [3]) },
        Release { year: Some(2021), ..episodes(title, &[2], [3]) },
    ] {
        assert_eq!(wanted(2, 3).fit(&release, Vouched::Nothing), Fit::Wrong, "{release:?}");
    }
}

#[test]
fn what_may_be_another_series_or_a_film_is_unsure() {
    let title = "The Lighthouse";
    for release in [
        // An article is all that tells it from another series.
        episodes("Lighthouse", &[2], [3]),
        episodes("The Lighthouse US", &[2], [3]),
        // A film of this name.
        year(title, 2017),
        // The day before: another time zone, or another episode.
        Release { date: Some(day("2017-03-02")), ..release(title) },
    ] {
        assert_eq!(wanted(2, 3).fit(&release, Vouched::Nothing), Fit::Unsure, "{release:?}");
    }
    let with_year = Release { year: Some(2015), ..episodes("Lighthouse", &[2], [3]) };
    assert_eq!(wanted(2, 3).fit(&with_year, Vouched::Nothing), Fit::Exact);
}

#[test]
fn the_version_of_a_country_needs_its_year_or_a_name_with_the_country() {
    let american =
        |year| Release { country: Some("US".to_owned()), year, ..episodes("The Lighthouse", &[2], [3]) };
    assert_eq!(wanted(2, 3).fit(&american(None), Vouched::Nothing), Fit::Unsure);
    assert_eq!(wanted(2, 3).fit(&american(Some(2015)), Vouched::Nothing), Fit::Exact);
    let mut title = series("The Lighthouse", (13, 12));
    title.aliases.push("The Lighthouse (US)".to_owned());
    let wanted = Wanted::new(Some(&title), TitleKind::Series, Some((2, 3)), None);
    assert_eq!(wanted.fit(&american(None), Vouched::Nothing), Fit::Exact);
    let british = Release { country: Some("UK".to_owned()), ..american(None) };
    assert_eq!(wanted.fit(&british, Vouched::Nothing), Fit::Unsure);
}

#[test]
fn the_year_of_the_season_is_a_fit_too() {
    for (year, expected) in [(2015, Fit::Exact), (2017, Fit::Exact), (2016, Fit::Wrong), (2018, Fit::Wrong)] {
        let release = Release { year: Some(year), ..episodes("The Lighthouse", &[2], [3]) };
        assert_eq!(wanted(2, 3).fit(&release, Vouched::Nothing), expected, "{year}");
    }
    let whole = Release { year: Some(2016), ..episodes("The Lighthouse", &[1, 2], []) };
    assert_eq!(wanted(2, 3).fit(&whole, Vouched::Nothing), Fit::Pack);
}

#[test]
fn without_a_catalogue_only_what_is_vouched_for_is_taken() {
    let blind = Wanted::new(None, TitleKind::Series, Some((2, 3)), None);
    let right = episodes("Anything", &[2], [3]);
    assert_eq!(blind.fit(&right, Vouched::Nothing), Fit::Wrong);
    assert_eq!(blind.fit(&right, Vouched::Title), Fit::Exact);
    assert_eq!(blind.fit(&episodes("Anything", &[2], [4]), Vouched::Title), Fit::Wrong);
    assert_eq!(blind.fit(&episodes("Anything", &[], [4]), Vouched::Title), Fit::Unsure);
}

#[test]
fn who_vouches_for_the_video_is_not_believed_against_its_name() {
    for (release, expected) in [
        (release("anything"), Fit::Pack),
        (year("anything", 1950), Fit::Exact),
        (episodes("anything", &[2], [3]), Fit::Exact),
        (episodes("anything", &[2], []), Fit::Pack),
        (episodes("anything", &[2], [4]), Fit::Wrong),
        (episodes("anything", &[3], []), Fit::Wrong),
    ] {
        assert_eq!(wanted(2, 3).fit(&release, Vouched::Video), expected, "{release:?}");
    }
}

/// A torrent of these files, each a little larger than the one before.
fn table(paths: &[&str]) -> Vec<FileEntry> {
    let file = |(path, length): (&&str, u64)| FileEntry {
        path: (*path).to_owned(),
        length: length << 20,
        offset: 0,
        padding: false,
    };
    paths.iter().zip(1000..).map(file).collect()
}

#[track_caller]
fn check_file(wanted: &Wanted, named: &Release, paths: &[&str], expected: Option<u32>) {
    let found = wanted.file(&table(paths), named);
    assert_eq!(found.as_ref().ok(), expected.map(FileIndex).as_ref(), "{found:?} in {paths:?}");
}

#[test]
fn a_pack_gives_the_very_episode_or_nothing() {
    let pack = episodes("The Lighthouse", &[1, 2], []);
    let seasons = ["S01E03.mkv", "S02E02.mkv", "S02E03.mkv", "S02E03.srt"];
    check_file(&wanted(2, 3), &pack, &seasons, Some(2));
    check_file(&wanted(2, 4), &pack, &seasons, None);
    check_file(&wanted(2, 3), &pack, &["a/S02E03.mkv", "b/S02E03.mkv"], None);
}

#[test]
fn numbers_that_go_on_through_the_seasons_are_understood_where_the_count_is_known() {
    let whole = release("The Lighthouse");
    check_file(&wanted(2, 3), &whole, &["Lighthouse - 03.mkv", "Lighthouse - 16.mkv"], Some(1));
    check_file(&wanted(2, 3), &whole, &["Lighthouse - 03.mkv", "Lighthouse - 15.mkv"], None);
    check_file(&wanted(2, 3), &whole, &["S01E16.mkv", "Lighthouse - 16.mkv"], None);
    let uncounted = Wanted::new(None, TitleKind::Series, Some((2, 3)), None);
    check_file(&uncounted, &whole, &["Lighthouse - 03.mkv", "Lighthouse - 16.mkv"], None);
}

#[test]
fn bare_numbers_in_one_season_begin_anew_or_go_on_and_are_not_guessed() {
    let season = episodes("The Lighthouse", &[2], []);
    check_file(&wanted(2, 3), &season, &["Lighthouse - 01.mkv", "Lighthouse - 03.mkv"], Some(1));
    check_file(&wanted(2, 3), &season, &["Lighthouse - 14.mkv", "Lighthouse - 16.mkv"], Some(1));
    check_file(&wanted(2, 3), &season, &["Lighthouse - 14.mkv", "Lighthouse - 15.mkv"], None);
    let other = episodes("The Lighthouse", &[3], []);
    check_file(&wanted(2, 3), &other, &["Lighthouse - 03.mkv", "Lighthouse - 16.mkv"], None);
    // After a first season of two episodes, 3 may be the third of the second season or its first.
    let short = series("The Lighthouse", (2, 12));
    let wanted = Wanted::new(Some(&short), TitleKind::Series, Some((2, 1)), None);
    check_file(&wanted, &season, &["Lighthouse - 03.mkv", "Lighthouse - 04.mkv"], None);
}

#[test]
fn the_only_video_of_a_release_of_one_episode_is_that_episode_unless_it_says_otherwise() {
    let one = episodes("The Lighthouse", &[2], [3]);
    check_file(&wanted(2, 3), &one, &["qx81z.mkv", "readme.txt"], Some(0));
    check_file(&wanted(2, 3), &one, &["lighthouse.S02E04.mkv"], None);
    check_file(&wanted(2, 3), &one, &["qx81z.mkv", "qx82z.mkv"], None);
    check_file(&wanted(2, 3), &episodes("The Lighthouse", &[2], []), &["qx81z.mkv"], None);
    check_file(&wanted(2, 3), &episodes("The Lighthouse", &[], [16]), &["[Aa] Lighthouse - 16.mkv"], Some(0));
}

#[test]
fn the_film_of_a_torrent_is_its_one_long_video() {
    let wanted = Wanted::new(Some(&film("Quiet Harbour Nights", 2012)), TitleKind::Movie, None, None);
    let mut files = table(&["making of.mkv", "feature.mkv", "booklet.pdf"]);
    files[0].length /= 10;
    assert_eq!(wanted.file(&files, &Release::default()), Ok(FileIndex(1)));
    let two = table(&["one.mkv", "two.mkv"]);
    let files = vec![FileIndex(0), FileIndex(1)];
    assert_eq!(wanted.file(&two, &Release::default()), Err(NoSuchFile::Several { files }));
}
