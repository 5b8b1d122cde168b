//! Shows: seasons, episodes, packs.

use super::{Release, check};

#[test]
fn season_and_episode_stand_together_in_many_ways() {
    check(&[
        ("Harbour.Lights.S03E07.1080p.WEB.h264-Kelp", "Harbour Lights S3 E7 1080p"),
        ("harbour.lights.s03e07.720p.hdtv.x264-kelp", "harbour lights S3 E7 720p"),
        (
            "Harbour Lights S03E07 The Long Tide 1080p AMZN WEB-DL DDP5.1 H.264-Kelp",
            "Harbour Lights S3 E7 1080p",
        ),
        ("Harbour Lights - S03E07 - The Long Tide.mkv", "Harbour Lights S3 E7"),
        ("Harbour Lights - s3e7.mkv", "Harbour Lights S3 E7"),
        ("Harbour Lights S03 E07 720p.mkv", "Harbour Lights S3 E7 720p"),
        ("Harbour_Lights_S03_E07_(720p).mp4", "Harbour Lights S3 E7 720p"),
        ("Harbour.Lights.S03.E07.DVDRip.XviD.avi", "Harbour Lights S3 E7"),
        ("Harbour Lights - [S03E07] - The Long Tide [WEBDL-1080p].mkv", "Harbour Lights S3 E7 1080p"),
        ("Harbour Lights (S03E07) The Long Tide", "Harbour Lights S3 E7"),
        ("Harbour.Lights.S03Ep07.720p", "Harbour Lights S3 E7 720p"),
        ("Harbour.Lights.S3.Ep7.mkv", "Harbour Lights S3 E7"),
        ("Harbour.Lights.3x07.The.Long.Tide.HDTV.XviD-KLP.avi", "Harbour Lights S3 E7"),
        ("Harbour Lights - 03x07 - The Long Tide.avi", "Harbour Lights S3 E7"),
        ("Harbour Lights 3x07 (720p).mkv", "Harbour Lights S3 E7 720p"),
        ("Harbour Lights [3x07] The Long Tide", "Harbour Lights S3 E7"),
        ("Harbour Lights Season 3 Episode 7 - The Long Tide", "Harbour Lights S3 E7"),
        ("Harbour Lights, Season 3, Episode 7.mp4", "Harbour Lights S3 E7"),
        ("Harbour.Lights.Season.03.Episode.07.1080p", "Harbour Lights S3 E7 1080p"),
        ("Harbour Lights Season 3 Ep. 7", "Harbour Lights S3 E7"),
        ("Harbour.Lights.S12E103.mkv", "Harbour Lights S12 E103"),
        ("Harbour.Lights.S2019E112.720p.WEB", "Harbour Lights (2019) S2019 E112 720p"),
        ("Harbour.Lights.S03E07b.mkv", "Harbour Lights S3 E7"),
        ("Harbour.Lights.S03E07v2.1080p.mkv", "Harbour Lights S3 E7 1080p"),
        ("Harbour.Lights.S00E02.Making.Of.mkv", "Harbour Lights S0 E2"),
        ("S03E07.mkv", "S3 E7"),
        ("S03E07.The.Long.Tide.1080p.mkv", "S3 E7 1080p"),
    ]);
}

#[test]
fn several_episodes_of_one_file_are_all_read() {
    check(&[
        ("Harbour.S01E01-E03.1080p.mkv", "Harbour S1 E1-3 1080p"),
        ("Harbour.S01E01-03.1080p.mkv", "Harbour S1 E1-3 1080p"),
        ("Harbour.S01E01E02.1080p.mkv", "Harbour S1 E1-2 1080p"),
        ("Harbour.S01E01E02E03.mkv", "Harbour S1 E1-3"),
        ("Harbour S01E01 & E02.mkv", "Harbour S1 E1-2"),
        ("Harbour S01E01+E02 720p.mkv", "Harbour S1 E1-2 720p"),
        ("Harbour.S01E01.E02.mkv", "Harbour S1 E1-2"),
        ("Harbour S01E01-S01E04.mkv", "Harbour S1 E1-4"),
        ("Harbour - 1x01-1x24 - Complete", "Harbour S1 E1-24"),
        ("Harbour.1x01-02.Pilot.avi", "Harbour S1 E1-2"),
        ("Harbour 1x01x02.avi", "Harbour S1 E1-2"),
        ("Harbour S01 E01 - E12 720p", "Harbour S1 E1-12 720p"),
        ("Harbour S02 (E01-E10) 1080p", "Harbour S2 E1-10 1080p"),
        ("Harbour S02 [01-10] 1080p", "Harbour S2 E1-10 1080p"),
        ("Harbour S02 EP(01-10) 1080p", "Harbour S2 E1-10 1080p"),
        ("Harbour.Season.2.Episodes.1-10.720p", "Harbour S2 E1-10 720p"),
        ("Harbour Season 2 Episodes 01 to 10 720p", "Harbour S2 E1-10 720p"),
        ("Harbour E01-E12 720p", "Harbour E1-12 720p"),
        ("Harbour S01E01 to E10 720p", "Harbour S1 E1-10 720p"),
        ("Harbour 1x01 a 1x10", "Harbour S1 E1-10"),
        ("Harbour S01E01,02,03", "Harbour S1 E1-3"),
    ]);
}

