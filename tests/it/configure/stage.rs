//! A server with a fake debrid service, and a browser that follows a script.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::cdn::Cdn;
use crate::support::debrid::{Fake, FakeAccount, World, realdebrid, torbox};
use crate::support::process::run;
use crate::support::server::{Headwater, Setup};
use crate::support::tools;

/// How long a script may take. It waits for nothing longer than 20 s, and machines are slow when all tests run.
const PATIENCE: Duration = Duration::from_secs(180);

/// The token that the fake of Real-Debrid knows.
pub(super) const TOKEN: &str = "realdebrid-secret-1";

/// The token that the fake of TorBox knows.
pub(super) const TORBOX_TOKEN: &str = "torbox-secret-1";

/// A server, and the services that it was told of. The server goes first when this is dropped.
pub(super) struct Stage {
    pub(super) server: Headwater,
    pub(super) debrid: Fake,
    pub(super) torbox: Fake,
    _cdn: Cdn,
}

impl Stage {
    /// A server without accounts of its own, which asks nobody outside this machine.
    pub(super) fn start(adjust: impl FnOnce(Setup) -> Setup) -> Self {
        let cdn = Cdn::start();
        let world = World::new(cdn.links("realdebrid"));
        let debrid = Fake::start(&world, realdebrid::REAL_DEBRID, vec![FakeAccount::fine(TOKEN)]);
        let torbox = Fake::start(&world, torbox::TORBOX, vec![FakeAccount::fine(TORBOX_TOKEN)]);
        let setup = Setup::new()
            .env("HEADWATER_TITLES_URL", "off")
            .env("HEADWATER_SOURCE_POLICY", "never-p2p")
            // The fakes lie on loopback, as an indexer at home does.
            .env("HEADWATER_PRIVATE_ADDRESSES", "true")
            .env("HEADWATER_REALDEBRID_URL", &debrid.base)
            .env("HEADWATER_TORBOX_URL", &torbox.base);
        Self { server: adjust(setup).start(), debrid, torbox, _cdn: cdn }
    }

    /// Runs a script of this folder in Chromium and returns what it printed.
    pub(super) async fn drive(&self, script: &str, mut arguments: Value) -> Value {
        arguments["base"] = self.server.base().into();
        let script = tools::test_source(&format!("configure/{script}"));
        let mut command = Command::new("node");
        command.arg(&script).arg(arguments.to_string());
        let running = tokio::task::spawn_blocking(move || run("node", command, PATIENCE));
        let finished = running.await.unwrap();
        assert_eq!(finished.code(), Some(0), "{}\n{}", finished.story(), self.server.transcript());
        serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{}", finished.story()))
    }
}
