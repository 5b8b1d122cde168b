//! A real nginx over one file, on a socket in its own folder.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::client::Client;

/// Runs until it is dropped.
pub(super) struct Nginx {
    process: Child,
    /// Where it listens.
    pub(super) socket: PathBuf,
    folder: TempDir,
}

impl Nginx {
    /// Serves `bytes`, modified at `modified`, as `/film.mkv`.
    pub(super) fn start(bytes: &[u8], modified: SystemTime) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir(path.join("www")).unwrap();
        fs::write(path.join("www/film.mkv"), bytes).unwrap();
        let film = File::options().write(true).open(path.join("www/film.mkv")).unwrap();
        film.set_modified(modified).unwrap();
        fs::write(path.join("nginx.conf"), configuration(&path.display().to_string())).unwrap();
        let process = Command::new("nginx")
            .args(["-p", path.to_str().unwrap(), "-c", "nginx.conf", "-e", "error.log"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed (Debian package nginx-light)");
        let socket = path.join("socket");
        let mut nginx = Self { process, socket, folder };
        nginx.wait_until_it_listens();
        nginx
    }

    fn wait_until_it_listens(&mut self) {
        for _ in 0..400 {
            if Client::connect(self.socket.as_path()).is_ok() {
                return;
            }
            let log = || fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default();
            assert!(self.process.try_wait().unwrap().is_none(), "nginx has stopped: {}", log());
            // nginx gives no sign when it is ready.
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("nginx does not listen");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `if_modified_since before` is what RFC 9110 says; nginx by default wants the exact date.
fn configuration(path: &str) -> String {
    let modules = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders: String = modules.map(|module| format!("{module}_temp_path {path}/{module};\n")).concat();
    format!(
        "daemon off;\nmaster_process off;\npid {path}/pid;\nerror_log {path}/error.log;\n\
         events {{ worker_connections 64; }}\n\
         http {{\n{folders}access_log off;\ntypes {{ video/x-matroska mkv; }}\nif_modified_since before;\n\
         keepalive_requests 1000000;\nserver {{ listen unix:{path}/socket; root {path}/www; }}\n}}\n"
    )
}
