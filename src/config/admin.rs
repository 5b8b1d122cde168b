//! Who may use the admin routes.

use secrecy::SecretString;

use super::layers::{Given, Layers};

/// The `admin` section.
#[derive(Debug, Clone, Default)]
pub struct AdminConfig {
    /// `HEADWATER_ADMIN_TOKEN`: the Bearer token; `None` keeps the admin routes on loopback. Never printed.
    pub token: Option<SecretString>,
}

impl AdminConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        Self { token: layers.value("HEADWATER_ADMIN_TOKEN", None, |given| token(given).map(Some)) }
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let shown = if self.token.is_some() { "(hidden)" } else { "" };
        vec![("HEADWATER_ADMIN_TOKEN", shown.to_owned())]
    }
}

/// A token travels in a header, so it must be made of characters that a header can carry.
fn token(given: &Given) -> Result<SecretString, String> {
    if given.text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(SecretString::from(given.text.clone()))
    } else {
        Err("must be made of printable ASCII characters without spaces".to_owned())
    }
}
