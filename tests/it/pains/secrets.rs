//! Row 20: tokens that leak through logs, URLs and errors. Everything that comes out of a server is searched for
//! them, after plays that go well and after faults of every kind.

use std::sync::Arc;

use data_encoding::BASE64;
use reqwest::Method;

use crate::support::cdn::{Cdn, Fault, Gone};
use crate::support::debrid::{Condition, Fault as CallFault, LinkLife, Mode, ServiceKind};
use crate::support::media;
use crate::support::server::Setup;

use super::gateway::Gateway;
use super::leaks::{Counterfoils, Traces};
use super::town::{ALL, Town, token};

const ADMIN: &str = "SECRET-OF-THE-ADMIN";
const CONTENT_KEY: &str = "SECRET-KEY-OF-CONTENT";
const METAINFO_KEY: &str = "SECRET-KEY-OF-METAINFO";
const PROXY_PASSWORD: &str = "SECRET-OF-THE-PROXY";
const DEAD_PROXY_PASSWORD: &str = "SECRET-OF-THE-DEAD-PROXY";
const STORE_PASSWORD: &str = "SECRET-OF-THE-STORE";
/// The token of second accounts, which every service refuses.
const WITHDRAWN: &str = "SECRET-BUT-WITHDRAWN";

#[tokio::test(flavor = "multi_thread")]
async fn pain_20_no_secret_is_in_any_log_answer_or_file_after_plays() {
    let plays = ALL.map(|service| async move {
        let proxy = Gateway::start("viewer", PROXY_PASSWORD);
        let (counterfoils, library) = (Counterfoils::default(), Cdn::start());
        let mut town = Town::with_links(
            &[service],
            |service, links| counterfoils.enter(service, links),
            |setup| keys(setup, &library).env(&variable(service, "PROXY"), &proxy.url()),
        );
        let mut traces = Traces::default();
        // Links end after a while, and the .torrent is found by way of the operator's library.
        let film = town.film("film.mkv", 300_000);
        town.set_modes(&film, &[Mode::LinkExpires(LinkLife::Requests(2))]);
        let torrent = format!("{}.torrent", film.info_hash);
        library.add_title(&torrent, &torrent, &[(&torrent, Arc::new(film.torrent.clone()))]);
        let body = traces.get(&town, &format!("/stream/proxy/{}?fileIndex=0", film.info_hash)).await;
        media::assert_same_bytes(&body, &film.files[0], service.name);
        let known = town.film("another film.mkv", 300_000);
        traces.ask_for(&town, &known).await;
        assert!(proxy.passed() > 5, "the proxy was used: {}", proxy.passed());
        traces.stop(&mut town);
        traces.assert_has("the log", "TRACE");
        traces.assert_has("the log", service.name);
        traces.assert_free_of(&secrets(&counterfoils));
        town.assert_well_behaved();
    });
    futures::future::join_all(plays).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_20_no_secret_is_in_any_log_answer_or_file_after_faults_of_every_kind() {
    let proxy = Gateway::start("viewer", PROXY_PASSWORD);
    let (counterfoils, library) = (Counterfoils::default(), Cdn::start());
    let mut town = Town::with_links(
        &ALL,
        |service, links| counterfoils.enter(service, links),
        |setup| {
            ALL.iter().fold(keys(setup, &library), |setup, service| {
                // Nobody is behind this one.
                let dead = format!("http://viewer:{DEAD_PROXY_PASSWORD}@127.0.0.1:9");
                let proxy = if service.name == "putio" { dead } else { proxy.url() };
                let setup = setup.env(&variable(*service, "PROXY"), &proxy);
                setup.env(&variable(*service, "TOKEN"), &tokens(*service))
            })
        },
    );
    let mut traces = Traces::default();
    for number in 0..2 {
        let film = town.film(&format!("broken {number}.mkv"), 300_000);
        let faults = faults().into_iter().cycle().skip(number * ALL.len());
        for (service, fault) in ALL.iter().zip(faults) {
            counterfoils.set_fault(&town, &film, *service, fault);
        }
        traces.ask_for(&town, &film).await;
    }
    for number in 0..2 {
        let film = town.film(&format!("talkative {number}.mkv"), 300_000);
        ALL.iter().for_each(|service| talk(&town, *service, number));
        traces.ask_for(&town, &film).await;
        town.fakes().for_each(|(_, fake)| fake.clear_faults());
    }
    pages(&town, &mut traces).await;
    assert!(proxy.passed() > 20, "the proxy was used: {}", proxy.passed());
    traces.stop(&mut town);
    traces.assert_has("the log", "fetching is disturbed");
    traces.assert_has(".db", "torbox");
    traces.assert_has("/api/admin/status", "TorBox");
    traces.assert_has("/stream/proxy", "Download failed from all sources");
    traces.assert_free_of(&secrets(&counterfoils));
}

/// Everything is logged, all sources are asked at once, and the operator's own addresses hold keys.
fn keys(setup: Setup, library: &Cdn) -> Setup {
    let seeds = library.frail_web_seed_url();
    setup
        .env("HEADWATER_LOG", "trace,librqbit=trace")
        .env("HEADWATER_SOURCE_POLICY", "race")
        .env("HEADWATER_TORRENT_RETRIES", "0")
        .env("HEADWATER_TORRENT_TIMEOUT", "1s")
        .env("HEADWATER_DEBRID_UNCACHED", "false")
        .env("HEADWATER_ADMIN_TOKEN", ADMIN)
        .env("HEADWATER_CONTENT_URLS", &format!("{seeds}nowhere/{{path}}?key={CONTENT_KEY}"))
        .env("HEADWATER_METAINFO_URLS", &format!("{seeds}{{infohash}}.torrent?key={METAINFO_KEY}"))
}

fn variable(service: ServiceKind, what: &str) -> String {
    format!("HEADWATER_{}_{what}", service.name.to_ascii_uppercase())
}

/// The tokens of two accounts, the second of which is refused.
fn tokens(service: ServiceKind) -> String {
    let own = token(service);
    match service.name {
        "stremthru" => format!("torbox={own},viewer:{STORE_PASSWORD}"),
        _ => format!("{own},{WITHDRAWN}"),
    }
}

fn faults() -> Vec<Fault> {
    vec![
        Fault::Gone(Gone { status: 403, x_error: None }),
        Fault::Gone(Gone { status: 404, x_error: Some("file_not_available".to_owned()) }),
        Fault::Gone(Gone { status: 410, x_error: Some("link_expired".to_owned()) }),
        Fault::TooManyRequests { retry_after: Some(30) },
        Fault::Unavailable,
        Fault::Html,
        Fault::Cut { after: 70_000 },
        Fault::WrongTotal { length: 123_456 },
        Fault::ErrorClip,
        Fault::WrongBytes,
        Fault::IgnoreRange,
        Fault::WrongRangeStart,
        Fault::Gone(Gone { status: 503, x_error: Some("bytes_limit_reached".to_owned()) }),
    ]
}

/// Lets a service repeat the token in its answers, and then answer with what is no JSON.
fn talk(town: &Town, service: ServiceKind, number: usize) {
    let said = format!("There is no token {}.", token(service));
    let all_words = serde_json::json!({
        "status": "error", "message": said, "success": false, "error": "odd", "detail": said,
        "error_description": said, "error_message": said,
    });
    let nested = serde_json::json!({
        "status": "error", "success": false, "error": { "code": "ODD", "message": said }, "data": said,
    });
    let fake = town.fake(service);
    for (status, body) in [(200, &all_words), (401, &nested), (400, &all_words), (500, &nested)] {
        let status = if number == 0 { status } else { 400 };
        fake.fault(CallFault::Status { prefix: "", status, body: body.to_string(), times: 1 });
    }
    match number {
        0 => fake.fault(CallFault::Html { prefix: "", status: 200, times: 1 }),
        _ => fake.fault(CallFault::EmptyOk { prefix: "", times: 1 }),
    }
    fake.fault(CallFault::Lost { prefix: "", times: 1 });
    fake.fault(CallFault::RateLimited { prefix: "", retry_after: Some(1), times: 1 });
}

/// What there is to look at beside films, with accounts that have gone bad.
async fn pages(town: &Town, traces: &mut Traces) {
    let conditions =
        [Condition::BadToken, Condition::NotPremium, Condition::QuotaExhausted, Condition::IpRefused];
    for (service, condition) in ALL.iter().zip(conditions.into_iter().cycle()) {
        town.fake(*service).set_condition(&token(*service), condition);
    }
    let film = town.film("last film.mkv", 300_000);
    traces.ask_for(town, &film).await;
    let bearer = format!("Bearer {ADMIN}");
    let operator = [("Authorization", bearer.as_str())];
    for path in ["/api/admin/status", "/api/admin/jobs"] {
        traces.ask(town, Method::GET, path, &operator).await;
        traces.ask(town, Method::GET, path, &[("Authorization", "Bearer wrong")]).await;
    }
    traces.ask(town, Method::POST, "/admin/cleanup", &operator).await;
    for path in ["/", "/manifest.json", "/health", "/stream/movie/tt1254207.json", "/nothing"] {
        traces.get(town, path).await;
    }
}

/// Every secret with a name for it.
fn secrets(counterfoils: &Counterfoils) -> Vec<(String, String)> {
    let passwords = [PROXY_PASSWORD, DEAD_PROXY_PASSWORD, STORE_PASSWORD];
    let plain = [ADMIN, CONTENT_KEY, METAINFO_KEY, WITHDRAWN];
    let named = |secret: &str| (secret.to_ascii_lowercase(), secret.to_owned());
    let encoded = |password: &str| {
        (format!("{password}, encoded"), BASE64.encode(format!("viewer:{password}").as_bytes()))
    };
    let handed = counterfoils.handed();
    assert!(!handed.is_empty(), "links were handed out");
    let tokens = ALL.map(|service| (format!("the token of {}", service.name), token(service)));
    let links = handed.into_iter().map(|random| ("a link".to_owned(), random));
    plain
        .iter()
        .chain(&passwords)
        .map(|secret| named(secret))
        .chain(passwords.iter().map(|password| encoded(password)))
        .chain(tokens)
        .chain(links)
        .collect()
}
