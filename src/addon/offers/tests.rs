use std::time::{Duration, UNIX_EPOCH};

use super::samples::{candidate, offer, query, table};
use super::*;
use crate::discovery::LIBRARY;
use crate::domain::{FileIndex, Metainfo};
use crate::profile::{Device, Filters, Limits, Listing, SortKey};
use crate::release::{Audio, Codec, Hdr, Language, Medium, Resolution};
use crate::source::Place;

fn lines(resolution: Resolution) -> Release {
    Release { resolution: Some(resolution), ..Release::default() }
}

fn speaks(codes: &[&str]) -> Release {
    Release { languages: codes.iter().filter_map(|code| Language::of(code)).collect(), ..Release::default() }
}

fn numbered(seasons: &[u32], episodes: &[u32]) -> Release {
    Release {
        title: "Tide Watch".to_owned(),
        seasons: seasons.to_vec(),
        episodes: episodes.to_vec(),
        ..Release::default()
    }
}

/// The numbers of the offers that are listed, in their order.
fn listed(listing: &Listing, offers: &[Offer]) -> Vec<u8> {
    let patterns = Patterns::lenient(&listing.filters);
    let picked = pick(listing, &patterns, offers.to_vec());
    picked.iter().map(|offer| offer.candidate.info_hash.as_bytes()[0]).collect()
}

/// Whether an offer is listed with these filters.
fn passes(filters: Filters, offer: &Offer) -> bool {
    !listed(&Listing { filters, ..Listing::default() }, std::slice::from_ref(offer)).is_empty()
}

fn suits(device: Device, release: Release) -> bool {
    let listing = Listing { device, ..Listing::default() };
    !listed(&listing, &[offer(1, "a", release)]).is_empty()
}

/// What becomes of one candidate for season 2, episode 3 of Tide Watch.
fn contents(table: Option<&Arc<Metainfo>>) -> Contents {
    table.map_or(Contents::Unknown, |table| Contents::Table(table.clone()))
}

fn sift_one(candidate: Candidate, table: Option<&Arc<Metainfo>>) -> Sifted {
    sift(&query("Tide Watch", 2015, Some((2, 3))), &[Arc::new(candidate)], |_| contents(table))
}

#[test]
fn an_episode_in_its_own_torrent_is_offered_by_number_until_its_file_is_known() {
    let own = candidate(1, "Tide.Watch.S02E03", numbered(&[2], &[3]));
    let sifted = sift_one(own.clone(), None);
    let [offer] = sifted.offers.as_slice() else { panic!("{sifted:?}") };
    assert_eq!(offer.file, FileChoice::Episode { season: 2, episode: 3 });
    assert_eq!((offer.is_checked, offer.file_name.clone(), offer.file_size), (false, None, None));

    let sifted = sift_one(own, Some(&table(&[("info.txt", 1), ("Tide.Watch.S02E03.mkv", 700)])));
    let [offer] = sifted.offers.as_slice() else { panic!("{sifted:?}") };
    assert_eq!(offer.file, FileChoice::Index(FileIndex(1)));
    assert_eq!((offer.is_checked, offer.file_size), (true, Some(700 << 20)));
    assert_eq!(offer.file_name.as_deref(), Some("Tide.Watch.S02E03.mkv"));
}

#[test]
fn a_pack_is_shown_only_with_the_exact_file() {
    let pack = candidate(1, "Tide.Watch.S02", numbered(&[2], &[]));
    let unseen = sift_one(pack.clone(), None);
    assert_eq!((unseen.offers.len(), unseen.unseen.len()), (0, 1));

    let seen = sift_one(pack.clone(), Some(&table(&[("S02E02.mkv", 700), ("S02E03.mkv", 600)])));
    let [offer] = seen.offers.as_slice() else { panic!("{seen:?}") };
    assert_eq!((offer.fit, offer.file), (Fit::Pack, FileChoice::Index(FileIndex(1))));

    let without = sift_one(pack, Some(&table(&[("S02E01.mkv", 700), ("S02E02.mkv", 600)])));
    assert_eq!((without.offers.len(), without.unseen.len()), (0, 0));
}

#[test]
fn a_torrent_whose_files_say_another_episode_than_its_name_is_left_out() {
    let liar = candidate(1, "Tide.Watch.S02E03", numbered(&[2], &[3]));
    let sifted = sift_one(liar, Some(&table(&[("Tide.Watch.S02E04.mkv", 700)])));
    assert_eq!((sifted.offers.len(), sifted.unseen.len()), (0, 0));
}

