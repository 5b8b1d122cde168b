//! What an install sees whose profile is not, or no longer, known.

use serde_json::json;

use crate::support::server::Headwater;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_profile_has_no_manifest_and_lists_nothing() {
    let server = Headwater::start();
    let (status, answer) = server.json("/nobody/manifest.json").await;
    assert_eq!(status, 404, "{answer}");
    assert!(answer["message"].as_str().is_some_and(|text| text.contains("install it anew")), "{answer}");
    let (status, answer) = server.json("/nobody/stream/movie/tt1254207.json").await;
    assert_eq!((status.as_u16(), &answer["streams"]), (200, &json!([])), "{answer}");
    let (status, answer) = server.json("/nobody/catalog/movie/open-movies.json").await;
    assert_eq!((status.as_u16(), answer["metas"].as_array().map(Vec::len)), (200, Some(4)), "{answer}");
}
