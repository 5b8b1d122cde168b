//! `<caps>`: what a server can do.

use super::pieces::{Piece, Pieces, Tag};
use crate::discovery::indexers::torznab::caps::{Caps, Mode};

/// Jackett's longest list has some 400 categories.
const MOST_CATEGORIES: usize = 2_000;

/// Reads from behind the opening tag to the closing one.
pub(super) fn read(pieces: &mut Pieces<'_>) -> Caps {
    let mut caps = Caps::default();
    for piece in pieces {
        match piece {
            Piece::Open(tag) => note(&mut caps, &tag),
            Piece::Close(name) if name == "caps" => break,
            Piece::Close(_) | Piece::Text(_) => {}
        }
    }
    caps
}

fn note(caps: &mut Caps, tag: &Tag) {
    match tag.name.as_str() {
        "server" => caps.title = tag.get("title").map(str::to_owned),
        "limits" => caps.most_results = tag.get("max").and_then(|max| max.parse().ok()),
        "search" => caps.search = mode(tag),
        "tv-search" => caps.tv = mode(tag),
        "movie-search" => caps.movie = mode(tag),
        "category" | "subcat" if caps.categories.len() < MOST_CATEGORIES => {
            caps.categories.extend(tag.get("id").and_then(|id| id.parse::<u32>().ok()));
        }
        _ => {}
    }
}

fn mode(tag: &Tag) -> Mode {
    let available = tag.get("available").is_some_and(|yes| yes.eq_ignore_ascii_case("yes"));
    // Servers of the first days did not say; a text is what all of them take.
    let params = tag.get("supportedparams").unwrap_or("q");
    let raw = tag.get("searchengine").is_some_and(|engine| engine.eq_ignore_ascii_case("raw"));
    Mode::new(available, params.split(','), raw)
}
