//! Calls over a real connection.

use std::time::{Duration, Instant};

use http::Method;

use super::scripted::settings;
use super::server::{Server, response};
use crate::source::debrid::account::Account;
use crate::source::debrid::call::{Answer, Caller, Class};
use crate::source::debrid::manners::Limit;
use crate::source::debrid::service::ServiceError;

const GENEROUS: &[Limit] = &[Limit { calls: 1_000, per: Duration::from_secs(1), of: Class::ALL }];

fn caller(server: &Server) -> Caller {
    let mut settings = settings();
    settings.base_url = server.url("/api/v1/");
    settings.user_agent = Some("Tester/1".to_owned());
    Caller::new(&settings, GENEROUS).unwrap()
}

fn account(token: &str) -> Account {
    Account::new("realdebrid", token.to_owned().into())
}

async fn call(caller: &Caller, account: &Account, class: Class) -> Result<Answer, ServiceError> {
    let url = caller.url("/torrents/a b?c");
    caller.send(account, class, caller.request(Method::GET, url).bearer_auth(account.token())).await
}

fn json(body: &str) -> Vec<u8> {
    response(200, "Content-Type: application/json\r\n", body.as_bytes())
}

#[tokio::test]
async fn paths_lie_below_the_base_and_the_user_agent_is_the_operators() {
    let server = Server::start(|_, _| json("[1]")).await;
    let answer = call(&caller(&server), &account("t"), Class::Read).await.unwrap();
    assert_eq!(answer.json::<Vec<u32>>().unwrap(), [1]);
    let head = server.heads().remove(0).to_ascii_lowercase();
    assert!(head.starts_with("get /api/v1/torrents/a%20b%3fc http/1.1"), "{head}");
    assert!(head.contains("user-agent: tester/1") && head.contains("authorization: bearer t"), "{head}");
}

#[tokio::test]
async fn passing_faults_are_repeated_but_never_a_submit() {
    let faults = || {
        Server::start(|number, _| match number {
            0 => Vec::new(),
            1 => response(503, "", b""),
            _ => json("{}"),
        })
    };
    let server = faults().await;
    call(&caller(&server), &account("t"), Class::Read).await.unwrap();
    assert_eq!(server.heads().len(), 3);
    let server = faults().await;
    let caller = caller(&server);
    for _ in 0..2 {
        let error = call(&caller, &account("t"), Class::Submit).await.unwrap_err();
        assert!(matches!(error, ServiceError::ServiceDown(_)), "{error}");
    }
    assert_eq!(server.heads().len(), 2);
}

#[tokio::test]
async fn three_tries_are_all_and_other_errors_are_answers() {
    for status in [408, 502, 504, 520, 524] {
        let server = Server::start(move |_, _| response(status, "", b"")).await;
        let error = call(&caller(&server), &account("t"), Class::Link).await.unwrap_err();
        assert_eq!(error, ServiceError::ServiceDown(format!("it answered {status}")));
        assert_eq!(server.heads().len(), 3);
    }
    for status in [400, 401, 404, 451, 500, 509] {
        let server = Server::start(move |_, _| response(status, "", b"{}")).await;
        let answer = call(&caller(&server), &account("t"), Class::Link).await.unwrap();
        assert_eq!((answer.status.as_u16(), server.heads().len()), (status, 1));
    }
}

