//! Bytes to send through a swarm: clips, and random data that is the same in every run.

use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

use super::dice::Dice;
use super::tools;

/// Random bytes from a seed.
pub(crate) fn random(seed: u64, length: usize) -> Vec<u8> {
    let mut dice = Dice::new(seed);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&dice.number().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// The SHA-256 of some bytes in hex, short enough to compare in a message.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

/// A clip that `tests/media` has made.
///
/// # Panics
/// If `tests/run` has not made it.
pub(crate) fn clip(name: &str) -> Vec<u8> {
    std::fs::read(tools::clip(name)).expect("the clip can be read")
}

/// A transport stream that ffmpeg makes by a recipe, once for all runs. A changed recipe needs a new name.
///
/// # Panics
/// If ffmpeg cannot make it.
pub(crate) fn transport_stream(name: &str, recipe: &[&str]) -> Vec<u8> {
    let folder = tools::repository("target/test-media");
    let path = folder.join(format!("{name}.ts"));
    if !path.is_file() {
        std::fs::create_dir_all(&folder).expect("the build folder can be written");
        // Tests may be at the same side by side: each writes a file of its own, and the last rename wins.
        let unfinished =
            tempfile::Builder::new().suffix(".part").tempfile_in(&folder).expect("it can be written");
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg
            .args(["-nostdin", "-v", "error", "-y"])
            .args(recipe)
            .args(["-f", "mpegts"])
            .arg(unfinished.path());
        let status = ffmpeg.status().expect("ffmpeg is installed");
        assert!(status.success(), "ffmpeg has made no {name}");
        unfinished.persist(&path).expect("the build folder can be written");
    }
    std::fs::read(path).expect("it was just made")
}

/// Asserts that two long byte strings are equal, naming the first difference.
///
/// # Panics
/// If they differ.
pub(crate) fn assert_same_bytes(got: &[u8], wanted: &[u8], what: &str) {
    if got == wanted {
        return;
    }
    let common = got.iter().zip(wanted).take_while(|(a, b)| a == b).count();
    panic!("{what}: {} bytes, {} wanted, the first difference is at {common}", got.len(), wanted.len());
}

#[test]
fn random_bytes_depend_on_the_seed_alone() {
    assert_eq!(random(7, 1000), random(7, 1000));
    assert_eq!(random(7, 10), random(7, 1000)[..10]);
    assert_ne!(random(7, 1000), random(8, 1000));
}
