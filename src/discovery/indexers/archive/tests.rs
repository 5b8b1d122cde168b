use std::sync::{Arc, Mutex};

use crate::discovery::fake::{Fake, Reply};

use super::*;

const ITEM: &str = r#"{"item_size":900,"files":[
    {"name":"sub dir/tide.mp4","source":"original","size":"700","height":"480"},
    {"name":"tide.ogv","source":"derivative","original":"sub dir/tide.mp4","size":"100"},
    {"name":"Tide35_archive.torrent","source":"metadata","btih":"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c"}]}"#;

fn archive(fake: &Fake) -> Archive {
    let collections = vec!["feature_films".to_owned(), "silent".to_owned()];
    Archive::new(fake.url(""), collections, crate::net::client().unwrap())
}

fn query() -> Query {
    let title = Title {
        kind: TitleKind::Movie,
        name: "The \"Long\" Tide".to_owned(),
        aliases: vec!["Die lange Flut".to_owned()],
        year: Some(1935),
        last_year: None,
        imdb: None,
        episodes: Vec::new(),
    };
    let Ok(id) = "tt0000011".parse();
    Query { title: Some(Arc::new(title)), ..Query::of_id("movie", &id) }
}

/// The address of a search, as it is sent.
fn search_path(archive: &Archive, what: &str) -> String {
    let q = format!("({what}) AND mediatype:movies AND collection:(feature_films OR silent)");
    let mut url = archive.address(&["advancedsearch.php"]);
    url.query_pairs_mut()
        .append_pair("q", &q)
        .extend_pairs(FIELDS.map(|field| ("fl[]", field)))
        .extend_pairs([("rows", "20"), ("page", "1"), ("output", "json")]);
    url[url::Position::BeforePath..].to_owned()
}

fn listed(docs: &str) -> Reply {
    Reply::json(&format!(r#"{{"response":{{"docs":[{docs}]}}}}"#))
}

async fn search(archive: &Archive, query: &Query) -> Result<Vec<Found>, IndexerError> {
    let found = Mutex::new(Vec::new());
    archive.search(query, &|more| found.lock().unwrap().extend(more)).await?;
    Ok(found.into_inner().unwrap())
}

const BY_ID: &str = "external-identifier:\"urn:imdb:tt0000011\"";
const BY_TITLE: &str = "(title:\"The  Long  Tide\" OR title:\"Die lange Flut\") AND year:[1934 TO 1936]";

#[tokio::test]
async fn a_film_with_the_wanted_id_is_found_with_its_files_and_torrent() {
    let fake = Fake::start([("/metadata/Tide35", Reply::json(ITEM))]).await;
    let archive = archive(&fake);
    let doc = r#"{"identifier":"Tide35","title":"Long Tide","year":"1935","external-identifier":"urn:imdb:tt0000011"}"#;
    fake.put(&search_path(&archive, BY_ID), listed(doc));
    let found = search(&archive, &query()).await.unwrap();
    let places: Vec<_> = found.iter().filter_map(|one| one.place.clone()).collect();
    assert_eq!(
        places,
        [fake.url("/download/Tide35/sub%20dir/tide.mp4"), fake.url("/download/Tide35/tide.ogv")]
    );
    assert_eq!(
        (found[0].name.as_str(), found[0].file_name.as_deref()),
        ("Long Tide (1935) 480p", Some("tide.mp4"))
    );
    assert_eq!((found[0].file_size, found[0].is_exact), (Some(700), true));
    let torrent = found.last().unwrap();
    assert!(torrent.info_hash.is_some() && torrent.file.is_none());
    assert_eq!(torrent.torrent, Some(fake.url("/download/Tide35/Tide35_archive.torrent")));
    assert_eq!(torrent.web_seeds, [fake.url("/download/")]);
    assert_eq!((torrent.size, torrent.file_size), (Some(900), Some(700)));
}

#[tokio::test]
async fn without_the_id_title_and_year_must_be_those_of_the_film() {
    let fake =
        Fake::start([("/metadata/right", Reply::json(ITEM)), ("/metadata/wrong", Reply::json(ITEM))]).await;
    let archive = archive(&fake);
    fake.put(&search_path(&archive, BY_ID), listed(""));
    let doc =
        |id: &str, title: &str, more: &str| format!(r#"{{"identifier":"{id}","title":"{title}"{more}}}"#);
    let docs = [
        doc("right", "Die lange Flut", r#","year":1936"#),
        doc("wrong", "The Long Tide Returns", r#","year":1935"#),
        doc("wrong", "The Long Tide", ""),
        doc("wrong", "The Long Tide", r#","year":1935,"external-identifier":"urn:imdb:tt9999999""#),
    ];
    fake.put(&search_path(&archive, BY_TITLE), listed(&docs.join(",")));
    let found = search(&archive, &query()).await.unwrap();
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|one| !one.is_exact && one.imdb.is_none()));
    assert!(!fake.paths().contains(&"/metadata/wrong".to_owned()));
}

#[tokio::test]
async fn what_goes_wrong_says_what_to_do_and_does_not_hide_the_rest() {
    let fake = Fake::start([("/metadata/a", Reply::json(ITEM)), ("/metadata/b", Reply::status(500))]).await;
    let archive = archive(&fake);
    let path = search_path(&archive, BY_ID);
    let doc = |id: &str| {
        format!(r#"{{"identifier":"{id}","title":"x","external-identifier":"urn:imdb:tt0000011"}}"#)
    };
    fake.put(&path, listed(&format!("{},{},{}", doc("a"), doc("b"), doc("gone"))));
    assert_eq!(search(&archive, &query()).await.unwrap().len(), 3);
    fake.put("/metadata/a", Reply::status(503));
    assert!(matches!(search(&archive, &query()).await, Err(IndexerError::Unavailable(_))));
    fake.put(&path, Reply::status(429).header("Retry-After", "60"));
    assert_eq!(
        search(&archive, &query()).await,
        Err(IndexerError::RateLimited(Some(Duration::from_secs(60))))
    );
    fake.put(&path, Reply::json("{}"));
    assert!(matches!(search(&archive, &query()).await, Err(IndexerError::Malformed(_))));
    let Ok(id) = "tt7:1:1".parse();
    assert_eq!(search(&archive, &Query::of_id("series", &id)).await, Err(IndexerError::Unsupported));
}

#[tokio::test]
async fn a_sign_of_life_counts_items_of_the_collections() {
    let fake = Fake::start([]).await;
    let archive = archive(&fake);
    fake.put(&search_path(&archive, "*:*"), listed(r#"{"identifier":"a","title":"x"}"#));
    assert_eq!(archive.probe().await.unwrap().results, 1);
    assert!(fake.heads()[0].to_lowercase().contains("user-agent: headwater/"));
}
