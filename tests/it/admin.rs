//! The operator's routes: who is let in, and what they do.

use std::time::Duration;

use reqwest::{Method, StatusCode};

use crate::support::server::{Headwater, Setup};

const TOKEN: &str = "open-sesame";

async fn status(server: &Headwater, headers: &[(&str, &str)]) -> StatusCode {
    let answer = server.send(Method::GET, "/api/admin/jobs", headers, Vec::new()).await;
    if answer.status == StatusCode::UNAUTHORIZED {
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    if answer.status != StatusCode::OK {
        let body = answer.json();
        assert_eq!(body["success"], false, "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    }
    answer.status
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_only_direct_requests_from_this_machine_are_answered() {
    let server = Headwater::start();
    assert_eq!(status(&server, &[]).await, 200);
    for proxied in ["Forwarded", "X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP"] {
        assert_eq!(status(&server, &[(proxied, "203.0.113.9")]).await, 403, "{proxied}");
    }
    assert_eq!(status(&server, &[("Origin", "https://page.example")]).await, 403);
    assert_eq!(status(&server, &[("Host", "rebound.example")]).await, 403);
    assert_eq!(status(&server, &[("Host", "localhost:7000")]).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_only_its_bearer_is_answered_from_wherever() {
    let server = Setup::new().env("HEADWATER_ADMIN_TOKEN", TOKEN).start();
    let right = format!("Bearer {TOKEN}");
    for wrong in ["", "Bearer", "Bearer open", "Basic open-sesame", "Bearer open-sesame2"] {
        assert_eq!(status(&server, &[("Authorization", wrong)]).await, 401, "{wrong}");
    }
    assert_eq!(status(&server, &[]).await, 401);
    assert_eq!(status(&server, &[("Authorization", &right)]).await, 200);
    let proxied = [("Authorization", right.as_str()), ("X-Forwarded-For", "203.0.113.9")];
    assert_eq!(status(&server, &proxied).await, 200);
    assert!(!server.transcript().contains(TOKEN), "the token is in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_job_can_be_cancelled() {
    let server = Headwater::start();
    let silent = "tr=http%3A%2F%2F127.0.0.1%3A9%2Fannounce";
    let (_, started) = server.post(&format!("/stream/prepare/{}?{silent}", "ef".repeat(20)), "").await;
    let id = started["jobId"].as_str().unwrap_or_else(|| panic!("{started}"));
    let (_, jobs) = server.json("/api/admin/jobs").await;
    assert_eq!((&jobs["activeJobs"], &jobs["jobs"][0]["jobId"]), (&1.into(), &id.into()), "{jobs}");
    assert!(jobs["jobs"][0]["peers"].is_null(), "no torrent is at work before its metadata is known: {jobs}");
    let cancel = format!("/api/admin/jobs/{id}");
    let answer = server.send(Method::DELETE, &cancel, &[], Vec::new()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let path = format!("/stream/status/{id}");
    let ended = server.job(&path, Duration::from_secs(10), |job| job["status"] == "failed").await;
    assert!(ended["error"].as_str().is_some_and(|error| error.contains("cancelled")), "{ended}");
    let unknown = server.send(Method::DELETE, "/api/admin/jobs/nonsense", &[], Vec::new()).await;
    assert_eq!(unknown.status, 404, "{}", unknown.text());
}
