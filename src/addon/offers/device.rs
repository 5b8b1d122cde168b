//! Whether a device can play an offer.

use super::Offer;
use crate::profile::Device;
use crate::release::{Audio, Codec, Hdr, Resolution};

/// Containers that count as MP4.
const MP4: [&str; 2] = ["mp4", "m4v"];

/// Whether the device can play it, as far as the names say. Containers must be known, because a player that takes
/// MP4 alone shows nothing at all of others.
pub(super) fn plays(device: &Device, offer: &Offer) -> bool {
    let release = &offer.release;
    let hdr = |range: &Hdr| release.hdr.contains(range);
    let is_hdr = release.hdr.iter().any(|range| *range != Hdr::Sdr);
    let is_ten_bit = is_hdr || release.bit_depth.is_some_and(|bits| bits > 8);
    // Nobody encodes so many lines, or HDR, with the older codecs.
    let is_modern = is_hdr || release.resolution.is_some_and(|resolution| resolution >= Resolution::P2160);
    let is_hevc = release.codec == Some(Codec::Hevc) || (release.codec.is_none() && is_modern);
    let has_base_layer = hdr(&Hdr::Hdr10) || hdr(&Hdr::Hdr10Plus) || hdr(&Hdr::Hlg) || hdr(&Hdr::Sdr);
    let refused = (device.no_hevc && is_hevc)
        || (device.no_av1 && release.codec == Some(Codec::Av1))
        || (device.no_ten_bit && is_ten_bit)
        || (device.no_hdr && is_hdr)
        || (device.no_dolby_vision && hdr(&Hdr::DolbyVision) && !has_base_layer)
        || (device.mp4_only && !offer.container().is_some_and(|container| MP4.contains(&container)))
        || device.most_lines.is_some_and(|most| release.resolution.is_some_and(|lines| lines > most));
    !refused && is_heard(device, &release.audio)
}

/// Whether one of the sound formats can be played. A name that tells none may have any.
fn is_heard(device: &Device, formats: &[Audio]) -> bool {
    let refused = |format: &Audio| match format {
        Audio::Dts | Audio::DtsHd | Audio::DtsX => device.no_dts,
        Audio::TrueHd => device.no_truehd,
        _ => false,
    };
    // Atmos is an addition to another format, never a sound of its own.
    let mut sounds = formats.iter().filter(|format| **format != Audio::Atmos).peekable();
    sounds.peek().is_none() || sounds.any(|format| !refused(format))
}
