//! The gate: accepts connections, and answers each request from nginx or as a fault says.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, UnixStream};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::fault::{Fault, Gone};
use super::outgoing;
use super::state::{Admission, CdnRequest, State, Ticket};
use super::variant;

/// Percent-encodes one segment of a path, as RFC 3986 wants it.
pub(super) fn encode(segment: &str) -> String {
    const RESERVED: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(segment, RESERVED).to_string()
}

/// Joins each connection to nginx byte by byte: what nginx would be if it could choose a free port.
pub(super) async fn splice(listener: TcpListener, socket: PathBuf) {
    let mut connections = JoinSet::new();
    while let Ok((mut client, _)) = listener.accept().await {
        let socket = socket.clone();
        connections.spawn(async move {
            let mut nginx = UnixStream::connect(socket).await?;
            tokio::io::copy_bidirectional(&mut client, &mut nginx).await
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Answers requests until the runtime ends.
pub(super) async fn listen(listener: TcpListener, tasks: Handle, state: Arc<State>) {
    let gate = Arc::new(Gate { client: crate::support::http::unmoved(), state });
    while let Ok((stream, client)) = listener.accept().await {
        let gate = Arc::clone(&gate);
        let connected = gate.state.connected();
        let service = service_fn(move |request| {
            let gate = Arc::clone(&gate);
            async move { Ok::<_, Infallible>(gate.answer(request, client.port()).await) }
        });
        tasks.spawn(async move {
            // A small buffer: little is lost when an answer is cut.
            let mut http = hyper::server::conn::http1::Builder::new();
            // A client that has gone, or an answer that was cut on purpose, ends in an error.
            let _ = http.max_buf_size(16 * 1024).serve_connection(TokioIo::new(stream), service).await;
            drop(connected);
        });
    }
}

struct Gate {
    client: reqwest::Client,
    state: Arc<State>,
}

impl Gate {
    async fn answer(&self, request: Request<Incoming>, client_port: u16) -> Response {
        let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
        let seen = CdnRequest {
            path: request.uri().path().to_owned(),
            group: String::new(),
            method: request.method().to_string(),
            range: range.map(str::to_owned),
            client_port,
            status: 0,
            bytes_sent: 0,
            ended: false,
        };
        let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8_lossy();
        match self.state.admit(&path, seen) {
            Admission::Unknown => short(StatusCode::NOT_FOUND, "text/html", "<html>404</html>"),
            Admission::Ended(gone) => ended(&gone),
            Admission::Served { place, ticket } => {
                let fault = ticket.fault().0;
                let refusal = fault.as_ref().and_then(refusal).or_else(|| wrong_method(&request));
                if let Some(refusal) = refusal {
                    ticket.answered(refusal.status().as_u16());
                    return refusal;
                }
                self.pass(&request, &place, fault.as_ref(), ticket).await
            }
        }
    }

    async fn pass(
        &self,
        request: &Request<Incoming>,
        place: &str,
        fault: Option<&Fault>,
        ticket: Ticket,
    ) -> Response {
        let place = variant::of(&self.state.root, place, fault).expect("the disk has room");
        let url = format!("http://{}/{place}", self.state.upstream);
        let mut upstream = self.client.request(request.method().clone(), url);
        for name in [header::RANGE, header::IF_RANGE] {
            let Some(value) = request.headers().get(&name) else { continue };
            match fault {
                Some(Fault::IgnoreRange) => {}
                Some(Fault::WrongRangeStart) if name == header::RANGE => {
                    upstream = upstream.header(name, moved(value.to_str().unwrap_or_default()));
                }
                _ => upstream = upstream.header(name, value),
            }
        }
        let answer = upstream.send().await.expect("nginx answers as long as the gate is there");
        ticket.answered(answer.status().as_u16());
        outgoing::respond(answer, ticket)
    }
}

/// The same range, one byte further on.
fn moved(range: &str) -> String {
    let bounds = range.strip_prefix("bytes=").and_then(|bounds| bounds.split_once('-'));
    match bounds.and_then(|(start, end)| Some((start.parse::<u64>().ok()?, end))) {
        Some((0, end)) => format!("bytes=1-{end}"),
        Some((start, end)) => format!("bytes={}-{end}", start - 1),
        None => range.to_owned(),
    }
}

/// The answer of a fault that does not look at the file.
fn refusal(fault: &Fault) -> Option<Response> {
    match fault {
        Fault::Gone(gone) => Some(ended(gone)),
        Fault::TooManyRequests { retry_after } => {
            let mut answer = short(StatusCode::TOO_MANY_REQUESTS, "text/html", "<html>429</html>");
            if let Some(seconds) = retry_after {
                answer.headers_mut().insert(header::RETRY_AFTER, (*seconds).into());
            }
            Some(answer)
        }
        Fault::Unavailable | Fault::ConnectionLimit(_) => {
            Some(short(StatusCode::SERVICE_UNAVAILABLE, "text/html", "<html>503</html>"))
        }
        Fault::Html => {
            let page = "<!doctype html><html><title>Just a moment</title><p>Checking your browser</html>";
            Some(short(StatusCode::OK, "text/html; charset=UTF-8", page))
        }
        _ => None,
    }
}

fn wrong_method(request: &Request<Incoming>) -> Option<Response> {
    let right = [Method::GET, Method::HEAD].contains(request.method());
    (!right).then(|| short(StatusCode::METHOD_NOT_ALLOWED, "text/html", "<html>405</html>"))
}

fn ended(gone: &Gone) -> Response {
    let status = StatusCode::from_u16(gone.status).expect("tests name real statuses");
    let mut answer = short(status, "text/html", "<html>This link is no more</html>");
    if let Some(reason) = gone.x_error.as_deref().and_then(|reason| reason.parse().ok()) {
        answer.headers_mut().insert("x-error", reason);
    }
    answer
}

fn short(status: StatusCode, kind: &'static str, body: &'static str) -> Response {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    answer
}
