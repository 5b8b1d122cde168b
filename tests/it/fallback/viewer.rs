//! A viewer who reads a film to its end and measures how long nothing came.

use std::time::{Duration, Instant};

use crate::support::media;
use crate::support::server::Headwater;

/// What a viewer saw.
pub(super) struct Seen {
    /// From the request to the first byte.
    pub(super) first_byte: Duration,
    /// The longest time without a byte after the first one.
    pub(super) longest_gap: Duration,
}

/// What happens when so many bytes of the film have come.
pub(super) type Moment<'a> = (usize, &'a dyn Fn());

/// Plays `path` from its start to its end, and calls each of `moments` once, in their order.
///
/// # Panics
/// If the body ends early or holds a wrong byte.
pub(super) async fn play(server: &Headwater, path: &str, film: &[u8], moments: &[Moment<'_>]) -> Seen {
    let mut moments = moments.iter().peekable();
    let asked = Instant::now();
    let mut response = server.open(path).await;
    assert!(response.status().is_success(), "{}: {}", response.status(), server.transcript());
    let (mut seen, mut last) = (Vec::with_capacity(film.len()), asked);
    let (mut first_byte, mut longest_gap) = (None, Duration::ZERO);
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => {
                panic!("cut at {} of {}: {error:?}\n{}", seen.len(), film.len(), server.transcript())
            }
        };
        match first_byte {
            None => first_byte = Some(asked.elapsed()),
            Some(_) => longest_gap = longest_gap.max(last.elapsed()),
        }
        last = Instant::now();
        seen.extend_from_slice(&chunk);
        while let Some((_, happen)) = moments.next_if(|(at, _)| seen.len() >= *at) {
            happen();
        }
    }
    media::assert_same_bytes(&seen, film, path);
    assert!(moments.peek().is_none(), "the film was too short for everything that was to happen");
    Seen { first_byte: first_byte.expect("a film has bytes"), longest_gap }
}
