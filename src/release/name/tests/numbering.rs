//! Seasons and episodes in forms that are less usual.

use super::check;

#[test]
fn a_tag_may_touch_the_title_or_lack_a_letter() {
    check(&[
        ("HarbourLights2x03.avi", "HarbourLights S2 E3"),
        ("The.Harbour.At.Night1x01.HDTV.XviD[www.Example.com].avi", "The Harbour At Night S1 E1"),
        ("Harbour 02E03.mkv", "Harbour S2 E3"),
        ("Harbour.S0512.720p.WEB-DL", "Harbour S5 E12 720p"),
        ("Harbour.S2015.720p", "Harbour S2015 720p"),
        ("Harbour Sn2 Ep03 HDTV", "Harbour S2 E3"),
        ("Harbour Se02.Ep03", "Harbour S2 E3"),
        ("Harbour S 02 E 03 720p", "Harbour S2 E3 720p"),
        ("harbour_s03ep_02.avi", "harbour S3 E2"),
        ("Harbour.Season2Episode3.avi", "Harbour S2 E3"),
        ("Harbour 1xAll 720p", "Harbour S1 720p"),
        ("Harbour AACx2 1080p", "Harbour 1080p"),
    ]);
}

#[test]
fn a_tag_may_touch_the_lines() {
    check(&[
        ("clv.3x11m720p.es[www.example.com].mkv", "clv S3 E11 720p"),
        ("harbour.2x04m1080p.mkv", "harbour S2 E4 1080p"),
        ("Harbour.S02E04x264.mkv", "Harbour S2 E4"),
    ]);
}

#[test]
fn two_episodes_behind_a_dash_are_listed() {
    check(&[
        ("Harbour Lights - 103, 104 - The Reef - The Shore.mkv", "Harbour Lights E103-104"),
        ("Harbour Lights - 07, 08 [720p]", "Harbour Lights E7-8 720p"),
        ("Harbour Lights - 103, 204 Ways.mkv", "Harbour Lights - 103, 204 Ways"),
        ("Harbour Lights - 10, 11 and 12 Ways.mkv", "Harbour Lights - 10, 11 and 12 Ways"),
        ("10, 11 Ways (2008).mkv", "10, 11 Ways (2008)"),
    ]);
}

#[test]
fn a_word_in_front_of_a_tag_adds_nothing() {
    check(&[
        ("Harbour Season S01-S07 COMPLETE 720p", "Harbour S1-7 720p"),
        ("Harbour Season S02E03 1080p", "Harbour S2 E3 1080p"),
        ("Harbour Lights Ep 2x03 The Reef (Part III)", "Harbour Lights S2 E3"),
        ("harbour.series.S03E14.The.Reef.720p", "harbour series S3 E14 720p"),
        ("Harbour - 313-315 - s16e03-05", "Harbour S16 E3-5"),
        ("Harbour 313-315 s16e03-05", "Harbour S16 E3-5"),
        ("Harbour - 313 - S16E03 - The Reef", "Harbour S16 E3"),
        ("11-22-63.S01E02.720p", "11-22-63 S1 E2 720p"),
        ("Kelp 7-11 S01E02", "Kelp 7-11 S1 E2"),
        ("Harbour Lights (US) - The Reef S02E09 hdtv", "Harbour Lights S2 E9"),
        ("Cove 2003 1080p E-AC3-S78", "Cove (2003) 1080p"),
    ]);
}

#[test]
fn numbers_stand_in_front_of_their_words() {
    check(&[
        ("Sahil.2.Sezon.7.Bölüm.2021.1080p.WEB-DL", "Sahil (2021) S2 E7 1080p"),
        ("Риф_ 5-й сезон 09-я серия_ Буря.avi", "Риф S5 E9"),
        ("Риф. Сезон №9. Серия №180.avi", "Риф S9 E180"),
        ("Риф 1,2,3 сезон", "Риф S1-3"),
        ("Harbour The 2nd Season - 05", "Harbour S2 E5"),
        ("Rif-20.01.serya.WEB-DL.(1080p).mkv", "Rif-20 E1 1080p"),
        ("Тихий риф (ТВ-2) [TV] [12 из 12] [2012, BDRip]", "Тихий риф (2012) S2 E1-12"),
        ("Quiet Reef [TV-2] [2012, BDRip]", "Quiet Reef (2012) S2"),
        ("Reality TV-2 2019 720p", "Reality TV-2 (2019) 720p"),
        ("Тихий риф (5 из 12).avi", "Тихий риф E5"),
    ]);
}

