//! What common devices cannot play.

use crate::profile::Device;
use crate::release::Resolution;

/// A device by name.
#[derive(Debug)]
pub(super) struct Preset {
    /// The name in the form.
    pub(super) key: &'static str,
    /// The name for people.
    pub(super) label: &'static str,
    /// What it cannot play.
    pub(super) device: Device,
}

/// Plays everything.
const ANY: Device = Device {
    no_hevc: false,
    no_av1: false,
    no_ten_bit: false,
    no_hdr: false,
    no_dolby_vision: false,
    no_dts: false,
    no_truehd: false,
    mp4_only: false,
    most_lines: None,
};

/// What every browser plays without a streaming server beside it: H.264 in MP4.
const BROWSER: Device = Device {
    no_hevc: true,
    no_av1: false,
    no_ten_bit: true,
    no_hdr: true,
    no_dolby_vision: true,
    no_dts: true,
    no_truehd: true,
    mp4_only: true,
    most_lines: None,
};

/// The devices to choose from. Their owners report what these leave out: neither brand of television decodes DTS or
/// TrueHD, and Samsung has no Dolby Vision. The players on Apple's devices decode everything in software, but AV1 in
/// 4K is too much for most of them.
pub(super) const PRESETS: [Preset; 6] = [
    Preset { key: "any", label: "Any", device: ANY },
    Preset { key: "browser", label: "Web browser", device: BROWSER },
    Preset {
        key: "samsung",
        label: "Samsung TV",
        device: Device { no_dolby_vision: true, no_dts: true, no_truehd: true, ..ANY },
    },
    Preset { key: "lg", label: "LG TV", device: Device { no_dts: true, no_truehd: true, ..ANY } },
    Preset { key: "apple", label: "Apple", device: Device { no_av1: true, ..ANY } },
    Preset {
        key: "chromecast",
        label: "Chromecast",
        device: Device { no_av1: true, most_lines: Some(Resolution::P1080), ..BROWSER },
    },
];

/// The device of this name.
pub(super) fn preset(key: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.key == key)
}

/// A flag of a device: its name in the form, what it says, and where it stands.
pub(super) struct Flag {
    /// The name in the form.
    pub(super) name: &'static str,
    /// What it says.
    pub(super) label: &'static str,
    /// Reads it.
    pub(super) get: fn(&Device) -> bool,
    /// Sets it.
    pub(super) set: fn(&mut Device, bool),
}

/// Every flag.
pub(super) const FLAGS: [Flag; 8] = [
    Flag { name: "no-hevc", label: "No HEVC (H.265)", get: |d| d.no_hevc, set: |d, on| d.no_hevc = on },
    Flag { name: "no-av1", label: "No AV1", get: |d| d.no_av1, set: |d, on| d.no_av1 = on },
    Flag {
        name: "no-ten-bit",
        label: "No 10-bit colour",
        get: |d| d.no_ten_bit,
        set: |d, on| d.no_ten_bit = on,
    },
    Flag { name: "no-hdr", label: "No HDR", get: |d| d.no_hdr, set: |d, on| d.no_hdr = on },
    Flag {
        name: "no-dolby-vision",
        label: "No Dolby Vision without an HDR10 layer",
        get: |d| d.no_dolby_vision,
        set: |d, on| d.no_dolby_vision = on,
    },
    Flag { name: "no-dts", label: "No DTS", get: |d| d.no_dts, set: |d, on| d.no_dts = on },
    Flag { name: "no-truehd", label: "No TrueHD", get: |d| d.no_truehd, set: |d, on| d.no_truehd = on },
    Flag { name: "mp4-only", label: "MP4 files only", get: |d| d.mp4_only, set: |d, on| d.mp4_only = on },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_reads_and_sets_a_field_of_its_own() {
        let mut seen = Vec::new();
        for flag in &FLAGS {
            let mut device = ANY;
            (flag.set)(&mut device, true);
            assert!((flag.get)(&device) && !(flag.get)(&ANY), "{}", flag.name);
            assert!(!seen.contains(&device), "{}", flag.name);
            seen.push(device);
        }
    }
}
