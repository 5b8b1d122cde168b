//! The four places a setting can come from, asked in order of precedence, and the mistakes found on the way.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::env::{SETTINGS, Setting};
use super::{ConfigError, ConfigErrors};

/// A value that somebody set. Without `Debug`, because it may be the admin token.
pub(super) struct Given {
    /// What the operator wrote to set it, for messages.
    pub(super) place: String,
    /// The alias that carried it; `None` when it came by the setting's own name.
    pub(super) alias: Option<&'static str>,
    /// The value as text.
    pub(super) text: String,
}

/// Flags over environment over file. Collects mistakes instead of stopping at the first.
pub(super) struct Layers<'a> {
    flags: BTreeMap<&'static str, String>,
    environment: &'a dyn Fn(&str) -> Option<OsString>,
    file: BTreeMap<String, String>,
    file_name: String,
    errors: Vec<ConfigError>,
}

impl<'a> Layers<'a> {
    /// Flags are keyed by the setting's name.
    pub(super) fn new(
        flags: BTreeMap<&'static str, String>,
        environment: &'a dyn Fn(&str) -> Option<OsString>,
    ) -> Self {
        Self { flags, environment, file: BTreeMap::new(), file_name: String::new(), errors: Vec::new() }
    }

    /// Takes the entries of a settings file, or the reasons why it cannot be read.
    pub(super) fn add_file(&mut self, path: &Path, entries: (BTreeMap<String, String>, Vec<ConfigError>)) {
        self.file_name = path.display().to_string();
        self.file = entries.0;
        self.errors.extend(entries.1);
    }

    /// The text of a setting, or `None` when nobody set it. An empty text counts as not set.
    pub(super) fn text(&mut self, name: &'static str) -> Option<Given> {
        let setting = setting(name);
        if let Some(text) = self.flags.get(name).filter(|text| !text.trim().is_empty()) {
            let place = format!("--{}", setting.flag);
            return Some(Given { place, alias: None, text: text.trim().to_owned() });
        }
        if let Some(given) = self.variable(name, None) {
            return Some(given);
        }
        for alias in setting.aliases {
            if let Some(given) = self.variable(alias, Some(alias)) {
                return Some(given);
            }
        }
        let text = self.file.get(setting.key).filter(|text| !text.trim().is_empty())?;
        let place = format!("{} in {}", setting.key, self.file_name);
        Some(Given { place, alias: None, text: text.trim().to_owned() })
    }

    /// The value of a setting, or `default` when nobody set it. A mistake is recorded, and the default then
    /// stands in so that the rest can be checked too.
    pub(super) fn value<T>(
        &mut self,
        name: &'static str,
        default: T,
        parse: impl Fn(&Given) -> Result<T, String>,
    ) -> T {
        let Some(given) = self.text(name) else { return default };
        match parse(&given) {
            Ok(value) => value,
            Err(problem) => {
                self.errors.push(ConfigError { setting: given.place, problem });
                default
            }
        }
    }

    /// Records a mistake that lies in no single value, under the name of the setting that would cure it.
    pub(super) fn mistake(&mut self, setting: &str, problem: String) {
        self.errors.push(ConfigError { setting: setting.to_owned(), problem });
    }

    /// How many mistakes were found so far.
    pub(super) fn mistakes(&self) -> usize {
        self.errors.len()
    }

    /// Ends the reading: all mistakes, or none.
    pub(super) fn finish(self) -> Result<(), ConfigErrors> {
        if self.errors.is_empty() { Ok(()) } else { Err(ConfigErrors(self.errors)) }
    }

    fn variable(&mut self, name: &str, alias: Option<&'static str>) -> Option<Given> {
        match (self.environment)(name)?.into_string() {
            Ok(text) if text.trim().is_empty() => None,
            Ok(text) => Some(Given { place: name.to_owned(), alias, text: text.trim().to_owned() }),
            Err(_) => {
                let problem = "is not valid UTF-8".to_owned();
                self.errors.push(ConfigError { setting: name.to_owned(), problem });
                None
            }
        }
    }
}

fn setting(name: &'static str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.name == name).expect("sections ask only for settings of the list")
}