#[test]
fn an_indexer_that_keeps_episodes_is_believed_about_the_file_unless_names_say_otherwise() {
    let vouched = |file_name: Option<&str>| {
        let mut one =
            candidate(1, "whatever", Release { title: "whatever".to_owned(), ..Release::default() });
        one.is_exact = true;
        one.file_name = file_name.map(str::to_owned);
        let Locator::Torrent { file, .. } = &mut one.locator else { panic!("a torrent") };
        *file = Some(FileIndex(1));
        one
    };
    for (table, expected) in [
        (None, Some(1)),
        (Some(table(&[("a.mkv", 1), ("b.mkv", 1)])), Some(1)),
        (Some(table(&[("S02E03.mkv", 1), ("b.mkv", 1)])), Some(0)),
        (Some(table(&[("S02E02.mkv", 1), ("S02E04.mkv", 1)])), None),
        (Some(table(&[("a.mkv", 1), ("b.txt", 1)])), None),
        (Some(table(&[("a.mkv", 1)])), None),
    ] {
        let sifted = sift_one(vouched(None), table.as_ref());
        let file = sifted.offers.first().map(|offer| offer.file);
        assert_eq!(file, expected.map(|index| FileChoice::Index(FileIndex(index))), "{table:?}");
    }
}

#[test]
fn numbers_without_a_season_are_played_from_the_one_large_video() {
    let mut asked = query("Tide Watch", 2015, Some((2, 3)));
    asked.absolute = Some(16);
    let sift = |episodes: &[u32]| {
        sift(&asked, &[Arc::new(candidate(1, "Tide Watch - 16", numbered(&[], episodes)))], |_| {
            Contents::Unknown
        })
    };
    assert_eq!(sift(&[16]).offers[0].file, FileChoice::Largest);
    assert_eq!((sift(&[16, 17]).offers.len(), sift(&[16, 17]).unseen.len()), (0, 1));
    assert_eq!((sift(&[3]).offers.len(), sift(&[3]).unseen.len()), (0, 0));
}

#[test]
fn a_file_on_a_web_server_is_its_own_file() {
    let place = Place {
        url: "https://media.example/a.mp4".parse().unwrap(),
        headers: Vec::new(),
        name: "Tide.Watch.S02E03.mp4".to_owned(),
        size: Some(5),
    };
    let mut one = candidate(1, "Tide Watch", numbered(&[2], &[3]));
    one.locator = Locator::Place(place.clone());
    let sifted = sift_one(one.clone(), None);
    let offer = &sifted.offers[0];
    assert_eq!((offer.file, offer.file_size), (FileChoice::Index(FileIndex(0)), Some(5)));
    assert!(offer.is_checked && offer.is_cached() && offer.comes_without_peers());
    one.release = numbered(&[2], &[]);
    assert!(sift_one(one, None).offers.is_empty());
}

#[test]
fn the_default_order_is_cached_then_lines_then_seeders() {
    let mut offers = vec![
        offer(1, "a", lines(Resolution::P720)),
        offer(2, "b", lines(Resolution::P2160)),
        offer(3, "c", lines(Resolution::P1080)),
        offer(4, "d", lines(Resolution::P2160)),
        offer(5, "e", lines(Resolution::P480)),
        offer(6, "f", Release::default()),
    ];
    Arc::make_mut(&mut offers[3].candidate).seeders = Some(500);
    offers[2].services = vec![DebridService::TorBox];
    offers[4].here = Presence::Complete;
    offers[5].here = Presence::Partly;
    assert_eq!(listed(&Listing::default(), &offers), [5, 3, 6, 4, 2, 1]);
}

