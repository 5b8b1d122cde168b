//! `<indexers>`: the indexers behind a Jackett, each with what it can do.

use super::capabilities;
use super::pieces::{Piece, Pieces, Tag};
use crate::discovery::indexers::torznab::caps::Caps;

/// Jackett knows some 700 indexers; nobody has configured as many.
const MOST_INDEXERS: usize = 500;

/// One indexer behind a front.
#[derive(Debug, Default)]
pub struct Listed {
    /// What it is asked by.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The operator has set it up.
    pub configured: bool,
    /// `public`, `semi-private` or `private`.
    pub kind: String,
    /// What it can do, where the list says so.
    pub caps: Option<Caps>,
}

/// Reads from behind the opening tag.
pub(super) fn read(pieces: &mut Pieces<'_>) -> Vec<Listed> {
    let mut found: Vec<Listed> = Vec::new();
    let mut field = String::new();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Open(tag) if tag.name == "indexer" => {
                if found.len() == MOST_INDEXERS {
                    break;
                }
                found.push(listed(&tag));
            }
            Piece::Open(tag) if tag.name == "caps" => {
                let caps = capabilities::read(pieces);
                if let Some(last) = found.last_mut() {
                    last.caps = Some(caps);
                }
            }
            Piece::Open(tag) => field = tag.name,
            Piece::Text(text) => note(found.last_mut(), &field, &text),
            Piece::Close(_) => field.clear(),
        }
    }
    found.retain(|indexer| !indexer.id.is_empty());
    for indexer in &mut found {
        if indexer.title.trim().is_empty() {
            indexer.title.clone_from(&indexer.id);
        }
    }
    found
}

fn listed(tag: &Tag) -> Listed {
    Listed {
        id: tag.get("id").unwrap_or_default().to_owned(),
        configured: tag.get("configured").is_none_or(|yes| !yes.eq_ignore_ascii_case("false")),
        ..Listed::default()
    }
}

fn note(indexer: Option<&mut Listed>, field: &str, text: &str) {
    let Some(indexer) = indexer else { return };
    match field {
        "title" if indexer.title.len() < 200 => indexer.title.push_str(text),
        "type" if indexer.kind.len() < 40 => indexer.kind.push_str(text.trim()),
        _ => {}
    }
}
