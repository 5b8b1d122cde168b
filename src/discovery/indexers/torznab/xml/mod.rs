//! Answers as documents: judged by their root element, since servers send errors with status 200 and web pages with
//! any.

mod capabilities;
mod front;
mod pieces;
mod results;

use super::caps::Caps;
use super::item::Item;
use front::Listed;
use pieces::{Piece, Pieces, Tag};

pub(in crate::discovery::indexers) use front::Listed as ListedIndexer;

/// An answer beyond this length is cut off: a thousand results with descriptions have about 3 MB, a list of all the
/// indexers that Jackett knows with their categories about 5.
pub(in crate::discovery::indexers) const MOST_BYTES: usize = 8 << 20;

/// What an answer is.
#[derive(Debug)]
pub enum TorznabDocument {
    /// What the server can do.
    Caps(Caps),
    /// Results.
    Results {
        /// They, in the server's order; at most a thousand.
        items: Vec<Item>,
        /// The document came to its end.
        is_whole: bool,
    },
    /// The indexers behind a front.
    Indexers(Vec<Listed>),
    /// A refusal.
    Refusal {
        /// The number that the server gave it.
        code: Option<u32>,
        /// What the server says about it. May hold anything, secrets included.
        description: String,
    },
    /// A web page: of a login, of another program, of somebody between.
    WebPage,
    /// Anything else.
    Unknown,
}

/// Reads an answer of a Torznab server. Never fails and never panics: what cannot be read is left out, and what is no
/// Torznab at all is [`TorznabDocument::Unknown`]. Bytes that are no UTF-8 are replaced; only the first 8 MiB count.
pub fn read_torznab(bytes: &[u8]) -> TorznabDocument {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_BYTES)]);
    let mut pieces = Pieces::new(text.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']));
    let root = pieces.find_map(|piece| match piece {
        Piece::Open(tag) => Some(tag),
        Piece::Text(_) | Piece::Close(_) => None,
    });
    let Some(root) = root else { return TorznabDocument::Unknown };
    match root.name.as_str() {
        "caps" => TorznabDocument::Caps(capabilities::read(&mut pieces)),
        "rss" | "channel" => results::read(&mut pieces, &root.name),
        "indexers" => TorznabDocument::Indexers(front::read(&mut pieces)),
        "error" => refusal(&root),
        "html" | "head" | "body" => TorznabDocument::WebPage,
        _ => TorznabDocument::Unknown,
    }
}

/// Bitmagnet calls the number `error`, all others `code`.
fn refusal(tag: &Tag) -> TorznabDocument {
    let code = tag.get("code").or_else(|| tag.get("error")).and_then(|code| code.parse().ok());
    TorznabDocument::Refusal { code, description: tag.get("description").unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests;
