//! What belongs to a title, and what may or may not.

use super::{Release, check};

/// Checks the title proper of every name, and the longer one, which is empty where there is none.
#[track_caller]
fn check_titles(cases: &[(&str, &str, &str)]) {
    for (name, title, long) in cases {
        let release = Release::parse(name);
        let read = (release.title.as_str(), release.long_title.as_deref().unwrap_or_default());
        assert_eq!(read, (*title, *long), "{name}");
    }
}

#[test]
fn a_title_ends_at_a_dash() {
    check_titles(&[
        ("Quiet Reef - Low Tide 720p BluRay.mkv", "Quiet Reef", "Quiet Reef - Low Tide"),
        ("Quiet Reef - Low Tide - S01E02.mkv", "Quiet Reef", "Quiet Reef - Low Tide"),
        ("Quiet.Reef.-.Low.Tide.2013.1080p.BluRay", "Quiet Reef", "Quiet Reef - Low Tide"),
        ("Quiet_Reef_-_Low_Tide_720p.mkv", "Quiet Reef", "Quiet Reef - Low Tide"),
        ("Quiet_Reef--Low_Tide.mkv", "Quiet Reef", "Quiet Reef--Low Tide"),
        ("[Kelp] Quiet Reef - Low Tide - 05 [720p].mkv", "Quiet Reef", "Quiet Reef - Low Tide"),
        ("Quiet Reef - Low Tide - Anna Kelp 720p", "Quiet Reef", "Quiet Reef - Low Tide - Anna Kelp"),
    ]);
}

#[test]
fn a_country_may_stand_in_front_of_the_dash() {
    for (name, country) in [
        ("Quiet Reef US - Low Tide - S01E02.mkv", Some("US")),
        ("Quiet Reef (UK) - Low Tide - S01E02.mkv", Some("UK")),
        ("Quiet Reef Us - Low Tide - S01E02.mkv", None),
    ] {
        let release = Release::parse(name);
        assert_eq!(release.country.as_deref(), country, "{name}");
        assert_eq!(release.title.len(), if country.is_some() { 10 } else { 13 }, "{name}");
    }
}

#[test]
fn not_every_dash_ends_a_title() {
    check_titles(&[
        ("Quiet Reef - Low Tide (2013) 1080p.mkv", "Quiet Reef - Low Tide", ""),
        ("(2013) Quiet Reef - Low Tide (DVDRip)", "Quiet Reef - Low Tide", ""),
        ("Quiet Reef – Low Tide 720p.mkv", "Quiet Reef – Low Tide", ""),
        ("Quiet-Reef 720p.mkv", "Quiet-Reef", ""),
        ("Quiet Reef -Low Tide 720p.mkv", "Quiet Reef -Low Tide", ""),
        ("300 - The Reef 720p", "300 - The Reef", ""),
        ("Тихий риф - Low Tide 2013 720p", "Low Tide", ""),
    ]);
}

#[test]
fn a_dash_behind_a_numbered_part_ends_it_in_front_of_a_year_too() {
    check_titles(&[
        (
            "Reef Wars: Episode II - Low Tide (2012).mkv",
            "Reef Wars: Episode II",
            "Reef Wars: Episode II - Low Tide",
        ),
        ("Quiet Reef Vol. 2 - Low Tide (2012) 720p", "Quiet Reef Vol. 2", "Quiet Reef Vol. 2 - Low Tide"),
        (
            "Quiet Reef Chapter Two - Low Tide (2012)",
            "Quiet Reef Chapter Two",
            "Quiet Reef Chapter Two - Low Tide",
        ),
    ]);
}

#[test]
fn the_number_of_a_part_belongs_to_the_title_only_in_front_of_a_year() {
    check_titles(&[
        ("The Quiet Reef Part 2.mkv", "The Quiet Reef", "The Quiet Reef Part 2"),
        ("The.Quiet.Reef.Part.III.720p.BluRay", "The Quiet Reef", "The Quiet Reef Part III"),
        ("Quiet Reef Pt. 2 S01E02 720p", "Quiet Reef", "Quiet Reef Pt. 2"),
        ("Quiet.Reef.Part.1of4.720p", "Quiet Reef", "Quiet Reef Part 1of4"),
        ("The.Quiet.Reef.Part.Two.2012.720p", "The Quiet Reef Part Two", ""),
        ("The Quiet Reef Part 2 (2012)", "The Quiet Reef Part 2", ""),
        ("Part of the Reef 720p", "Part of the Reef", ""),
        ("The Best Part 720p", "The Best Part", ""),
    ]);
}

