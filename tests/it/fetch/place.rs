//! An origin with a list of addresses.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use futures::future::{BoxFuture, FutureExt as _};
use headwater::cache::CacheFile;
use headwater::source::fetch::{Container, Expect, Link, Origin, Refusal, start};
use headwater::source::{SourceError, Writer};
use tokio::sync::Semaphore;
use url::Url;

use super::host::Host;

/// An origin that hands out its addresses one after another.
pub(super) struct Place {
    urls: Mutex<VecDeque<Url>>,
    refused: Mutex<Vec<Refusal>>,
    blamed: Mutex<Vec<Url>>,
    connections: Arc<Semaphore>,
    /// The torrent's bytes and where they start, if it has more than the film.
    around: Option<(u64, Vec<u8>)>,
}

impl Place {
    /// A place with the addresses of `hosts`.
    pub(super) fn of(hosts: &[&Host]) -> Self {
        Self {
            urls: Mutex::new(hosts.iter().map(|host| host.url()).collect()),
            refused: Mutex::default(),
            blamed: Mutex::default(),
            connections: Arc::new(Semaphore::new(4)),
            around: None,
        }
    }

    /// One that wants no more than so many connections.
    pub(super) fn with_connections(self, most: usize) -> Self {
        Self { connections: Arc::new(Semaphore::new(most)), ..self }
    }

    /// The permits for its connections.
    pub(super) fn connections(&self) -> Arc<Semaphore> {
        self.connections.clone()
    }

    /// One that also has the film's neighbours.
    pub(super) fn with_surroundings(self, start: u64, torrent: &[u8]) -> Self {
        Self { around: Some((start, torrent.to_owned())), ..self }
    }

    /// Starts to fetch an MP4 from here.
    pub(super) async fn start(self: &Arc<Self>, file: &CacheFile) -> Result<Writer, SourceError> {
        let expect = Expect { container: Some(Container::Mp4) };
        start(file.clone(), self.clone(), expect).await
    }

    /// Starts to fetch from here and waits until that has failed.
    pub(super) async fn fail(self: &Arc<Self>, file: &CacheFile) -> SourceError {
        match self.start(file).await {
            Ok(mut writer) => writer.failed.wait_for(Option::is_some).await.unwrap().clone().unwrap(),
            Err(error) => error,
        }
    }

    /// What was said of its addresses.
    pub(super) fn refused(&self) -> Vec<Refusal> {
        self.refused.lock().unwrap().clone()
    }

    /// The addresses that sent wrong pieces.
    pub(super) fn blamed(&self) -> Vec<Url> {
        self.blamed.lock().unwrap().clone()
    }
}

impl Origin for Place {
    fn name(&self) -> &str {
        "the test's server"
    }

    fn link<'a>(&'a self, refused: Option<&'a Refusal>) -> BoxFuture<'a, Result<Link, SourceError>> {
        self.refused.lock().unwrap().extend(refused.cloned());
        let next = self.urls.lock().unwrap().pop_front();
        async move {
            let url = next.ok_or_else(|| SourceError::NotHere("there is no other address".to_owned()))?;
            Ok(Link {
                client: headwater::net::client().unwrap(),
                url,
                headers: http::HeaderMap::new(),
                connections: self.connections.clone(),
            })
        }
        .boxed()
    }

    fn surroundings(&self, range: Range<u64>) -> BoxFuture<'_, Option<Vec<u8>>> {
        let bytes = self.around.as_ref().map(|(start, torrent)| {
            torrent[(range.start - start) as usize..(range.end - start) as usize].to_vec()
        });
        let connections = self.connections.clone();
        async move {
            let _connection = connections.acquire().await.unwrap();
            bytes
        }
        .boxed()
    }

    fn blame(&self, sender: &Link) {
        self.blamed.lock().unwrap().push(sender.url.clone());
    }
}
