//! Which addresses services get to see.

use std::time::{Duration, Instant};

use reqwest::Method;

use super::forward::{ForwardProxy, PASSWORD};
use super::scene::Scene;
use super::services::{ALL, Service, for_each_service, named};
use crate::support::cdn::{Fault, Scope};
use crate::support::debrid::{Call, Condition};
use crate::support::{http, media};

const LENGTH: usize = 3_000_000;

/// A viewer behind a proxy, as headers tell (RFC 5737 keeps the address for examples).
const VIEWER: &str = "203.0.113.77";

/// What services call the address of a viewer, where they take one.
const PARAMETERS: [&str; 4] = ["ip", "user_ip", "client_ip", "remote_ip"];

fn names_an_address(call: &Call) -> bool {
    let fields = call.query.split('&').chain(call.body_text.split('&'));
    let mut names = fields.filter_map(|field| field.split_once('=')).map(|(name, _)| name);
    let in_json = |name: &&str| call.body_text.contains(&format!("\"{name}\""));
    names.any(|name| PARAMETERS.contains(&name)) || PARAMETERS.iter().any(in_json)
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_08_no_service_and_no_file_server_learns_the_address_of_a_viewer() {
    let services: Vec<&'static Service> = ALL.iter().collect();
    let proxy = ForwardProxy::start();
    let scene = Scene::start(&services, |mut setup, _| {
        for service in &services {
            let variable = format!("HEADWATER_{}_PROXY", service.kind.name.to_uppercase());
            setup = setup.env(&variable, &proxy.url());
        }
        setup.env("HEADWATER_SOURCE_POLICY", "race")
    });
    // While no service delivers enough for all, every one of them is asked.
    scene.cdn.set_fault(Scope::All, Some(Fault::Slow { bytes_per_second: 100_000 }));
    let film = scene.held_film(101, LENGTH);
    let headers = [
        ("x-forwarded-for", VIEWER),
        ("x-real-ip", VIEWER),
        ("cf-connecting-ip", VIEWER),
        ("forwarded", "for=203.0.113.77"),
    ];
    let client = http::unmoved();
    let url = scene.server.url(&film.path());
    let playing = http::send(&client, Method::GET, &url, &headers, Vec::new(), Duration::from_secs(60));
    let helping = async {
        let deadline = Instant::now() + Duration::from_secs(20);
        while services.iter().any(|service| scene.links_used(service).is_empty()) {
            let used: Vec<_> = services.iter().map(|service| scene.links_used(service).len()).collect();
            assert!(Instant::now() < deadline, "{used:?}\n{}", scene.server.transcript());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        scene.cdn.set_fault(Scope::All, None);
    };
    let (answer, ()) = tokio::join!(playing, helping);
    let answer = answer.expect("the film plays");
    // The bytes go through the server: a redirect would show the viewer's address to the file server.
    assert_eq!((answer.status.as_u16(), answer.header("location")), (200, ""));
    media::assert_same_bytes(&answer.body, film.bytes(), "the viewer's film");
    for service in &services {
        for call in scene.fake(service).journal() {
            assert!(!format!("{call:?}").contains(VIEWER), "{call:#?}");
            assert!(!names_an_address(&call), "{call:#?}");
        }
    }
    for request in proxy.passed() {
        assert!(!format!("{request:?}").contains(VIEWER), "{request:#?}");
        let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via", "cf-connecting-ip"];
        assert!(forwarded.iter().all(|name| !request.headers.contains_key(*name)), "{request:#?}");
    }
    scene.nobody_was_annoyed();
}

/// A service whose name only the proxy can resolve: calls and bytes leave by the proxy's address and by no other.
async fn one_address(name: &str) {
    let (proxied, direct): (&'static Service, _) = (named(name), named("putio"));
    let proxy = ForwardProxy::start();
    let scene = Scene::start(&[proxied, direct], |setup, base| {
        let variable = format!("HEADWATER_{}", name.to_uppercase());
        let hidden = proxy.name("api.service.invalid", &base(proxied));
        setup.env(&format!("{variable}_URL"), &hidden).env(&format!("{variable}_PROXY"), &proxy.url())
    });
    let film = scene.held_film(102, LENGTH);
    scene.introduce(&film).await;
    scene.play(&film).await;
    scene.seek(&film, LENGTH / 2, 1000).await;
    let passed = proxy.passed();
    let calls = passed.iter().filter(|request| request.authority == "api.service.invalid").count();
    assert!(calls > 0 && calls == scene.fake(proxied).journal().len(), "{passed:#?}");
    let to_files = scene.cdn.requests().len();
    assert!(to_files > 0 && to_files == passed.len() - calls, "{passed:#?}\n{:#?}", scene.cdn.requests());
    // The other service has no proxy, and none of its calls took this one.
    assert!(!scene.fake(direct).journal().is_empty(), "its account was looked at");
    assert!(!scene.server.transcript().contains(PASSWORD), "the proxy's password is in the log");
    scene.nobody_was_annoyed();
}

for_each_service! {
    one_address:
    pain_08_calls_and_bytes_leave_by_one_address_at_realdebrid "realdebrid",
    pain_09_a_service_may_have_a_proxy_of_its_own_at_alldebrid "alldebrid",
    pain_09_a_service_may_have_a_proxy_of_its_own_at_debridlink "debridlink",
}

/// A service that refuses the address of this server says so in its own words.
async fn refused(name: &str) {
    let (strict, other): (&'static Service, _) = (named(name), named("premiumize"));
    let scene = Scene::start(&[strict, other], |setup, _| setup.env("HEADWATER_HEDGE_AFTER", "500ms"));
    scene.fake(strict).set_condition(&super::scene::token(strict), Condition::IpRefused);
    let film = scene.held_film(103, LENGTH);
    scene.play(&film).await;
    let attempts = scene.attempts(&film).await;
    let told = attempts.iter().find(|attempt| attempt["source"] == name).expect("it was asked");
    let outcome = told["outcome"].as_str().unwrap_or_default();
    assert!(outcome.contains("refuses this server's address") && outcome.contains("proxy"), "{told}");
    // The operator reads the same, and the service is left alone from then on.
    let (_, page) = scene.server.json("/api/admin/status").await;
    let row = page["services"].as_array().and_then(|rows| rows.iter().find(|row| row["service"] == name));
    let state = row.and_then(|row| row["state"].as_str()).unwrap_or_default();
    assert!(state.contains("refuses this server's address") && state.contains("proxy"), "{page}");
    let before = scene.fake(strict).journal().len();
    let next = scene.held_film(104, LENGTH);
    scene.play(&next).await;
    assert_eq!(scene.fake(strict).journal().len(), before, "{:#?}", scene.fake(strict).journal());
    scene.nobody_was_annoyed();
}

for_each_service! {
    refused:
    pain_09_a_refused_address_is_told_with_its_remedy_at_realdebrid "realdebrid",
    pain_09_a_refused_address_is_told_with_its_remedy_at_alldebrid "alldebrid",
    pain_09_a_refused_address_is_told_with_its_remedy_at_debridlink "debridlink",
}
