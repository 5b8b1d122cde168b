//! Bencoded values (BEP 3), borrowed from what strangers sent and held to limits.

use super::WireError;

/// Extension messages and trackers' answers are three levels deep; more is an attack on the stack.
const DEEPEST: usize = 8;

/// Entries of all lists and dictionaries together. A tracker's answer with two hundred peers as dictionaries has some
/// eight hundred.
const MOST_ENTRIES: usize = 4_096;

/// A bencoded value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A number.
    Integer(i64),
    /// Text or bytes.
    Bytes(&'a [u8]),
    /// Values one after another.
    List(Vec<Value<'a>>),
    /// Values by name, in the order in which they came.
    Dictionary(Vec<(&'a [u8], Value<'a>)>),
}

impl<'a> Value<'a> {
    /// The value called `name` of a dictionary.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        let Self::Dictionary(entries) = self else { return None };
        entries.iter().find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| value)
    }

    /// The number, if it is one.
    pub fn integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }

    /// The bytes, if it is some.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// The value at the start of `bytes`, and what follows it.
///
/// # Errors
/// It is malformed, nested too deeply or has too many entries.
pub fn read_value(bytes: &[u8]) -> Result<(Value<'_>, &[u8]), WireError> {
    let mut reader = Reader { rest: bytes, entries: 0 };
    let value = reader.value(0)?;
    Ok((value, reader.rest))
}

struct Reader<'a> {
    rest: &'a [u8],
    entries: usize,
}

const MALFORMED: WireError = WireError("a bencoded value is malformed");

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value<'a>, WireError> {
        if depth > DEEPEST {
            return Err(WireError("a bencoded value is nested too deeply"));
        }
        match self.rest.first() {
            Some(b'i') => {
                self.rest = &self.rest[1..];
                self.number(b'e').map(Value::Integer)
            }
            Some(b'l') => {
                self.rest = &self.rest[1..];
                let mut list = Vec::new();
                while !self.ends()? {
                    list.push(self.value(depth + 1)?);
                }
                Ok(Value::List(list))
            }
            Some(b'd') => {
                self.rest = &self.rest[1..];
                let mut entries = Vec::new();
                while !self.ends()? {
                    let name = self.string()?;
                    entries.push((name, self.value(depth + 1)?));
                }
                Ok(Value::Dictionary(entries))
            }
            _ => self.string().map(Value::Bytes),
        }
    }

    /// Whether a list or dictionary ends here; what does not is one entry more.
    fn ends(&mut self) -> Result<bool, WireError> {
        if let Some(rest) = self.rest.strip_prefix(b"e") {
            self.rest = rest;
            return Ok(true);
        }
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            return Err(WireError("a bencoded value has too many entries"));
        }
        Ok(false)
    }

    fn string(&mut self) -> Result<&'a [u8], WireError> {
        let length = usize::try_from(self.number(b':')?).map_err(|_| MALFORMED)?;
        let (string, rest) = self.rest.split_at_checked(length).ok_or(MALFORMED)?;
        self.rest = rest;
        Ok(string)
    }

    fn number(&mut self, end: u8) -> Result<i64, WireError> {
        // The longest number there is has twenty characters.
        let length = self.rest.iter().take(21).position(|byte| *byte == end).ok_or(MALFORMED)?;
        let text = str::from_utf8(&self.rest[..length]).map_err(|_| MALFORMED)?;
        self.rest = &self.rest[length + 1..];
        text.parse().map_err(|_| MALFORMED)
    }
}
