//! Measures that are taken as things happen. Everything else is read from its room when somebody asks.

use std::time::Duration;

use prometheus_client::metrics::histogram::Histogram;

/// Bounds in seconds. Players begin to give up after some ten; swarms may take half a minute.
const BOUNDS: [f64; 12] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0];

/// How long something took, as a histogram in seconds. Clones share what they count.
#[derive(Debug, Clone)]
pub struct Durations(Histogram);

impl Default for Durations {
    fn default() -> Self {
        Self(Histogram::new(BOUNDS))
    }
}

impl Durations {
    /// Counts one.
    pub fn observe(&self, time: Duration) {
        self.0.observe(time.as_secs_f64());
    }

    /// What was counted, for a scrape.
    pub fn histogram(&self) -> Histogram {
        self.0.clone()
    }
}
