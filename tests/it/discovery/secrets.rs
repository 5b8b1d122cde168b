//! Keys of indexers, and addresses with keys in them, are in no log, no answer and no file, whatever goes wrong.

use std::path::Path;

use data_encoding::BASE64;
use reqwest::Method;
use serde_json::json;

use super::stage::{FILM, SHOW, episode, film, hash, setup, titles};
use crate::support::http::escape;
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
            &[announce.clone()],
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

    fn settings(&self, setup: Setup) -> Setup {
        let config = escape(&json!({ "token": ADDON }).to_string());
        let torznab = format!("/api/v2.0/indexers/two/results/torznab/api?apikey={TORZNAB}");
        setup
            // Below this the engine names its trackers, passkeys and all; that is for the operator to ask for.
            .env("HEADWATER_LOG", "trace,librqbit=info")
            .env("HEADWATER_JACKETT_URL", self.jackett.base())
            .env("HEADWATER_JACKETT_API_KEY", JACKETT)
            .env("HEADWATER_PROWLARR_URL", self.prowlarr.base())
            .env("HEADWATER_PROWLARR_API_KEY", PROWLARR)
            .env("HEADWATER_TORZNAB_URLS", &self.torznab.url(&torznab))
            .env("HEADWATER_ADDON_URLS", &self.addon.url(&format!("/{config}/manifest.json")))
            .env("HEADWATER_SOURCE_SECURITY_KEY", SEALING)
            .env("HEADWATER_ADMIN_TOKEN", ADMIN)
            .env("HEADWATER_TORRENT_TIMEOUT", "1s")
            .env("HEADWATER_TORRENT_RETRIES", "0")
            .env("HEADWATER_PREWARM", "4")
            .env("HEADWATER_SEARCH_DEADLINE", "3s")
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

impl Traces {
    async fn get(&mut self, server: &Headwater, path: &str, headers: &[(&str, &str)]) -> String {
        let answer = server.send(Method::GET, path, headers, Vec::new()).await;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        self.0.push((path.to_owned(), format!("{} {:?} {body}", answer.status, answer.headers)));
        body
    }

    /// Asks for lists, plays what is in them, and looks at every page.
    async fn walk(&mut self, server: &Headwater) -> usize {
        let mut links = Vec::new();
        for path in [format!("/stream/movie/{FILM}.json"), format!("/stream/series/{SHOW}:2:3.json")] {
            let body = self.get(server, &path, &[]).await;
            let body: serde_json::Value = serde_json::from_str(&body).expect("a list is JSON");
            let urls = body["streams"].as_array().into_iter().flatten().filter_map(|row| row["url"].as_str());
            links.extend(urls.map(|url| url.replace(server.base(), "")));
        }
        for link in links.iter().take(4) {
            self.get(server, link, &[("Range", "bytes=0-99")]).await;
        }
        let bearer = format!("Bearer {ADMIN}");
        for path in ["/", "/manifest.json", "/health", "/configure", "/api/admin/status", "/api/admin/jobs"] {
            self.get(server, path, &[("Authorization", &bearer)]).await;
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
    let links = traces.walk(&server).await;
    assert!(links >= 6, "there was something to leak: {links} links\n{}", server.transcript());
    let home = server.setup().home().to_owned();
    traces.read(&home);
    server.terminate();
    server.stopped();
    traces.read(&home);
    traces.0.push(("the log".to_owned(), server.transcript()));
    let has = |place: &str, text: &str| {
        traces.0.iter().any(|(name, content)| name.contains(place) && content.contains(text))
    };
    assert!(has("the log", "TRACE") && has("/api/admin/status", "Prowlarr"), "the right places are searched");
    assert!(has(&format!("/stream/movie/{FILM}.json"), &neighbours.share.info_hash), "links were followed");
    assert!(traces.0.iter().any(|(name, _)| name.contains(".db")), "the database is searched");
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
        traces.walk(&server).await;
        neighbours.heal();
        traces.walk(&server).await;
        server.terminate();
        server.stopped();
        traces.read(server.setup().home());
        traces.0.push((format!("the log after {:?}", trouble("it")), server.transcript()));
        traces.assert_free_of_secrets();
    }
}
