//! Signs of life of services and indexers, for the one who sets them up.

use std::net::IpAddr;
use std::time::{Duration, Instant, UNIX_EPOCH};

use serde::Serialize;

use super::problem::sentence;
use crate::discovery::{IndexerError, Probe};
use crate::http::state::App;
use crate::profile::{IndexerSettings, ServiceAccount};

/// What a test said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Said {
    /// It can be used.
    pub(super) ok: bool,
    /// One sentence for people.
    pub(super) message: String,
}

impl Said {
    fn good(message: String) -> Self {
        Self { ok: true, message }
    }

    fn bad(message: impl Into<String>) -> Self {
        Self { ok: false, message: message.into() }
    }
}

/// Asks a service whose account it is.
pub(super) async fn service(
    app: &App,
    visitor: IpAddr,
    password: Option<&str>,
    account: Option<ServiceAccount>,
) -> Said {
    if let Err(refusal) = allowed(app, visitor, password) {
        return refusal;
    }
    let Some(account) = account else { return Said::bad("Enter the token first.") };
    match app.debrid.account_of(&account).await {
        Ok(report) => {
            let until = report.until.map(|until| format!(" until {}", day(until))).unwrap_or_default();
            match report.premium {
                true => Said::good(format!("{}, paid{until}", report.user)),
                false => {
                    Said::bad(format!("{} has no paid plan, so nothing can be played from it.", report.user))
                }
            }
        }
        Err(why) => Said::bad(sentence(&why)),
    }
}

/// Asks an indexer for a small search.
pub(super) async fn indexer(
    app: &App,
    visitor: IpAddr,
    password: Option<&str>,
    settings: Option<IndexerSettings>,
) -> Said {
    if let Err(refusal) = allowed(app, visitor, password) {
        return refusal;
    }
    let Some(settings) = settings else { return Said::bad("Enter the address first.") };
    let start = Instant::now();
    // Whoever can open this page may name an address, so it is treated as a stranger's.
    match app.discovery.probe(&settings, true).await {
        Ok(probe) => Said::good(found(&probe, start.elapsed())),
        Err(IndexerError::RateLimited(_)) => Said::bad("It was asked too often; try again in a while."),
        Err(why) => Said::bad(sentence(&why)),
    }
}

/// Tests make this server ask others, so they are for those who may save.
fn allowed(app: &App, visitor: IpAddr, password: Option<&str>) -> Result<(), Said> {
    if app.access.needs_password() && password.is_none() {
        return Err(Said::bad("Enter the password of this server first, at the end of the page."));
    }
    app.access.authorize(visitor, password).map_err(|why| Said::bad(sentence(&why)))
}

fn found(probe: &Probe, took: Duration) -> String {
    let behind = match probe.indexers {
        Some(1) => " with 1 indexer".to_owned(),
        Some(count) => format!(" with {count} indexers"),
        None => String::new(),
    };
    let results =
        if probe.results == 1 { "1 result".to_owned() } else { format!("{} results", probe.results) };
    format!("{}{behind}: {results} in {} ms", probe.title, took.as_millis())
}

/// The day of a time in Unix seconds, as in `06 Nov 2030`.
fn day(seconds: u64) -> String {
    // What is further away than dates are written is as good as never.
    let most = Duration::from_secs(250_000_000_000);
    let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds).min(most));
    text.split(' ').skip(1).take(3).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_told_in_one_line() {
        let probe = |indexers, results| Probe { title: "Jackett 0.22".to_owned(), indexers, results };
        let took = Duration::from_millis(37);
        assert_eq!(found(&probe(Some(3), 12), took), "Jackett 0.22 with 3 indexers: 12 results in 37 ms");
        assert_eq!(found(&probe(None, 1), took), "Jackett 0.22: 1 result in 37 ms");
    }

    #[test]
    fn days_are_read_from_unix_time() {
        assert_eq!(day(1_920_153_600), "06 Nov 2030");
        assert_eq!(day(u64::MAX).split(' ').count(), 3);
    }
}
