//! Writing bencode (BEP 3), as much as a `.torrent` needs.

use std::collections::BTreeMap;

/// A bencoded value. Dictionaries sort their keys as the format demands.
#[derive(Clone, Debug)]
pub(super) enum Bencode {
    Integer(u64),
    Bytes(Vec<u8>),
    List(Vec<Bencode>),
    Dictionary(BTreeMap<&'static str, Bencode>),
}

impl Bencode {
    pub(super) fn text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Integer(number) => out.extend_from_slice(format!("i{number}e").as_bytes()),
            Self::Bytes(bytes) => write_bytes(out, bytes),
            Self::List(items) => {
                out.push(b'l');
                items.iter().for_each(|item| item.write(out));
                out.push(b'e');
            }
            Self::Dictionary(entries) => {
                out.push(b'd');
                for (key, value) in entries {
                    write_bytes(out, key.as_bytes());
                    value.write(out);
                }
                out.push(b'e');
            }
        }
    }
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(format!("{}:", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
}

#[test]
fn values_are_written_as_the_format_says() {
    let entries = [("b", Bencode::Integer(7)), ("a", Bencode::List(vec![Bencode::text("spam")]))];
    let value = Bencode::Dictionary(entries.into_iter().collect());
    assert_eq!(value.encode(), b"d1:al4:spame1:bi7ee");
}
