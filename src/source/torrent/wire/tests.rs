//! The codec against itself, against bytes written by hand, and against nonsense.

use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;

use super::*;

const GREETING: Handshake =
    Handshake { info_hash: [7; 20], peer_id: *b"-HW0100-abcdefghijkl", extensions: true, fast: true };

fn fed(bytes: &[u8]) -> Decoder {
    let mut decoder = Decoder::default();
    decoder.space().put_slice(bytes);
    decoder
}

fn bytes_of(message: &Message) -> BytesMut {
    let mut out = BytesMut::new();
    message.write(&mut out);
    out
}

fn any_block() -> impl Strategy<Value = Block> {
    any::<(u32, u32, u32)>().prop_map(|(piece, begin, length)| Block { piece, begin, length })
}

fn any_message() -> impl Strategy<Value = Message> {
    let data = || prop::collection::vec(any::<u8>(), 0..100).prop_map(Bytes::from);
    prop_oneof![
        Just(Message::KeepAlive),
        Just(Message::Choke),
        Just(Message::Unchoke),
        Just(Message::Interested),
        Just(Message::NotInterested),
        Just(Message::HaveAll),
        Just(Message::HaveNone),
        any::<u32>().prop_map(Message::Have),
        any::<u32>().prop_map(Message::AllowedFast),
        data().prop_map(Message::Bitfield),
        any_block().prop_map(Message::Request),
        any_block().prop_map(Message::Cancel),
        any_block().prop_map(Message::Reject),
        (any::<u32>(), any::<u32>(), data()).prop_map(|(piece, begin, data)| Message::Piece {
            piece,
            begin,
            data
        }),
        (any::<u8>(), data()).prop_map(|(number, body)| Message::Extended(number, body)),
        (30_u8..).prop_map(Message::Other),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_however_it_is_cut(
        messages in prop::collection::vec(any_message(), 0..20),
        cut in 1_usize..50,
    ) {
        let mut wire = BytesMut::from(GREETING.to_bytes().as_slice());
        messages.iter().for_each(|message| message.write(&mut wire));
        let (mut decoder, mut read) = (Decoder::default(), Vec::new());
        for part in wire.chunks(cut) {
            decoder.space().put_slice(part);
            if !decoder.is_greeted() {
                prop_assert!(decoder.handshake().unwrap().is_none_or(|said| said == GREETING));
            }
            while decoder.is_greeted() && let Some(message) = decoder.message().unwrap() {
                read.push(message);
            }
        }
        prop_assert_eq!(read, messages);
    }

    #[test]
    fn nonsense_ends_a_connection_and_nothing_else(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut decoder = fed(&bytes);
        while let Ok(Some(_)) = decoder.message() {}
        let _ = read_value(&bytes);
        let _ = Greeting::read(&bytes);
        let _ = MetadataPart::read(&bytes.clone().into());
        let _ = read_peers(&bytes);
    }
}

#[test]
fn bytes_are_as_the_standards_have_them() {
    let block = Block { piece: 1, begin: 0x4000, length: 0x4000 };
    assert_eq!(*bytes_of(&Message::Request(block)), *b"\0\0\0\x0d\x06\0\0\0\x01\0\0\x40\0\0\0\x40\0");
    assert_eq!(*bytes_of(&Message::Interested), *b"\0\0\0\x01\x02");
    assert_eq!(*bytes_of(&Message::KeepAlive), *b"\0\0\0\0");
    assert_eq!(*bytes_of(&Message::AllowedFast(9)), *b"\0\0\0\x05\x11\0\0\0\x09");
    let hello = GREETING.to_bytes();
    assert_eq!(hello[..28], *b"\x13BitTorrent protocol\0\0\0\0\0\x10\0\x04");
    assert_eq!(hello[48..], *b"-HW0100-abcdefghijkl");
}

#[test]
fn messages_of_a_wrong_length_and_endless_ones_are_refused() {
    let refused: [&[u8]; 6] = [
        b"\0\0\0\x02\x01\0",
        b"\0\0\0\x03\x04\0\0",
        b"\0\0\0\x05\x06\0\0\0\0",
        b"\0\0\0\x03\x07\0\0",
        b"\0\0\0\x01\x14",
        b"\xff\xff\xff\xff",
    ];
    for bytes in refused {
        assert!(fed(bytes).message().is_err(), "{bytes:?}");
    }
    assert_eq!(fed(b"\0\0\0\x03\x09\x1a\xe1").message(), Ok(Some(Message::Other(9))), "a DHT port");
    assert!(fed(&[b'G'; 68]).handshake().is_err());
}

#[test]
fn an_incomplete_message_waits_and_takes_nothing() {
    let whole = bytes_of(&Message::Have(3));
    let mut decoder = fed(&whole[..8]);
    assert_eq!(decoder.message(), Ok(None));
    decoder.space().put_slice(&whole[8..]);
    assert_eq!(decoder.message(), Ok(Some(Message::Have(3))));
    assert_eq!(decoder.message(), Ok(None));
}

#[test]
fn a_peer_introduces_itself() {
    let said = b"d1:md11:ut_metadatai3e6:ut_pexi1ee13:metadata_sizei31235e4:reqqi500e1:v7:Example6:yourip4:\x01\x02\x03\x04e";
    let greeting = Greeting { metadata: Some(3), metadata_size: Some(31235), queue: 500 };
    assert_eq!(Greeting::read(said), Ok(greeting));
    let silent = Greeting { metadata: None, metadata_size: None, queue: 250 };
    assert_eq!(Greeting::read(b"d1:md11:ut_metadatai0eee"), Ok(silent));
    assert_eq!(Greeting::read(b"d1:mi-5e13:metadata_sizei-1e4:reqqi0ee"), Ok(silent));
    let Message::Extended(0, ours) = Greeting::ours("Headwater") else { panic!() };
    assert_eq!(Greeting::read(&ours).unwrap().metadata, Some(OUR_METADATA));
}

#[test]
fn parts_of_the_metadata_are_asked_for_sent_and_refused() {
    let here = Bytes::from_static(b"d8:msg_typei1e5:piecei2e10:total_sizei40000eeabc");
    assert_eq!(MetadataPart::read(&here), Ok(Some(MetadataPart::Here(2, Bytes::from_static(b"abc")))));
    for part in [MetadataPart::Wanted(0), MetadataPart::Refused(1), MetadataPart::Here(2, Bytes::from("x"))] {
        let Message::Extended(4, body) = part.message(4) else { panic!() };
        assert_eq!(MetadataPart::read(&body), Ok(Some(part)));
    }
    assert_eq!(MetadataPart::read(&Bytes::from_static(b"d8:msg_typei9e5:piecei2ee")), Ok(None));
}

#[test]
fn peers_are_named_in_few_bytes() {
    let said = b"d5:added12:\x0a\0\0\x01\x1a\xe1\x0a\0\0\x02\0\x006:added618:\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x1a\xe1e";
    let peers: Vec<String> = read_peers(said).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(peers, ["10.0.0.1:6881", "[2001:db8::1]:6881"]);
    let many = [b"d5:added6000:".as_slice(), &[1; 6000], b"e"].concat();
    assert_eq!(read_peers(&many).unwrap().len(), 50);
}

#[test]
fn hostile_values_are_refused_and_not_followed() {
    let deep = vec![b'l'; 100_000];
    let wide = [b"l".as_slice(), &b"i1e".repeat(10_000), b"e"].concat();
    let refused: [&[u8]; 8] =
        [b"", b"i", b"i1", b"5:abc", b"d1:ae", b"999999999999999999999:", b"-1:", b"di1ei2ee"];
    for bytes in [deep.as_slice(), &wide].into_iter().chain(refused) {
        assert!(read_value(bytes).is_err());
    }
}
