//! What services say they have, and what comes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::scene::{Film, Scene};
use super::services::{ALL, Service, for_each_service, named};
use crate::support::cdn::{self, Gone, Scope};
use crate::support::debrid::{Fault, Mode};
use crate::support::media;

const LENGTH: usize = 3_000_000;

/// One way in which a title that a service "has" is of no use.
struct Lie {
    what: &'static str,
    mode: Option<Mode>,
    fault: Option<cdn::Fault>,
}

impl Lie {
    fn by_mode(what: &'static str, mode: Mode) -> Self {
        Self { what, mode: Some(mode), fault: None }
    }

    fn by_link(what: &'static str, fault: cdn::Fault) -> Self {
        Self { what, mode: None, fault: Some(fault) }
    }
}

fn lies() -> Vec<Lie> {
    let clip = [b"\0\0\0\x20ftypisom".as_slice(), &media::random(1, 40_000)].concat();
    vec![
        Lie::by_mode("a short film that says what is wrong", Mode::ErrorClip(Arc::new(clip))),
        Lie::by_mode("a file of another length", Mode::WrongSize),
        Lie::by_link("a web page", cdn::Fault::Html),
        Lie::by_link("nothing", cdn::Fault::Gone(Gone::default())),
        Lie::by_link("that it is busy", cdn::Fault::Unavailable),
        Lie::by_link("that it is asked too often", cdn::Fault::TooManyRequests { retry_after: Some(60) }),
    ]
}

/// A film that the first service has only in words, and the second in truth.
async fn one_lie(scene: &Scene, (liar, honest): (&Service, &Service), film: &Film, lie: Lie, knows: bool) {
    if let Some(mode) = lie.mode {
        scene.fake(liar).set_modes(&film.share.info_hash, vec![mode]);
    }
    scene.cdn.set_fault(Scope::Group(liar.kind.name), lie.fault);
    if knows {
        scene.introduce(film).await;
    }
    let began = Instant::now();
    scene.play(film).await;
    let attempts = scene.attempts(film).await;
    let story = format!("{} (hashes known: {knows}): {attempts:#?}", lie.what);
    assert!(began.elapsed() < Duration::from_secs(6), "it took {:?}: {story}", began.elapsed());
    let of = |service: &Service| {
        attempts.iter().filter(|attempt| attempt["source"] == service.kind.name).collect::<Vec<_>>()
    };
    assert!(!of(liar).is_empty() && of(liar).iter().all(|attempt| attempt["running"] == false), "{story}");
    assert!(of(honest).iter().any(|attempt| attempt["bytes"].as_u64() > Some(0)), "{story}");
}

