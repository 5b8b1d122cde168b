//! What a start prints: the links to install by, and where the data lies.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use headwater::config::Config;
use headwater::links::{self, PublicUrl};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

/// The text of the banner for a server that listens on `local`.
pub(crate) fn text(config: &Config, local: SocketAddr) -> String {
    let here = base(local.ip(), local.port());
    let shared = config.server.public_url.clone().unwrap_or_else(|| shared_base(local));
    let manifest = links::manifest(&shared);
    let mut text = format!("Headwater {} is running.\n\n", env!("CARGO_PKG_VERSION"));
    let mut line =
        |name: &str, value: &str| writeln!(text, "  {name:<16}{value}").expect("a String takes any text");
    line("Manifest", manifest.as_str());
    if shared != here {
        line("On this machine", links::manifest(&here).as_str());
    }
    line("Install link", &links::install(&manifest));
    line("Data", &config.server.data_dir.display().to_string());
    line("Cache", &config.cache_dir().display().to_string());
    if !shared.is_https() {
        text.push_str(
            "\n  Stremio opens stremio:// links by https only. Without https, paste the manifest URL\n",
        );
        text.push_str("  into Stremio's addon search; many clients then accept http on 127.0.0.1 alone.\n");
    }
    if let Ok(code) = QrCode::new(manifest.as_str()) {
        // Most terminals are dark, so the light squares are the ones that are drawn.
        let drawn = code
            .render::<Dense1x2>()
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .quiet_zone(true)
            .build();
        write!(text, "\n{drawn}\n").expect("a String takes any text");
    }
    text
}

/// The address other devices would use: the listening one, or this machine's own when it listens on all.
fn shared_base(local: SocketAddr) -> PublicUrl {
    let ip = if local.ip().is_unspecified() { own_address().unwrap_or(local.ip()) } else { local.ip() };
    base(ip, local.port())
}

fn base(ip: IpAddr, port: u16) -> PublicUrl {
    let ip = if ip.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { ip };
    let host = SocketAddr::new(ip, port).to_string();
    PublicUrl::from_host(false, &host).expect("a socket address is a host with a port")
}

/// The address this machine would send from. Connecting a datagram socket asks the routing table and sends
/// nothing; the target is the documentation network of RFC 5737.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_url_of_a_loopback_server_names_its_port() {
        let text = text(&Config::default(), "127.0.0.1:4711".parse().unwrap());
        assert!(text.contains("http://127.0.0.1:4711/manifest.json"), "{text}");
        assert!(text.contains("stremio://127.0.0.1:4711/manifest.json"), "{text}");
        assert!(text.contains("Data            ./data\n"), "{text}");
        assert!(text.contains('█'), "there is a QR code: {text}");
    }

    #[test]
    fn the_public_url_is_what_is_shown_first() {
        let mut config = Config::default();
        config.server.public_url = Some("https://films.example.org/water/".parse().unwrap());
        let text = text(&config, "0.0.0.0:7000".parse().unwrap());
        assert!(text.contains("stremio://films.example.org/water/manifest.json"), "{text}");
        assert!(text.contains("http://127.0.0.1:7000/manifest.json"), "{text}");
    }
}
