//! Settings as the addons write them, with tokens of our own making.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::DebridService;
use crate::profile::{IndexerKind, SortKey};
use crate::release::{Language, Medium, Resolution};

const PAIRS: &str = "providers=one,two|sort=qualitysize|qualityfilter=480p,scr,cam,nonsense|limit=5\
     |language=german,latino|sizefilter=20GB,4GB|debridoptions=nocatalog|realdebrid=TOKEN1|putio=77@TOKEN2";

fn services(imported: &Imported) -> Vec<(DebridService, &str)> {
    let accounts = imported.profile.services.iter();
    accounts.map(|account| (account.service, account.token.expose())).collect()
}

fn languages(codes: &[&str]) -> Vec<Language> {
    codes.iter().map(|code| Language::of(code).unwrap()).collect()
}

#[test]
fn pairs_are_read_bare_and_out_of_an_address() {
    let escaped = utf8_percent_encode(PAIRS, NON_ALPHANUMERIC);
    for text in [
        PAIRS.to_owned(),
        escaped.to_string(),
        format!("https://addon.example/{PAIRS}/manifest.json"),
        format!("stremio://addon.example/{escaped}/manifest.json"),
        format!("  https://addon.example/stremio/x/{escaped}/configure\n"),
    ] {
        let imported = import(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut found = services(&imported);
        found.sort();
        assert_eq!(found, [(DebridService::RealDebrid, "TOKEN1"), (DebridService::PutIo, "TOKEN2")]);
        let listing = &imported.profile.listing;
        assert_eq!(listing.limits.per_resolution, 5);
        assert_eq!(
            listing.sort,
            [SortKey::Cached, SortKey::Language, SortKey::Resolution, SortKey::Size, SortKey::Seeders]
        );
        assert_eq!(listing.languages, languages(&["de", "es"]));
        assert_eq!(listing.filters.most_size, Some(20_000_000_000));
        assert_eq!(listing.filters.without_resolutions, [Resolution::P480]);
        assert!(listing.filters.without_media.contains(&Medium::Screener));
        assert!(listing.filters.without_media.contains(&Medium::Cam));
        assert_eq!(imported.not_understood.len(), 3, "{:?}", imported.not_understood);
        for name in ["providers", "debridoptions", "qualityfilter: nonsense"] {
            assert!(imported.not_understood.iter().any(|other| other == name), "{name}");
        }
    }
}

#[test]
fn json_is_read_in_every_wrapping() {
    let settings = json!({
        "maxResultsPerResolution": 7, "maxResults": 0, "maxSize": 32_000_000_000_u64, "removeTrash": true,
        "debridServices": [
            { "service": "torbox", "apiKey": "TOKEN1" },
            { "service": "nosuchservice", "apiKey": "TOKEN2" },
        ],
        "languages": { "preferred": ["fr"], "exclude": ["ru", "xx"], "required": [] },
        "resolutions": { "r360p": false, "unknown": false, "r2160p": true },
    })
    .to_string();
    let escaped = utf8_percent_encode(&settings, NON_ALPHANUMERIC).to_string();
    let padded = BASE64.encode(settings.as_bytes());
    for text in [
        settings.clone(),
        escaped.clone(),
        padded.clone(),
        BASE64URL_NOPAD.encode(settings.as_bytes()),
        BASE64.encode(escaped.as_bytes()),
        utf8_percent_encode(&padded, NON_ALPHANUMERIC).to_string(),
        format!("https://addon.example/{padded}/manifest.json"),
        format!("https://addon.example/stremio/torz/{escaped}/manifest.json"),
    ] {
        let imported = import(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(services(&imported), [(DebridService::TorBox, "TOKEN1")]);
        let listing = &imported.profile.listing;
        assert_eq!((listing.limits.per_resolution, listing.limits.total), (7, 500));
        assert_eq!(listing.filters.most_size, Some(32_000_000_000));
        assert_eq!(listing.languages, languages(&["fr"]));
        assert_eq!(listing.filters.without_languages, languages(&["ru"]));
        assert_eq!(listing.filters.without_resolutions, [Resolution::P360]);
        assert!(listing.filters.without_unknown_resolution);
        assert_eq!(imported.not_understood, ["service: nosuchservice", "languages: xx", "removeTrash"]);
    }
}

#[test]
fn a_service_and_its_key_may_stand_apart_beside_an_indexer() {
    let settings = json!({
        "service": "alldebrid", "debridKey": "TOKEN1", "jackettHost": "http://jackett.example:9117",
        "jackettApiKey": "TOKEN2", "exclusionKeywords": ["cam.rip", "3d"], "qualities": [0, 1080, 2160],
        "maxSize": "16", "sort": "seeders", "sortUncached": [["seeders", true]],
    });
    let imported = import(&settings.to_string()).unwrap();
    assert_eq!(services(&imported), [(DebridService::AllDebrid, "TOKEN1")]);
    let [jackett] = imported.profile.indexers.as_slice() else { panic!("{imported:?}") };
    assert_eq!((jackett.kind, jackett.url.as_str()), (IndexerKind::Jackett, "http://jackett.example:9117/"));
    assert_eq!(jackett.api_key.as_ref().unwrap().expose(), "TOKEN2");
    let filters = &imported.profile.listing.filters;
    assert_eq!(filters.must_not_match.as_deref(), Some("cam\\.rip|3d"));
    assert_eq!(filters.most_size, Some(16_000_000_000));
    assert!(filters.without_resolutions.contains(&Resolution::P720) && !filters.without_unknown_resolution);
    assert!(!filters.without_resolutions.contains(&Resolution::P1080));
    assert_eq!(imported.profile.listing.sort, [SortKey::Cached, SortKey::Seeders]);
    assert_eq!(imported.not_understood, ["sortUncached"]);
}

#[test]
fn stores_by_short_codes_and_nested_credentials_are_read() {
    let short = import(r#"{"stores":[{"c":"rd","t":"TOKEN1"},{"c":"p2p","t":""}]}"#).unwrap();
    assert_eq!(services(&short), [(DebridService::RealDebrid, "TOKEN1")]);
    assert_eq!(short.not_understood, Vec::<String>::new());
    let nested = r#"{"services":[{"id":"premiumize","enabled":true,"credentials":{"apiKey":"TOKEN1"}},
        {"id":"torbox","enabled":false,"credentials":{"apiKey":"TOKEN2"}}]}"#;
    assert_eq!(services(&import(nested).unwrap()), [(DebridService::Premiumize, "TOKEN1")]);
}

#[test]
fn a_profile_of_ours_comes_back_as_it_was() {
    let mut profile = import(PAIRS).unwrap().profile;
    profile.name = "Living room".to_owned();
    let json = serde_json::to_string(&profile).unwrap();
    assert_eq!(import(&json), Ok(Imported { profile: profile.clone(), not_understood: Vec::new() }));
    profile.listing.limits.total = 0;
    let json = serde_json::to_string(&profile).unwrap();
    assert!(matches!(import(&json), Err(ImportError::Invalid(problems)) if problems.len() == 1));
}

#[test]
fn what_means_nothing_is_refused_without_being_repeated() {
    let long = "x".repeat(MOST_TEXT + 1);
    for text in [
        "",
        "hush",
        "hush=hush",
        "{}",
        "[]",
        "https://addon.example/manifest.json",
        "aHVzaGh1c2g=",
        "{\"a\":1}",
        &long,
    ] {
        let error = import(text).unwrap_err();
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}

#[test]
fn tokens_that_cannot_be_tokens_are_left_out_and_never_told() {
    let imported = import("limit=3|realdebrid=hush hush|stremthru=hush").unwrap();
    assert_eq!(services(&imported), []);
    assert_eq!(imported.not_understood, ["realdebrid", "stremthru"]);
}

proptest! {
    #[test]
    fn whatever_is_put_in_may_be_kept_or_is_refused(
        text in "(\\PC|[|=,{}\":\\[\\]]|realdebrid|services|limit|sizefilter|resolutions|sort|languages|%7C|https://a/|-?[0-9]{1,20}){0,40}"
    ) {
        if let Ok(imported) = import(&text) {
            prop_assert_eq!(imported.profile.problems(), vec![]);
        }
    }

    #[test]
    fn odd_values_of_known_settings_do_no_harm(
        name in "(services|stores|limit|maxResults|maxSize|sizefilter|qualityfilter|resolutions|qualities|sort|languages|jackettHost|excludeKeywords|realdebrid|debrid)",
        value in prop_oneof![
            Just(json!(null)), Just(json!(true)), any::<i64>().prop_map(|n| json!(n)), any::<f64>().prop_map(|n| json!(n)),
            "\\PC{0,40}".prop_map(|text| json!(text)), prop::collection::vec("\\PC{0,10}", 0..6).prop_map(|list| json!(list)),
            prop::collection::vec(any::<u32>(), 0..6).prop_map(|list| json!([list, { "c": "rd", "t": list }])),
        ],
    ) {
        let text = json!({ name: value, "limit": 3 }).to_string();
        if let Ok(imported) = import(&text) {
            prop_assert_eq!(imported.profile.problems(), vec![]);
        }
    }
}
