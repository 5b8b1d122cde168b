//! What rows look like by the templates of a person.

use serde::Serialize;

/// Sample rows, and what can be written to change them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Preview {
    /// The rows.
    rows: Vec<Row>,
    /// Why there are none.
    error: Option<String>,
    /// What can stand in a template.
    variables: Vec<Variable>,
    /// The templates that are used when nobody wrote any.
    built_in: Row,
}

/// One row, or the templates of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Row {
    name: String,
    description: String,
}

/// A word of templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Variable {
    name: &'static str,
    meaning: &'static str,
}
