//! What a list of streams holds, in which order, and how its rows are written.

use serde::{Deserialize, Serialize};

use crate::release::{Codec, Hdr, Language, Medium, Resolution};

/// What is listed and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listing {
    /// What comes first: the first key decides, the next one among equals, and so on.
    pub sort: Vec<SortKey>,
    /// What is left out.
    pub filters: Filters,
    /// How much is listed.
    pub limits: Limits,
    /// What the viewer's device cannot play.
    pub device: Device,
    /// Languages the viewer understands, the best first. Others are listed after them, unless filtered out.
    pub languages: Vec<Language>,
    /// Only releases whose file list is known to hold the wanted video are listed.
    pub only_checked: bool,
    /// How a row is written.
    pub labels: Labels,
}

/// What an order goes by. For each, the better comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortKey {
    /// On this server already, then at a debrid service, then the rest.
    Cached,
    /// More lines.
    Resolution,
    /// A better medium: a remux before a web recording, a camera last.
    Medium,
    /// The viewer's languages, in their order.
    Language,
    /// More brightness ranges: Dolby Vision, HDR10+, HDR, SDR.
    Hdr,
    /// A newer codec.
    Codec,
    /// Better sound.
    Audio,
    /// More seeders.
    Seeders,
    /// Larger.
    Size,
    /// Published later.
    Age,
}

/// What is left out of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filters {
    /// Resolutions that are not listed.
    pub without_resolutions: Vec<Resolution>,
    /// Nothing is listed of which the resolution is unknown.
    pub without_unknown_resolution: bool,
    /// Media that are not listed.
    pub without_media: Vec<Medium>,
    /// Codecs that are not listed.
    pub without_codecs: Vec<Codec>,
    /// Brightness ranges that are not listed, unless the same file serves another too.
    pub without_hdr: Vec<Hdr>,
    /// If not empty, only what is spoken in one of these, in several languages, or in an unknown one.
    pub only_languages: Vec<Language>,
    /// Nothing that is spoken in these alone.
    pub without_languages: Vec<Language>,
    /// Bytes of the video; smaller ones are not listed.
    pub least_size: Option<u64>,
    /// Bytes of the video; larger ones are not listed.
    pub most_size: Option<u64>,
    /// Fewer seeders are not listed, unless it is cached somewhere.
    pub least_seeders: Option<u32>,
    /// If not empty, only releases of these groups, in either case.
    pub only_groups: Vec<String>,
    /// No releases of these groups, in either case.
    pub without_groups: Vec<String>,
    /// Only names in which this regular expression is found, in either case.
    pub must_match: Option<String>,
    /// No names in which this regular expression is found, in either case.
    pub must_not_match: Option<String>,
}

/// How much is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// Rows in all.
    pub total: usize,
    /// Rows of one resolution.
    pub per_resolution: usize,
}

/// What a device cannot play.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Device {
    /// H.265.
    pub no_hevc: bool,
    /// AV1.
    pub no_av1: bool,
    /// Ten bits per colour.
    pub no_ten_bit: bool,
    /// Any HDR.
    pub no_hdr: bool,
    /// Dolby Vision without an HDR10 layer.
    pub no_dolby_vision: bool,
    /// DTS in every form.
    pub no_dts: bool,
    /// Dolby TrueHD.
    pub no_truehd: bool,
    /// Containers other than MP4.
    pub mp4_only: bool,
    /// More lines than this.
    pub most_lines: Option<Resolution>,
}

/// Templates of the two columns of a row. An empty one means the built-in one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Labels {
    /// The narrow left column.
    pub name: String,
    /// The wide right column.
    pub description: String,
}

impl Listing {
    /// Whether a torrent of which the files are unknown cannot be listed.
    pub fn wants_tables(&self) -> bool {
        self.only_checked || self.device.mp4_only
    }
}

impl Default for Listing {
    fn default() -> Self {
        Self {
            sort: vec![
                SortKey::Cached,
                SortKey::Resolution,
                SortKey::Language,
                SortKey::Medium,
                SortKey::Seeders,
                SortKey::Size,
            ],
            filters: Filters::default(),
            limits: Limits::default(),
            device: Device::default(),
            languages: Vec::new(),
            only_checked: false,
            labels: Labels::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: 60, per_resolution: 20 }
    }
}
