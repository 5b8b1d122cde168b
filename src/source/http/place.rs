//! Under which address a place holds a file of a torrent.

use url::Url;

use super::Listing;
use super::address::{Blanks, Template, segment, segments};
use crate::domain::{FileChoice, FileIndex, InfoHash};
use crate::source::torrent::FileNames;

/// A place that may hold the files of a torrent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A web seed (BEP 19), named by the torrent or by a request.
    WebSeed(Url),
    /// An operator's own server.
    Template(Template),
}

/// What is known of the content that is wanted.
#[derive(Debug)]
pub(super) struct Subject {
    /// The torrent.
    pub(super) info_hash: InfoHash,
    /// What was asked for.
    pub(super) choice: FileChoice,
    /// The torrent's files, where they are known.
    pub(super) listing: Option<Listing>,
}

impl Subject {
    /// The index of the wanted file, where it is known.
    pub(super) fn index(&self) -> Option<FileIndex> {
        match (&self.listing, self.choice) {
            (Some(listing), _) => Some(listing.index),
            (None, FileChoice::Index(index)) => Some(index),
            (None, FileChoice::Episode { .. } | FileChoice::Largest) => None,
        }
    }
}

impl Place {
    /// The address of a file; of the wanted one if `index` is `None`. `None` if the place cannot hold it, or not
    /// enough is known to tell.
    pub(super) fn url(&self, subject: &Subject, index: Option<FileIndex>) -> Option<Url> {
        let index = index.or(subject.index());
        match self {
            Self::WebSeed(seed) => below_seed(seed, &subject.listing.as_ref()?.names, index?),
            Self::Template(template) => fill(template, subject, index),
        }
    }
}

/// BEP 19: a single file lies at the seed's address, or below it under its name if that ends in a slash; the files of
/// a folder always lie below it, under the torrent's name and their path.
fn below_seed(seed: &Url, names: &FileNames, index: FileIndex) -> Option<Url> {
    let path = names.path(index)?;
    let mut seed = seed.clone();
    seed.set_fragment(None);
    let mut text = String::from(seed);
    if names.paths.is_some() {
        if !text.ends_with('/') {
            text.push('/');
        }
        text.push_str(&segment(&names.torrent)?);
        text.push('/');
        text.push_str(&segments(path)?);
    } else if text.ends_with('/') {
        text.push_str(&segment(&names.torrent)?);
    }
    Url::parse(&text).ok()
}

fn fill(template: &Template, subject: &Subject, index: Option<FileIndex>) -> Option<Url> {
    let listing = subject.listing.as_ref();
    let named = |listing: &Listing| listing.metainfo.file(index?).map(|file| file.length);
    template.fill(&Blanks {
        info_hash: subject.info_hash,
        name: listing.map(|listing| listing.names.torrent.as_slice()),
        path: listing.and_then(|listing| listing.names.path(index?)),
        index,
        size: listing.and_then(named),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single(name: &str) -> FileNames {
        FileNames { torrent: name.as_bytes().to_vec(), paths: None }
    }

    fn folder(name: &str, files: &[&[&str]]) -> FileNames {
        let path = |path: &&[&str]| path.iter().map(|part| part.as_bytes().to_vec()).collect();
        FileNames { torrent: name.as_bytes().to_vec(), paths: Some(files.iter().map(path).collect()) }
    }

    fn url(seed: &str, names: &FileNames, index: u32) -> Option<String> {
        below_seed(&seed.parse().unwrap(), names, FileIndex(index)).map(String::from)
    }

    #[test]
    fn a_single_file_lies_at_the_seed_or_below_it() {
        let names = single("Big Buck Bunny #1.mp4");
        let at = |seed| url(seed, &names, 0).unwrap();
        assert_eq!(at("http://a.example/any.mp4"), "http://a.example/any.mp4");
        assert_eq!(at("http://a.example/films/"), "http://a.example/films/Big%20Buck%20Bunny%20%231.mp4");
        assert_eq!(at("http://a.example"), "http://a.example/Big%20Buck%20Bunny%20%231.mp4");
        assert_eq!(at("http://a.example/get?file=7#x"), "http://a.example/get?file=7");
        assert_eq!(url("http://a.example/any.mp4", &names, 1), None);
    }

    #[test]
    fn files_of_a_folder_lie_below_the_torrents_name() {
        let names = folder("Söme Show", &[&["S01", "50% #1?.mkv"], &["a+b&c.srt"]]);
        for seed in ["http://a.example/x/", "http://a.example/x"] {
            assert_eq!(
                url(seed, &names, 0).unwrap(),
                "http://a.example/x/S%C3%B6me%20Show/S01/50%25%20%231%3F.mkv"
            );
        }
        assert_eq!(
            url("http://a.example/", &names, 1).unwrap(),
            "http://a.example/S%C3%B6me%20Show/a%2Bb%26c.srt"
        );
        assert_eq!(url("http://a.example/", &names, 2), None);
    }

    #[test]
    fn names_that_climb_are_not_asked_for() {
        assert_eq!(url("http://a.example/x/", &folder("..", &[&["a"]]), 0), None);
        assert_eq!(url("http://a.example/x/", &folder("a", &[&["..", "b"]]), 0), None);
        assert_eq!(url("http://a.example/x/", &single(".."), 0), None);
    }

    #[test]
    fn names_that_are_no_utf_8_keep_their_bytes() {
        let names = FileNames { torrent: b"\xff\xe4.mp4".to_vec(), paths: None };
        assert_eq!(url("http://a.example/", &names, 0).unwrap(), "http://a.example/%FF%E4.mp4");
    }
}
