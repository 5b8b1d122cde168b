//! What players and measuring programs say of a channel.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::player::unprivileged;
use crate::support::process::{Finished, Process, run};

/// Bytes of a packet of a transport stream.
pub(super) const PACKET: usize = 188;

/// How long a program may take beside what it has to play.
const PATIENCE: Duration = Duration::from_secs(60);

/// Joins with ffprobe, reads a second, and returns the flags of the first packet of a stream (`v:0`, `a:0`).
///
/// # Panics
/// If ffprobe says anything at all against it.
pub(super) fn ffprobe_joins(url: &str, stream: &str) -> String {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-select_streams", stream, "-read_intervals", "%+1"]);
    command.args(["-show_entries", "packet=flags", "-of", "csv=p=0", url]);
    let finished = silent("ffprobe", run("ffprobe", command, PATIENCE));
    finished.stdout.lines().next().unwrap_or_default().to_owned()
}

/// Decodes `seconds` from where it joins with FFmpeg, and returns how many pictures there were.
///
/// # Panics
/// If FFmpeg says anything at all against it.
pub(super) fn ffmpeg_decodes(source: &str, seconds: u64) -> u64 {
    let (pictures, complaints) = ffmpeg_complains(source, seconds);
    assert!(complaints.is_empty(), "ffmpeg: {complaints:?}");
    pictures
}

/// Decodes `seconds` from where it joins with FFmpeg, and returns how many pictures there were, and what it says against
/// them.
///
/// # Panics
/// If there were none.
pub(super) fn ffmpeg_complains(source: &str, seconds: u64) -> (u64, Vec<String>) {
    let mut command = Command::new("ffmpeg");
    // A complaint that is repeated is to be told in its own words.
    command.args(["-nostdin", "-v", "repeat+error", "-i", source, "-t", &seconds.to_string(), "-map", "0"]);
    command.args(["-f", "null", "-progress", "pipe:1", "-"]);
    let finished = run("ffmpeg", command, PATIENCE + Duration::from_secs(seconds));
    assert_eq!(finished.code(), Some(0), "ffmpeg: {}", finished.story());
    let mut counts =
        finished.stdout.lines().filter_map(|line| line.strip_prefix("frame=")?.trim().parse().ok());
    let pictures =
        counts.next_back().unwrap_or_else(|| panic!("ffmpeg decoded nothing: {}", finished.story()));
    (pictures, finished.stderr.lines().map(str::to_owned).collect())
}

/// Decodes `seconds` of sound from where it joins with FFmpeg, and returns how many there were.
///
/// # Panics
/// If FFmpeg says anything at all against it.
pub(super) fn ffmpeg_hears(source: &str, seconds: u64) -> f64 {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-i", source, "-t", &seconds.to_string()]);
    command.args(["-f", "null", "-progress", "pipe:1", "-"]);
    let finished = silent("ffmpeg", run("ffmpeg", command, PATIENCE + Duration::from_secs(seconds)));
    let times = finished.stdout.lines().filter_map(|line| line.strip_prefix("out_time_us=")?.parse().ok());
    times.fold(0.0, f64::max) / 1e6
}

/// The presentation times of the pictures of a file in units of 1/90,000 s, in order.
///
/// # Panics
/// If ffprobe says anything at all against it.
pub(super) fn picture_times(file: &Path) -> Vec<i64> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts", "-of", "csv=p=0"]);
    let finished = silent("ffprobe", run("ffprobe", arg(command, file), PATIENCE));
    let mut times: Vec<i64> =
        finished.stdout.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect();
    times.sort_unstable();
    times
}

/// What tsreport finds wrong with the continuity counters of a file.
///
/// # Panics
/// If it does not get to the end.
pub(super) fn continuity_errors(file: &Path) -> Vec<String> {
    let mut command = Command::new("tsreport");
    command.arg("-buffering");
    let finished = run("tsreport", arg(command, file), PATIENCE);
    assert!(finished.code() == Some(0) && finished.stdout.contains("TS packets"), "{}", finished.story());
    let lines =
        finished.stdout.lines().filter(|line| line.contains("Continuity") || line.contains("CC error"));
    lines.map(str::to_owned).collect()
}

/// Plays `seconds` with VLC, calls `meanwhile` after a third of it, and returns what it has played as a file.
///
/// # Panics
/// If it does not end, or has played nothing.
pub(super) fn vlc_plays(url: &str, seconds: u64, meanwhile: impl FnOnce()) -> (TempDir, PathBuf) {
    let home = TempDir::new().expect("the temporary folder is writable");
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(home.path(), everyone).expect("the folder is ours");
    let out = home.path().join("played.ts");
    let mut command = unprivileged("cvlc", home.path());
    command.args(["-I", "dummy", "--no-plugins-cache", "--no-metadata-network-access", "--play-and-exit"]);
    command.arg(format!("--run-time={seconds}"));
    command.arg(format!("--sout=#std{{access=file,mux=ts,dst={}}}", out.display())).args([url, "vlc://quit"]);
    let mut process = Process::start("vlc", command);
    wait_until("vlc writes", || out.metadata().is_ok_and(|file| file.len() > 0));
    std::thread::sleep(Duration::from_secs(seconds / 3));
    meanwhile();
    let finished = process.finish(PATIENCE + Duration::from_secs(seconds));
    assert!(finished.status.is_some(), "vlc: {}", finished.story());
    (home, out)
}

