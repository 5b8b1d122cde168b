//! What is logged.

use super::layers::{Given, Layers};

/// The `log` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// `HEADWATER_LOG`: a level, or levels by target. Default `info`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".to_owned() }
    }
}

impl LogConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        Self { filter: layers.value("HEADWATER_LOG", Self::default().filter, filter) }
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        vec![("HEADWATER_LOG", self.filter.clone())]
    }
}

fn filter(given: &Given) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::builder().parse(&given.text) {
        Ok(_) => Ok(given.text.clone()),
        Err(error) => Err(format!(
            "`{}` is not a log filter such as info or info,headwater=debug ({error})",
            given.text
        )),
    }
}
