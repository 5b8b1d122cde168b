//! Anime: groups in brackets, absolute numbers, batches.

use super::check;

#[test]
fn an_episode_follows_a_dash() {
    check(&[
        ("[Kelp] Umi no Oto - 05 [1080p].mkv", "Umi no Oto E5 1080p"),
        ("[Kelp] Umi no Oto - 05v2 (720p) [ABCD1234].mkv", "Umi no Oto E5 720p"),
        ("[Kelp]_Umi_no_Oto_-_05_[720p][ABCD1234].mkv", "Umi no Oto E5 720p"),
        ("[Kelp] Umi no Oto - 1012 [720p].mkv", "Umi no Oto E1012 720p"),
        ("[Kelp] Umi no Oto - 105 (BD 1920x1080 x264 FLAC).mkv", "Umi no Oto E105 1080p"),
        ("[Kelp]Umi no Oto - 05 (BD 10-bit 1920x1080 x264 FLAC)[E0B15ACF].mkv", "Umi no Oto E5 1080p"),
        ("[Kelp] Umi no Oto (2020) - 35 (720p) [4E7BA28A].mkv", "Umi no Oto (2020) E35 720p"),
        ("[Kelp] Umi no Oto - 05 - The Long Tide [720p].mkv", "Umi no Oto E5 720p"),
        ("[Kelp] 3D Umi - 05 [720p].mkv", "3D Umi E5 720p"),
        ("[Kelp] Umi 3 - 21 [BD 720p AAC] [5F1911ED].mkv", "Umi 3 E21 720p"),
        ("[Kelp] 18-4 - 11.mkv", "18-4 E11"),
        ("Umi no Oto - 05 [1080p].mkv", "Umi no Oto E5 1080p"),
        ("[Kelp] Umi no Oto - 12 END [1080p].mkv", "Umi no Oto E12 1080p"),
        ("[Kelp] Umi/stay night - 05 [1080p].mkv", "Umi/stay night E5 1080p"),
        ("[Kelp] Umi-Oto - 05 [1080p].mkv", "Umi-Oto E5 1080p"),
        ("[Kelp] Umi no Oto – 05 [1080p].mkv", "Umi no Oto E5 1080p"),
    ]);
}

#[test]
fn seasons_stand_in_front_of_the_episode() {
    check(&[
        ("[Kelp] Umi no Oto S2 - 05 [1080p].mkv", "Umi no Oto S2 E5 1080p"),
        ("[Kelp] Umi no Oto S02E05 [1080p].mkv", "Umi no Oto S2 E5 1080p"),
        ("[Kelp] Umi no Oto 2nd Season - 05 [1080p].mkv", "Umi no Oto S2 E5 1080p"),
        ("[Kelp] Umi no Oto Season 2 - 05 [1080p].mkv", "Umi no Oto S2 E5 1080p"),
        ("[Kelp] Umi no Oto Season 2 - 11 [1080p].mkv", "Umi no Oto S2 E11 1080p"),
        ("[Kelp] Umi no Oto (S4-24) [1080p].mkv", "Umi no Oto S4 E24 1080p"),
        ("[Kelp] Umi no Oto - S2 - 05 [1080p].mkv", "Umi no Oto S2 E5 1080p"),
        ("[Kelp] Umi no Oto S03 - Part 1 - 13 [1080p].mkv", "Umi no Oto S3 E13 1080p"),
        ("[Kelp] Umi no Oto (Season 2) [1080p][Batch]", "Umi no Oto S2 1080p"),
        ("[Kelp] Umi no Oto S2 [BD 1080p]", "Umi no Oto S2 1080p"),
    ]);
}

