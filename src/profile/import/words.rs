//! What the words in other addons' settings mean here.

use serde_json::Value;

use crate::domain::DebridService;
use crate::profile::{Filters, SortKey};
use crate::release::{Codec, Hdr, Language, Medium, Resolution};

/// Below this a number is meant in gigabytes.
const GIGABYTES: f64 = 1_000.0;

/// From this on a number is meant in bytes.
const BYTES: f64 = 1_000_000.0;

/// A word as it is compared: small letters and digits.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A debrid service by its name or the short code that some give it.
pub(super) fn service(text: &str) -> Option<DebridService> {
    Some(match plain(text).as_str() {
        "realdebrid" | "rd" => DebridService::RealDebrid,
        "torbox" | "tb" => DebridService::TorBox,
        "alldebrid" | "ad" => DebridService::AllDebrid,
        "premiumize" | "premiumizeme" | "pm" => DebridService::Premiumize,
        "debridlink" | "dl" => DebridService::DebridLink,
        "offcloud" | "oc" => DebridService::Offcloud,
        "putio" => DebridService::PutIo,
        "stremthru" | "st" => DebridService::StremThru,
        _ => return None,
    })
}

/// A resolution such as `1080p`, `r1080p`, `1080` or `4k`.
pub(super) fn resolution(text: &str) -> Option<Resolution> {
    let word = plain(text);
    let lines = match word.as_str() {
        "4k" | "uhd" => "2160",
        "8k" => "4320",
        "2k" => "1440",
        word => word.trim_start_matches('r').trim_end_matches('p'),
    };
    let lines: u16 = lines.parse().ok()?;
    Resolution::ALL.into_iter().find(|resolution| resolution.lines() == lines)
}

/// A language by its code or its English name.
pub(super) fn language(text: &str) -> Option<Language> {
    let word = plain(text);
    let named = match word.as_str() {
        "latino" => "es",
        "taiwanese" => "zh",
        "slovakian" => "sk",
        "brazilian" => "pt",
        word => word,
    };
    Language::of(named).or_else(|| {
        let is_meant =
            |language: &Language| language.code3() == named || language.name().eq_ignore_ascii_case(named);
        Language::all().find(is_meant)
    })
}

/// Leaves out what a word names. Says whether it named anything.
pub(super) fn exclude(filters: &mut Filters, text: &str) -> bool {
    if let Some(resolution) = resolution(text) {
        add(&mut filters.without_resolutions, &[resolution]);
        return true;
    }
    match plain(text).as_str() {
        "unknown" => filters.without_unknown_resolution = true,
        "sd" => add(
            &mut filters.without_resolutions,
            &[Resolution::P480, Resolution::P360, Resolution::P240, Resolution::P144],
        ),
        "cam" | "camrip" | "hdcam" => {
            add(&mut filters.without_media, &[Medium::Cam, Medium::Telesync, Medium::Telecine]);
        }
        "ts" | "telesync" | "hdts" => add(&mut filters.without_media, &[Medium::Telesync]),
        "tc" | "telecine" => add(&mut filters.without_media, &[Medium::Telecine]),
        "scr" | "screener" => add(&mut filters.without_media, &[Medium::Screener]),
        "brremux" | "remux" | "blurayremux" => add(&mut filters.without_media, &[Medium::Remux]),
        "bluray" => add(&mut filters.without_media, &[Medium::BluRay]),
        "brrip" | "bdrip" => add(&mut filters.without_media, &[Medium::BrRip]),
        "webdl" => add(&mut filters.without_media, &[Medium::WebDl]),
        "webrip" => add(&mut filters.without_media, &[Medium::WebRip]),
        "dvdrip" => add(&mut filters.without_media, &[Medium::DvdRip]),
        "hdtv" => add(&mut filters.without_media, &[Medium::HdTv]),
        "hdr" | "hdrall" => {
            add(&mut filters.without_hdr, &[Hdr::Hlg, Hdr::Hdr10, Hdr::Hdr10Plus, Hdr::DolbyVision]);
        }
        "hdr10" => add(&mut filters.without_hdr, &[Hdr::Hdr10]),
        "hdr10plus" => add(&mut filters.without_hdr, &[Hdr::Hdr10Plus]),
        "dolbyvision" | "dv" => add(&mut filters.without_hdr, &[Hdr::DolbyVision]),
        "hevc" | "x265" | "h265" => add(&mut filters.without_codecs, &[Codec::Hevc]),
        "av1" => add(&mut filters.without_codecs, &[Codec::Av1]),
        "avc" | "x264" | "h264" => add(&mut filters.without_codecs, &[Codec::Avc]),
        _ => return false,
    }
    true
}

/// The order that a word names.
pub(super) fn order(text: &str) -> Option<Vec<SortKey>> {
    use SortKey::{Cached, Medium, Resolution, Seeders, Size};
    Some(match plain(text).as_str() {
        "quality" | "resolution" | "qualityseeders" | "qualitythenseeders" => {
            vec![Cached, Resolution, Medium, Seeders, Size]
        }
        "qualitysize" | "qualitythensize" | "sizedesc" => vec![Cached, Resolution, Size, Seeders],
        "seeders" | "seeds" => vec![Cached, Seeders],
        "size" => vec![Cached, Size],
        _ => return None,
    })
}

/// Bytes, from a text with a unit or a number whose unit its size tells. Zero is no size.
pub(super) fn size(value: &Value) -> Option<u64> {
    let bytes = match value {
        Value::Number(number) => unitless(number.as_f64()?)?,
        Value::String(text) => {
            let text = text.trim().to_ascii_lowercase();
            let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
            let number: f64 = text[..end].parse().ok()?;
            match text[end..].trim() {
                "" => unitless(number)?,
                "tb" | "tib" | "t" => number * 1e12,
                "gb" | "gib" | "g" => number * 1e9,
                "mb" | "mib" | "m" => number * 1e6,
                _ => return None,
            }
        }
        _ => return None,
    };
    // No video is larger than this, and smaller numbers lose nothing but their fraction.
    (1.0..1e15).contains(&bytes).then_some(bytes as u64)
}

/// Whether a limit is written that is none.
pub(super) fn is_zero(value: &Value) -> bool {
    value.as_f64() == Some(0.0) || value.as_str().is_some_and(|text| text.trim() == "0")
}

fn unitless(number: f64) -> Option<f64> {
    match number {
        number if number < GIGABYTES => Some(number * 1e9),
        number if number >= BYTES => Some(number),
        _ => None,
    }
}

/// Adds what is not there yet.
pub(super) fn add<T: PartialEq + Copy>(list: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !list.contains(one) {
            list.push(*one);
        }
    }
}
