//! Films: titles, years, sites, groups.

use super::{Release, check};

#[test]
fn the_title_ends_at_the_year() {
    check(&[
        ("The.Quiet.Reef.2019.1080p.BluRay.x264-KELP", "The Quiet Reef (2019) 1080p"),
        ("The Quiet Reef 2019 1080p BluRay x264-KELP", "The Quiet Reef (2019) 1080p"),
        ("The Quiet Reef (2019) [1080p] [BluRay] [5.1] [KLP.MX]", "The Quiet Reef (2019) 1080p"),
        ("The_Quiet_Reef_2019_1080p.mkv", "The Quiet Reef (2019) 1080p"),
        ("The Quiet Reef [2019] 1080p", "The Quiet Reef (2019) 1080p"),
        ("The Quiet Reef - 2019 - 1080p", "The Quiet Reef (2019) 1080p"),
        ("The.Quiet.Reef.(2019).mkv", "The Quiet Reef (2019)"),
        ("The Quiet Reef.mkv", "The Quiet Reef"),
        ("The.Quiet.Reef.DVDRip.XviD-KLP", "The Quiet Reef"),
        ("The.Quiet.Reef.1080p.BluRay.2019.x264", "The Quiet Reef (2019) 1080p"),
        ("The Quiet Reef: Low Tide (2019) 2160p UHD BluRay", "The Quiet Reef: Low Tide (2019) 2160p"),
        ("The Quiet Reef - Low Tide (2019).mkv", "The Quiet Reef - Low Tide (2019)"),
        ("The Quiet Reef (Director's Cut) (2019) 1080p", "The Quiet Reef (2019) 1080p"),
        ("The.Quiet.Reef.EXTENDED.2019.1080p", "The Quiet Reef (2019) 1080p"),
        ("The.Quiet.Reef.UNRATED.DVDRip", "The Quiet Reef"),
        ("The.Quiet.Reef.The.Final.Cut.2019.1080p", "The Quiet Reef (2019) 1080p"),
        ("The.Quiet.Reef.3D.2019.1080p.BluRay.Half-SBS", "The Quiet Reef (2019) 1080p"),
        ("The Uncut 2019 1080p", "The Uncut (2019) 1080p"),
        ("10,000 Seas (2008)", "10,000 Seas (2008)"),
        ("The.Quiet.Reef.REMASTERED.1080p.BluRay", "The Quiet Reef 1080p"),
        ("[The Quiet Reef 2019] [BDRemux].mkv", "The Quiet Reef (2019)"),
        ("(2019) The Quiet Reef (1080p).mkv", "The Quiet Reef (2019) 1080p"),
        ("2019 The Quiet Reef.mp4", "The Quiet Reef (2019)"),
    ]);
}

#[test]
fn titles_hold_numbers_and_years() {
    check(&[
        ("2031.A.Reef.Odyssey.1998.1080p.BluRay", "2031 A Reef Odyssey (1998) 1080p"),
        ("1931.2019.1080p.WEB-DL", "1931 (2019) 1080p"),
        ("1931 (2019) 1080p", "1931 (2019) 1080p"),
        ("1931.1080p.WEB-DL", "1931 1080p"),
        ("Sail Walker 2066 (2017) 2160p", "Sail Walker 2066 (2017) 2160p"),
        ("Sail.Walker.2066.2017.2160p.UHD.BluRay", "Sail Walker 2066 (2017) 2160p"),
        ("Sail.Walker.2066.1080p.BluRay", "Sail Walker 2066 1080p"),
        ("Reef.Woman.1985.2020.1080p", "Reef Woman 1985 (2020) 1080p"),
        ("Reef Woman 1985 (2020) 1080p", "Reef Woman 1985 (2020) 1080p"),
        ("R3ef.1995.1080p", "R3ef (1995) 1080p"),
        ("17.Tides.2011.720p", "17 Tides (2011) 720p"),
        ("17 Again and Again (2009)", "17 Again and Again (2009)"),
        ("Tide 3.0 (2018) 720p", "Tide 3.0 (2018) 720p"),
        ("The.Hateful.9.2015.720p", "The Hateful 9 (2015) 720p"),
        ("Se5en.Seas.1997.DVDRip", "Se5en Seas (1997)"),
        ("8 Bit Reef (2021) WEB-DL", "8 Bit Reef (2021)"),
        ("3D.Reef.2012.720p", "3D Reef (2012) 720p"),
    ]);
}

