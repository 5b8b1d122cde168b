//! A child process whose output is kept, whose lines can be awaited, and which never outlives its test.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// A running program in a process group of its own.
///
/// Dropped, the whole group is killed; if a test is failing at that moment, the output is printed.
pub(crate) struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    output: Arc<Output>,
    status: Option<ExitStatus>,
}

/// How a program ended and everything it printed.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The exit status; `None` if the time ran out and the program was killed.
    pub(crate) status: Option<ExitStatus>,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

#[derive(Default)]
struct Output {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stdout: Vec<String>,
    stderr: Vec<String>,
    closed: usize,
}

impl Process {
    /// Starts `command`, with stdin as a pipe so that scripts notice when the test has gone.
    ///
    /// # Panics
    /// If the program cannot be started.
    pub(crate) fn start(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let output = Arc::new(Output::default());
        let pipes: [(Option<Box<dyn Read + Send>>, bool); 2] = [
            (child.stdout.take().map(|pipe| Box::new(pipe) as _), true),
            (child.stderr.take().map(|pipe| Box::new(pipe) as _), false),
        ];
        for (pipe, is_stdout) in pipes {
            let output = Arc::clone(&output);
            let pipe = pipe.expect("both pipes were asked for above");
            thread::spawn(move || output.collect(pipe, is_stdout));
        }
        let stdin = child.stdin.take();
        Self { name: name.to_owned(), child, stdin, output, status: None }
    }

    /// Waits for the first line of standard output, beginning with number `skip`, that `wanted` accepts.
    ///
    /// # Panics
    /// If no such line comes within `patience`, or the program ends without it.
    pub(crate) fn line_after(
        &self,
        skip: usize,
        patience: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> (usize, String) {
        let found = self.output.wait(patience, |state| {
            let line = state.stdout.iter().enumerate().skip(skip).find(|(_, line)| wanted(line));
            match line {
                Some((number, line)) => Some(Some((number, line.clone()))),
                None if state.closed == 2 => Some(None),
                None => None,
            }
        });
        found.flatten().unwrap_or_else(|| {
            panic!("{} did not print the awaited line within {patience:?}:\n{}", self.name, self.transcript())
        })
    }

    /// Waits for a line of standard output that `wanted` accepts.
    ///
    /// # Panics
    /// As [`Self::line_after`].
    pub(crate) fn line(&self, patience: Duration, wanted: impl Fn(&str) -> bool) -> String {
        self.line_after(0, patience, wanted).1
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines printed to standard output so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.output.lock().stdout.clone()
    }

    /// Sends one line to the program and returns the next one it prints.
    ///
    /// # Panics
    /// If the program has closed its stdin or does not answer within 20 seconds.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        let printed = self.output.lock().stdout.len();
        let stdin = self.stdin.as_mut().expect("stdin is open until the process is finished");
        writeln!(stdin, "{line}").expect("the program reads its stdin");
        self.line_after(printed, Duration::from_secs(20), |_| true).1
    }

    /// Sends keys to the program as they are.
    ///
    /// # Panics
    /// If the program has closed its stdin.
    pub(crate) fn type_in(&mut self, keys: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open until the process is finished");
        stdin.write_all(keys.as_bytes()).expect("the program reads its stdin");
    }

    /// Sends a signal to the program alone.
    pub(crate) fn signal(&self, signal: Signal) {
        // A program that has ended already needs no signal.
        let _ = kill_process(self.pid(), signal);
    }

    /// Waits for the program to end; kills it when it has not done so after `patience`.
    pub(crate) fn finish(&mut self, patience: Duration) -> Finished {
        self.stdin = None;
        let ended = self.output.wait(patience, |state| (state.closed == 2).then_some(())).is_some();
        if !ended {
            self.kill();
        }
        let status = self.reap();
        let state = self.output.lock();
        let (stdout, stderr) = (state.stdout.join("\n"), state.stderr.join("\n"));
        Finished { status: ended.then_some(status), stdout, stderr }
    }

    /// Kills the whole group at once and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        if self.status.is_none() {
            let _ = kill_process_group(self.pid(), Signal::KILL);
            self.reap();
        }
    }

    /// Everything printed so far, for messages.
    pub(crate) fn transcript(&self) -> String {
        let state = self.output.lock();
        let mut text = format!("--- {} ---\n", self.name);
        for (stream, lines) in [("out", &state.stdout), ("err", &state.stderr)] {
            for line in lines {
                let _ = writeln!(text, "{stream}| {line}");
            }
        }
        text
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn reap(&mut self) -> ExitStatus {
        let status = self.status.unwrap_or_else(|| self.child.wait().expect("the child is ours to wait for"));
        self.status = Some(status);
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status.is_none() {
            self.kill();
        } else {
            // Whatever the program left behind in its group goes with it.
            let _ = kill_process_group(self.pid(), Signal::KILL);
        }
        if thread::panicking() {
            eprintln!("{}", self.transcript());
        }
    }
}

impl Finished {
    /// The exit code; `None` if a signal or the clock ended the program.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// Says how the program ended, for messages.
    pub(crate) fn story(&self) -> String {
        let end = match self.status {
            None => "ran out of time".to_owned(),
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("exit code {code}"),
                (None, signal) => format!("signal {signal:?}"),
            },
        };
        format!("{end}\n--- stdout ---\n{}\n--- stderr ---\n{}", self.stdout, self.stderr)
    }
}

/// Runs a program to its end.
///
/// # Panics
/// If it cannot be started.
pub(crate) fn run(name: &str, command: Command, patience: Duration) -> Finished {
    Process::start(name, command).finish(patience)
}

impl Output {
    fn collect(&self, pipe: impl Read, is_stdout: bool) {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let mut state = self.lock();
            if is_stdout {
                state.stdout.push(text)
            } else {
                state.stderr.push(text)
            }
            drop(state);
            self.changed.notify_all();
            line.clear();
        }
        self.lock().closed += 1;
        self.changed.notify_all();
    }

    fn wait<T>(&self, patience: Duration, mut check: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            if let Some(found) = check(&state) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[test]
fn output_is_kept_and_the_exit_code_reported() {
    let mut command = Command::new("sh");
    command.args(["-c", "echo first; echo second >&2; exit 7"]);
    let finished = run("sh", command, Duration::from_secs(10));
    assert_eq!(finished.code(), Some(7), "{}", finished.story());
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("first", "second"));
}

#[test]
fn a_program_that_does_not_end_is_killed_with_its_children() {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 60 & echo $!; wait"]);
    let mut process = Process::start("sh", command);
    let grandchild = process.line(Duration::from_secs(10), |_| true);
    let finished = process.finish(Duration::from_millis(100));
    assert!(finished.status.is_none(), "{}", finished.story());
    let gone = |path: &str| std::fs::read_to_string(path).map_or(true, |stat| stat.contains(") Z "));
    let stat = format!("/proc/{}/stat", grandchild.trim());
    let deadline = Instant::now() + Duration::from_secs(10);
    while !gone(&stat) {
        assert!(Instant::now() < deadline, "the grandchild outlived its group");
        thread::yield_now();
    }
}
