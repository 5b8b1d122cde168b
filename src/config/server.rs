//! Where the server listens, what it is called from outside, where its data lies.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::layers::{Given, Layers};
use super::values::{duration, duration_text, number};
use crate::links::PublicUrl;

/// The `server` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// `HEADWATER_LISTEN`: the socket to accept viewers on; port 0 lets the system choose. Default `0.0.0.0:7000`.
    pub listen: SocketAddr,
    /// `HEADWATER_PUBLIC_URL`: the address players use; `None` repeats the host of each request.
    pub public_url: Option<PublicUrl>,
    /// `HEADWATER_DATA_DIR`: database, signing key and swarm state. Default `./data`.
    pub data_dir: PathBuf,
    /// `HEADWATER_SHUTDOWN_GRACE`: how long running bodies may finish. Default 25 s, below the 30 s after
    /// which most supervisors kill.
    pub shutdown_grace: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 7000)),
            public_url: None,
            data_dir: PathBuf::from("./data"),
            shutdown_grace: Duration::from_secs(25),
        }
    }
}

impl ServerConfig {
    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let default = Self::default();
        Self {
            listen: layers.value("HEADWATER_LISTEN", default.listen, listen),
            public_url: layers.value("HEADWATER_PUBLIC_URL", None, |given| public_url(given).map(Some)),
            data_dir: layers
                .value("HEADWATER_DATA_DIR", default.data_dir, |given| Ok(PathBuf::from(&given.text))),
            shutdown_grace: layers.value("HEADWATER_SHUTDOWN_GRACE", default.shutdown_grace, |given| {
                duration(given, Duration::from_secs(1))
            }),
        }
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HEADWATER_LISTEN", self.listen.to_string()),
            ("HEADWATER_PUBLIC_URL", self.public_url.as_ref().map(PublicUrl::to_string).unwrap_or_default()),
            ("HEADWATER_DATA_DIR", self.data_dir.display().to_string()),
            ("HEADWATER_SHUTDOWN_GRACE", duration_text(self.shutdown_grace)),
        ]
    }
}

fn listen(given: &Given) -> Result<SocketAddr, String> {
    if given.alias == Some("PORT") {
        let port = number(given, 0, u32::from(u16::MAX))?;
        let port = u16::try_from(port).map_err(|error| error.to_string())?;
        return Ok(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
    }
    given.text.parse().map_err(|_| {
        format!("`{}` is not an IP address with a port, such as 0.0.0.0:7000 or [::]:7000", given.text)
    })
}

// The text is not repeated, because it may hold a password.
fn public_url(given: &Given) -> Result<PublicUrl, String> {
    given.text.parse().map_err(|error: crate::links::InvalidPublicUrl| error.to_string())
}
