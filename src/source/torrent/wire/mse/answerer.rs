//! The side that is dialled, for the tests of the one that dials. It is written from the specification alone, and may
//! be told to break it.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};

use super::cipher::{Cipher, sha1};
use super::exchange::{KEY, Private};
use super::{RC4, Veil};
use crate::source::torrent::wire::Handshake;

/// How it answers.
#[derive(Debug, Clone)]
pub(in crate::source::torrent) struct Answerer {
    pub(in crate::source::torrent) info_hash: [u8; 20],
    pub(in crate::source::torrent) exponent: [u8; 20],
    pub(in crate::source::torrent) first_pad: Vec<u8>,
    /// The kind of encryption.
    pub(in crate::source::torrent) chosen: u32,
    pub(in crate::source::torrent) last_pad: Vec<u8>,
}

/// What the side that dials has said until its first words were over.
pub(in crate::source::torrent) struct Heard {
    /// The kinds of encryption that it offers.
    pub(in crate::source::torrent) offered: u32,
    pub(in crate::source::torrent) words: Vec<u8>,
    /// What is answered.
    pub(in crate::source::torrent) reply: Vec<u8>,
    /// How what follows is spoken: `ours` is what the answerer says.
    pub(in crate::source::torrent) veil: Option<Veil>,
}

impl Answerer {
    pub(in crate::source::torrent) fn new(info_hash: [u8; 20]) -> Self {
        let (first_pad, last_pad) = (vec![9; 100], vec![8; 30]);
        Self { info_hash, exponent: [5; 20], first_pad, chosen: RC4, last_pad }
    }

    /// Its public key and first pad.
    pub(in crate::source::torrent) fn hello(&self) -> Vec<u8> {
        [Private::new(&self.exponent).public().as_slice(), &self.first_pad].concat()
    }

    /// Understands all that was said, which is taken from `said`; `None` if it is not complete.
    pub(in crate::source::torrent) fn hear(&self, said: &mut BytesMut) -> Option<Heard> {
        let shared = Private::new(&self.exponent).shared(said.first_chunk::<KEY>()?)?;
        let mark = sha1(&[b"req1", &shared]);
        let from = said.windows(20).position(|window| *window == mark)? + 20;
        let mask = sha1(&[b"req3", &shared]);
        let named: Vec<u8> = said.get(from..from + 20)?.iter().zip(mask).map(|(a, b)| a ^ b).collect();
        assert_eq!(named, sha1(&[b"req2", &self.info_hash]), "it speaks about this torrent");
        let mut theirs = Cipher::new("keyA", &shared, &self.info_hash);
        let mut clear = BytesMut::from(&said[from + 20..]);
        theirs.apply(&mut clear);
        let (whole, offered) = (clear.len(), take(&mut clear, 12)?);
        assert_eq!(offered[..8], [0; 8]);
        let pad = usize::from(clear.try_get_u16().ok()?);
        take(&mut clear, pad)?;
        let length = usize::from(clear.try_get_u16().ok()?);
        let words = take(&mut clear, length)?.to_vec();
        assert!(pad <= 512 && from <= KEY + 512 + 20);
        assert!(words.len() <= Handshake::LENGTH, "libtorrent refuses more than a handshake");
        // The cipher has gone over what followed, which is not encrypted or has to be read with its later state.
        let mut theirs = Cipher::new("keyA", &shared, &self.info_hash);
        theirs.apply(&mut vec![0; whole - clear.len()]);
        said.advance(from + 20 + whole - clear.len());
        let mut ours = Cipher::new("keyB", &shared, &self.info_hash);
        let length = u16::try_from(self.last_pad.len()).unwrap().to_be_bytes();
        let mut reply = [[0; 8].as_slice(), &self.chosen.to_be_bytes(), &length, &self.last_pad].concat();
        ours.apply(&mut reply);
        let veil = (self.chosen == RC4).then_some(Veil { ours, theirs });
        Some(Heard { offered: (&offered[8..]).get_u32(), words, reply, veil })
    }

    /// Agrees with whoever is at the other end of `stream`, and talks to it as if nothing were encrypted.
    pub(in crate::source::torrent) async fn serve<S, T>(
        self,
        mut stream: S,
        talk: impl FnOnce(DuplexStream) -> T,
    ) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
        T: Future,
    {
        let mut said = BytesMut::new();
        while said.len() < KEY {
            at_least_one(stream.read_buf(&mut said).await?)?;
        }
        stream.write_all(&self.hello()).await?;
        let heard = loop {
            match self.hear(&mut said) {
                Some(heard) => break heard,
                None => at_least_one(stream.read_buf(&mut said).await?)?,
            }
        };
        stream.write_all(&heard.reply).await?;
        let (near, far) = duplex(64 * 1024);
        let (ours, mut theirs) = heard.veil.map(|veil| (veil.ours, veil.theirs)).unzip();
        if let Some(cipher) = &mut theirs {
            cipher.apply(&mut said);
        }
        let (mut from_near, mut to_near) = tokio::io::split(near);
        to_near.write_all(&[heard.words.as_slice(), &said].concat()).await?;
        let (reading, writing) = tokio::io::split(stream);
        tokio::select! {
            _ = talk(far) => Ok(()),
            end = pump(reading, to_near, theirs) => end,
            end = pump(&mut from_near, writing, ours) => end,
        }
    }
}

fn at_least_one(read: usize) -> io::Result<()> {
    if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut cipher: Option<Cipher>,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes).await?;
        at_least_one(read)?;
        if let Some(cipher) = &mut cipher {
            cipher.apply(&mut bytes[..read]);
        }
        to.write_all(&bytes[..read]).await?;
    }
}

fn take(bytes: &mut BytesMut, length: usize) -> Option<BytesMut> {
    (bytes.len() >= length).then(|| bytes.split_to(length))
}
