//! Profiles over a real database.

use super::*;
use crate::db::Database;
use crate::domain::DebridService;
use crate::profile::{Profile, ServiceAccount};
use crate::seal::Sealer;

const TOKEN: &str = "SECRET-TOKEN-OF-A-PROFILE";

struct Rig {
    access: Access,
    db: Database,
    _folder: tempfile::TempDir,
}

async fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open(folder.path()).await.unwrap();
    Rig { access: access(&db, b"a long secret", true), db, _folder: folder }
}

fn access(db: &Database, secret: &[u8], chosen_key: bool) -> Access {
    Access::new(db.clone(), Sealer::new(secret), AccessSettings { password: None, chosen_key })
}

fn named(name: &str) -> Profile {
    let token = TOKEN.to_owned().into();
    let services = vec![ServiceAccount { service: DebridService::RealDebrid, token }];
    Profile { name: name.to_owned(), services, ..Profile::default() }
}

#[tokio::test]
async fn a_profile_is_found_by_its_id_and_its_stamp_grows_when_it_changes() {
    let rig = rig().await;
    let id = rig.access.create(named("first")).await.unwrap();
    let first = rig.access.load(&id).await.unwrap();
    assert_eq!((&*first.profile, first.id.as_str()), (&named("first"), id.as_str()));
    rig.access.save(&id, named("second")).await.unwrap();
    let second = rig.access.load(&id).await.unwrap();
    assert_eq!(second.profile.name, "second");
    assert!(second.stamp > first.stamp);
    // Another process after this one, or this one after it has forgotten.
    let again = access(&rig.db, b"a long secret", true).load(&id).await.unwrap();
    assert_eq!(again, second);
}

#[tokio::test]
async fn what_was_deleted_or_never_made_is_unknown() {
    let rig = rig().await;
    let id = rig.access.create(named("first")).await.unwrap();
    rig.access.delete(&id).await.unwrap();
    let never = id::fresh().unwrap();
    for text in [&id, &never, "", "stream", "~", "~!", "~AAAA!", "realdebrid=TOKEN", &"~A".repeat(3_000)] {
        let error = rig.access.load(text).await.unwrap_err();
        assert!(matches!(error, AccessError::Unknown), "{text}: {error}");
    }
    assert!(matches!(rig.access.save(&id, named("x")).await, Err(AccessError::Unknown)));
    assert!(matches!(rig.access.delete(&id).await, Err(AccessError::Unknown)));
}

#[tokio::test]
async fn a_reader_who_is_overtaken_brings_nothing_old_back() {
    let rig = rig().await;
    let id = rig.access.create(named("first")).await.unwrap();
    rig.access.save(&id, named("second")).await.unwrap();
    let late = rig.access.inner.keep_at_hand(&id, named("first"), 1).unwrap();
    assert_eq!(late.profile.name, "second");
    rig.access.delete(&id).await.unwrap();
    assert!(matches!(rig.access.inner.keep_at_hand(&id, named("second"), 2), Err(AccessError::Unknown)));
    assert!(matches!(rig.access.load(&id).await, Err(AccessError::Unknown)));
}

#[tokio::test]
async fn another_key_is_told_as_such_and_the_install_can_be_configured_anew() {
    let rig = rig().await;
    let id = rig.access.create(named("first")).await.unwrap();
    let whole = rig.access.seal_into_id(&named("first")).unwrap();
    let other = access(&rig.db, b"another secret", true);
    for text in [&id, &whole] {
        let error = other.load(text).await.unwrap_err();
        assert!(matches!(error, AccessError::Sealed), "{error}");
        assert!(error.to_string().contains("SOURCE_SECURITY_KEY"));
    }
    other.save(&id, named("second")).await.unwrap();
    assert_eq!(other.load(&id).await.unwrap().profile.name, "second");
}

#[tokio::test]
async fn a_whole_profile_stands_in_an_address() {
    let rig = rig().await;
    let text = rig.access.seal_into_id(&named("first")).unwrap();
    assert!(text.len() < 1_000, "{}", text.len());
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_~".contains(&byte)));
    let elsewhere = self::rig().await;
    let first = elsewhere.access.load(&text).await.unwrap();
    assert_eq!((&*first.profile, first.id.as_str()), (&named("first"), text.as_str()));
    assert_eq!(elsewhere.access.load(&text).await.unwrap(), first);
    let other = rig.access.seal_into_id(&named("second")).unwrap();
    assert_ne!(elsewhere.access.load(&other).await.unwrap().stamp, first.stamp);
    assert!(matches!(rig.access.save(&text, named("x")).await, Err(AccessError::Unknown)));
    let mut large = named("large");
    // Sums do not compress.
    let group = |number: u64| data_encoding::HEXLOWER.encode(&id::hash(&number.to_string()))[..60].to_owned();
    large.listing.filters.only_groups = (0..100).map(group).collect();
    large.listing.filters.without_groups = (100..200).map(group).collect();
    assert!(matches!(rig.access.seal_into_id(&large), Err(AccessError::TooLarge)));
    let unstable = access(&rig.db, b"a long secret", false);
    assert!(matches!(unstable.seal_into_id(&named("first")), Err(AccessError::NoChosenKey)));
}

#[tokio::test]
async fn what_may_not_be_kept_is_refused_whole() {
    let rig = rig().await;
    let bad = named(&"x".repeat(100));
    assert!(
        matches!(rig.access.create(bad.clone()).await, Err(AccessError::Invalid(problems)) if problems.len() == 1)
    );
    assert!(matches!(rig.access.seal_into_id(&bad), Err(AccessError::Invalid(_))));
    let id = rig.access.create(named("good")).await.unwrap();
    assert!(matches!(rig.access.save(&id, bad).await, Err(AccessError::Invalid(_))));
    assert_eq!(rig.access.load(&id).await.unwrap().profile.name, "good");
}

#[tokio::test]
async fn neither_id_nor_settings_are_in_the_database_or_in_debug_output() {
    let rig = rig().await;
    let id = rig.access.create(named("Living room")).await.unwrap();
    let shown = format!("{:?} {:?}", rig.access.load(&id).await.unwrap(), rig.access);
    assert!(!shown.contains(TOKEN) && !shown.contains(&id), "{shown}");
    rig.db.close().await;
    let mut read = 0;
    for entry in std::fs::read_dir(rig._folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        read += bytes.len();
        for secret in [TOKEN, "Living room", &id] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
        }
    }
    assert!(read > 1_000);
}
