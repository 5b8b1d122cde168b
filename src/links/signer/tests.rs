use super::*;
use crate::domain::FileIndex;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn signer() -> LinkSigner {
    LinkSigner::new(&[7; KEY_BYTES])
}

fn hash() -> InfoHash {
    InfoHash::new([0xab; 20])
}

fn file(index: u32) -> FileChoice {
    FileChoice::Index(FileIndex(index))
}

fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(20_000 * 86_400 + 43_200)
}

#[test]
fn a_link_opens_its_own_file_only() {
    let token = signer().sign(hash(), file(1), noon());
    assert_eq!(signer().verify(&token, hash(), file(1), noon()), Ok(()));
    for (info_hash, file) in [(hash(), file(2)), (InfoHash::new([0xac; 20]), file(1))] {
        assert_eq!(signer().verify(&token, info_hash, file, noon()), Err(LinkError::Forged));
    }
    for choice in [FileChoice::Largest, FileChoice::Episode { season: 0, episode: 1 }] {
        assert_eq!(signer().verify(&token, hash(), choice, noon()), Err(LinkError::Forged));
        let own = signer().sign(hash(), choice, noon());
        assert_eq!(signer().verify(&own, hash(), choice, noon()), Ok(()));
    }
    let other = LinkSigner::new(&[8; KEY_BYTES]);
    assert_eq!(other.verify(&token, hash(), file(1), noon()), Err(LinkError::Forged));
}

#[test]
fn every_changed_or_missing_byte_is_noticed() {
    let token = signer().sign(hash(), file(1), noon());
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
    assert_eq!(bytes.len(), 4 + TAG_BYTES);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let changed = BASE64URL_NOPAD.encode(&changed);
        assert_eq!(signer().verify(&changed, hash(), file(1), noon()), Err(LinkError::Forged), "{at}");
        let short = BASE64URL_NOPAD.encode(&bytes[..at]);
        assert_eq!(signer().verify(&short, hash(), file(1), noon()), Err(LinkError::Forged), "{at}");
    }
    for text in ["", "%", "ä", &format!("{token}A"), &format!("{token}=")] {
        assert_eq!(signer().verify(text, hash(), file(1), noon()), Err(LinkError::Forged), "{text}");
    }
}

#[test]
fn a_link_lives_thirty_to_sixty_days() {
    for offset in 0..61 {
        let printed = noon() + DAY * offset;
        let token = signer().sign(hash(), file(0), printed);
        let verify = |at| signer().verify(&token, hash(), file(0), at);
        assert_eq!(verify(printed + VALID_AT_LEAST - Duration::from_secs(1)), Ok(()));
        assert_eq!(verify(printed + 2 * VALID_AT_LEAST), Err(LinkError::Expired));
    }
}

#[test]
fn links_printed_within_one_period_are_equal() {
    let start = UNIX_EPOCH + Duration::from_secs(PERIOD * 700 + 1);
    let token = signer().sign(hash(), file(3), start);
    assert_eq!(signer().sign(hash(), file(3), start + 29 * DAY), token);
    assert_ne!(signer().sign(hash(), file(3), start + VALID_AT_LEAST), token);
}

#[test]
fn the_token_needs_no_encoding_in_a_path() {
    let token = signer().sign(hash(), file(3), noon());
    assert_eq!(token.len(), 27);
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
}

#[test]
fn the_key_survives_a_restart_and_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let token = LinkSigner::open(folder.path()).unwrap().sign(hash(), file(0), noon());
    let again = LinkSigner::open(folder.path()).unwrap();
    assert_eq!(again.verify(&token, hash(), file(0), noon()), Ok(()));
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [KEY_FILE]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_temporary_key_left_by_a_crash_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("link.key.new"), b"half").unwrap();
    LinkSigner::open(folder.path()).unwrap();
    assert_eq!(fs::read(folder.path().join(KEY_FILE)).unwrap().len(), KEY_BYTES);
}

#[test]
fn a_damaged_key_is_reported_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(KEY_FILE);
    fs::write(&path, b"short").unwrap();
    let error = LinkSigner::open(folder.path()).unwrap_err();
    assert!(matches!(error, LinkKeyError::WrongLength { found: 5, .. }), "{error}");
    assert!(error.to_string().contains("link.key holds 5 bytes instead of 32"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"short");
}

#[test]
fn a_missing_folder_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let error = LinkSigner::open(&folder.path().join("gone")).unwrap_err();
    assert!(error.to_string().contains("gone"), "{error}");
}

#[test]
fn derived_keys_differ_by_purpose_and_from_the_link_key() {
    let sign = |key: hmac::Key| hmac::sign(&key, b"message").as_ref().to_vec();
    let one = sign(signer().derive_key("one"));
    assert_eq!(one, sign(signer().derive_key("one")));
    assert_ne!(one, sign(signer().derive_key("two")));
    assert_ne!(one, sign(signer().links));
}

#[test]
fn the_key_is_never_printed() {
    assert_eq!(format!("{:?}", signer()), "LinkSigner");
}
