//! Who may make profiles.

use secrecy::SecretString;

use super::layers::{Given, Layers};

/// The `access` section.
#[derive(Debug, Clone, Default)]
pub struct AccessConfig {
    /// `HEADWATER_CONFIGURE_PASSWORD`: what a person has to say before he may make or change profiles; `None` lets
    /// everybody. Never printed.
    pub password: Option<SecretString>,
}

impl AccessConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        Self {
            password: layers.value("HEADWATER_CONFIGURE_PASSWORD", None, |given| password(given).map(Some)),
        }
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let shown = if self.password.is_some() { "(hidden)" } else { "" };
        vec![("HEADWATER_CONFIGURE_PASSWORD", shown.to_owned())]
    }
}

/// It is typed into a form, so it may hold anything that can be typed.
fn password(given: &Given) -> Result<SecretString, String> {
    if given.text.chars().any(char::is_control) {
        return Err("must not hold control characters".to_owned());
    }
    Ok(SecretString::from(given.text.clone()))
}
