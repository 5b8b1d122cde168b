//! Starts and stops: arguments, settings, logging, server, signal, shutdown.

mod banner;
mod cli;
mod probe;

use std::future::Future;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use headwater::config::{Config, env};
use headwater::demo::Demo;
use headwater::server::Server;
use headwater::{source, telemetry};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use cli::Action;

/// `EX_USAGE` of sysexits: the command line or a setting is wrong, and starting again will not help.
const EXIT_USAGE: u8 = 64;

/// `EX_UNAVAILABLE` of sysexits: something outside the settings stands in the way, such as a taken port.
const EXIT_UNAVAILABLE: u8 = 69;

/// How long the runtime may wait for blocking work that outlives an orderly shutdown.
const RUNTIME_GRACE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let arguments = match cli::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed terminal is no reason for another exit code.
            error.print().ok();
            return if error.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let config = match Config::load(arguments.flags, &env::process) {
        Ok(config) => config,
        Err(errors) => {
            say_error(&format!("the settings are not in order:\n{errors}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let outcome = match arguments.action {
        Action::Serve => run(serve(config)),
        Action::Check => probe::check(&config),
        Action::Healthcheck => run(probe::health(&config)),
        Action::Demo => run(demo(config)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if arguments.action == Action::Healthcheck => {
            say_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            say_error(&format!("{error:#}"));
            ExitCode::from(EXIT_UNAVAILABLE)
        }
    }
}

fn run(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_timeout(RUNTIME_GRACE);
    outcome
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let mut signals = start(&config)?;
    let server = tokio::select! {
        bound = Server::bind(config.clone()) => bound?,
        () = signals.next() => return Ok(()),
    };
    say(&banner::text(&config, server.local_addr()));
    signals.next().await;
    stop(server.shutdown(), signals).await;
    Ok(())
}

async fn demo(config: Config) -> anyhow::Result<()> {
    let mut signals = start(&config)?;
    let demo = tokio::select! {
        started = Demo::start(&config) => started?,
        () = signals.next() => return Ok(()),
    };
    say(&banner::text(demo.config(), demo.local_addr()));
    say("\nThis plays in a browser or a player on this machine, out of a swarm on loopback:\n\n");
    for (title, link) in demo.links() {
        say(&format!("  {title:<24}{link}\n"));
    }
    say("\nCtrl-C ends the demo and deletes what it wrote.\n");
    signals.next().await;
    stop(demo.shutdown(), signals).await;
    Ok(())
}

/// The signals that end a server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn start(config: &Config) -> anyhow::Result<Signals> {
    telemetry::start(&config.log, source::torrent::LOGGED);
    raise_open_files();
    Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
}

async fn stop(shutdown: impl Future<Output = ()>, mut signals: Signals) {
    tracing::info!("stopping; running answers may finish, a second signal stops at once");
    tokio::select! {
        () = shutdown => {}
        () = signals.next() => {}
    }
}

/// Lifts the soft limit on open files to the hard one: peers, viewers and files together outgrow the usual
/// 1024, which is that low only for programs that still call `select`.
fn raise_open_files() {
    let limits = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limits.maximum, ..limits }) {
        tracing::warn!(%error, limit = limits.current, "the limit on open files stays low");
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody may be reading; the server runs all the same.
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
}

fn say_error(text: &str) {
    writeln!(std::io::stderr(), "headwater: {text}").ok();
}
