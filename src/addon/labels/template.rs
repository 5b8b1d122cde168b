//! One template: read, bounded, written.

use std::io::{self, Write};

use minijinja::ErrorKind;

use super::filters::environment;
use super::sample::sample_facts;
use super::variables::{Facts, VARIABLES};

/// Characters of a template.
const LONGEST_TEMPLATE: usize = 4_000;

/// Bytes of what it writes. Clients show a few lines.
const LONGEST_LABEL: usize = 4_000;

/// The statements a label needs. Whatever keeps a value could double it again and again.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// A template for one column, known to work.
#[derive(Debug, Clone)]
pub struct Template {
    source: String,
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// It is longer than anybody needs.
    #[error("a template has at most {LONGEST_TEMPLATE} characters")]
    TooLong,
    /// It names something that rows have not got.
    #[error("there is no `{0}`")]
    Unknown(String),
    /// It is not written correctly, or cannot be worked out.
    #[error("line {line}: {reason}")]
    Broken {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, for people.
        reason: String,
    },
    /// It writes nothing for an ordinary release.
    #[error("it writes nothing")]
    Empty,
}

impl Template {
    /// Reads a template and tries it on a few made-up releases.
    ///
    /// # Errors
    /// When it is malformed, names unknown variables, works too long or writes nothing.
    pub fn parse(source: &str) -> Result<Self, LabelError> {
        if source.chars().count() > LONGEST_TEMPLATE {
            return Err(LabelError::TooLong);
        }
        refuse_what_grows(source)?;
        let environment = environment();
        let template = environment.template_from_str(source).map_err(|error| LabelError::from(&error))?;
        let mut unknown: Vec<String> = template
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !VARIABLES.iter().any(|(known, _)| known == name))
            .collect();
        unknown.sort();
        if let Some(name) = unknown.into_iter().next() {
            return Err(LabelError::Unknown(name));
        }
        for (at, facts) in sample_facts().iter().enumerate() {
            let text = written(&template, facts).map_err(|error| LabelError::from(&error))?;
            if at == 0 && text.is_empty() {
                return Err(LabelError::Empty);
            }
        }
        Ok(Self { source: source.to_owned() })
    }

    /// What it writes for one release; empty where it fails.
    pub fn render(&self, facts: &Facts) -> String {
        self.render_all(std::slice::from_ref(facts)).pop().unwrap_or_default()
    }

    /// What it writes for each release; empty where it fails.
    pub(super) fn render_all(&self, facts: &[Facts]) -> Vec<String> {
        let environment = environment();
        let Ok(template) = environment.template_from_str(&self.source) else {
            return vec![String::new(); facts.len()];
        };
        facts.iter().map(|facts| written(&template, facts).unwrap_or_default()).collect()
    }
}

impl From<&minijinja::Error> for LabelError {
    fn from(error: &minijinja::Error) -> Self {
        let reason = match (error.kind(), error.detail()) {
            (ErrorKind::OutOfFuel, _) => "this takes too long".to_owned(),
            (ErrorKind::WriteFailure, _) => format!("it writes more than {LONGEST_LABEL} characters"),
            (_, Some(detail)) => detail.to_owned(),
            (kind, None) => kind.to_string(),
        };
        Self::Broken { line: error.line().unwrap_or(1), reason }
    }
}

/// Refuses what could make a short template write or work without end: repetition, and statements that keep values.
fn refuse_what_grows(source: &str) -> Result<(), LabelError> {
    let broken = |at: usize, reason: String| {
        let line = 1 + source[..at].matches('\n').count();
        Err(LabelError::Broken { line, reason })
    };
    if let Some(at) = source.find('*') {
        return broken(at, "`*` cannot be used in labels".to_owned());
    }
    for (at, _) in source.match_indices("{%") {
        let inside = source[at + 2..].trim_start_matches(['-', '+']).trim_start();
        let end = inside.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(inside.len());
        let statement = &inside[..end];
        if !STATEMENTS.contains(&statement) {
            return broken(at, format!("`{statement}` cannot be used in labels, only `if` and `for`"));
        }
    }
    Ok(())
}

fn written(template: &minijinja::Template<'_, '_>, facts: &Facts) -> Result<String, minijinja::Error> {
    let mut label = Label(Vec::new());
    template.render_captured_to(facts, &mut label)?;
    Ok(tidy(&String::from_utf8_lossy(&label.0)))
}

/// A text that does not grow beyond [`LONGEST_LABEL`].
struct Label(Vec<u8>);

impl Write for Label {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.0.len() + text.len() > LONGEST_LABEL {
            return Err(io::Error::other("the label is too long"));
        }
        self.0.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Without blank lines and double spaces, which are what absent facts leave behind.
fn tidy(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
