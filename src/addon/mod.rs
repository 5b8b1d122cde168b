//! The answers to addon requests: what can be watched, and where.
//!
//! [`Addon`] knows the open movies built into the server and gives their streams signed links into
//! the play room. Nothing here waits or touches the network.

mod catalogue;
pub mod labels;
pub mod lists;
pub mod offers;
pub mod subtitles;

use std::time::SystemTime;

use crate::domain::{ContentId, FileChoice, InfoHash};
use crate::links::{self, LinkSigner, PublicUrl};
use crate::stremio::manifest::Manifest;
use crate::stremio::{Body, CacheHint, CatalogExtra, MetaPreview, Resource, Response};

pub use crate::discovery::{OpenMovie, OpenMovies};

/// The manifest without what depends on this build and this install.
const MANIFEST: &str = include_str!("../../manifest/manifest.json");

/// The logo that the manifest names, PNG.
pub const LOGO: &[u8] = include_bytes!("../../manifest/logo.png");

/// The background that the manifest names, JPEG.
pub const BACKGROUND: &[u8] = include_bytes!("../../manifest/background.jpg");

/// How many entries a client expects in a page.
const PAGE: usize = 100;

/// The content type of the open movies.
const MOVIE: &str = "movie";

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;

/// Catalogues and metas change with a new version of the server only.
const FIXED: CacheHint = CacheHint { max_age: DAY, stale_revalidate: 7 * DAY, stale_error: 7 * DAY };

/// Long enough to spare requests; links outlive even the last of these by weeks.
const STREAMS: CacheHint = CacheHint { max_age: HOUR, stale_revalidate: 4 * HOUR, stale_error: 7 * DAY };

/// An empty list may be filled a moment later.
const EMPTY: CacheHint = CacheHint { max_age: 60, stale_revalidate: 60, stale_error: 60 };

/// Answers addon requests.
#[derive(Debug)]
pub struct Addon {
    manifest: Manifest,
    movies: OpenMovies,
}

/// What to send for a [`Resource`].
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "made once per request and sent at once")]
pub enum Answer {
    /// The manifest, as JSON.
    Manifest(Manifest),
    /// A resource, as JSON with its caching header.
    Resource(Response),
    /// There is no such title: 404.
    NotFound,
}

impl Default for Addon {
    fn default() -> Self {
        Self::new()
    }
}

impl Addon {
    /// The addon with its built-in catalogue.
    pub fn new() -> Self {
        Self::with_movies(OpenMovies::embedded())
    }

    /// The addon with a catalogue of these films, as the demo has it.
    pub fn with_movies(movies: OpenMovies) -> Self {
        let mut manifest: Manifest =
            serde_json::from_str(MANIFEST).expect("the embedded manifest is read by a test of every build");
        env!("CARGO_PKG_VERSION").clone_into(&mut manifest.version);
        // Metas are answered for the built-in films alone, so that clients ask no further ones here.
        for entry in manifest.resources.iter_mut().filter(|entry| entry.name == "meta") {
            entry.id_prefixes = Some(movies.iter().map(|movie| movie.imdb.to_string()).collect());
        }
        for extra in manifest.catalogs.iter_mut().flat_map(|catalog| &mut catalog.extra) {
            if extra.name == "genre" {
                extra.options = movies.genres();
            }
        }
        Self { manifest, movies }
    }

    /// Answers any request. The only thing that is ever "not found" is the meta of an unknown title; a
    /// video without streams has an empty list, because clients show an error for everything else.
    pub fn answer(
        &self,
        resource: &Resource,
        base: &PublicUrl,
        signer: &LinkSigner,
        now: SystemTime,
    ) -> Answer {
        match resource {
            Resource::Manifest => Answer::Manifest(self.manifest(base)),
            Resource::Catalog { kind, id, extra } => Answer::Resource(self.catalog(kind, id, extra)),
            Resource::Meta { kind, id } => self.meta(kind, id).map_or(Answer::NotFound, Answer::Resource),
            Resource::Stream { id, .. } => {
                let Ok(id) = id.parse();
                Answer::Resource(self.streams(&id, base, signer, now))
            }
            // What there is depends on what is being played, which this room does not know.
            Resource::Subtitles { .. } => {
                Answer::Resource(Response { body: Body::Subtitles(Vec::new()), cache: EMPTY })
            }
        }
    }

    /// The manifest as seen from `base`.
    pub fn manifest(&self, base: &PublicUrl) -> Manifest {
        Manifest {
            logo: Some(links::logo(base)),
            background: Some(links::background(base)),
            ..self.manifest.clone()
        }
    }

    /// One page of a catalogue; empty where there is no such catalogue.
    pub fn catalog(&self, kind: &str, id: &str, extra: &CatalogExtra) -> Response {
        let known = self.manifest.catalogs.iter().any(|catalog| catalog.kind == kind && catalog.id == id);
        let movies = self.movies.iter().filter(|movie| known && movie.matches(extra));
        let metas: Vec<MetaPreview> = movies.skip(extra.skip).take(PAGE).map(catalogue::preview).collect();
        Response { body: Body::Metas(metas), cache: FIXED }
    }

    /// Everything about one title, if it is ours.
    pub fn meta(&self, kind: &str, id: &str) -> Option<Response> {
        let Ok(id) = id.parse();
        let movie = self.movies.of(&id).filter(|_| kind == MOVIE)?;
        Some(Response { body: Body::Meta(Box::new(catalogue::meta(movie))), cache: FIXED })
    }

    /// The streams of one video, best first. The same request gives the same links for days.
    pub fn streams(
        &self,
        id: &ContentId,
        base: &PublicUrl,
        signer: &LinkSigner,
        now: SystemTime,
    ) -> Response {
        let movie = self.movies.of(id);
        let cache = if movie.is_some() { STREAMS } else { EMPTY };
        let streams = movie.map(|movie| {
            let file = FileChoice::Index(movie.file);
            let token = signer.sign(movie.info_hash, file, now);
            let url = links::play(base, None, &token, (movie.info_hash, file), &movie.file_name);
            catalogue::stream(movie, url)
        });
        Response { body: Body::Streams(streams.into_iter().collect()), cache }
    }

    /// The open movie in this torrent: the name, size and trackers that a link to it leaves out.
    pub fn known(&self, info_hash: InfoHash) -> Option<&OpenMovie> {
        self.movies.iter().find(|movie| movie.info_hash == info_hash)
    }
}

#[cfg(test)]
mod tests;