/// Plays so many pictures with GStreamer at their own pace, and calls `meanwhile` some seconds after the start.
///
/// # Panics
/// If it reports an error or does not get so far.
pub(super) fn gstreamer_plays(url: &str, pictures: u32, meanwhile: impl FnOnce()) {
    let mut command = Command::new("gst-launch-1.0");
    command.args(["-e", "souphttpsrc", &format!("location={url}"), "!", "tsdemux", "!", "h264parse", "!"]);
    command.args(["avdec_h264", "!", "fakesink", "sync=true", &format!("num-buffers={pictures}")]);
    let seconds = u64::from(pictures) / 25;
    let mut process = Process::start("gst-launch", command);
    wait_until("gstreamer plays", || process.transcript().contains("PLAYING"));
    std::thread::sleep(Duration::from_secs(seconds / 3));
    meanwhile();
    let finished = process.finish(PATIENCE + Duration::from_secs(seconds));
    let said = format!("{}{}", finished.stdout, finished.stderr);
    let is_well = finished.code() == Some(0) && said.contains("EOS") && !said.contains("ERROR");
    assert!(is_well && !said.contains("WARNING"), "gst-launch: {}", finished.story());
}

/// A running mpv that does as it is told.
pub(super) struct Mpv {
    process: Process,
    socket: PathBuf,
    _home: TempDir,
}

impl Mpv {
    /// Opens a URL and waits until it plays.
    ///
    /// # Panics
    /// If it does not.
    pub(super) fn open(url: &str) -> Self {
        let home = TempDir::new().expect("the temporary folder is writable");
        let socket = home.path().join("mpv");
        let mut command = Command::new("mpv");
        command.args([
            "--no-config",
            "--no-ytdl",
            "--vo=null",
            "--ao=null",
            "--msg-level=all=warn,statusline=no",
        ]);
        command.arg(format!("--input-ipc-server={}", socket.display())).arg(url);
        let player = Self { process: Process::start("mpv", command), socket, _home: home };
        player.wait_for_position(|_| true);
        player
    }

    /// Where it is, in seconds; `None` while it has not begun.
    pub(super) fn position(&self) -> Option<f64> {
        self.ask(&json!(["get_property", "time-pos"]))?.as_f64()
    }

    /// Tells it something, as the manual of its JSON IPC has it.
    ///
    /// # Panics
    /// If it does not obey.
    #[expect(clippy::needless_pass_by_value, reason = "callers make it on the spot")]
    pub(super) fn tell(&self, command: Value) {
        assert!(self.ask(&command).is_some(), "mpv does not obey {command}: {}", self.process.transcript());
    }

    /// Waits until it is where it should be, and returns the position.
    ///
    /// # Panics
    /// If it does not get there.
    pub(super) fn wait_for_position(&self, is_there: impl Fn(f64) -> bool) -> f64 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let position = self.position();
            if let Some(position) = position.filter(|position| is_there(*position)) {
                return position;
            }
            assert!(Instant::now() < deadline, "mpv is at {position:?}: {}", self.process.transcript());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it has complained about; empty if it is content.
    pub(super) fn complaints(&self) -> String {
        let said = self.process.transcript();
        let is_said = |line: &&str| line.starts_with("out|") || line.starts_with("err|");
        // It also mentions every question that hung up once it was answered.
        said.lines().filter(is_said).filter(|line| !line.contains("[ipc_")).collect::<Vec<_>>().join("\n")
    }

    /// The answer, if it is there and the command went well.
    fn ask(&self, command: &Value) -> Option<Value> {
        let mut stream = UnixStream::connect(&self.socket).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        writeln!(stream, "{}", json!({ "command": command, "request_id": 7 })).ok()?;
        // Events come between.
        for line in BufReader::new(stream).lines() {
            let said: Value = serde_json::from_str(&line.ok()?).ok()?;
            if said["request_id"] == 7 {
                return (said["error"] == "success").then(|| said["data"].clone());
            }
        }
        None
    }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: it never came to pass");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn arg(mut command: Command, path: &Path) -> Command {
    command.arg(path);
    command
}

fn silent(name: &str, finished: Finished) -> Finished {
    assert_eq!(finished.code(), Some(0), "{name}: {}", finished.story());
    assert_eq!(finished.stderr.trim(), "", "{name}: {}", finished.story());
    finished
}