#[test]
fn each_key_puts_the_better_first() {
    let by = |key| Listing {
        sort: vec![key],
        languages: vec![language("de"), language("fr")],
        ..Listing::default()
    };
    let sorted = |key, releases: Vec<Release>| {
        let offers: Vec<Offer> =
            (1..).zip(releases).map(|(number, one)| offer(number, &number.to_string(), one)).collect();
        listed(&by(key), &offers)
    };
    let medium = |medium| Release { medium: Some(medium), ..Release::default() };
    assert_eq!(
        sorted(SortKey::Medium, vec![medium(Medium::Cam), medium(Medium::Remux), medium(Medium::WebDl)]),
        [2, 3, 1]
    );
    let codec = |codec| Release { codec: Some(codec), ..Release::default() };
    assert_eq!(
        sorted(SortKey::Codec, vec![codec(Codec::Avc), codec(Codec::Av1), codec(Codec::Hevc)]),
        [2, 3, 1]
    );
    let hdr = |hdr: &[Hdr]| Release { hdr: hdr.to_vec(), ..Release::default() };
    assert_eq!(
        sorted(SortKey::Hdr, vec![hdr(&[Hdr::Hdr10]), hdr(&[Hdr::Hdr10, Hdr::DolbyVision]), hdr(&[])]),
        [2, 1, 3]
    );
    let audio = |audio: &[Audio]| Release { audio: audio.to_vec(), ..Release::default() };
    assert_eq!(
        sorted(
            SortKey::Audio,
            vec![audio(&[Audio::Aac]), audio(&[Audio::TrueHd, Audio::Atmos]), audio(&[Audio::Dts])]
        ),
        [2, 3, 1]
    );
    let multi = Release { multi_audio: true, ..Release::default() };
    assert_eq!(
        sorted(
            SortKey::Language,
            vec![speaks(&["en"]), speaks(&["fr"]), speaks(&["en", "de"]), multi, speaks(&[])]
        ),
        [3, 2, 4, 5, 1]
    );
    // Sizes of samples grow with their numbers.
    assert_eq!(sorted(SortKey::Size, vec![Release::default(); 3]), [3, 2, 1]);
}

fn language(code: &str) -> Language {
    Language::of(code).unwrap()
}

#[test]
fn later_is_better_by_age_and_more_by_seeders() {
    let mut offers: Vec<Offer> =
        (1..4).map(|number| offer(number, &number.to_string(), Release::default())).collect();
    for (offer, (day, seeders)) in offers.iter_mut().zip([(1, 5), (3, 1), (2, 9)]) {
        let candidate = Arc::make_mut(&mut offer.candidate);
        candidate.published = Some(UNIX_EPOCH + Duration::from_secs(day * 86_400));
        candidate.seeders = Some(seeders);
    }
    let by = |key| Listing { sort: vec![key], ..Listing::default() };
    assert_eq!(listed(&by(SortKey::Age), &offers), [2, 3, 1]);
    assert_eq!(listed(&by(SortKey::Seeders), &offers), [3, 1, 2]);
}

#[test]
fn pictures_are_filtered_by_what_the_names_say() {
    let uhd = offer(1, "a", lines(Resolution::P2160));
    let unknown = offer(1, "a", Release::default());
    let without = Filters { without_resolutions: vec![Resolution::P2160], ..Filters::default() };
    assert!(!passes(without.clone(), &uhd) && passes(without, &unknown));
    let known = Filters { without_unknown_resolution: true, ..Filters::default() };
    assert!(passes(known.clone(), &uhd) && !passes(known, &unknown));
    let cam = offer(1, "a", Release { medium: Some(Medium::Cam), ..Release::default() });
    assert!(!passes(Filters { without_media: vec![Medium::Cam], ..Filters::default() }, &cam));
    let av1 = offer(1, "a", Release { codec: Some(Codec::Av1), ..Release::default() });
    assert!(!passes(Filters { without_codecs: vec![Codec::Av1], ..Filters::default() }, &av1));
    let no_dv = || Filters { without_hdr: vec![Hdr::DolbyVision], ..Filters::default() };
    let hdr = |hdr: &[Hdr]| offer(1, "a", Release { hdr: hdr.to_vec(), ..Release::default() });
    assert!(!passes(no_dv(), &hdr(&[Hdr::DolbyVision])));
    assert!(passes(no_dv(), &hdr(&[Hdr::DolbyVision, Hdr::Hdr10])));
    assert!(passes(no_dv(), &hdr(&[])));
    assert!(!passes(Filters { without_hdr: vec![Hdr::Sdr], ..Filters::default() }, &hdr(&[])));
}

#[test]
fn languages_are_filtered_only_where_they_are_known() {
    let only = || Filters { only_languages: vec![language("de")], ..Filters::default() };
    let without = || Filters { without_languages: vec![language("ru")], ..Filters::default() };
    let multi = Release { multi_audio: true, ..speaks(&["ru"]) };
    for (release, by_only, by_without) in [
        (speaks(&["de"]), true, true),
        (speaks(&["ru"]), false, false),
        (speaks(&["ru", "de"]), true, true),
        (speaks(&["en"]), false, true),
        (speaks(&[]), true, true),
        (multi, true, true),
    ] {
        let one = offer(1, "a", release);
        assert_eq!(
            (passes(only(), &one), passes(without(), &one)),
            (by_only, by_without),
            "{:?}",
            one.release
        );
    }
}

