//! What the client shows for a title and for a stream.

use url::Url;

use crate::stremio::meta::{MetaHints, PosterShape};
use crate::stremio::stream::StreamHints;
use crate::stremio::{Meta, MetaPreview, Stream};

use super::{MOVIE, OpenMovie};

/// The pictures of the metadata service that Stremio itself uses, by IMDb id.
const PICTURES: &str = "https://images.metahub.space";

/// A title in the catalogue.
pub(super) fn preview(movie: &OpenMovie) -> MetaPreview {
    MetaPreview {
        id: movie.imdb.to_string(),
        kind: MOVIE.to_owned(),
        name: movie.title.clone(),
        poster: picture(movie, "poster"),
        poster_shape: PosterShape::Poster,
        description: movie.description.clone(),
        release_info: movie.year.to_string(),
        genres: movie.genres.clone(),
        behavior_hints: MetaHints { default_video_id: movie.imdb.to_string() },
    }
}

/// A title on its own page.
pub(super) fn meta(movie: &OpenMovie) -> Meta {
    Meta {
        preview: preview(movie),
        background: picture(movie, "background"),
        runtime: format!("{} min", movie.runtime_minutes),
        director: movie.directors.clone(),
    }
}

/// A row in the list of streams.
pub(super) fn stream(movie: &OpenMovie, url: Url) -> Stream {
    let container = movie.file_name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    // Browsers play MP4 and refuse what comes over plain HTTP to their HTTPS pages.
    let web_ready = container == "mp4" && url.scheme() == "https";
    let size = mebibytes(movie.file_size_bytes);
    Stream {
        url,
        name: "Headwater\nOpen movie".to_owned(),
        description: format!("{} ({})\n{size} MiB · {}", movie.title, movie.year, container.to_uppercase()),
        behavior_hints: StreamHints {
            binge_group: format!("headwater-open-{container}"),
            filename: Some(movie.file_name.clone()),
            video_size: Some(movie.file_size_bytes),
            video_hash: None,
            not_web_ready: !web_ready,
        },
    }
}

/// Rounded to the nearest whole number.
const fn mebibytes(bytes: u64) -> u64 {
    (bytes + (1 << 19)) >> 20
}

fn picture(movie: &OpenMovie, kind: &str) -> Url {
    format!("{PICTURES}/{kind}/medium/{}/img", movie.imdb).parse().expect("an IMDb id is letters and digits")
}
