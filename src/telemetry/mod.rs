//! Logs: where they go and which are kept. Measures: how long things take, and what series are called.

mod measures;
pub mod names;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

pub use measures::Durations;

use crate::config::LogConfig;

/// Starts logging to standard error, so that standard output keeps the links. `talkative` limits a library that
/// says too much, in the form of a filter; what the operator says of the same target wins. The first call wins; a
/// later one changes nothing, because a process has one log.
pub fn start(config: &LogConfig, talkative: &str) {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(&config.filter, talkative))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .finish();
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        tracing::debug!("logging was already started");
    }
}

fn filter(wanted: &str, talkative: &str) -> EnvFilter {
    // The filter was parsed when the settings were read, so the lossy form loses nothing here.
    let parse = |text: &str| EnvFilter::builder().parse_lossy(text);
    let filter = parse(wanted);
    // Whoever wants silence, or errors alone, has less than the limit already.
    match filter.max_level_hint() {
        Some(level) if level <= LevelFilter::ERROR => filter,
        _ => parse(&format!("{talkative},{wanted}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_talkative_library_is_limited_unless_the_operator_names_it_or_wants_less() {
        let text = |wanted| filter(wanted, "engine=error").to_string();
        assert_eq!(text("info"), "engine=error,info");
        assert_eq!(text("info,engine=debug"), "engine=debug,info");
        assert_eq!(text("off"), "off");
        assert_eq!(text("error"), "error");
    }
}
