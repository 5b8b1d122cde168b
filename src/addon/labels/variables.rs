//! What a template may name.

use std::time::SystemTime;

use serde::Serialize;

use super::flags::flag;
use crate::addon::offers::Offer;
use crate::cache::Presence;
use crate::discovery::Query;
use crate::release::{Fit, Resolution};

/// Every variable with what it is, in the order in which people are told.
pub const VARIABLES: &[(&str, &str)] = &[
    ("title", "name of the film or series"),
    ("year", "its year"),
    ("season", "number of the season"),
    ("episode", "number of the episode"),
    ("release", "name of the release"),
    ("file_name", "name of the video's file, where it is known"),
    ("resolution", "such as 1080p"),
    ("quality", "4K, 1440p, 1080p, 720p or SD"),
    ("medium", "where the picture is from, such as WEB-DL or BluRay"),
    ("codec", "such as HEVC or H.264"),
    ("bit_depth", "8, 10 or 12"),
    ("hdr", "list of HDR formats, such as DV and HDR10+"),
    ("audio", "list of sound formats, such as TrueHD and Atmos"),
    ("channels", "such as 5.1"),
    ("languages", "list of spoken languages by name"),
    ("language_codes", "the same as two-letter codes"),
    ("flags", "the same as flags"),
    ("subtitles", "list of languages of subtitles"),
    ("multi", "true if sound is in several languages that are not all named"),
    ("dubbed", "true if dubbed"),
    ("size", "bytes of the video, to be written with the filter `bytes`"),
    ("seeders", "how many peers have all of it"),
    ("age", "days since it was published"),
    ("group", "who made the release"),
    ("edition", "such as Extended"),
    ("proper", "true if it corrects another release"),
    ("container", "such as mkv"),
    ("indexers", "list of who named it"),
    ("cached", "true if it plays at once"),
    ("here", "`complete` or `partly` if it is on this server"),
    ("services", "list of debrid services that hold it"),
    ("direct", "true if it lies on a web server or is a file of the operator's"),
    ("pack", "true if it is one file of a larger release"),
    ("checked", "true if its file list is known to hold the video"),
];

/// The variables of one row.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) year: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) season: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) episode: Option<u32>,
    pub(super) release: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resolution: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) medium: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) codec: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bit_depth: Option<u8>,
    pub(super) hdr: Vec<String>,
    pub(super) audio: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) channels: Option<String>,
    pub(super) languages: Vec<&'static str>,
    pub(super) language_codes: Vec<&'static str>,
    pub(super) flags: Vec<&'static str>,
    pub(super) subtitles: Vec<&'static str>,
    pub(super) multi: bool,
    pub(super) dubbed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seeders: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) age: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) edition: Option<String>,
    pub(super) proper: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) container: Option<String>,
    pub(super) indexers: Vec<String>,
    pub(super) cached: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) here: Option<&'static str>,
    pub(super) services: Vec<&'static str>,
    pub(super) direct: bool,
    pub(super) pack: bool,
    pub(super) checked: bool,
}

impl Facts {
    /// The variables of one offer for one video.
    pub fn new(query: &Query, offer: &Offer) -> Self {
        let (candidate, release) = (&*offer.candidate, &offer.release);
        let title = query.title.as_deref();
        let ranges = release.hdr.iter().filter(|range| **range != crate::release::Hdr::Sdr);
        let age = candidate.published.and_then(|time| SystemTime::now().duration_since(time).ok());
        Self {
            title: title.map(|title| title.name.clone()),
            year: title.and_then(|title| title.year),
            season: query.episode.map(|(season, _)| season),
            episode: query.episode.map(|(_, episode)| episode).or(query.absolute),
            release: candidate.name.clone(),
            file_name: offer.file_name.clone(),
            resolution: release.resolution.map(|resolution| resolution.to_string()),
            quality: release.resolution.map(quality),
            medium: release.medium.map(|medium| medium.to_string()),
            codec: release.codec.map(|codec| codec.to_string()),
            bit_depth: release.bit_depth,
            hdr: ranges.map(ToString::to_string).collect(),
            audio: release.audio.iter().map(ToString::to_string).collect(),
            channels: release.channels.map(|channels| channels.to_string()),
            languages: release.languages.iter().map(|language| language.name()).collect(),
            language_codes: release.languages.iter().map(|language| language.code()).collect(),
            flags: release.languages.iter().map(|language| flag(*language)).collect(),
            subtitles: release.subtitles.iter().map(|language| language.name()).collect(),
            multi: release.multi_audio,
            dubbed: release.dubbed,
            size: offer.size(),
            seeders: candidate.seeders,
            age: age.map(|age| age.as_secs() / 86_400),
            group: release.group.clone(),
            edition: release.edition.clone(),
            proper: release.proper || release.repack,
            container: release.container.clone(),
            indexers: candidate.said_by.clone(),
            cached: offer.is_cached(),
            here: match offer.here {
                Presence::Complete => Some("complete"),
                Presence::Partly | Presence::Begun => Some("partly"),
                Presence::Absent => None,
            },
            services: offer.services.iter().map(|service| service.label()).collect(),
            direct: offer.is_place(),
            pack: offer.fit == Fit::Pack,
            checked: offer.is_checked,
        }
    }
}

/// As people speak of it.
fn quality(resolution: Resolution) -> String {
    match resolution {
        Resolution::P4320 => "8K".to_owned(),
        Resolution::P2160 => "4K".to_owned(),
        lines if lines < Resolution::P720 => "SD".to_owned(),
        lines => lines.to_string(),
    }
}

/// A size for people: three digits are enough to compare.
pub(super) fn bytes(size: u64) -> String {
    const STEP: u64 = 1024;
    let mut whole = size;
    let mut tenths = 0;
    let mut unit = 0;
    while whole >= STEP && unit < UNITS.len() - 1 {
        tenths = whole % STEP * 10 / STEP;
        whole /= STEP;
        unit += 1;
    }
    if unit > 0 && whole < 100 {
        format!("{whole}.{tenths} {}", UNITS[unit])
    } else {
        format!("{whole} {}", UNITS[unit])
    }
}

const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
