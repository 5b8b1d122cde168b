//! What all fakes have in common, shown with one of them.

use std::time::{Duration, Instant};

use reqwest::Method;

use super::{FORM, PATIENCE, Rig, TOKEN};
use crate::support::debrid::alldebrid::ALL_DEBRID;
use crate::support::debrid::premiumize::PREMIUMIZE;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Fault, hash_of_magnet};
use crate::support::http::send;

#[test]
fn every_service_has_a_name_and_a_documented_prefix() {
    let kinds = [REAL_DEBRID, TORBOX, ALL_DEBRID, PREMIUMIZE].map(|kind| (kind.name, kind.prefix));
    let documented =
        [("realdebrid", "/rest/1.0"), ("torbox", "/v1/api"), ("alldebrid", ""), ("premiumize", "/api")];
    assert_eq!(kinds, documented);
}

#[tokio::test]
async fn the_journal_tells_what_was_called() {
    let rig = Rig::start(REAL_DEBRID);
    rig.post("/torrents/addMagnet?host=x", &[("magnet", "nonsense")]).await;
    let journal = rig.fake.journal();
    let [call] = journal.as_slice() else { panic!("one call was made: {journal:?}") };
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/torrents/addMagnet"));
    assert_eq!((call.query.as_str(), call.body_text.as_str()), ("host=x", "magnet=nonsense"));
    assert_eq!((call.authorization.clone(), call.status), (Some(format!("Bearer {TOKEN}")), 400));
    assert_eq!(rig.fake.count("POST", "/torrents"), 1);
    assert_eq!(rig.fake.count("GET", ""), 0);
}

#[tokio::test]
async fn what_the_documentation_does_not_know_is_remembered() {
    let rig = Rig::start(REAL_DEBRID);
    assert_eq!(rig.get("/no/such/route").await.status, 404);
    assert_eq!(
        rig.post("/torrents/addMagnet", &[("magnet", &rig.share.magnet()), ("mangle", "1")]).await.status,
        201
    );
    let bearer = format!("Bearer {TOKEN}");
    let telling = [("authorization", bearer.as_str()), ("x-forwarded-for", "192.0.2.1")];
    assert_eq!(rig.send("GET", "/user", &telling, b"").await.status, 200);
    let outside = rig.fake.base.replace("/rest/1.0", "/rest/2.0/user");
    assert_eq!(
        send(&rig.client, Method::GET, &outside, &[], Vec::new(), PATIENCE).await.unwrap().status,
        404
    );
    let reasons: Vec<String> = rig.fake.unexpected().into_iter().filter_map(|call| call.unexpected).collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    for word in ["unknown route", "mangle", "x-forwarded-for", "outside"] {
        assert!(reasons.iter().any(|reason| reason.contains(word)), "{word} in {reasons:?}");
    }
}

#[tokio::test]
async fn faults_take_their_turns_and_end() {
    let rig = Rig::start(REAL_DEBRID);
    let prefix = "/user";
    rig.fake.fault(Fault::RateLimited { prefix, retry_after: Some(7), times: 1 });
    rig.fake.fault(Fault::Html { prefix, status: 200, times: 1 });
    rig.fake.fault(Fault::Status { prefix, status: 503, body: "{}".to_owned(), times: 2 });
    rig.fake.fault(Fault::EmptyOk { prefix, times: 1 });
    assert_eq!(rig.get("/torrents").await.status, 204, "another path is fine");
    let limited = rig.get("/user").await;
    assert_eq!((limited.status.as_u16(), limited.header("retry-after")), (429, "7"));
    assert_eq!(limited.json()["error_code"], 34);
    let page = rig.get("/user").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=UTF-8"));
    assert_eq!(rig.get("/user").await.status, 503);
    assert_eq!(rig.get("/user").await.status, 503);
    let empty = rig.get("/user").await;
    assert_eq!((empty.status.as_u16(), empty.body.len()), (200, 0));
    assert_eq!(rig.get("/user").await.json()["type"], "premium");
    assert_eq!(rig.fake.limit_violations(), 0, "a fault is no violation");
}

#[tokio::test]
async fn a_slow_call_is_answered_late_and_a_hanging_one_never() {
    let rig = Rig::start(REAL_DEBRID);
    rig.fake.fault(Fault::Slow { prefix: "/user", delay: Duration::from_millis(200) });
    let start = Instant::now();
    assert_eq!(rig.get("/user").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(200));
    rig.fake.clear_faults();
    rig.fake.fault(Fault::Hang { prefix: "/user" });
    let url = format!("{}/user", rig.fake.base);
    let hanging = send(&rig.client, Method::GET, &url, &[], Vec::new(), Duration::from_millis(200)).await;
    assert!(hanging.unwrap_err().is_timeout());
}

#[tokio::test]
async fn a_lost_answer_leaves_its_effect() {
    let rig = Rig::start(REAL_DEBRID);
    rig.fake.fault(Fault::Lost { prefix: "/torrents/addMagnet", times: 1 });
    assert_eq!(rig.post("/torrents/addMagnet", &[("magnet", &rig.share.magnet())]).await.status, 502);
    assert_eq!(rig.fake.items().len(), 1);
}

#[tokio::test]
async fn items_of_the_user_are_told_from_ours() {
    let rig = Rig::start(REAL_DEBRID);
    rig.fake.add_foreign_item(&rig.share.info_hash);
    rig.post("/torrents/addMagnet", &[("magnet", &rig.share.magnet())]).await;
    let items = rig.fake.items();
    assert_eq!(items.iter().map(|item| item.foreign).collect::<Vec<_>>(), [true, false]);
    assert!(items.iter().all(|item| item.token == TOKEN && item.info_hash == rig.share.info_hash));
}

#[tokio::test]
async fn calls_above_the_published_limit_are_refused_and_counted() {
    let rig = Rig::start(ALL_DEBRID);
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(rig.get("/v4/user?agent=test").await.status.as_u16());
        if rig.fake.limit_violations() > 0 {
            break;
        }
    }
    assert_eq!(statuses[..12], [200; 12], "the limit is 12 in a second");
    assert_eq!((statuses.last(), rig.fake.limit_violations()), (Some(&429), 1), "{statuses:?}");
}

#[tokio::test]
async fn a_fake_that_is_dropped_is_gone() {
    let rig = Rig::start(REAL_DEBRID);
    let url = format!("{}/user", rig.fake.base);
    drop(rig.fake);
    assert!(send(&rig.client, Method::GET, &url, &[], Vec::new(), PATIENCE).await.unwrap_err().is_connect());
}

#[tokio::test]
async fn magnets_are_read_in_hex_and_base32_and_torrents_by_their_info() {
    let rig = Rig::start(REAL_DEBRID);
    let base32 = format!("magnet:?dn=x&xt=urn:btih:{}", rig.share.base32());
    assert_eq!(hash_of_magnet(&base32).as_deref(), Some(rig.share.info_hash.as_str()));
    assert_eq!(hash_of_magnet("magnet:?xt=urn:btih:short"), None);
    let added = rig.call("PUT", "/torrents/addTorrent", "application/x-bittorrent", &rig.share.torrent).await;
    assert_eq!(added.status, 201);
    assert_eq!(rig.fake.items()[0].info_hash, rig.share.info_hash);
    let broken = rig.call("PUT", "/torrents/addTorrent", FORM, b"d4:infoe").await;
    assert_eq!((broken.status.as_u16(), broken.json()["error_code"].as_i64()), (400, Some(30)));
}
