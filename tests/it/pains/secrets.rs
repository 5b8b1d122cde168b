//! Row 20: tokens that leak through logs, URLs and errors. A whole run with every service and every kind of fault,
//! after which everything that came out of the server is searched.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use data_encoding::BASE64;
use reqwest::Method;

use crate::support::cdn::{Cdn, Fault, Gone, Scope};
use crate::support::debrid::putio::PUT_IO;
use crate::support::debrid::{Condition, Fault as CallFault, LinkLife, LinkOrder, Links, Mode};
use crate::support::media;
use crate::support::server::Setup;
use crate::support::swarm::Share;

use super::gateway::Gateway;
use super::town::{ALL, Town, token};

const ADMIN: &str = "SECRET-OF-THE-ADMIN";
const CONTENT_KEY: &str = "SECRET-KEY-OF-CONTENT";
const METAINFO_KEY: &str = "SECRET-KEY-OF-METAINFO";
const PROXY_PASSWORD: &str = "SECRET-OF-THE-PROXY";
const DEAD_PROXY_PASSWORD: &str = "SECRET-OF-THE-DEAD-PROXY";
const STORE_PASSWORD: &str = "SECRET-OF-THE-STORE";
/// Answered with "no such token" by every service.
const WITHDRAWN: &str = "SECRET-BUT-WITHDRAWN";

/// Films whose links are broken, each at every service in another way.
const BROKEN: usize = 4;

/// Remembers the links that were handed out, and breaks those of some films.
#[derive(Default)]
struct Counterfoils {
    handed: Mutex<Vec<String>>,
    faults: Mutex<HashMap<(String, &'static str), Fault>>,
    cdn: OnceLock<Cdn>,
}

struct Counter {
    service: &'static str,
    links: Arc<dyn Links>,
    counterfoils: Arc<Counterfoils>,
}

impl Links for Counter {
    fn link(&self, order: LinkOrder) -> String {
        let info_hash = order.info_hash.clone();
        let link = self.links.link(order);
        let random = link.split('/').nth(4).expect("a link has a random part").to_owned();
        self.counterfoils.handed.lock().unwrap().push(random);
        let fault = self.counterfoils.faults.lock().unwrap().get(&(info_hash, self.service)).cloned();
        if let (Some(fault), Some(cdn)) = (fault, self.counterfoils.cdn.get()) {
            cdn.set_fault(Scope::Link(&link), Some(fault));
        }
        link
    }
}

/// Everything that a viewer or the operator was answered, headers and bodies.
#[derive(Default)]
struct Answers(Vec<(String, String)>);

impl Answers {
    async fn ask(&mut self, town: &Town, method: Method, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
        let answer = town.server.send(method.clone(), path, headers, Vec::new()).await;
        let text =
            format!("{} {:?} {}", answer.status, answer.headers, String::from_utf8_lossy(&answer.body));
        self.0.push((format!("the answer to {method} {path}"), text));
        answer.body
    }

