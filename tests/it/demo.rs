//! `headwater demo`: the whole path on this machine, seen by real clients.

use crate::addon::official_clients::ask;
use crate::support::player;
use crate::support::server::{Headwater, Setup};

/// Seconds of the bundled clips.
const LENGTH: f64 = 24.0;

/// The link to the clip with this ending, as the demo prints it.
fn link(demo: &Headwater, kind: &str) -> String {
    let line = demo.prints(|line| line.contains(kind) && line.contains("http://"));
    let start = line.find("http://").expect("the line was chosen because it has one");
    line[start..].trim().to_owned()
}

#[test]
fn the_bundled_film_plays_and_seeks_in_chromium_and_mpv() {
    let demo = Setup::new().demo().start();
    let seen = player::chromium_plays(&link(&demo, "(MP4)"), 12.0);
    assert!(seen["seeked"].as_f64().is_some_and(|position| position >= 12.0), "{seen}");
    for kind in ["(MP4)", "(MKV)"] {
        let reached = player::mpv_plays_from(&link(&demo, kind), 50, 5);
        assert!((16.0..=18.5).contains(&reached), "{kind}: {reached}");
    }
}

#[test]
fn the_official_client_installs_it_and_the_stream_it_finds_plays() {
    let demo = Setup::new().demo().start();
    let seen = ask("addon/walk.mjs", &demo.url("/manifest.json"));
    let titles = seen["titles"].as_array().unwrap_or_else(|| panic!("{seen}"));
    assert_eq!(titles.len(), 2, "{seen}");
    for title in titles {
        let url = title["streams"][0]["url"].as_str().unwrap_or_else(|| panic!("{title}"));
        assert!(url.contains("/play/"), "{url}");
        let duration = player::ffprobe_duration(url);
        assert!((duration - LENGTH).abs() < 0.5, "{duration}");
        assert!(player::ffmpeg_seeks(url, 18.0, 2.0) > 0, "{url}");
    }
}

#[test]
fn it_leaves_nothing_behind() {
    let mut demo = Setup::new().demo().start();
    let folder = || {
        let entries = std::fs::read_dir(demo.setup().home()).expect("the home is there");
        entries.filter_map(Result::ok).any(|entry| entry.file_name().to_string_lossy().contains("demo"))
    };
    assert!(folder(), "its folder is made where TMPDIR says");
    let home = demo.setup().home().to_owned();
    demo.terminate();
    demo.stopped();
    let left: Vec<_> = std::fs::read_dir(home).expect("the home is there").collect();
    assert!(left.is_empty(), "{left:?}");
}
