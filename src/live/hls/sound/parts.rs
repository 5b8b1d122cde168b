//! A segment as pictures and sound, each for itself, kept beside it.

use std::sync::Arc;

use bytes::Bytes;

use crate::live::hls::body::Body;
use crate::live::hls::playlist::Rendition;
use crate::live::hls::shelf::Shelf;
use crate::live::hls::window::Number;
use crate::live::ts;

/// Keeps the converted sound of a segment.
pub(super) async fn keep_sound(shelf: &Arc<Shelf>, number: Number, sound: Bytes) {
    let keeping = {
        let shelf = Arc::clone(shelf);
        tokio::task::spawn_blocking(move || keep(&shelf, number, Rendition::Sound, sound))
    };
    if let Err(error) = keeping.await {
        tracing::warn!(%error, "converted sound could not be kept");
    }
    shelf.has_changed();
}

/// A segment without the sound that was broadcast: players that are told of sound elsewhere may take the one beside the
/// pictures, too. Made when it is first asked for. `None` if the segment has left.
pub(in crate::live::hls) async fn pictures(shelf: &Arc<Shelf>, number: Number) -> Option<Body> {
    if let Some(made) = shelf.window().body(number, Rendition::Pictures) {
        return Some(made.clone());
    }
    let shelf = Arc::clone(shelf);
    let making = tokio::task::spawn_blocking(move || {
        let whole = shelf.window().body(number, Rendition::Whole).cloned()?;
        match whole.read_all() {
            Ok(bytes) => keep(&shelf, number, Rendition::Pictures, ts::without_audio(&bytes).into()),
            // Whoever asks for it learns that it cannot be read.
            Err(_) => Some(whole),
        }
    });
    making.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the pictures of a segment could not be taken out");
        None
    })
}

/// Keeps a part, unless somebody else was faster; what is kept comes back.
fn keep(shelf: &Shelf, number: Number, rendition: Rendition, bytes: Bytes) -> Option<Body> {
    let body = shelf.disk.store(shelf.part_file(number, rendition), vec![bytes]);
    let superfluous = shelf.window().add_part(number, rendition, body);
    // A file is deleted here.
    drop(superfluous);
    shelf.window().body(number, rendition).cloned()
}
