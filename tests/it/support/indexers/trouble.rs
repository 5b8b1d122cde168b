//! What goes wrong with a site, and how its answers look then.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt as _, stream};

use crate::support::debrid::Reply;

/// What is wrong.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// No answer comes until the trouble is over; then the right one.
    Hang,
    /// The right answer comes late.
    Late(Duration),
    /// An answer of a gateway before the site: a page for people.
    Status {
        /// Any but 200.
        status: u16,
        /// The header `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// The site says in its own words that it is asked too often.
    TooMany {
        /// The header `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// Status 200 with a page for people, as captive portals and login pages answer.
    Html,
    /// Half of the body arrives, then the connection ends.
    Cut,
    /// Half of the body arrives, and its length says that it is all.
    Torn,
    /// The right status and type, and a body that is nothing.
    Garbage,
    /// The right body, named as another type.
    Mistyped(&'static str),
    /// The right body, one byte each time.
    Drip(Duration),
    /// The right beginning, and then more and more of it without an end.
    Endless,
    /// Any other body with status 200.
    Instead {
        /// The media type.
        kind: &'static str,
        /// The body.
        body: String,
    },
}

/// One trouble with where and how often it strikes.
struct Entry {
    below: String,
    trouble: Trouble,
    times: Option<u32>,
}

/// All that is wrong with a site. What was added last comes first.
#[derive(Default)]
pub(super) struct Troubles(Vec<Entry>);

impl Troubles {
    pub(super) fn add(&mut self, below: &str, trouble: Trouble, times: Option<u32>) {
        self.0.insert(0, Entry { below: below.to_owned(), trouble, times });
    }

    pub(super) fn end(&mut self, below: &str) {
        self.0.retain(|entry| !entry.below.starts_with(below));
    }

    /// What strikes a path, used up by one time.
    pub(super) fn strike(&mut self, path: &str) -> Option<Trouble> {
        let at = self.0.iter().position(|entry| path.starts_with(&entry.below))?;
        let trouble = self.0[at].trouble.clone();
        if let Some(times) = &mut self.0[at].times {
            *times -= 1;
            if *times == 0 {
                self.0.remove(at);
            }
        }
        Some(trouble)
    }

    /// The delay that a path suffers, without using it up.
    pub(super) fn delay(&self, path: &str) -> Option<Trouble> {
        let entry = self.0.iter().find(|entry| path.starts_with(&entry.below))?;
        matches!(entry.trouble, Trouble::Hang | Trouble::Late(_)).then(|| entry.trouble.clone())
    }
}

/// The answer that is sent: the right one as the trouble leaves it.
pub(super) fn respond(right: Reply, trouble: Option<&Trouble>) -> Response {
    let mut reply = match trouble {
        Some(Trouble::Status { status, retry_after }) => gateway(*status, *retry_after),
        Some(Trouble::Html) => Reply::typed(200, "text/html; charset=utf-8", page("Sign in").into_bytes()),
        Some(Trouble::Instead { kind, body }) => Reply::typed(200, kind, body.clone().into_bytes()),
        _ => right,
    };
    if let Some(Trouble::Mistyped(kind)) = trouble {
        reply.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        reply = reply.with("content-type", kind);
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let bytes = Bytes::from(reply.body);
    let body = match trouble {
        Some(Trouble::Cut) => {
            response = response.header("content-length", bytes.len());
            cut(&bytes)
        }
        Some(Trouble::Torn) => Body::from(bytes.slice(..bytes.len() / 2)),
        Some(Trouble::Garbage) => Body::from(noise(bytes.len().max(64))),
        Some(Trouble::Drip(pause)) => {
            response = response.header("content-length", bytes.len());
            drip(bytes, *pause)
        }
        Some(Trouble::Endless) => endless(&bytes),
        _ => Body::from(bytes),
    };
    response.body(body).expect("the sites write valid headers")
}

fn gateway(status: u16, retry_after: Option<u64>) -> Reply {
    let reply = Reply::typed(status, "text/html; charset=utf-8", page(&status.to_string()).into_bytes());
    match retry_after {
        Some(seconds) => reply.with("retry-after", &seconds),
        None => reply,
    }
}

fn page(title: &str) -> String {
    format!("<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>")
}

fn cut(bytes: &Bytes) -> Body {
    let half = Ok(bytes.slice(..bytes.len() / 2));
    let end = Err(io::Error::other("the line is cut"));
    Body::from_stream(stream::iter([half, end]))
}

/// Bytes that are neither XML nor JSON nor text.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|at| [0x00, 0xff, b'<', 0xfe, b'{', 0x80][at % 6]).collect()
}

fn drip(bytes: Bytes, pause: Duration) -> Body {
    Body::from_stream(stream::iter(0..bytes.len()).then(move |at| {
        let byte = bytes.slice(at..=at);
        async move {
            tokio::time::sleep(pause).await;
            Ok::<_, Infallible>(byte)
        }
    }))
}

fn endless(bytes: &Bytes) -> Body {
    let start = stream::iter([Ok::<_, Infallible>(bytes.slice(..bytes.len() / 2))]);
    let filler = Bytes::from(vec![b' '; 64 * 1024]);
    Body::from_stream(start.chain(stream::repeat_with(move || Ok(filler.clone()))))
}
