//! Every setting of a list, seen in the list.

use headwater::profile::{Labels, Limits, Listing, SortKey};
use headwater::release::{Codec, Hdr, Language, Medium, Resolution};

use super::super::stage::{FILM, list, list_at, setup, titles};
use super::shelf::{Holder, numbers, shelf, start_with};
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Tracker, Upstream};

/// The order where nobody has chosen another: what a service holds, then by the picture.
const USUAL: [u32; 11] = [9, 1, 2, 3, 7, 5, 4, 6, 11, 8, 10];

/// By seeders, as everything is where the keys say that it is equal.
const BY_SEEDERS: [u32; 11] = [10, 5, 4, 2, 8, 6, 11, 7, 3, 1, 9];

fn language(code: &str) -> Language {
    Language::of(code).expect("the code is in the table")
}

/// What a setting is called, and how it is made.
type Change = (&'static str, fn(&mut Listing));

/// Each with the numbers that vanish by it.
fn filters() -> Vec<(Change, Vec<u32>)> {
    vec![
        (
            ("resolutions", |it| it.filters.without_resolutions = vec![Resolution::P480, Resolution::P720]),
            vec![8, 9],
        ),
        (("unknown resolution", |it| it.filters.without_unknown_resolution = true), vec![10]),
        (("media", |it| it.filters.without_media = vec![Medium::Cam, Medium::DvdRip]), vec![9, 10]),
        (("codecs", |it| it.filters.without_codecs = vec![Codec::Hevc]), vec![1, 2, 5]),
        // Number 1 has a layer for every screen.
        (("Dolby Vision", |it| it.filters.without_hdr = vec![Hdr::DolbyVision]), vec![2]),
        (("the usual range", |it| it.filters.without_hdr = vec![Hdr::Sdr]), (4..=11).collect()),
        // What is spoken in several or in unnamed languages may be the one.
        (("only German", |it| it.filters.only_languages = vec![language("de")]), vec![11]),
        (("no German", |it| it.filters.without_languages = vec![language("de"), language("it")]), vec![6]),
        (("least size", |it| it.filters.least_size = Some(2_000_000_000)), vec![8, 9, 10]),
        (("most size", |it| it.filters.most_size = Some(10_000_000_000)), vec![1, 2, 3, 4]),
        // Nobody needs seeders for what a service holds.
        (("seeders", |it| it.filters.least_seeders = Some(10)), vec![1, 3, 7]),
        (("only groups", |it| it.filters.only_groups = vec!["alder".to_owned(), "Ivy".to_owned()]), {
            vec![2, 3, 5, 6, 7, 8, 10, 11]
        }),
        (("no groups", |it| it.filters.without_groups = vec!["Alder".to_owned()]), vec![1, 4]),
        (
            ("must match", |it| it.filters.must_match = Some("web-?dl".to_owned())),
            vec![1, 4, 5, 8, 9, 10, 11],
        ),
        (("must not match", |it| it.filters.must_not_match = Some("remux|cam".to_owned())), vec![1, 10]),
    ]
}

/// Each with the numbers that a device like this is not shown.
fn devices() -> Vec<(Change, Vec<u32>)> {
    vec![
        (("no HEVC", |it| it.device.no_hevc = true), vec![1, 2, 5]),
        (("no AV1", |it| it.device.no_av1 = true), vec![3]),
        (("no ten bits", |it| it.device.no_ten_bit = true), vec![1, 2, 3, 5]),
        (("no HDR", |it| it.device.no_hdr = true), vec![1, 2, 3]),
        (("no Dolby Vision", |it| it.device.no_dolby_vision = true), vec![2]),
        (("no DTS", |it| it.device.no_dts = true), vec![4]),
        (("no TrueHD", |it| it.device.no_truehd = true), vec![1]),
        (("MP4 only", |it| it.device.mp4_only = true), vec![1, 2, 3, 4, 5, 6, 7, 9, 10, 11]),
        (("1080 lines", |it| it.device.most_lines = Some(Resolution::P1080)), vec![1, 2, 3]),
        (("a browser", |it| (it.device.no_hevc, it.device.no_dts, it.device.no_hdr) = (true, true, true)), {
            vec![1, 2, 3, 4, 5]
        }),
        // The service that holds number 9 lists its files; nobody knows those of the others.
        (("nothing that nobody has checked", |it| it.only_checked = true), {
            vec![1, 2, 3, 4, 5, 6, 7, 8, 10, 11]
        }),
    ]
}

/// Each key alone, with the order that it makes.
fn orders() -> Vec<(Change, [u32; 11])> {
    vec![
        (("cached", |it| it.sort = vec![SortKey::Cached]), [9, 10, 5, 4, 2, 8, 6, 11, 7, 3, 1]),
        (("resolution", |it| it.sort = vec![SortKey::Resolution]), [2, 3, 1, 5, 4, 6, 11, 7, 8, 9, 10]),
        (("medium", |it| it.sort = vec![SortKey::Medium]), [1, 5, 4, 2, 6, 7, 3, 11, 9, 8, 10]),
        (
            ("language", |it| {
                (it.sort, it.languages) = (vec![SortKey::Language], vec![language("de"), language("it")]);
            }),
            [6, 11, 7, 10, 5, 4, 2, 8, 3, 1, 9],
        ),
        (("hdr", |it| it.sort = vec![SortKey::Hdr]), [2, 1, 3, 10, 5, 4, 8, 6, 11, 7, 9]),
        (("codec", |it| it.sort = vec![SortKey::Codec]), [3, 5, 2, 1, 10, 4, 8, 6, 11, 7, 9]),
        (("audio", |it| it.sort = vec![SortKey::Audio]), [1, 2, 4, 3, 11, 7, 5, 8, 6, 10, 9]),
        (("seeders", |it| it.sort = vec![SortKey::Seeders]), BY_SEEDERS),
        (("size", |it| it.sort = vec![SortKey::Size]), [1, 2, 4, 3, 7, 6, 11, 5, 8, 10, 9]),
        (("age", |it| it.sort = vec![SortKey::Age]), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
        (("nothing", |it| it.sort = vec![]), BY_SEEDERS),
        (("two keys", |it| it.sort = vec![SortKey::Hdr, SortKey::Size]), [1, 2, 3, 4, 7, 6, 11, 5, 8, 10, 9]),
    ]
}

/// Each with the rows that are left of the usual order.
fn limits() -> Vec<(Change, Vec<u32>)> {
    vec![
        (("in all", |it| it.limits = Limits { total: 3, per_resolution: 20 }), vec![9, 1, 2]),
        (("of each", |it| it.limits = Limits { total: 60, per_resolution: 1 }), vec![9, 1, 7, 8, 10]),
        (("both", |it| it.limits = Limits { total: 4, per_resolution: 2 }), vec![9, 1, 2, 7]),
    ]
}

/// Two columns of somebody's own.
fn labels() -> Labels {
    Labels {
        name: "{{ quality }} of {{ group }}{% if cached %}, at once{% endif %}".to_owned(),
        description: "{{ size|bytes }} by {{ indexers|join(', ') }}: {{ audio|join('+') }}".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_setting_of_a_profile_is_seen_in_its_list() {
    let site = Tracker::new("one", "Alone", Caps::IDS).with(shelf());
    let jackett = Upstream::start(Jackett::new("KEY", [site]));
    let (titles, holder) = (titles(), Holder::start());
    let setup = holder.tell(setup(&titles));
    let setup = setup.env("HEADWATER_JACKETT_URL", jackett.base()).env("HEADWATER_JACKETT_API_KEY", "KEY");

    let sorted = |without: &[u32]| {
        let mut rows = USUAL.to_vec();
        rows.retain(|number| !without.contains(number));
        rows
    };
    let mut cases: Vec<(Change, Vec<u32>)> = Vec::new();
    cases.extend(filters().into_iter().chain(devices()).map(|(change, gone)| (change, sorted(&gone))));
    cases.extend(orders().into_iter().map(|(change, order)| (change, order.to_vec())));
    cases.extend(limits());
    let listing = |change: fn(&mut Listing)| {
        let mut listing = Listing::default();
        change(&mut listing);
        listing
    };
    let own = Listing { labels: labels(), ..Listing::default() };
    let listings = cases.iter().map(|((_, change), _)| listing(*change)).chain([own]).collect();
    let (server, installs) = start_with(setup, listings).await;

    // A second torrent of the same file is in no list, with and without a profile.
    assert_eq!(numbers(&list(&server, FILM).await), USUAL, "{}", server.transcript());
    let mut wrong = Vec::new();
    for (((name, _), expected), install) in cases.iter().zip(&installs) {
        let seen = numbers(&list_at(&server, install, FILM).await);
        if seen != *expected {
            wrong.push(format!("{name}: {seen:?} instead of {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");

    let labelled = list_at(&server, installs.last().unwrap(), FILM).await;
    let texts: Vec<&str> = labelled.rows.iter().map(|row| row.text.as_str()).collect();
    // The service has told by now that the file it holds is a small one.
    assert_eq!(texts[0], "SD of IVY, at once\n900 B by Alone: MP3");
    assert_eq!(texts[1], "4K of ALDER\n55.8 GiB by Alone: TrueHD+Atmos");
    jackett.assert_well_asked();
}
