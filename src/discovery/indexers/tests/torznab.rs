use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::server::{Reply, Server, response, xml};
use super::*;
use crate::discovery::indexers::exchange;

fn unreachable_question() -> Reply {
    response(500, "", "")
}

#[tokio::test]
async fn ids_are_sent_where_they_are_taken_and_caps_are_asked_for_once() {
    let server = Server::start(|asked| match asked.get("t") {
        Some("caps") => xml(&caps(FULL)),
        _ => xml(&results(&["A.2008.1080p"])),
    })
    .await;
    let indexer = indexer(IndexerKind::Torznab, server.url("/x/api"));
    let (found, outcome) = search(&*indexer, &film()).await;
    assert_eq!((names(&found), outcome), (vec!["A.2008.1080p"], Ok(())));
    search(&*indexer, &episode()).await.1.unwrap();
    assert_eq!(server.questions(&["caps"]).len(), 1);
    assert_eq!(
        server.questions(&["search", "movie", "tvsearch"]),
        [
            "t=movie imdbid=tt1254207",
            "t=tvsearch imdbid=tt1748166 season=3",
            "t=tvsearch imdbid=tt1748166 season=3 ep=4",
        ]
    );
    assert!(server.asked().iter().all(|asked| asked.get("apikey") == Some(KEY)));
    let film = server.asked().into_iter().find(|asked| asked.get("t") == Some("movie")).unwrap();
    assert_eq!((film.get("cat"), film.get("limit")), (Some("2000"), Some("100")));
}

#[tokio::test]
async fn words_are_sent_where_ids_bring_nothing() {
    let server = Server::start(|asked| match (asked.get("t"), asked.get("q")) {
        (Some("caps"), _) => xml(&caps(FULL)),
        (_, Some(_)) => xml(&results(&["A"])),
        _ => xml(&results(&[])),
    })
    .await;
    let indexer = indexer(IndexerKind::Torznab, server.url("/api"));
    assert_eq!(names(&search(&*indexer, &film()).await.0), ["A"]);
    assert_eq!(server.questions(&["movie"]), ["t=movie imdbid=tt1254207", "t=movie q=Big Buck Bunny 2008"]);
}

#[tokio::test]
async fn a_server_of_words_alone_is_asked_for_words_or_not_at_all() {
    let words = r#"<search available="yes" supportedParams="q"/><tv-search available="no" supportedParams="q,imdbid"/>"#;
    let server = Server::start(move |asked| match asked.get("t") {
        Some("caps") => xml(&caps(words)),
        _ => xml(&results(&["A"])),
    })
    .await;
    let indexer = indexer(IndexerKind::Torznab, server.url("/api"));
    assert_eq!(search(&*indexer, &untitled(episode())).await.1, Err(IndexerError::Unsupported));
    assert_eq!(search(&*indexer, &episode()).await.1, Ok(()));
    assert_eq!(
        server.questions(&["search"]),
        ["t=search q=Pioneer One S03", "t=search q=Pioneer One S03E04"]
    );
}

#[tokio::test]
async fn a_key_in_the_address_is_kept_and_a_pasted_question_is_not() {
    let server = Server::start(|asked| match asked.get("t") {
        Some("caps") => xml(&caps(FULL)),
        _ => xml(&results(&["A"])),
    })
    .await;
    let indexer = indexer(IndexerKind::Torznab, server.url("/api?t=search&apikey=inside&q=old&extra=1#x"));
    search(&*indexer, &film()).await.1.unwrap();
    for asked in server.asked() {
        assert_eq!((asked.get("apikey"), asked.get("extra")), (Some("inside"), Some("1")));
        assert_ne!(asked.get("q"), Some("old"));
        assert_eq!(asked.params.iter().filter(|(name, _)| name == "apikey").count(), 1);
    }
}

#[tokio::test]
async fn an_address_without_api_at_its_end_is_completed() {
    let server = Server::start(|asked| match (asked.path.as_str(), asked.get("t")) {
        ("/3/api", Some("caps")) => xml(&caps(FULL)),
        ("/3/api", _) => xml(&results(&["A"])),
        _ => response(200, "Content-Type: text/html\r\n", "<!doctype html><title>App</title>"),
    })
    .await;
    let indexer = indexer(IndexerKind::Torznab, server.url("/3/"));
    assert_eq!(names(&search(&*indexer, &film()).await.0), ["A"]);
    search(&*indexer, &episode()).await.1.unwrap();
    assert_eq!(server.asked().iter().filter(|asked| asked.path != "/3/api").count(), 1);
}

