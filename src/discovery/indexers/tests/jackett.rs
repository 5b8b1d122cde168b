use std::time::Duration;

use super::server::{Asked, Reply, Server, response, xml};
use super::*;

/// Which indexer a request is for.
fn part(asked: &Asked) -> &str {
    asked.path.split('/').nth(4).unwrap_or_default()
}

fn list(ids: &[&str]) -> String {
    let entry = |id: &&str| {
        let caps = caps(FULL).replace(r#"<?xml version="1.0"?>"#, "");
        let kind = if *id == "closed" { "private" } else { "public" };
        format!(
            r#"<indexer id="{id}" configured="true"><title>Site {id}</title><type>{kind}</type>{caps}</indexer>"#
        )
    };
    let entries: String = ids.iter().map(entry).collect();
    format!(r#"<?xml version="1.0"?><indexers>{entries}<indexer id="unset" configured="false"/></indexers>"#)
}

/// A Jackett with these indexers, each of which answers with its own name.
async fn jackett(ids: &'static [&'static str], odd: fn(&str) -> Option<Reply>) -> Server {
    Server::start(move |asked| {
        if asked.get("apikey") != Some(KEY) {
            return xml(r#"<error code="100" description="Invalid API Key"/>"#);
        }
        match (asked.get("t"), part(asked)) {
            (Some("indexers"), _) => xml(&list(ids)),
            (_, id) => odd(id).unwrap_or_else(|| xml(&results(&[id]))),
        }
    })
    .await
}

#[tokio::test]
async fn every_configured_indexer_is_asked_by_itself_and_all_never() {
    let server = jackett(&["one", "closed"], |_| None).await;
    let indexer = indexer(IndexerKind::Jackett, server.url("/api/v2.0/indexers/all/results/torznab/"));
    let (found, outcome) = search(&*indexer, &film()).await;
    assert_eq!((names(&found), outcome), (vec!["closed", "one"], Ok(())));
    assert_eq!(found[0].by.as_deref(), Some("Site closed"));
    assert_eq!((found[0].private, found[1].private), (true, false));
    search(&*indexer, &episode()).await.1.unwrap();
    let asked = server.asked();
    let of =
        |function: &str| asked.iter().filter(|asked| asked.get("t") == Some(function)).collect::<Vec<_>>();
    assert_eq!(of("indexers").len(), 1);
    // The list told what each can do.
    assert_eq!(of("caps").len(), 0);
    assert!(of("movie").iter().all(|asked| ["one", "closed"].contains(&part(asked))));
    assert_eq!((of("movie").len(), of("tvsearch").len()), (2, 4));
}

#[tokio::test]
async fn one_broken_indexer_breaks_nothing_and_rests() {
    let odd = |id: &str| match id {
        "broken" => Some(response(400, "", r#"<error code="900" description="boom"/>"#)),
        "limited" => Some(response(429, "Retry-After: 60\r\n", r#"<error code="900" description="slow"/>"#)),
        "page" => Some(response(200, "Content-Type: text/html\r\n", "<html></html>")),
        "unset" => Some(xml(r#"<error code="201" description="Indexer is not configured"/>"#)),
        _ => None,
    };
    let server = jackett(&["broken", "good", "limited", "page", "unset"], odd).await;
    let indexer = indexer(IndexerKind::Jackett, server.url("/"));
    for _ in 0..2 {
        let (found, outcome) = search(&*indexer, &film()).await;
        assert_eq!((names(&found), outcome), (vec!["good"], Ok(())));
    }
    let asked = |id: &str| server.asked().iter().filter(|asked| part(asked) == id).count();
    assert_eq!((asked("good"), asked("broken"), asked("limited"), asked("page")), (2, 1, 1, 1));
}

#[tokio::test]
async fn a_hanging_indexer_does_not_hide_what_others_found() {
    let server = jackett(&["hangs", "good"], |id| (id == "hangs").then(|| Reply::Stalled(Vec::new()))).await;
    let indexer = indexer(IndexerKind::Jackett, server.url("/"));
    let (sender, mut receiver) = tokio::sync::mpsc::channel(8);
    let (film, sink) = (film(), move |found: Vec<Found>| sender.try_send(found).unwrap());
    let searching = indexer.search(&film, &sink);
    let first =
        async { tokio::time::timeout(Duration::from_secs(10), receiver.recv()).await.unwrap().unwrap() };
    tokio::select! {
        outcome = searching => panic!("it ended before the hanging one: {outcome:?}"),
        found = first => assert_eq!(names(&found), ["good"]),
    }
}

#[tokio::test]
async fn a_wrong_key_is_told_as_such() {
    let server = jackett(&["one"], |_| None).await;
    let mut settings = settings(IndexerKind::Jackett, server.url("/"));
    settings.api_key = None;
    let indexer = build(&settings, &net::client().unwrap());
    let refused = IndexerError::Credentials("the API key is refused: Invalid API Key".to_owned());
    assert_eq!(search(&*indexer, &film()).await.1, Err(refused.clone()));
    assert_eq!(indexer.probe().await, Err(refused));
}

#[tokio::test]
async fn one_indexers_own_address_is_searched_alone() {
    let server = Server::start(|asked| match asked.get("t") {
        Some("indexers") => response(400, "", r#"<error code="203" description="not a meta indexer"/>"#),
        Some("caps") => xml(&caps(FULL)),
        _ => xml(&results(&[part(asked)])),
    })
    .await;
    let indexer = indexer(IndexerKind::Jackett, server.url("/api/v2.0/indexers/solo/results/torznab/"));
    assert_eq!(names(&search(&*indexer, &film()).await.0), ["solo"]);
}

#[tokio::test]
async fn another_program_at_its_address_is_no_jackett() {
    let server = Server::start(|_| response(200, "Content-Type: text/html\r\n", "<html></html>")).await;
    let indexer = indexer(IndexerKind::Jackett, server.url("/"));
    let error = IndexerError::Malformed("this is not a Jackett: it answered with a web page".to_owned());
    assert_eq!(search(&*indexer, &film()).await.1, Err(error));
}

#[tokio::test]
async fn all_failing_is_told_by_the_gravest_and_all_resting_too() {
    let server = jackett(&["one", "two"], |_| Some(response(503, "", ""))).await;
    let indexer = indexer(IndexerKind::Jackett, server.url("/"));
    for text in ["it answered with status 503", "all the indexers behind it have failed lately"] {
        assert_eq!(search(&*indexer, &film()).await.1, Err(IndexerError::Unavailable(text.to_owned())));
    }
}

#[tokio::test]
async fn a_probe_counts_indexers_and_results_of_those_that_answer() {
    let server =
        jackett(&["broken", "one", "two"], |id| (id == "broken").then(|| response(500, "", ""))).await;
    let probe = indexer(IndexerKind::Jackett, server.url("/jackett/UI/Dashboard")).probe().await;
    // Below a base path everything lies elsewhere, where this server has the same.
    let at_base = server.asked().iter().all(|asked| asked.path.starts_with("/jackett/api/v2.0/indexers/"));
    assert!(at_base);
    drop(probe);
    let probe = indexer(IndexerKind::Jackett, server.url("/")).probe().await.unwrap();
    assert_eq!((probe.indexers, probe.results), (Some(3), 2));
}
