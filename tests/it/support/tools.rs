//! Where the tools lie that `tests/run` installs.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::process::run;

/// How long a script may take, the start of a browser on a busy machine included.
const PATIENCE: Duration = Duration::from_secs(180);

/// A path inside the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file of the test sources.
///
/// # Panics
/// If there is none: a typing mistake in a test.
pub(crate) fn test_source(path: &str) -> PathBuf {
    let path = repository("tests/it").join(path);
    assert!(path.is_file(), "{} does not exist", path.display());
    path
}

/// What a script of the test sources prints, as JSON. Blocks until it ends.
///
/// # Panics
/// If it fails.
pub(crate) fn node(script: &str, arguments: &[&str]) -> Value {
    let mut command = Command::new("node");
    command.arg(test_source(script)).args(arguments);
    let finished = run(script, command, PATIENCE);
    assert_eq!(finished.code(), Some(0), "{script}: {}", finished.story());
    serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{script}: {}", finished.story()))
}

/// The Python that has libtorrent, REDbot and requests.
///
/// # Panics
/// If `tests/run` has not installed it.
pub(crate) fn python() -> PathBuf {
    installed("target/test-tools/venv/bin/python")
}

/// A program that pip put beside [`python`].
///
/// # Panics
/// If `tests/run` has not installed it.
pub(crate) fn python_program(name: &str) -> PathBuf {
    installed(&format!("target/test-tools/venv/bin/{name}"))
}

/// One of the clips that `tests/media` makes.
///
/// # Panics
/// If `tests/run` has not made it.
pub(crate) fn clip(name: &str) -> PathBuf {
    installed(&format!("target/test-media/{name}"))
}

fn installed(path: &str) -> PathBuf {
    let path = repository(path);
    assert!(path.exists(), "{} is missing: run `tests/run` once, it installs and makes it", path.display());
    path
}
