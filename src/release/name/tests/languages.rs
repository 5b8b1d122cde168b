//! Numbers and words in many languages.

use super::{Release, check};

#[test]
fn seasons_and_episodes_in_romance_languages() {
    check(&[
        ("Costa Brava Temporada 3 Capitulo 7", "Costa Brava S3 E7"),
        ("Costa Brava - Temporada 3 [HDTV][Castellano][www.Example.nu].avi", "Costa Brava S3"),
        ("Costa Brava - Temporada 3 [HDTV 720p][Cap.307][AC3 5.1 Castellano]", "Costa Brava S3 E7 720p"),
        ("Costa Brava [HDTV 720p][Cap.102][Castellano]", "Costa Brava S1 E2 720p"),
        ("Costa Brava [HDTV][Cap.1012][Castellano]", "Costa Brava S10 E12"),
        ("Costa Brava [HDTV][Cap.107_110][Castellano]", "Costa Brava S1 E7-10"),
        ("Costa Brava Temp.3 Cap.07 720p", "Costa Brava S3 E7 720p"),
        ("Costa Brava T03E07 720p", "Costa Brava S3 E7 720p"),
        ("Costa Brava T3E7.mkv", "Costa Brava S3 E7"),
        ("Costa Brava 3x07 [Latino].mkv", "Costa Brava S3 E7"),
        ("Costa Brava 3ª Temporada Completa 720p", "Costa Brava S3 720p"),
        ("Costa Brava 3º Temporada Dublado", "Costa Brava S3"),
        ("Costa Brava - 1ª a 4ª Temporada 720p", "Costa Brava S1-4 720p"),
        ("Costa Brava Temporadas 1-4 720p", "Costa Brava S1-4 720p"),
        ("Costa Brava - T02 - Completa", "Costa Brava S2"),
        ("Costa Brava S03E07 Episódio Dublado 1080p", "Costa Brava S3 E7 1080p"),
        ("Costa Brava Episódio 7 Legendado", "Costa Brava E7"),
        ("La Côte Saison 3 Episode 7 FRENCH 720p", "La Côte S3 E7 720p"),
        ("La.Cote.S03E07.FRENCH.HDTV.x264", "La Cote S3 E7"),
        ("La.Cote.FRENCH.S03E07.720p", "La Cote S3 E7 720p"),
        ("La Cote - Saison 3 Épisode 7", "La Cote S3 E7"),
        ("La Cote Saisons 1 à 4 FRENCH", "La Cote S1-4"),
        ("La Cote Saison 1 - Intégrale FRENCH 720p", "La Cote S1 720p"),
        ("La Costa Stagione 3 Episodio 7 ITA", "La Costa S3 E7"),
        ("La Costa - Stagione 3 Puntata 7", "La Costa S3 E7"),
        ("La Costa 3x07 Il Mare iTALiAN HDTV", "La Costa S3 E7"),
        ("La Costa Stagioni 1-4 Complete ITA", "La Costa S1-4"),
        ("Coasta Sezonul 3 Episodul 7", "Coasta S3 E7"),
        ("La Costa S03E01-10 [1080p Ita Eng]", "La Costa S3 E1-10 1080p"),
    ]);
}

#[test]
fn numbers_of_seasons_are_spelt_out() {
    check(&[
        ("Le Port Saison sept FRENCH.BDRip.XviD-KLP", "Le Port S7"),
        ("Le Port Première Saison 720p", "Le Port S1 720p"),
        ("El Puerto Temporada dos 720p", "El Puerto S2 720p"),
        ("El Puerto - Segunda Temporada 720p", "El Puerto S2 720p"),
        ("O Porto Temporada cinco 1080p", "O Porto S5 1080p"),
        ("Der Hafen Staffel drei 720p", "Der Hafen S3 720p"),
        ("Der Hafen - Vierte Staffel 720p", "Der Hafen S4 720p"),
        ("Il Porto Stagione otto 1080p", "Il Porto S8 1080p"),
        ("Il Porto Prima Stagione 1080p", "Il Porto S1 1080p"),
        ("Harbour Season 2 Premiere Episode 720p", "Harbour S2 720p"),
        ("Prima la Segunda 2019 1080p", "Prima la Segunda (2019) 1080p"),
    ]);
}

