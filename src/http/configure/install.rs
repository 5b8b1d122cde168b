//! How a saved profile is installed.

use qrcode::{Color, QrCode};
use serde::Serialize;

use crate::links::{self, PublicUrl};

/// Modules of nothing around a QR code; readers want four.
const QUIET: usize = 4;

/// The links of one profile.
#[derive(Debug, Serialize)]
pub(super) struct Install {
    /// The address of the manifest.
    manifest: String,
    /// Opens Stremio.
    stremio: String,
    /// Opens Stremio in a browser.
    web: String,
    /// The address as a picture; absent if it is too long for one.
    qr: Option<Picture>,
    /// Who can install it from this address.
    reach: Reach,
    /// The address holds the whole profile, so that every change gives another one.
    is_self_contained: bool,
}

/// Which clients take an addon from an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Reach {
    /// All.
    Everywhere,
    /// Those on the machine itself, which may use plain HTTP.
    ThisMachine,
    /// Few: nearly all rewrite the address to HTTPS.
    PlainHttp,
}

/// A black and white picture.
#[derive(Debug, Serialize)]
struct Picture {
    /// Units of its width and height.
    side: usize,
    /// What is black, as an SVG path.
    path: String,
}

impl Install {
    /// The links of the profile `id`.
    pub(super) fn of(base: &PublicUrl, id: &str, is_self_contained: bool) -> Self {
        let manifest = links::manifest_of(base, Some(id));
        Self {
            stremio: links::install(&manifest),
            web: links::web_install(&manifest),
            qr: Picture::of(manifest.as_str()),
            reach: reach(base),
            manifest: manifest.into(),
            is_self_contained,
        }
    }
}

fn reach(base: &PublicUrl) -> Reach {
    match (base.is_https(), base.is_loopback()) {
        (true, _) => Reach::Everywhere,
        (false, true) => Reach::ThisMachine,
        (false, false) => Reach::PlainHttp,
    }
}

impl Picture {
    /// The QR code of a text; `None` if the text is too long for one.
    fn of(text: &str) -> Option<Self> {
        let code = QrCode::new(text).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (at, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                path.push_str(&format!("M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET));
            }
        }
        Some(Self { side: width + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_of_a_profile_name_its_manifest() {
        let base = "https://tv.example/hw".parse().unwrap();
        let install = Install::of(&base, "p1", false);
        assert_eq!(install.manifest, "https://tv.example/hw/p1/manifest.json");
        assert_eq!(install.stremio, "stremio://tv.example/hw/p1/manifest.json");
        assert!(install.web.ends_with("addon=https%3A%2F%2Ftv.example%2Fhw%2Fp1%2Fmanifest.json"));
    }

    #[test]
    fn who_can_install_depends_on_the_address() {
        for (base, expected) in [
            ("https://tv.example", Reach::Everywhere),
            ("http://127.0.0.1:7000", Reach::ThisMachine),
            ("http://localhost:7000", Reach::ThisMachine),
            ("http://[::1]:7000", Reach::ThisMachine),
            ("http://192.168.1.5:7000", Reach::PlainHttp),
            ("http://tv.local", Reach::PlainHttp),
        ] {
            assert_eq!(reach(&base.parse().unwrap()), expected, "{base}");
        }
    }

    #[test]
    fn a_text_too_long_for_a_picture_has_none() {
        assert!(Picture::of(&"x".repeat(8000)).is_none());
        let picture = Picture::of("http://127.0.0.1/manifest.json").expect("a short text fits");
        assert!(picture.path.starts_with("M4 4h1v1h-1z"), "a finder pattern stands in the corner");
    }
}
