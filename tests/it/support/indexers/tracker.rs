//! A site with torrents as the programs before it present it: what it can search by, and what it lists.

use std::sync::Arc;

use super::ask::Ask;
use crate::support::http::escape;
use crate::support::swarm::Share;

/// One site.
#[derive(Clone, Debug)]
pub(crate) struct Tracker {
    /// The name in paths: `nyaasi` at Jackett, a number at Prowlarr.
    pub(crate) id: String,
    /// The name for people.
    pub(crate) name: String,
    /// Whether the user has set it up.
    pub(crate) enabled: bool,
    /// What it can search by.
    pub(crate) caps: Caps,
    /// What it has.
    pub(crate) listed: Vec<Listed>,
}

/// What a site can search by; `None` means that it has no such search.
#[derive(Clone, Debug)]
pub(crate) struct Caps {
    /// `t=search`.
    pub(crate) search: bool,
    /// `t=movie`, with its parameters.
    pub(crate) movie: Option<&'static [&'static str]>,
    /// `t=tvsearch`, with its parameters.
    pub(crate) tv: Option<&'static [&'static str]>,
    /// The most results of one page.
    pub(crate) limit: usize,
}

/// One torrent in a list.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// The name of the release.
    pub(crate) title: String,
    /// 40 lower-case hex digits.
    pub(crate) info_hash: String,
    /// Bytes.
    pub(crate) size: u64,
    /// Who has it all.
    pub(crate) seeders: u32,
    /// Who has not.
    pub(crate) leechers: u32,
    /// The IMDb id, `tt…`, if the site keeps one.
    pub(crate) imdb: Option<String>,
    /// The season, for episodes and packs.
    pub(crate) season: Option<u32>,
    /// The episodes; none means all of the season.
    pub(crate) episodes: Vec<u32>,
    /// How a client gets it.
    pub(crate) handed: Handed,
    /// The `.torrent`.
    pub(crate) torrent: Arc<Vec<u8>>,
    /// Trackers in its magnet link.
    pub(crate) trackers: Vec<String>,
    /// When it was published, as RSS writes it and as JSON does.
    pub(crate) published: (&'static str, &'static str),
    /// It is in the answer to every question, as sites do that do not look at the whole of it.
    pub(crate) everywhere: bool,
}

/// How a client gets at a torrent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handed {
    /// By a magnet link, and the info-hash is told.
    Magnet,
    /// By a magnet link in base32, and the info-hash is not told.
    OldMagnet,
    /// By the address of a `.torrent`, and the info-hash is not told.
    File,
    /// By an address that redirects to a magnet link, and the info-hash is not told.
    Redirect,
}

/// Every parameter that caps are about.
const DECLARED: [&str; 7] = ["imdbid", "tmdbid", "tvdbid", "season", "ep", "year", "genre"];

impl Caps {
    /// A site that searches by words alone.
    pub(crate) const WORDS: Self =
        Self { search: true, movie: Some(&["q"]), tv: Some(&["q", "season", "ep"]), limit: 100 };
    /// A site that knows IMDb ids.
    pub(crate) const IDS: Self = Self {
        search: true,
        movie: Some(&["q", "imdbid", "year"]),
        tv: Some(&["q", "season", "ep", "imdbid"]),
        limit: 100,
    };
    /// A site with nothing but `t=search`.
    pub(crate) const PLAIN: Self = Self { search: true, movie: None, tv: None, limit: 100 };

    /// The parameters of a search, if there is such a search.
    pub(crate) fn parameters(&self, function: &str) -> Option<&'static [&'static str]> {
        match function {
            "search" => self.search.then_some(&["q"]),
            "movie" => self.movie,
            "tvsearch" => self.tv,
            _ => None,
        }
    }

    /// Why this question is not one that the caps allow.
    pub(super) fn objection(&self, ask: &Ask) -> Option<String> {
        let function = ask.get("t").unwrap_or_default();
        let Some(allowed) = self.parameters(&function) else {
            return Some(format!("t={function} is not available"));
        };
        let stranger = DECLARED.into_iter().find(|name| ask.get(name).is_some() && !allowed.contains(name));
        let limit = ask.get("limit").and_then(|limit| limit.parse::<usize>().ok());
        match stranger {
            Some(name) => Some(format!("{name} is no parameter of t={function}")),
            None if limit.is_some_and(|limit| limit > self.limit) => Some("the limit is too high".to_owned()),
            None => None,
        }
    }
}

impl Tracker {
    /// A site that is set up and has nothing.
    pub(crate) fn new(id: &str, name: &str, caps: Caps) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), enabled: true, caps, listed: Vec::new() }
    }

    /// The same with torrents.
    pub(crate) fn with(mut self, listed: impl IntoIterator<Item = Listed>) -> Self {
        self.listed.extend(listed);
        self
    }

    /// The same, not set up.
    pub(crate) fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// What answers a question, the page of it that was asked for.
    pub(super) fn search(&self, ask: &Ask) -> Vec<&Listed> {
        let number = |name: &str| ask.get(name).and_then(|value| value.parse::<usize>().ok());
        let limit = number("limit").unwrap_or(self.caps.limit).min(self.caps.limit);
        let wanted = Wanted::of(ask);
        let found = self.listed.iter().filter(|listed| wanted.fits(listed));
        found.skip(number("offset").unwrap_or(0)).take(limit).collect()
    }
}

