//! ffmpeg as a child process: the one place that finds, starts and ends it.
//!
//! It runs without a shell, in a process group of its own, behind everything else that wants the processor, and is
//! killed with its group when its owner lets go of it.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, setpriority_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long it may take to say what it can do. It answers within a moment; only a broken disk takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Time after which it is asked again if it was silent: a machine that is just busy answers then.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// Lines of its messages that are kept for the log: what went wrong is at the end.
const KEPT_LINES: usize = 8;

/// Longer lines are cut.
const LONGEST_LINE: u64 = 500;

/// Viewers are served first: converting can wait a little, because segments are made ahead.
const NICENESS: i32 = 10;

/// The program. Whether it is there is found out when it is first needed.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    program: Arc<str>,
    missing: Arc<OnceCell<Option<FfmpegMissing>>>,
    /// It did not answer, and is not asked before then.
    silent_until: Arc<Mutex<Option<Instant>>>,
}

/// Why there is no ffmpeg.
#[derive(Debug, thiserror::Error)]
pub enum FfmpegMissing {
    /// It cannot be started.
    #[error("`{0}` cannot be started: {1}")]
    Absent(Arc<str>, #[source] io::Error),
    /// It does not answer in time, which another time it may.
    #[error("`{0}` does not answer in time")]
    Silent(Arc<str>),
    /// It does not answer as ffmpeg does.
    #[error("`{0}` does not answer as ffmpeg does")]
    Strange(Arc<str>),
    /// It was built without an encoder that we need.
    #[error("`{0}` has no AAC encoder")]
    Incapable(Arc<str>),
}

impl Ffmpeg {
    /// A program by name or path.
    pub fn new(program: &str) -> Self {
        Self { program: program.into(), missing: Arc::default(), silent_until: Arc::default() }
    }

    /// Whether it is there and can encode AAC. Asked once, or now and then while it does not answer; what is wrong is
    /// logged each time.
    pub async fn is_usable(&self) -> bool {
        self.answers_within(PATIENCE).await
    }

    async fn answers_within(&self, patience: Duration) -> bool {
        let look = || async {
            if self.is_silent() {
                return Err(());
            }
            let missing = look(&self.program, patience).await.err();
            if let Some(why) = &missing {
                tracing::warn!(%why, "no ffmpeg: players that cannot decode the sound of a live channel will be mute");
            }
            if matches!(missing, Some(FfmpegMissing::Silent(_))) {
                *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Instant::now() + ASK_AGAIN);
                return Err(());
            }
            Ok(missing)
        };
        self.missing.get_or_try_init(look).await.is_ok_and(Option::is_none)
    }

    fn is_silent(&self) -> bool {
        let until = *self.silent_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Starts it. It reads what is written to its input and writes to its output; messages are kept.
    ///
    /// # Errors
    /// It cannot be started any more.
    pub fn start(&self, arguments: &[&str]) -> io::Result<Running> {
        let mut command = Command::new(&*self.program);
        command.args(["-hide_banner", "-nostdin", "-loglevel", "warning"]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Keyboard signals for the server are not for it, and its children go with it.
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        // Only a matter of manners; some containers forbid it.
        let _ = setpriority_process(group, NICENESS);
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let messages = Messages::default();
        let mut listening = JoinSet::new();
        if let Some(stderr) = child.stderr.take() {
            listening.spawn(messages.clone().listen(stderr));
        }
        Ok(Running { child, group, input, output, messages, listening })
    }
}

async fn look(program: &Arc<str>, patience: Duration) -> Result<(), FfmpegMissing> {
    let mut command = Command::new(&**program);
    command.args(["-hide_banner", "-loglevel", "error", "-encoders"]).stdin(Stdio::null()).kill_on_drop(true);
    let said = match tokio::time::timeout(patience, command.output()).await {
        Ok(Ok(output)) if output.status.success() => output.stdout,
        Ok(Err(error)) => return Err(FfmpegMissing::Absent(Arc::clone(program), error)),
        Ok(Ok(_)) => return Err(FfmpegMissing::Strange(Arc::clone(program))),
        Err(_) => return Err(FfmpegMissing::Silent(Arc::clone(program))),
    };
    let said = String::from_utf8_lossy(&said);
    let has_aac = said.lines().any(|line| line.split_whitespace().nth(1) == Some("aac"));
    if has_aac { Ok(()) } else { Err(FfmpegMissing::Incapable(Arc::clone(program))) }
}

/// A running ffmpeg. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: Option<Pid>,
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    messages: Messages,
    listening: JoinSet<()>,
}

impl Running {
    /// Its input, once. Dropping that tells it that nothing more comes.
    pub fn input(&mut self) -> Option<ChildStdin> {
        self.input.take()
    }

