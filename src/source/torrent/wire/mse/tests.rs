//! The handshake against figures from elsewhere, against its other side, and against whoever breaks it.

use data_encoding::HEXLOWER;
use proptest::prelude::*;

use rc4::{KeyInit, StreamCipher};

use super::answerer::Answerer;
use super::cipher::DROPPED;
use super::*;

const INFO_HASH: [u8; 20] = [7; 20];
const WORDS: &[u8] = b"first words";

/// What these chances lead to, computed by another program from the specification: `pow` and `hashlib` of Python, and
/// RC4 written out.
const OUR_KEY: &str = "96e112dab29e8c5272accb9b17b26887ce54a144a4e3b697c7d159b7a817e556b0918db2b4c658e02a87f7e5\
    fb14b18a553e084cbf3dad2d30f16596ccb982d406258c61b30c5c1dae2ddc60bdbd48d79896312aad63238c\
    39e1a633821eb693";

const THEIR_KEY: &str = "d32ae8cedd0de9ca4fe67e35626bb8c7cdb0966727d899f6a62fdb2b68817f9ddc4b684e3eb34030b8dba4e0\
    28b7cff3264020340cb4eab61923cdc4e4216ba873368d83f0a38e497f1f6b4e3d2012eb91a3ee6056f966f9\
    eae732089b6fa46e";

const OUR_ANSWER: &str = "78fffb0f23055a793ff7609f359e04e383ec350571d78150e85448ce01f25cccacd68f4ff1fe589f6001a24d\
    f82bedd60d89ed971f5ee4fc0d1bb09123c43a0e8da5b632ef2c";

const THEIR_ANSWER: &str = "1f1175239bd82cb005687bc65ec61c334d0050f756";

const LATER: &str = "0e3f5acb";

fn bytes(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).unwrap()
}

/// Numbers one after another.
fn exponent(first: u8) -> [u8; EXPONENT] {
    std::array::from_fn(|index| first + index as u8)
}

fn offer(pads: [Vec<u8>; 2]) -> (Offer, Vec<u8>) {
    Offer::new(Chance { exponent: exponent(1), pads })
}

fn key(hello: &[u8]) -> &[u8; KEY] {
    hello.first_chunk().unwrap()
}

/// Gives `said` to the agreement in parts of this length.
fn feed(
    mut agreement: Agreement,
    said: &[u8],
    cut: usize,
) -> Result<(Option<Option<Veil>>, BytesMut), WireError> {
    let mut buffer = BytesMut::new();
    for (index, part) in said.chunks(cut).enumerate() {
        buffer.put_slice(part);
        agreement = match agreement.read(&mut buffer)? {
            Progress::Waiting(agreement) => agreement,
            Progress::Agreed(mut veil) => {
                let mut rest = said[said.len().min((index + 1) * cut)..].to_vec();
                if let Some(veil) = &mut veil {
                    veil.theirs.apply(&mut rest);
                }
                buffer.put_slice(&rest);
                return Ok((Some(veil), buffer));
            }
        };
        assert!(buffer.len() <= LONGEST_PAD + 8 + cut, "nothing is kept for ever");
    }
    Ok((None, buffer))
}

/// Begins a handshake with this answerer. What it answers comes back.
fn begun(answerer: &Answerer) -> (Agreement, Vec<u8>) {
    let (offer, hello) = offer([vec![1; 50], vec![2; 60]]);
    let theirs = answerer.hello();
    let (agreement, answer) = offer.answer(key(&theirs), &INFO_HASH, WORDS).unwrap();
    let mut said = BytesMut::from([hello.as_slice(), &answer].concat().as_slice());
    let heard = answerer.hear(&mut said).unwrap();
    assert_eq!((heard.words.as_slice(), heard.offered, said.len()), (WORDS, 3, 0));
    (agreement, [&theirs[KEY..], &heard.reply].concat())
}

#[test]
fn the_bytes_are_those_that_the_specification_leads_to() {
    let (offer, hello) = offer([Vec::new(), vec![5; 3]]);
    assert_eq!(hello, bytes(OUR_KEY));
    let theirs = bytes(THEIR_KEY);
    assert_eq!(Private::new(&exponent(101)).public(), theirs[..]);
    let (agreement, answer) = offer.answer(key(&theirs), &INFO_HASH, WORDS).unwrap();
    assert_eq!(answer, bytes(OUR_ANSWER));
    let (veil, rest) = feed(agreement, &bytes(THEIR_ANSWER), 1000).unwrap();
    assert_eq!(rest, b"hello"[..]);
    let mut later = *b"more";
    veil.unwrap().unwrap().ours.apply(&mut later);
    assert_eq!(later[..], bytes(LATER));
}

