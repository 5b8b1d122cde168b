//! Indexers that hang, break or refuse: what the others found is shown all the same, and in time.

use std::time::{Duration, Instant};

use super::stage::{FILM, SHOW, film, hash, hashes, list, setup, titles, until};
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::zilean::Zilean;
use crate::support::indexers::{Caps, Tracker, Trouble, Upstream};
use crate::support::server::Setup;

fn jackett(sites: u32) -> Upstream<Jackett> {
    let site = |number: u32| {
        let (id, name) = (format!("site{number}"), format!("Site {number}"));
        // What is the same in name and size passes for the same.
        let listed =
            film(number, &format!("1080p.WEB-DL.H264-SITE{number}")).size(1_000_000_000 + u64::from(number));
        Tracker::new(&id, &name, Caps::IDS).with([listed])
    };
    Upstream::start(Jackett::new("KEY", (1..=sites).map(site)))
}

fn with_jackett(setup: Setup, jackett: &Upstream<Jackett>) -> Setup {
    setup.env("HEADWATER_JACKETT_URL", jackett.base()).env("HEADWATER_JACKETT_API_KEY", "KEY")
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_sites_of_which_two_hang_are_answered_for_at_the_deadline_and_then_at_once() {
    let (jackett, titles) = (jackett(10), titles());
    for hanging in ["site9", "site10"] {
        jackett.trouble(&Jackett::below(hanging), Trouble::Hang);
    }
    let server = with_jackett(setup(&titles), &jackett).env("HEADWATER_SEARCH_DEADLINE", "2s").start();
    let first = list(&server, FILM).await;
    assert_eq!(first.sorted(), hashes(&[1, 2, 3, 4, 5, 6, 7, 8]));
    assert!(first.took >= Duration::from_millis(1900), "it waits for the late ones: {:?}", first.took);
    assert!(first.took < Duration::from_millis(3500), "and no longer than that: {:?}", first.took);
    let second = list(&server, FILM).await;
    assert_eq!(second.sorted(), first.sorted());
    assert!(second.took < Duration::from_millis(500), "nobody waits twice: {:?}", second.took);
    // What comes late is there for the next one who asks.
    jackett.heal("");
    let all = until(&server, FILM, |list| list.rows.len() == 10).await;
    assert_eq!(all.sorted(), hashes(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_broken_in_any_way_hides_no_other() {
    let troubles = [
        Trouble::Status { status: 500, retry_after: None },
        Trouble::Status { status: 429, retry_after: Some(30) },
        Trouble::TooMany { retry_after: None },
        Trouble::Html,
        Trouble::Cut,
        Trouble::Torn,
        Trouble::Garbage,
        Trouble::Endless,
        Trouble::Instead { kind: "application/rss+xml", body: bomb() },
        Trouble::Instead { kind: "application/rss+xml", body: "<rss><channel>".repeat(100_000) },
        Trouble::Drip(Duration::from_millis(200)),
    ];
    let count = u32::try_from(troubles.len()).unwrap();
    let (jackett, titles) = (jackett(count + 1), titles());
    for (number, trouble) in (1..).zip(troubles) {
        jackett.trouble(&Jackett::below(&format!("site{number}")), trouble);
    }
    let server = with_jackett(setup(&titles), &jackett).env("HEADWATER_SEARCH_DEADLINE", "4s").start();
    let list = list(&server, FILM).await;
    // Half of a feed may have been read before it broke; what is wrong must not hide what is right.
    assert!(list.hashes().contains(&hash(count + 1).as_str()), "{:#?}", list.rows);
    assert!(list.took < Duration::from_secs(6), "{:?}", list.took);
    assert_eq!(server.get("/health").await.status, 200);
}

/// Entities that would be gigabytes if they were written out.
fn bomb() -> String {
    let mut text = String::from("<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a \"aaaaaaaaaa\">");
    for (name, of) in
        ["b", "c", "d", "e", "f", "g", "h", "i"].into_iter().zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        text.push_str(&format!("<!ENTITY {name} \"{}\">", format!("&{of};").repeat(10)));
    }
    text.push_str("]><rss><channel><item><title>&i;</title></item></channel></rss>");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_feed_under_a_wrong_name_is_read() {
    let (jackett, titles) = (jackett(1), titles());
    jackett.trouble(&Jackett::below("site1"), Trouble::Mistyped("text/plain"));
    let server = with_jackett(setup(&titles), &jackett).start();
    assert_eq!(list(&server, FILM).await.sorted(), hashes(&[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_not_tried_again_and_again_and_the_operator_is_told() {
    let (jackett, titles) = (jackett(2), titles());
    let server = with_jackett(setup(&titles), &jackett)
        .env("HEADWATER_JACKETT_API_KEY", "WRONG")
        .env("HEADWATER_ADMIN_TOKEN", "operators-word")
        .start();
    for id in [FILM.to_owned(), format!("{SHOW}:1:1"), "tt9000009".to_owned()] {
        assert!(list(&server, &id).await.rows.is_empty());
    }
    assert_eq!(jackett.journal().len(), 1, "{:#?}", jackett.paths());
    let answer = server.send(
        reqwest::Method::GET,
        "/api/admin/status",
        &[("Authorization", "Bearer operators-word")],
        Vec::new(),
    );
    let status = answer.await.text();
    assert!(status.contains("Jackett") && status.contains("API key is refused"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_indexer_that_fails_is_left_alone_and_asked_again_after_the_time_it_names() {
    let zilean = Upstream::start(Zilean::new([film(1, "1080p.WEB-DL.H264-ONE")]));
    let titles = titles();
    let server = setup(&titles).env("HEADWATER_ZILEAN_URL", zilean.base()).start();
    zilean.trouble("", Trouble::TooMany { retry_after: Some(2) });
    let began = Instant::now();
    assert!(list(&server, FILM).await.rows.is_empty());
    let asked = zilean.journal().len();
    assert!(asked >= 1);
    assert!(list(&server, FILM).await.rows.is_empty());
    assert_eq!(zilean.journal().len(), asked, "it is left alone: {:#?}", zilean.paths());
    zilean.heal("");
    let back = until(&server, FILM, |list| !list.rows.is_empty()).await;
    assert_eq!(back.sorted(), hashes(&[1]));
    // The list was asked for all the time, and an answer of the site would have ended that.
    assert!(began.elapsed() >= Duration::from_secs(2), "it was asked after {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_of_titles_that_hangs_or_knows_nothing_leaves_the_ids() {
    for trouble in [
        Some(Trouble::Hang),
        Some(Trouble::Status { status: 500, retry_after: None }),
        Some(Trouble::Html),
        Some(Trouble::Instead { kind: "application/json", body: "{\"meta\": null}".to_owned() }),
        Some(Trouble::Instead { kind: "application/json", body: "{}".to_owned() }),
    ] {
        let (jackett, titles) = (jackett(1), titles());
        if let Some(trouble) = trouble.clone() {
            titles.trouble("", trouble);
        }
        let server = with_jackett(setup(&titles), &jackett).env("HEADWATER_SEARCH_DEADLINE", "8s").start();
        let list = list(&server, FILM).await;
        assert_eq!(list.sorted(), hashes(&[1]), "{trouble:?}: {:#?}", jackett.paths());
        assert!(list.took < Duration::from_secs(8), "{trouble:?}: {:?}", list.took);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_ask_at_once_are_one_search() {
    let (jackett, titles) = (jackett(3), titles());
    let server = with_jackett(setup(&titles), &jackett).start();
    jackett.trouble("", Trouble::Late(Duration::from_millis(300)));
    let lists = futures::future::join_all((0..100).map(|_| list(&server, FILM))).await;
    assert!(lists.iter().all(|list| list.sorted() == hashes(&[1, 2, 3])));
    for site in ["site1", "site2", "site3"] {
        let searches = jackett.asked(&Jackett::below(site));
        let searches = searches.iter().filter(|ask| ask.get("t").as_deref() != Some("caps")).count();
        assert_eq!(searches, 1, "{:#?}", jackett.paths());
    }
    assert_eq!(titles.journal().len(), 1, "{:#?}", titles.paths());
}