    /// Its output, once.
    pub fn output(&mut self) -> Option<ChildStdout> {
        self.output.take()
    }

    /// Waits for its end, and returns how it ended and the last lines it said.
    ///
    /// # Errors
    /// The system cannot tell.
    pub async fn finish(mut self) -> io::Result<(ExitStatus, String)> {
        self.input = None;
        let status = self.child.wait().await?;
        // Nobody is left to be killed, and the number may be somebody else's soon.
        self.group = None;
        while self.listening.join_next().await.is_some() {}
        Ok((status, self.messages.text()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// The last lines that it said.
#[derive(Debug, Clone, Default)]
struct Messages(Arc<Mutex<VecDeque<String>>>);

impl Messages {
    async fn listen(self, stderr: ChildStderr) {
        let mut reader = BufReader::new(stderr);
        let mut line = Vec::new();
        loop {
            line.clear();
            match (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
                Ok(length) if length > 0 => self.keep(&line),
                _ => return,
            }
        }
    }

    fn keep(&self, line: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(line).trim_end().to_owned());
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Vec::from_iter(lines.iter().map(String::as_str)).join("; ")
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn what_is_not_ffmpeg_is_not_taken_for_it() {
        for (program, why) in [
            ("no-such-program-here", "cannot be started"),
            ("false", "does not answer"),
            ("true", "no AAC encoder"),
        ] {
            let said = look(&program.into(), PATIENCE).await.unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
            assert!(!Ffmpeg::new(program).is_usable().await);
        }
        assert!(Ffmpeg::new("ffmpeg").is_usable().await);
    }

    #[tokio::test]
    async fn a_program_that_was_silent_once_is_asked_again_later() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("slow");
        let text = "#!/bin/sh\nmkdir \"$0-first\" 2>/dev/null && exec sleep 60\nexec ffmpeg \"$@\"\n";
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let ffmpeg = Ffmpeg::new(path.to_str().unwrap());
        assert!(!ffmpeg.answers_within(Duration::from_secs(1)).await);
        assert!(!ffmpeg.is_usable().await, "not at once");
        *ffmpeg.silent_until.lock().unwrap() = Some(Instant::now());
        assert!(ffmpeg.is_usable().await);
    }

    #[tokio::test]
    async fn what_it_says_is_kept_and_its_end_reported() {
        let mut running =
            Ffmpeg::new("ffmpeg").start(&["-f", "mpegts", "-i", "pipe:0", "-f", "null", "-"]).unwrap();
        let mut input = running.input().unwrap();
        // It may have given up before all of it is written.
        let _ = input.write_all(&[7; 4096]).await;
        drop(input);
        let (status, said) = running.finish().await.unwrap();
        assert!(!status.success());
        assert!(said.contains("pipe:0"), "{said}");
    }

    #[tokio::test]
    async fn letting_go_of_it_kills_it() {
        let running =
            Ffmpeg::new("ffmpeg").start(&["-f", "mpegts", "-i", "pipe:0", "-f", "null", "-"]).unwrap();
        let stat = format!("/proc/{}/stat", running.group.unwrap().as_raw_nonzero());
        assert!(std::fs::read_to_string(&stat).is_ok());
        drop(running);
        let gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
        for _ in 0..500 {
            if gone() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it goes on after {stat}");
    }
}
