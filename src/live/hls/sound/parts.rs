//! A segment as pictures and sound, each for itself.

use std::sync::Arc;

use bytes::Bytes;

use crate::live::hls::playlist::Rendition;
use crate::live::hls::shelf::Shelf;
use crate::live::hls::window::{Number, Parted};
use crate::live::ts;

/// Keeps the converted sound of a segment, and its pictures without the sound that was broadcast: players that are told
/// of sound elsewhere may take the one beside the pictures too.
pub(super) async fn keep(shelf: &Arc<Shelf>, number: Number, sound: Bytes) {
    let keeping = {
        let shelf = Arc::clone(shelf);
        tokio::task::spawn_blocking(move || part(&shelf, number, sound))
    };
    if let Err(error) = keeping.await {
        tracing::warn!(%error, "converted sound could not be kept");
    }
    shelf.has_changed();
}

fn part(shelf: &Shelf, number: Number, sound: Bytes) {
    let Some(whole) = shelf.window().body(number, Rendition::Whole).cloned() else { return };
    let pictures = match whole.read_all() {
        Ok(bytes) => {
            let bytes = ts::without_audio(&bytes).into();
            shelf.disk.store(shelf.file(number, Rendition::Pictures), vec![bytes])
        }
        // Whoever asks for it learns that it cannot be read.
        Err(_) => whole,
    };
    let sound = shelf.disk.store(shelf.file(number, Rendition::Sound), vec![sound]);
    shelf.window().add_parted(number, Parted { pictures, sound });
}