    async fn get(&mut self, town: &Town, path: &str) -> Vec<u8> {
        self.ask(town, Method::GET, path, &[]).await
    }
}

fn faults() -> Vec<Fault> {
    let gone = |status, reason: &str| Fault::Gone(Gone { status, x_error: Some(reason.to_owned()) });
    vec![
        Fault::Gone(Gone { status: 403, x_error: None }),
        gone(404, "file_not_available"),
        gone(503, "bytes_limit_reached"),
        Fault::TooManyRequests { retry_after: Some(30) },
        Fault::Unavailable,
        Fault::Html,
        Fault::Cut { after: 70_000 },
        Fault::WrongTotal { length: 123_456 },
        Fault::ErrorClip,
        Fault::WrongBytes,
        Fault::IgnoreRange,
        Fault::WrongRangeStart,
    ]
}

fn settings(setup: Setup, proxies: &[&Gateway], dead: &str, seeds: &str) -> Setup {
    let mut setup = setup
        .env("HEADWATER_LOG", "trace")
        .env("HEADWATER_SOURCE_POLICY", "race")
        .env("HEADWATER_TORRENT_RETRIES", "0")
        .env("HEADWATER_TORRENT_TIMEOUT", "2s")
        .env("HEADWATER_DEBRID_UNCACHED", "false")
        .env("HEADWATER_ADMIN_TOKEN", ADMIN)
        .env("HEADWATER_CONTENT_URLS", &format!("{seeds}nowhere/{{path}}?key={CONTENT_KEY}"))
        .env("HEADWATER_METAINFO_URLS", &format!("{seeds}{{infohash}}.torrent?key={METAINFO_KEY}"))
        .env("HEADWATER_PUTIO_PROXY", dead);
    for (service, proxy) in ALL.iter().zip(proxies) {
        let name = format!("HEADWATER_{}_PROXY", service.name.to_ascii_uppercase());
        setup = setup.env(&name, &proxy.url());
    }
    for service in ALL {
        let name = format!("HEADWATER_{}_TOKEN", service.name.to_ascii_uppercase());
        let own = token(service);
        let tokens = match service.name {
            "stremthru" => format!("torbox={own},viewer:{STORE_PASSWORD}"),
            _ => format!("{own},{WITHDRAWN}"),
        };
        setup = setup.env(&name, &tokens);
    }
    setup
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_20_no_secret_is_in_any_log_answer_or_file_of_a_full_run() {
    let proxy = Gateway::start("viewer", PROXY_PASSWORD);
    let dead = format!("http://viewer:{DEAD_PROXY_PASSWORD}@127.0.0.1:9");
    let counterfoils = Arc::new(Counterfoils::default());
    // An nginx of its own has the .torrent files.
    let library = Cdn::start();
    let mut town = Town::with_links(
        &ALL,
        |service, links| {
            let counterfoils = Arc::clone(&counterfoils);
            Arc::new(Counter { service: service.name, links, counterfoils })
        },
        |setup| settings(setup, &[&proxy, &proxy, &proxy], &dead, &library.frail_web_seed_url()),
    );
    assert!(counterfoils.cdn.set(town.cdn.clone()).is_ok());
    let mut answers = Answers::default();
    broken_films(&town, &counterfoils, &mut answers).await;
    talkative_services(&town, &mut answers).await;
    films_that_play(&town, &library, &mut answers).await;
    pages(&town, &mut answers).await;
    assert!(proxy.passed() > 20, "the proxy was used: {}", proxy.passed());
    assert!(library.requests().iter().any(|request| request.status == 200), "{:#?}", library.requests());
    let mut places = answers.0;
    let home = town.server.setup().home().to_owned();
    read_all(&home, "before the stop", &mut places);
    town.server.terminate();
    town.server.stopped();
    read_all(&home, "after the stop", &mut places);
    places.push(("the log".to_owned(), town.server.transcript()));
    search(&places, &secrets(&counterfoils));
}

/// Films that nobody can deliver: the errors are told to everybody who asks.
async fn broken_films(town: &Town, counterfoils: &Counterfoils, answers: &mut Answers) {
    let faults = faults();
    for number in 0..BROKEN {
        let film = town.film(&format!("broken {number}.mkv"), 300_000);
        for (at, service) in ALL.iter().enumerate() {
            let fault = faults[(number * ALL.len() + at) % faults.len()].clone();
            counterfoils.faults.lock().unwrap().insert((film.info_hash.clone(), service.name), fault);
        }
        tell_everybody(town, &film, answers).await;
    }
}

/// Services whose answers repeat the token, are no JSON, or never come whole.
async fn talkative_services(town: &Town, answers: &mut Answers) {
    for (number, status) in [200, 400, 401, 500].into_iter().enumerate() {
        let film = town.film(&format!("talkative {number}.mkv"), 300_000);
        for (at, service) in ALL.iter().enumerate() {
            let own = token(*service);
            let said = format!("There is no token {own}.");
            let body = match at % 3 {
                0 => {
                    serde_json::json!({ "status": "error", "message": said, "error": { "code": "ODD", "message": said } })
                }
                1 => {
                    serde_json::json!({ "success": false, "error": said, "detail": said, "error_description": said })
                }
                _ => serde_json::json!(said),
            };
            let fake = town.fake(*service);
            fake.fault(CallFault::Status { prefix: "", status, body: body.to_string(), times: 1 });
            match number {
                0 => fake.fault(CallFault::Html { prefix: "", status: 200, times: 1 }),
                1 => fake.fault(CallFault::EmptyOk { prefix: "", times: 1 }),
                2 => fake.fault(CallFault::Lost { prefix: "", times: 1 }),
                _ => fake.fault(CallFault::RateLimited { prefix: "", retry_after: Some(1), times: 1 }),
            }
        }
        tell_everybody(town, &film, answers).await;
        town.fakes().for_each(|(_, fake)| fake.clear_faults());
    }
}

/// Asks for a film in every way there is.
async fn tell_everybody(town: &Town, film: &Share, answers: &mut Answers) {
    let job = town.prepare(film, "fileIndex=0").await;
    let path = format!("/stream/proxy/{}?fileIndex=0", film.info_hash);
    answers.get(town, &path).await;
    answers.ask(town, Method::HEAD, &path, &[]).await;
    for link in ["statusUrl", "streamUrl"] {
        answers.get(town, job[link].as_str().expect("a job has links")).await;
    }
}

/// One film for each service, and it alone has it; its links have to be renewed on the way.
async fn films_that_play(town: &Town, library: &Cdn, answers: &mut Answers) {
    for service in ALL.into_iter().filter(|service| service.name != PUT_IO.name) {
        let film = town.film(&format!("film of {}.mkv", service.name), 300_000);
        for (name, fake) in town.fakes() {
            fake.set_cached(&film.info_hash, name == service.name);
        }
        let once = Mode::LinkExpires(LinkLife::Requests(1));
        town.fake(service).set_modes(&film.info_hash, vec![once]);
        let torrent = format!("{}.torrent", film.info_hash);
        library.add_title(&torrent, &torrent, &[(&torrent, Arc::new(film.torrent.clone()))]);
        let body = answers.get(town, &format!("/stream/proxy/{}?fileIndex=0", film.info_hash)).await;
        media::assert_same_bytes(&body, &film.files[0], service.name);
    }
}

/// What there is to look at beside films, with accounts that have gone bad.
async fn pages(town: &Town, answers: &mut Answers) {
    let conditions =
        [Condition::BadToken, Condition::NotPremium, Condition::QuotaExhausted, Condition::IpRefused];
    for (service, condition) in ALL.iter().zip(conditions.into_iter().cycle()) {
        town.fake(*service).set_condition(&token(*service), condition);
    }
    let film = town.film("last film.mkv", 300_000);
    tell_everybody(town, &film, answers).await;
    let operator = [("Authorization", format!("Bearer {ADMIN}"))];
    let operator = operator.each_ref().map(|(name, value)| (*name, value.as_str()));
    for path in ["/api/admin/status", "/api/admin/jobs"] {
        answers.ask(town, Method::GET, path, &operator).await;
        answers.ask(town, Method::GET, path, &[("Authorization", "Bearer wrong")]).await;
    }
    answers.ask(town, Method::POST, "/admin/cleanup", &operator).await;
    for path in ["/", "/manifest.json", "/health", "/metrics", "/stream/movie/tt1254207.json", "/nothing"] {
        answers.get(town, path).await;
    }
}

/// Every secret with a name for it.
fn secrets(counterfoils: &Counterfoils) -> Vec<(String, String)> {
    let named = |name: &str, secret: &str| (name.to_owned(), secret.to_owned());
    let basic = |name: &str, password: &str| {
        (format!("{name}, encoded"), BASE64.encode(format!("viewer:{password}").as_bytes()))
    };
    let mut secrets = vec![
        named("the admin token", ADMIN),
        named("the key of the content URL", CONTENT_KEY),
        named("the key of the metainfo URL", METAINFO_KEY),
        named("the proxy's password", PROXY_PASSWORD),
        basic("the proxy's password", PROXY_PASSWORD),
        named("the dead proxy's password", DEAD_PROXY_PASSWORD),
        basic("the dead proxy's password", DEAD_PROXY_PASSWORD),
        named("StremThru's password", STORE_PASSWORD),
        basic("StremThru's password", STORE_PASSWORD),
        named("a withdrawn token", WITHDRAWN),
    ];
    secrets.extend(ALL.map(|service| (format!("the token of {}", service.name), token(service))));
    let handed = counterfoils.handed.lock().unwrap();
    assert!(handed.len() > 20, "links were handed out: {}", handed.len());
    secrets.extend(handed.iter().map(|random| named("a link", random)));
    secrets
}

/// Reads every file below a folder.
fn read_all(folder: &Path, when: &str, places: &mut Vec<(String, String)>) {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                places.push((format!("{}, {when}", path.display()), text));
            }
        }
    }
}

fn search(places: &[(String, String)], secrets: &[(String, String)]) {
    let has = |place: &str, text: &str| {
        places.iter().any(|(name, content)| name.contains(place) && content.contains(text))
    };
    // What is no secret is found, so a secret would be.
    assert!(has("the log", "debrid call") && has("the log", "TRACE"), "the log is that of a run");
    assert!(has(".db", "premiumize") && has("/api/admin/status", "TorBox") && has("/stream/proxy", "503"));
    let found: Vec<String> = places
        .iter()
        .flat_map(|(place, content)| {
            let leaked = secrets.iter().filter(|(_, secret)| content.contains(secret.as_str()));
            leaked.map(move |(name, secret)| {
                let line = content.lines().find(|line| line.contains(secret.as_str())).unwrap_or_default();
                format!("{name} is in {place}: {}", line.chars().take(600).collect::<String>())
            })
        })
        .take(20)
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}
