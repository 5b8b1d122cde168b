//! The fallback chain: an ordered list of sources.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{PrepareError, PrepareSettings};
use crate::source::{Opened, Report, Request, Source, SourceError, Wanted};

/// Longest pause between two tries of one source.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// The sources in the order in which they are asked.
#[derive(Clone)]
pub struct Chain {
    sources: Arc<[Arc<dyn Source>]>,
    settings: PrepareSettings,
}

/// What one source did for one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The source's name.
    pub source: &'static str,
    /// How long it took.
    pub took: Duration,
    /// How it ended, in words.
    pub outcome: String,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.sources.iter().map(|source| source.name())).finish()
    }
}

impl Chain {
    /// A chain that asks `sources` in this order.
    pub fn new(sources: Vec<Arc<dyn Source>>, settings: PrepareSettings) -> Self {
        Self { sources: sources.into(), settings }
    }

    /// The name of the source at `position`.
    pub(super) fn name(&self, position: usize) -> &'static str {
        self.sources[position].name()
    }

    /// Asks the sources from `position` on until one opens the content. Returns which one it was.
    /// Every answer is added to `attempts`.
    pub(super) async fn open(
        &self,
        position: usize,
        request: &Request,
        report: &Report,
        attempts: &mut Vec<Attempt>,
    ) -> Result<(usize, Opened), PrepareError> {
        for (at, source) in self.sources.iter().enumerate().skip(position) {
            let began = Instant::now();
            let result = self.try_source(source.as_ref(), request, report).await;
            let outcome = match &result {
                Ok(_) => "opened".to_owned(),
                Err(error) => error.to_string(),
            };
            tracing::info!(info_hash = %request.info_hash, source = source.name(), %outcome, "source answered");
            attempts.push(Attempt { source: source.name(), took: began.elapsed(), outcome });
            match result {
                Ok(opened) => return Ok((at, opened)),
                Err(SourceError::NotHere(_) | SourceError::Transient(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(PrepareError::Exhausted(attempts.clone()))
    }

    /// Asks one source, again and again while it fails in passing and its budget lasts.
    async fn try_source(
        &self,
        source: &dyn Source,
        request: &Request,
        report: &Report,
    ) -> Result<Opened, SourceError> {
        let deadline = Instant::now() + self.settings.source_budget;
        let mut pause = Duration::from_secs(1);
        let mut left = self.settings.retries;
        let wanted = Wanted { request: request.clone(), known: None };
        loop {
            let result = tokio::time::timeout_at(deadline, source.open(&wanted, report)).await;
            let error = match result {
                Ok(Err(SourceError::Transient(why))) => SourceError::Transient(why),
                Ok(result) => return result,
                Err(_) => {
                    let limit = self.settings.source_budget.as_secs();
                    return Err(SourceError::NotHere(format!("nothing was found within {limit} s")));
                }
            };
            if left == 0 || Instant::now() + pause >= deadline {
                return Err(error);
            }
            left -= 1;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
