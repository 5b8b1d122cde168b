//! How lists of durations are told.

use std::time::Duration;

/// Milliseconds of a duration.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Half of them are shorter than the first figure, nearly all shorter than the second.
pub(crate) fn quantiles(taken: &mut [Duration]) -> String {
    taken.sort_unstable();
    let at = |part: f64| milliseconds(taken[((taken.len() - 1) as f64 * part).round() as usize]);
    format!("p50 {:8.3} ms, p99 {:8.3} ms, longest {:8.3} ms", at(0.5), at(0.99), at(1.0))
}
