//! `headwater check` and `headwater healthcheck`: questions about a server instead of running one.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use headwater::config::Config;
use headwater::net;

/// A server that needs longer for an empty answer is not well. Below the 5 s most supervisors allow.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(4);

/// Prints the settings in effect, then tries whether the folders can be written.
pub(crate) fn check(config: &Config) -> anyhow::Result<()> {
    let mut text = String::new();
    for (name, value) in config.describe() {
        text.push_str(&format!("{name}={value}\n"));
    }
    super::say(&text);
    for (folder, name) in
        [(config.server.data_dir.clone(), "HEADWATER_DATA_DIR"), (config.cache_dir(), "HEADWATER_CACHE_DIR")]
    {
        can_write(&folder).with_context(|| {
            format!(
                "{} cannot be written: fix its permissions or set {name} to another folder",
                folder.display()
            )
        })?;
    }
    super::say("\nThe settings and folders are in order.\n");
    Ok(())
}

/// Asks the server that listens on this machine under these settings for `/health`.
pub(crate) async fn health(config: &Config) -> anyhow::Result<()> {
    let listen = config.server.listen;
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let url = format!("http://{}/health", SocketAddr::new(ip, listen.port()));
    let request = net::client()?.get(&url).timeout(HEALTH_TIMEOUT).send();
    let status = request.await.with_context(|| format!("{url} does not answer"))?.status();
    ensure!(status.is_success(), "{url} answers {status}");
    Ok(())
}

/// Tries the folder itself; one that does not exist yet would be made in its nearest existing parent.
fn can_write(folder: &Path) -> anyhow::Result<()> {
    let absolute = std::path::absolute(folder)?;
    let Some(existing) = absolute.ancestors().find(|folder| folder.exists()) else {
        bail!("no part of its path exists");
    };
    ensure!(existing.is_dir(), "{} is not a folder", existing.display());
    // Permission bits say nothing about read-only mounts or root, so only a real file answers.
    let probe = existing.join(format!(".headwater-check-{}", std::process::id()));
    fs::File::create(&probe)?;
    fs::remove_file(&probe)?;
    Ok(())
}
