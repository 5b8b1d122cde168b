//! What holds for every name, however strange.

use proptest::prelude::*;

use super::Release;

/// Names that a mutation may start from.
const SEEDS: [&str; 14] = [
    "Harbour.Lights.S03E07.1080p.WEB.h264-Kelp.mkv",
    "[Kelp] Umi no Oto - 01-12 [1080p][ABCD1234].mkv",
    "Тихий берег / Quiet Shore / Сезон: 3 / Серии: 1-8 из 10 [2019, WEB-DL 1080p]",
    "【字幕社】★01月新番★[海の音/Umi no Oto][第05話][1080p]",
    "Costa Brava - 1ª a 4ª Temporada [HDTV 720p][Cap.107_110] DD5.1 1,4 GB",
    "www.Example.com - The Quiet Reef (1999-2004) Director's Cut E-AC-3 5.1",
    "Late.Harbour.25.Oct.2019.S01E01E02E03-E09.x264",
    "대해 시즌2 5화 제5화 大海第二季第十二集 全12集",
    "a/b\\c/Season 3/07 - The Long Tide.mkv",
    "Cove S01-S99 1x01-1x99 E1-E9999 2of9 3 из 9 5. Bölüm 10 th season",
    "Ep.1.22 Cap.102 S4-24 (S1E1-8 of 8) v2 '''’’ İıß ﬁ ",
    "Series 13 - S 02 E 03 Sn4 Ep14 1xAll ТВ-2 [12 из 12] 1,2,3 сезон cd 1 of 2 313-315 2019.101.102.hdtv",
    "Le Récif ~x~ (The Reef) / الشعاب Reef 海 第二季 1080pWEB10bit720p #1-4 [2.05] 25th Anniversary EngSubs",
    "((([[[{{{【】）)]} ★ ★ - – — _ . .. ...",
];

fn mutated() -> impl Strategy<Value = String> {
    let cuts = prop::collection::vec(
        (0..SEEDS.len(), any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        1..5,
    );
    cuts.prop_map(|cuts| {
        let pieces = cuts.into_iter().map(|(seed, from, to)| {
            let characters: Vec<char> = SEEDS[seed].chars().collect();
            let (from, to) = (from.index(characters.len()), to.index(characters.len()));
            characters[from.min(to)..=from.max(to)].iter().collect::<String>()
        });
        pieces.collect()
    })
}

/// Checks what every reading keeps to.
fn keeps_its_word(name: &str) {
    let release = Release::parse(name);
    assert!(release.seasons.is_sorted() && release.episodes.is_sorted(), "{name:?}");
    assert!(release.seasons.windows(2).all(|pair| pair[0] < pair[1]), "{name:?}");
    assert!(release.episodes.windows(2).all(|pair| pair[0] < pair[1]), "{name:?}");
    assert!(release.episodes.len() <= 10_000, "{name:?}");
    assert_eq!(release.title.trim(), release.title, "{name:?}");
    assert!(!release.other_titles.contains(&release.title), "{name:?}");
    assert_ne!(release.long_title.as_ref(), Some(&release.title), "{name:?}");
}

proptest! {
    #[test]
    fn any_text_is_read_without_harm(name in any::<String>()) {
        keeps_its_word(&name);
    }

    #[test]
    fn mutated_names_are_read_without_harm(name in mutated()) {
        keeps_its_word(&name);
    }

    #[test]
    fn an_episode_of_a_plain_name_is_read_back(season in 0_u32..60, episode in 0_u32..1000) {
        let release = Release::parse(&format!("Harbour.Lights.S{season:02}E{episode:02}.1080p.WEB.h264-Kelp"));
        prop_assert_eq!(release.seasons, vec![season]);
        prop_assert_eq!(release.episodes, vec![episode]);
        prop_assert_eq!(release.title, "Harbour Lights");
    }
}

#[test]
fn apostrophes_at_digits_and_signs_are_no_letters() {
    for name in ["0'À", "5'a", "a'海", "'", "E0'É", "S01'a", "1x02'b", "第'5話"] {
        keeps_its_word(name);
    }
}

#[test]
fn long_names_are_read_in_time() {
    for unit in [
        "S01E01",
        "1-9 ",
        "[",
        "(a",
        "E1-E9999 ",
        "第",
        "★",
        "a / ",
        "1 of 2 ",
        ".com",
        "x264 ",
        "- 01 ",
        "'",
        "season 1 ",
        "3D ",
        "/.mkv",
        "(/",
        "a.",
        "a - ",
        "part 2 ",
    ] {
        let name = unit.repeat(64 * 1024 / unit.len());
        keeps_its_word(&name);
    }
}
