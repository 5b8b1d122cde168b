//! XML as a run of tags and texts, by local names, forgiving wherever servers sin: unclosed and unmatched tags, bare
//! ampersands, entities of HTML, namespaces that nobody declared.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// An attribute's value or a text beyond this length holds nothing that is wanted; the longest magnet link of 64
/// trackers has some 8 KiB.
const MOST_TEXT: usize = 16 << 10;

/// No element that is wanted has more.
const MOST_ATTRIBUTES: usize = 16;

/// One step through a document.
#[derive(Debug)]
pub(super) enum Piece {
    /// An opening tag.
    Open(Tag),
    /// Text between tags, entities resolved.
    Text(String),
    /// A closing tag, by its local name in lower case.
    Close(String),
}

/// An opening tag.
#[derive(Debug)]
pub(super) struct Tag {
    /// The local name in lower case.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    /// The value of an attribute, by its local name in lower case; empty ones are as good as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())?;
        (!value.is_empty()).then_some(value)
    }
}

/// Walks through a document. Ends at its end, or where it cannot be read any further.
pub(super) struct Pieces<'a> {
    reader: Reader<&'a [u8]>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        config.expand_empty_elements = true;
        Self { reader }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            return Some(match self.reader.read_event() {
                Ok(Event::Start(start) | Event::Empty(start)) => Piece::Open(tag(&start)),
                Ok(Event::End(end)) => Piece::Close(local(end.name().as_ref())),
                Ok(Event::Text(text)) => Piece::Text(lossy(&text)),
                Ok(Event::CData(text)) => Piece::Text(lossy(&text)),
                Ok(Event::GeneralRef(entity)) => Piece::Text(resolved(&lossy(&entity))),
                // A DTD is passed over, so nothing it declares is ever expanded.
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => continue,
                Ok(Event::Eof) | Err(_) => return None,
            });
        }
    }
}

fn tag(start: &BytesStart<'_>) -> Tag {
    let mut attributes = start.html_attributes();
    let attributes = attributes
        .with_checks(false)
        .take(MOST_ATTRIBUTES)
        .filter_map(Result::ok)
        .map(|attribute| (local(attribute.key.as_ref()), unescaped(&lossy(&attribute.value))))
        .collect();
    Tag { name: local(start.name().as_ref()), attributes }
}

/// `torznab:attr` and `newznab:attr` are `attr`: the prefix is whatever the server made up.
fn local(name: &[u8]) -> String {
    let name = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
    lossy(name).to_ascii_lowercase()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_TEXT)]).into_owned()
}

/// Resolves the entities of an attribute's value. An ampersand that begins none stands for itself.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(';') {
            Some((name, rest)) if is_entity(name) => {
                whole.push_str(&resolved(name));
                whole.push_str(rest);
            }
            _ => {
                whole.push('&');
                whole.push_str(part);
            }
        }
    }
    whole
}

fn is_entity(name: &str) -> bool {
    let letters = name.strip_prefix('#').unwrap_or(name);
    (1..=10).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The text of `&name;`. One that nobody knows is left as it was written.
fn resolved(name: &str) -> String {
    let known = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => character(name),
    };
    known.map_or_else(|| format!("&{name};"), String::from)
}

fn character(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let hexadecimal = digits.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
    let code = hexadecimal.unwrap_or_else(|| digits.parse()).ok()?;
    // Control characters are not allowed in XML, and of no use in a name.
    char::from_u32(code).filter(|character| !character.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(xml: &str) -> String {
        Pieces::new(xml)
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text),
                Piece::Open(_) | Piece::Close(_) => None,
            })
            .collect()
    }

    #[test]
    fn entities_cdata_and_bare_ampersands_become_text() {
        for (xml, text) in [
            ("<a>x &amp; y &#65;&#x42;&nbsp;&eacute;</a>", "x & y AB &eacute;"),
            ("<a><![CDATA[Fish & <Chips>]]></a>", "Fish & <Chips>"),
            ("<a>Fish & Chips</a>", "Fish & Chips"),
            ("<a>&#0;&#xD800;&#99999999999;</a>", "&#0;&#xD800;&#99999999999;"),
        ] {
            assert_eq!(texts(xml), text, "{xml}");
        }
    }

    #[test]
    fn attributes_are_read_by_local_names_with_entities_and_without() {
        let xml = r#"<torznab:attr NAME='magneturl' value="magnet:?xt=1&amp;tr=2&dn=3&"/>"#;
        let Some(Piece::Open(tag)) = Pieces::new(xml).next() else { panic!("no tag") };
        assert_eq!(tag.name, "attr");
        assert_eq!(tag.get("name"), Some("magneturl"));
        assert_eq!(tag.get("value"), Some("magnet:?xt=1&tr=2&dn=3&"));
    }

    #[test]
    fn declared_entities_are_never_expanded() {
        let xml = "<!DOCTYPE a [<!ENTITY b \"xxxxxxxx\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
        assert_eq!(texts(xml), "&c;");
    }
}