#[test]
fn a_short_word_for_a_season_stands_apart() {
    check(&[
        ("Puerto.-.Tem.1.720p.HDTV.x264[Cap.112_114.Final]SPANISH.AUDIO-KLP", "Puerto S1 E12-14 720p"),
        ("Puerto [Tem 2][720p]", "Puerto S2 720p"),
        ("Puerto - Tem. 3 [HDTV]", "Puerto S3"),
        ("Puerto - Tem.2x03.avi", "Puerto S2 E3"),
        ("Ela Tem 3 Filhos 2019 1080p", "Ela Tem 3 Filhos (2019) 1080p"),
        ("Ela - Tem 3 Filhos 2019 1080p", "Ela - Tem 3 Filhos (2019) 1080p"),
    ]);
}

#[test]
fn seasons_and_episodes_in_germanic_and_northern_languages() {
    check(&[
        ("Die Küste Staffel 3 Folge 7", "Die Küste S3 E7"),
        ("Die.Kueste.S03E07.GERMAN.720p.WEB.h264", "Die Kueste S3 E7 720p"),
        ("Die Küste - Staffel 3 Komplett German 720p", "Die Küste S3 720p"),
        ("Die Küste Staffel 1-3 German", "Die Küste S1-3"),
        ("Die Küste 3. Staffel", "Die Küste S3"),
        ("De Kust Seizoen 3 Aflevering 7 NL", "De Kust S3 E7"),
        ("Kusten Säsong 3 Avsnitt 7", "Kusten S3 E7"),
        ("Kysten Sæson 3 Afsnit 7", "Kysten S3 E7"),
        ("Rannikko Kausi 3 Jakso 7", "Rannikko S3 E7"),
        ("A part 3. évad 7. rész", "A part S3 E7"),
        ("Sahil 3. Sezon 7. Bölüm 1080p", "Sahil S3 E7 1080p"),
        ("Sahil 7. Bölüm", "Sahil E7"),
        ("Wybrzeże Sezon 3 Odcinek 7 PL", "Wybrzeże S3 E7"),
        ("Wybrzeże S03 odc. 7 PL 720p", "Wybrzeże S3 E7 720p"),
        ("Pobřeží 3. série 7. díl", "Pobřeží S3 E7"),
    ]);
}

#[test]
fn seasons_and_episodes_in_cyrillic() {
    check(&[
        ("Тихий берег Сезон 3 Серия 7", "Тихий берег S3 E7"),
        ("Тихий берег 3 сезон 7 серия.avi", "Тихий берег S3 E7"),
        ("Тихий берег (3 сезон) 1080p", "Тихий берег S3 1080p"),
        (
            "Тихий берег / Quiet Shore / Сезон: 3 / Серии: 1-8 из 10 [2019, WEB-DL 1080p]",
            "Quiet Shore (2019) S3 E1-8 1080p",
        ),
        (
            "Тихий берег / Quiet Shore / Сезон: 3 / Серии: 8 из 10 [2019, WEB-DL 1080p]",
            "Quiet Shore (2019) S3 E1-8 1080p",
        ),
        ("Тихий берег / Quiet Shore / Сезоны: 1-3 [2019, WEB-DL 1080p]", "Quiet Shore (2019) S1-3 1080p"),
        ("Тихий берег [S03E01-08 из 10] (2019) WEB-DL 1080p", "Тихий берег (2019) S3 E1-8 1080p"),
        ("Тихий берег (S3E1-8 of 8) / Quiet Shore (2022) WEB-DL", "Тихий берег (2022) S3 E1-8"),
        ("Тихий берег (1-8 серии из 10) 2019", "Тихий берег (2019) E1-8"),
        ("Тихий берег [1-8 из 10] (2019) SATRip", "Тихий берег (2019) E1-8"),
        ("Тихий берег (07 серия) WEB-DLRip", "Тихий берег E7"),
        ("Тихий берег (07 сер.).mkv", "Тихий берег E7"),
        ("Тихий берег - 3 сезон, 7 серия.mkv", "Тихий берег S3 E7"),
        ("Tihiy.bereg.(07.seriya).2019.WEB-DLRip.avi", "Tihiy bereg (2019) E7"),
        ("Тихий берег 2006г. BDRip 1080p.mkv", "Тихий берег (2006) 1080p"),
        ("Тихий берег 03-20.mkv", "Тихий берег S3 E20"),
        ("Тихий берег [03х07] (2019)", "Тихий берег (2019) S3 E7"),
        ("Тихий берег Сезон 3 Эпизод 7", "Тихий берег S3 E7"),
        ("Тихий берег сезон 3 серии 1-8", "Тихий берег S3 E1-8"),
        ("Тихий берег Сезон 2 Серія 5", "Тихий берег S2 E5"),
    ]);
}

