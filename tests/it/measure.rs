//! The measurement of `benches/measure`: its table, targets, charts and records, by results of our own making.

use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::support::process::{Finished, run};
use crate::support::tools::{python, repository};

/// A start of Python and arithmetic, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs Python in the folder of the measurement, where nothing is written.
fn measure(arguments: &[&str]) -> Finished {
    let mut command = Command::new(python());
    command.current_dir(repository("benches/measure")).env("PYTHONDONTWRITEBYTECODE", "1").args(arguments);
    run("benches/measure", command, PATIENCE)
}

#[test]
fn its_own_tests_pass() {
    let finished = measure(&["-m", "unittest", "discover", "tests"]);
    assert_eq!(finished.code(), Some(0), "{}", finished.story());
    // A folder without tests would pass as well.
    assert!(finished.stderr.contains("Ran ") && !finished.stderr.contains("Ran 0 "), "{}", finished.story());
}

#[test]
fn results_are_printed_and_drawn_again() {
    let folder = TempDir::new().unwrap();
    let (results, charts) = (folder.path().join("results.json"), folder.path().join("charts"));
    let row = |server: &str, run: u32, first_byte: u32| {
        json!({
            "server": server, "profile": "metro", "run": run, "ok": true, "ttfb_ms": first_byte,
            "t_4MiB_ms": first_byte * 2, "tail_64k_ms": first_byte, "seek_ms": [first_byte, first_byte, first_byte],
            "sustained_mib_s": 10, "peak_rss_mb": 50, "net_rx_mib": 100, "stored_mib": 96, "bytes": 1 << 20,
        })
    };
    let rows: Vec<_> =
        (1..=5).flat_map(|run| [row("headwater", run, 100), row("peerflix", run, 400)]).collect();
    let text = json!({ "schema": 1, "peers": {}, "rows": rows, "warm": null });
    std::fs::write(&results, text.to_string()).unwrap();
    let [results, folder] = [&results, &charts].map(|path| path.display().to_string());
    let finished = measure(&[".", "--table", &results, "--charts", &folder]);
    assert_eq!(finished.code(), Some(0), "{}", finished.story());
    assert!(finished.stdout.contains("0.25 [0.25 to 0.25] peerflix ✓"), "{}", finished.story());
    let drawn = std::fs::read_to_string(charts.join("first-byte.svg")).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("peerflix: 400 ms"), "{drawn}");
}

#[test]
fn a_lab_that_is_not_there_is_told_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let (lab, out) = (folder.path().join("lab").display().to_string(), folder.path().join("out"));
    let out = out.display().to_string();
    let finished = measure(&[
        ".",
        "--lab",
        &lab,
        "--skip",
        "warm",
        "--headwater",
        env!("CARGO_BIN_EXE_headwater"),
        "--out",
        &out,
    ]);
    assert_eq!(finished.code(), Some(1), "{}", finished.story());
    assert!(finished.stderr.contains("--lab names the folder of the streaming lab"), "{}", finished.story());
}