#[test]
fn lists_and_years_of_seasons_are_read() {
    check(&[
        ("Harbour.-.Season.1.3.4-.Mp4.1080p", "Harbour S1,3-4 1080p"),
        ("Harbour Season 1.05 720p", "Harbour S1 720p"),
        ("Harbour Races 2016x03 The Race 1080p25", "Harbour Races (2016) S2016 E3 1080p"),
        ("Harbour.S2014E18.720p.HDTV.x264-KLP", "Harbour (2014) S2014 E18 720p"),
        ("Harbour.2009.S2014E18.720p", "Harbour (2009) S2014 E18 720p"),
        ("Harbour Tunes 1940x01 The Stand.mkv", "Harbour Tunes (1940) S1940 E1"),
        ("Harbour 2000 - 2009 Collection DVDRip", "Harbour (2000)"),
    ]);
}

#[test]
fn a_number_of_a_scene_name_is_an_episode_where_films_have_none() {
    check(&[
        ("Harbour.13.HDTV-KLP", "Harbour E13"),
        ("Harbour.07v4.PDTV-KLP", "Harbour E7"),
        ("Harbour.02.FRENCH.LD.DVDRip.XviD-KLP", "Harbour E2"),
        ("harbour.0106.vostfr.hdtv.mkv", "harbour S1 E6"),
        ("harbour.106.FRENCH.HDTV.XviD-KLP", "harbour S1 E6"),
        ("District.13.2004.HDTV.x264-KLP", "District 13 (2004)"),
        ("harbour.1403.hdtv-klp.mp4", "harbour S14 E3"),
        ("harbour.2405.720p.hdtv.x264-klp.mkv", "harbour S24 E5 720p"),
        ("harbour.1977.hdtv-klp.mp4", "harbour (1977)"),
        ("harbour.4405.hdtv-klp.mp4", "harbour 4405"),
        ("Harbour.117.Low.Tide.HDTV.XviD-KLP", "Harbour S1 E17"),
        ("Harbour.117.Low.Tide.720p.PDTV.x264-KLP", "Harbour S1 E17 720p"),
        ("Harbour.03.Low.Tide.HDTV.XviD-KLP", "Harbour E3"),
        ("The.300.Harbours.HDTV.XviD-KLP", "The 300 Harbours"),
        ("Harbour.117.Low.Tide.BluRay.x264-KLP", "Harbour 117 Low Tide"),
        ("Harbour.117.Low.Tide.4.HDTV.XviD-KLP", "Harbour 117 Low Tide 4"),
        ("Harbour 106 HDTV XviD.avi", "Harbour S1 E6"),
        ("Harbour 106 (HDTV XviD)", "Harbour S1 E6"),
        ("Harbour 106 DVDRip.avi", "Harbour 106"),
        ("Harbour.2.HDTV.XviD-KLP", "Harbour 2"),
        ("Harbour.12.DVDRip.XviD-KLP", "Harbour 12"),
    ]);
}

#[test]
fn a_number_behind_a_group_is_an_episode_where_packs_have_none() {
    check(&[
        ("[Kelp]_Umi_no_Oto_727_[VOSTFR][HD_1280x720]", "Umi no Oto E727 720p"),
        ("[Kelp] Umi no Oto 603 VOSTFR BY NAME (960x544) V2.mp4", "Umi no Oto E603 540p"),
        ("[Kelp] Umi no Oto 213 [BD 1080p]", "Umi no Oto 213 1080p"),
        ("[Kelp] Umi no Oto 12 [1080p]", "Umi no Oto 12 1080p"),
        ("[Kelp] 01 - Umi no Oto [720p].mp4", "Umi no Oto E1 720p"),
        ("[Kelp] 86 - Eighty Seas [720p].mp4", "86 - Eighty Seas 720p"),
        ("[Kelp] Umi no Oto 13-24 [720p]", "Umi no Oto E13-24 720p"),
        ("[Kelp]_Umi_2_-_16-20_(191-195)_[720p][10bit].torrent", "Umi 2 E16-20 720p"),
        ("[Kelp] Umi no Oto (0001-0071+Movies+Specials) [1080p]", "Umi no Oto E1-71 1080p"),
        ("[Kelp] Umi no Oto [01-24 + OVA] [1080p]", "Umi no Oto E1-24 1080p"),
        ("[Kelp].Umi.493-498.&.500-507.(1280x720)", "Umi E493-498,500-507 720p"),
        ("[5.01] The Reef.avi", "The Reef S5 E1"),
        ("Harbour [5.134] The Reef.mp4", "Harbour S5 E134"),
        ("003. Harbour Lights - The Reef.avi", "Harbour Lights E3"),
    ]);
}