#[test]
fn names_in_devanagari() {
    check(&[
        ("बंदरगाह की रोशनी (2019) हिंदी 1080p WEB-DL", "बंदरगाह की रोशनी (2019) 1080p"),
        ("बंदरगाह की रोशनी 2019 1080p WEB-DL x264", "बंदरगाह की रोशनी (2019) 1080p"),
        ("लालटेन गली S02E03 हिंदी 1080p WEB-DL", "लालटेन गली S2 E3 1080p"),
        ("लालटेन गली भाग 3 720p", "लालटेन गली E3 720p"),
        ("लालटेन गली एपिसोड 3 720p", "लालटेन गली E3 720p"),
    ]);
}

#[test]
fn seasons_and_episodes_in_asian_scripts() {
    check(&[
        ("海の音 第05話 1080p", "海の音 E5 1080p"),
        ("海の音 第2期 第05話 1080p", "海の音 S2 E5 1080p"),
        ("海の音 第01-12話 1080p", "海の音 E1-12 1080p"),
        ("大海 第2季 第05集 1080p", "大海 S2 E5 1080p"),
        ("大海第二季第十二集 1080p", "大海 S2 E12 1080p"),
        ("大海 全12集 1080p", "大海 1080p"),
        ("大海.The.Sea.S02E05.1080p.WEB-DL", "The Sea S2 E5 1080p"),
        ("大海 The Sea 2019 1080p 国语中字", "The Sea (2019) 1080p"),
        ("바다 시즌2 5화 1080p", "바다 S2 E5 1080p"),
        ("바다 5회 720p", "바다 E5 720p"),
        ("바다 제5화 720p", "바다 E5 720p"),
        ("바다.E05.190105.720p-NEXT", "바다 2019-01-05 E5 720p"),
        ("ทะเล ตอนที่ 5 720p", "ทะเล E5 720p"),
        ("ทะเล EP.05 720p", "ทะเล E5 720p"),
        ("البحر الموسم 2 الحلقة 5", "البحر S2 E5"),
        ("הים עונה 2 פרק 5", "הים S2 E5"),
        ("Biển Tập 5 720p", "Biển E5 720p"),
        ("Θάλασσα Επεισόδιο 5", "Θάλασσα E5"),
    ]);
}

#[test]
fn spoken_languages_and_subtitles_are_told_apart() {
    for (name, languages, subtitles) in [
        ("Cove.2003.FRENCH.1080p.BluRay", "fr", ""),
        ("Cove.2003.VOSTFR.1080p.BluRay", "", "fr"),
        ("Cove 2003 720p [Tamil + Telugu + Hindi + Eng] x264 ESubs", "ta te hi en", "en"),
        ("Cove (2003) 1080p Ita Eng - Sub Spa Ger", "it en", "es de"),
        ("Cove.2003.GERMAN.DL.1080p", "de", ""),
        ("Cove.2003.1080p.BluRay.PL.x264", "pl", ""),
        ("Cove.2003.PLDUB.1080p", "pl", ""),
        ("Cove 2003 1080p Dublado", "pt", ""),
        ("Cove 2003 1080p Legendado", "", "pt"),
        ("Cove S01 SweSub 1080p", "", "sv"),
        ("[Kelp] Cove - 05 [1080p][Eng Sub].mkv", "", "en"),
        ("[Kelp] Cove - 05 [1080p][简体].mkv", "", "zh"),
        ("The French Cove 2003 1080p", "", ""),
        ("Cove 2003 WEB-DL 1080p MVO + Original + Sub (Rus, Eng)", "ru", "ru en"),
    ] {
        let release = Release::parse(name);
        let codes =
            |list: &[super::super::Language]| list.iter().map(|l| l.code()).collect::<Vec<_>>().join(" ");
        assert_eq!(
            (codes(&release.languages).as_str(), codes(&release.subtitles).as_str()),
            (languages, subtitles),
            "{name}"
        );
    }
}