#[test]
fn what_is_sold_beside_a_show_is_not_the_show() {
    check_titles(&[
        ("[Kelp] Umi no Oto OVA - 02 [720p]", "Umi no Oto", "Umi no Oto OVA - 02"),
        ("[Kelp] Umi no Oto OVA 2 [720p].mkv", "Umi no Oto", "Umi no Oto OVA 2"),
        ("[Kelp] Ona Umi - 02 [720p]", "Ona Umi", ""),
    ]);
}

#[test]
fn the_title_of_a_film_stands_behind_its_number_in_a_series() {
    check_titles(&[
        ("Captain_Kelp-f03-Low_Tide.mkv", "Low Tide", ""),
        ("Captain_Kelp-f12-Low_Tide-x02-The_Making.mkv", "Low Tide", ""),
        ("Captain-F1-Race-2012-720p.mkv", "Captain-F1-Race", ""),
        ("Captain F3 Race 720p.mkv", "Captain F3 Race", ""),
    ]);
}

#[test]
fn an_article_behind_a_comma_comes_first() {
    check(&[
        ("Quiet Reef, The (2012) 720p", "The Quiet Reef (2012) 720p"),
        ("Quiet Reef, The - S01E02.mkv", "The Quiet Reef S1 E2"),
        ("Quiet.Reef,.The.2012.720p", "The Quiet Reef (2012) 720p"),
        ("Recif Tranquille, Le (2012)", "Le Recif Tranquille (2012)"),
        ("Reef, Tide, and Kelp (2012)", "Reef, Tide, and Kelp (2012)"),
    ]);
}

#[test]
fn points_between_many_initials_stay() {
    check(&[
        ("K.E.L.P.S01E02.720p", "K.E.L.P. S1 E2 720p"),
        ("The.Men.of.K.E.L.P.S01E02.720p", "The Men of K.E.L.P. S1 E2 720p"),
        ("The.Men.of.K.E.L.P-S01E02.720p", "The Men of K.E.L.P S1 E2 720p"),
        ("K.E.L.P.Under.Water.2012.720p", "K.E.L.P. Under Water (2012) 720p"),
        ("The.Q.R.2012.720p", "The Q R (2012) 720p"),
        ("Plan.R.2.2012.720p", "Plan R 2 (2012) 720p"),
        ("Down.in.a.Reef.2012.720p", "Down in a Reef (2012) 720p"),
    ]);
}

#[test]
fn words_that_titles_begin_with_show_that_a_group_leads() {
    check_titles(&[
        ("tide-the.quiet.reef.2012.1080p.bluray.x264.mkv", "the quiet reef", ""),
        ("tide-how.to.dive.2012.1080p.bluray.x264.mkv", "how to dive", ""),
        ("tide-pool.2012.1080p.bluray.x264.mkv", "tide-pool", ""),
        ("Tide-The.Reef.2012.1080p.BluRay.mkv", "Tide-The Reef", ""),
    ]);
}

#[test]
fn words_about_the_release_in_front_of_the_year_are_none_of_the_title() {
    check(&[
        ("Quiet.Reef.CAM.2012.XviD", "Quiet Reef (2012)"),
        ("Quiet.Reef.SUBBED.2012.XviD", "Quiet Reef (2012)"),
        ("Quiet.Reef.2in1.2012.XviD", "Quiet Reef (2012)"),
        ("Quiet Reef TV Series S01 720p", "Quiet Reef S1 720p"),
        ("Quiet Reef TV Mini-Series 2012 720p", "Quiet Reef (2012) 720p"),
        ("Quiet.Reef.VOSTA.720p", "Quiet Reef 720p"),
        ("Quiet.Reef.UK.720p.WEB", "Quiet Reef 720p"),
        ("Save.Us.720p.WEB", "Save Us 720p"),
        ("Quiet.Reef.TS.2012.XviD", "Quiet Reef (2012)"),
        ("Quiet.Reef.DC.2012.720p", "Quiet Reef (2012) 720p"),
        ("Quiet.Reef.Cam.2012.720p", "Quiet Reef Cam (2012) 720p"),
        ("THE WEB 2012 720P", "THE WEB (2012) 720p"),
    ]);
}
