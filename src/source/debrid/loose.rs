//! Numbers that may be text, lists that may be one thing, and parts of answers that have been taken apart already.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

use super::service::ServiceError;

/// Reads a number, also from text; anything else is nothing.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    })
}

/// Reads a whole number that is not negative, also from text; anything else is nothing.
pub(super) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

/// Reads a part of an answer.
///
/// # Errors
/// `Protocol` for another shape; it repeats nothing of the value.
pub(super) fn shaped<T: DeserializeOwned>(value: Value) -> Result<T, ServiceError> {
    serde_json::from_value(value).map_err(|error| {
        let text = error.to_string();
        // Names of missing fields are ours; everything else the parser says may quote the answer.
        let reason =
            if text.starts_with("missing field") { text } else { "data of another shape".to_owned() };
        ServiceError::Protocol(reason)
    })
}

/// Reads a list where there may be one thing without a list around it, or null.
///
/// # Errors
/// `Protocol` for another shape; it repeats nothing of the value.
pub(super) fn many<T: DeserializeOwned>(value: Value) -> Result<Vec<T>, ServiceError> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(values) => values.into_iter().map(shaped).collect(),
        one => Ok(vec![shaped(one)?]),
    }
}

/// The name of an error as a service gives it, if it is a name: whatever else stands in its place may hold anything.
pub(super) fn code(text: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !text.is_empty() && text.len() <= 60 && text.chars().all(is_name) {
        text.to_owned()
    } else {
        "an error without a name".to_owned()
    }
}

/// An answer as a service might have sent it.
#[cfg(test)]
pub(super) fn answer(status: u16, body: &Value) -> super::call::Answer {
    super::call::Answer {
        status: http::StatusCode::from_u16(status).unwrap(),
        headers: http::HeaderMap::new(),
        body: body.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "number")]
        number: Option<f64>,
        #[serde(default, deserialize_with = "count")]
        count: Option<u64>,
    }

    #[test]
    fn numbers_may_be_text_and_may_be_missing() {
        let row = |value| shaped::<Row>(value).unwrap();
        let full = Row { number: Some(0.5), count: Some(9) };
        assert_eq!(row(json!({ "number": 0.5, "count": 9 })), full);
        assert_eq!(row(json!({ "number": " 0.5", "count": "9 " })), full);
        let nothing = Row { number: None, count: None };
        assert_eq!(row(json!({})), nothing);
        assert_eq!(row(json!({ "number": false, "count": null })), nothing);
        assert_eq!(row(json!({ "number": "NaN", "count": -1 })), nothing);
    }

    #[test]
    fn one_thing_null_and_a_list_are_all_lists() {
        assert_eq!(many::<u8>(json!([1, 2])), Ok(vec![1, 2]));
        assert_eq!(many::<u8>(json!(3)), Ok(vec![3]));
        assert_eq!(many::<u8>(Value::Null), Ok(vec![]));
    }

    #[test]
    fn errors_repeat_nothing_of_the_answer_but_names() {
        let error = shaped::<u8>(json!("secret-token")).unwrap_err();
        assert_eq!(error, ServiceError::Protocol("data of another shape".to_owned()));
        assert_eq!(code("BAD_TOKEN"), "BAD_TOKEN");
        for text in ["", "see https://a/?token=b", &"x".repeat(61)] {
            assert_eq!(code(text), "an error without a name");
        }
    }
}