#[tokio::test]
async fn a_web_page_is_named_as_such() {
    let page = |_: &super::server::Asked| {
        response(200, "Content-Type: text/html\r\n", "<html><body>Login</body></html>")
    };
    let server = Server::start(page).await;
    let indexer = indexer(IndexerKind::Torznab, server.url("/api"));
    let error =
        IndexerError::Malformed("this is not a Torznab address: it answered with a web page".to_owned());
    assert_eq!(search(&*indexer, &film()).await.1, Err(error.clone()));
    assert_eq!(indexer.probe().await, Err(error));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let error = |code: u32| format!(r#"<error code="{code}" description="Invalid API Key {KEY}=x"/>"#);
    let refused = IndexerError::Credentials("the API key is refused".to_owned());
    for (reply, expected) in [
        (
            (200, "", error(100)),
            IndexerError::Credentials("the API key is refused: Invalid API Key".to_owned()),
        ),
        ((401, "", "no".to_owned()), refused.clone()),
        ((403, "", String::new()), refused),
        ((429, "Retry-After: 90\r\n", error(900)), IndexerError::RateLimited(Some(Duration::from_secs(90)))),
        ((429, "", String::new()), IndexerError::RateLimited(None)),
        ((400, "", error(900)), IndexerError::Unavailable("it reports an error: Invalid API Key".to_owned())),
        ((200, "", error(910)), IndexerError::Unavailable("it is disabled there".to_owned())),
        ((410, "", error(410)), IndexerError::Unavailable("it is disabled there".to_owned())),
        (
            (502, "", "<html>Bad gateway</html>".to_owned()),
            IndexerError::Unavailable("it answered with status 502".to_owned()),
        ),
        (
            (200, "", "{}".to_owned()),
            IndexerError::Malformed(
                "this is not a Torznab address: it answered with something else".to_owned(),
            ),
        ),
        (
            (404, "", String::new()),
            IndexerError::Malformed(
                "this is not a Torznab address: there is nothing at it (status 404)".to_owned(),
            ),
        ),
    ] {
        let (status, headers, body) = reply;
        let server = Server::start(move |_| response(status, headers, &body)).await;
        let indexer = indexer(IndexerKind::Torznab, server.url("/api"));
        assert_eq!(search(&*indexer, &film()).await.1, Err(expected));
    }
}

#[tokio::test]
async fn a_server_that_takes_back_what_it_offered_is_asked_again_what_it_can_do() {
    let asked_caps = AtomicU32::new(0);
    let server = Server::start(move |asked| match (asked.get("t"), asked.get("imdbid")) {
        (Some("caps"), _) if asked_caps.fetch_add(1, Ordering::Relaxed) == 0 => xml(&caps(FULL)),
        (Some("caps"), _) => xml(&caps(r#"<search available="yes" supportedParams="q"/>"#)),
        (_, Some(_)) => response(400, "", r#"<error code="203" description="imdbid is not supported"/>"#),
        _ => xml(&results(&["A"])),
    })
    .await;
    let indexer = indexer(IndexerKind::Torznab, server.url("/api"));
    for _ in 0..2 {
        let (found, outcome) = search(&*indexer, &film()).await;
        assert_eq!((names(&found), outcome), (vec!["A"], Ok(())));
    }
    assert_eq!(
        server.questions(&["movie", "search"]),
        ["t=movie imdbid=tt1254207", "t=movie q=Big Buck Bunny 2008", "t=search q=Big Buck Bunny 2008",]
    );
}

#[tokio::test]
async fn what_came_before_the_connection_broke_is_kept() {
    let server = Server::start(|asked| match asked.get("t") {
        Some("caps") => xml(&caps(FULL)),
        _ => {
            let whole = results(&["A", "B"]);
            let cut = &whole[..whole.len() - 60];
            Reply::Bytes(format!("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{cut}").into_bytes())
        }
    })
    .await;
    let indexer = indexer(IndexerKind::Torznab, server.url("/api"));
    let (found, outcome) = search(&*indexer, &film()).await;
    assert_eq!(names(&found)[0], "A");
    assert_eq!(outcome, Err(IndexerError::Unavailable("its answer broke off".to_owned())));
}

#[tokio::test]
async fn nobody_listening_is_unavailable() {
    let server = Server::start(|_| unreachable_question()).await;
    let url = server.url("/api");
    drop(server);
    let indexer = indexer(IndexerKind::Torznab, url);
    // The port may take one last connection before it is closed.
    let outcome = search(&*indexer, &film()).await.1;
    assert!(matches!(outcome, Err(IndexerError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_probe_tells_title_and_count() {
    let server = Server::start(|asked| match asked.get("t") {
        Some("caps") => xml(&caps(FULL)),
        _ => xml(&results(&["A", "B"])),
    })
    .await;
    let probe = indexer(IndexerKind::Torznab, server.url("/api")).probe().await.unwrap();
    assert_eq!((probe.title.as_str(), probe.indexers, probe.results), ("Test server", None, 2));
    assert_eq!(server.questions(&["search"]), ["t=search"]);
}

#[tokio::test]
async fn a_body_that_stalls_is_there_as_far_as_it_came() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf";
    let server = Server::start(|_| Reply::Stalled(head.to_vec())).await;
    let request = net::client().unwrap().get(server.url("/"));
    let answer = exchange::ask(request, Duration::from_secs(1), 1024).await.unwrap();
    assert_eq!((&*answer.body, answer.is_whole), (&b"half"[..], false));
    let endless = Server::start(|_| response(200, "", &"x".repeat(5_000))).await;
    let request = net::client().unwrap().get(endless.url("/"));
    let answer = exchange::ask(request, Duration::from_secs(60), 1024).await.unwrap();
    assert_eq!((answer.body.len(), answer.is_whole), (1024, false));
}