#[test]
fn the_cipher_is_rc4_without_its_beginning() {
    // RFC 6229 has the key stream of this key from byte 1024 on.
    let mut cipher = rc4::Rc4::new_from_slice(&[1, 2, 3, 4, 5]).unwrap();
    let mut stream = [0; 1040];
    cipher.apply_keystream(&mut stream);
    assert_eq!(stream[1024..], bytes("30abbcc7c20b01609f23ee2d5f6bb7df"));
    let mut clear = [0; 16];
    Cipher::new("keyA", &[1; KEY], &INFO_HASH).apply(&mut clear);
    let mut whole = rc4::Rc4::new_from_slice(&sha1(&[b"keyA", &[1; KEY], &INFO_HASH])).unwrap();
    whole.apply_keystream(&mut stream[..DROPPED]);
    let mut after = [0; 16];
    whole.apply_keystream(&mut after);
    assert_eq!(clear, after);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn both_sides_agree_whatever_the_pads_and_however_it_is_cut(
        first in prop::collection::vec(any::<u8>(), 0..=LONGEST_PAD),
        last in prop::collection::vec(any::<u8>(), 0..=LONGEST_PAD),
        cut in 1_usize..700,
        plain: bool,
    ) {
        let chosen = if plain { PLAIN } else { RC4 };
        let answerer = Answerer { first_pad: first, last_pad: last, chosen, ..Answerer::new(INFO_HASH) };
        let (agreement, said) = begun(&answerer);
        let (veil, rest) = feed(agreement, &said, cut).unwrap();
        prop_assert_eq!(veil.map(|veil| veil.is_none()), Some(plain));
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn nonsense_ends_a_handshake_or_waits(said in prop::collection::vec(any::<u8>(), 0..1500), cut in 1_usize..700) {
        let (agreement, _) = begun(&Answerer::new(INFO_HASH));
        let ended = feed(agreement, &said, cut);
        prop_assert_eq!(ended.is_err(), said.len() >= LONGEST_PAD + 8);
    }
}

#[test]
fn it_waits_for_whatever_is_missing() {
    let (_, said) = begun(&Answerer::new(INFO_HASH));
    for end in 0..said.len() {
        let (agreement, _) = begun(&Answerer::new(INFO_HASH));
        assert!(feed(agreement, &said[..end], 1000).unwrap().0.is_none(), "{end} bytes are not all");
    }
}

#[test]
fn pads_that_are_too_long_are_refused_and_the_longest_are_not() {
    for (first, last, fits) in [(512, 512, true), (513, 0, false), (0, 513, false), (0, 65535, false)] {
        let (first_pad, last_pad) = (vec![3; first], vec![4; last]);
        let (agreement, said) = begun(&Answerer { first_pad, last_pad, ..Answerer::new(INFO_HASH) });
        assert_eq!(feed(agreement, &said, 1).is_ok(), fits, "{first} and {last}");
    }
}

#[test]
fn what_was_not_offered_cannot_be_chosen() {
    for chosen in [0, 3, 4, 0x0200_0000, u32::MAX] {
        let (agreement, said) = begun(&Answerer { chosen, ..Answerer::new(INFO_HASH) });
        assert!(feed(agreement, &said, 1000).is_err(), "{chosen}");
    }
}

#[test]
fn what_follows_a_choice_of_no_encryption_is_left_as_it_is() {
    let (agreement, said) = begun(&Answerer { chosen: PLAIN, ..Answerer::new(INFO_HASH) });
    let (veil, rest) = feed(agreement, &[said.as_slice(), b"hello"].concat(), 1000).unwrap();
    assert!(veil.unwrap().is_none());
    assert_eq!(rest, b"hello"[..]);
}

#[test]
fn public_keys_that_give_the_secret_away_are_refused() {
    let prime = "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74\
                 020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437\
                 4fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563";
    let last = |byte: u8| [&bytes(prime)[..KEY - 1], &[byte]].concat();
    let small = |byte: u8| [[0; KEY - 1].as_slice(), &[byte]].concat();
    let answered =
        |theirs: &[u8]| offer([Vec::new(), Vec::new()]).0.answer(key(theirs), &INFO_HASH, WORDS).is_ok();
    for hostile in [small(0), small(1), last(0x62), last(0x63), last(0x64), vec![0xff; KEY]] {
        assert!(!answered(&hostile), "{hostile:x?}");
    }
    assert!(answered(&small(2)) && answered(&last(0x61)));
}

#[test]
fn too_much_cannot_be_said_at_once() {
    let theirs = Answerer::new(INFO_HASH).hello();
    let said = |length: usize| {
        let (offer, _) = offer([Vec::new(), Vec::new()]);
        offer.answer(key(&theirs), &INFO_HASH, &vec![0; length]).is_ok()
    };
    assert!(said(65535) && !said(65536));
}

#[test]
fn chance_differs_and_pads_stay_within_their_limit() {
    let drawn: Vec<Chance> = (0..200).map(|_| Chance::draw().unwrap()).collect();
    let lengths: Vec<usize> = drawn.iter().flat_map(|chance| &chance.pads).map(Vec::len).collect();
    assert!(lengths.iter().all(|length| *length <= LONGEST_PAD));
    assert!(lengths.iter().any(|length| *length > 256) && lengths.iter().any(|length| *length < 256));
    assert!(drawn.windows(2).all(|two| two[0].exponent != two[1].exponent));
}
