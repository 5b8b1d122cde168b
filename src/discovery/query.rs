//! What indexers are asked for.

use std::sync::Arc;

use crate::domain::{ContentId, Title, TitleKind};
use crate::stremio::Hops;

/// A wanted video.
#[derive(Debug, Clone)]
pub struct Query {
    /// What Stremio asked for.
    pub id: ContentId,
    /// The content type Stremio asked with: `movie`, `series`, `anime`, …
    pub kind: String,
    /// What is known of it; `None` when the catalogue of titles is down, and then ids alone are searched.
    pub title: Option<Arc<Title>>,
    /// The episode by seasons, also where the id counts otherwise and the mapping is known.
    pub episode: Option<(u32, u32)>,
    /// The episode counted from the first of all, where that is known.
    pub absolute: Option<u32>,
    /// The servers like this one that the question has passed, this one included.
    pub hops: Hops,
}

impl Query {
    /// What the id alone says: all that is known while the catalogue of titles is down.
    pub fn of_id(kind: &str, id: &ContentId) -> Self {
        let episode = match id {
            ContentId::Episode { season, episode, .. } => Some((*season, *episode)),
            // An entry of Kitsu is often a later season, so its numbers are not counted from the first of all.
            ContentId::Kitsu { .. } | ContentId::Movie(_) | ContentId::Other(_) => None,
        };
        Self {
            id: id.clone(),
            kind: kind.to_owned(),
            title: None,
            episode,
            absolute: None,
            hops: Hops::default(),
        }
    }

    /// The IMDb id, of the series for an episode.
    pub fn imdb(&self) -> Option<&str> {
        match &self.id {
            ContentId::Movie(imdb) | ContentId::Episode { series: imdb, .. } => Some(imdb.as_str()),
            ContentId::Kitsu { .. } | ContentId::Other(_) => self.title.as_ref()?.imdb.as_deref(),
        }
    }

    /// Whether an episode is wanted, or a film.
    pub fn title_kind(&self) -> TitleKind {
        let of_kitsu = matches!(self.id, ContentId::Kitsu { episode: Some(_), .. });
        let is_episode = of_kitsu || self.episode.is_some() || self.absolute.is_some();
        if is_episode { TitleKind::Series } else { TitleKind::Movie }
    }
}
