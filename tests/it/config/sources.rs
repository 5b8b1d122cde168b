//! The chain of sources: its policy, the operator's own servers, and the debrid services.

use headwater::config::{Config, ServiceConfig, SourcePolicy};
use headwater::domain::DebridService;
use secrecy::ExposeSecret as _;

use super::{described, file, load};

/// The secrets of a service, in order.
fn tokens(service: &ServiceConfig) -> Vec<&str> {
    service.tokens.iter().map(|token| token.expose_secret()).collect()
}

/// The services that would be asked, in order.
fn active(config: &Config) -> Vec<DebridService> {
    config.debrid.active().iter().map(|service| service.service).collect()
}

#[test]
fn every_policy_is_read_and_described_by_its_name() {
    for (text, policy) in [
        ("p2p-first", SourcePolicy::P2pFirst),
        ("debrid-first", SourcePolicy::DebridFirst),
        ("RACE", SourcePolicy::Race),
        ("never-p2p", SourcePolicy::NeverP2p),
    ] {
        let config = load(&[("HEADWATER_SOURCE_POLICY", text)], &[]).unwrap();
        assert_eq!(config.sources.policy, policy);
        assert_eq!(described(&config, "HEADWATER_SOURCE_POLICY"), text.to_ascii_lowercase());
    }
    let errors = load(&[("HEADWATER_SOURCE_POLICY", "fastest")], &[]).unwrap_err().to_string();
    assert!(errors.contains("`fastest`") && errors.contains("never-p2p"), "{errors}");
}

#[test]
fn bare_numbers_count_in_the_documented_unit() {
    let config = load(
        &[
            ("HEADWATER_HEDGE_AFTER", "800"),
            ("HEADWATER_DEBRID_WAIT", "600"),
            ("HEADWATER_DEBRID_KEEP", "3600"),
        ],
        &[],
    )
    .unwrap();
    assert_eq!(described(&config, "HEADWATER_HEDGE_AFTER"), "800ms");
    assert_eq!(described(&config, "HEADWATER_DEBRID_WAIT"), "10m");
    assert_eq!(described(&config, "HEADWATER_DEBRID_KEEP"), "1h");
    assert_eq!(load(&[("HEADWATER_DEBRID_KEEP", "0")], &[]).unwrap().debrid.keep, None);
    for name in ["HEADWATER_HEDGE_AFTER", "HEADWATER_DEBRID_WAIT"] {
        assert!(load(&[(name, "0")], &[]).is_err(), "{name}");
    }
}

#[test]
fn nothing_is_asked_without_a_token() {
    let config = load(&[("HEADWATER_TORBOX_PROXY", "socks5://127.0.0.1:1080")], &[]).unwrap();
    assert!(active(&config).is_empty());
    assert_eq!(described(&config, "HEADWATER_TORBOX_PROXY"), "(hidden)");
}

#[test]
fn services_with_a_token_are_asked_in_the_order_that_was_set() {
    let set = [
        ("HEADWATER_REALDEBRID_TOKEN", "rd"),
        ("HEADWATER_TORBOX_TOKEN", "tb"),
        ("HEADWATER_PUTIO_TOKEN", "pi"),
    ];
    let config = load(&set, &[]).unwrap();
    assert_eq!(active(&config), [DebridService::RealDebrid, DebridService::TorBox, DebridService::PutIo]);
    let config = load(&set, &[("HEADWATER_DEBRID_ORDER", "putio, offcloud, RealDebrid")]).unwrap();
    assert_eq!(active(&config), [DebridService::PutIo, DebridService::RealDebrid]);
    assert_eq!(described(&config, "HEADWATER_DEBRID_ORDER"), "putio,offcloud,realdebrid");
}

#[test]
fn an_order_names_known_services_once() {
    for (order, expected) in
        [("torbox,rapidbox", "`rapidbox` is not"), ("torbox,putio,TorBox", "`torbox` stands there twice")]
    {
        let errors = load(&[("HEADWATER_DEBRID_ORDER", order)], &[]).unwrap_err().to_string();
        assert!(errors.starts_with("HEADWATER_DEBRID_ORDER: ") && errors.contains(expected), "{errors}");
    }
}