#[test]
fn packs_hold_seasons() {
    check(&[
        ("Harbour.Lights.S03.1080p.BluRay.x265-Kelp", "Harbour Lights S3 1080p"),
        ("Harbour Lights S03 COMPLETE 720p WEB-DL", "Harbour Lights S3 720p"),
        ("Harbour Lights Season 3 Complete 720p", "Harbour Lights S3 720p"),
        ("Harbour Lights Complete Season 3 720p", "Harbour Lights S3 720p"),
        ("Harbour Lights The Complete Season 3", "Harbour Lights S3"),
        ("Harbour Lights (Season 3) [1080p]", "Harbour Lights S3 1080p"),
        ("Harbour Lights - Season 3 (2019) [720p]", "Harbour Lights (2019) S3 720p"),
        ("Harbour Lights 3rd Season [1080p]", "Harbour Lights S3 1080p"),
        ("Harbour Lights Third Season 720p", "Harbour Lights S3 720p"),
        ("Harbour Lights Season Three 720p", "Harbour Lights S3 720p"),
        ("Harbour Lights seasons.1.to.3", "Harbour Lights S1-3"),
        ("Harbour Lights season1-3 720p", "Harbour Lights S1-3 720p"),
        ("Harbour Lights - The Complete First Season 720p", "Harbour Lights S1 720p"),
        ("Harbour Lights (Complete TV Series) 720p", "Harbour Lights 720p"),
        ("Harbour Lights (2019) Complete 16 Episodes 720p", "Harbour Lights (2019) 720p"),
        ("Harbour.Lights.S01-S05.1080p.BluRay.x265", "Harbour Lights S1-5 1080p"),
        ("Harbour.Lights.S01-05.1080p.BluRay.x265", "Harbour Lights S1-5 1080p"),
        ("Harbour Lights S1-S5 720p", "Harbour Lights S1-5 720p"),
        ("Harbour Lights S1-5 720p", "Harbour Lights S1-5 720p"),
        ("Harbour Lights S01 S02 S03 720p", "Harbour Lights S1-3 720p"),
        ("Harbour Lights S01+S02 720p", "Harbour Lights S1-2 720p"),
        ("Harbour Lights S01, S02, S04 720p", "Harbour Lights S1-2,4 720p"),
        ("Harbour Lights Seasons 1-5 Complete 720p", "Harbour Lights S1-5 720p"),
        ("Harbour Lights Seasons 1 to 5 720p", "Harbour Lights S1-5 720p"),
        ("Harbour Lights Seasons 1 & 2", "Harbour Lights S1-2"),
        ("Harbour Lights Season 1, 2, 3 and 4 DVDRip", "Harbour Lights S1-4"),
        ("Harbour Lights Season 1-5 + Movie", "Harbour Lights S1-5"),
        ("Harbour Lights Season 1-3 & 5", "Harbour Lights S1-3,5"),
        ("Harbour.Lights.S01D02.COMPLETE.BLURAY", "Harbour Lights S1"),
        ("Harbour Lights (Seasons 01-05) 1080p", "Harbour Lights S1-5 1080p"),
        ("Harbour.Lights.The.Complete.Series.1080p.BluRay", "Harbour Lights 1080p"),
        ("Harbour Lights (2012) S01-S04 (1080p BluRay x265)", "Harbour Lights (2012) S1-4 1080p"),
        ("Harbour Lights S01-S04 (2012-2016) 1080p", "Harbour Lights (2012) S1-4 1080p"),
        ("Harbour Lights 2012-2016 S01-S04 1080p", "Harbour Lights (2012) S1-4 1080p"),
    ]);
    assert!(Release::parse("Harbour Lights The Complete Series 720p").complete);
    assert!(Release::parse("Harbour.Lights.S01.COMPLETE.720p").complete);
    assert!(!Release::parse("The Complete Angler (2003) 720p").complete);
}

