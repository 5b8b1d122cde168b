//! The filters and tests of templates, each with a bounded result.

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::variables::bytes;

/// Characters that a filter may make. More is no label, and filters can be chained.
const LONGEST_TEXT: usize = 4_000;

/// Steps of the interpreter for one label; the built-in ones take a few hundred.
const FUEL: u64 = 20_000;

/// Where templates run: texts are shown as they are, nothing can be loaded, and there is nothing but this.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(20);
    environment.add_filter("bytes", |size: Value| u64::try_from(size).map(bytes).unwrap_or_default());
    environment.add_filter("join", join);
    environment.add_filter("replace", replace);
    environment.add_filter("upper", |value: Value| bounded(text(&value).to_uppercase()));
    environment.add_filter("lower", |value: Value| bounded(text(&value).to_lowercase()));
    environment
        .add_filter("default", |value: Value, other: Value| if value.is_true() { value } else { other });
    environment.add_filter("first", |list: Value| list.try_iter().ok().and_then(|mut list| list.next()));
    environment.add_filter("last", |list: Value| list.try_iter().ok().and_then(Iterator::last));
    environment.add_filter("length", |list: Value| list.len().unwrap_or(0));
    environment.add_filter("truncate", |value: Value, most: usize| {
        text(&value).chars().take(most).collect::<String>()
    });
    environment.add_test("defined", |value: &Value| !value.is_undefined());
    environment
}

/// The texts of a list that are not empty, with `between` in between.
fn join(list: &Value, between: Option<String>) -> Result<String, Error> {
    let Ok(list) = list.try_iter() else { return Ok(String::new()) };
    let between = between.unwrap_or_default();
    let mut text = String::new();
    for one in list.filter(Value::is_true) {
        if !text.is_empty() {
            text.push_str(&between);
        }
        text.push_str(&one.to_string());
        text = bounded(text)?;
    }
    Ok(text)
}

/// What a value is written as; nothing for what is unknown.
fn text(value: &Value) -> String {
    if value.is_undefined() { String::new() } else { value.to_string() }
}

fn replace(value: &Value, old: &str, new: &str) -> Result<String, Error> {
    let text = text(value);
    let growth = text.matches(old).count().saturating_mul(new.len());
    if growth > LONGEST_TEXT {
        return Err(too_long());
    }
    bounded(text.replace(old, new))
}

fn bounded(text: String) -> Result<String, Error> {
    if text.len() > LONGEST_TEXT { Err(too_long()) } else { Ok(text) }
}

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidOperation, "the text becomes too long")
}
