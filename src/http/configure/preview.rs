//! What rows look like by the templates of a person.

use serde::Serialize;

use super::problem::Problem;
use crate::addon::labels::{self, LabelError, Labels, Template, VARIABLES};
use crate::profile;

/// Sample rows, and what can be written to change them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Preview {
    /// The rows.
    rows: Vec<Row>,
    /// Why a template is not in use.
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

impl Preview {
    /// Sample rows by these templates; by the built-in one in place of one that cannot be used.
    pub(super) fn of(labels: &profile::Labels) -> Self {
        let (query, offers) = labels::sample_offers();
        let rows = Labels::lenient(labels).write(&query, &offers);
        let problems = problems(labels);
        Self {
            rows: rows.into_iter().map(|(name, description)| Row { name, description }).collect(),
            error: problems.into_iter().next().map(|problem| problem.text),
            variables: VARIABLES.iter().map(|(name, meaning)| Variable { name, meaning }).collect(),
            built_in: Row {
                name: labels::NAME.trim().to_owned(),
                description: labels::DESCRIPTION.trim().to_owned(),
            },
        }
    }
}

/// What is wrong with the templates.
pub(super) fn problems(labels: &profile::Labels) -> Vec<Problem> {
    let columns = [
        ("label-name", "Left column", &labels.name),
        ("label-description", "Right column", &labels.description),
    ];
    let refused = |text: &str| -> Option<LabelError> {
        if text.trim().is_empty() { None } else { Template::parse(text).err() }
    };
    let problem = |(id, column, text): (&str, &str, &String)| {
        refused(text).map(|why| Problem::at(id, format!("{column}: {why}.")))
    };
    columns.into_iter().filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(name: &str) -> profile::Labels {
        profile::Labels { name: name.to_owned(), description: String::new() }
    }

    #[test]
    fn sample_rows_are_written_by_the_template() {
        let preview = Preview::of(&labels("at {{ resolution }}"));
        assert_eq!(preview.error, None);
        assert!(preview.rows.iter().any(|row| row.name == "at 1080p"), "{preview:?}");
        assert!(preview.rows.iter().all(|row| !row.description.is_empty()), "{preview:?}");
    }

    #[test]
    fn a_mistake_is_told_with_its_column_and_line() {
        let preview = Preview::of(&labels("first\n{{ resolution"));
        let error = preview.error.unwrap();
        assert!(error.starts_with("Left column: line 2"), "{error}");
        assert!(!preview.rows.is_empty(), "the built-in template is shown");
    }
}