#[test]
fn the_year_of_a_show_is_no_part_of_its_title() {
    check(&[
        ("Harbour.Lights.2012.S03E07.1080p.WEB.h264-Kelp", "Harbour Lights (2012) S3 E7 1080p"),
        ("Harbour Lights (2012) - S03E07 - The Long Tide.mkv", "Harbour Lights (2012) S3 E7"),
        ("Harbour.Lights.(2012).3x07.mkv", "Harbour Lights (2012) S3 E7"),
        ("Harbour.Lights.US.S03E07.1080p", "Harbour Lights S3 E7 1080p"),
        ("Harbour Lights (UK) - S03E07", "Harbour Lights S3 E7"),
        ("Harbour.Lights.S03E07.2019.1080p.WEB", "Harbour Lights (2019) S3 E7 1080p"),
        ("1931.S02E03.1080p.WEB.h264-Kelp", "1931 S2 E3 1080p"),
        ("47 - S01E04 - x264.mkv", "47 S1 E4"),
        ("The 300 S01E04 720p", "The 300 S1 E4 720p"),
        ("5-1-1.S02E03.1080p", "5-1-1 S2 E3 1080p"),
        ("11.22.33.Lakes.S01E02.720p", "11 22 33 Lakes S1 E2 720p"),
        ("Kelp 2049 S01E02 720p", "Kelp 2049 S1 E2 720p"),
        ("Them.and.Us.S01E02.720p", "Them and Us S1 E2 720p"),
    ]);
    assert_eq!(Release::parse("Harbour.Lights.US.S03E07").country.as_deref(), Some("US"));
    assert_eq!(Release::parse("Harbour Lights (UK) S03E07").country.as_deref(), Some("UK"));
    assert_eq!(Release::parse("Them.and.Us.S01E02").country, None);
}

#[test]
fn an_episode_may_have_no_season() {
    check(&[
        ("Harbour Lights Episode 12 720p", "Harbour Lights E12 720p"),
        ("Harbour Lights - Ep 12.mkv", "Harbour Lights E12"),
        ("Harbour Lights EP12 720p", "Harbour Lights E12 720p"),
        ("Harbour.Lights.E12.720p.HDTV", "Harbour Lights E12 720p"),
        ("Harbour Lights 3of6 The Reef 720p", "Harbour Lights E3 720p"),
        ("Harbour Lights 3 of 6 The Reef 720p", "Harbour Lights E3 720p"),
        ("Harbour.Lights.Series.2.3of6.The.Reef.720p", "Harbour Lights S2 E3 720p"),
        ("BBC.Harbour.Lights.1of3.The.Sea.PDTV.x264", "BBC Harbour Lights E1"),
        ("Harbour Lights Ep #12 [ABCDEF01].mkv", "Harbour Lights E12"),
        ("Harbour Lights #12.mkv", "Harbour Lights E12"),
        ("Harbour Lights 005 - The Long Tide.mkv", "Harbour Lights E5"),
        ("The #1 Harbour (2012) 720p", "The #1 Harbour (2012) 720p"),
    ]);
}

#[test]
fn a_bare_number_is_an_episode_where_its_place_says_so() {
    check(&[
        ("Harbour Lights S02 03.mkv", "Harbour Lights S2 E3"),
        ("Harbour Lights S2 - 03 [720p].mkv", "Harbour Lights S2 E3 720p"),
        ("Harbour Lights Season 2 - 03 [720p].mkv", "Harbour Lights S2 E3 720p"),
        ("harbour_02_13.avi", "harbour S2 E13"),
        ("2-13. The Reef.mkv", "The Reef S2 E13"),
        ("07 - The Long Tide.mkv", "The Long Tide E7"),
        ("07.The.Long.Tide.mkv", "The Long Tide E7"),
        ("Harbour Lights - 07 - The Long Tide.mkv", "Harbour Lights E7"),
        ("Harbour Lights 07.mkv", "Harbour Lights E7"),
        ("harbour.lights.307.hdtv-klp.avi", "harbour lights S3 E7"),
        ("harbour.lights.1011.hdtv-klp.avi", "harbour lights 1011"),
        ("Harbour Lights.05.The Long Tide.[example.org.ru].avi", "Harbour Lights E5"),
        ("Harbour Lights [2.05] The Long Tide.avi", "Harbour Lights S2 E5"),
        ("Harbour Lights 2nd Season 05 VOSTFR.mp4", "Harbour Lights S2 E5"),
        ("HarbourLightsS01E02.mkv", "HarbourLights S1 E2"),
        ("Harbour Lights - 1x2 - The Long Tide.avi", "Harbour Lights S1 E2"),
        ("Harbour Lights - 2x13&14 - The Long Tide.mkv", "Harbour Lights S2 E13-14"),
        ("Harbour Races 2019x05 The Race 1080p", "Harbour Races (2019) S2019 E5 1080p"),
    ]);
}

