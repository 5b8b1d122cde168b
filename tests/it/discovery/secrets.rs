//! Keys of indexers, and addresses with keys in them, are in no log, no answer and no file, whatever goes wrong.

use std::path::Path;

use data_encoding::BASE64;
use reqwest::Method;
use serde_json::json;

use super::stage::{FILM, SHOW, episode, film, hash, setup, titles};
use crate::support::http::{Answer, escape, send, unmoved};
use crate::support::indexers::addon::{Addon, Description};
use crate::support::indexers::archive::{Archive, Item};
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::prowlarr::Prowlarr;
use crate::support::indexers::{Caps, Handed, Listed, Tracker, Trouble, Upstream};
use crate::support::media;
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::Share;

// Keys look like keys: letters and digits in a mixture.
const JACKETT: &str = "SECRET0KEY0OF0JACKETT01b2c3d4e";
const PROWLARR: &str = "SECRET0KEY0OF0PROWLARR1b2c3d4e";
const TORZNAB: &str = "SECRET0KEY0OF0TORZNAB01b2c3d4e";
const ADDON: &str = "SECRET0TOKEN0OF0ADDON01b2c3d4e";
const DIRECT: &str = "SECRETOFADIRECTLINK";
const HEADER: &str = "SECRETOFAHEADER";
const PASSKEY: &str = "SECRETPASSKEYOFTRACKER";
const SEALING: &str = "SECRET-KEY-THAT-SEALS-ALL";
const ADMIN: &str = "SECRET-OF-THE-ADMIN";

const ALL: [&str; 9] = [JACKETT, PROWLARR, TORZNAB, ADDON, DIRECT, HEADER, PASSKEY, SEALING, ADMIN];

/// Everybody around the server.
struct Neighbours {
    jackett: Upstream<Jackett>,
    prowlarr: Upstream<Prowlarr>,
    torznab: Upstream<Jackett>,
    addon: Upstream<Addon>,
    /// Held because its files are played.
    _archive: Archive,
    share: Share,
}

/// All that came out of the server.
#[derive(Default)]
struct Traces(Vec<(String, String)>);

impl Neighbours {
    fn start() -> Self {
        let announce = format!("http://127.0.0.1:9/{PASSKEY}/announce");
        let share = Share::single(
            "Harbour.Lights.2019.720p.WEB-DL.H264-FILE.mkv",
            media::random(3, 90_000),
            16_384,
            std::slice::from_ref(&announce),
        );
        let site = |name: &str, number: u32| {
            let magnet = film(number, "1080p.WEB-DL.H264-ONE").trackers(&[&announce]);
            let file = Listed::of(&share).imdb(FILM).handed(Handed::File);
            let redirect =
                film(number + 1, "2160p.WEB-DL.H264-TWO").trackers(&[&announce]).handed(Handed::Redirect);
            let episode = episode(number + 2, 2, 3, "1080p.WEB.x264-THREE");
            Tracker::new(name, &format!("Site {name}"), Caps::IDS).with([magnet, file, redirect, episode])
        };
        let clip = media::clip("faststart.mp4");
        let archive = Archive::start([
            Item::film("film", "Film", 2019, "films").file("film.mp4", "MPEG4", "original", clip)
        ]);
        let direct = archive.node.url(&format!("/27/items/film/film.mp4?key={DIRECT}"));
        let streams = [
            json!({"url": direct, "title": "Harbour.Lights.2019.1080p.WEB-DL.H264-DIR.mp4", "behaviorHints":
                {"notWebReady": true, "proxyHeaders": {"request": {"Authorization": format!("Bearer {HEADER}")}}}}),
            json!({"infoHash": hash(90), "title": "Harbour.Lights.2019.1080p.WEB-DL.H264-ADD",
                "sources": [format!("tracker:{announce}")]}),
        ];
        Self {
            jackett: Upstream::start(Jackett::new(JACKETT, [site("one", 10)])),
            prowlarr: Upstream::start(Prowlarr::new(PROWLARR, [site("7", 20)])),
            torznab: Upstream::start(Jackett::new(TORZNAB, [site("two", 30)])),
            addon: Description::new("Other").streams("movie", FILM, streams).configurable().start(),
            _archive: archive,
            share,
        }
    }

    /// An address with its key in a parameter.
    fn torznab_url(&self) -> String {
        self.torznab.url(&format!("/api/v2.0/indexers/two/results/torznab/api?apikey={TORZNAB}"))
    }

    /// An address with its key in the path.
    fn addon_url(&self) -> String {
        let config = escape(&json!({ "token": ADDON }).to_string());
        self.addon.url(&format!("/{config}/manifest.json"))
    }