#[test]
fn words_about_quality_may_be_part_of_a_title() {
    check(&[
        ("The French Lighthouse 1971 Remastered 1080p", "The French Lighthouse (1971) 1080p"),
        ("The.Italian.Sail.2003.720p", "The Italian Sail (2003) 720p"),
        ("Madame Web of Lies 2024 UHD BluRay 2160p", "Madame Web of Lies (2024) 2160p"),
        ("Charlottes Web (2006) 1080p", "Charlottes Web (2006) 1080p"),
        ("Charlotte's.Web.2006.1080p", "Charlotte's Web (2006) 1080p"),
        ("A Complete Stranger 2024 1080p", "A Complete Stranger (2024) 1080p"),
        ("Spanish.2004.720p", "Spanish (2004) 720p"),
        ("The English (2022) 1080p", "The English (2022) 1080p"),
        ("Extended Family Picnic 2010 720p", "Extended Family Picnic (2010) 720p"),
        ("The Limited Edition Man 2010 720p", "The Limited Edition Man (2010) 720p"),
        ("Sub Zero 2005 DVDRip", "Sub Zero (2005)"),
        ("Line of Tides 2019 720p", "Line of Tides (2019) 720p"),
        ("Max Reef 2015 720p", "Max Reef (2015) 720p"),
        ("IT.Came.Ashore.2015.720p", "IT Came Ashore (2015) 720p"),
        ("Raw.2016.720p.BluRay", "Raw (2016) 720p"),
        ("Proper Manners 2016 720p", "Proper Manners (2016) 720p"),
    ]);
}

#[test]
fn sites_are_no_part_of_the_title() {
    check(&[
        ("[www.Example.org] - The.Quiet.Reef.2019.720p", "The Quiet Reef (2019) 720p"),
        ("[ www.Example.com ] The Quiet Reef 2019 720p", "The Quiet Reef (2019) 720p"),
        ("www.Example.com - The Quiet Reef (2019) 720p", "The Quiet Reef (2019) 720p"),
        ("www.Example.com   -    The.Quiet.Reef.2019.720p", "The Quiet Reef (2019) 720p"),
        ("www Example com - The Quiet Reef (2019) 720p", "The Quiet Reef (2019) 720p"),
        ("www.Example.com_The.Quiet.Reef.2019.720p.mkv", "The Quiet Reef (2019) 720p"),
        ("Example.com - The Quiet Reef (2019) 720p", "The Quiet Reef (2019) 720p"),
        ("[Example.com] The Quiet Reef 2019 720p", "The Quiet Reef (2019) 720p"),
        ("[Example.com].The.Quiet.Reef.2019.720p", "The Quiet Reef (2019) 720p"),
        ("The.Quiet.Reef.2019.720p[Example.com]", "The Quiet Reef (2019) 720p"),
        ("The Quiet Reef 2019 720p - www.Example.com", "The Quiet Reef (2019) 720p"),
        ("The Quiet Reef [HDTV][www.Example.com].avi", "The Quiet Reef"),
        ("www.Example.co.za - The Quiet Reef (2019) 720p", "The Quiet Reef (2019) 720p"),
        ("(example.com) The Quiet Reef 2019 [720p]", "The Quiet Reef (2019) 720p"),
        ("The Quiet Reef 2009 3D BD 2009", "The Quiet Reef (2009)"),
    ]);
}

