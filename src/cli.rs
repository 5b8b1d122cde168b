//! The command line: subcommands, and one flag for every setting.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Command};
use headwater::config::env::SETTINGS;

/// What the operator asked for.
pub(crate) struct Arguments {
    /// The subcommand.
    pub(crate) action: Action,
    /// Values of the flags that were given, by setting name.
    pub(crate) flags: BTreeMap<&'static str, String>,
}

/// The subcommands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Run the server until a signal.
    Serve,
    /// Say whether the settings and folders are in order.
    Check,
    /// Ask the running server whether it is well.
    Healthcheck,
    /// Play a bundled film through a swarm on loopback.
    Demo,
}

/// Reads the command line. The error also stands for `--help` and `--version`.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
) -> Result<Arguments, clap::Error> {
    let matches = command().try_get_matches_from(arguments)?;
    let action = match matches.subcommand_name() {
        Some("check") => Action::Check,
        Some("healthcheck") => Action::Healthcheck,
        Some("demo") => Action::Demo,
        _ => Action::Serve,
    };
    Ok(Arguments { action, flags: flags(&matches) })
}

// Built by hand and not derived, because the flags come from the one list of settings.
fn command() -> Command {
    Command::new("headwater")
        .version(env!("CARGO_PKG_VERSION"))
        .about(env!("CARGO_PKG_DESCRIPTION"))
        .after_help("Every flag can also be a variable or a key of headwater.toml; see README.md.")
        .subcommand(Command::new("serve").about("Run the server (this is the default)"))
        .subcommand(
            Command::new("check").about("Check settings and folders, and print the settings in effect"),
        )
        .subcommand(
            Command::new("healthcheck").about("Ask the running server whether it is well; for containers"),
        )
        .subcommand(
            Command::new("demo")
                .about("Play a bundled film through a swarm on this machine, without internet"),
        )
        .args(SETTINGS.iter().map(|setting| {
            Arg::new(setting.name)
                .long(setting.flag)
                .value_name("VALUE")
                .help(setting.meaning)
                .help_heading("Settings")
                .global(true)
        }))
}

fn flags(matches: &ArgMatches) -> BTreeMap<&'static str, String> {
    // Global arguments are copied up and down, but only the innermost matches hold all of them.
    let innermost = matches.subcommand().map_or(matches, |(_, inner)| inner);
    SETTINGS
        .iter()
        .filter_map(|setting| Some((setting.name, innermost.get_one::<String>(setting.name)?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Arguments {
        parse(words.iter().map(std::ffi::OsString::from)).unwrap()
    }

    #[test]
    fn serving_is_the_default() {
        assert_eq!(parsed(&["headwater"]).action, Action::Serve);
        assert_eq!(parsed(&["headwater", "serve"]).action, Action::Serve);
        assert_eq!(parsed(&["headwater", "check"]).action, Action::Check);
    }

    #[test]
    fn flags_stand_before_and_after_the_subcommand() {
        for words in [["headwater", "--p2p-port", "1", "check"], ["headwater", "check", "--p2p-port", "1"]] {
            assert_eq!(parsed(&words).flags.get("HEADWATER_P2P_PORT").map(String::as_str), Some("1"));
        }
    }

    #[test]
    fn unknown_words_are_refused() {
        assert!(parse(["headwater", "--nonsense"].map(std::ffi::OsString::from)).is_err());
        assert!(parse(["headwater", "nonsense"].map(std::ffi::OsString::from)).is_err());
    }
}
