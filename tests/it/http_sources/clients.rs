//! What the one factory of HTTP clients promises, seen from a proxy: it sees requests to hosts that do not exist, and
//! answers for them.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use headwater::net::{ClientError, ClientOptions, Guard, client_with};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::rig::within;

/// A proxy that answers every request itself: a redirect if the request's `to` says so.
struct Proxy {
    url: SecretString,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Seen {
    uri: String,
    headers: http::HeaderMap,
}

impl Proxy {
    #[expect(clippy::disallowed_methods, reason = "the server ends when it is dropped")]
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://us:secret@{}", listener.local_addr().unwrap()).into();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let router = axum::Router::new().fallback(answer).with_state(seen.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, task }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(seen): State<Arc<Mutex<Vec<Seen>>>>, request: Request) -> Response {
    let uri = request.uri().to_string();
    seen.lock().unwrap().push(Seen { uri: uri.clone(), headers: request.headers().clone() });
    match uri.split_once("?to=") {
        Some((_, to)) => Response::builder().status(302).header("location", to).body(Body::empty()).unwrap(),
        None => Response::new(Body::from("here")),
    }
}

async fn get(options: ClientOptions<'_>, url: &str) -> Result<reqwest::Response, reqwest::Error> {
    within(10, client_with(options).unwrap().get(url).send()).await
}

fn options(proxy: &Proxy, guard: Guard) -> ClientOptions<'_> {
    ClientOptions { user_agent: Some("Somebody/1"), proxy: Some(&proxy.url), guard }
}

#[tokio::test]
async fn a_redirect_leads_neither_into_a_private_network_nor_to_another_scheme() {
    for to in [
        "http://127.0.0.1/",
        "http://[::1]:8080/",
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "ftp://a.example/",
    ] {
        let proxy = Proxy::start().await;
        let answer = get(options(&proxy, Guard::PublicOnly), &format!("http://host.example/?to={to}")).await;
        assert!(answer.is_err(), "{to}");
        assert_eq!(proxy.seen().len(), 1, "{to}");
    }
    let proxy = Proxy::start().await;
    let answer = get(options(&proxy, Guard::Open), "http://host.example/?to=http://127.0.0.1/").await;
    assert_eq!(answer.unwrap().text().await.unwrap(), "here");
}

#[tokio::test]
async fn credentials_and_addresses_are_not_told_to_the_next_host() {
    let proxy = Proxy::start().await;
    let url = "http://user:word@one.example/secret-path?to=http://two.example/";
    get(options(&proxy, Guard::PublicOnly), url).await.unwrap();
    let seen = proxy.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen[0].headers.contains_key("authorization"));
    assert_eq!(seen[1].uri, "http://two.example/");
    assert!(!seen[1].headers.contains_key("authorization"));
    assert!(!seen[1].headers.contains_key("referer"));
    assert!(seen[0].headers.contains_key("proxy-authorization"));
    assert!(seen.iter().all(|one| one.headers["user-agent"] == "Somebody/1"));
}

#[tokio::test]
async fn a_socks_proxy_is_used() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("socks5h://{}", listener.local_addr().unwrap()).into();
    let serving = async {
        let (mut peer, _) = listener.accept().await.unwrap();
        // RFC 1928: version, one method, none; then a request to connect to a name.
        let mut greeting = [0; 2];
        peer.read_exact(&mut greeting).await.unwrap();
        let mut methods = vec![0; greeting[1] as usize];
        peer.read_exact(&mut methods).await.unwrap();
        peer.write_all(&[5, 0]).await.unwrap();
        let mut head = [0; 5];
        peer.read_exact(&mut head).await.unwrap();
        assert_eq!(head[..4], [5, 1, 0, 3]);
        let mut name = vec![0; head[4] as usize + 2];
        peer.read_exact(&mut name).await.unwrap();
        peer.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        let mut request = [0; 1024];
        assert!(peer.read(&mut request).await.unwrap() > 0);
        peer.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        name
    };
    let options = ClientOptions { user_agent: None, proxy: Some(&proxy), guard: Guard::Open };
    let (name, answer) = within(10, futures::future::join(serving, get(options, "http://a.example/"))).await;
    assert_eq!(&name[..name.len() - 2], b"a.example");
    assert_eq!(answer.unwrap().status(), 204);
}

#[test]
fn a_useless_proxy_is_refused_without_showing_it() {
    for proxy in ["nonsense with secret", "ftp://secret@a.example", "secret"] {
        let proxy = SecretString::from(proxy);
        let options = ClientOptions { user_agent: None, proxy: Some(&proxy), guard: Guard::Open };
        let error = client_with(options).err().unwrap();
        assert!(matches!(error, ClientError::Proxy));
        assert!(!format!("{error} {error:?} {options:?}").contains("secret"));
    }
}
