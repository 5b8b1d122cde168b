//! Messages of the extension protocol (BEP 10): what somebody understands, parts of the metadata (BEP 9), and peers in
//! the compact form that trackers use too (BEP 23, BEP 11).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;

use super::{Message, Value, WireError, read_value};

/// The number under which we want to be sent parts of the metadata.
pub const OUR_METADATA: u8 = 1;

/// The number under which we want to be told of other peers.
pub const OUR_PEERS: u8 = 2;

/// Requests that a peer is taken to queue if it does not say how many: the smallest default there is in use.
const USUAL_QUEUE: u32 = 250;

/// Peers that a peer may tell of in one message (BEP 11).
const MOST_PEERS: usize = 50;

/// What a peer says of itself at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting {
    /// The number under which it wants to be asked for metadata, if it has any.
    pub metadata: Option<u8>,
    /// Bytes of the metadata, if it has it.
    pub metadata_size: Option<u32>,
    /// Requests that it queues.
    pub queue: u32,
}

impl Default for Greeting {
    fn default() -> Self {
        Self { metadata: None, metadata_size: None, queue: USUAL_QUEUE }
    }
}

impl Greeting {
    /// What we say of ourselves, under the name `client`.
    pub fn ours(client: &str) -> Message {
        let text = format!(
            "d1:md11:ut_metadatai{OUR_METADATA}e6:ut_pexi{OUR_PEERS}ee4:reqqi{USUAL_QUEUE}e1:v{}:{client}e",
            client.len()
        );
        Message::Extended(0, Bytes::from(text))
    }

    /// Reads what a peer says of itself.
    ///
    /// # Errors
    /// It is malformed.
    pub fn read(body: &[u8]) -> Result<Self, WireError> {
        let (said, _) = read_value(body)?;
        let small = |name: &str| u32::try_from(said.get(name)?.integer()?).ok().filter(|number| *number > 0);
        let number = said.get("m").and_then(|m| m.get("ut_metadata")).and_then(Value::integer);
        Ok(Self {
            metadata: number.and_then(|number| u8::try_from(number).ok()).filter(|number| *number > 0),
            metadata_size: small("metadata_size"),
            queue: small("reqq").unwrap_or(USUAL_QUEUE),
        })
    }
}

/// A message about the metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataPart {
    /// The sender wants this part.
    Wanted(u32),
    /// A part and its bytes.
    Here(u32, Bytes),
    /// The sender will not send this part.
    Refused(u32),
}

impl MetadataPart {
    /// The message, for a peer that wants it under `number`.
    pub fn message(&self, number: u8) -> Message {
        let text = match self {
            Self::Wanted(part) => format!("d8:msg_typei0e5:piecei{part}ee"),
            Self::Here(part, data) => {
                let mut text = format!("d8:msg_typei1e5:piecei{part}ee").into_bytes();
                text.extend_from_slice(data);
                return Message::Extended(number, text.into());
            }
            Self::Refused(part) => format!("d8:msg_typei2e5:piecei{part}ee"),
        };
        Message::Extended(number, text.into())
    }

    /// Reads such a message; `None` if it is of a kind that nobody knows yet.
    ///
    /// # Errors
    /// It is malformed.
    pub fn read(body: &Bytes) -> Result<Option<Self>, WireError> {
        let (said, rest) = read_value(body)?;
        let number =
            |name| said.get(name).and_then(Value::integer).and_then(|number| u32::try_from(number).ok());
        let part = number("piece").ok_or(WireError("a metadata message names no part"))?;
        Ok(match number("msg_type") {
            Some(0) => Some(Self::Wanted(part)),
            Some(1) => Some(Self::Here(part, body.slice_ref(rest))),
            Some(2) => Some(Self::Refused(part)),
            _ => None,
        })
    }
}

/// The peers that a peer tells of, no more than it may (BEP 11).
///
/// # Errors
/// The message is malformed.
pub fn read_peers(body: &[u8]) -> Result<Vec<SocketAddr>, WireError> {
    let (said, _) = read_value(body)?;
    let list = |name, v6| said.get(name).and_then(Value::bytes).map(|bytes| compact_peers(bytes, v6));
    Ok([list("added", false), list("added6", true)]
        .into_iter()
        .flatten()
        .flatten()
        .take(MOST_PEERS)
        .collect())
}

/// Peers in the compact form: 6 bytes each, or 18 for IPv6. Those that nobody can be, with port 0, are left out.
pub fn compact_peers(bytes: &[u8], v6: bool) -> Vec<SocketAddr> {
    let v4 = |peer: &[u8; 6]| {
        let [a, b, c, d, high, low] = *peer;
        SocketAddr::from((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
    };
    let long = |peer: &[u8; 18]| {
        let mut address = [0; 16];
        address.copy_from_slice(&peer[..16]);
        SocketAddr::from((Ipv6Addr::from(address), u16::from_be_bytes([peer[16], peer[17]])))
    };
    let peers: Vec<SocketAddr> = match v6 {
        false => bytes.as_chunks::<6>().0.iter().map(v4).collect(),
        true => bytes.as_chunks::<18>().0.iter().map(long).collect(),
    };
    peers.into_iter().filter(|peer| peer.port() != 0).collect()
}
