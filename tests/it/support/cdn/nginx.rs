//! The real nginx behind the gate.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::process::Process;

/// Listens on a socket in its own folder, so that no port can be taken away from it.
pub(super) struct Nginx {
    _process: Process,
    folder: TempDir,
}

impl Nginx {
    pub(super) fn start() -> Self {
        let folder = TempDir::new().expect("the temporary folder is writable");
        let path = folder.path();
        for place in ["root/files", "root/seed"] {
            fs::create_dir_all(path.join(place)).expect("the folder is ours");
        }
        fs::write(path.join("conf"), configuration(path)).expect("the disk has room");
        let mut command = Command::new("nginx");
        command.arg("-p").arg(path).arg("-c").arg(path.join("conf")).args(["-e", "stderr"]);
        let nginx = Self { _process: Process::start("nginx", command), folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while UnixStream::connect(nginx.socket()).is_err() {
            assert!(Instant::now() < deadline, "nginx: {}", nginx._process.transcript());
            // nginx gives no sign when it is ready.
            std::thread::sleep(Duration::from_millis(10));
        }
        nginx
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(super) fn write(&self, place: &str, bytes: &[u8]) {
        fs::write(self.path(place), bytes).expect("the disk has room");
    }

    /// Shows a file under a path of the web seed too. Paths that a disk cannot hold are left out.
    pub(super) fn lay_out(&self, place: &str, seeded: &str) {
        if seeded.split('/').any(|name| ["", ".", ".."].contains(&name)) {
            return;
        }
        let path = self.path("seed").join(seeded);
        fs::create_dir_all(path.parent().expect("it is below the seed")).expect("the folder is ours");
        // Another torrent of this name may have been laid out before; the last one counts.
        let _ = fs::remove_file(&path);
        fs::hard_link(self.path(place), path).expect("both are on one disk");
    }

    pub(super) fn path(&self, place: &str) -> PathBuf {
        self.folder.path().join("root").join(place)
    }
}

fn configuration(path: &Path) -> String {
    let path = path.display();
    let modules = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders: String = modules.map(|module| format!("{module}_temp_path {path}/{module}; ")).concat();
    // As root the workers are somebody else and must still reach the files.
    let user = if rustix::process::geteuid().is_root() { "user root; " } else { "" };
    format!(
        "{user}daemon off; pid {path}/pid; worker_processes 1; events {{ worker_connections 1024; }} \
         http {{ access_log off; {folders} \
         types {{ video/mp4 mp4; video/webm webm; video/x-matroska mkv; text/plain txt srt; }} \
         default_type application/octet-stream; keepalive_requests 1000000; \
         server {{ listen unix:{path}/socket; root {path}/root; }} }}"
    )
}
