//! Many descriptions of the same releases become one each.

use std::collections::HashMap;

use url::Url;

use super::{Candidate, Found, Locator, Query};
use crate::domain::{InfoHash, TitleKind};
use crate::release::Release;
use crate::source::{Place, place_hash};

/// More trackers than any torrent needs.
const MOST_TRACKERS: usize = 50;

/// Addresses of .torrent files, and web seeds, of one release.
const MOST_ADDRESSES: usize = 16;

/// Names of one release that are compared.
const MOST_NAMES: usize = 4;

/// Characters of a name; the rest of a longer one is left out.
const LONGEST_NAME: usize = 300;

/// What one indexer said.
#[derive(Clone, Copy)]
pub(super) struct Said<'a> {
    /// Its name.
    pub(super) by: &'a str,
    /// Its releases.
    pub(super) found: &'a [Found],
}

/// Every release once, in the order in which they were named first. The first in `said` are believed first where
/// descriptions differ.
pub(super) fn merge(query: &Query, said: &[Said<'_>]) -> Vec<Candidate> {
    let mut order: Vec<InfoHash> = Vec::new();
    let mut groups: HashMap<InfoHash, Vec<(&str, &Found)>> = HashMap::new();
    let all = said.iter().flat_map(|said| said.found.iter().map(|found| (said.by, found)));
    for (by, found) in all.filter(|(_, found)| may_be_of_title(query, found)) {
        let Some(key) = found.info_hash.or_else(|| found.place.as_ref().map(place_hash)) else { continue };
        let group = groups.entry(key).or_default();
        if group.is_empty() {
            order.push(key);
        }
        group.push((found.by.as_deref().unwrap_or(by), found));
    }
    order.into_iter().filter_map(|key| candidate(query, key, &groups[&key])).collect()
}

/// Whether a release may be of the wanted film, as far as its IMDb id says. Those of episodes are no help: some
/// indexers give the series', some the episode's.
fn may_be_of_title(query: &Query, found: &Found) -> bool {
    query.title_kind() == TitleKind::Series || is_of_title(query, found) != Some(false)
}

/// Whether its IMDb id is the wanted one; `None` where either is unknown.
fn is_of_title(query: &Query, found: &Found) -> Option<bool> {
    let number = |id: &str| id.trim_start_matches("tt").parse::<u64>().ok().filter(|number| *number > 0);
    let (wanted, given) = (query.imdb().and_then(number)?, found.imdb.as_deref().and_then(number)?);
    Some(wanted == given)
}

fn candidate(query: &Query, key: InfoHash, group: &[(&str, &Found)]) -> Option<Candidate> {
    let all = || group.iter().map(|(_, found)| *found);
    let (name, release) = best_name(all())?;
    let file = wanted_file(group);
    let size = agreed(all().filter_map(|found| found.size));
    let said_by = unique(group.iter().map(|(by, _)| (*by).to_owned()), usize::MAX);
    Some(Candidate {
        info_hash: key,
        locator: locator(group, file, &name),
        release,
        name,
        size,
        file_size: file.and_then(|found| found.file_size).filter(|size| *size > 0),
        file_name: file.and_then(|found| found.file_name.clone()),
        seeders: all().filter_map(|found| found.seeders).max(),
        published: all().filter_map(|found| found.published).min(),
        said_by,
        is_exact: all().any(|found| found.is_exact),
        is_of_title: all().any(|found| is_of_title(query, found) == Some(true)),
    })
}

fn locator(group: &[(&str, &Found)], file: Option<&Found>, name: &str) -> Locator {
    let all = || group.iter().map(|(_, found)| *found);
    if all().any(|found| found.info_hash.is_some()) {
        let web = |url: &&Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let trackers = all().flat_map(|found| &found.trackers).filter(|url| is_tracker(url)).cloned();
        return Locator::Torrent {
            file: file.and_then(|found| found.file),
            trackers: unique(trackers, MOST_TRACKERS),
            torrents: unique(
                all().filter_map(|found| found.torrent.as_ref()).filter(web).cloned(),
                MOST_ADDRESSES,
            ),
            web_seeds: unique(all().flat_map(|found| &found.web_seeds).filter(web).cloned(), MOST_ADDRESSES),
            private: all().any(|found| found.private),
        };
    }
    let (_, found) = group[0];
    let url = found.place.clone().expect("the group has been made by its place");
    Locator::Place(Place {
        url,
        headers: found.headers.clone(),
        name: found.file_name.clone().unwrap_or_else(|| name.to_owned()),
        size: found.file_size.or(found.size),
    })
}

/// The one who says best which file is wanted; nobody if they disagree, because one of them is wrong then.
fn wanted_file<'a>(group: &[(&str, &'a Found)]) -> Option<&'a Found> {
    let all = || group.iter().map(|(_, found)| *found);
    let mut indexes = all().filter_map(|found| found.file);
    if let Some(index) = indexes.next() {
        let agreed = indexes.all(|other| other == index);
        return all().find(|found| found.file == Some(index)).filter(|_| agreed);
    }
    let base = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let mut names = all().filter_map(|found| found.file_name.as_deref());
    if let Some(name) = names.next() {
        let agreed = names.all(|other| base(other) == base(name));
        return all().find(|found| found.file_name.is_some()).filter(|_| agreed);
    }
    all().find(|found| found.file_size.is_some())
}

/// The name that says most, and what it says.
fn best_name<'a>(all: impl Iterator<Item = &'a Found>) -> Option<(String, Release)> {
    let name = |found: &Found| {
        let given = Some(found.name.as_str()).filter(|name| !name.trim().is_empty());
        given.or(found.file_name.as_deref()).map(tidy)
    };
    let names = unique(all.filter_map(name), MOST_NAMES);
    let read = names.into_iter().map(|name| {
        let release = Release::parse(&name);
        (name, release)
    });
    // The later of two equal ones wins in `max_by_key`, and the first indexer's is to.
    read.rev().max_by_key(|(name, release)| (told(release), name.chars().count()))
}

/// How much a name says about its release.
fn told(release: &Release) -> usize {
    let said = [
        !release.title.is_empty(),
        release.year.is_some(),
        !release.seasons.is_empty(),
        !release.episodes.is_empty(),
        release.date.is_some(),
        release.resolution.is_some(),
        release.medium.is_some(),
        release.codec.is_some(),
        !release.hdr.is_empty(),
        !release.audio.is_empty(),
        release.channels.is_some(),
        !release.languages.is_empty(),
        release.group.is_some(),
        release.edition.is_some(),
    ];
    said.into_iter().filter(|said| *said).count()
}

/// A name without line breaks and other characters that are not for reading, and of a sensible length.
fn tidy(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_NAME).collect()
}

/// The value that most give; among equals the first one's.
fn agreed(values: impl Iterator<Item = u64>) -> Option<u64> {
    let values: Vec<u64> = values.filter(|value| *value > 0).collect();
    let votes = |value: &u64| values.iter().filter(|other| *other == value).count();
    // The later of two equal ones wins in `max_by_key`.
    values.iter().rev().max_by_key(|value| votes(value)).copied()
}

fn is_tracker(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https" | "udp") && url.has_host()
}

fn unique<T: PartialEq>(values: impl Iterator<Item = T>, most: usize) -> Vec<T> {
    let mut all = Vec::new();
    for value in values {
        if all.len() == most {
            break;
        }
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all
}
