//! The body of an answer between the router and the connection.
//!
//! Routes know only bytes. A media body passes them as an ordinary body, which reads the file when somebody asks it
//! for bytes, and leaves a note in the answer. The connection finds the note, takes the media body out before a byte
//! was asked for, and sends runs of the file itself.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::play::{BodyError, Chunk, Frames, MediaBody, Outlet};

/// An answer of the range server as an answer of a route.
pub fn media(response: http::Response<MediaBody>) -> Response {
    let (mut parts, body) = response.into_parts();
    let note = Note(Arc::new(Mutex::new(body)));
    parts.extensions.insert(note.clone());
    Response::from_parts(parts, Body::new(note))
}

/// A media body that either the route's body or the connection reads.
#[derive(Debug, Clone)]
struct Note(Arc<Mutex<MediaBody>>);

/// What a connection sends.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// Bytes that a route made.
    Routed(Body),
    /// Runs of a file.
    Media(Frames<Chunk>),
}

impl Outgoing {
    /// Makes a route's answer ready for the connection of `outlet`.
    pub(super) fn of(mut response: Response, outlet: &Outlet) -> http::Response<Self> {
        let note = response.extensions_mut().remove::<Note>();
        response.map(|body| match note.and_then(|note| note.take(&body, outlet)) {
            Some(frames) => Self::Media(frames),
            None => Self::Routed(body),
        })
    }
}

impl Note {
    fn media(&self) -> std::sync::MutexGuard<'_, MediaBody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The media body, unless somebody on the way has begun to read it, or made another length of it and so another
    /// body.
    fn take(&self, routed: &Body, outlet: &Outlet) -> Option<Frames<Chunk>> {
        // Asked before anything is locked, since the routed body asks the same media body.
        let routed = routed.size_hint().exact();
        let mut media = self.media();
        if routed != media.size_hint().exact() {
            return None;
        }
        match std::mem::replace(&mut *media, MediaBody::empty()).into_chunks(outlet.clone()) {
            Ok(frames) => Some(frames),
            Err(body) => {
                *media = body;
                None
            }
        }
    }
}

impl HttpBody for Note {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut *self.media()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.media().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.media().size_hint()
    }
}

impl HttpBody for Outgoing {
    type Data = Chunk;
    type Error = axum::BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Chunk>, axum::BoxError>>> {
        match self.get_mut() {
            Self::Routed(body) => {
                let polled = Pin::new(body).poll_frame(cx);
                polled.map(|frame| frame.map(|frame| Ok(frame?.map_data(Chunk::from))))
            }
            Self::Media(frames) => {
                let polled = Pin::new(frames).poll_frame(cx);
                polled.map(|frame| frame.map(|frame| Ok(frame?)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Routed(body) => body.is_end_stream(),
            Self::Media(frames) => frames.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Routed(body) => body.size_hint(),
            Self::Media(frames) => frames.size_hint(),
        }
    }
}
