//! What the wanted video is called: from a catalogue of titles (Cinemeta, or any addon that answers like it), from
//! upstream addons for the ids of other catalogues, and from what was learned before.
//!
//! Nobody waits longer than two seconds for a name. A question that takes longer goes on in the background and
//! serves the next one; without a name the ids alone are searched.

mod counting;
mod lookup;
mod meta;
mod subject;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use self::lookup::Lookup;
use self::meta::Known;
use self::subject::{Part, Subject, foreign};
use super::Query;
use crate::db::Database;
use crate::domain::{ContentId, Title};
use crate::net::Clients;

/// How long a waiting viewer is kept for a name.
const PATIENCE: Duration = Duration::from_secs(2);

/// The titles. Cheap to clone.
#[derive(Clone)]
pub struct Titles {
    lookup: Arc<Lookup>,
}

impl fmt::Debug for Titles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Titles").finish_non_exhaustive()
    }
}

impl Titles {
    /// Titles of the catalogue at `base`, an addon that answers `meta` for IMDb ids; without one only ids are known.
    pub fn new(base: Option<&Url>, clients: &Clients, db: Database) -> Self {
        Self::with_addons(base, &[], clients, db)
    }

    /// The same, and for the ids of other catalogues the addons with these manifests are asked, as far as they
    /// answer `meta` for them.
    pub fn with_addons(base: Option<&Url>, addons: &[Url], clients: &Clients, db: Database) -> Self {
        Self { lookup: Arc::new(Lookup::new(base, addons, clients, db)) }
    }

    /// What indexers are to be asked for. Never fails, and takes two seconds at most. `kind` is the content type that
    /// Stremio asked with.
    pub async fn query(&self, kind: &str, id: &ContentId) -> Query {
        let until = Instant::now() + PATIENCE;
        let mut query = Query::of_id(kind, id);
        match id {
            ContentId::Movie(imdb) => {
                let subject = Subject::imdb(imdb.as_str(), kind != "series");
                query.title = self.title(&subject, Part::Whole, until).await;
            }
            ContentId::Episode { series, season, episode } => {
                let numbers = (*season, *episode);
                query.title = self.series(series.as_str(), numbers, until).await;
                query.absolute = query.title.as_deref().and_then(|title| absolute(title, numbers));
            }
            ContentId::Kitsu { .. } | ContentId::Other(_) => {
                if let Some((subject, part)) = foreign(kind, id) {
                    self.translate(&mut query, &subject, part, until).await;
                }
            }
        }
        query
    }

    /// How often something was learned of any title.
    pub(super) fn changes(&self) -> u64 {
        self.lookup.changes()
    }

    /// Ends the questions that are under way.
    pub async fn shutdown(&self) {
        self.lookup.shutdown().await;
    }

    async fn title(&self, subject: &Subject, part: Part, until: Instant) -> Option<Arc<Title>> {
        let known = self.lookup.find(subject, part, until).await?;
        Some(Arc::new(known.title.clone()))
    }

    async fn series(&self, imdb: &str, (season, episode): (u32, u32), until: Instant) -> Option<Arc<Title>> {
        self.title(&Subject::imdb(imdb, false), Part::Episode(Some(season), episode), until).await
    }

    /// Fills in what is known of an id of another catalogue: its title, and its episode as IMDb numbers it where an
    /// addon translates that.
    async fn translate(&self, query: &mut Query, subject: &Subject, part: Part, until: Instant) {
        let known = self.lookup.find(subject, part, until).await;
        let Part::Episode(season, episode) = part else {
            query.title = match known {
                Some(known) => Some(self.film(&known, until).await),
                None => None,
            };
            return;
        };
        let own = season.map(|season| (season, episode));
        let count = season.is_none().then_some(episode);
        query.episode = own;
        let Some(known) = known else { return };
        let imdb = known.title.imdb.as_deref().zip(known.on_imdb(season, episode));
        let Some((imdb, numbers)) = imdb else {
            query.absolute = count.or(own.and_then(|numbers| absolute(&known.title, numbers)));
            // Other names may be those of the whole series, from whose first episode nobody counts here.
            let aliases = if own.is_some() { known.title.aliases.clone() } else { Vec::new() };
            query.title = Some(Arc::new(Title { aliases, ..known.title.clone() }));
            return;
        };
        query.episode = Some(numbers);
        match self.series(imdb, numbers, until).await {
            Some(series) => {
                query.absolute = absolute(&series, numbers);
                // Names of an entry that begins later in the series count from there: "Show 2nd Season - 03" is not
                // the third episode of all.
                let counts_alike = query.absolute.is_some() && query.absolute == count;
                let aliases = if counts_alike { names(&known.title) } else { Vec::new() };
                query.title = Some(Arc::new(joined(&series, aliases, imdb)));
            }
            None => {
                query.absolute = count.filter(|count| numbers == (1, *count));
                query.title = Some(Arc::new(known.title.clone()));
            }
        }
    }

    /// A film by the names of both catalogues.
    async fn film(&self, known: &Known, until: Instant) -> Arc<Title> {
        let Some(imdb) = known.title.imdb.as_deref() else { return Arc::new(known.title.clone()) };
        match self.title(&Subject::imdb(imdb, true), Part::Whole, until).await {
            Some(film) => Arc::new(joined(&film, names(&known.title), imdb)),
            None => Arc::new(known.title.clone()),
        }
    }
}

fn absolute(title: &Title, (season, episode): (u32, u32)) -> Option<u32> {
    title.episode(season, episode)?.absolute
}

fn names(title: &Title) -> Vec<String> {
    std::iter::once(&title.name).chain(&title.aliases).cloned().collect()
}

fn joined(title: &Title, names: Vec<String>, imdb: &str) -> Title {
    let mut title = Title { imdb: Some(imdb.to_owned()), ..title.clone() };
    for name in names {
        if name != title.name && !title.aliases.contains(&name) {
            title.aliases.push(name);
        }
    }
    title
}

#[cfg(test)]
mod tests;