#[test]
fn batches_are_spans() {
    check(&[
        ("[Kelp] Umi no Oto 01-12 & 14-16 [720p]", "Umi no Oto E1-12,14-16 720p"),
        ("[Kelp] Umi no Oto - 01-12 [1080p]", "Umi no Oto E1-12 1080p"),
        ("[Kelp] Umi no Oto - 01 ~ 12 [1080p]", "Umi no Oto E1-12 1080p"),
        ("[Kelp] Umi no Oto (01-12) [1080p]", "Umi no Oto E1-12 1080p"),
        ("[Kelp] Umi no Oto [01-12] [1080p]", "Umi no Oto E1-12 1080p"),
        ("[Kelp] Umi no Oto 01-12 [1080p]", "Umi no Oto E1-12 1080p"),
        ("[Kelp] Umi no Oto S01 (01 - 12) [1080p]", "Umi no Oto S1 E1-12 1080p"),
        ("[Kelp] Umi no Oto 01 - 12 Complete [1080p]", "Umi no Oto E1-12 1080p"),
        ("[Kelp] Umi no Oto 1-291 (Subbed)", "Umi no Oto E1-291"),
        ("[Kelp][Umi no Oto][01-12 END][1080P]", "Umi no Oto E1-12 1080p"),
        ("[Kelp] Umi no Oto - 1001-1050 [720p]", "Umi no Oto E1001-1050 720p"),
        ("[Kelp] Umi no Oto - 05 & 06 [1080p]", "Umi no Oto E5-6 1080p"),
        ("[Kelp] Umi no Oto [BD 720p] 01-24", "Umi no Oto E1-24 720p"),
        ("[Kelp] Umi no Oto [Batch] [1080p]", "Umi no Oto 1080p"),
        ("Umi no Oto (Ep. 1-43) Sub 480p", "Umi no Oto E1-43 480p"),
    ]);
}

#[test]
fn everything_may_stand_in_brackets() {
    check(&[
        ("[Kelp][Umi no Oto][05][1080P][GB]", "Umi no Oto E5 1080p"),
        ("[Kelp][海の音][Umi no Oto][05][1080P]", "Umi no Oto E5 1080p"),
        ("[Kelp][国漫][Legend of Reef][2022][08][HEVC][4K].mp4", "Legend of Reef (2022) E8 2160p"),
        ("【字幕社】[海の音][05][1080p]", "海の音 E5 1080p"),
        ("[字幕社] 4月新番[海之音][Umi no Oto][05][1080p]", "Umi no Oto E5 1080p"),
        ("(Kelp) Umi no Oto - 05 (720p)", "Umi no Oto E5 720p"),
        ("【字幕社】★01月新番★[Umi no Oto][05][1080p]", "Umi no Oto E5 1080p"),
        ("【字幕社】★4月新番★[海の音/Umi no Oto][05][1080p]", "Umi no Oto E5 1080p"),
        ("[Kelp] 海の音 / Umi no Oto - 05 (1920x1080 HEVC AAC)", "Umi no Oto E5 1080p"),
        ("[Kelp][Umi no Oto][第05話][1080p]", "Umi no Oto E5 1080p"),
        ("[Kelp][Umi no Oto][05v2][1080p]", "Umi no Oto E5 1080p"),
    ]);
}

#[test]
fn the_last_number_of_a_file_counts() {
    check(&[
        ("[Kelp] Umi no Oto 12", "Umi no Oto E12"),
        ("[Kelp] Umi no Oto 3", "Umi no Oto 3"),
        ("[Kelp] Umi no Oto 12 [1080p]", "Umi no Oto 12 1080p"),
        ("Umi no Oto 13-16", "Umi no Oto E13-16"),
        ("Umi no Oto 13-16.mkv", "Umi no Oto S13 E16"),
        ("[Kelp]_Umi_no_Oto_264_[012073FE].avi", "Umi no Oto E264"),
        ("[Kelp] Umi no Oto 1098 VOSTFR FHD (1920x1080).mp4", "Umi no Oto E1098 1080p"),
        ("[Kelp] Umi no Oto 05 [720p].mkv", "Umi no Oto E5 720p"),
        ("[Kelp].Umi.no.Oto.Episode.08.The.Long.Tide.[BD.1080p].mkv", "Umi no Oto E8 1080p"),
        ("[Kelp]_Umi_no_Oto_Ep05v2_(41858470).mkv", "Umi no Oto E5"),
    ]);
}

