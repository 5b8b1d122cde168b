//! Programs of others that judge transport streams.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::process::{Finished, run};

/// How long a program may take for some seconds of a small picture, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder of streams to be judged.
pub(super) struct Court {
    folder: TempDir,
}

/// What ffprobe says of a stream.
pub(super) struct Findings {
    /// Everything it complained about.
    pub(super) complaints: Vec<String>,
    /// Flags of the first packet of the picture, or of the sound where there is none.
    pub(super) first_flags: String,
    /// Pictures that were decoded.
    pub(super) pictures: usize,
}

impl Court {
    pub(super) fn new() -> Self {
        Self { folder: TempDir::new().expect("the temporary folder is writable") }
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("stream.ts");
        std::fs::write(&path, bytes).expect("the temporary folder is writable");
        path
    }

    /// Demuxes and decodes everything with ffprobe.
    pub(super) fn probe(&self, bytes: &[u8]) -> Findings {
        let mut command = Command::new("ffprobe");
        command
            .args(["-v", "error", "-show_packets", "-show_frames", "-of", "compact"])
            .arg(self.file(bytes));
        let finished = succeeded("ffprobe", command);
        let packets = |kind: &str| {
            let start = format!("packet|codec_type={kind}");
            finished.stdout.lines().find(|line| line.starts_with(&start)).map(str::to_owned)
        };
        let first = packets("video").or_else(|| packets("audio")).unwrap_or_default();
        let flags = first.split('|').find_map(|field| field.strip_prefix("flags="));
        Findings {
            complaints: finished.stderr.lines().map(str::to_owned).collect(),
            first_flags: flags.unwrap_or_default().to_owned(),
            pictures: finished
                .stdout
                .lines()
                .filter(|line| line.starts_with("frame|media_type=video"))
                .count(),
        }
    }

    /// A hash of every picture and sound with its time, as ffmpeg decodes them.
    ///
    /// # Panics
    /// If it finds anything to warn about.
    pub(super) fn decoded(&self, bytes: &[u8]) -> Vec<String> {
        let mut command = ffmpeg("warning", &self.file(bytes));
        command.args(["-map", "0", "-f", "framemd5", "-"]);
        let finished = succeeded("ffmpeg", command);
        assert_eq!(finished.stderr, "");
        finished.stdout.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    /// How many pictures GStreamer decodes. It drops what counters or clocks do not explain.
    pub(super) fn pictures_in_gstreamer(&self, bytes: &[u8]) -> usize {
        let mut command = Command::new("gst-launch-1.0");
        command.args(["-v", "filesrc", &format!("location={}", self.file(bytes).display())]);
        command.args([
            "!",
            "tsdemux",
            "!",
            "h264parse",
            "!",
            "avdec_h264",
            "!",
            "fakesink",
            "sync=false",
            "silent=false",
        ]);
        succeeded("gst-launch-1.0", command).stdout.lines().filter(|line| line.contains("chain")).count()
    }

    /// What ffmpeg and tstools say about continuity counters.
    pub(super) fn counter_complaints(&self, bytes: &[u8]) -> Vec<String> {
        let path = self.file(bytes);
        let mut demux = ffmpeg("debug", &path);
        demux.args(["-map", "0", "-c", "copy", "-f", "null", "-"]);
        let mut report = Command::new("tsreport");
        report.arg("-buffering").arg(&path);
        let (demuxed, reported) = (succeeded("ffmpeg", demux), succeeded("tsreport", report));
        assert!(reported.stdout.contains("CC: first"), "it has counted nothing: {}", reported.story());
        let complaints = ["Continuity check failed", "CC error"];
        let lines = demuxed.stderr.lines().chain(reported.stdout.lines());
        lines.filter(|line| complaints.iter().any(|word| line.contains(word))).map(str::to_owned).collect()
    }
}

fn ffmpeg(level: &str, path: &Path) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-hide_banner", "-nostats", "-v", level, "-i"]).arg(path);
    command
}

fn succeeded(name: &str, command: Command) -> Finished {
    let finished = run(name, command, PATIENCE);
    assert_eq!(finished.code(), Some(0), "{name}: {}", finished.story());
    finished
}
