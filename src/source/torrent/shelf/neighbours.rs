//! Pieces that several cache files of a torrent share, kept right in all of them.

use std::ops::Range;

use crate::cache::{CacheError, CacheFile, Layout};
use crate::domain::Metainfo;

/// How much is compared at once: a block, so that one which nobody received stays a hole.
const STEP: usize = 16 * 1024;

/// The pieces of the torrent that `file` holds.
pub(in crate::source::torrent) fn pieces(file: &CacheFile) -> Range<u32> {
    file.layout().map_or(0..0, |layout| {
        let count = u32::try_from(layout.pieces()).unwrap_or(u32::MAX);
        layout.first_piece..layout.first_piece.saturating_add(count)
    })
}

/// Whether `file` holds torrent piece `piece`.
pub(super) fn holds(file: &CacheFile, piece: u32) -> bool {
    pieces(file).contains(&piece)
}

/// Whether `file` has its part of torrent piece `piece`, be it proved or vouched for.
pub(super) fn is_final(file: &CacheFile, piece: u32) -> bool {
    let local = |layout: &Layout| piece.checked_sub(layout.first_piece).map(|local| local as usize);
    let own = file.layout().and_then(|layout| Some(layout.content_range(local(layout)?)));
    own.is_some_and(|own| file.missing_from(own.start) >= own.end)
}

/// The first and the last piece of a cache file: the ones it may share.
pub(super) fn edge_pieces(file: &CacheFile) -> Vec<u32> {
    let mut edges: Vec<u32> = pieces(file).take(1).chain(pieces(file).last()).collect();
    edges.dedup();
    edges
}

/// Whether torrent piece `piece`, which `file` holds, may also lie in the cache file of a neighbour.
pub(super) fn is_shared(file: &CacheFile, piece: u32) -> bool {
    file.layout().is_some_and(|layout| layout.is_shared((piece - layout.first_piece) as usize))
}

/// Makes shared piece `piece` of `new` equal to that of `old`, for which the engine may be fetching it; where only
/// `new` has it proved, the other way round. Blocking.
pub(super) fn join(
    metainfo: &Metainfo,
    new: &CacheFile,
    old: &CacheFile,
    piece: u32,
) -> Result<(), CacheError> {
    let (from, to) = if new.has_piece(piece) { (new, old) } else { (old, new) };
    if !to.has_piece(piece) {
        copy(metainfo, from, to, piece)?;
        if from.has_piece(piece) {
            to.prove_piece(piece)?;
        }
    }
    Ok(())
}

/// Gives piece `piece` to all of `files` that hold it, if one of them has it proved. Blocking.
pub(super) fn spread(metainfo: &Metainfo, files: &[&CacheFile], piece: u32) {
    let Some(proved) = files.iter().find(|file| file.has_piece(piece)) else { return };
    for file in files.iter().filter(|file| holds(file, piece) && !file.has_piece(piece)) {
        // The copy may fail to match where bytes without proof are kept, because they have been served.
        let copied = copy(metainfo, proved, file, piece).and_then(|()| file.prove_piece(piece));
        if let Err(error) = copied {
            tracing::warn!(content = %file.key(), piece, %error, "a shared piece cannot be copied");
        }
    }
}

/// Settles piece `piece`, which matched its hash in one of `holders`: others may hold a block that another
/// source's proof has kept from being written there, or was never written here. Blocking.
pub(super) fn settle(metainfo: &Metainfo, holders: &[&CacheFile], piece: u32) {
    for holder in holders {
        if let Err(error) = holder.prove_piece(piece) {
            tracing::warn!(content = %holder.key(), piece, %error, "a shared piece cannot be read");
        }
    }
    spread(metainfo, holders, piece);
}

/// Copies the bytes of `piece` that differ.
fn copy(metainfo: &Metainfo, from: &CacheFile, to: &CacheFile, piece: u32) -> Result<(), CacheError> {
    let piece_length = u64::from(metainfo.piece_length);
    let start = u64::from(piece) * piece_length;
    let end = (start + piece_length).min(metainfo.total_length());
    let (mut theirs, mut ours) = (vec![0; STEP], vec![0; STEP]);
    let mut offset = start;
    while offset < end {
        let length = (end - offset).min(STEP as u64) as usize;
        let (theirs, ours) = (&mut theirs[..length], &mut ours[..length]);
        from.read_torrent(offset, theirs).transpose()?;
        to.read_torrent(offset, ours).transpose()?;
        if theirs != ours {
            to.write_torrent(offset, theirs)?;
        }
        offset += length as u64;
    }
    Ok(())
}
