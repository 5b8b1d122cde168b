//! Answers that are not fresh any more: they are shown at once, and new ones are there for the next viewer.

use std::path::Path;
use std::time::Duration;

use data_encoding::HEXLOWER;
use headwater::seal::Sealer;
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use super::restart::settle;
use super::stage::{FILM, film, hash, list, setup, titles, until};
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Tracker, Trouble, Upstream};

/// What this server seals with.
const KEY: &str = "a key of this test";

/// Makes every answer that a stopped server has kept older by so many seconds, as if it had stood still for so long.
async fn make_old(data: &Path, seconds: u64) {
    let sealer = Sealer::new(KEY.as_bytes());
    let mut database =
        SqliteConnectOptions::new().filename(data.join("headwater.db")).connect().await.unwrap();
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT key, sealed FROM searches").fetch_all(&mut database).await.unwrap();
    assert!(!rows.is_empty());
    for (key, sealed) in rows {
        let context = HEXLOWER.encode(&key);
        let mut entry: Value = serde_json::from_slice(&sealer.open(&context, &sealed).unwrap()).unwrap();
        for time in ["at", "asked"] {
            entry[time] = json!(entry[time].as_u64().unwrap() - seconds);
        }
        let sealed = sealer.seal(&context, entry.to_string().as_bytes());
        sqlx::query("UPDATE searches SET sealed = ?, found_at = found_at - ? WHERE key = ?")
            .bind(sealed)
            .bind(i64::try_from(seconds).unwrap())
            .bind(key)
            .execute(&mut database)
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_list_is_shown_at_once_and_the_new_one_to_the_next_viewer() {
    let stock = [film(1, "1080p.WEB-DL.H264-OLD")];
    let jackett = Upstream::start(Jackett::new("KEY", [Tracker::new("one", "One", Caps::IDS).with(stock)]));
    let titles = titles();
    let mut server = setup(&titles)
        .env("HEADWATER_JACKETT_URL", jackett.base())
        .env("HEADWATER_JACKETT_API_KEY", "KEY")
        .env("HEADWATER_SOURCE_SECURITY_KEY", KEY)
        .start();
    assert_eq!(list(&server, FILM).await.hashes(), [hash(1)]);
    settle(&server).await;
    server.terminate();
    server.stopped();
    make_old(&server.setup().data(), 3_600).await;
    jackett.with(|jackett| jackett.trackers[0].listed = vec![film(2, "1080p.WEB-DL.H264-NEW")]);
    jackett.forget();
    jackett.trouble("", Trouble::Hang);
    server.restart();
    let old = list(&server, FILM).await;
    assert_eq!(old.hashes(), [hash(1)]);
    assert!(old.took < Duration::from_secs(1), "nobody is waited for: {:?}", old.took);
    jackett.until("/api", |asks| !asks.is_empty()).await;
    assert_eq!(list(&server, FILM).await.hashes(), [hash(1)], "while the site is silent");
    jackett.heal("");
    let new = until(&server, FILM, |list| list.hashes() != [hash(1)]).await;
    assert_eq!(new.hashes(), [hash(2)]);
    let is_search = |query: Option<String>| query.as_deref().is_some_and(|function| function == "movie");
    let searches = jackett.asked(&Jackett::below("one"));
    let searches = searches.iter().filter(|ask| is_search(ask.get("t"))).count();
    assert_eq!(searches, 1, "{:#?}", jackett.paths());
}