    /// Makes them the operator's.
    fn settings(&self, setup: Setup) -> Setup {
        talkative(setup)
            .env("HEADWATER_JACKETT_URL", self.jackett.base())
            .env("HEADWATER_JACKETT_API_KEY", JACKETT)
            .env("HEADWATER_PROWLARR_URL", self.prowlarr.base())
            .env("HEADWATER_PROWLARR_API_KEY", PROWLARR)
            .env("HEADWATER_TORZNAB_URLS", &self.torznab_url())
            .env("HEADWATER_ADDON_URLS", &self.addon_url())
    }

    /// The form of the configure page that makes them somebody's own.
    fn form(&self) -> String {
        let rows = [
            ("jackett", self.jackett.base(), JACKETT),
            ("prowlarr", self.prowlarr.base(), PROWLARR),
            ("torznab", &self.torznab_url(), ""),
            ("addon", &self.addon_url(), ""),
        ];
        let row = |(at, (kind, url, key)): (usize, &(&str, &str, &str))| {
            let field = format!("&indexer-{at}");
            format!("{field}-kind={kind}{field}-url={}{field}-key={key}{field}-enabled=on", escape(url))
        };
        format!("do=save&name=Den{}", rows.iter().enumerate().map(row).collect::<String>())
    }

    /// Lets everybody have this trouble, made from the secret that he has to do with.
    fn trouble(&self, make: &dyn Fn(&str) -> Trouble) {
        self.jackett.trouble("", make(JACKETT));
        self.prowlarr.trouble("", make(PROWLARR));
        self.torznab.trouble("", make(TORZNAB));
        self.addon.trouble("", make(ADDON));
    }

    fn heal(&self) {
        self.jackett.heal("");
        self.prowlarr.heal("");
        self.torznab.heal("");
        self.addon.heal("");
    }
}

/// A server that tells all that it may tell.
fn talkative(setup: Setup) -> Setup {
    setup
        // Below this the engine names its trackers, passkeys and all; that is for the operator to ask for.
        .env("HEADWATER_LOG", "trace,librqbit=info")
        .env("HEADWATER_SOURCE_SECURITY_KEY", SEALING)
        .env("HEADWATER_ADMIN_TOKEN", ADMIN)
        .env("HEADWATER_TORRENT_TIMEOUT", "1s")
        .env("HEADWATER_TORRENT_RETRIES", "0")
        .env("HEADWATER_PREWARM", "4")
        .env("HEADWATER_SEARCH_DEADLINE", "3s")
}

impl Traces {
    async fn get(&mut self, server: &Headwater, path: &str, headers: &[(&str, &str)]) -> String {
        let answer = server.send(Method::GET, path, headers, Vec::new()).await;
        self.keep(path, &answer)
    }

    async fn post(&mut self, server: &Headwater, path: &str, kind: &str, body: String) -> Answer {
        let (url, headers) = (server.url(path), [("Content-Type", kind)]);
        let patience = std::time::Duration::from_secs(30);
        let answer =
            send(&unmoved(), Method::POST, &url, &headers, body.into_bytes(), patience).await.unwrap();
        self.keep(path, &answer);
        answer
    }

    /// Keeps an answer and returns its body.
    fn keep(&mut self, path: &str, answer: &Answer) -> String {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        self.0.push((path.to_owned(), format!("{} {:?} {body}", answer.status, answer.headers)));
        body
    }

    /// Asks for lists, plays what is in them, and looks at every page; as an install does, whose path may be empty.
    async fn walk(&mut self, server: &Headwater, install: &str) -> usize {
        let mut links = Vec::new();
        for video in [format!("movie/{FILM}"), format!("series/{SHOW}:2:3")] {
            let body = self.get(server, &format!("{install}/stream/{video}.json"), &[]).await;
            let body: serde_json::Value = serde_json::from_str(&body).expect("a list is JSON");
            let urls = body["streams"].as_array().into_iter().flatten().filter_map(|row| row["url"].as_str());
            links.extend(urls.map(|url| url.replace(server.base(), "")));
        }
        for link in links.iter().take(4) {
            self.get(server, link, &[("Range", "bytes=0-99")]).await;
        }
        let bearer = format!("Bearer {ADMIN}");
        for path in ["/", "/health", "/configure", "/api/admin/status", "/api/admin/jobs"] {
            self.get(server, path, &[("Authorization", &bearer)]).await;
        }
        for path in ["/manifest.json", "/configure"] {
            self.get(server, &format!("{install}{path}"), &[]).await;
        }
        links.len()
    }

