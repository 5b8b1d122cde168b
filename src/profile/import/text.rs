//! From a text to settings by name, whatever they are wrapped in.

use data_encoding::BASE64_NOPAD;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::Url;

use super::Settings;

/// Settings are wrapped in percent signs and base64, in either order, and hardly ever more often.
const MOST_WRAPPINGS: usize = 3;

/// Longest name of a setting in the `k=v` style; what is longer is something else with an `=` in it.
const MOST_NAME: usize = 40;

/// The parts of a text that may hold settings, the likeliest first.
pub(super) fn candidates(text: &str) -> Vec<String> {
    let address = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https" | "stremio"));
    match address {
        Some(url) => {
            // Next to the manifest is where settings stand.
            let segments = url.path().split('/').rev();
            let holds = |segment: &&str| !matches!(*segment, "" | "manifest.json" | "configure");
            segments.filter(holds).map(str::to_owned).collect()
        }
        None => vec![text.to_owned()],
    }
}

/// The settings in a text, if it is a form in which settings are written.
pub(super) fn settings(text: &str) -> Option<Settings> {
    let mut text = text.to_owned();
    for _ in 0..MOST_WRAPPINGS {
        if let Ok(Value::Object(settings)) = serde_json::from_str(text.trim()) {
            return Some(settings);
        }
        text = match unescaped(&text).or_else(|| from_base64(&text)) {
            Some(inner) => inner,
            None => return pairs(&text),
        };
    }
    None
}

/// Without its percent signs, if it has any.
fn unescaped(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (decoded != text).then(|| decoded.into_owned())
}

/// In either alphabet, with or without the signs at its end.
fn from_base64(text: &str) -> Option<String> {
    let plain = |c: char| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    };
    let text: String = text.trim().trim_end_matches('=').chars().map(plain).collect();
    // What is short decodes to something more often than it was meant to.
    if text.len() < 8 {
        return None;
    }
    String::from_utf8(BASE64_NOPAD.decode(text.as_bytes()).ok()?).ok()
}

/// `k=v|k=v`.
fn pairs(text: &str) -> Option<Settings> {
    let mut settings = Settings::new();
    for pair in text.split('|').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let is_name = !name.is_empty()
            && name.len() <= MOST_NAME
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if !is_name {
            return None;
        }
        settings.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    (!settings.is_empty()).then_some(settings)
}
