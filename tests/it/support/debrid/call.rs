//! Calls as the fakes read them: parameters in every encoding the services know, magnets, and the answers.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bytes::Bytes;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use http::HeaderMap;
use serde_json::Value;

/// Headers by which proxies pass on who asked.
const ADDRESS_HEADERS: [&str; 4] = ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip"];

/// One call as it stands in the journal.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The method, in capitals.
    pub(crate) method: String,
    /// The path after the base URL's path; the whole path if it lies elsewhere.
    pub(crate) path: String,
    /// The query as it was sent, without the question mark.
    pub(crate) query: String,
    /// The body, with replacement characters where it is no text.
    pub(crate) body_text: String,
    /// The `Authorization` header.
    pub(crate) authorization: Option<String>,
    /// The account's token, wherever the service reads it.
    pub(crate) token: Option<String>,
    /// The status of the answer, also if it was never sent because the call hangs.
    pub(crate) status: u16,
    /// Why the documentation does not know such a call.
    pub(crate) unexpected: Option<String>,
}

/// One call while it is answered.
pub(crate) struct Incoming {
    /// The method, in capitals.
    pub(crate) method: String,
    /// The path after the base URL's path.
    pub(crate) path: String,
    /// The body.
    pub(crate) body: Bytes,
    raw_query: String,
    headers: HeaderMap,
}

impl Incoming {
    pub(super) fn new(head: &http::request::Parts, path: &str, body: Bytes) -> Self {
        Self {
            method: head.method.to_string(),
            path: path.to_owned(),
            body,
            raw_query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers.clone(),
        }
    }

    /// The parts of the path.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.trim_start_matches('/').split('/').collect()
    }

    /// The token of `Authorization: Bearer …`.
    pub(crate) fn bearer(&self) -> Option<String> {
        self.header("authorization").strip_prefix("Bearer ").map(str::to_owned)
    }

    /// A header's value, empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The parameters of the query.
    pub(crate) fn query(&self) -> Fields {
        Fields::urlencoded(self.raw_query.as_bytes())
    }

    /// The parameters of a body that is `application/x-www-form-urlencoded`, and nothing if it is anything else.
    pub(crate) fn form(&self) -> Fields {
        match self.media_type() {
            "application/x-www-form-urlencoded" => Fields::urlencoded(&self.body),
            _ => Fields::default(),
        }
    }

    /// The parameters of query and form together, for services that take them in either.
    pub(crate) fn either(&self) -> Fields {
        let mut fields = self.query();
        fields.pairs.extend(self.form().pairs);
        fields
    }

    /// The body, if it is JSON and says so.
    pub(crate) fn json(&self) -> Option<Value> {
        let is_json = self.media_type() == "application/json";
        is_json.then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }

    /// The parts of a body that is `multipart/form-data` (RFC 7578): text parts as fields, files by their field name.
    pub(crate) fn multipart(&self) -> (Fields, Vec<(String, Bytes)>) {
        let (mut fields, mut files) = (Fields::default(), Vec::new());
        let boundary = self.header("content-type").split_once("boundary=");
        let Some((_, boundary)) = boundary.filter(|_| self.media_type() == "multipart/form-data") else {
            return (fields, files);
        };
        let delimiter = format!("\r\n--{}", boundary.trim_matches('"'));
        // The first delimiter has no line break before it; with one it looks like all the others.
        let body = [b"\r\n", self.body.as_ref()].concat();
        for part in split(&body, delimiter.as_bytes()).into_iter().skip(1) {
            let Some(end) = find(part, b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&part[..end]).into_owned();
            let content = &part[end + 4..];
            let Some(name) = attribute(&head, "name") else { continue };
            match attribute(&head, "filename") {
                Some(_) => files.push((name, Bytes::copy_from_slice(content))),
                None => fields.pairs.push((name, String::from_utf8_lossy(content).into_owned())),
            }
        }
        (fields, files)
    }

    /// The media type of the body without its parameters.
    pub(crate) fn media_type(&self) -> &str {
        self.header("content-type").split(';').next().unwrap_or_default().trim()
    }

    pub(super) fn viewer_address(&self) -> Option<&'static str> {
        ADDRESS_HEADERS.into_iter().find(|name| self.headers.contains_key(*name))
    }

    pub(super) fn entry(&self, token: Option<String>, reply: &Reply) -> Call {
        Call {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.raw_query.clone(),
            body_text: String::from_utf8_lossy(&self.body).into_owned(),
            authorization: Some(self.header("authorization").to_owned()).filter(|value| !value.is_empty()),
            token,
            status: reply.status,
            unexpected: reply.unexpected.clone(),
        }
    }
}

