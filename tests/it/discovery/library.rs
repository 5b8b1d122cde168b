//! `GET /movies/{id}` and `GET /api/stream/{sourceId}` (`streaming-services`).

use serde_json::json;

use super::stage::{FILM, SHOW, episode, setup, titles};
use crate::support::indexers::bitmagnet::Bitmagnet;
use crate::support::indexers::{Listed, Upstream};
use crate::support::media::{self, assert_same_bytes};
use crate::support::swarm::{Libtorrent, Share, Tracker};

#[tokio::test(flavor = "multi_thread")]
async fn a_title_is_told_with_its_sources_and_each_of_them_plays() {
    let tracker = Tracker::start();
    let data = media::random(421, 900_000);
    let share =
        Share::single("Harbour.Lights.2019.2160p.WEB-DL.HEVC-AA.mkv", data, 64 * 1024, &[tracker.http()]);
    let _seed = Libtorrent::start(&share, None);
    let listed = [Listed::of(&share).imdb(FILM).seeders(7), episode(2, 1, 1, "720p.WEB.H264-AA")];
    let bitmagnet = Upstream::start(Bitmagnet::new(listed));
    let titles = titles();
    let server = setup(&titles).env("HEADWATER_BITMAGNET_URL", bitmagnet.base()).start();

    let (status, movie) = server.json(&format!("/movies/{FILM}?includeSources=true")).await;
    assert_eq!(status, 200, "{movie}");
    assert_eq!(
        (&movie["title"], &movie["year"], &movie["type"]),
        (&json!("Harbour Lights"), &json!(2019), &json!("movie"))
    );
    assert_eq!(movie["sources"].as_array().map(Vec::len), Some(1), "{movie}");
    let source = &movie["sources"][0];
    assert_eq!(
        (&source["quality"], &source["codec"], &source["medium"]),
        (&json!("2160p"), &json!("HEVC"), &json!("WEB-DL"))
    );
    assert_eq!((&source["seeders"], &source["infoHash"]), (&json!(7), &json!(share.info_hash)));

    let url = source["streamUrl"].as_str().unwrap_or_else(|| panic!("{source}"));
    assert_same_bytes(&server.get(url).await.body, &share.files[0], "the whole film");
    let part = server.range(url, 500_000, 500_099).await;
    assert_eq!(part.status, 206);
    assert_same_bytes(&part.body, &share.files[0][500_000..500_100], "a range");

    let (_, plain) = server.json(&format!("/movies/{FILM}")).await;
    assert!(plain.get("sources").is_none() && plain["title"] == "Harbour Lights", "{plain}");
    let (_, one) = server.json(&format!("/movies/{SHOW}:1:1?includeSources=1")).await;
    assert_eq!((&one["type"], &one["episode"]["number"]), (&json!("series"), &json!(1)), "{one}");
    assert_eq!(one["sources"].as_array().map(Vec::len), Some(1), "{one}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_titles_and_forged_sources_are_refused() {
    let titles = titles();
    let server = setup(&titles).start();
    assert_eq!(server.json("/movies/tt7777777?includeSources=true").await.0, 404);
    assert_eq!(server.json("/movies/nonsense").await.0, 404);
    assert_eq!(server.json(&format!("/movies/{FILM}?profile=nobody")).await.0, 404);
    let hash = "a".repeat(40);
    for (id, status) in [
        ("x".to_owned(), 404),
        (format!("AAAA.{hash}.largest"), 403),
        (format!("AAAA.{hash}.?"), 400),
        ("AAAA.short.0".to_owned(), 400),
        (format!("AAAA.{hash}.0.nobody"), 404),
    ] {
        let (told, answer) = server.json(&format!("/api/stream/{}", id.replace('?', "%3F"))).await;
        assert_eq!(told, status, "{id}: {answer}");
    }
}