#[test]
fn titles_in_several_languages_are_kept_apart() {
    for (name, title, others) in [
        ("Тихий риф / The Quiet Reef (2019) BDRip 1080p", "The Quiet Reef", &["Тихий риф"][..]),
        ("The Quiet Reef / Das stille Riff (2019) 1080p", "The Quiet Reef", &["Das stille Riff"]),
        ("The Quiet Reef | Le récif calme (2019) 1080p", "The Quiet Reef", &["Le récif calme"]),
        ("The Quiet Reef AKA Das stille Riff 2019 1080p", "The Quiet Reef", &["Das stille Riff"]),
        ("静かな礁 The Quiet Reef 2019 1080p", "The Quiet Reef", &["静かな礁"]),
        ("静礁.The.Quiet.Reef.2019.1080p", "The Quiet Reef", &["静礁"]),
        ("The Quiet Reef 静かな礁 2019 1080p", "The Quiet Reef", &["静かな礁"]),
        ("Тихий риф (1 сезон: 1-8 серии из 8) / The Quiet Reef / 2019", "Тихий риф", &["The Quiet Reef"]),
        ("Тихий риф (2019) BDRip 1080p", "Тихий риф", &[]),
        ("Тихий риф / Тихий рифок (2019) WEBRip", "Тихий рифок", &["Тихий риф"]),
        ("Тихий риф The Quiet Reef 2019 BDRip", "The Quiet Reef", &["Тихий риф"]),
        ("Тихий Reef 2019 BDRip", "Тихий Reef", &[]),
        ("Парни. Reef у моря / Sea Guys (2017)", "Sea Guys", &["Парни. Reef у моря"]),
        ("الشعاب الهادئة The.Quiet.Reef.2019.1080p", "The Quiet Reef", &["الشعاب الهادئة"]),
        ("Fate/Reef (2019) 1080p", "Fate/Reef", &[]),
        ("Face/On 1997 720p", "Face/On", &[]),
    ] {
        let release = Release::parse(name);
        assert_eq!(
            (release.title.as_str(), release.other_titles.as_slice()),
            (title, &others.iter().map(|other| (*other).to_owned()).collect::<Vec<_>>()[..]),
            "{name}"
        );
    }
}

#[test]
fn punctuation_of_titles_stays() {
    check(&[
        ("Mr. Reef (2019).mkv", "Mr. Reef (2019)"),
        ("Mr.Reef.2019.mkv", "Mr Reef (2019)"),
        ("What Tide?! (2019) 720p", "What Tide?! (2019) 720p"),
        ("Reef-Man: Across the Reef-Verse (2023) 720p", "Reef-Man: Across the Reef-Verse (2023) 720p"),
        ("Reef-Man.Across.the.Reef-Verse.2023.720p", "Reef-Man Across the Reef-Verse (2023) 720p"),
        ("The Killer's Tide 2024 720p", "The Killer's Tide (2024) 720p"),
        ("Reef, Tide & Kelp (2019) 720p", "Reef, Tide & Kelp (2019) 720p"),
        ("You Can (Not) Sail (2012) 720p", "You Can (Not) Sail (2012) 720p"),
        ("La.marée.basse.2014.720p", "La marée basse (2014) 720p"),
        ("K.E.L.P.2014.720p", "K.E.L.P. (2014) 720p"),
        ("(500) Days of Tide (2009) 720p", "(500) Days of Tide (2009) 720p"),
        ("Reality TV 2019 720p", "Reality TV (2019) 720p"),
        ("Reef Run 3D 2010 720p", "Reef Run 3D (2010) 720p"),
        ("The Reef Movie.720p.bluray.x264-klp.mkv", "The Reef Movie 720p"),
        ("Reef Wars Episode 4 A New Tide 1977 720p", "Reef Wars Episode 4 A New Tide (1977) 720p"),
        ("Reef Wars Episode IV A New Tide 1977 720p", "Reef Wars Episode IV A New Tide (1977) 720p"),
    ]);
}