/// Parameters of a call, in their order.
#[derive(Clone, Default)]
pub(crate) struct Fields {
    pairs: Vec<(String, String)>,
}

impl Fields {
    fn urlencoded(text: &[u8]) -> Self {
        Self { pairs: url::form_urlencoded::parse(text).into_owned().collect() }
    }

    /// The value of a parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// The values of a parameter that may be repeated, such as `items[]`.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Says so if there is a parameter that is not among the documented ones: services ignore a misspelt name.
    pub(crate) fn strangers(&self, known: &[&str]) -> Option<String> {
        let stranger = self.pairs.iter().find(|(key, _)| !known.contains(&key.as_str()));
        stranger.map(|(key, _)| format!("the parameter {key} is not documented"))
    }
}

/// An answer of a service.
pub(crate) struct Reply {
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// Why the documentation does not know the call.
    pub(crate) unexpected: Option<String>,
}

impl Reply {
    /// A JSON document.
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::typed(status, "application/json", value.to_string().into_bytes())
    }

    /// Plain text, as edges and gateways answer.
    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self::typed(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
    }

    /// A body of any type.
    pub(crate) fn typed(status: u16, media_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("content-type".to_owned(), media_type.to_owned())];
        Self { status, headers, body, unexpected: None }
    }

    /// No body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), unexpected: None }
    }

    /// The same with a header more.
    pub(crate) fn with(mut self, name: &str, value: &impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// The same, remembered as unexpected if there is a reason; the first reason stays.
    pub(crate) fn noting(mut self, reason: Option<String>) -> Self {
        self.unexpected = self.unexpected.or(reason);
        self
    }
}

/// The info-hash of a magnet link, as 40 lower-case hex digits; hex and base32 are both in use.
pub(crate) fn hash_of_magnet(magnet: &str) -> Option<String> {
    let query = magnet.strip_prefix("magnet:?")?;
    let topics = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == "xt");
    topics.filter_map(|(_, topic)| hash_of_text(topic.strip_prefix("urn:btih:")?)).next()
}

/// An info-hash in hex or base32, as 40 lower-case hex digits.
fn hash_of_text(text: &str) -> Option<String> {
    let bytes = match text.len() {
        40 => HEXLOWER.decode(text.to_ascii_lowercase().as_bytes()).ok()?,
        32 => BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()?,
        _ => return None,
    };
    Some(HEXLOWER.encode(&bytes))
}

/// The info-hash of a `.torrent`: the SHA-1 of its `info` value as it stands there (BEP 3).
pub(crate) fn hash_of_torrent(torrent: &[u8]) -> Option<String> {
    let mut rest = torrent.strip_prefix(b"d")?;
    while !rest.starts_with(b"e") {
        let (key, after) = bencoded(rest)?;
        let (value, next) = bencoded(after)?;
        if key == b"4:info" {
            return Some(HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, value).as_ref()));
        }
        rest = next;
    }
    None
}

/// Splits the first bencoded value off.
fn bencoded(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = match text.first()? {
        b'i' => text.iter().position(|byte| *byte == b'e')? + 1,
        b'l' | b'd' => {
            let mut at = 1;
            while *text.get(at)? != b'e' {
                at += bencoded(&text[at..])?.0.len();
            }
            at + 1
        }
        _ => {
            let colon = text.iter().position(|byte| *byte == b':')?;
            colon + 1 + std::str::from_utf8(&text[..colon]).ok()?.parse::<usize>().ok()?
        }
    };
    (length <= text.len()).then(|| text.split_at(length))
}

/// A parameter of a part's `Content-Disposition`.
fn attribute(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let values = line.split(';').map(str::trim).filter_map(|piece| piece.split_once('='));
    values.filter(|(key, _)| *key == name).map(|(_, value)| value.trim_matches('"').to_owned()).next()
}

fn split<'a>(text: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = find(rest, delimiter) {
        parts.push(&rest[..at]);
        rest = &rest[at + delimiter.len()..];
    }
    parts.push(rest);
    parts
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