#[test]
fn a_number_may_stand_in_front_of_a_title_or_name() {
    check(&[
        ("[Kelp] 06 Umi no Oto II (720p 8bit AAC).mp4", "Umi no Oto II E6 720p"),
        ("[Kelp]_09_Umi_no_Oto_[720p].mkv", "Umi no Oto E9 720p"),
        ("[Kelp] 12 - Umi Umi [BD][720p][AAC].mp4", "Umi Umi E12 720p"),
        ("[Kelp] 11 - The Movie [720p].mkv", "11 - The Movie 720p"),
        ("[Kelp] 12 Umi (720p).mkv", "12 Umi 720p"),
        ("[Kelp] 009 Umi Cyborg (1080p).mkv", "009 Umi Cyborg 1080p"),
        ("[Kelp] 07 Umi 05 (720p).mkv", "07 Umi E5 720p"),
        ("[Kelp] 06 Umi no Oto (720p)", "06 Umi no Oto 720p"),
        ("[Kelp] 06 Umi no Oto.mkv", "06 Umi no Oto"),
        ("[Kelp] Umi 34 - At the Shore [781219F1].mkv", "Umi E34"),
        ("[Kelp]_Umi_no_Oto_107_-_The_Long_Tide_[781219F1].mkv", "Umi no Oto E107"),
        ("[Kelp] Umi 34 - The Movie [781219F1].mkv", "Umi 34 - The Movie"),
        ("[Kelp] Umi 34 - At the Shore.mkv", "Umi 34 - At the Shore"),
        ("[Kelp] Umi 2 - At the Shore [781219F1].mkv", "Umi 2 - At the Shore"),
        ("[Kelp] Umi Part 12 - At the Shore [781219F1].mkv", "Umi Part 12 - At the Shore"),
    ]);
}

#[test]
fn initials_between_dashes_repeat_the_title() {
    check(&[
        ("[Kelp]_Quiet_Reef_-_QR_-_07_[H264][720p][EB7838FC]", "Quiet Reef E7 720p"),
        ("[Kelp] The Long Tide - TLT - 07v2 [720p]", "The Long Tide E7 720p"),
        ("[Kelp] Quiet Reef - XY - 07 [720p]", "Quiet Reef - XY E7 720p"),
        ("[Kelp] Quiet Reef - QR [720p]", "Quiet Reef - QR 720p"),
    ]);
}

#[test]
fn signs_for_roman_numerals_are_part_of_a_title() {
    check(&[
        ("[Kelp][海之音][The Sea Ⅱ][2019][17][AVC][GB][1080P]", "The Sea Ⅱ (2019) E17 1080p"),
        ("[Kelp] The Sea Ⅲ - 04 [720p].mkv", "The Sea Ⅲ E4 720p"),
    ]);
}

#[test]
fn films_and_unclear_numbers_are_no_episodes() {
    check(&[
        ("[Kelp] Umi no Oto 100 [BD 1080p]", "Umi no Oto 100 1080p"),
        ("[Kelp] Umi no Oto 3.33 [BDRip 1920x1080]", "Umi no Oto 3.33 1080p"),
        ("[Kelp] Umi no Oto Movie - 09 - Oki [1080p]", "Umi no Oto Movie - 09 - Oki 1080p"),
        ("[Kelp] Umi no Oto - 14.5 [1080p].mkv", "Umi no Oto 1080p"),
        ("[Kelp] Umi no Oto - Menu 01 [1080p].mkv", "Umi no Oto - Menu 01 1080p"),
        ("[Kelp] Umi no Oto - NCOP1 [1080p].mkv", "Umi no Oto - NCOP1 1080p"),
        ("[Kelp] Umi no Oto - NCED 02 [1080p].mkv", "Umi no Oto - NCED 02 1080p"),
        ("[Kelp] Umi no Oto The Movie (BD 1280x720 AVC AACx4 [5.1+2.0]).mp4", "Umi no Oto The Movie 720p"),
        ("[Kelp] Umi Oto.Shima (WEB 1080p x264 AAC) [Dual-Audio]", "Umi Oto.Shima 1080p"),
        ("[Kelp] GSO (Great Sea Onizuka) [720p]", "GSO (Great Sea Onizuka) 720p"),
    ]);
}
