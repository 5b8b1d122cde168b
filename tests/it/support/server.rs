//! The real binary as a process, with folders of its own, and a client that talks to it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::http::{self, Answer};
use super::process::{Finished, Process, run};
use super::swarm::Share;

/// The program under test.
const SERVER: &str = env!("CARGO_BIN_EXE_headwater");
/// How long the server may take until it prints its manifest URL.
const START: Duration = Duration::from_secs(30);
/// How long it may take to end after SIGTERM.
const STOP: Duration = Duration::from_secs(30);
/// How long a request may take unless a test says otherwise.
const PATIENCE: Duration = Duration::from_secs(100);

/// How a server is to be started.
#[derive(Clone)]
pub(crate) struct Setup {
    environment: Vec<(String, String)>,
    subcommand: &'static str,
    cache_mount: Option<String>,
    home: Arc<TempDir>,
}

/// A running server. Dropped, it gets SIGTERM and must end cleanly.
pub(crate) struct Headwater {
    setup: Setup,
    process: Process,
    base: String,
    client: reqwest::Client,
    stopped: bool,
}

impl Setup {
    /// Loopback, a free port, no DHT, an empty data folder, and nothing from the environment of the test.
    ///
    /// # Panics
    /// If the temporary folder is not writable.
    pub(crate) fn new() -> Self {
        let home = Arc::new(TempDir::new().expect("the temporary folder is writable"));
        let setup = Self { environment: Vec::new(), subcommand: "serve", cache_mount: None, home };
        let data = setup.data().display().to_string();
        setup
            .env("HEADWATER_LISTEN", "127.0.0.1:0")
            .env("HEADWATER_DATA_DIR", &data)
            .env("HEADWATER_DHT", "false")
            // Nobody outside of this machine is asked.
            .env("HEADWATER_TITLES_URL", "off")
            .env("HEADWATER_P2P_PORT", "0")
            .env("HEADWATER_LOG", "info,headwater=debug")
            // The free-space floor is no subject of most tests, and machines differ.
            .env("HEADWATER_CACHE_FREE_FLOOR", "1MiB")
    }

    /// Sets a variable of the server's environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs `headwater demo`, whose own folder is then made in [`Self::home`].
    pub(crate) fn demo(mut self) -> Self {
        self.subcommand = "demo";
        let home = self.home.path().display().to_string();
        self.env("TMPDIR", &home)
    }

    /// Gives the server a cache folder that is a disk of its own, mounted with `options` (of tmpfs). The server alone
    /// sees it, so nothing is left mounted whatever happens.
    ///
    /// # Panics
    /// If the temporary folder is not writable.
    pub(crate) fn cache_on_disk(mut self, options: &str) -> Self {
        let folder = self.home.path().join("disk");
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        self.cache_mount = Some(options.to_owned());
        self.env("HEADWATER_CACHE_DIR", &folder.display().to_string())
    }

    /// Whether this machine lets tests mount disks of their own; most containers do not.
    pub(crate) fn can_mount() -> bool {
        let finished = run("mount", Self::new().cache_on_disk("").mounting("size=1m", "true"), START);
        finished.code() == Some(0)
    }

    /// The server's data folder; the server creates it.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The folder around the data folder, which is the server's working directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Starts the server and waits until it listens.
    ///
    /// # Panics
    /// If it ends, or does not print its manifest URL in time.
    pub(crate) fn start(self) -> Headwater {
        let (process, base) = self.launch();
        Headwater { setup: self, process, base, client: http::client(), stopped: false }
    }

    /// Runs the server where it is expected to refuse its service, and returns how it ended.
    ///
    /// # Panics
    /// If the program cannot be started at all.
    pub(crate) fn refused(&self) -> Finished {
        self.spawn().finish(START)
    }

    fn launch(&self) -> (Process, String) {
        let process = self.spawn();
        let line = process.line(START, |line| base_url(line).is_some());
        let base = base_url(&line).expect("the line was chosen because it has one");
        (process, base)
    }

