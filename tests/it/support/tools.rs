//! Where the tools lie that `tests/run` installs.

use std::path::PathBuf;

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
