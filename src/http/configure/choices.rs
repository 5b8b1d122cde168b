//! What can be chosen on the page, and how it is called there.

use std::fmt::Display;

use serde::Serialize;

use super::device::{FLAGS, PRESETS};
use super::draft::Draft;
use crate::config::SourcePolicy;
use crate::domain::DebridService;
use crate::profile::{Device, IndexerKind, SortKey};
use crate::release::{Codec, Hdr, Language, Medium, Resolution};

/// Media as people meet them, the worst first.
const MEDIA: [Medium; 15] = [
    Medium::Cam,
    Medium::Telesync,
    Medium::Telecine,
    Medium::Screener,
    Medium::Vhs,
    Medium::SdTv,
    Medium::HdTv,
    Medium::DvdRip,
    Medium::Dvd,
    Medium::HdDvd,
    Medium::WebRip,
    Medium::WebDl,
    Medium::BrRip,
    Medium::BluRay,
    Medium::Remux,
];

const CODECS: [Codec; 8] =
    [Codec::Avc, Codec::Hevc, Codec::Av1, Codec::Vvc, Codec::Vp9, Codec::Xvid, Codec::Vc1, Codec::Mpeg2];

const RANGES: [Hdr; 5] = [Hdr::Sdr, Hdr::Hlg, Hdr::Hdr10, Hdr::Hdr10Plus, Hdr::DolbyVision];

/// One of several things to choose.
#[derive(Debug, Serialize)]
pub(super) struct Choice {
    /// What the form sends.
    value: String,
    /// What people read.
    label: String,
    /// Whether it is chosen.
    on: bool,
}

/// Everything there is to choose, with what is chosen.
#[derive(Debug, Serialize)]
pub(super) struct Choices {
    services: Vec<Choice>,
    indexers: Vec<Choice>,
    policies: Vec<Choice>,
    sort: Vec<Choice>,
    resolutions: Vec<Choice>,
    media: Vec<Choice>,
    codecs: Vec<Choice>,
    hdr: Vec<Choice>,
    languages: Vec<Choice>,
    only_languages: Vec<Choice>,
    without_languages: Vec<Choice>,
    presets: Vec<DevicePreset>,
    device: Vec<Choice>,
    most_lines: Vec<Choice>,
}

/// A device with the flags that it ticks.
#[derive(Debug, Serialize)]
struct DevicePreset {
    key: &'static str,
    label: &'static str,
    on: bool,
    flags: Vec<&'static str>,
    most_lines: String,
}

impl Choices {
    /// The choices of a draft.
    pub(super) fn of(draft: &Draft) -> Self {
        let listing = &draft.profile.listing;
        let filters = &listing.filters;
        let languages: Vec<Language> = Language::all().collect();
        let mut resolutions = chosen(largest_first(), |one| filters.without_resolutions.contains(one));
        resolutions.push(choice("unknown", &"unknown", filters.without_unknown_resolution));
        Self {
            services: named(DebridService::ALL, DebridService::name, DebridService::label),
            indexers: named(IndexerKind::ALL, IndexerKind::name, IndexerKind::label),
            policies: policies(draft.profile.policy),
            sort: draft.sort.iter().map(|(key, used)| choice(&code(key), &sort_label(*key), *used)).collect(),
            resolutions,
            media: chosen(MEDIA, |one| filters.without_media.contains(one)),
            codecs: chosen(CODECS, |one| filters.without_codecs.contains(one)),
            hdr: chosen(RANGES, |one| filters.without_hdr.contains(one)),
            only_languages: chosen(languages.iter().copied(), |one| filters.only_languages.contains(one)),
            without_languages: chosen(languages.iter().copied(), |one| {
                filters.without_languages.contains(one)
            }),
            languages: chosen(languages, |one| listing.languages.contains(one)),
            presets: presets(&listing.device),
            device: FLAGS
                .iter()
                .map(|flag| choice(flag.name, &flag.label, (flag.get)(&listing.device)))
                .collect(),
            most_lines: chosen(largest_first(), |one| listing.device.most_lines == Some(*one)),
        }
    }
}

/// A stored word for a value, which is also the form's.
pub(super) fn code(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

fn choice(value: &str, label: &impl Display, on: bool) -> Choice {
    Choice { value: value.to_owned(), label: label.to_string(), on }
}

fn chosen<T: Serialize + Display>(
    all: impl IntoIterator<Item = T>,
    is_on: impl Fn(&T) -> bool,
) -> Vec<Choice> {
    all.into_iter().map(|one| choice(&code(&one), &one, is_on(&one))).collect()
}

fn named<T: Copy, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
    label: fn(T) -> &'static str,
) -> Vec<Choice> {
    all.into_iter().map(|one| choice(name(one), &label(one), false)).collect()
}

fn largest_first() -> impl Iterator<Item = Resolution> {
    Resolution::ALL.into_iter().rev()
}

fn policies(chosen: Option<SourcePolicy>) -> Vec<Choice> {
    let label = |policy| match policy {
        SourcePolicy::P2pFirst => "Peers first, then debrid services",
        SourcePolicy::DebridFirst => "Debrid services first, then peers",
        SourcePolicy::Race => "All at once",
        SourcePolicy::NeverP2p => "Never peers",
    };
    let all = SourcePolicy::ALL.into_iter();
    all.map(|policy| choice(policy.name(), &label(policy), chosen == Some(policy))).collect()
}

const fn sort_label(key: SortKey) -> &'static str {
    match key {
        SortKey::Cached => "Ready to play",
        SortKey::Resolution => "Resolution",
        SortKey::Medium => "Medium",
        SortKey::Language => "My languages",
        SortKey::Hdr => "HDR",
        SortKey::Codec => "Codec",
        SortKey::Audio => "Sound",
        SortKey::Seeders => "Seeders",
        SortKey::Size => "Size",
        SortKey::Age => "Newest",
    }
}

fn presets(chosen: &Device) -> Vec<DevicePreset> {
    let preset = |preset: &super::device::Preset| DevicePreset {
        key: preset.key,
        label: preset.label,
        on: preset.device == *chosen,
        flags: FLAGS.iter().filter(|flag| (flag.get)(&preset.device)).map(|flag| flag.name).collect(),
        most_lines: preset.device.most_lines.map(|lines| code(&lines)).unwrap_or_default(),
    };
    PRESETS.iter().map(preset).collect()
}