    /// A command that mounts the cache disk in a mount namespace of its own and then becomes `program`.
    fn mounting(&self, options: &str, program: &str) -> Command {
        let mut command = Command::new("unshare");
        // Whoever is not root becomes it in a user namespace, where the kernel allows that.
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--mount", "--propagation", "private", "sh", "-c"]);
        command.arg(r#"PATH=/usr/sbin:/usr/bin:/sbin:/bin; mount -t tmpfs -o "$1" tmpfs "$2" && exec "$3""#);
        command.args(["sh", options]).arg(self.home.path().join("disk")).arg(program);
        command
    }

    fn spawn(&self) -> Process {
        let mut command = match &self.cache_mount {
            None => Command::new(SERVER),
            Some(options) => self.mounting(options, SERVER),
        };
        if self.cache_mount.is_none() {
            command.arg(self.subcommand);
        }
        command.env_clear().env("HOME", self.home()).current_dir(self.home());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Process::start("headwater", command)
    }
}

impl Headwater {
    /// Starts a server with the settings of [`Setup::new`].
    pub(crate) fn start() -> Self {
        Setup::new().start()
    }

    /// The URL of a path on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// `http://127.0.0.1:PORT`, as the specification's examples want it.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// How it was started.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Waits until it has printed a line that `wanted` accepts.
    ///
    /// # Panics
    /// If it does not within half a minute.
    pub(crate) fn prints(&self, wanted: impl Fn(&str) -> bool) -> String {
        self.process.line(START, wanted)
    }

    /// The same while other requests of the test go on.
    ///
    /// # Panics
    /// As [`Self::prints`].
    pub(crate) async fn until_printed(&self, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + START;
        while !self.transcript().lines().any(&wanted) {
            assert!(Instant::now() < deadline, "{}", self.transcript());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Its process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// What it has printed so far, for messages.
    pub(crate) fn transcript(&self) -> String {
        self.process.transcript()
    }

    /// GETs a path and reads the whole body.
    ///
    /// # Panics
    /// If the connection fails or the body ends early.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    /// GETs a path and reads the body as JSON.
    ///
    /// # Panics
    /// If the connection fails or the body is no JSON.
    pub(crate) async fn json(&self, path: &str) -> (StatusCode, Value) {
        let answer = self.get(path).await;
        (answer.status, answer.json())
    }

    /// POSTs a body to a path and reads the answer as JSON.
    ///
    /// # Panics
    /// If the connection fails or the answer is no JSON.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> (StatusCode, Value) {
        let answer = self.send(Method::POST, path, &[], body.into()).await;
        (answer.status, answer.json())
    }

    /// GETs a range, `from` and `to` inclusive, and reads it.
    ///
    /// # Panics
    /// If the connection fails or the body ends early.
    pub(crate) async fn range(&self, path: &str, from: u64, to: u64) -> Answer {
        self.send(Method::GET, path, &[("Range", &format!("bytes={from}-{to}"))], Vec::new()).await
    }

    /// Sends any request and reads the whole body.
    ///
    /// # Panics
    /// If the connection fails or the body ends early.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let answer = http::send(&self.client, method, &self.url(path), headers, body, PATIENCE).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error:?}\n{}", self.transcript()))
    }

    /// Opens a body and leaves the reading to the caller.
    ///
    /// # Panics
    /// If no answer comes.
    pub(crate) async fn open(&self, path: &str) -> Response {
        let request = self.client.get(self.url(path)).timeout(PATIENCE).send();
        request.await.unwrap_or_else(|error| panic!("{path}: {error:?}\n{}", self.transcript()))
    }

    /// Opens a body that may take so long, and leaves the reading to the caller.
    ///
    /// # Panics
    /// If no answer comes.
    pub(crate) async fn open_for(&self, url: &str, patience: Duration) -> Response {
        let request = self.client.get(url).timeout(patience).send();
        request.await.unwrap_or_else(|error| panic!("{url}: {error:?}\n{}", self.transcript()))
    }

