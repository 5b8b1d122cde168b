//! The TOML settings file: sections with keys, every one of them known.

use std::collections::BTreeMap;
use std::path::Path;

use super::ConfigError;
use super::env::SETTINGS;

/// The entries of the file by `section.key` as text, with every mistake in its structure.
pub(super) fn read(path: &Path) -> (BTreeMap<String, String>, Vec<ConfigError>) {
    let name = path.display().to_string();
    let broken = |problem: String| {
        (BTreeMap::new(), vec![ConfigError { setting: format!("settings file {name}"), problem }])
    };
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, &name).unwrap_or_else(broken),
        Err(error) => broken(format!("cannot be read: {error}")),
    }
}

type Entries = (BTreeMap<String, String>, Vec<ConfigError>);

fn parse(text: &str, name: &str) -> Result<Entries, String> {
    // Without the offending line of the source: it may hold the admin token.
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start].lines().count().max(1));
        format!("line {line} is not TOML: {}", error.message())
    })?;
    let mut entries = BTreeMap::new();
    let mut errors = Vec::new();
    for (section, value) in table {
        let toml::Value::Table(keys) = value else {
            errors.push(unknown(&section, name));
            continue;
        };
        for (key, value) in keys {
            let path = format!("{section}.{key}");
            if !SETTINGS.iter().any(|setting| setting.key == path) {
                errors.push(unknown(&path, name));
            } else if let Some(text) = value_text(&value) {
                entries.insert(path, text);
            } else {
                let problem = "must be a text, a number, true or false, or a list of texts".to_owned();
                errors.push(ConfigError { setting: format!("{path} in {name}"), problem });
            }
        }
    }
    Ok((entries, errors))
}

fn value_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            Some(texts?.join(","))
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

fn unknown(key: &str, name: &str) -> ConfigError {
    let parts = || SETTINGS.iter().filter_map(|setting| setting.key.split_once('.'));
    let section = key.split('.').next().unwrap_or_default();
    // Only what lies nearest to the mistake: the list of all keys is too long to be read.
    let mut known: Vec<&str> = parts().filter(|(known, _)| *known == section).map(|(_, key)| key).collect();
    let mut kind = "a setting; known in this section are";
    if known.is_empty() {
        known = parts().map(|(section, _)| section).collect();
        known.dedup();
        kind = "in a known section; these are";
    }
    ConfigError {
        setting: format!("{key} in {name}"),
        problem: format!("is not {kind} {}", known.join(", ")),
    }
}
