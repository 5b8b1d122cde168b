use super::server::{Server, response, xml};
use super::*;

const CAPS: &str = r#"<search available="yes" supportedParams="q,imdbid,tmdbid"/>
    <tv-search available="yes" supportedParams="q,imdbid,tmdbid,season,ep"/>
    <movie-search available="yes" supportedParams="q,imdbid,tmdbid"/>"#;

fn result() -> String {
    let magnet =
        format!("magnet:?xt=urn:btih:{HEX}&amp;dn=A&amp;xl=7&amp;tr=udp%3A%2F%2Ft.example%3A80%2Fannounce");
    format!(
        r#"<rss version="2.0"><channel><title>bitmagnet</title><newznab:response offset="0"/><item>
        <title>Pioneer.One.S03E04.1080p</title><guid>{HEX}</guid><pubDate>Wed, 02 Oct 2024 13:00:00 +0000</pubDate>
        <category>TV</category><size>276445467</size>
        <enclosure url="{magnet}" type="application/x-bittorrent;x-scheme-handler/magnet" length="276445467"/>
        <torznab:attr name="infohash" value="{HEX}"/><torznab:attr name="magneturl" value="{magnet}"/>
        <torznab:attr name="seeders" value="12"/><torznab:attr name="files" value="1"/>
        <torznab:attr name="imdb" value="1748166"/></item></channel></rss>"#
    )
}

#[tokio::test]
async fn its_torznab_is_found_below_any_of_its_addresses() {
    let server = Server::start(|asked| match (asked.path.as_str(), asked.get("t")) {
        ("/torznab/api", Some("caps")) => xml(&caps(CAPS)),
        ("/torznab/api", _) => xml(&result()),
        _ => response(404, "", "404 page not found"),
    })
    .await;
    let indexer = indexer(IndexerKind::Bitmagnet, server.url("/webui/"));
    let (found, outcome) = search(&*indexer, &episode()).await;
    assert_eq!(outcome, Ok(()));
    let one = &found[0];
    assert_eq!(one.info_hash, Some(HEX.parse().unwrap()));
    assert_eq!((one.size, one.seeders, one.trackers.len()), (Some(276_445_467), Some(12), 1));
    assert_eq!((one.imdb.as_deref(), one.torrent.as_ref()), (Some("tt1748166"), None));
    assert!(one.published.is_some());
}

#[tokio::test]
async fn its_errors_name_their_number_otherwise() {
    let server = Server::start(|_| xml(r#"<error error="100" description="no"/>"#)).await;
    let indexer = indexer(IndexerKind::Bitmagnet, server.url("/"));
    let refused = IndexerError::Credentials("the API key is refused: no".to_owned());
    assert_eq!(search(&*indexer, &film()).await.1, Err(refused));
}
