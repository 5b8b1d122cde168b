//! How a row of the list is written: templates that users can edit, in the language of Jinja.
//!
//! [`VARIABLES`] lists what a template may name. A template is a text of a stranger, so that its length, its work
//! and its output are bounded.

mod filters;
mod flags;
mod sample;
mod template;
mod variables;

pub use sample::sample_offers;
pub use template::{LabelError, Template};
pub use variables::{Facts, VARIABLES};

use super::offers::Offer;
use crate::discovery::Query;
use crate::profile;

/// The narrow left column, where a profile says nothing else.
pub const NAME: &str = include_str!("name.jinja");

/// The wide right column, where a profile says nothing else.
pub const DESCRIPTION: &str = include_str!("description.jinja");

/// Both columns of a profile's rows.
#[derive(Debug, Clone)]
pub struct Labels {
    name: Template,
    description: Template,
}

impl Labels {
    /// The templates of a profile. One that cannot be used gives way to the built-in one: it was refused when the
    /// profile was saved, and a row has to be called something.
    pub fn lenient(labels: &profile::Labels) -> Self {
        let parse = |text: &str, built_in: &str| {
            let own = if text.trim().is_empty() { None } else { Template::parse(text).ok() };
            own.unwrap_or_else(|| Template::parse(built_in).expect("a test of every build parses it"))
        };
        Self { name: parse(&labels.name, NAME), description: parse(&labels.description, DESCRIPTION) }
    }

    /// Both columns for each offer.
    pub fn write(&self, query: &Query, offers: &[Offer]) -> Vec<(String, String)> {
        let facts: Vec<Facts> = offers.iter().map(|offer| Facts::new(query, offer)).collect();
        self.name.render_all(&facts).into_iter().zip(self.description.render_all(&facts)).collect()
    }
}

#[cfg(test)]
mod tests;
