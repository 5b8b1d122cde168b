//! Made-up offers, on which templates are tried and shown.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::variables::Facts;
use crate::addon::offers::Offer;
use crate::cache::Presence;
use crate::discovery::{Candidate, Locator, Query};
use crate::domain::{ContentId, DebridService, FileChoice, FileIndex, InfoHash, Title, TitleKind};
use crate::release::{Audio, Channels, Codec, Fit, Hdr, Language, Medium, Release, Resolution};
use crate::stremio::Hops;

const GIB: u64 = 1 << 30;

/// A few offers that differ in what is known of them, and what they are offers for.
pub fn sample_offers() -> (Query, Vec<Offer>) {
    let query = Query {
        id: ContentId::Other("sample:2:5".to_owned()),
        kind: "series".to_owned(),
        title: Some(Arc::new(Title {
            kind: TitleKind::Series,
            name: "The Lighthouse Keepers".to_owned(),
            aliases: Vec::new(),
            year: Some(2021),
            last_year: None,
            imdb: None,
            episodes: Vec::new(),
        })),
        episode: Some((2, 5)),
        absolute: None,
        hops: Hops::default(),
    };
    (query, vec![rich(), pack(), plain()])
}

/// The variables of those offers, the first of which has them all.
pub(super) fn sample_facts() -> Vec<Facts> {
    let (query, offers) = sample_offers();
    offers.iter().map(|offer| Facts::new(&query, offer)).collect()
}

fn languages(codes: &[&str]) -> Vec<Language> {
    codes.iter().filter_map(|code| Language::of(code)).collect()
}

/// An episode of which everything is known.
fn rich() -> Offer {
    let release = Release {
        resolution: Some(Resolution::P2160),
        medium: Some(Medium::WebDl),
        codec: Some(Codec::Hevc),
        bit_depth: Some(10),
        hdr: vec![Hdr::DolbyVision, Hdr::Hdr10],
        audio: vec![Audio::Eac3, Audio::Atmos],
        channels: Some(Channels(5, 1)),
        languages: languages(&["en", "de"]),
        subtitles: languages(&["en", "fr"]),
        group: Some("HARBOUR".to_owned()),
        edition: Some("Extended".to_owned()),
        container: Some("mkv".to_owned()),
        proper: true,
        multi_audio: true,
        dubbed: true,
        ..Release::default()
    };
    let mut offer =
        offer("The.Lighthouse.Keepers.S02E05.2160p.WEB-DL.DDP5.1.Atmos.DV.HDR.H.265-HARBOUR", release);
    offer.file_name = Some(format!("{}.mkv", offer.candidate.name));
    offer.file_size = Some(9 * GIB + GIB / 3);
    offer.file = FileChoice::Index(FileIndex(0));
    offer.is_checked = true;
    offer.here = Presence::Partly;
    offer.services = vec![DebridService::RealDebrid];
    offer
}

/// One file of a season.
fn pack() -> Offer {
    let release = Release {
        resolution: Some(Resolution::P1080),
        medium: Some(Medium::BluRay),
        codec: Some(Codec::Avc),
        audio: vec![Audio::Dts],
        channels: Some(Channels(5, 1)),
        multi_audio: true,
        group: Some("Tide".to_owned()),
        container: Some("mkv".to_owned()),
        ..Release::default()
    };
    let mut offer = offer("The Lighthouse Keepers S02 1080p BluRay MULTi DTS x264-Tide", release);
    offer.fit = Fit::Pack;
    offer.file = FileChoice::Index(FileIndex(4));
    offer.file_name = Some("The Lighthouse Keepers S02E05 1080p BluRay.mkv".to_owned());
    offer.file_size = Some(3 * GIB / 2);
    offer.is_checked = true;
    offer
}

/// A release of which the name says next to nothing.
fn plain() -> Offer {
    let mut candidate = Candidate::clone(&offer("Lighthouse Keepers 2x05", Release::default()).candidate);
    (candidate.seeders, candidate.size, candidate.published) = (None, None, None);
    candidate.said_by.clear();
    Offer { candidate: Arc::new(candidate), ..offer("", Release::default()) }
}

fn offer(name: &str, release: Release) -> Offer {
    let candidate = Candidate {
        info_hash: InfoHash::new([0x5a; 20]),
        locator: Locator::Torrent {
            file: None,
            trackers: Vec::new(),
            torrents: Vec::new(),
            web_seeds: Vec::new(),
            private: false,
        },
        name: name.to_owned(),
        release: release.clone(),
        size: Some(12 * GIB),
        file_size: None,
        file_name: None,
        seeders: Some(42),
        published: Some(SystemTime::now() - Duration::from_secs(3 * 86_400)),
        said_by: vec!["Own indexer".to_owned(), "Another".to_owned()],
        is_exact: false,
        is_of_title: false,
    };
    Offer {
        candidate: Arc::new(candidate),
        fit: Fit::Exact,
        file: FileChoice::Episode { season: 2, episode: 5 },
        file_name: None,
        file_size: None,
        is_checked: false,
        release,
        here: Presence::Absent,
        services: Vec::new(),
    }
}
