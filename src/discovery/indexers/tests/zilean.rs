use serde_json::json;

use super::server::{Server, json, response};
use super::*;

#[tokio::test]
async fn it_is_asked_by_id_and_by_title_and_its_rows_are_read_in_all_shapes() {
    let server = Server::start(|asked| match (asked.path.as_str(), asked.get("ImdbId")) {
        ("/dmm/filtered", Some(_)) => json(&json!([
            {"raw_title": "Pioneer.One.S03.1080p", "info_hash": HEX, "size": "276445467", "seasons": [3],
             "episodes": [], "imdb_id": "tt1748166", "codec": ["avc"], "year": null},
            {"raw_title": null, "info_hash": HEX},
            {"raw_title": "No hash", "info_hash": ""},
            "nonsense",
        ])),
        _ => json(&json!([{"raw_title": "Pioneer One 3x04", "info_hash": HEX.to_uppercase(), "size": 7}])),
    })
    .await;
    let indexer = indexer(IndexerKind::Zilean, server.url("/dmm/filtered"));
    let (found, outcome) = search(&*indexer, &episode()).await;
    assert_eq!((names(&found), outcome), (vec!["Pioneer One 3x04", "Pioneer.One.S03.1080p"], Ok(())));
    assert_eq!((found[0].size, found[1].size), (Some(7), Some(276_445_467)));
    assert_eq!(found[1].imdb.as_deref(), Some("tt1748166"));
    let mut questions: Vec<String> = server.asked().iter().map(super::server::Asked::question).collect();
    questions.sort();
    assert_eq!(questions, ["ImdbId=tt1748166 Season=3 Episode=4", "Query=Pioneer One Season=3 Episode=4"]);
}

#[tokio::test]
async fn its_other_search_is_asked_where_the_first_brings_nothing() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/dmm/search" => json(&json!([{"raw_title": "Big Buck Bunny 2008", "info_hash": HEX}])),
        _ => json(&json!([])),
    })
    .await;
    let indexer = indexer(IndexerKind::Zilean, server.url("/"));
    assert_eq!(names(&search(&*indexer, &film()).await.0), ["Big Buck Bunny 2008"]);
    let asked = server.asked();
    assert_eq!(asked.last().unwrap().body, r#"{"queryText":"Big Buck Bunny"}"#);
    let years: Vec<_> = asked.iter().filter_map(|asked| asked.get("Year")).collect();
    assert_eq!(years, ["2008"]);
    assert_eq!(indexer.probe().await.unwrap().results, 1);
}

#[tokio::test]
async fn errors_are_told_and_a_video_without_id_or_title_is_not_asked_for() {
    let server = Server::start(|_| response(500, "", "")).await;
    let indexer = indexer(IndexerKind::Zilean, server.url("/"));
    let error = IndexerError::Unavailable("it answered with status 500".to_owned());
    assert_eq!(search(&*indexer, &film()).await.1, Err(error));
    let Ok(id) = "kitsu:1:2".parse();
    let unknown = Query { id, absolute: Some(2), ..untitled(film()) };
    assert_eq!(search(&*indexer, &unknown).await.1, Err(IndexerError::Unsupported));
    let page = Server::start(|_| response(200, "Content-Type: text/html\r\n", "<html></html>")).await;
    let indexer = super::indexer(IndexerKind::Zilean, page.url("/"));
    let error = IndexerError::Malformed("this is not a Zilean: it answered with a web page".to_owned());
    assert_eq!(search(&*indexer, &film()).await.1, Err(error));
}
