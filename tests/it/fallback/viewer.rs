//! A viewer who reads a film to its end and measures how long nothing came.

use std::time::{Duration, Instant};

use crate::support::media;
use crate::support::server::Headwater;

/// What a viewer saw.
pub(super) struct Seen {
    /// The longest time without a byte after the first one.
    pub(super) longest_gap: Duration,
}

/// Plays `path` from its start to its end, and calls `at` once when that many bytes have come.
///
/// # Panics
/// If the body ends early or holds a wrong byte.
pub(super) async fn play(
    server: &Headwater,
    path: &str,
    film: &[u8],
    at: usize,
    strike: impl FnOnce(),
) -> Seen {
    let mut strike = Some(strike);
    if at == 0
        && let Some(strike) = strike.take()
    {
        strike();
    }
    let mut response = server.open(path).await;
    assert!(response.status().is_success(), "{}: {}", response.status(), server.transcript());
    let (mut seen, mut last, mut longest_gap) =
        (Vec::with_capacity(film.len()), Instant::now(), Duration::ZERO);
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => {
                panic!("cut at {} of {}: {error:?}\n{}", seen.len(), film.len(), server.transcript())
            }
        };
        if !seen.is_empty() {
            longest_gap = longest_gap.max(last.elapsed());
        }
        last = Instant::now();
        seen.extend_from_slice(&chunk);
        if seen.len() >= at
            && let Some(strike) = strike.take()
        {
            strike();
        }
    }
    media::assert_same_bytes(&seen, film, path);
    assert!(strike.is_none(), "the film was too short for the strike");
    Seen { longest_gap }
}
