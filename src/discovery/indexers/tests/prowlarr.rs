use std::time::Duration;

use serde_json::{Value, json};

use super::server::{Asked, Reply, Server, json, response, xml};
use super::*;

fn listed(id: u32, name: &str) -> Value {
    json!({
        "id": id, "name": name, "enable": true, "protocol": "torrent", "privacy": "public",
        "capabilities": {
            "limitsMax": 100, "categories": [{"id": 2000}, {"id": 5000}], "searchParams": ["q"],
            "tvSearchParams": ["q", "season", "ep", "imdbId"], "movieSearchParams": ["q", "imdbId"],
        },
    })
}

/// A result of Prowlarr: no hash, no magnet, and a link that may redirect to one.
fn result(id: &str) -> Reply {
    let link = format!("http://p.example/{id}/download?apikey={KEY}&amp;link=abc");
    xml(&format!(
        r#"<rss><channel><item><title>Film {id}</title><link>{link}</link>
        <prowlarrindexer id="{id}" type="private">Site {id}</prowlarrindexer>
        <enclosure url="{link}" length="7" type="application/x-bittorrent"/>
        <torznab:attr name="seeders" value="3"/></item>
        <item><title>News</title><enclosure url="{link}" length="7" type="application/x-nzb"/></item></channel></rss>"#
    ))
}

async fn prowlarr(odd: fn(&Asked) -> Option<Reply>) -> Server {
    Server::start(move |asked| {
        if !asked.head.to_ascii_lowercase().contains(&format!("x-api-key: {KEY}\r\n")) {
            return response(401, "", r#"{"error": "Unauthorized"}"#);
        }
        if let Some(reply) = odd(asked) {
            return reply;
        }
        match asked.path.as_str() {
            "/api/v1/system/status" => json(&json!({"appName": "Prowlarr", "version": "1.2.3"})),
            "/api/v1/indexer" => json(&json!([
                listed(1, "One"),
                listed(2, "Two"),
                {"id": 3, "name": "Off", "enable": false, "protocol": "torrent"},
                {"id": 4, "name": "News", "enable": true, "protocol": "usenet"},
            ])),
            path => result(path.split('/').nth(1).unwrap()),
        }
    })
    .await
}

#[tokio::test]
async fn every_enabled_torrent_indexer_is_asked_by_itself_and_links_are_handed_on() {
    let server = prowlarr(|_| None).await;
    let indexer = indexer(IndexerKind::Prowlarr, server.url("/"));
    let (found, outcome) = search(&*indexer, &film()).await;
    assert_eq!((names(&found), outcome), (vec!["Film 1", "Film 2"], Ok(())));
    assert_eq!(found[0].info_hash, None);
    let link = format!("http://p.example/1/download?apikey={KEY}&link=abc");
    assert_eq!(found[0].torrent.as_ref().map(Url::as_str), Some(link.as_str()));
    assert_eq!((found[0].by.as_deref(), found[0].private, found[0].seeders), (Some("Site 1"), true, Some(3)));
    let asked = server.asked();
    // Nobody followed a link, and no address of ours held the key.
    let paths: Vec<&str> =
        asked.iter().map(|asked| asked.path.as_str()).filter(|path| path.len() < 8).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|asked| asked.get("apikey").is_none()));
    assert_eq!(server.questions(&["movie"]), ["t=movie imdbid=tt1254207"; 2]);
}

#[tokio::test]
async fn disabled_and_limited_indexers_break_nothing() {
    let server = prowlarr(|asked| match asked.path.as_str() {
        "/1/api" => Some(response(
            429,
            "Retry-After: 600\r\n",
            r#"<error code="429" description="Indexer is disabled till"/>"#,
        )),
        "/2/api" => Some(response(410, "", r#"<error code="410" description="Indexer is disabled"/>"#)),
        _ => None,
    })
    .await;
    let indexer = indexer(IndexerKind::Prowlarr, server.url("/"));
    let limited = IndexerError::RateLimited(Some(Duration::from_secs(600)));
    assert_eq!(search(&*indexer, &film()).await.1, Err(limited));
    let only = super::indexer(IndexerKind::Prowlarr, server.url("/2/api"));
    let disabled = IndexerError::Unavailable("it is disabled there".to_owned());
    assert_eq!(search(&*only, &film()).await.1, Err(disabled));
}

#[tokio::test]
async fn its_own_search_serves_where_the_list_is_withheld() {
    let server = prowlarr(|asked| match asked.path.as_str() {
        "/api/v1/indexer" => Some(response(404, "", "")),
        "/api/v1/search" => Some(json(&json!([
            {"title": "A", "protocol": "torrent", "infoHash": HEX, "indexer": "One", "size": "1,024"},
            {"title": "B", "protocol": "usenet", "downloadUrl": "http://p.example/4/download"},
        ]))),
        _ => None,
    })
    .await;
    let indexer = indexer(IndexerKind::Prowlarr, server.url("/"));
    let (found, outcome) = search(&*indexer, &episode()).await;
    assert_eq!((found.len(), outcome), (3, Ok(())));
    assert_eq!((found[0].name.as_str(), found[0].size), ("A", Some(1024)));
    let asked = server.asked();
    let queries: Vec<&str> = asked.iter().filter_map(|asked| asked.get("query")).collect();
    assert_eq!(
        {
            let mut sorted = queries;
            sorted.sort_unstable();
            sorted
        },
        ["Pioneer One S03", "Pioneer One S03E04", "{imdbid:tt1748166}{season:3}{episode:4}"]
    );
}

#[tokio::test]
async fn a_wrong_key_and_another_program_are_told_apart() {
    let server = prowlarr(|_| None).await;
    let mut settings = settings(IndexerKind::Prowlarr, server.url("/"));
    settings.api_key = Some(Secret::from("wrong".to_owned()));
    let indexer = build(&settings, &net::client().unwrap());
    let refused = IndexerError::Credentials("the API key is refused".to_owned());
    assert_eq!(search(&*indexer, &film()).await.1, Err(refused.clone()));
    assert_eq!(indexer.probe().await, Err(refused));
    let page = Server::start(|_| response(200, "Content-Type: text/html\r\n", "<!DOCTYPE html>")).await;
    let indexer = super::indexer(IndexerKind::Prowlarr, page.url("/"));
    let error = IndexerError::Malformed("this is not a Prowlarr: it answered with a web page".to_owned());
    assert_eq!(search(&*indexer, &film()).await.1, Err(error));
}

#[tokio::test]
async fn a_probe_tells_version_and_counts() {
    let server = prowlarr(|_| None).await;
    let probe = indexer(IndexerKind::Prowlarr, server.url("/settings/general")).probe().await.unwrap();
    assert_eq!((probe.title.as_str(), probe.indexers, probe.results), ("Prowlarr 1.2.3", Some(2), 2));
}