#[test]
fn settings_of_a_service_follow_the_same_precedence_as_others() {
    let (_folder, path) = file(
        "[realdebrid]\ntoken = [\"file-1\", \"file-2\"]\nurl = \"http://127.0.0.1:3/\"\nuser_agent = \"file\"\n\
         [torbox]\ntoken = \"one, two,\"\nproxy = \"http://proxy.example:3128\"\n",
    );
    let config = load(
        &[
            ("HEADWATER_CONFIG", &path),
            ("HEADWATER_REALDEBRID_URL", "http://127.0.0.1:2"),
            ("HEADWATER_REALDEBRID_USER_AGENT", "Variable/1 (me)"),
        ],
        &[("HEADWATER_REALDEBRID_URL", "http://127.0.0.1:1/x/")],
    )
    .unwrap();
    let services = config.debrid.active();
    let [real_debrid, torbox] = services.as_slice() else { panic!("{services:?}") };
    assert_eq!(tokens(real_debrid), ["file-1", "file-2"]);
    assert_eq!(real_debrid.base_url.as_str(), "http://127.0.0.1:1/x");
    assert_eq!(real_debrid.user_agent.as_deref(), Some("Variable/1 (me)"));
    assert!(real_debrid.proxy.is_none());
    assert_eq!(tokens(torbox), ["one", "two"]);
    assert_eq!(torbox.base_url.as_str(), "https://api.torbox.app/v1/api");
    assert_eq!(torbox.proxy.as_ref().map(|proxy| proxy.expose_secret()), Some("http://proxy.example:3128"));
    assert!(torbox.user_agent.is_none());
}

#[test]
fn stremthru_needs_an_address_and_access_of_a_known_shape() {
    let address = ("HEADWATER_STREMTHRU_URL", "http://127.0.0.1:8080");
    let config =
        load(&[address, ("HEADWATER_STREMTHRU_TOKEN", "pikpak=me@x.example:pw,me:pw")], &[]).unwrap();
    assert_eq!(active(&config), [DebridService::StremThru]);
    assert_eq!(described(&config, "HEADWATER_STREMTHRU_URL"), "http://127.0.0.1:8080");
    for (name, text) in [
        ("HEADWATER_STREMTHRU_TOKEN", "torbox=x"),
        ("HEADWATER_STREMTHRU_TOKEN", "shapeless"),
        ("HEADWATER_STREMTHRU_USER_AGENT", "x"),
        ("HEADWATER_STREMTHRU_PROXY", "http://x"),
    ] {
        let errors = load(&[(name, text)], &[]).unwrap_err();
        let missing = errors.0.iter().filter(|error| error.setting == "HEADWATER_STREMTHRU_URL").count();
        assert_eq!(missing, 1, "{name}: {errors}");
    }
    let errors = load(&[address, ("HEADWATER_STREMTHRU_TOKEN", "rapidbox=hush")], &[]).unwrap_err();
    assert_eq!(errors.0.len(), 1, "{errors}");
    assert!(errors.to_string().contains("pikpak") && !errors.to_string().contains("hush"), "{errors}");
    let wrong = [("HEADWATER_STREMTHRU_URL", "nowhere"), ("HEADWATER_STREMTHRU_TOKEN", "torbox=x")];
    assert_eq!(load(&wrong, &[]).unwrap_err().0.len(), 1, "a wrong address is not also a missing one");
}

#[test]
fn addresses_of_the_operator_are_checked_when_they_are_read() {
    let config = load(
        &[
            (
                "HEADWATER_CONTENT_URLS",
                "https://nas.example/{INFOHASH}/{path},http://[::1]/{name}?n={fileIdx}&s={size}",
            ),
            ("HEADWATER_METAINFO_URLS", "https://meta.example/{infohash}.torrent"),
            ("HEADWATER_WEBTOR_URL", "http://127.0.0.1:8096/"),
        ],
        &[],
    )
    .unwrap();
    assert_eq!(config.sources.content_urls[1], "http://[::1]/{name}?n={fileIdx}&s={size}");
    assert_eq!(config.sources.metainfo_urls, ["https://meta.example/{infohash}.torrent"]);
    assert_eq!(described(&config, "HEADWATER_WEBTOR_URL"), "http://127.0.0.1:8096");
    for (name, text, expected) in [
        ("HEADWATER_CONTENT_URLS", "https://nas.example/{infohash}/{title}", "{title}"),
        ("HEADWATER_CONTENT_URLS", "https://nas.example/film.mkv", "must have one of"),
        ("HEADWATER_CONTENT_URLS", "ftp://nas.example/{name}", "http:// or https://"),
        ("HEADWATER_CONTENT_URLS", "https://{name}/", "after the host"),
        ("HEADWATER_METAINFO_URLS", "https://meta.example/all.torrent", "must have one of"),
        ("HEADWATER_METAINFO_URLS", "https://meta.example/{infohash}/{name}", "{name}"),
        ("HEADWATER_WEBTOR_URL", "127.0.0.1:8096", "http:// or https://"),
    ] {
        let errors = load(&[(name, text)], &[]).unwrap_err().to_string();
        assert!(errors.starts_with(&format!("{name}: ")) && errors.contains(expected), "{text}: {errors}");
    }
}

#[test]
fn keys_of_a_service_that_do_not_exist_are_told_with_those_that_do() {
    let (_folder, path) = file("[torbox]\ntokens = \"hush\"\n");
    let errors = load(&[("HEADWATER_CONFIG", &path)], &[]).unwrap_err().to_string();
    assert!(errors.contains("torbox.tokens in ") && errors.contains("token, url, user_agent"), "{errors}");
    assert!(!errors.contains("hush"), "{errors}");
}
