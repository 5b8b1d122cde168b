//! Which cores the servers have, and which the client.

use std::process::Command;

/// Two sets of cores that have none in common.
pub(crate) struct Cores {
    servers: String,
    client: String,
    workers: usize,
}

impl Cores {
    /// The first half is for the servers.
    ///
    /// # Panics
    /// If there is only one core: then the client would measure itself.
    pub(crate) fn divide() -> Self {
        let all = std::thread::available_parallelism().map_or(1, usize::from);
        assert!(all > 1, "a client and a server need a core each");
        let half = all / 2;
        let (servers, client) = (format!("0-{}", half - 1), format!("{half}-{}", all - 1));
        let cores = Self { servers, client, workers: half };
        println!("servers on cores {}, client on cores {}", cores.servers, cores.client);
        cores
    }

    /// Threads that serve, of either server: one for each core it has. More would only take turns there.
    pub(crate) fn workers(&self) -> usize {
        self.workers
    }

    /// Goes to the servers' cores, and so does what is started from now on.
    pub(crate) fn enter_servers(&self) {
        enter(&self.servers);
    }

    /// Goes to the client's cores. What was started before stays.
    pub(crate) fn enter_client(&self) {
        enter(&self.client);
    }
}

fn enter(cores: &str) {
    let this = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-a", "-c", "-p", cores, &this]).output();
    assert!(pinned.is_ok_and(|output| output.status.success()), "taskset is there (package util-linux)");
}
