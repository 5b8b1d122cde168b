//! The answers to addon requests: what can be watched, and where.
//!
//! [`Addon`] answers what is fixed: the manifest, and the catalogue of the open movies built into the server.
//! [`lists`] makes the list of streams of a video out of what `discovery` finds: [`offers`] decides what is shown, and
//! [`labels`] how it is written. [`subtitles`] looks beside what is on disk.

mod ahead;
mod catalogue;
pub mod labels;
pub mod lists;
pub mod offers;
pub mod subtitles;
pub mod viewport;

use crate::domain::InfoHash;
use crate::links::{self, PublicUrl};
use crate::profile::Profile;
use crate::stremio::manifest::Manifest;
use crate::stremio::{Body, CATALOG_PAGE, CacheHint, CatalogExtra, MetaPreview, Response};

pub use ahead::Ahead;

pub use crate::discovery::{OpenMovie, OpenMovies};
pub use lists::{Asked, Offered, StreamLists};

/// The manifest without what depends on this build and this install.
const MANIFEST: &str = include_str!("../../manifest/manifest.json");

/// The logo that the manifest names, PNG.
pub const LOGO: &[u8] = include_bytes!("../../manifest/logo.png");

/// The background that the manifest names, JPEG.
pub const BACKGROUND: &[u8] = include_bytes!("../../manifest/background.jpg");

/// The content type of the open movies.
const MOVIE: &str = "movie";

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;

/// Catalogues and metas change with a new version of the server only.
const FIXED: CacheHint = CacheHint { max_age: DAY, stale_revalidate: 7 * DAY, stale_error: 7 * DAY };

/// Answers addon requests.
#[derive(Debug)]
pub struct Addon {
    manifest: Manifest,
    movies: OpenMovies,
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

    /// The manifest as seen from `base`, for an install with this profile.
    pub fn manifest(&self, base: &PublicUrl, profile: Option<&Profile>) -> Manifest {
        let mut manifest = self.manifest.clone();
        manifest.logo = Some(links::logo(base));
        manifest.background = Some(links::background(base));
        if let Some(profile) = profile {
            manifest.behavior_hints.configurable = true;
            // Whoever has several installs tells them apart by it.
            if !profile.name.trim().is_empty() {
                manifest.name = format!("{} {}", manifest.name, profile.name.trim());
            }
        }
        manifest
    }

    /// One page of a catalogue; empty where there is no such catalogue.
    pub fn catalog(&self, kind: &str, id: &str, extra: &CatalogExtra) -> Response {
        let known = self.manifest.catalogs.iter().any(|catalog| catalog.kind == kind && catalog.id == id);
        let movies = self.movies.iter().filter(|movie| known && movie.matches(extra));
        let metas: Vec<MetaPreview> =
            movies.skip(extra.skip).take(CATALOG_PAGE).map(catalogue::preview).collect();
        Response { body: Body::Metas(metas), cache: FIXED }
    }

    /// Everything about one title, if it is ours.
    pub fn meta(&self, kind: &str, id: &str) -> Option<Response> {
        let Ok(id) = id.parse();
        let movie = self.movies.of(&id).filter(|_| kind == MOVIE)?;
        Some(Response { body: Body::Meta(Box::new(catalogue::meta(movie))), cache: FIXED })
    }

    /// The built-in films.
    pub fn movies(&self) -> &OpenMovies {
        &self.movies
    }

    /// The open movie in this torrent: the name, size and trackers that a link to it leaves out.
    pub fn known(&self, info_hash: InfoHash) -> Option<&OpenMovie> {
        self.movies.iter().find(|movie| movie.info_hash == info_hash)
    }
}

#[cfg(test)]
mod tests;
