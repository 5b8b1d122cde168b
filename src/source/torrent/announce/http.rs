//! Trackers that speak HTTP.

use std::fmt::Write;
use std::net::SocketAddr;

use url::Url;

use super::super::wire::{Value, compact_peers, read_value};
use super::{Announce, LEFT, WANTED};

/// The longest answer that is read, in bytes: two hundred peers as dictionaries have some twenty thousand.
const LONGEST: usize = 256 * 1024;

/// The peers that a tracker names.
pub(super) async fn ask(
    what: Announce,
    tracker: &Url,
    client: &reqwest::Client,
) -> Result<Vec<SocketAddr>, &'static str> {
    let mut answer = client.get(address(what, tracker)).send().await.map_err(|_| "it cannot be reached")?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| "its answer breaks off")? {
        if body.len() + chunk.len() > LONGEST {
            return Err("its answer is too long");
        }
        body.extend_from_slice(&chunk);
    }
    read(&body)
}

fn address(what: Announce, tracker: &Url) -> Url {
    let mut query = tracker.query().map(|own| format!("{own}&")).unwrap_or_default();
    let escaped = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "%{byte:02x}");
            text
        })
    };
    let (info_hash, peer_id) = (escaped(&what.info_hash), escaped(&what.peer_id));
    let _ = write!(
        query,
        "info_hash={info_hash}&peer_id={peer_id}&port={}&uploaded=0&downloaded=0&left={LEFT}&compact=1\
         &numwant={WANTED}&event=started",
        what.port
    );
    let mut url = tracker.clone();
    url.set_query(Some(&query));
    url
}

fn read(body: &[u8]) -> Result<Vec<SocketAddr>, &'static str> {
    let (answer, _) = read_value(body).map_err(|error| error.0)?;
    if answer.get("failure reason").is_some() {
        return Err("it refuses");
    }
    let mut peers = match answer.get("peers") {
        Some(Value::Bytes(compact)) => compact_peers(compact, false),
        Some(Value::List(list)) => list.iter().filter_map(one).collect(),
        _ => Vec::new(),
    };
    peers.extend(
        answer.get("peers6").and_then(Value::bytes).map(|six| compact_peers(six, true)).unwrap_or_default(),
    );
    Ok(peers)
}

/// A peer as a dictionary. Those named by host are left out: nobody does that any more.
fn one(peer: &Value<'_>) -> Option<SocketAddr> {
    let address = str::from_utf8(peer.get("ip")?.bytes()?).ok()?.parse().ok()?;
    let port = u16::try_from(peer.get("port")?.integer()?).ok().filter(|port| *port != 0)?;
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_address_keeps_its_own_query_and_escapes_every_byte() {
        let what = Announce { info_hash: [0xab; 20], peer_id: *b"-HW0100-abcdefghijkl", port: 6881 };
        let url = address(what, &"http://tracker.example/announce?key=x%2Fy".parse().unwrap());
        let query = url.query().unwrap();
        assert!(
            query.starts_with(&format!("key=x%2Fy&info_hash={}&peer_id=%2d%48%57", "%ab".repeat(20))),
            "{query}"
        );
        assert!(query.contains("&port=6881&") && query.contains("&event=started"));
    }

    #[test]
    fn peers_are_read_in_both_forms_and_refusals_are_told() {
        let both = b"d8:intervali1800e5:peers6:\x0a\0\0\x01\x1a\xe16:peers60:e";
        assert_eq!(read(both).unwrap(), ["10.0.0.1:6881".parse().unwrap()]);
        let long = b"d5:peersld2:ip8:10.0.0.24:porti6881eed2:ip4:host4:porti1eed2:ip8:10.0.0.34:porti0eeee";
        assert_eq!(read(long).unwrap(), ["10.0.0.2:6881".parse().unwrap()]);
        assert_eq!(read(b"d14:failure reason4:gonee"), Err("it refuses"));
        assert!(read(b"<html>").is_err());
        assert_eq!(read(b"de").unwrap(), []);
    }

    /// Answers of every form, which are then cut, or have bytes changed.
    const ANSWERS: [&[u8]; 4] = [
        b"d8:intervali1800e5:peers6:\x0a\0\0\x01\x1a\xe16:peers618:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1a\xe1e",
        b"d5:peersld2:ip8:10.0.0.24:porti6881eed2:ip11:2001:db8::14:porti1eed2:ip8:10.0.0.34:porti0eeee",
        b"d14:failure reason4:gonee",
        b"d5:peers0:15:warning message2:hee",
    ];

    proptest! {
        #[test]
        fn whatever_a_tracker_answers_is_read_without_a_panic(
            which in 0..ANSWERS.len(), cut in any::<usize>(), changes in vec((any::<usize>(), any::<u8>()), 0..4),
            noise in vec(any::<u8>(), 0..200),
        ) {
            let mut answer = ANSWERS[which].to_vec();
            for (at, byte) in changes {
                let at = at % answer.len();
                answer[at] = byte;
            }
            let cut = cut % (answer.len() + 1);
            for body in [answer.as_slice(), &answer[..cut], &noise, &[&answer[..cut], &noise].concat()] {
                let peers = read(body).unwrap_or_default();
                prop_assert!(peers.len() <= body.len() / 6);
                prop_assert!(peers.iter().all(|peer| peer.port() != 0));
            }
        }
    }
}
