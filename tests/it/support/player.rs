//! Real players as clients. Each function plays a URL, jumps into it, and returns what the player proved.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::process::{Finished, run};
use super::tools;

/// How long one player may take; the media of the tests is slow on purpose.
const PATIENCE: Duration = Duration::from_secs(120);

/// Decodes every frame with FFmpeg and returns how many pictures there were.
///
/// # Panics
/// If anything at all is wrong with the stream.
pub(crate) fn ffmpeg_decodes_all(url: &str) -> u64 {
    let mut command = ffmpeg();
    command.args(["-i", url, "-f", "null", "-progress", "pipe:1", "-"]);
    frames(&succeeded("ffmpeg", run("ffmpeg", command, PATIENCE)))
}

/// Jumps to `start` with FFmpeg, decodes `seconds` from there, and returns how many pictures there were.
///
/// # Panics
/// If anything at all is wrong with the stream.
pub(crate) fn ffmpeg_seeks(url: &str, start: f64, seconds: f64) -> u64 {
    let mut command = ffmpeg();
    command.args(["-ss", &start.to_string(), "-i", url, "-t", &seconds.to_string()]);
    command.args(["-f", "null", "-progress", "pipe:1", "-"]);
    frames(&succeeded("ffmpeg -ss", run("ffmpeg", command, PATIENCE)))
}

/// Asks ffprobe for the duration, in seconds.
///
/// # Panics
/// If it finds none.
pub(crate) fn ffprobe_duration(url: &str) -> f64 {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", url]);
    let finished = succeeded("ffprobe", run("ffprobe", command, PATIENCE));
    finished.stdout.trim().parse().unwrap_or_else(|_| panic!("no duration: {}", finished.story()))
}

/// Plays `seconds` from `percent` of the film with mpv, and returns the position reached, in seconds.
///
/// # Panics
/// If mpv complains.
pub(crate) fn mpv_plays_from(url: &str, percent: u8, seconds: u32) -> f64 {
    let mut command = Command::new("mpv");
    command
        .args([
            "--no-config",
            "--no-ytdl",
            "--vo=null",
            "--ao=null",
            "--ao-null-untimed=yes",
            "--untimed=yes",
        ])
        .args(["--msg-level=all=warn,statusline=status", "--term-status-msg=at ${=time-pos}\n"])
        .args([format!("--start={percent}%"), format!("--length={seconds}"), url.to_owned()]);
    let finished = succeeded("mpv", run("mpv", command, PATIENCE));
    let lines = finished.stdout.lines().chain(finished.stderr.lines());
    let mut positions =
        lines.filter_map(|line| line.split("at ").nth(1)?.split_whitespace().next()?.parse::<f64>().ok());
    positions.next_back().unwrap_or_else(|| panic!("mpv reached no position: {}", finished.story()))
}

/// Plays from `start` to `stop` (seconds) with VLC, and returns the length of what came out, in seconds.
///
/// VLC's exit code says little, so it writes what it plays into a file, and ffprobe judges that.
///
/// # Panics
/// If VLC does not end, or nothing playable came out.
pub(crate) fn vlc_plays(url: &str, start: u32, stop: u32) -> f64 {
    let home = TempDir::new().expect("the temporary folder is writable");
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(home.path(), everyone).expect("the folder is ours");
    let out = home.path().join("played.ts");
    let mut command = unprivileged("cvlc", home.path());
    command
        .args(["-I", "dummy", "--no-plugins-cache", "--no-metadata-network-access", "--play-and-exit"])
        .args([format!("--start-time={start}"), format!("--stop-time={stop}")])
        .arg(format!("--sout=#std{{access=file,mux=ts,dst={}}}", out.display()))
        .args([url, "vlc://quit"]);
    let finished = run("vlc", command, PATIENCE);
    assert!(finished.status.is_some(), "vlc: {}", finished.story());
    assert!(out.metadata().is_ok_and(|file| file.len() > 0), "vlc played nothing: {}", finished.story());
    ffprobe_duration(&out.display().to_string())
}

/// Plays from `start` (seconds) to the end with GStreamer's player.
///
/// # Panics
/// If it reports an error or does not reach the end.
pub(crate) fn gstreamer_plays_from(url: &str, start: u32) {
    let mut command = Command::new("gst-play-1.0");
    command
        .args(["--no-interactive", "--videosink=fakesink sync=false", "--audiosink=fakesink sync=false"])
        .args([format!("--start-position={start}"), url.to_owned()]);
    let finished = succeeded("gst-play", run("gst-play", command, PATIENCE));
    let said = format!("{}{}", finished.stdout, finished.stderr);
    // Its exit code is zero after errors too.
    assert!(
        said.contains("Reached end of play list") && !said.contains("ERROR"),
        "gst-play: {}",
        finished.story()
    );
}

/// Reads the whole file with GStreamer's HTTP source into `out`.
///
/// # Panics
/// If it reports an error.
pub(crate) fn gstreamer_downloads(url: &str, out: &Path) {
    let mut command = Command::new("gst-launch-1.0");
    command.args(["-q", "souphttpsrc"]).arg(format!("location={url}"));
    command.args(["!", "filesink"]).arg(format!("location={}", out.display()));
    succeeded("gst-launch", run("gst-launch", command, PATIENCE));
}

/// Plays in Chromium's `<video>` and jumps to `seek_to` (seconds); returns what the element reported:
/// `first`, `seeked`, `duration` (seconds), `width`, `frames`.
///
/// # Panics
/// If it does not play or does not arrive.
pub(crate) fn chromium_plays(url: &str, seek_to: f64) -> Value {
    chromium(url, seek_to)
}