async fn lied_to(knows: bool) {
    let (liar, honest) = (named("alldebrid"), named("premiumize"));
    let scene = Scene::start(&[liar, honest], |setup, _| setup.env("HEADWATER_HEDGE_AFTER", "500ms"));
    for (seed, lie) in (50..).zip(lies()) {
        let film = scene.held_film(seed, LENGTH);
        one_lie(&scene, (liar, honest), &film, lie, knows).await;
    }
    scene.nobody_was_annoyed();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_05_what_is_cached_but_not_playable_is_played_from_the_next_service() {
    lied_to(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_05_what_is_cached_but_not_playable_is_noticed_without_hashes_too() {
    lied_to(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_05_wrong_bytes_of_the_right_length_are_never_played_where_hashes_are_known() {
    let (liar, honest) = (named("alldebrid"), named("premiumize"));
    let scene = Scene::start(&[liar, honest], |setup, _| setup.env("HEADWATER_HEDGE_AFTER", "500ms"));
    let film = scene.held_film(60, LENGTH);
    let lie = Lie::by_link("wrong bytes", cdn::Fault::WrongBytes);
    one_lie(&scene, (liar, honest), &film, lie, true).await;
    // It is not asked for this torrent again, however often the film is played.
    let before = scene.fake(liar).journal().len();
    let (status, _) = scene.server.post("/admin/cleanup", "").await;
    assert!(status.is_success());
    scene.play(&film).await;
    assert_eq!(scene.fake(liar).journal().len(), before, "{:#?}", scene.fake(liar).journal());
    scene.nobody_was_annoyed();
}

/// A service that no longer says what it holds.
async fn no_cache_check(name: &str) {
    let (silent, other): (&'static Service, _) = (named(name), named("premiumize"));
    let scene = Scene::plain(&[silent, other]);
    let held = scene.held_film(70, LENGTH);
    scene.play(&held).await;
    assert_eq!(scene.links_used(silent).len(), 1, "{}", scene.server.transcript());
    assert_eq!(scene.links_used(other).len(), 0, "not knowing is no reason to ask somebody else");
    let missing = scene.held_film(71, LENGTH);
    scene.fake(silent).set_cached(&missing.share.info_hash, false);
    let began = Instant::now();
    scene.play(&missing).await;
    assert!(began.elapsed() < Duration::from_secs(6), "it took {:?}", began.elapsed());
    assert_eq!((scene.links_used(silent).len(), scene.links_used(other).len()), (1, 1));
    // Finding out has left nothing behind.
    let left = || scene.fake(silent).items().iter().any(|item| item.info_hash == missing.share.info_hash);
    let deadline = Instant::now() + Duration::from_secs(15);
    while left() {
        assert!(
            Instant::now() < deadline,
            "{:#?}\n{}",
            scene.fake(silent).items(),
            scene.server.transcript()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for gone in ["/torrents/instantAvailability", "/v4/magnet/instant", "/seedbox/cached"] {
        assert_eq!(scene.fake(silent).count("", gone), 0, "{gone} is no more");
    }
    scene.nobody_was_annoyed();
}

for_each_service! {
    no_cache_check:
    pain_06_a_service_that_does_not_say_what_it_holds_is_asked_for_it_realdebrid "realdebrid",
    pain_06_a_service_that_does_not_say_what_it_holds_is_asked_for_it_alldebrid "alldebrid",
    pain_06_a_service_that_does_not_say_what_it_holds_is_asked_for_it_debridlink "debridlink",
    pain_06_a_service_that_does_not_say_what_it_holds_is_asked_for_it_putio "putio",
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_07_seven_broken_services_do_not_keep_the_eighth_from_playing() {
    let services: Vec<&'static Service> = ALL.iter().collect();
    let scene = Scene::start(&services, |setup, _| setup.env("HEADWATER_HEDGE_AFTER", "300ms"));
    let (prefix, times) = ("", u32::MAX);
    let status = |status, body: &str| Fault::Status { prefix, status, body: body.to_owned(), times };
    let faults = [
        Fault::Hang { prefix },
        Fault::Html { prefix, status: 503, times },
        Fault::Html { prefix, status: 200, times },
        Fault::EmptyOk { prefix, times },
        status(500, "{}"),
        Fault::RateLimited { prefix, retry_after: Some(600), times },
        status(200, "null"),
    ];
    for (service, fault) in services.iter().zip(faults) {
        scene.fake(service).fault(fault);
    }
    let film = scene.held_film(80, LENGTH);
    let began = Instant::now();
    scene.play(&film).await;
    assert!(began.elapsed() < Duration::from_secs(8), "it took {:?}", began.elapsed());
    let attempts = scene.attempts(&film).await;
    for service in &services {
        let name = service.kind.name;
        let of: Vec<_> = attempts.iter().filter(|attempt| attempt["source"] == name).collect();
        let bytes: u64 = of.iter().filter_map(|attempt| attempt["bytes"].as_u64()).sum();
        assert!(!of.is_empty() && (bytes > 0) == (name == "stremthru"), "{name}: {attempts:#?}");
    }
    // The operator's page does not wait for anybody either.
    let asked = Instant::now();
    let (code, page) = scene.server.json("/api/admin/status").await;
    assert!(code.is_success() && asked.elapsed() < Duration::from_secs(1), "{code} {page}");
    assert_eq!(page["services"].as_array().map(Vec::len), Some(8), "{page}");
}

/// Asserts that one line of the log says what this attempt says.
fn told_in_the_log(log: &str, film: &Film, attempt: &Value) {
    let source = format!("source=\"{}\"", attempt["source"].as_str().expect("a source has a name"));
    let is_it = |line: &&str| {
        [&film.share.info_hash, "a source has ended", &source].iter().all(|part| line.contains(part))
    };
    let line = log.lines().find(is_it).unwrap_or_else(|| panic!("{attempt} is not in the log: {log}"));
    let number = |name: &str| {
        let told = line.split_once(name).map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
        told.and_then(|told| told.parse::<u64>().ok()).unwrap_or_else(|| panic!("no number {name} in {line}"))
    };
    let took = attempt["milliseconds"].as_u64().unwrap_or_default();
    assert!(number("millis=").abs_diff(took) < 100, "{attempt}: {line}");
    assert_eq!(Some(number("bytes=")), attempt["bytes"].as_u64(), "{line}");
    let outcome = attempt["outcome"].as_str().unwrap_or_default();
    assert!(!outcome.is_empty() && line.ends_with(outcome), "{attempt}: {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_07_what_goes_wrong_at_one_service_is_told_and_nothing_else_fails() {
    let (bad, good) = (named("torbox"), named("premiumize"));
    let scene = Scene::start(&[bad, good], |setup, _| setup.env("HEADWATER_HEDGE_AFTER", "300ms"));
    let times = u32::MAX;
    scene.fake(bad).fault(Fault::Html { prefix: "", status: 200, times });
    scene.fake(good).fault(Fault::Slow { prefix: "", delay: Duration::from_millis(300) });
    let film = scene.held_film(81, LENGTH);
    let began = Instant::now();
    scene.play(&film).await;
    let attempts = scene.attempts(&film).await;
    let played = began.elapsed();
    let story = attempts.iter().find(|attempt| attempt["source"] == "torbox").expect("it was asked");
    assert!(
        story["outcome"].as_str().is_some_and(|told| told.contains("TorBox") && told.contains("web page")),
        "{story}"
    );
    // When each was asked and how long it took are numbers that fit into the play.
    let played = u64::try_from(played.as_millis()).expect("a play is short");
    let other = attempts.iter().find(|attempt| attempt["source"] == "premiumize").expect("it was asked");
    let number =
        |of: &Value, name: &str| of[name].as_u64().unwrap_or_else(|| panic!("no number {name}: {of}"));
    assert!(number(story, "after") + number(story, "milliseconds") <= played, "{played} ms: {story}");
    assert!(number(story, "bytes") == 0 && story["running"] == false, "{story}");
    assert!(number(other, "after") >= number(story, "after") && number(other, "after") <= played, "{other}");
    assert!(number(other, "milliseconds") >= 300 && number(other, "bytes") > 0, "{other}");
    told_in_the_log(&scene.server.transcript(), &film, story);
    // Once it is well again it is used again: a passing fault is no verdict.
    scene.fake(bad).clear_faults();
    scene.fake(good).clear_faults();
    let next = scene.held_film(82, LENGTH);
    scene.play(&next).await;
    assert_eq!(scene.links_used(bad).len(), 1, "{}", scene.server.transcript());
    scene.nobody_was_annoyed();
}