/// What a Torznab question asks for.
struct Wanted {
    words: Vec<String>,
    imdb: Option<String>,
    season: Option<u32>,
    episode: Option<u32>,
    families: Vec<u32>,
}

impl Wanted {
    fn of(ask: &Ask) -> Self {
        let number = |name: &str| ask.get(name).and_then(|value| value.parse().ok());
        let categories = ask.get("cat").unwrap_or_default();
        let families = categories.split(',').filter_map(|category| category.parse::<u32>().ok());
        Self {
            words: words(&ask.get("q").unwrap_or_default()),
            // Digits alone are allowed too.
            imdb: ask.get("imdbid").map(|id| format!("tt{}", id.trim_start_matches("tt"))),
            season: number("season"),
            episode: number("ep"),
            families: families.map(|category| category / 1000 * 1000).collect(),
        }
    }

    fn fits(&self, listed: &Listed) -> bool {
        let title = words(&listed.title);
        let is_family = self.families.is_empty() || self.families.contains(&listed.category());
        let is_season = self.season.is_none() || self.season == listed.season;
        let is_episode = self.episode.is_none_or(|episode| listed.has_episode(episode));
        let is_imdb = self.imdb.is_none() || self.imdb == listed.imdb;
        let is_named = self.words.iter().all(|word| title.contains(word));
        listed.everywhere || is_family && is_season && is_episode && is_imdb && is_named
    }
}

pub(super) fn words(text: &str) -> Vec<String> {
    let parts = text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    parts.map(str::to_lowercase).collect()
}

impl Listed {
    /// A torrent that nobody needs to fetch.
    pub(crate) fn new(title: &str, info_hash: &str) -> Self {
        Self {
            title: title.to_owned(),
            info_hash: info_hash.to_owned(),
            size: 1_500_000_000,
            seeders: 10,
            leechers: 2,
            imdb: None,
            season: None,
            episodes: Vec::new(),
            handed: Handed::Magnet,
            torrent: Arc::default(),
            trackers: Vec::new(),
            published: ("Sat, 14 Mar 2015 17:10:42 -0400", "2015-03-14T21:10:42Z"),
            everywhere: false,
        }
    }

    /// A torrent that exists.
    pub(crate) fn of(share: &Share) -> Self {
        let query = share.tracker_query();
        let trackers = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        Self {
            size: share.files.iter().map(|file| file.len() as u64).sum(),
            torrent: Arc::new(share.torrent.clone()),
            trackers: trackers.map(|(_, url)| url).collect(),
            ..Self::new(share.name(), &share.info_hash)
        }
    }

    /// The same, with its IMDb id.
    pub(crate) fn imdb(self, imdb: &str) -> Self {
        Self { imdb: Some(imdb.to_owned()), ..self }
    }

    /// The same as an episode; without episodes a whole season.
    pub(crate) fn season(self, season: u32, episodes: &[u32]) -> Self {
        Self { season: Some(season), episodes: episodes.to_vec(), ..self }
    }

    /// The same with this many seeders.
    pub(crate) fn seeders(self, seeders: u32) -> Self {
        Self { seeders, ..self }
    }

    /// The same with this size.
    pub(crate) fn size(self, size: u64) -> Self {
        Self { size, ..self }
    }

    /// The same, published then: as RSS writes it and as JSON does.
    pub(crate) fn published(self, rss: &'static str, json: &'static str) -> Self {
        Self { published: (rss, json), ..self }
    }

    /// The same with trackers in its magnet link.
    pub(crate) fn trackers(self, trackers: &[&str]) -> Self {
        Self { trackers: trackers.iter().map(|&url| url.to_owned()).collect(), ..self }
    }

    /// The same, given out otherwise.
    pub(crate) fn handed(self, handed: Handed) -> Self {
        Self { handed, ..self }
    }

    /// The same, in every answer.
    pub(crate) fn everywhere(self) -> Self {
        Self { everywhere: true, ..self }
    }

    /// The magnet link.
    pub(crate) fn magnet(&self) -> String {
        let topic = match self.handed {
            Handed::OldMagnet => {
                let hash = data_encoding::HEXLOWER.decode(self.info_hash.as_bytes());
                data_encoding::BASE32_NOPAD.encode(&hash.expect("an info-hash is written in hex"))
            }
            _ => self.info_hash.clone(),
        };
        let trackers: String = self.trackers.iter().map(|url| format!("&tr={}", escape(url))).collect();
        format!("magnet:?xt=urn:btih:{topic}&dn={}{trackers}", escape(&self.title))
    }

    /// 2000 for films, 5000 for episodes.
    pub(super) fn category(&self) -> u32 {
        if self.season.is_some() || !self.episodes.is_empty() { 5000 } else { 2000 }
    }

    pub(super) fn has_episode(&self, episode: u32) -> bool {
        self.episodes.is_empty() || self.episodes.contains(&episode)
    }

    /// The digits of the IMDb id.
    pub(super) fn imdb_digits(&self) -> Option<&str> {
        self.imdb.as_deref().map(|id| id.trim_start_matches("tt"))
    }
}
