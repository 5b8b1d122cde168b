//! What the client shows for a title of the catalogue.

use url::Url;

use crate::stremio::meta::{MetaHints, PosterShape};
use crate::stremio::{Meta, MetaPreview};

use super::{MOVIE, OpenMovie};

/// The pictures of the metadata service that Stremio itself uses, by IMDb id.
const PICTURES: &str = "https://images.metahub.space";

/// A title in the catalogue.
pub(super) fn preview(movie: &OpenMovie) -> MetaPreview {
    MetaPreview {
        id: movie.imdb.to_string(),
        kind: MOVIE.to_owned(),
        name: movie.title.clone(),
        poster: Some(picture(movie, "poster")),
        poster_shape: PosterShape::Poster,
        description: movie.description.clone(),
        release_info: Some(movie.year.to_string()),
        genres: movie.genres.clone(),
        behavior_hints: MetaHints { default_video_id: movie.imdb.to_string() },
    }
}

/// A title on its own page.
pub(super) fn meta(movie: &OpenMovie) -> Meta {
    Meta {
        preview: preview(movie),
        logo: None,
        background: Some(picture(movie, "background")),
        runtime: Some(format!("{} min", movie.runtime_minutes)),
        director: movie.directors.clone(),
    }
}

fn picture(movie: &OpenMovie, kind: &str) -> Url {
    format!("{PICTURES}/{kind}/medium/{}/img", movie.imdb).parse().expect("an IMDb id is letters and digits")
}