    /// Opens a range, `bytes=…`, and leaves the reading to the caller. `None` if no answer comes.
    pub(crate) async fn try_open(&self, path: &str, range: &str) -> Option<Response> {
        let request = self.client.get(self.url(path)).header("Range", range).timeout(PATIENCE);
        request.send().await.ok()
    }

    /// Polls a job until `wanted` accepts its status, and returns that status.
    ///
    /// # Panics
    /// If it does not come to pass within `patience`.
    pub(crate) async fn job(
        &self,
        status_url: &str,
        patience: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let deadline = Instant::now() + patience;
        loop {
            let (status, job) = self.json(status_url).await;
            if status == StatusCode::OK && wanted(&job) {
                return job;
            }
            assert!(Instant::now() < deadline, "{status_url}: {status} {job}\n{}", self.transcript());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The path that plays a file of `share` straight away.
    pub(crate) fn proxy(share: &Share, file: usize) -> String {
        format!("/stream/proxy/{}?fileIndex={file}&{}", share.info_hash, share.tracker_query())
    }

    /// The path that prepares a file of `share`.
    pub(crate) fn prepare(share: &Share, file: usize) -> String {
        format!("/stream/prepare/{}?fileIndex={file}&{}", share.info_hash, share.tracker_query())
    }

    /// Asks the server to end.
    pub(crate) fn terminate(&self) {
        self.process.signal(Signal::TERM);
    }

    /// Waits for the end that [`Self::terminate`] has asked for.
    ///
    /// # Panics
    /// If it does not come in time or is not clean.
    pub(crate) fn stopped(&mut self) {
        self.stopped = true;
        let finished = self.process.finish(STOP);
        assert_eq!(finished.code(), Some(0), "after SIGTERM: {}", finished.story());
    }

    /// Ends the server without a warning, as a power cut does.
    pub(crate) fn kill9(&mut self) {
        self.process.kill();
        self.stopped = true;
    }

    /// Starts the server again over the same folders, after [`Self::stopped`] or [`Self::kill9`]. The port changes.
    ///
    /// # Panics
    /// As [`Setup::start`].
    pub(crate) fn restart(&mut self) {
        assert!(self.stopped, "a running server cannot be restarted");
        (self.process, self.base) = self.setup.launch();
        self.stopped = false;
    }
}

impl Drop for Headwater {
    fn drop(&mut self) {
        if self.stopped {
            return;
        }
        self.terminate();
        if std::thread::panicking() {
            // The test has failed already: a second panic would hide its message.
            self.process.finish(STOP);
        } else {
            self.stopped();
        }
    }
}

fn base_url(line: &str) -> Option<String> {
    let start = line.find("http://127.0.0.1:")?;
    let end = start + line[start..].find("/manifest.json")?;
    Some(line[start..end].to_owned())
}

#[test]
fn a_disk_mounted_for_the_server_is_seen_by_nobody_else() {
    if !Setup::can_mount() {
        super::skipped("this machine does not let tests mount a disk");
        return;
    }
    let setup = Setup::new().cache_on_disk("size=3m");
    let look = setup.mounting("size=3m", "mount");
    let finished = run("mount", look, START);
    let disk = setup.home().join("disk").display().to_string();
    assert!(finished.stdout.contains(&disk), "{}", finished.story());
    let outside = run("mount", Command::new("mount"), START);
    assert!(!outside.stdout.contains(&disk), "{}", outside.story());
}

#[test]
fn the_base_url_is_found_in_a_decorated_line() {
    assert_eq!(
        base_url("  Manifest  http://127.0.0.1:7000/manifest.json").as_deref(),
        Some("http://127.0.0.1:7000")
    );
    assert_eq!(base_url("INFO listening on 127.0.0.1:7000"), None);
}
