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
        ("K.E.L.P.2014.720p", "K E L P (2014) 720p"),
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
