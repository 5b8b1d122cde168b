//! Finding .torrent files on the web.

use std::time::{Duration, Instant};

use headwater::net::Guard;
use headwater::source::Request;
use tokio::net::TcpListener;

use super::rig::{Plan, Rig, request, within};
use super::server::{Page, Server};
use super::torrents::{KIB, Recipe, Torrent};

fn torrent() -> Torrent {
    Torrent::new(&Recipe { files: &[("", 100 * KIB)], ..Recipe::default() })
}

async fn rig(metainfo_urls: &[String]) -> Rig {
    Rig::new(Plan { metainfo_urls: metainfo_urls.to_vec(), ..Plan::default() }).await
}

fn with_sources(torrent: &Torrent, urls: &[String]) -> Request {
    let exact_sources = urls.iter().map(|url| url.parse().unwrap()).collect();
    Request { exact_sources, ..request(torrent.info_hash, 0) }
}

#[tokio::test]
async fn a_torrent_is_found_at_the_exact_source_of_a_magnet_and_remembered() {
    let torrent = torrent();
    let server = Server::start([("/t.torrent".to_owned(), Page::of(torrent.bytes.clone()))]).await;
    let rig = rig(&[]).await;
    let asking = with_sources(&torrent, &[server.url("/t.torrent")]);
    assert!(rig.lookup.has_hints(&asking));
    let (metainfo, bytes) = within(10, rig.lookup.find(&asking)).await.unwrap();
    assert_eq!((metainfo.info_hash, &bytes[..]), (torrent.info_hash, &torrent.bytes[..]));
    // From now on nobody has to be asked, and no hint is needed.
    let bare = request(torrent.info_hash, 0);
    assert!(!rig.lookup.has_hints(&bare));
    assert!(rig.lookup.find(&bare).await.is_some());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn the_templates_of_the_operator_are_asked_in_either_spelling() {
    let torrent = torrent();
    let upper = torrent.info_hash.to_string().to_ascii_uppercase();
    let server = Server::start([(format!("/x/{upper}.torrent"), Page::of(torrent.bytes.clone()))]).await;
    let rig = rig(&[server.url("/{infohash}"), server.url("/x/{INFOHASH}.torrent")]).await;
    assert!(within(10, rig.lookup.find(&request(torrent.info_hash, 0))).await.is_some());
}

#[tokio::test]
async fn a_template_that_sends_something_else_is_not_used_for_a_while() {
    let (torrent, other) = (torrent(), Torrent::new(&Recipe { files: &[("", 7)], ..Recipe::default() }));
    let html = Page { content_type: "text/html", ..Page::of("<html>Buy this domain</html>") };
    let wrong = [html, Page::of(other.bytes.clone()), Page::of(vec![b'd'; (10 << 20) + 1]), Page::of("")];
    for page in wrong {
        let server = Server::start([(format!("/{}", torrent.info_hash), page.clone())]).await;
        let rig = rig(&[server.url("/{infohash}")]).await;
        assert!(within(10, rig.lookup.find(&request(torrent.info_hash, 0))).await.is_none());
        assert!(
            !rig.lookup.has_hints(&request(other.info_hash, 0)),
            "it is not asked for other torrents either"
        );
        assert!(rig.lookup.find(&request(torrent.info_hash, 0)).await.is_none());
        assert_eq!(server.asked().len(), 1, "{} bytes", page.body.len());
        assert!(rig.db.metainfo(torrent.info_hash).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_template_that_has_not_got_one_torrent_is_still_asked_for_another() {
    let (torrent, other) = (torrent(), Torrent::new(&Recipe { files: &[("", 7)], ..Recipe::default() }));
    let server = Server::start([(format!("/{}", other.info_hash), Page::of(other.bytes.clone()))]).await;
    let rig = rig(&[server.url("/{infohash}")]).await;
    for _ in 0..2 {
        assert!(within(10, rig.lookup.find(&request(torrent.info_hash, 0))).await.is_none());
    }
    assert_eq!(server.asked().len(), 1, "what it has not got is not asked for again at once");
    assert!(within(10, rig.lookup.find(&request(other.info_hash, 0))).await.is_some());
}

#[tokio::test]
async fn the_first_right_answer_counts_however_slow_the_others_are() {
    let torrent = torrent();
    // It accepts connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start([(format!("/{}", torrent.info_hash), Page::of(torrent.bytes.clone()))]).await;
    let urls = [format!("http://{}/{{infohash}}", silent.local_addr().unwrap()), server.url("/{infohash}")];
    let rig = rig(&urls).await;
    let since = Instant::now();
    assert!(rig.lookup.find(&request(torrent.info_hash, 0)).await.is_some());
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
}

#[tokio::test]
async fn many_who_look_for_one_torrent_ask_once() {
    let torrent = torrent();
    let server = Server::start([(format!("/{}", torrent.info_hash), Page::of(torrent.bytes.clone()))]).await;
    let rig = rig(&[server.url("/{infohash}")]).await;
    let asking = request(torrent.info_hash, 0);
    let found = within(10, futures::future::join_all((0..20).map(|_| rig.lookup.find(&asking)))).await;
    assert!(found.iter().all(Option::is_some));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn whoever_joins_a_search_still_asks_the_places_that_only_he_knows() {
    let torrent = torrent();
    let server = Server::start([("/mine".to_owned(), Page::of(torrent.bytes.clone()))]).await;
    let rig = rig(&[server.url("/{infohash}")]).await;
    let (bare, knowing) = (request(torrent.info_hash, 0), with_sources(&torrent, &[server.url("/mine")]));
    let both = futures::future::join(rig.lookup.find(&bare), rig.lookup.find(&knowing));
    let (_, found) = within(10, both).await;
    assert!(found.is_some());
}

#[tokio::test]
async fn a_private_torrent_is_used_but_not_kept() {
    let torrent = Torrent::new(&Recipe { files: &[("", 7)], private: true, ..Recipe::default() });
    let server = Server::start([("/t".to_owned(), Page::of(torrent.bytes.clone()))]).await;
    let rig = rig(&[]).await;
    let asking = with_sources(&torrent, &[server.url("/t")]);
    assert!(within(10, rig.lookup.find(&asking)).await.unwrap().0.private);
    assert!(rig.db.metainfo(torrent.info_hash).await.unwrap().is_none());
}

#[tokio::test]
async fn a_magnet_cannot_make_the_server_ask_its_own_network() {
    let torrent = torrent();
    let server = Server::start([("/t".to_owned(), Page::of(torrent.bytes.clone()))]).await;
    let plan = Plan { guard: Guard::PublicOnly, ..Plan::default() };
    let rig = Rig::new(plan).await;
    let port = server.address.port();
    let urls = [
        server.url("/t"),
        format!("http://localhost:{port}/t"),
        format!("http://[::ffff:127.0.0.1]:{port}/t"),
    ];
    assert!(within(10, rig.lookup.find(&with_sources(&torrent, &urls))).await.is_none());
    assert_eq!(server.asked(), [""; 0]);
}

#[tokio::test]
async fn an_operators_template_may_lie_in_his_own_network() {
    let torrent = torrent();
    let server = Server::start([(format!("/{}", torrent.info_hash), Page::of(torrent.bytes.clone()))]).await;
    let metainfo_urls = vec![server.url("/{infohash}")];
    let rig = Rig::new(Plan { guard: Guard::PublicOnly, metainfo_urls, ..Plan::default() }).await;
    assert!(within(10, rig.lookup.find(&request(torrent.info_hash, 0))).await.is_some());
}

#[tokio::test]
async fn redirects_are_followed_but_not_in_circles() {
    let torrent = torrent();
    let server = Server::start([
        ("/a".to_owned(), Page::redirect("/b".to_owned())),
        ("/b".to_owned(), Page::of(torrent.bytes.clone())),
        ("/circle".to_owned(), Page::redirect("/circle".to_owned())),
    ])
    .await;
    let rig = rig(&[]).await;
    assert!(within(10, rig.lookup.find(&with_sources(&torrent, &[server.url("/circle")]))).await.is_none());
    assert!(server.asked().len() <= 7, "{:?}", server.asked());
    assert!(within(10, rig.lookup.find(&with_sources(&torrent, &[server.url("/a")]))).await.is_some());
}