#[test]
fn words_that_titles_end_with_are_left_to_them() {
    check(&[
        ("Harbour Series 13 - S01E02 720p", "Harbour Series 13 S1 E2 720p"),
        ("30.Series.Season.04.HDTV.XviD-KLP", "30 Series S4"),
        ("7th Series (2024) [Stagione 1] [1080p]", "7th Series (2024) S1 1080p"),
        ("the.Series.1x13.The.Reef.WS.XviD-KLP", "the Series S1 E13"),
        ("Harbour Series 2 Episode 3", "Harbour S2 E3"),
        ("Harbour.Lights.Series.2.3of6.720p", "Harbour Lights S2 E3 720p"),
    ]);
}

#[test]
fn counts_are_long_short_or_one_of_two() {
    check(&[
        ("Harbour - S41 E10478 - 2014-08-15", "Harbour 2014-08-15 S41 E10478"),
        ("Harbour - 2016x231", "Harbour (2016) S2016 E231"),
        ("Harbour S01.E.01.1080p", "Harbour S1 E1 1080p"),
        ("Harbour 1x1", "Harbour S1 E1"),
        ("Harbour 5x1", "Harbour 5x1"),
        ("Harbour Se.3 afl.4", "Harbour S3 E4"),
        ("Sahil 79.BLM (25.06.2023) 720p", "Sahil 2023-06-25 E79 720p"),
        ("Harbour S01E05-6 1080p", "Harbour S1 E5-6 1080p"),
        ("Harbour S01E05-2.0 1080p", "Harbour S1 E5 1080p"),
        ("harbour.101.102.hdtv-klp", "harbour S1 E1-2"),
        ("harbour.2009.416.hdtv-klp", "harbour (2009) S4 E16"),
        ("Harbour S03E07 The Reef [1080p x265 S87 Joy]", "Harbour S3 E7 1080p"),
        ("[0x539] Harbour - S01E01 [BB7C6531].mkv", "Harbour S1 E1"),
        ("Harbour Disc 2 of 3 720p", "Harbour 720p"),
        ("Harbour - 01 DVD - Kelp", "Harbour E1"),
    ]);
}

#[test]
fn numbers_of_groups_stand_in_many_places() {
    check(&[
        ("[Kelp] Umi - 12 (S01E12) [1080p]", "Umi S1 E12 1080p"),
        ("[Kelp] Umi 01 - 119 [1080p] [Batch]", "Umi E1-119 1080p"),
        ("[Kelp]_Umi_no_Oto_(2009)_04_[720p][40F2A957].mkv", "Umi no Oto (2009) E4 720p"),
        ("Umi no Oto 2018 06 720p x265.mp4", "Umi no Oto (2018) E6 720p"),
        ("[Kelp] Umi no Oto - 04.1 (DVD)[B6CE8458].mkv", "Umi no Oto"),
        ("[Kelp] Umi #05 All is well (1080p).mkv", "Umi E5 1080p"),
        ("[Kelp] Umi #1-4 (1080p).mp4", "Umi E1-4 1080p"),
        ("Umi_no_Oto_13-15_[BD_1080p][Kelp]", "Umi no Oto E13-15 1080p"),
        ("[Kelp] Umi 00 S1 [1080p]", "Umi 00 S1 1080p"),
        ("[Kelp][1080p] Umi - 25 [BD HEVC 10bit AC3][AE0ADDBA]", "Umi E25 1080p"),
        ("[Kelp] Umi ~The Silver Wing~ - 13 [AFF9E530].mkv", "Umi ~The Silver Wing~ E13"),
        ("[字幕组][10月新番][海之音][18][720P]", "海之音 E18 720p"),
        ("[Kelp][海之音 第二季][Umi no Oto S2][10][1080P]", "Umi no Oto S2 E10 1080p"),
        ("[Kelp] 海之音 第三季 / Umi no Oto S3 - 06 [1080p]", "Umi no Oto S3 E6 1080p"),
        ("[Kelp] 海之音: Blue / Umi no Oto - 17 [1080p]", "Umi no Oto E17 1080p"),
    ]);
}