#[tokio::test]
async fn after_429_the_account_is_left_alone_in_this_class_only() {
    let soon = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(60));
    let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 60;
    for (headers, at_least, at_most) in [
        ("Retry-After: 60\r\n".to_owned(), 55, 60),
        (format!("Retry-After: {soon}\r\n"), 50, 60),
        (format!("X-RateLimit-Reset: {unix}\r\n"), 50, 60),
        (String::new(), 115, 120),
        ("Retry-After: 0\r\n".to_owned(), 0, 1),
        ("Retry-After: 99999999\r\n".to_owned(), 3_595, 3_600),
    ] {
        let shown = headers.clone();
        let server = Server::start(move |number, _| match number {
            0 => response(429, &headers, b"slow down"),
            _ => json("{}"),
        })
        .await;
        let caller = caller(&server);
        let Err(ServiceError::RateLimited(wait)) = call(&caller, &account("t"), Class::Link).await else {
            panic!("no cool-down: {shown}");
        };
        assert!((at_least..=at_most).contains(&wait.as_secs()), "{shown}: {wait:?}");
        let again = call(&caller, &account("t"), Class::Link).await;
        assert!(matches!(again, Err(ServiceError::RateLimited(_))), "{shown}: {again:?}");
        assert_eq!(server.heads().len(), 1, "{shown}");
        call(&caller, &account("t"), Class::Read).await.unwrap();
        call(&caller, &account("other"), Class::Link).await.unwrap();
    }
}

#[tokio::test]
async fn web_pages_and_empty_answers_are_faults_of_the_service() {
    for page in [
        response(200, "Content-Type: text/html; charset=utf-8\r\n", b"hello"),
        response(403, "", b"\n <!DOCTYPE HTML><p>Just a moment..."),
    ] {
        let server = Server::start(move |_, _| page.clone()).await;
        let error = call(&caller(&server), &account("t"), Class::Read).await.unwrap_err();
        assert_eq!(error, ServiceError::ServiceDown("it sent a web page".to_owned()));
    }
    let server = Server::start(|_, _| response(200, "", b"")).await;
    let answer = call(&caller(&server), &account("t"), Class::Read).await.unwrap();
    assert!(matches!(answer.json::<u32>(), Err(ServiceError::ServiceDown(_))));
    // Old servers have pages for routes they do not know.
    let server = Server::start(|_, _| response(404, "Content-Type: text/html\r\n", b"<html>")).await;
    let answer = call(&caller(&server), &account("t"), Class::Read).await.unwrap();
    assert!(answer.is_html() && matches!(answer.json::<u32>(), Err(ServiceError::ServiceDown(_))));
}

#[tokio::test]
async fn unreadable_json_is_told_without_what_it_holds() {
    #[derive(Debug, serde::Deserialize)]
    struct Shape {
        #[expect(dead_code, reason = "only its type matters")]
        percent: u32,
    }
    let server = Server::start(|number, _| match number {
        0 => json(r#"{"percent":"hush"}"#),
        1 => json("{}"),
        _ => json(r#"{"percent":hush"#),
    })
    .await;
    let caller = caller(&server);
    for expected in ["unreadable JSON at line 1", "missing field `percent`", "unreadable JSON at line 1"] {
        let answer = call(&caller, &account("t"), Class::Read).await.unwrap();
        let Err(ServiceError::Protocol(reason)) = answer.json::<Shape>() else { panic!("it was read") };
        assert!(reason.starts_with(expected) && !reason.contains("hush"), "{reason}");
        assert!(!format!("{answer:?}").contains("hush"));
    }
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_left_alone_and_its_address_not_told() {
    let server = Server::start(|_, _| Vec::new()).await;
    let caller = caller(&server);
    for _ in 0..2 {
        let error = call(&caller, &account("hush"), Class::Read).await.unwrap_err();
        assert!(!error.to_string().contains("127.0.0.1"), "{error}");
    }
    let made = server.heads().len();
    assert_eq!(made, 5, "the fifth failure opens the breaker");
    let since = Instant::now();
    let error = call(&caller, &account("other"), Class::Submit).await.unwrap_err();
    assert!(matches!(error, ServiceError::ServiceDown(_)), "{error}");
    assert_eq!(server.heads().len(), made);
    assert!(since.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_service_that_says_it_in_its_own_words_is_believed() {
    let server = Server::start(|_, _| json("{}")).await;
    let caller = caller(&server);
    let error = caller.cool_down(&account("t"), Class::Read, None);
    assert_eq!(error, ServiceError::RateLimited(Duration::from_secs(120)));
    assert!(call(&caller, &account("t"), Class::Read).await.is_err());
    assert_eq!(server.heads().len(), 0);
}
