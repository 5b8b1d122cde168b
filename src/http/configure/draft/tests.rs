use super::*;
use crate::config::SourcePolicy;
use crate::domain::DebridService;
use crate::profile::{IndexerKind, IndexerSettings, Secret, ServiceAccount};
use crate::release::{Codec, Hdr, Medium, Resolution};
use crate::seal::Sealer;

fn read(body: &str) -> Draft {
    let sealer = Sealer::new(b"of this test");
    Draft::read(&Fields::read(body.as_bytes()), &Keeper::new(&sealer, None))
}

#[test]
fn an_empty_form_is_the_default_profile() {
    assert_eq!(read("").finish(), Some(Profile::default()));
}

#[test]
fn a_profile_comes_back_from_its_page_as_it_was() {
    let profile = Profile {
        name: "Living room".to_owned(),
        services: vec![ServiceAccount {
            service: DebridService::RealDebrid,
            token: Secret::from("t1".to_owned()),
        }],
        policy: Some(SourcePolicy::DebridFirst),
        indexers: vec![IndexerSettings {
            kind: IndexerKind::Jackett,
            name: "Ours".to_owned(),
            url: "http://jackett.example/path".parse().unwrap(),
            api_key: Some(Secret::from("k1".to_owned())),
            enabled: false,
        }],
        only_own_indexers: true,
        listing: Listing { sort: vec![SortKey::Size, SortKey::Cached], ..Listing::default() },
    };
    assert_eq!(Draft::of(profile.clone()).finish(), Some(profile));
}

#[test]
fn choices_are_read_and_unknown_ones_left_out() {
    let mut draft = read(
        "name=Den&policy=race&sort=size&sort=cached&sort=taste&sort-by=cached&sort-by=size\
         &without-resolution=p480&without-resolution=unknown&without-resolution=p1&without-medium=cam\
         &without-codec=av1&without-hdr=dolbyvision&only-language=de&only-language=xx&without-groups=A,+b\
         &device=no-dts&device=mp4-only&device=no-sense&most-lines=p1080&language=fr&language=en&only-checked=on\
         &label-name=a%0D%0Ab&must-match=x%7Cy",
    );
    let profile = draft.finish().expect("there is nothing wrong with it");
    let (listing, filters) = (&profile.listing, &profile.listing.filters);
    assert_eq!((profile.name.as_str(), profile.policy), ("Den", Some(SourcePolicy::Race)));
    assert_eq!(listing.sort, [SortKey::Size, SortKey::Cached]);
    assert_eq!(filters.without_resolutions, [Resolution::P480]);
    assert!(filters.without_unknown_resolution && listing.only_checked);
    assert_eq!(
        (&filters.without_media[..], &filters.without_codecs[..]),
        (&[Medium::Cam][..], &[Codec::Av1][..])
    );
    assert_eq!(filters.without_hdr, [Hdr::DolbyVision]);
    assert_eq!(filters.only_languages, [Language::of("de").unwrap()]);
    assert_eq!(filters.without_groups, ["A", "b"]);
    assert!(listing.device.no_dts && listing.device.mp4_only && !listing.device.no_hevc);
    assert_eq!(listing.device.most_lines, Some(Resolution::P1080));
    assert_eq!(listing.languages, [Language::of("fr").unwrap(), Language::of("en").unwrap()]);
    assert_eq!((listing.labels.name.as_str(), filters.must_match.as_deref()), ("a\nb", Some("x|y")));
}

#[test]
fn what_is_missing_or_wrong_is_told_once_at_its_field() {
    let mut draft = read(
        "service-0-kind=torbox&service-0-token=&indexer-1-kind=zilean&indexer-1-url=ftp://x\
         &indexer-2-kind=zilean&must-match=(&total=x",
    );
    assert_eq!(draft.finish(), None);
    let fields: Vec<&str> = draft.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["indexer-1-url", "service-0-token", "indexer-2-url", "total", "must-match"]);
}

#[test]
fn the_order_of_accounts_is_that_of_the_page() {
    let mut draft = read(
        "service-7-kind=torbox&service-7-token=a&service-1-kind=putio&service-1-token=b&service-x-kind=nobody",
    );
    let services = draft.finish().expect("there is nothing wrong with it").services;
    let order: Vec<DebridService> = services.iter().map(|account| account.service).collect();
    assert_eq!(order, [DebridService::TorBox, DebridService::PutIo]);
}
