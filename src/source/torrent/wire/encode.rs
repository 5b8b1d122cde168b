//! From messages to bytes.

use bytes::{BufMut, Bytes, BytesMut};

use super::{Block, Message};

impl Message {
    /// Appends the message as it goes over the wire.
    pub fn write(&self, out: &mut BytesMut) {
        match self {
            Self::KeepAlive => out.put_u32(0),
            Self::Choke => head(out, 0, 0),
            Self::Unchoke => head(out, 1, 0),
            Self::Interested => head(out, 2, 0),
            Self::NotInterested => head(out, 3, 0),
            Self::Have(piece) => number(out, 4, *piece),
            Self::Bitfield(bits) => {
                head(out, 5, bits.len());
                out.put_slice(bits);
            }
            Self::Request(which) => block(out, 6, which),
            Self::Piece { piece, begin, data } => {
                head(out, 7, 8 + data.len());
                out.put_u32(*piece);
                out.put_u32(*begin);
                out.put_slice(data);
            }
            Self::Cancel(which) => block(out, 8, which),
            Self::HaveAll => head(out, 14, 0),
            Self::HaveNone => head(out, 15, 0),
            Self::Reject(which) => block(out, 16, which),
            Self::AllowedFast(piece) => number(out, 17, *piece),
            Self::Extended(kind, body) => extended(out, *kind, body),
            Self::Other(kind) => head(out, *kind, 0),
        }
    }
}

fn head(out: &mut BytesMut, kind: u8, body: usize) {
    out.put_u32(u32::try_from(body + 1).expect("nothing that is written here is near 4 GiB"));
    out.put_u8(kind);
}

fn number(out: &mut BytesMut, kind: u8, piece: u32) {
    head(out, kind, 4);
    out.put_u32(piece);
}

fn block(out: &mut BytesMut, kind: u8, which: &Block) {
    head(out, kind, 12);
    out.put_u32(which.piece);
    out.put_u32(which.begin);
    out.put_u32(which.length);
}

fn extended(out: &mut BytesMut, kind: u8, body: &Bytes) {
    head(out, 20, 1 + body.len());
    out.put_u8(kind);
    out.put_slice(body);
}
