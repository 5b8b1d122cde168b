//! Signed play links over HTTP: what is let in, what is not, and what needs no swarm.

use reqwest::Method;

use crate::support::server::Headwater;

/// The play link of Big Buck Bunny as a path.
async fn link(server: &Headwater) -> String {
    let (_, streams) = server.json("/stream/movie/tt1254207.json").await;
    let url = streams["streams"][0]["url"].as_str().unwrap_or_else(|| panic!("{streams}")).to_owned();
    url.strip_prefix(server.base()).unwrap_or_else(|| panic!("{url}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_changed_is_refused() {
    let server = Headwater::start();
    let good = link(&server).await;
    let parts: Vec<&str> = good.split('/').collect();
    let [_, _, token, hash, file, name] = parts[..] else { panic!("{good}") };
    let flipped = if token.starts_with('B') { "C" } else { "B" };
    let wrong = [
        format!("/play/{flipped}{}/{hash}/{file}/{name}", &token[1..]),
        format!("/play/{token}/{}/{file}/{name}", "ab".repeat(20)),
        format!("/play/{token}/{hash}/2/{name}"),
        format!("/play/x/{hash}/{file}/{name}"),
    ];
    for path in wrong {
        let answer = server.get(&path).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.text());
        let told = answer.json();
        assert_eq!((&told["success"], &told["error"]), (&false.into(), &"Link not valid".into()), "{told}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_on_a_built_in_film_is_answered_without_any_peer() {
    let server = Headwater::start();
    let path = link(&server).await;
    let head = server.send(Method::HEAD, &path, &[], Vec::new()).await;
    assert_eq!((head.status.as_u16(), head.header("content-length")), (200, "276134947"));
    assert_eq!((head.header("content-type"), head.header("accept-ranges")), ("video/mp4", "bytes"));
    assert_eq!(head.header("etag"), "\"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c-1\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_may_ask_before_it_asks() {
    let server = Headwater::start();
    for path in [link(&server).await, format!("/stream/prepare/{}", "ab".repeat(20))] {
        let headers = [("Origin", "https://web.example"), ("Access-Control-Request-Method", "POST")];
        let answer = server.send(Method::OPTIONS, &path, &headers, Vec::new()).await;
        assert_eq!(answer.status, 204, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.header("access-control-allow-headers").contains("Range"));
        assert!(answer.header("access-control-allow-methods").contains("POST"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_addon_paths_are_told_apart_and_readable_from_every_origin() {
    let server = Headwater::start();
    for (path, status) in [
        ("/stream/movie/%zz.json", 400),
        ("/catalog/movie/open-movies/skip=x.json", 400),
        ("/stream/movie/tt1254207", 404),
        ("/meta/movie/tt0000001.json", 404),
        ("/stream/movie/tt0000001.json", 200),
        ("/manifest.json?k=v", 200),
        ("/anyone/stream/series/tt0898266%3A9%3A17.json", 200),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        answer.json();
    }
}
