//! As much of Lucene's query language as one asks the Archive with: fields, phrases, ranges, AND, OR, NOT, brackets.

use serde_json::Value;

/// A question.
pub(super) enum Wish {
    /// A word or phrase in a field, or anywhere.
    Term { field: String, words: Vec<String>, whole: String },
    /// A number in a field, within bounds.
    Range { field: String, from: i64, to: i64 },
    /// All of them.
    And(Vec<Wish>),
    /// One of them.
    Or(Vec<Wish>),
    /// The contrary.
    Not(Box<Wish>),
}

/// Reads a question.
pub(super) fn parse(text: &str) -> Result<Wish, String> {
    let mut tokens = tokens(text)?;
    tokens.reverse();
    let wish = any(&mut tokens, "")?;
    match tokens.pop() {
        None => Ok(wish),
        Some(rest) => Err(format!("{rest:?} is not expected")),
    }
}

impl Wish {
    /// Whether something with these fields is wanted.
    pub(super) fn fits(&self, field: &dyn Fn(&str) -> Option<Value>) -> bool {
        match self {
            Self::And(wishes) => wishes.iter().all(|wish| wish.fits(field)),
            Self::Or(wishes) => wishes.iter().any(|wish| wish.fits(field)),
            Self::Not(wish) => !wish.fits(field),
            Self::Range { field: name, from, to } => field(name)
                .and_then(|value| value.as_i64())
                .is_some_and(|value| (*from..=*to).contains(&value)),
            Self::Term { field: name, words, whole } => {
                let name = if name.is_empty() { "title" } else { name };
                values(field(name)).iter().any(|value| is_in(name, value, words, whole))
            }
        }
    }
}

/// Titles are searched by words, in their order; everything else is a keyword.
fn is_in(field: &str, value: &str, words: &[String], whole: &str) -> bool {
    if field != "title" {
        return value.eq_ignore_ascii_case(whole);
    }
    let own = super::super::tracker::words(value);
    !words.is_empty() && own.windows(words.len()).any(|window| window == words)
}

fn values(value: Option<Value>) -> Vec<String> {
    match value {
        Some(Value::Array(values)) => values.into_iter().flat_map(|value| values_of_one(&value)).collect(),
        Some(value) => values_of_one(&value),
        None => Vec::new(),
    }
}

fn values_of_one(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        _ => Vec::new(),
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Field(String),
    Text(String),
    Range(i64, i64),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let (mut found, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, &rest[1..]),
            ')' => (Token::Close, &rest[1..]),
            '"' => phrase(&rest[1..])?,
            '[' => range(&rest[1..])?,
            _ => word(rest),
        };
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

fn phrase(text: &str) -> Result<(Token, &str), String> {
    let (mut content, mut escaped) = (String::new(), false);
    for (at, character) in text.char_indices() {
        match character {
            '"' if !escaped => return Ok((Token::Text(content), &text[at + 1..])),
            '\\' if !escaped => escaped = true,
            character => {
                content.push(character);
                escaped = false;
            }
        }
    }
    Err("a phrase does not end".to_owned())
}

fn range(text: &str) -> Result<(Token, &str), String> {
    let (inside, rest) = text.split_once(']').ok_or("a range does not end")?;
    let (from, to) = inside.split_once(" TO ").ok_or("a range without TO")?;
    let bound = |text: &str, open: i64| match text.trim() {
        "*" => Ok(open),
        number => number.parse().map_err(|_| format!("{number} is no number")),
    };
    Ok((Token::Range(bound(from, i64::MIN)?, bound(to, i64::MAX)?), rest))
}

fn word(text: &str) -> (Token, &str) {
    let is_end = |character: char| character.is_whitespace() || "()\"[]:".contains(character);
    let end = text.find(is_end).unwrap_or(text.len());
    let (name, rest) = text.split_at(end.max(text.chars().next().map_or(0, char::len_utf8)));
    match (name, rest.strip_prefix(':')) {
        (_, Some(rest)) => (Token::Field(name.to_owned()), rest),
        ("AND", _) => (Token::And, rest),
        ("OR", _) => (Token::Or, rest),
        ("NOT", _) => (Token::Not, rest),
        _ => (Token::Text(name.to_owned()), rest),
    }
}

/// Tokens lie in a stack, the next one on top.
fn any(tokens: &mut Vec<Token>, field: &str) -> Result<Wish, String> {
    let mut wishes = vec![all(tokens, field)?];
    while tokens.last() == Some(&Token::Or) {
        tokens.pop();
        wishes.push(all(tokens, field)?);
    }
    Ok(if wishes.len() == 1 { wishes.remove(0) } else { Wish::Or(wishes) })
}

fn all(tokens: &mut Vec<Token>, field: &str) -> Result<Wish, String> {
    let mut wishes = vec![one(tokens, field)?];
    while !matches!(tokens.last(), None | Some(Token::Or | Token::Close)) {
        if tokens.last() == Some(&Token::And) {
            tokens.pop();
        }
        wishes.push(one(tokens, field)?);
    }
    Ok(Wish::And(wishes))
}

fn one(tokens: &mut Vec<Token>, field: &str) -> Result<Wish, String> {
    match tokens.pop() {
        Some(Token::Not) => Ok(Wish::Not(Box::new(one(tokens, field)?))),
        Some(Token::Field(name)) => one(tokens, &name),
        Some(Token::Text(whole)) => {
            let words = super::super::tracker::words(&whole);
            Ok(Wish::Term { field: field.to_owned(), words, whole })
        }
        Some(Token::Range(from, to)) => Ok(Wish::Range { field: field.to_owned(), from, to }),
        Some(Token::Open) => {
            let inside = any(tokens, field)?;
            match tokens.pop() {
                Some(Token::Close) => Ok(inside),
                _ => Err("a bracket is not closed".to_owned()),
            }
        }
        other => Err(format!("{other:?} where something is asked for")),
    }
}

#[test]
fn questions_are_read_as_the_archive_does() {
    let item = |name: &str| match name {
        "title" => Some(Value::from("Night of the Living Dead: restored")),
        "year" => Some(Value::from(1968)),
        "mediatype" => Some(Value::from("movies")),
        "collection" => Some(Value::from(vec!["feature_films", "horror"])),
        "external-identifier" => Some(Value::from("urn:imdb:tt0063350")),
        _ => None,
    };
    let fits = |text: &str| parse(text).unwrap_or_else(|why| panic!("{why}: {text}")).fits(&item);
    for right in [
        r#"external-identifier:"urn:imdb:tt0063350""#,
        r#"title:"night of the living dead" AND year:1968 AND mediatype:movies"#,
        "title:(living dead) AND year:[1967 TO 1969] AND collection:(other OR feature_films)",
        r#"(title:"nothing" OR title:"living dead") AND NOT collection:comedy"#,
    ] {
        assert!(fits(right), "{right}");
    }
    for wrong in [
        "title:\"dead living\"",
        "year:1969",
        "external-identifier:\"urn:imdb:tt006335\"",
        "collection:horro",
    ] {
        assert!(!fits(wrong), "{wrong}");
    }
    for broken in ["", "title:", "(year:1968", "title:\"night", "AND year:1968", "year:[1 2]", "a)"] {
        assert!(parse(broken).is_err(), "{broken}");
    }
}
