//! REDbot, which knows the HTTP specifications better than any table of ours, looks at a media URL.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::media;
use crate::support::process::run;
use crate::support::server::Headwater;
use crate::support::swarm::Seeded;
use crate::support::tools;

#[tokio::test(flavor = "multi_thread")]
async fn redbot_finds_nothing_wrong_with_a_media_url() {
    let swarm = Seeded::start("faststart.mp4", media::clip("faststart.mp4"), None);
    let server = Headwater::start();
    let path = Headwater::proxy(&swarm.share, 0);
    // The whole file first: REDbot gives up on slow answers, and a cold start is no subject of its checks.
    assert_eq!(server.get(&path).await.status, 200);

    let mut command = Command::new(tools::python_program("redbot"));
    command.args(["-o", "har", &server.url(&path)]);
    let finished = tokio::task::spawn_blocking(move || run("redbot", command, Duration::from_secs(60)));
    let finished = finished.await.expect("the process runner does not panic");
    let report: Value =
        serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{}", finished.story()));
    let notes = notes(&report);
    assert!(notes.iter().any(|note| note.0 == "RANGE_CORRECT"), "ranges were not checked: {notes:?}");
    assert!(notes.iter().any(|note| note.0 == "INM_304"), "validators were not checked: {notes:?}");
    // It says so of every video, from every server: its sniffer knows no film, and finds "undefined/undefined".
    let mistaken = |note: &&(String, String)| note.0 == "CONTENT_TYPE_MISMATCH";
    let complaints = notes.iter().filter(|note| note.1 == "BAD" || note.1 == "WARN");
    let wrong: Vec<_> = complaints.filter(|note| !mistaken(note)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Name and level of every note in a report.
fn notes(report: &Value) -> Vec<(String, String)> {
    let entries = report["log"]["entries"].as_array().into_iter().flatten();
    let notes = entries.flat_map(|entry| entry["_red_messages"].as_array().into_iter().flatten());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    notes.map(|note| (text(&note["note_id"]), text(&note["level"]))).collect()
}
