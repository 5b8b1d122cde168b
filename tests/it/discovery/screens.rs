//! Titles that an app has on its screen (`POST /api/ui/viewport`): they are searched before anybody opens them.

use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{FILM, SHOW, episode, film, hash, list, setup, titles};
use crate::support::indexers::bitmagnet::Bitmagnet;
use crate::support::indexers::{Trouble, Upstream};
use crate::support::server::Headwater;

/// The ids of the searches that a site has heard, one for each search; other questions have none.
fn searched(site: &Upstream<Bitmagnet>) -> Vec<String> {
    site.asked("/torznab").iter().filter_map(|ask| ask.get("imdbid")).collect()
}

fn count(searched: &[String], id: &str) -> usize {
    searched.iter().filter(|searched| *searched == id).count()
}

/// Says that these titles are on a screen, and how many of them are taken.
async fn show(server: &Headwater, ids: Value) -> usize {
    let (status, answer) = server.post("/api/ui/viewport", json!({ "ids": ids }).to_string()).await;
    assert_eq!(status, 202, "{answer}");
    answer["accepted"].as_u64().and_then(|count| usize::try_from(count).ok()).expect("it counts them")
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_on_a_screen_are_searched_before_they_are_opened_and_not_once_more_then() {
    let stock = [film(1, "1080p.WEB.H264-AA"), episode(2, 1, 1, "1080p.WEB.H264-AA")];
    let bitmagnet = Upstream::start(Bitmagnet::new(stock));
    let titles = titles();
    let server = setup(&titles).env("HEADWATER_BITMAGNET_URL", bitmagnet.base()).start();
    let first = format!("{SHOW}:1:1");
    assert_eq!(show(&server, json!([FILM, { "id": first, "type": "series" }])).await, 2);
    // An episode is asked for by itself and within its season.
    let expected = |searched: &[String]| (count(searched, FILM), count(searched, SHOW)) == (1, 2);
    bitmagnet.until("/torznab", |_| expected(&searched(&bitmagnet))).await;
    for (id, number) in [(FILM, 1), (first.as_str(), 2)] {
        assert_eq!(list(&server, id).await.hashes(), [hash(number)]);
    }
    assert!(expected(&searched(&bitmagnet)), "{:#?}", bitmagnet.paths());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_on_a_screen_last_reaches_a_late_site_first() {
    let bitmagnet = Upstream::start(Bitmagnet::new([film(1, "1080p.WEB.H264-AA")]));
    let titles = titles();
    let server = setup(&titles).env("HEADWATER_BITMAGNET_URL", bitmagnet.base()).start();
    // It tells once what it can be asked for.
    assert_eq!(list(&server, FILM).await.rows.len(), 1);
    bitmagnet.forget();
    bitmagnet.trouble("", Trouble::Hang);
    let screen = |from: u32| (from..from + 4).map(|number| format!("tt800{number:04}")).collect::<Vec<_>>();
    let (before, now) = (screen(0), screen(100));
    assert_eq!(show(&server, json!(before)).await, 4);
    // Two lists are made at the same time.
    bitmagnet.until("/torznab", |asks| asks.len() >= 2).await;
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(sorted(searched(&bitmagnet)), before[..2]);
    assert_eq!(show(&server, json!(now)).await, 4);
    // So late that two lists which are begun together reach the site together.
    bitmagnet.trouble("", Trouble::Late(Duration::from_millis(700)));
    bitmagnet.until("/torznab", |asks| asks.len() >= 8).await;
    let heard = searched(&bitmagnet);
    // The last of the new screen and the first of what is left of the old one are under way together.
    assert!(heard[2..5].iter().all(|id| now.contains(id)), "{heard:?}");
    assert!(now.iter().all(|id| heard[2..7].contains(id)), "{heard:?}");
    assert_eq!(sorted(heard), [before, now].concat(), "each of them once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_has_limits_and_what_is_none_is_refused() {
    let titles = titles();
    let server = setup(&titles).start();
    let many: Vec<Value> = (0..60).map(|number| json!(format!("tt800{number:04}"))).collect();
    let (_, answer) = server.post("/api/ui/viewport", json!({ "ids": many }).to_string()).await;
    assert_eq!((&answer["accepted"], &answer["ignored"]), (&json!(40), &json!(20)), "{answer}");
    for wrong in ["", "[]", "{}", r#"{"ids": 5}"#, r#"{"ids": [5]}"#] {
        let (status, answer) = server.post("/api/ui/viewport", wrong).await;
        assert_eq!(status, 400, "{wrong}: {answer}");
    }
    let (status, answer) =
        server.post("/api/ui/viewport", json!({ "ids": [], "profile": "nobody" }).to_string()).await;
    assert_eq!(status, 404, "{answer}");
}
