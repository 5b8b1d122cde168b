//! Settings, in process and through the real binary.

mod binary;
mod names;
mod precedence;
mod secrets;
mod sources;

use std::collections::BTreeMap;
use std::ffi::OsString;

use headwater::config::{Config, ConfigErrors};

/// Reads settings from nothing but these variables and flags.
fn load(variables: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<Config, ConfigErrors> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let flags = flags.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    Config::load(flags, &|name| variables.get(name).map(OsString::from))
}

/// One setting of a config as text.
fn described(config: &Config, name: &str) -> String {
    let found = config.describe().into_iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("{name} is not described")).1
}

/// A settings file with this text.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("water.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}