#[test]
fn sizes_and_seeders_are_filtered_with_mercy_for_what_is_cached_or_unknown() {
    // One GiB and ten seeders.
    let one = offer(1, "a", Release::default());
    assert!(passes(
        Filters { least_size: Some(1 << 30), most_size: Some(1 << 30), ..Filters::default() },
        &one
    ));
    assert!(!passes(Filters { least_size: Some((1 << 30) + 1), ..Filters::default() }, &one));
    assert!(!passes(Filters { most_size: Some((1 << 30) - 1), ..Filters::default() }, &one));
    let least = || Filters { least_seeders: Some(11), ..Filters::default() };
    assert!(!passes(least(), &one));
    assert!(passes(least(), &Offer { here: Presence::Complete, ..one.clone() }));
    assert!(passes(least(), &Offer { services: vec![DebridService::PutIo], ..one.clone() }));
    let mut unknown = one.clone();
    Arc::make_mut(&mut unknown.candidate).seeders = None;
    assert!(passes(least(), &unknown));
    // The size of a pack is not that of its episode.
    let pack = Offer { fit: Fit::Pack, ..one };
    assert_eq!(pack.size(), None);
    assert!(passes(Filters { most_size: Some(1), ..Filters::default() }, &pack));
}

#[test]
fn groups_and_expressions_decide_in_either_case() {
    let one = offer(
        1,
        "Tide.Watch.S02E03.1080p-Harbour",
        Release { group: Some("Harbour".to_owned()), ..Release::default() },
    );
    let nobody = offer(1, "Tide Watch", Release::default());
    let only = || Filters { only_groups: vec!["HARBOUR".to_owned()], ..Filters::default() };
    assert!(passes(only(), &one) && !passes(only(), &nobody));
    let without = || Filters { without_groups: vec!["harbour".to_owned()], ..Filters::default() };
    assert!(!passes(without(), &one) && passes(without(), &nobody));
    let must = |text: &str| Filters { must_match: Some(text.to_owned()), ..Filters::default() };
    assert!(passes(must(r"s\d+E\d+"), &one) && !passes(must("2160"), &one));
    let must_not = |text: &str| Filters { must_not_match: Some(text.to_owned()), ..Filters::default() };
    assert!(!passes(must_not("1080P"), &one) && passes(must_not("2160"), &one));
    assert!(passes(must("("), &one) && passes(must_not(""), &one));
}

#[test]
fn only_what_is_checked_is_listed_for_those_who_want_that() {
    let listing = Listing { only_checked: true, ..Listing::default() };
    let checked = Offer { is_checked: true, ..offer(1, "a", Release::default()) };
    assert_eq!(listed(&listing, &[checked, offer(2, "b", Release::default())]), [1]);
}

#[test]
fn a_device_is_spared_what_it_cannot_play() {
    let codec = |codec| Release { codec: Some(codec), ..Release::default() };
    let hdr = |hdr: &[Hdr]| Release { hdr: hdr.to_vec(), ..Release::default() };
    let audio = |audio: &[Audio]| Release { audio: audio.to_vec(), ..Release::default() };
    let container = |name: &str| Release { container: Some(name.to_owned()), ..Release::default() };
    let no_hevc = || Device { no_hevc: true, ..Device::default() };
    assert!(!suits(no_hevc(), codec(Codec::Hevc)) && suits(no_hevc(), codec(Codec::Avc)));
    assert!(!suits(no_hevc(), lines(Resolution::P2160)) && suits(no_hevc(), lines(Resolution::P1080)));
    assert!(!suits(Device { no_av1: true, ..Device::default() }, codec(Codec::Av1)));
    let no_ten_bit = || Device { no_ten_bit: true, ..Device::default() };
    assert!(!suits(no_ten_bit(), Release { bit_depth: Some(10), ..Release::default() }));
    assert!(!suits(no_ten_bit(), hdr(&[Hdr::Hdr10])) && suits(no_ten_bit(), hdr(&[Hdr::Sdr])));
    assert!(!suits(Device { no_hdr: true, ..Device::default() }, hdr(&[Hdr::Hlg])));
    let no_dv = || Device { no_dolby_vision: true, ..Device::default() };
    assert!(
        !suits(no_dv(), hdr(&[Hdr::DolbyVision])) && suits(no_dv(), hdr(&[Hdr::DolbyVision, Hdr::Hdr10]))
    );
    let no_dts = || Device { no_dts: true, ..Device::default() };
    assert!(!suits(no_dts(), audio(&[Audio::DtsHd])) && !suits(no_dts(), audio(&[Audio::Dts, Audio::DtsX])));
    assert!(suits(no_dts(), audio(&[Audio::DtsHd, Audio::Ac3])) && suits(no_dts(), audio(&[])));
    let no_truehd = || Device { no_truehd: true, ..Device::default() };
    assert!(!suits(no_truehd(), audio(&[Audio::TrueHd, Audio::Atmos])));
    assert!(suits(no_truehd(), audio(&[Audio::Eac3, Audio::Atmos])));
    let mp4 = || Device { mp4_only: true, ..Device::default() };
    assert!(suits(mp4(), container("mp4")) && !suits(mp4(), container("mkv")));
    assert!(!suits(mp4(), Release::default()), "a container that nobody knows");
    let most = || Device { most_lines: Some(Resolution::P1080), ..Device::default() };
    assert!(!suits(most(), lines(Resolution::P1440)) && suits(most(), lines(Resolution::P1080)));
    assert!(suits(most(), Release::default()));
}

