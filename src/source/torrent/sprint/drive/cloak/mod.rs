//! Agreeing with a peer on encryption before anything else is said.

use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::source::torrent::wire::mse::{Chance, Offer, Progress, Veil};

/// Agrees with the other side of a connection, and says our first `words` about this torrent meanwhile. What it says at
/// once is left in `heard`, decrypted; `None` if nothing after that is encrypted. It does not look at the time.
///
/// # Errors
/// The other side does not agree, or the connection ends.
pub(super) async fn agree<S>(
    stream: &mut S,
    info_hash: &[u8; 20],
    words: &[u8],
    heard: &mut BytesMut,
) -> io::Result<Option<Veil>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (offer, hello) = Offer::new(Chance::draw().map_err(io::Error::other)?);
    stream.write_all(&hello).await?;
    let mut key = [0; Offer::KEY];
    stream.read_exact(&mut key).await?;
    let (mut agreement, answer) = offer.answer(&key, info_hash, words).map_err(io::Error::other)?;
    stream.write_all(&answer).await?;
    loop {
        match agreement.read(heard).map_err(io::Error::other)? {
            Progress::Agreed(veil) => return Ok(veil),
            Progress::Waiting(waiting) => agreement = waiting,
        }
        if stream.read_buf(heard).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

#[cfg(test)]
mod tests;