    /// Keeps every file below a folder.
    fn read(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.read(&path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                self.0.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }

    /// Ends the server, and keeps all that it leaves behind; its log under this name.
    fn end(&mut self, server: &mut Headwater, log: &str) {
        let home = server.setup().home().to_owned();
        self.read(&home);
        server.terminate();
        server.stopped();
        self.read(&home);
        self.0.push((log.to_owned(), server.transcript()));
        assert!(self.has(log, "TRACE") && self.has(".db", ""), "the right places are searched");
    }

    /// Whether something of this name says this.
    fn has(&self, place: &str, text: &str) -> bool {
        self.0.iter().any(|(name, content)| name.contains(place) && content.contains(text))
    }

    fn assert_free_of_secrets(&self) {
        let mut found = Vec::new();
        for (place, content) in &self.0 {
            for secret in ALL {
                let forms = [secret.to_owned(), escape(secret), BASE64.encode(secret.as_bytes())];
                let Some(form) = forms.iter().find(|form| content.contains(form.as_str())) else { continue };
                let line = content.lines().find(|line| line.contains(form.as_str())).unwrap_or_default();
                found.push(format!("{secret} in {place}: {}", line.chars().take(400).collect::<String>()));
            }
        }
        found.truncate(20);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_of_an_indexer_is_in_any_log_answer_or_file() {
    let (neighbours, titles) = (Neighbours::start(), titles());
    let mut server = neighbours.settings(setup(&titles)).start();
    let mut traces = Traces::default();
    let links = traces.walk(&server, "").await;
    assert!(links >= 6, "there was something to leak: {links} links\n{}", server.transcript());
    traces.end(&mut server, "the log");
    assert!(traces.has("/api/admin/status", "Prowlarr"), "the right places are searched");
    assert!(
        traces.has(&format!("/stream/movie/{FILM}.json"), &neighbours.share.info_hash),
        "links were followed"
    );
    traces.assert_free_of_secrets();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_of_an_indexer_that_somebody_has_set_up_on_the_page_is_in_any_log_answer_or_file() {
    let (neighbours, titles) = (Neighbours::start(), titles());
    let setup = talkative(setup(&titles)).env("HEADWATER_PRIVATE_ADDRESSES", "true");
    let mut server = setup.start();
    let mut traces = Traces::default();
    let kind = "application/x-www-form-urlencoded";
    let saved = traces.post(&server, "/configure", kind, neighbours.form()).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let page =
        reqwest::Url::parse(&server.url("/configure")).unwrap().join(saved.header("location")).unwrap();
    let install =
        page.path().strip_suffix("/configure").expect("it leads to the page of the profile").to_owned();
    let links = traces.walk(&server, &install).await;
    assert!(links >= 6, "there was something to leak: {links} links\n{}", server.transcript());
    // They break while the page tries them, and repeat what they were sent.
    for (program, url, key) in
        [("jackett", neighbours.jackett.base(), JACKETT), ("prowlarr", neighbours.prowlarr.base(), PROWLARR)]
    {
        let body = format!("<error code=\"100\" description=\"{key}\"/>{{\"error\":\"{key}\"}}");
        neighbours.trouble(&|_| Trouble::Instead { kind: "application/xml", body: body.clone() });
        let asked = json!({ "kind": program, "url": url, "key": key }).to_string();
        let told = traces.post(&server, "/api/configure/indexer", "application/json", asked).await;
        assert_eq!(told.json()["ok"], false, "{}", told.text());
    }
    traces.end(&mut server, "the log");
    assert!(traces.has(&format!("{install}/configure"), "Saved"), "the page of the profile was opened");
    traces.assert_free_of_secrets();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_of_an_indexer_gets_out_when_indexers_break_or_repeat_it() {
    let instead = |kind: &'static str, body: String| Trouble::Instead { kind, body };
    let refused = |key: &str| format!("<error code=\"100\" description=\"Wrong key: {key}\"/>");
    let failed = |key: &str| {
        format!("<error code=\"900\" description=\"Failed: http://x/?k={key}&amp;{}\"/>", escape(key))
    };
    let troubles: [&dyn Fn(&str) -> Trouble; 8] = [
        &|_| Trouble::Status { status: 500, retry_after: None },
        &|_| Trouble::Html,
        &|_| Trouble::Cut,
        &|_| Trouble::Garbage,
        &|key| instead("application/xml", refused(key)),
        &|key| instead("application/xml", failed(key)),
        &|key| instead("application/json", json!({"error": key, "message": key}).to_string()),
        &|key| instead("text/html", format!("<html><title>{key}</title>{key}</html>")),
    ];
    for trouble in troubles {
        let (neighbours, titles) = (Neighbours::start(), titles());
        let mut server = neighbours.settings(setup(&titles)).start();
        let mut traces = Traces::default();
        neighbours.trouble(trouble);
        traces.walk(&server, "").await;
        neighbours.heal();
        traces.walk(&server, "").await;
        traces.end(&mut server, &format!("the log after {:?}", trouble("it")));
        traces.assert_free_of_secrets();
    }
}
