//! The settings of other addons, read from what stands in their addresses: `k=v|k=v`, JSON, or JSON in base64.
//!
//! Whatever is put in: nothing panics, and what comes out may be kept as it is.

mod accounts;
mod reader;
mod text;
mod words;

use super::{Problem, Profile};
use reader::Reader;

/// Longest text that is looked at, in bytes.
const MOST_TEXT: usize = 256 << 10;

/// What came out of somebody else's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What was understood, and otherwise what an install without a profile has.
    pub profile: Profile,
    /// The names of settings that were not understood or have no counterpart here.
    pub not_understood: Vec<String>,
}

/// Nothing could be taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is none of the known forms, or nothing in it means anything here.
    #[error("no settings are found in this; paste the address of an addon's manifest, or the settings in it")]
    NotUnderstood,
    /// It is larger than any settings are.
    #[error("this is too long for settings")]
    TooLong,
    /// It is a profile of this program, and something in it may not be kept.
    #[error("something in this profile may not be kept")]
    Invalid(Vec<Problem>),
}

/// Reads somebody else's settings, a whole manifest address with settings in it, or a profile as JSON.
///
/// # Errors
/// See [`ImportError`]. No error repeats any of the text.
pub fn import(text: &str) -> Result<Imported, ImportError> {
    if text.len() > MOST_TEXT {
        return Err(ImportError::TooLong);
    }
    let settings = text::candidates(text.trim()).into_iter().find_map(|candidate| {
        let settings = text::settings(&candidate)?;
        // An address has several segments, of which one holds the settings.
        own(&settings).or_else(|| foreign(&settings).map(Ok))
    });
    settings.unwrap_or(Err(ImportError::NotUnderstood))
}

/// The settings by name.
type Settings = serde_json::Map<String, serde_json::Value>;

/// A profile of this program.
fn own(settings: &Settings) -> Option<Result<Imported, ImportError>> {
    let known = ["name", "services", "policy", "indexers", "onlyOwnIndexers", "listing"];
    let is_own = !settings.is_empty() && settings.keys().all(|key| known.contains(&key.as_str()));
    let profile: Profile = is_own.then(|| serde_json::from_value(settings.clone().into()).ok())??;
    let problems = profile.problems();
    Some(if problems.is_empty() {
        Ok(Imported { profile, not_understood: Vec::new() })
    } else {
        Err(ImportError::Invalid(problems))
    })
}

fn foreign(settings: &Settings) -> Option<Imported> {
    let mut reader = Reader::default();
    settings.iter().for_each(|(name, value)| reader.take(name, value));
    reader.finish()
}

#[cfg(test)]
mod tests;
