//! A peer with bad manners, scripted: it refuses the first connections, and lets others wait choked.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::rig::Seed;

/// What the peer does before it serves.
#[derive(Clone, Copy)]
pub(super) struct Manners {
    /// Connections that are closed in the middle of the handshake.
    pub(super) refused: usize,
    /// Silence between `interested` and `unchoke`.
    pub(super) choked: Duration,
}

/// Starts a peer that has all of `seed`, whose pieces are `piece_length` bytes. It ends with the runtime.
#[expect(clippy::disallowed_methods, reason = "the peer ends with the runtime of its test")]
pub(super) async fn start(seed: &Seed, piece_length: usize, manners: Manners) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (info_hash, data) = (*seed.seeder.info_hash().as_bytes(), seed.files.concat());
    tokio::spawn(async move {
        let mut connections = 0;
        while let Ok((peer, _)) = listener.accept().await {
            connections += 1;
            if connections > manners.refused {
                let data = data.clone();
                tokio::spawn(
                    async move { serve(peer, info_hash, &data, piece_length, manners.choked).await },
                );
            }
        }
    });
    addr
}

async fn serve(
    mut peer: TcpStream,
    info_hash: [u8; 20],
    data: &[u8],
    piece_length: usize,
    choked: Duration,
) -> std::io::Result<()> {
    let mut hello = [0; 68];
    peer.read_exact(&mut hello).await?;
    peer.write_all(
        &[b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0".as_slice(), &info_hash, b"-XX0001-scriptedpeer"]
            .concat(),
    )
    .await?;
    let pieces = data.len().div_ceil(piece_length);
    let mut bitfield = vec![0_u8; pieces.div_ceil(8)];
    (0..pieces).for_each(|piece| bitfield[piece / 8] |= 0x80 >> (piece % 8));
    say(&mut peer, 5, &[&bitfield]).await?;
    loop {
        let length = peer.read_u32().await? as usize;
        let mut message = vec![0; length];
        peer.read_exact(&mut message).await?;
        match message.first() {
            Some(2) => {
                // The silence is what is tested; there is nothing to wait for.
                tokio::time::sleep(choked).await;
                say(&mut peer, 1, &[]).await?;
            }
            Some(6) => {
                let field = |at: usize| u32::from_be_bytes(message[at..at + 4].try_into().unwrap()) as usize;
                let start = field(1) * piece_length + field(5);
                say(&mut peer, 7, &[&message[1..9], &data[start..start + field(9)]]).await?;
            }
            _ => {}
        }
    }
}

async fn say(peer: &mut TcpStream, id: u8, parts: &[&[u8]]) -> std::io::Result<()> {
    let body = parts.concat();
    let length = (body.len() as u32 + 1).to_be_bytes();
    peer.write_all(&[length.as_slice(), &[id], &body].concat()).await
}
