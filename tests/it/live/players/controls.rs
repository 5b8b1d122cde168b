//! Players that are told what to do while they play: VLC and GStreamer. mpv is among the programs.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::player::unprivileged;
use crate::support::process::Process;
use crate::support::swarm::free_port;

/// How long a player may take for what it is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running VLC with its remote control on a port of loopback.
///
/// It decodes everything and shows it to nobody. What it says in its log is no measure: without a window it complains
/// of buffers for pictures whatever it plays, and every break of the clocks is a sentence. What it has shown is.
pub(super) struct Vlc {
    process: Process,
    port: u16,
    _home: TempDir,
}

impl Vlc {
    /// Opens a URL and waits until pictures are shown.
    ///
    /// # Panics
    /// If none is.
    pub(super) fn open(url: &str) -> Self {
        let player = Self::start(url);
        player.shows(1);
        player
    }

    /// Opens a URL and waits until something is heard.
    ///
    /// # Panics
    /// If nothing is.
    pub(super) fn listen(url: &str) -> Self {
        let player = Self::start(url);
        player.hears(1);
        player
    }

    fn start(url: &str) -> Self {
        let home = TempDir::new().expect("the temporary folder is writable");
        let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(home.path(), everyone).expect("the folder is ours");
        let port = free_port();
        let mut command = unprivileged("vlc", home.path());
        command.args(["-I", "rc", &format!("--rc-host=127.0.0.1:{port}"), "--no-plugins-cache"]);
        command.args(["--no-metadata-network-access", "--vout=vdummy", "--aout=adummy", url]);
        Self { process: Process::start("vlc", command), port, _home: home }
    }

    /// Where it is, in whole seconds.
    ///
    /// # Panics
    /// If it does not say so.
    pub(super) fn time(&self) -> i64 {
        let said = self.ask("get_time");
        let time = said.as_deref().and_then(|said| said.lines().find_map(|line| line.trim().parse().ok()));
        time.unwrap_or_else(|| panic!("no time: {said:?}\n{}", self.process.transcript()))
    }

    /// Tells it something that has no answer, as its `help` has it.
    ///
    /// # Panics
    /// If it does not listen.
    pub(super) fn tell(&self, command: &str) {
        self.ask(command).unwrap_or_else(|| panic!("{command}: {}", self.process.transcript()));
    }

    /// Waits until it has shown so many pictures more than now.
    ///
    /// # Panics
    /// If it does not.
    pub(super) fn shows(&self, pictures: u64) {
        self.counts("frames displayed", pictures);
    }

    /// Waits until it has played so many pieces of sound more than now; forty to fifty of them are a second.
    ///
    /// # Panics
    /// If it does not.
    pub(super) fn hears(&self, pieces: u64) {
        self.counts("buffers played", pieces);
    }

    /// Waits until a count of its statistics is so much higher than now.
    fn counts(&self, name: &str, more: u64) {
        let (deadline, mut begun) = (Instant::now() + PATIENCE, None);
        loop {
            let count = self.count(name);
            let from = *begun.get_or_insert(count.unwrap_or(0));
            if count.is_some_and(|count| count >= from + more) {
                return;
            }
            let waits = Instant::now() < deadline;
            assert!(waits, "VLC has {count:?} {name} after {from}: {}", self.process.transcript());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// A count of its statistics; `None` while it plays nothing.
    fn count(&self, name: &str) -> Option<u64> {
        let said = self.ask("stats")?;
        let line = said.lines().find_map(|line| line.split_once(name))?.1;
        line.split_once(':')?.1.trim().parse().ok()
    }

    /// What it answers up to its next prompt.
    fn ask(&self, question: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        until_prompt(&mut stream)?;
        writeln!(stream, "{question}").ok()?;
        until_prompt(&mut stream)
    }
}

fn until_prompt(stream: &mut TcpStream) -> Option<String> {
    let mut said = Vec::new();
    while !said.ends_with(b"> ") {
        let mut piece = [0; 4 << 10];
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        said.extend_from_slice(&piece[..count]);
    }
    Some(String::from_utf8_lossy(&said).into_owned())
}

/// A running player of GStreamer. It takes keys from a terminal only, so it gets one.
pub(super) struct GstPlay {
    process: Process,
}

impl GstPlay {
    /// Opens a URL and waits until it plays.
    ///
    /// # Panics
    /// If it does not.
    pub(super) fn open(url: &str) -> Self {
        let sinks = "--videosink='fakesink sync=true' --audiosink='fakesink sync=true'";
        let player = format!("gst-play-1.0 {sinks} '{url}'");
        let mut command = Command::new("sh");
        // It writes its position again and again over the same line.
        let line = format!("script -qfc \"{player}\" /dev/null | stdbuf -oL tr '\\r' '\\n'");
        command.args(["-c", &line]);
        let player = Self { process: Process::start("gst-play", command) };
        player.wait_for_position(|_| true);
        player
    }

    /// Presses a key.
    ///
    /// # Panics
    /// If it is gone.
    pub(super) fn press(&mut self, key: &str) {
        self.process.type_in(key);
    }

    /// Where it is, in seconds; `None` while it has not begun.
    pub(super) fn position(&self) -> Option<f64> {
        self.process.lines().iter().rev().find_map(|line| position(line))
    }

    /// Waits until it is where it should be, and returns the position.
    ///
    /// # Panics
    /// If it does not get there, or reports an error.
    pub(super) fn wait_for_position(&self, is_there: impl Fn(f64) -> bool) -> f64 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let at = self.position();
            if let Some(at) = at.filter(|at| is_there(*at)) {
                assert!(!self.process.transcript().contains("ERROR"), "{}", self.process.transcript());
                return at;
            }
            assert!(Instant::now() < deadline, "GStreamer is at {at:?}: {}", self.process.transcript());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Reads `0:01:02.3 / 99:99:99.`; control sequences of the terminal may stand before it.
fn position(line: &str) -> Option<f64> {
    let before = line.split_once(" / ")?.0;
    let mut parts = before.rsplit(':');
    let seconds: f64 = parts.next()?.parse().ok()?;
    let minutes: f64 = parts.next()?.parse().ok()?;
    Some(minutes * 60.0 + seconds)
}
