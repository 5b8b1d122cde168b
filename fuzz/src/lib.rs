//! What holds for whatever strangers write. The fuzz targets look for texts that break it, and the tests of the
//! repository hold the seeds against it, so that both know of every change.

use headwater::discovery::{TorznabDocument, read_torznab};
use headwater::profile::{Profile, import};
use headwater::release::Release;
use headwater::source::torrent::wire::{
    Decoder, Greeting, Message, MetadataPart, OUR_METADATA, OUR_PEERS, Value, compact_peers, read_peers,
    read_value,
};
use headwater::source::torrent::{MAX_WEB_ADDRESSES, parse_magnet};

/// Whatever stands in a magnet link is read without a panic, and nothing is taken from it that is not bounded.
///
/// # Panics
/// If that is not so.
pub fn magnet(text: &str) {
    // A link is tried as it is, and as the value of what most of them begin with.
    let known = format!("magnet:?xt=urn:btih:dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c&{text}");
    for text in [text, known.as_str()] {
        let Ok(hints) = parse_magnet(text) else { continue };
        assert!(hints.web_seeds.len() <= MAX_WEB_ADDRESSES && hints.exact_sources.len() <= MAX_WEB_ADDRESSES);
        let web = hints.web_seeds.iter().chain(&hints.exact_sources);
        assert!(web.clone().all(|url| ["http", "https"].contains(&url.scheme())), "{hints:?}");
        assert!(
            hints.trackers.iter().all(|url| ["http", "https", "udp"].contains(&url.scheme())),
            "{hints:?}"
        );
        assert_eq!(parse_magnet(text).as_ref(), Ok(&hints), "the same text says the same");
    }
}

/// Whatever is pasted as settings, and whatever a client sends as a profile: no panic, and what is understood may be
/// kept and comes back as it was.
///
/// # Panics
/// If that is not so.
pub fn profile(text: &str) {
    if let Ok(imported) = import(text) {
        assert!(imported.profile.problems().is_empty(), "{:?}", imported.profile.problems());
        comes_back(&imported.profile);
    }
    if let Ok(profile) = serde_json::from_str::<Profile>(text) {
        std::hint::black_box(profile.problems());
        comes_back(&profile);
    }
}

fn comes_back(profile: &Profile) {
    let text = serde_json::to_string(profile).expect("a profile can be written");
    let again: Profile = serde_json::from_str(&text).expect("what was written can be read");
    assert!(again == *profile, "{text}");
}

/// Whatever a release is called, its name is read without a panic, and what is read is in order.
///
/// # Panics
/// If that is not so.
pub fn release_name(name: &str) {
    let release = Release::parse(name);
    assert!(release.seasons.is_sorted(), "{release:?}");
    assert!(release.episodes.is_sorted(), "{release:?}");
    // A range such as `E1-E999999` must not become a list that fills the memory.
    assert!(release.seasons.len() <= 1_000 && release.episodes.len() <= 10_000, "{release:?}");
    assert_eq!(Release::parse(name), release, "the same name says the same");
}

/// Whatever a Torznab server sends is read without a panic, and never as more than a thousand results.
///
/// # Panics
/// If that is not so.
pub fn torznab(bytes: &[u8]) {
    let document = read_torznab(bytes);
    if let TorznabDocument::Results { items, .. } = &document {
        assert!(items.len() <= 1_000, "{} results", items.len());
    }
    std::hint::black_box(format!("{document:?}"));
}

/// Whatever a peer sends is read without a panic, and every message that is understood is written as it was read.
///
/// # Panics
/// If that is not so.
pub fn peer(bytes: &[u8]) {
    let mut decoder = Decoder::default();
    decoder.space().extend_from_slice(bytes);
    if !matches!(decoder.handshake(), Ok(Some(_))) {
        return;
    }
    while let Ok(Some(message)) = decoder.message() {
        read_extension(&message);
        if matches!(message, Message::Other(_)) {
            continue;
        }
        let mut again = Decoder::default();
        message.write(again.space());
        assert_eq!(again.message(), Ok(Some(message)));
        assert_eq!(again.message(), Ok(None), "nothing is left over");
    }
}

fn read_extension(message: &Message) {
    let Message::Extended(number, body) = message else { return };
    match *number {
        0 => drop(std::hint::black_box(Greeting::read(body))),
        OUR_METADATA => drop(std::hint::black_box(MetadataPart::read(body))),
        OUR_PEERS => {
            let peers = read_peers(body).unwrap_or_default();
            assert!(peers.len() <= body.len() / 6 && peers.iter().all(|peer| peer.port() != 0));
        }
        _ => {}
    }
}

/// Whatever a tracker answers, over HTTP a bencoded value and over UDP peers in the compact form: no panic, no depth
/// that a stack would mind, no more values than bytes, and what is understood is read again as it was.
///
/// # Panics
/// If that is not so.
pub fn tracker(bytes: &[u8]) {
    for (v6, size) in [(false, 6), (true, 18)] {
        let peers = compact_peers(bytes, v6);
        assert!(peers.len() <= bytes.len() / size);
        assert!(peers.iter().all(|peer| peer.port() != 0 && peer.is_ipv6() == v6));
    }
    let Ok((value, rest)) = read_value(bytes) else { return };
    assert!(bytes.ends_with(rest) && rest.len() < bytes.len());
    let mut again = Vec::new();
    let (values, depth) = write(&value, &mut again);
    assert!(values <= bytes.len() && values <= 10_000 && depth <= 16, "{values} values, {depth} deep");
    assert_eq!(read_value(&again), Ok((value, &[][..])));
}

/// Writes a value; how many there are in it, and how deep they lie.
fn write(value: &Value<'_>, out: &mut Vec<u8>) -> (usize, usize) {
    let text = |bytes: &[u8], out: &mut Vec<u8>| {
        out.extend_from_slice(format!("{}:", bytes.len()).as_bytes());
        out.extend_from_slice(bytes);
    };
    let (mut values, mut depth) = (1, 0);
    match value {
        Value::Integer(number) => out.extend_from_slice(format!("i{number}e").as_bytes()),
        Value::Bytes(bytes) => text(bytes, out),
        Value::List(list) => {
            out.push(b'l');
            for one in list {
                let (inside, below) = write(one, out);
                (values, depth) = (values + inside, depth.max(below + 1));
            }
            out.push(b'e');
        }
        Value::Dictionary(entries) => {
            out.push(b'd');
            for (name, one) in entries {
                text(name, out);
                let (inside, below) = write(one, out);
                (values, depth) = (values + inside, depth.max(below + 1));
            }
            out.push(b'e');
        }
    }
    (values, depth)
}
