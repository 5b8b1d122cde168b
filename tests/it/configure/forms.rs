//! What the page answers, seen from the wire.

use reqwest::Method;
use serde_json::json;

use super::stage::{Stage, TOKEN};
use crate::support::http::{Answer, escape, send, unmoved};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const PASSWORD: &str = "open sesame";

async fn post(stage: &Stage, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let url = stage.server.url(path);
    let patience = std::time::Duration::from_secs(30);
    send(&unmoved(), Method::POST, &url, headers, body.as_bytes().to_vec(), patience).await.unwrap()
}

/// Saves a form and returns the path of the page it leads to.
async fn saved(stage: &Stage, path: &str, body: &str) -> String {
    let answer = post(stage, path, &[FORM], body).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let base = reqwest::Url::parse(&stage.server.url(path)).unwrap();
    base.join(answer.header("location")).unwrap().path().to_owned()
}

/// The sealed text that a page carries in a field.
fn kept(page: &Answer, field: &str) -> String {
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let rest =
        text.split(&format!("name=\"{field}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no {field}"));
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn every_answer_is_guarded_and_forms_of_other_sites_are_refused() {
    let stage = Stage::start(|setup| setup);
    for path in ["/configure", "/configure/page.css", "/configure/page.js", "/nobody/configure"] {
        let answer = stage.server.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path} is for no other origin");
    }
    assert_eq!(stage.server.get("/configure").await.header("cache-control"), "no-store");
    let host = stage.server.base().to_owned();
    for (headers, expected) in [
        (vec![FORM, ("Sec-Fetch-Site", "cross-site")], 403),
        (vec![FORM, ("Origin", "https://evil.example")], 403),
        (vec![FORM, ("Origin", "null")], 403),
        (vec![FORM, ("Origin", host.as_str())], 303),
        (vec![FORM, ("Sec-Fetch-Site", "same-origin")], 303),
        (vec![FORM], 303),
    ] {
        assert_eq!(post(&stage, "/configure", &headers, "do=save").await.status, expected, "{headers:?}");
    }
    let test = post(&stage, "/api/configure/service", &[("Sec-Fetch-Site", "same-site")], "{}").await;
    assert_eq!(test.status, 403);
}

