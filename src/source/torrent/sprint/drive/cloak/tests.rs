//! Agreeing with another side that is slow, breaks off, or would rather not encrypt.

use std::time::Duration;

use tokio::io::{DuplexStream, duplex};
use tokio::time::timeout;

use super::*;
use crate::source::torrent::wire::mse::answerer::Answerer;

const INFO_HASH: [u8; 20] = [7; 20];
/// A handshake, and more.
const WORDS: &[u8] = &[6; Handshake::LENGTH + 20];
const GREETING: &[u8] = b"a greeting";

/// Says this, `cut` bytes at a time.
async fn say(stream: &mut DuplexStream, bytes: &[u8], cut: usize) -> io::Result<()> {
    for part in bytes.chunks(cut) {
        stream.write_all(part).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Answers until so many bytes have gone out, and closes the connection.
async fn answer(answerer: &Answerer, mut stream: DuplexStream, most: usize, cut: usize) -> io::Result<()> {
    let hello = answerer.hello();
    say(&mut stream, &hello[..hello.len().min(most)], cut).await?;
    if most <= hello.len() {
        return Ok(());
    }
    let mut said = BytesMut::new();
    let mut heard = loop {
        if stream.read_buf(&mut said).await? == 0 {
            return Ok(());
        }
        if let Some(heard) = answerer.hear(&mut said) {
            break heard;
        }
    };
    assert_eq!((heard.words.as_slice(), said.len()), (&WORDS[..Handshake::LENGTH], 0), "no more is said yet");
    let mut greeting = GREETING.to_vec();
    if let Some(veil) = &mut heard.veil {
        veil.ours.apply(&mut greeting);
    }
    let rest = [heard.reply, greeting].concat();
    say(&mut stream, &rest[..rest.len().min(most - hello.len())], cut).await?;
    if most < usize::MAX {
        return Ok(());
    }
    let mut more = [0; WORDS.len() - Handshake::LENGTH];
    stream.read_exact(&mut more).await?;
    if let Some(veil) = &mut heard.veil {
        veil.theirs.apply(&mut more);
    }
    assert_eq!(more, WORDS[Handshake::LENGTH..], "the rest arrives");
    Ok(())
}

/// What comes of it if the other side answers with at most so many bytes: the greeting, as it was understood, and
/// whether it was encrypted.
async fn agreed(answerer: &Answerer, most: usize, cut: usize) -> io::Result<(Vec<u8>, bool)> {
    let (mut near, far) = duplex(64 * 1024);
    let dialling = async {
        let mut heard = BytesMut::new();
        let veil = agree(&mut near, &INFO_HASH, WORDS, &mut heard).await?;
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await?;
        let is_veiled = veil.is_some();
        if let Some(mut veil) = veil {
            veil.theirs.apply(&mut rest);
        }
        Ok(([&heard[..], &rest].concat(), is_veiled))
    };
    let both = async { tokio::join!(dialling, answer(answerer, far, most, cut)) };
    let (agreed, answered) = timeout(Duration::from_secs(20), both).await.expect("neither waits for ever");
    assert!(agreed.is_err() || answered.is_ok(), "{answered:?}");
    agreed
}

#[tokio::test]
async fn both_sides_agree_however_it_is_cut_and_the_first_words_arrive() {
    for (chosen, is_veiled) in [(2, true), (1, false)] {
        let answerer = Answerer { chosen, ..Answerer::new(INFO_HASH) };
        for cut in [1, 2, 7, 95, 96, 97, 1000] {
            let (greeting, veiled) = agreed(&answerer, usize::MAX, cut).await.unwrap();
            assert_eq!((greeting.as_slice(), veiled), (GREETING, is_veiled), "{cut} bytes at a time");
        }
    }
}

#[tokio::test]
async fn whoever_breaks_off_before_it_has_chosen_has_not_agreed() {
    let answerer = Answerer { first_pad: vec![1; 3], last_pad: vec![2; 3], ..Answerer::new(INFO_HASH) };
    let whole = 96 + 3 + 8 + 4 + 2 + 3;
    for most in 0..whole {
        let error = agreed(&answerer, most, 1000).await.unwrap_err().kind();
        assert!(
            matches!(error, io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe),
            "{error} after {most}"
        );
    }
}

#[tokio::test]
async fn whoever_follows_another_protocol_is_not_listened_to_for_long() {
    let (mut near, mut far) = duplex(64 * 1024);
    let (mut heard, chatter) = (BytesMut::new(), vec![b'a'; 10_000]);
    far.write_all(&chatter).await.unwrap();
    let refused = agree(&mut near, &INFO_HASH, WORDS, &mut heard).await;
    assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::Other);
}