#[test]
fn limits_count_each_resolution_and_all_together() {
    let offers: Vec<Offer> = (1..=9)
        .map(|number| {
            let resolution = if number <= 6 { Resolution::P1080 } else { Resolution::P720 };
            offer(number, &number.to_string(), lines(resolution))
        })
        .collect();
    let limited =
        |total, per_resolution| Listing { limits: Limits { total, per_resolution }, ..Listing::default() };
    assert_eq!(listed(&limited(60, 2), &offers), [6, 5, 9, 8]);
    assert_eq!(listed(&limited(3, 2), &offers), [6, 5, 9]);
    assert_eq!(listed(&limited(4, 20), &offers), [6, 5, 4, 3]);
}

#[test]
fn the_same_file_is_listed_once_from_where_it_is_best() {
    let mut twins = vec![
        offer(1, "Tide.Watch.S02E03.1080p", lines(Resolution::P1080)),
        offer(2, "tide watch s02e03 (1080p)", lines(Resolution::P1080)),
        offer(3, "Tide.Watch.S02E03.1080p", lines(Resolution::P1080)),
    ];
    for twin in &mut twins {
        Arc::make_mut(&mut twin.candidate).size = Some(700);
    }
    Arc::make_mut(&mut twins[2].candidate).size = Some(800);
    twins[1].services = vec![DebridService::RealDebrid];
    assert_eq!(listed(&Listing::default(), &twins), [2, 3]);
    let same = vec![twins[0].clone(), twins[0].clone()];
    assert_eq!(listed(&Listing::default(), &same), [1]);
}

#[test]
fn a_torrent_with_web_seeds_stands_beside_the_same_file_at_an_address() {
    let name = "Tide.Watch.S02E03.1080p.mp4";
    let mut ways: Vec<Offer> = (1..=3).map(|number| offer(number, name, lines(Resolution::P1080))).collect();
    for way in &mut ways {
        Arc::make_mut(&mut way.candidate).size = Some(700);
    }
    let url = "https://media.example/a.mp4".parse().unwrap();
    let place = Place { url, headers: Vec::new(), name: name.to_owned(), size: Some(700) };
    Arc::make_mut(&mut ways[0].candidate).locator = Locator::Place(place);
    assert_eq!(listed(&Listing::default(), &ways), [1]);
    if let Locator::Torrent { web_seeds, .. } = &mut Arc::make_mut(&mut ways[2].candidate).locator {
        web_seeds.push("https://media.example/".parse().unwrap());
    }
    assert_eq!(listed(&Listing::default(), &ways), [1, 3]);
}

#[test]
fn a_named_file_of_a_torrent_whose_files_nobody_knows_is_not_guessed_by_size() {
    let film = |candidate: Candidate| {
        sift(&query("Tide Watch", 2015, None), &[Arc::new(candidate)], |_| Contents::Unknown)
    };
    let release = || Release { title: "Tide Watch".to_owned(), year: Some(2015), ..Release::default() };
    let plain = candidate(1, "Tide.Watch.2015.1080p", release());
    let sifted = film(plain.clone());
    let [offer] = sifted.offers.as_slice() else { panic!("{sifted:?}") };
    assert_eq!(offer.file, FileChoice::Largest);
    // One film of a trilogy, and a row about which two indexers disagree.
    let named = Candidate { file_name: Some("Tide.Watch.2015.1080p.mkv".to_owned()), ..plain.clone() };
    let disputed = Candidate { is_exact: true, ..plain.clone() };
    for candidate in [named.clone(), disputed] {
        let sifted = film(candidate);
        assert!(sifted.offers.is_empty() && sifted.unseen.len() == 1, "{sifted:?}");
    }
    let provided = Candidate { said_by: vec![LIBRARY.to_owned()], ..named };
    assert_eq!(film(provided).offers.len(), 1, "the operator's file is all there is");
}
