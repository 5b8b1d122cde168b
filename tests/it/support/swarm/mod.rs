//! Swarms on loopback: torrents made here, trackers and seeds that others wrote.

mod aria2;
mod bencode;
pub(crate) mod leech;
mod libtorrent;
mod qbittorrent;
mod rtorrent;
mod share;
mod tracker;
mod transmission;

pub(crate) use aria2::Aria2;
pub(crate) use libtorrent::Libtorrent;
pub(crate) use qbittorrent::Qbittorrent;
pub(crate) use rtorrent::Rtorrent;
pub(crate) use share::Share;
pub(crate) use tracker::{Announce, Opentracker, Tracker};
pub(crate) use transmission::Transmission;

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::process::Process;

/// The smallest swarm: one tracker, one libtorrent seed, one file.
pub(crate) struct Seeded {
    /// The tracker, which tells what it heard.
    pub(crate) tracker: Tracker,
    /// What is shared.
    pub(crate) share: Share,
    /// Who shares it.
    pub(crate) seed: Libtorrent,
}

impl Seeded {
    /// Starts one over a single file, with a seed that uploads at most `limit` bytes per second.
    pub(crate) fn start(name: &str, data: Vec<u8>, limit: Option<u32>) -> Self {
        let tracker = Tracker::start();
        let share = Share::single(name, data, PIECE, &[tracker.http()]);
        let seed = Libtorrent::start(&share, limit);
        Self { tracker, share, seed }
    }

    /// The bytes of the one file.
    pub(crate) fn data(&self) -> &[u8] {
        &self.share.files[0]
    }
}

/// The piece length of [`Seeded`], in bytes: small, so that a clip has many pieces.
pub(crate) const PIECE: usize = 128 * 1024;

/// A port that was free a moment ago, for programs that cannot be asked which one they took.
///
/// # Panics
/// If the machine has none.
pub(crate) fn free_port() -> u16 {
    let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    probe.local_addr().expect("a bound socket has an address").port()
}

/// Waits until a program that listens on a port of loopback greets those who come for a torrent: many listen before
/// they know of any.
///
/// # Panics
/// If it does not within half a minute.
pub(crate) async fn until_greeting(port: u16, share: &Share, program: &Process) {
    let info_hash = HEXLOWER.decode(share.info_hash.as_bytes()).expect("it was written as hex");
    let hello =
        [b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0", &info_hash[..], b"-XX0001-who-is-there"].concat();
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let greets = async {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            stream.write_all(&hello).await?;
            stream.read_exact(&mut [0; 68]).await
        };
        // Who is still reading the file answers nothing at all.
        if let Ok(Ok(_)) = timeout(Duration::from_secs(1), greets).await {
            return;
        }
        assert!(Instant::now() < deadline, "nobody greets on {port}:\n{}", program.transcript());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::media;

    fn share(trackers: &[String]) -> Share {
        Share::single("clip.bin", media::random(11, 300_000), 32 * 1024, trackers)
    }

    #[test]
    fn libtorrent_seeds_and_the_tracker_hears_of_it() {
        let tracker = Tracker::start();
        let share = share(&[tracker.http()]);
        let mut seed = Libtorrent::start(&share, None);
        tracker.wait_for(&share.info_hash, seed.port);
        assert_eq!(tracker.announces(&share.info_hash)[0].left, Some(0), "it has all there is");
        seed.limit(Some(50_000));
        assert_eq!(seed.uploaded(), 0, "nobody has asked yet");
    }

    #[test]
    fn libtorrent_announces_over_udp() {
        let tracker = Tracker::start();
        let share = share(&[tracker.udp()]);
        let seed = Libtorrent::start(&share, None);
        tracker.wait_for(&share.info_hash, seed.port);
    }

    #[test]
    fn libtorrent_seeds_names_that_no_disk_should_see() {
        let files =
            [(vec!["..", "..", "etc", "passwd"], media::random(1, 70_000)), (vec!["a:b\\c.mkv"], vec![1; 9])];
        let share = Share::multi("..", &files, 16 * 1024, &[]);
        let seed = Libtorrent::start(&share, None);
        assert_ne!(seed.port, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn transmission_seeds_and_the_tracker_hears_of_it() {
        let tracker = Tracker::start();
        let share = share(&[tracker.http()]);
        let seed = Transmission::start(&share, None).await;
        tracker.wait_for(&share.info_hash, seed.port);
    }

    #[test]
    fn aria2_seeds_and_the_tracker_hears_of_it() {
        let tracker = Tracker::start();
        let share = share(&[tracker.http()]);
        let seed = Aria2::start(&share, None);
        tracker.wait_for(&share.info_hash, seed.port);
    }

    #[test]
    fn opentracker_takes_announces() {
        let tracker = Opentracker::start(|url| share(&[url]));
        // The seed prints its port only when a tracker has answered, and there is just this one.
        let seed = Libtorrent::start(&tracker.share, None);
        assert_ne!(seed.port, 0);
    }
}
