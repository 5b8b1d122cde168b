//! The fakes against their own rules: what tests of the server rely on.

mod alldebrid;
mod debridlink;
mod offcloud;
mod premiumize;
mod putio;
mod realdebrid;
mod shared;
mod stremthru;
mod torbox;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::{Fake, FakeAccount, LinkOrder, Links, ServiceKind, Title, TitleFile, World};
use crate::support::http::{Answer, escape, send, unmoved};
use crate::support::media::random;
use crate::support::swarm::Share;

const TOKEN: &str = "token-of-the-viewer";
const PATIENCE: Duration = Duration::from_secs(20);
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// In the place of a CDN: remembers what lies behind the links it made.
#[derive(Default)]
struct Shop(Mutex<Vec<LinkOrder>>);

impl Links for Shop {
    fn link(&self, order: LinkOrder) -> String {
        let mut orders = self.0.lock().unwrap();
        let url = format!("http://cdn.test/d/{}/{}", orders.len(), order.name);
        orders.push(order);
        url
    }
}

/// One service with one account, and a season of two episodes and a text.
struct Rig {
    fake: Fake,
    shop: Arc<Shop>,
    share: Share,
    client: reqwest::Client,
}

impl Rig {
    fn start(service: ServiceKind) -> Self {
        let files = [
            (vec!["Show.S01E01.mkv"], random(1, 40_000)),
            (vec!["Show.S01E02.mkv"], random(2, 50_000)),
            (vec!["Extras", "about.txt"], random(3, 100)),
        ];
        let share = Share::multi("Show.S01", &files, 16_384, &[]);
        let shop = Arc::new(Shop::default());
        let world = World::new(Arc::clone(&shop) as Arc<dyn Links>);
        let files =
            files.into_iter().map(|(path, data)| TitleFile { path: path.join("/"), bytes: Arc::new(data) });
        let title =
            Title { info_hash: share.info_hash.clone(), name: "Show.S01".to_owned(), files: files.collect() };
        world.add_title(title);
        let fake = Fake::start(&world, service, vec![FakeAccount::fine(TOKEN), FakeAccount::fine("another")]);
        Self { fake, shop, share, client: unmoved() }
    }

    /// A rig whose service holds the season.
    fn holding(service: ServiceKind) -> Self {
        let rig = Self::start(service);
        rig.fake.set_cached(&rig.share.info_hash, true);
        rig
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}{path}", self.fake.base);
        send(&self.client, method, &url, headers, body.to_vec(), PATIENCE).await.unwrap()
    }

    async fn call(&self, method: &str, path: &str, media_type: &str, body: &[u8]) -> Answer {
        let authorization = format!("Bearer {TOKEN}");
        let mut headers = vec![("authorization", authorization.as_str())];
        if !media_type.is_empty() {
            headers.push(("content-type", media_type));
        }
        self.send(method, path, &headers, body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "", b"").await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> =
            form.iter().map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect();
        self.call("POST", path, FORM, pairs.join("&").as_bytes()).await
    }

    async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, JSON, body.to_string().as_bytes()).await
    }

    /// Sends the `.torrent` as a field of multipart.
    async fn post_torrent(&self, path: &str, field: &str) -> Answer {
        let head = format!(
            "--xx\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"a.torrent\"\r\n\
             Content-Type: application/x-bittorrent\r\n\r\n"
        );
        let body = [head.as_bytes(), &self.share.torrent, b"\r\n--xx--\r\n"].concat();
        self.call("POST", path, "multipart/form-data; boundary=xx", &body).await
    }

    /// What lies behind a link: the path it was made for, its bytes, and its end.
    fn behind(&self, url: &Value) -> (String, Arc<Vec<u8>>, Option<super::LinkEnd>) {
        let number: usize = url.as_str().unwrap().split('/').nth(4).unwrap().parse().unwrap();
        let orders = self.shop.0.lock().unwrap();
        assert_eq!(orders[number].info_hash, self.share.info_hash);
        (orders[number].path.clone(), Arc::clone(&orders[number].content), orders[number].end)
    }

    /// The bytes behind a link.
    fn bytes(&self, url: &Value) -> Vec<u8> {
        self.behind(url).1.to_vec()
    }

    fn nothing_unexpected(&self) {
        assert!(self.fake.unexpected().is_empty(), "{:#?}", self.fake.unexpected());
    }
}
