//! The one list of settings agrees with what is read, described and defaulted.

use headwater::config::Config;
use headwater::config::env::{CONFIG_FILE, SETTINGS};

use super::{described, load};

#[test]
fn every_setting_is_described_in_the_order_of_the_list() {
    let described: Vec<&str> = Config::default().describe().iter().map(|(name, _)| *name).collect();
    let listed: Vec<&str> =
        SETTINGS.iter().map(|setting| setting.name).filter(|name| *name != CONFIG_FILE).collect();
    assert_eq!(described, listed);
}

#[test]
fn the_listed_defaults_are_the_real_ones() {
    for setting in SETTINGS.iter().filter(|setting| setting.name != CONFIG_FILE) {
        assert_eq!(described(&Config::default(), setting.name), setting.default, "{}", setting.name);
        let spelled_out = load(&[(setting.name, setting.default)], &[]).unwrap();
        assert_eq!(described(&spelled_out, setting.name), setting.default, "{} when set", setting.name);
    }
}

#[test]
fn flags_and_keys_follow_from_the_names() {
    for setting in SETTINGS {
        let from_name = setting.name.trim_start_matches("HEADWATER_").to_ascii_lowercase().replace('_', "-");
        assert_eq!(setting.flag, from_name);
        assert!(setting.key.is_empty() == (setting.name == CONFIG_FILE), "{}", setting.name);
    }
}

#[test]
fn the_names_of_the_documents_work() {
    let config = load(
        &[
            ("PORT", "8080"),
            ("TORRENT_DOWNLOAD_PATH", "/films"),
            ("TORRENT_CLEANUP_INTERVAL", "0"),
            ("CACHE_CLEANUP_INTERVAL", "1800"),
            ("TORRENT_MAX_CONNECTIONS", "10"),
            ("TORRENT_TIMEOUT", "180000"),
            ("TORRENT_MAX_RETRIES", "2"),
            ("LINK_GENERATION_TIMEOUT", "60000"),
            ("PROGRESS_UPDATE_INTERVAL", "250"),
            ("CONTENT_CONNECTION_LIMIT", "50"),
            ("CONTENT_DOWNLOAD_LIMIT", "2.5"),
            ("CONTENT_UPLOAD_LIMIT", "1"),
            ("DISABLE_DISCOVERY", "true"),
        ],
        &[],
    )
    .unwrap();
    for (name, expected) in [
        ("HEADWATER_LISTEN", "0.0.0.0:8080"),
        ("HEADWATER_CACHE_DIR", "/films"),
        ("HEADWATER_CACHE_IDLE", "0"),
        ("HEADWATER_CACHE_SWEEP", "30m"),
        ("HEADWATER_MAX_TORRENTS", "10"),
        ("HEADWATER_TORRENT_TIMEOUT", "3m"),
        ("HEADWATER_TORRENT_RETRIES", "2"),
        ("HEADWATER_READY_TIME", "1m"),
        ("HEADWATER_PROGRESS_INTERVAL", "250ms"),
        ("HEADWATER_PEERS_PER_TORRENT", "50"),
        ("HEADWATER_DOWNLOAD_LIMIT", "2.5"),
        ("HEADWATER_UPLOAD_LIMIT", "1"),
        ("HEADWATER_DHT", "false"),
    ] {
        assert_eq!(described(&config, name), expected, "{name}");
    }
    assert_eq!(config.cache.idle, None);
    assert_eq!(config.torrent.download_limit.map(u32::from), Some(2_500_000));
}

#[test]
fn the_names_of_the_documents_work_for_live_channels_too() {
    let given = [
        ("EMPTY_STREAM_TIMEOUT", "31", "31s"),
        ("STREAM_IDLE_TIMEOUT", "301", "301s"),
        ("CLIENT_HEARTBEAT_INTERVAL", "11", "11s"),
        ("CLIENT_TIMEOUT", "33", "33s"),
        ("STREAM_BUFFER_SIZE", "4194305", "4194305"),
        ("COPY_CHUNK_SIZE", "65537", "65537"),
        ("ENGINE_SELECTION_TIMEOUT", "6", "6s"),
        ("ENGINE_CACHE_TTL", "3", "3s"),
        ("MAX_STREAMS_PER_ENGINE", "12", "12"),
        ("SESSION_CLEANUP_INTERVAL", "61", "61s"),
    ];
    let variables: Vec<_> = given.iter().map(|(name, value, _)| (*name, *value)).collect();
    let config = load(&variables, &[]).unwrap();
    for (name, value, shown) in given {
        let full = format!("HEADWATER_{name}");
        assert_eq!(described(&config, &full), shown, "{name}");
        assert_eq!(described(&load(&[(&full, value)], &[]).unwrap(), &full), shown, "{full}");
    }
    assert_eq!(config.live.client_timeout, std::time::Duration::from_secs(33));
    assert_eq!(config.live.max_streams_per_engine, 12);
}

#[test]
fn discovery_that_is_not_disabled_leaves_the_dht_on() {
    assert!(load(&[("DISABLE_DISCOVERY", "false")], &[]).unwrap().torrent.dht);
}

#[test]
fn the_cache_lies_in_the_data_folder_unless_it_is_moved() {
    let config = load(&[("HEADWATER_DATA_DIR", "/srv/water")], &[]).unwrap();
    assert_eq!(config.cache_dir(), std::path::Path::new("/srv/water/cache"));
}

#[test]
fn the_usual_names_of_indexers_work_and_their_keys_are_not_shown() {
    let config = load(
        &[
            ("JACKETT_URL", "http://jackett:9117/"),
            ("JACKETT_API_KEY", "hush-hush"),
            ("PROWLARR_URL", "http://prowlarr:9696"),
            ("PROWLARR_API_KEY", "hush-hush"),
            ("BITMAGNET_URL", "http://bitmagnet:3333"),
            ("ZILEAN_URL", "http://zilean:8181"),
            ("HEADWATER_TORZNAB_URLS", "http://one:1/api?apikey=hush-hush,http://two:2/api"),
            ("HEADWATER_ADDON_URLS", "stremio://addon.example/hush-hush/manifest.json"),
            ("CINEMETA_URL", "off"),
            ("SOURCE_SECURITY_KEY", "hush-hush-hush-hush"),
        ],
        &[],
    )
    .unwrap();
    for (name, expected) in [
        ("HEADWATER_JACKETT_URL", "http://jackett:9117"),
        ("HEADWATER_PROWLARR_URL", "http://prowlarr:9696"),
        ("HEADWATER_TORZNAB_URLS", "http://one:1/(hidden),http://two:2/(hidden)"),
        ("HEADWATER_ADDON_URLS", "https://addon.example/(hidden)"),
        ("HEADWATER_TITLES_URL", "off"),
        ("HEADWATER_SOURCE_SECURITY_KEY", "(hidden)"),
    ] {
        assert_eq!(described(&config, name), expected, "{name}");
    }
    let names: Vec<String> = config.discovery.indexers().iter().map(|one| one.name.clone()).collect();
    assert_eq!(names, ["Jackett", "Prowlarr", "Bitmagnet", "Zilean", "one", "two", "addon.example"]);
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn a_front_without_its_key_is_a_mistake() {
    for (url, key) in [
        ("HEADWATER_JACKETT_URL", "HEADWATER_JACKETT_API_KEY"),
        ("HEADWATER_PROWLARR_URL", "HEADWATER_PROWLARR_API_KEY"),
    ] {
        let mistakes = load(&[(url, "http://front:1")], &[]).unwrap_err().to_string();
        assert!(mistakes.contains(key), "{mistakes}");
    }
}
