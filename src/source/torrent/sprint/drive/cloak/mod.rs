//! Agreeing with a peer on encryption before anything else is said.

use std::io;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::source::torrent::wire::Handshake;
use crate::source::torrent::wire::mse::{Agreement, Chance, Offer, Progress, Veil};

/// Agrees with the other side of a connection, and says our first `words` about this torrent: the handshake meanwhile,
/// what follows it as soon as it is known how. What the other side says at once is left in `heard`, decrypted; `None` if
/// nothing is encrypted from then on. It does not look at the time.
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
    // libtorrent takes nothing but a handshake before it has chosen.
    let (handshake, rest) = words.split_at(words.len().min(Handshake::LENGTH));
    let (offer, hello) = Offer::new(Chance::draw().map_err(io::Error::other)?);
    stream.write_all(&hello).await?;
    let mut key = [0; Offer::KEY];
    stream.read_exact(&mut key).await?;
    let (agreement, answer) = offer.answer(&key, info_hash, handshake).map_err(io::Error::other)?;
    stream.write_all(&answer).await?;
    let mut veil = choice(stream, agreement, heard).await?;
    let mut rest = rest.to_vec();
    if let Some(veil) = &mut veil {
        veil.ours.apply(&mut rest);
    }
    stream.write_all(&rest).await?;
    Ok(veil)
}

/// What the other side chooses.
async fn choice<S>(stream: &mut S, mut agreement: Agreement, heard: &mut BytesMut) -> io::Result<Option<Veil>>
where
    S: AsyncRead + Unpin,
{
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
