//! Which place wins, and what is said when a place is wrong.

use super::{described, file, load};

#[test]
fn flags_win_over_variables_over_file_over_defaults() {
    let (_folder, path) = file(
        "[server]\nlisten = \"127.0.0.1:3\"\n[torrent]\nport = 3\nretries = 3\n\
         trackers = [\"udp://a.example:1\", \"https://b.example/x\"]\n[cache]\nidle = \"2h\"\n",
    );
    let config = load(
        &[("HEADWATER_CONFIG", &path), ("HEADWATER_LISTEN", "127.0.0.1:2"), ("HEADWATER_P2P_PORT", "2")],
        &[("HEADWATER_LISTEN", "127.0.0.1:1")],
    )
    .unwrap();
    assert_eq!(described(&config, "HEADWATER_LISTEN"), "127.0.0.1:1");
    assert_eq!(described(&config, "HEADWATER_P2P_PORT"), "2");
    assert_eq!(described(&config, "HEADWATER_TORRENT_RETRIES"), "3");
    assert_eq!(described(&config, "HEADWATER_CACHE_IDLE"), "2h");
    assert_eq!(described(&config, "HEADWATER_TRACKERS"), "udp://a.example:1,https://b.example/x");
    assert_eq!(described(&config, "HEADWATER_MAX_TORRENTS"), "25");
}

#[test]
fn own_names_win_over_names_of_the_documents() {
    let config = load(
        &[
            ("PORT", "1"),
            ("HEADWATER_LISTEN", "127.0.0.1:2"),
            ("DISABLE_DISCOVERY", "true"),
            ("HEADWATER_DHT", "true"),
            ("TORRENT_DOWNLOAD_PATH", "/theirs"),
            ("HEADWATER_CACHE_DIR", "/ours"),
        ],
        &[],
    )
    .unwrap();
    assert_eq!(described(&config, "HEADWATER_LISTEN"), "127.0.0.1:2");
    assert_eq!(described(&config, "HEADWATER_CACHE_DIR"), "/ours");
    assert!(config.torrent.dht);
}

#[test]
fn empty_values_count_as_not_set() {
    let config = load(
        &[("HEADWATER_LISTEN", ""), ("PORT", "5"), ("HEADWATER_ADMIN_TOKEN", "  "), ("HEADWATER_CONFIG", "")],
        &[("HEADWATER_LISTEN", "")],
    )
    .unwrap();
    assert_eq!(described(&config, "HEADWATER_LISTEN"), "0.0.0.0:5");
    assert!(config.admin.token.is_none());
}

#[test]
fn every_mistake_is_reported_at_once() {
    let (_folder, path) = file(
        "stray = 1\n[server]\nlisten = \"nowhere\"\n[torrent]\ntrakers = []\nretries = { a = 1 }\n\
         [nonsense]\nkey = 1\n",
    );
    let errors = load(
        &[
            ("HEADWATER_CONFIG", &path),
            ("HEADWATER_PUBLIC_URL", "ftp://x"),
            ("HEADWATER_CACHE_MAX_BYTES", "lots"),
            ("TORRENT_TIMEOUT", "0"),
            ("DISABLE_DISCOVERY", "perhaps"),
            ("HEADWATER_LOG", "headwater=shouting"),
            ("HEADWATER_TRACKERS", "udp://good.example:1,wss://bad.example,nothing"),
        ],
        &[("HEADWATER_P2P_PORT", "70000")],
    )
    .unwrap_err();
    let settings: Vec<String> = errors.0.iter().map(|error| error.setting.replace(&path, "FILE")).collect();
    for expected in [
        "stray in FILE",
        "server.listen in FILE",
        "torrent.trakers in FILE",
        "torrent.retries in FILE",
        "nonsense.key in FILE",
        "HEADWATER_PUBLIC_URL",
        "HEADWATER_CACHE_MAX_BYTES",
        "TORRENT_TIMEOUT",
        "DISABLE_DISCOVERY",
        "HEADWATER_LOG",
        "HEADWATER_TRACKERS",
        "--p2p-port",
    ] {
        assert!(
            settings.iter().any(|setting| setting == expected),
            "{expected} is missing from {settings:?}"
        );
    }
    assert_eq!(settings.len(), 12, "{settings:?}");
    let text = errors.to_string();
    assert!(text.contains("wss://bad.example") && !text.contains("good.example"), "{text}");
}

#[test]
fn a_file_that_is_named_must_exist_and_be_toml() {
    let errors = load(&[("HEADWATER_CONFIG", "/does/not/exist.toml")], &[]).unwrap_err();
    assert!(errors.to_string().contains("/does/not/exist.toml"), "{errors}");
    let (_folder, path) = file("[admin]\ntoken = \"hush\" oops\n");
    let errors = load(&[("HEADWATER_CONFIG", &path)], &[]).unwrap_err().to_string();
    assert!(errors.contains("line 2"), "{errors}");
    assert!(!errors.contains("hush"), "{errors}");
}

#[test]
fn a_variable_that_is_not_utf_8_is_a_mistake() {
    use std::os::unix::ffi::OsStringExt as _;
    let broken = std::ffi::OsString::from_vec(vec![0xff]);
    let answer = |name: &str| (name == "HEADWATER_LOG").then(|| broken.clone());
    let errors = headwater::config::Config::load(Default::default(), &answer).unwrap_err();
    assert!(errors.to_string().contains("HEADWATER_LOG"), "{errors}");
}

#[test]
fn the_public_url_is_a_base_for_links() {
    for (text, expected) in [
        ("https://films.example", "https://films.example"),
        ("http://films.example:8080/water/", "http://films.example:8080/water"),
    ] {
        let config = load(&[("HEADWATER_PUBLIC_URL", text)], &[]).unwrap();
        assert_eq!(described(&config, "HEADWATER_PUBLIC_URL"), expected);
    }
    for text in ["films.example", "https://", "https://films.example/?a=b", "https://films.example/#x"] {
        assert!(load(&[("HEADWATER_PUBLIC_URL", text)], &[]).is_err(), "{text}");
    }
}
