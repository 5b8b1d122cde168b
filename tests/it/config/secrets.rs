//! No secret leaves the settings by way of a description, a debug text or a mistake.

use headwater::config::env::SETTINGS;

use super::load;

#[test]
fn secrets_are_never_printed() {
    let config = load(&[("HEADWATER_ADMIN_TOKEN", "hush-hush")], &[]).unwrap();
    assert!(!format!("{config:?} {:?}", config.describe()).contains("hush"));
    let errors = load(&[("HEADWATER_ADMIN_TOKEN", "hush hush")], &[]).unwrap_err();
    assert!(!format!("{errors} {errors:?}").contains("hush"));
    let errors = load(&[("HEADWATER_PUBLIC_URL", "https://me:hush@films.example")], &[]).unwrap_err();
    assert!(!format!("{errors} {errors:?}").contains("hush"));
}

/// Every setting that may hold a secret, by its name.
fn secret_settings() -> impl Iterator<Item = &'static str> {
    SETTINGS
        .iter()
        .map(|setting| setting.name)
        .filter(|name| name.ends_with("_TOKEN") || name.ends_with("_PROXY"))
}

/// A value for `name` that holds the word `hush`.
fn secret(name: &str) -> &'static str {
    match name {
        "HEADWATER_STREMTHRU_TOKEN" => "torbox=hush-1,me:hush-2",
        name if name.ends_with("_PROXY") => "socks5://me:hush@127.0.0.1:1080",
        _ => "hush-1,hush-2",
    }
}

#[test]
fn secrets_of_every_service_are_hidden() {
    assert_eq!(
        secret_settings().count(),
        17,
        "one token for ourselves, and token and proxy of eight services"
    );
    let mut set: Vec<(&str, &str)> = secret_settings().map(|name| (name, secret(name))).collect();
    set.push(("HEADWATER_STREMTHRU_URL", "http://127.0.0.1:8080"));
    let config = load(&set, &[]).unwrap();
    assert_eq!(config.debrid.active().len(), 8);
    let described = config.describe();
    for name in secret_settings() {
        assert!(described.contains(&(name, "(hidden)".to_owned())), "{name}");
    }
    assert!(!format!("{described:?} {config:?} {config:#?}").contains("hush"));
}

#[test]
fn mistakes_in_secrets_do_not_repeat_them() {
    for name in secret_settings() {
        for text in ["hush hush", "h\u{fc}hush"] {
            let set = [("HEADWATER_STREMTHRU_URL", "http://127.0.0.1:8080"), (name, text)];
            let errors = load(&set, &[]).unwrap_err();
            assert_eq!(errors.0.len(), 1, "{errors}");
            assert_eq!(errors.0[0].setting, name);
            assert!(!format!("{errors} {errors:?}").contains("hush"), "{errors}");
        }
    }
}

#[test]
fn addresses_with_a_key_or_password_are_not_printed() {
    let keyed = [("HEADWATER_CONTENT_URLS", "https://nas.example/get?key=hush&of={infohash}")];
    let config = load(&keyed, &[]).unwrap();
    assert!(config.sources.content_urls[0].contains("hush"));
    assert!(!format!("{:?} {config:?}", config.describe()).contains("hush"));
    for name in
        ["HEADWATER_CONTENT_URLS", "HEADWATER_METAINFO_URLS", "HEADWATER_WEBTOR_URL", "HEADWATER_PUTIO_URL"]
    {
        for text in ["https://me:hush@nas.example/{infohash}", "hush://nas.example/{infohash}"] {
            let errors = load(&[(name, text)], &[]).unwrap_err();
            assert_eq!(errors.0[0].setting, name);
            assert!(!format!("{errors} {errors:?}").contains("hush"), "{errors}");
        }
    }
}
