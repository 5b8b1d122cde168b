//! `<rss>`: results.

use super::pieces::{Piece, Pieces, Tag};
use super::{TorznabDocument, refusal};
use crate::discovery::indexers::torznab::item::Item;

/// More results than any server sends for one question.
const MOST_ITEMS: usize = 1_000;

/// Reads from behind the opening tag of `root`.
pub(super) fn read(pieces: &mut Pieces<'_>, root: &str) -> TorznabDocument {
    let mut items = Vec::new();
    let mut is_whole = false;
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Open(tag) if tag.name == "item" => {
                items.push(read_item(pieces));
                if items.len() == MOST_ITEMS {
                    is_whole = true;
                    break;
                }
            }
            // Some servers wrap even their errors.
            Piece::Open(tag) if tag.name == "error" && items.is_empty() => return refusal(&tag),
            Piece::Close(name) => is_whole |= name == root,
            Piece::Open(_) | Piece::Text(_) => {}
        }
    }
    TorznabDocument::Results { items, is_whole }
}

/// Reads one result, to its closing tag or the end of all.
fn read_item(pieces: &mut Pieces<'_>) -> Item {
    let mut item = Item::default();
    let (mut field, mut text) = (String::new(), String::new());
    for piece in pieces {
        match piece {
            Piece::Open(tag) => {
                note(&mut item, &tag);
                field = tag.name;
                text.clear();
            }
            Piece::Text(more) => {
                if Item::wants(&field) && text.len() < 16 << 10 {
                    text.push_str(&more);
                }
            }
            Piece::Close(name) if name == "item" => break,
            Piece::Close(_) => {
                item.set(&field, &text);
                field.clear();
                text.clear();
            }
        }
    }
    item
}

/// Notes what stands in attributes.
fn note(item: &mut Item, tag: &Tag) {
    match tag.name.as_str() {
        "attr" => {
            if let (Some(name), Some(value)) = (tag.get("name"), tag.get("value")) {
                item.set(&format!("attr:{}", name.to_ascii_lowercase()), value);
            }
        }
        "enclosure" => {
            for part in ["url", "length", "type"] {
                item.set(&format!("enclosure:{part}"), tag.get(part).unwrap_or_default());
            }
        }
        "prowlarrindexer" => item.set("indexer:type", tag.get("type").unwrap_or_default()),
        _ => {}
    }
}
