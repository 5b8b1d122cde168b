//! Words of packs at the edges of a title, and groups in front of it.

use super::{Release, check};

#[test]
fn words_for_all_there_is_end_a_title_in_front_of_tags_and_spans_of_years() {
    check(&[
        ("Harbour.INTEGRAL.MULTI.COMPLETE.BLURAY-KLP", "Harbour"),
        ("Harbour.INTEGRALE.MULTI.1080p.WEB-DL", "Harbour 1080p"),
        ("Quiet Reef Collection [BD 1080p][Dual Audio]", "Quiet Reef 1080p"),
        ("Quiet Reef Collection (1978-2022) 1080p", "Quiet Reef (1978) 1080p"),
        ("Quiet.Reef.Colección.1080p.BluRay", "Quiet Reef 1080p"),
        ("Quiet Reef Kolekcja 720p BRRip", "Quiet Reef 720p"),
        ("The Collection 2012 1080p", "The Collection (2012) 1080p"),
        ("The.Collection.1080p.BluRay", "The Collection 1080p"),
        ("The Bone Collection (2012) 1080p", "The Bone Collection (2012) 1080p"),
        ("The Integral Reef 2012 1080p", "The Integral Reef (2012) 1080p"),
        ("Collection of Reefs 2012 1080p", "Collection of Reefs (2012) 1080p"),
    ]);
    assert!(Release::parse("Quiet Reef Collection [BD 1080p]").complete);
    assert!(!Release::parse("The Collection 2012 1080p").complete);
}

#[test]
fn words_for_all_there_is_begin_a_title_in_front_of_a_span_of_years() {
    check(&[
        ("Kolekcja Reef (1978-2022) [720p] [BRRip] [Lektor PL]", "Reef (1978) 720p"),
        ("Colección Quiet Reef (1978-1999) 1080p", "Quiet Reef (1978) 1080p"),
        ("L'intégrale Quiet Reef", "L'intégrale Quiet Reef"),
        ("Kolekcja Reef (1978) [720p]", "Kolekcja Reef (1978) 720p"),
        ("Complete Sailors (2004-2005) 720p", "Complete Sailors (2004) 720p"),
        ("All Reefs Great and Small (2020-2023) 720p", "All Reefs Great and Small (2020) 720p"),
    ]);
}

#[test]
fn a_group_may_stand_in_front_of_the_file() {
    for (name, title, group) in [
        ("klphd-the.quiet.reef.1983.multi.1080p.bluray.x264.mkv", "the quiet reef", Some("klphd")),
        ("klp-harbour.lights.s01e02.720p.bluray.x264.mkv", "harbour lights", Some("klp")),
        ("spider-reef.2002.1080p.bluray.x264.mkv", "spider-reef", None),
        ("x-reef.2002.1080p.bluray.x264.mkv", "x-reef", None),
        ("Klp-Reef.2002.1080p.bluray.x264.mkv", "Klp-Reef", None),
        ("klp-reef.mkv", "klp-reef", None),
        ("klp-the.quiet.reef.2002.1080p.bluray.x264-kelp.mkv", "klp-the quiet reef", Some("kelp")),
    ] {
        let release = Release::parse(name);
        assert_eq!((release.title.as_str(), release.group.as_deref()), (title, group), "{name}");
    }
}

#[test]
fn codes_of_languages_may_be_words() {
    check(&[
        ("Big.Cat.1080p.BluRay", "Big Cat 1080p"),
        ("Tai Chi 720p", "Tai Chi 720p"),
        ("Belle Vie 720p WEBRip", "Belle Vie 720p"),
        ("Big.Reef.CAT.1080p.BluRay", "Big Reef 1080p"),
        ("Big.Reef.Ita.Spa.1080p.BluRay", "Big Reef 1080p"),
    ]);
    for (name, code) in
        [("Reef.2019.Tam.1080p", "ta"), ("reef.hdrip.mal.x264", "ml"), ("Reef POL 720p", "pl")]
    {
        let spoken: Vec<&str> = Release::parse(name).languages.iter().map(|one| one.code()).collect();
        assert_eq!(spoken, [code], "{name}");
    }
}

#[test]
fn the_number_of_a_bonus_film_ends_the_title() {
    check(&[
        ("Reef.._Beyond_The_Lights-x09-Sun_and_Moon-2002.mkv", "Reef Beyond The Lights (2002)"),
        ("Reef-(1999)-x02-Making_Of.mkv", "Reef (1999)"),
        ("Reef... Beyond The Lights.mkv", "Reef... Beyond The Lights"),
    ]);
}

#[test]
fn dots_around_dashes_are_blanks_and_discs_for_both_eyes_are_no_title() {
    check(&[
        ("Quiet Reef.-.Other Reef.-.02.(1280x720.HEVC.AAC)", "Quiet Reef - Other Reef E2 720p"),
        ("Quiet.Reef.3D.2013.COMPLETE.BLURAY-KLP", "Quiet Reef (2013)"),
        ("Quiet.Reef.3D.2013.1080p.BluRay-KLP", "Quiet Reef 3D (2013) 1080p"),
    ]);
}