/// As [`chromium_plays`], for an HTML file of the test sources that makes its own `<video>` out of the query.
///
/// # Panics
/// If it does not play or does not arrive.
pub(crate) fn chromium_opens_page(page: &str, query: &str, seek_to: f64) -> Value {
    chromium(&format!("{}?{query}", tools::test_source(page).display()), seek_to)
}

fn chromium(what: &str, seek_to: f64) -> Value {
    let mut command = Command::new("node");
    command.arg(tools::test_source("support/chromium.mjs")).args([what, &seek_to.to_string()]);
    let finished = succeeded("chromium", run("chromium", command, PATIENCE));
    serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("chromium: {}", finished.story()))
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    // -xerror turns the first broken packet into a failure, and warnings would go unnoticed otherwise.
    command.args(["-nostdin", "-v", "error", "-xerror"]);
    command
}

fn frames(finished: &Finished) -> u64 {
    let mut counts =
        finished.stdout.lines().filter_map(|line| line.strip_prefix("frame=")?.trim().parse().ok());
    counts.next_back().unwrap_or_else(|| panic!("ffmpeg decoded nothing: {}", finished.story()))
}

/// VLC refuses to run as root, so it runs as nobody there.
pub(crate) fn unprivileged(program: &str, home: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        let mut command = Command::new(program);
        command.env("HOME", home);
        return command;
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", program]).env("HOME", home);
    command.current_dir(home);
    command
}

fn succeeded(name: &str, finished: Finished) -> Finished {
    assert_eq!(finished.code(), Some(0), "{name}: {}", finished.story());
    assert!(!finished.stderr.contains("rror while decoding"), "{name}: {}", finished.story());
    finished
}

/// The players are tried against nginx first: what fails here is no fault of the server under test.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::process::Process;
    use crate::support::swarm::free_port;

    struct Nginx {
        base: String,
        _process: Process,
        _home: TempDir,
    }

    impl Nginx {
        fn start() -> Self {
            let home = TempDir::new().expect("the temporary folder is writable");
            let (port, root) = (free_port(), tools::clip(""));
            let config = format!(
                "daemon off; pid {0}/pid; error_log stderr; events {{}} http {{ access_log off; \
                 types {{ video/mp4 mp4; video/webm webm; video/x-matroska mkv; }} \
                 client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; \
                 uwsgi_temp_path {0}/u; scgi_temp_path {0}/s; \
                 server {{ listen 127.0.0.1:{port}; root {1}; add_header Access-Control-Allow-Origin *; }} }}",
                home.path().display(),
                root.display(),
            );
            // As root the workers are somebody else and must still reach the clips.
            let user = if rustix::process::geteuid().is_root() { "user root; " } else { "" };
            std::fs::write(home.path().join("conf"), format!("{user}{config}")).expect("the disk has room");
            let mut command = Command::new("nginx");
            command.arg("-p").arg(home.path()).arg("-c").arg(home.path().join("conf"));
            let process = Process::start("nginx", command);
            let deadline = std::time::Instant::now() + Duration::from_secs(20);
            while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(std::time::Instant::now() < deadline, "nginx: {}", process.transcript());
                std::thread::sleep(Duration::from_millis(20));
            }
            Self { base: format!("http://127.0.0.1:{port}"), _process: process, _home: home }
        }

        fn url(&self, name: &str) -> String {
            format!("{}/{name}", self.base)
        }
    }

    #[test]
    fn ffmpeg_plays_and_seeks() {
        let nginx = Nginx::start();
        assert_eq!(ffmpeg_decodes_all(&nginx.url("faststart.mp4")), 2500);
        assert!(ffmpeg_seeks(&nginx.url("cues-at-end.mkv"), 70.0, 2.0) >= 49);
        assert!((99.0..102.0).contains(&ffprobe_duration(&nginx.url("moov-at-end.mp4"))));
    }

    #[test]
    #[should_panic(expected = "ffmpeg")]
    fn ffmpeg_notices_a_broken_file() {
        let folder = TempDir::new().expect("the temporary folder is writable");
        let mut clip = std::fs::read(tools::clip("faststart.mp4")).expect("the clip is there");
        let middle = clip.len() / 2;
        clip[middle..middle + 60_000].fill(0);
        let path = folder.path().join("broken.mp4");
        std::fs::write(&path, clip).expect("the disk has room");
        ffmpeg_decodes_all(&path.display().to_string());
    }

    #[test]
    fn mpv_plays_from_the_middle() {
        let nginx = Nginx::start();
        assert!((50.0..55.0).contains(&mpv_plays_from(&nginx.url("moov-at-end.mp4"), 50, 3)));
    }

    #[test]
    fn vlc_plays_from_the_middle() {
        let nginx = Nginx::start();
        let played = vlc_plays(&nginx.url("cues-at-end.mkv"), 50, 54);
        assert!((2.0..20.0).contains(&played), "{played}");
    }

    #[test]
    fn gstreamer_plays_from_the_middle() {
        let nginx = Nginx::start();
        gstreamer_plays_from(&nginx.url("moov-at-end.mp4"), 60);
        let folder = TempDir::new().expect("the temporary folder is writable");
        gstreamer_downloads(&nginx.url("stream.ts"), &folder.path().join("x"));
        let (got, wanted) = (std::fs::read(folder.path().join("x")), std::fs::read(tools::clip("stream.ts")));
        assert!(got.is_ok_and(|got| got == wanted.expect("the clip is there")));
    }

    #[test]
    fn chromium_plays_and_seeks_from_another_origin() {
        let nginx = Nginx::start();
        let report = chromium_plays(&nginx.url("faststart.mp4"), 70.0);
        assert!(report["seeked"].as_f64().is_some_and(|at| at > 70.0), "{report}");
        assert_eq!(report["width"], 640, "{report}");
    }
}
