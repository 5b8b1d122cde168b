//! A real nginx over a folder, which writes down what it is asked.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::torrents::Torrent;

/// Runs until it is dropped.
pub(super) struct Nginx {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Nginx {
    pub(super) fn start() -> Self {
        Self::with("")
    }

    /// Sends no more than `rate` bytes per second on a connection, `512k` for instance.
    pub(super) fn slow(rate: &str) -> Self {
        Self::with(&format!("limit_rate {rate};"))
    }

    fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("www")).unwrap();
        // The port is free now; nginx takes it a moment later.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        fs::write(folder.path().join("nginx.conf"), configuration(&path, address, more)).unwrap();
        let process = Command::new("nginx")
            .args(["-p", &path, "-c", "nginx.conf", "-e", "error.log"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx is installed (Debian package nginx-light)");
        let mut nginx = Self { process, address, folder };
        nginx.wait_until_it_listens();
        nginx
    }

    /// Holds the files of a torrent as a web seed does: below its name, or under it if it is one file.
    pub(super) fn seed(&self, torrent: &Torrent) -> String {
        for (path, bytes) in &torrent.files {
            if path.starts_with(".pad/") {
                continue;
            }
            let place =
                if path.is_empty() { torrent.name.clone() } else { format!("{}/{path}", torrent.name) };
            self.put(&place, bytes);
        }
        self.url("")
    }

    /// Holds one file.
    pub(super) fn put(&self, place: &str, bytes: &[u8]) {
        let path = self.folder.path().join("www").join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// What it has answered so far: status, path as it was asked for, and range.
    pub(super) fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    fn wait_until_it_listens(&mut self) {
        for _ in 0..400 {
            if TcpStream::connect(self.address).is_ok() {
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

fn configuration(path: &str, address: SocketAddr, more: &str) -> String {
    assert!(Path::new(path).is_absolute());
    let modules = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders: String = modules.map(|module| format!("{module}_temp_path {path}/{module};\n")).concat();
    format!(
        "daemon off;\nmaster_process off;\npid {path}/pid;\nerror_log {path}/error.log;\n\
         events {{ worker_connections 64; }}\n\
         http {{\n{folders}log_format line '$status $request_uri $http_range';\naccess_log {path}/access.log line;\n\
         types {{ video/mp4 mp4; text/html html; }}\ndefault_type application/octet-stream;\n\
         server {{ listen {address}; root {path}/www; {more} }}\n}}\n"
    )
}