#[test]
fn numbers_that_mean_something_else_are_no_episodes() {
    check(&[
        ("Cove.1080p.x264.mkv", "Cove 1080p"),
        ("Cove.1920x1080.x264.mkv", "Cove 1080p"),
        ("Cove.2003.DVDRip.mkv", "Cove (2003)"),
        ("Cove 2003 5.1 x264 10bit", "Cove (2003)"),
        ("Cove.2003.DD5.1.H.264-Kelp", "Cove (2003)"),
        ("Cove.2003.1080p.DTS-HD.MA.7.1.H264-K05", "Cove (2003) 1080p"),
        ("Cove 2 (2003) 720p", "Cove 2 (2003) 720p"),
        ("Cove.Part.2.2003.720p", "Cove Part 2 (2003) 720p"),
        ("Cove Vol. 2 (2003) 720p", "Cove Vol. 2 (2003) 720p"),
        ("Cove 2003 CD1.avi", "Cove (2003)"),
        ("Cove (2003) 1.4GB 720p", "Cove (2003) 720p"),
        ("Cove 2003 720p 60fps", "Cove (2003) 720p"),
        ("Cove.S01.COMPLETE.1080p.mkv", "Cove S1 1080p"),
        ("Cove.S01.10bit.1080p", "Cove S1 1080p"),
        ("Cove S01 5.1 1080p", "Cove S1 1080p"),
        ("Cove S01 720p", "Cove S1 720p"),
        ("Cove S01 1080 x265", "Cove S1 1080p"),
        ("Cove.S01.264-Kelp", "Cove S1"),
        ("Cove.S01E03.720p", "Cove S1 E3 720p"),
        ("Cove.S01E03-720p", "Cove S1 E3 720p"),
        ("Cove.S01E03.10bit", "Cove S1 E3"),
        ("Cove S01E03 - 10 Ways.mkv", "Cove S1 E3"),
        ("Cove S01E03 264", "Cove S1 E3"),
        ("12 Coves 1995 1080p BluRay", "12 Coves (1995) 1080p"),
        ("District 12.mkv", "District 12"),
        ("Apollo 13 (1995) [1080p]", "Apollo 13 (1995) 1080p"),
        ("300.2006.1080p.BluRay.x264", "300 (2006) 1080p"),
        ("300.mkv", "300"),
        ("12.mkv", "12"),
    ]);
}

#[test]
fn folders_say_what_their_files_do_not() {
    check(&[
        ("Harbour Lights/Season 3/07 - The Long Tide.mkv", "Harbour Lights S3 E7"),
        ("Harbour Lights/Season 03/Episode 07.mkv", "Harbour Lights S3 E7"),
        ("Harbour Lights (2012)/Season 3/S03E07.mkv", "Harbour Lights (2012) S3 E7"),
        ("Harbour.Lights.S03.1080p.BluRay/07.mkv", "Harbour Lights S3 E7 1080p"),
        ("Harbour.Lights.S03E07.1080p-KLP/klp-hl307.mkv", "Harbour Lights S3 E7 1080p"),
        ("Movies/Cove (2003)/Cove.2003.1080p.mkv", "Cove (2003) 1080p"),
        ("Movies/Cove (2003)/klp-cove.mkv", "Cove (2003)"),
        ("/media/films/Cove (2003).mkv", "Cove (2003)"),
        ("Harbour Lights/Specials/02.mkv", "Harbour Lights S0 E2"),
        ("Harbour Lights (2012)/VIDEO_TS/VTS_01_1.VOB", "Harbour Lights (2012)"),
        ("Harbour Lights DVDRip.XviD-KLP/klp-hl.cd1.avi", "Harbour Lights"),
        ("Harbour.Lights.S03.720p/Subs/Harbour.Lights.S03E07.srt", "Harbour Lights S3 E7 720p"),
        ("Сезон 3/Серия 7.mkv", "S3 E7"),
    ]);
}
