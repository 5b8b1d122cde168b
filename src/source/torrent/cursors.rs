//! The engine's streams as cursors: nobody reads from them.

use std::io::SeekFrom;

use tokio::io::{AsyncSeek, AsyncSeekExt};

use super::engine::Engine;

/// The engine's streams of one file. They are never read from: each only tells the engine, by its
/// position, what to fetch first.
#[derive(Default)]
pub(super) struct Cursors {
    engine: Option<Engine>,
    open: Vec<Cursor>,
}

struct Cursor {
    at: u64,
    stream: Box<dyn AsyncSeek + Send + Unpin>,
}

impl Cursors {
    /// Moves, opens and drops cursors until they stand at `offsets`.
    pub(super) async fn follow(&mut self, engine: Option<&Engine>, file: usize, offsets: &[u64]) {
        let Some(engine) = engine else { return self.open.clear() };
        if self.engine.as_ref().is_none_or(|known| !known.is(engine)) {
            self.open.clear();
            self.engine = Some(engine.clone());
        }
        // Cursors that stand right stay, so that a reader's window is never away for a moment.
        let (mut kept, mut spare): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.open).into_iter().partition(|cursor| offsets.contains(&cursor.at));
        for offset in offsets {
            if kept.iter().any(|cursor| cursor.at == *offset) {
                continue;
            }
            let stream = match spare.pop() {
                Some(cursor) => Some(cursor.stream),
                None => open(engine, file).await,
            };
            let Some(mut stream) = stream else { continue };
            if stream.seek(SeekFrom::Start(*offset)).await.is_ok() {
                kept.push(Cursor { at: *offset, stream });
            }
        }
        self.open = kept;
    }
}

async fn open(engine: &Engine, file: usize) -> Option<Box<dyn AsyncSeek + Send + Unpin>> {
    match engine.torrent().clone().stream(file).await {
        Ok(stream) => Some(Box::new(stream)),
        Err(error) => {
            // The torrent has failed or is being deleted; the health check or the guard deals with it.
            tracing::debug!(error = %format!("{error:#}"), "no cursor");
            None
        }
    }
}