#[tokio::test]
async fn mistakes_are_told_and_nothing_is_saved() {
    let stage = Stage::start(|setup| setup);
    for (body, expected) in [
        ("do=save&must-match=(", "no regular expression"),
        ("do=save&total=some", "whole number"),
        ("do=save&least-size=9&most-size=3", "least size"),
        ("do=save&label-name=%7B%7B+nothing+%7D%7D", "Left column"),
        ("do=save&indexer-0-kind=zilean&indexer-0-url=ftp%3A%2F%2Fa.example", "http"),
        ("do=save&service-0-kind=torbox", "token of TorBox"),
    ] {
        let answer = post(&stage, "/configure", &[FORM], body).await;
        assert_eq!(answer.status, 422, "{body}");
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(page.contains(expected) && page.contains("Nothing was saved yet"), "{body}");
    }
    assert_eq!(post(&stage, "/configure", &[FORM], "do=burn").await.status, 400);
    assert_eq!(post(&stage, "/api/configure/preview", &[], "no json").await.status, 400);
    let markup = post(&stage, "/configure", &[FORM], "do=show&name=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!String::from_utf8_lossy(&markup.body).contains("<script>alert"), "names are no markup");
}

#[tokio::test]
async fn what_one_page_keeps_is_of_no_use_on_another() {
    let stage = Stage::start(|setup| setup);
    let form = format!("do=save&name=One&service-0-kind=realdebrid&service-0-token={TOKEN}");
    let (one, other) =
        (saved(&stage, "/configure", &form).await, saved(&stage, "/configure", "do=save").await);
    let page = stage.server.get(&one).await;
    let kept = kept(&page, "service-0-kept");
    let test = |profile: &str, service: &str| {
        json!({ "profile": profile, "service": service, "kept": kept }).to_string()
    };
    let id = |page: &str| page.split('/').nth(1).unwrap().to_owned();
    let told = post(&stage, "/api/configure/service", &[], &test(&id(&one), "realdebrid")).await;
    assert_eq!(told.json()["ok"], true, "{}", told.text());
    for (profile, service) in
        [(id(&other), "realdebrid"), (String::new(), "realdebrid"), (id(&one), "torbox")]
    {
        let told = post(&stage, "/api/configure/service", &[], &test(&profile, service)).await;
        assert_eq!(told.json()["message"], "Enter the token first.", "{service}");
    }
    let calls = stage.debrid.count("", "");
    // Another profile cannot be saved with it either.
    let stolen = format!("do=save&service-0-kind=realdebrid&service-0-kept={kept}");
    assert_eq!(post(&stage, &other, &[FORM], &stolen).await.status, 422);
    assert_eq!(stage.debrid.count("", ""), calls);
}

#[tokio::test]
async fn a_password_is_wanted_where_one_is_set() {
    let stage = Stage::start(|setup| setup.env("HEADWATER_CONFIGURE_PASSWORD", PASSWORD));
    let page = stage.server.get("/configure").await;
    assert!(String::from_utf8_lossy(&page.body).contains("Password of this server"));
    for body in ["do=save".to_owned(), "do=save&password=wrong".to_owned()] {
        let answer = post(&stage, "/configure", &[FORM], &body).await;
        assert_eq!(answer.status, 403, "{body}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("value=\"wrong\""));
    }
    let test =
        |password: &str| json!({ "service": "realdebrid", "token": TOKEN, "password": password }).to_string();
    let told = post(&stage, "/api/configure/service", &[], &test("")).await;
    assert_eq!(told.json()["ok"], false);
    assert_eq!(stage.debrid.count("", ""), 0, "nobody is asked for strangers");
    let told = post(&stage, "/api/configure/service", &[], &test(PASSWORD)).await;
    assert_eq!(told.json()["ok"], true, "{}", told.text());
    let right = format!("do=save&name=Den&password={}", escape(PASSWORD));
    let own = saved(&stage, "/configure", &right).await;
    assert_eq!(post(&stage, &own, &[FORM], "do=save&name=Stolen").await.status, 403);
    assert_eq!(post(&stage, &own, &[FORM], "do=delete&sure=on").await.status, 403);
    let page = stage.server.get(&own).await;
    assert!(String::from_utf8_lossy(&page.body).contains("value=\"Den\""));
}

#[tokio::test]
async fn a_self_contained_link_holds_the_profile_and_changes_with_it() {
    let stage = Stage::start(|setup| {
        setup.env("HEADWATER_SOURCE_SECURITY_KEY", "a key that is long enough for this")
    });
    let form = format!("do=seal&name=Whole&service-0-kind=realdebrid&service-0-token={TOKEN}");
    let first = saved(&stage, "/configure", &form).await;
    assert!(first.starts_with("/~") && !first.contains(TOKEN), "{first}");
    let page = stage.server.get(&first).await;
    let text = String::from_utf8_lossy(&page.body).into_owned();
    assert!(text.contains("value=\"Whole\"") && text.contains("Make the new link") && !text.contains(TOKEN));
    let kept = kept(&page, "service-0-kept");
    let change = format!("do=seal&name=Changed&service-0-kind=realdebrid&service-0-kept={kept}");
    let second = saved(&stage, &first, &change).await;
    assert_ne!(second, first);
    let stored = saved(&stage, &second, "do=save&name=Stored").await;
    assert!(!stored.starts_with("/~"), "{stored}");

    let without = Stage::start(|setup| setup);
    let refused = post(&without, "/configure", &[FORM], "do=seal").await;
    assert_eq!(refused.status, 422);
    assert!(String::from_utf8_lossy(&refused.body).contains("SOURCE_SECURITY_KEY"));
}