#[test]
fn the_group_stands_last_or_first() {
    for (name, group) in [
        ("Cove.2003.1080p.BluRay.x264-KELP", Some("KELP")),
        ("Cove.2003.1080p.BluRay.x264-KELP[site]", Some("KELP")),
        ("Cove.2003.1080p.BluRay.x264-KELP.mkv", Some("KELP")),
        ("Cove 2003 1080p BluRay DDP 5 1 x265-KELP20 mkv", Some("KELP20")),
        ("Cove (2003) 1080p x264 AAC 5.1 [2.2GB] - Kelp", Some("Kelp")),
        ("Cove.2003.1080p.WEB-DL", None),
        ("Cove.2003.1080p.DTS-HD", None),
        ("Spider-Cove", None),
        ("[Kelp-Subs] Cove - 05 [720p].mkv", Some("Kelp-Subs")),
        ("[Kelp] Cove - 05 [1080p][ABCD1234].mkv", Some("Kelp")),
        ("Cove.S01E02.720p.HDTV.x264-eztv", Some("eztv")),
    ] {
        assert_eq!(Release::parse(name).group.as_deref(), group, "{name}");
    }
}

#[test]
fn words_of_scene_names_end_the_title() {
    let words = "R5 LiNE iNT REAL MDVDR DOKU Fansub HDLight NORDIC HunDub EngSubs SubIta SVCD BRMux BRRipMux HDTVMux \
                 SWiSSGERMAN iTALiAN 2CD cd1 cd1of2 LDTV Dlmux XXX Ita-Eng Collectors.Edition UNTOUCHED WP";
    for word in words.split_whitespace() {
        let name = format!("The.Quiet.Reef.{word}.DVDRip.x264-KLP");
        assert_eq!(Release::parse(&name).title, "The Quiet Reef", "{name}");
    }
    check(&[
        ("Sail the Line 2005 DVDRip", "Sail the Line (2005)"),
        ("The.Thin.Line.DVDRip", "The Thin Line"),
        ("THE QUIET LINE DVDRIP", "THE QUIET LINE"),
        ("The Real Reef 2005", "The Real Reef (2005)"),
        ("The Quiet Reef CAM", "The Quiet Reef"),
        ("Quiet Camera.mkv", "Quiet Camera"),
        ("Madame Web", "Madame Web"),
        ("the quiet reef ita.eng.mkv", "the quiet reef"),
        ("h265 - HEVC The Quiet Reef French 1080p DTS.mkv", "The Quiet Reef 1080p"),
        ("[h265 - HEVC] The Quiet Reef Director Cut French [1080p DTS].mkv", "The Quiet Reef 1080p"),
        ("1080p.The.Quiet.Reef.2019.mkv", "The Quiet Reef (2019) 1080p"),
        ("165.Quiet Reef.s08e014", "165 Quiet Reef S8 E14"),
        ("Quiet Reef Vol. 2.S08E14", "Quiet Reef Vol. 2 S8 E14"),
    ]);
}

#[test]
fn brackets_at_the_end_hold_another_title() {
    for (name, title, other) in [
        ("Le Récif (The Reef) 2011 [DVDRip]", "Le Récif", Some("The Reef")),
        ("[Kelp].Le.Recif.(The.Reef).DVDRip.mkv", "Le Recif", Some("The Reef")),
        ("Тихий риф (The Quiet Reef) 1992 BDRip", "The Quiet Reef", Some("Тихий риф")),
        ("Birds of Reef (and a Long Tail) (2020)", "Birds of Reef", Some("Birds of Reef (and a Long Tail)")),
        ("GSO (Great Sea Onizuka) 2000", "GSO (Great Sea Onizuka)", None),
        ("Reef (Part Two) 2010 DVDRip", "Reef (Part Two)", None),
        ("Reef (5/10)", "Reef (5/10)", None),
        ("Риф / The Reef (Иван Волна / John Wave) [2018, BDRip]", "The Reef", Some("Риф")),
    ] {
        let release = Release::parse(name);
        assert_eq!(release.title, title, "{name}");
        let others = release.other_titles;
        assert!(
            other.map_or(others.is_empty(), |other| others.iter().any(|o| o == other)),
            "{name}: {others:?}"
        );
    }
}
