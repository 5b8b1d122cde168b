//! What the buttons of the page do.

use super::device::{Preset, preset};
use super::draft::{Draft, word};
use super::indexer_row::IndexerRow;
use super::service_row::ServiceRow;
use crate::domain::DebridService;
use crate::profile::{IndexerKind, SortKey};
use crate::release::Language;

/// What a button asks for. On the form it is one text, its parts separated by colons.
#[derive(Debug)]
pub(super) enum Action {
    /// `save`: keeps the profile on this server.
    Save,
    /// `seal`: makes a link that holds the whole profile.
    Seal,
    /// `delete`: forgets the profile.
    Delete,
    /// `import`: reads settings of another addon.
    Import,
    /// `show`: shows the page again, with a fresh preview.
    Show,
    /// `preset:NAME`: ticks what a device cannot play.
    Preset(&'static Preset),
    /// `service:add:NAME`.
    AddService(DebridService),
    /// `indexer:add:KIND`.
    AddIndexer(IndexerKind),
    /// `language:add`: the chosen language.
    AddLanguage,
    /// `LIST:up:KEY`, `LIST:down:KEY`, `LIST:remove:KEY`, `LIST:test:KEY`.
    Row(List, Verb, String),
}

/// A list whose order counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// Debrid accounts.
    Services,
    /// Indexers.
    Indexers,
    /// What the list is sorted by.
    Sort,
    /// Languages of the viewer.
    Languages,
}

/// What is done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// One place forward.
    Up,
    /// One place back.
    Down,
    /// Out.
    Remove,
    /// Asked for a sign of life.
    Test,
}

impl Action {
    /// Reads the text of a button; `None` for one that is not on the page.
    pub(super) fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(3, ':').collect();
        Some(match *parts {
            // A form without a button's name is what a bare Enter key sends in some browsers.
            ["save" | ""] => Self::Save,
            ["seal"] => Self::Seal,
            ["delete"] => Self::Delete,
            ["import"] => Self::Import,
            ["show"] => Self::Show,
            ["preset", name] => Self::Preset(preset(name)?),
            ["service", "add", name] => Self::AddService(name.parse().ok()?),
            ["indexer", "add", kind] => Self::AddIndexer(word(kind)?),
            ["language", "add"] => Self::AddLanguage,
            [list, verb, key] => Self::Row(list_named(list)?, verb_named(verb)?, key.to_owned()),
            _ => return None,
        })
    }
}

fn list_named(name: &str) -> Option<List> {
    Some(match name {
        "service" => List::Services,
        "indexer" => List::Indexers,
        "sort" => List::Sort,
        "language" => List::Languages,
        _ => return None,
    })
}

fn verb_named(name: &str) -> Option<Verb> {
    Some(match name {
        "up" => Verb::Up,
        "down" => Verb::Down,
        "remove" => Verb::Remove,
        "test" => Verb::Test,
        _ => return None,
    })
}

impl Draft {
    /// Adds an account to be filled in.
    pub(super) fn add_service(&mut self, service: DebridService) {
        self.services.push(ServiceRow::new(self.next_key(), service));
    }

    /// Adds an indexer to be filled in.
    pub(super) fn add_indexer(&mut self, kind: IndexerKind) {
        self.indexers.push(IndexerRow::new(self.next_key(), kind));
    }

    /// Adds a language of the viewer, once.
    pub(super) fn add_language(&mut self, language: Language) {
        let languages = &mut self.profile.listing.languages;
        if !languages.contains(&language) {
            languages.push(language);
        }
    }

    /// Moves or removes a row. Nothing happens at the ends, or if there is no such row.
    pub(super) fn arrange(&mut self, list: List, verb: Verb, key: &str) {
        match list {
            List::Services => shift(&mut self.services, verb, |row| row.key == key),
            List::Indexers => shift(&mut self.indexers, verb, |row| row.key == key),
            List::Sort => {
                let wanted = word::<SortKey>(key);
                shift(&mut self.sort, verb, |(row, _)| Some(*row) == wanted);
            }
            List::Languages => shift(&mut self.profile.listing.languages, verb, |row| row.code() == key),
        }
    }
}

fn shift<T>(rows: &mut Vec<T>, verb: Verb, is_meant: impl Fn(&T) -> bool) {
    let Some(at) = rows.iter().position(is_meant) else { return };
    match verb {
        Verb::Up if at > 0 => rows.swap(at, at - 1),
        Verb::Down if at + 1 < rows.len() => rows.swap(at, at + 1),
        Verb::Remove => {
            rows.remove(at);
        }
        Verb::Up | Verb::Down | Verb::Test => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    fn languages(draft: &Draft) -> Vec<&'static str> {
        draft.profile.listing.languages.iter().map(|language| language.code()).collect()
    }

    #[test]
    fn rows_move_by_one_place_and_stay_at_the_ends() {
        let mut draft = Draft::of(Profile::default());
        for code in ["de", "en", "fr", "en"] {
            draft.add_language(Language::of(code).unwrap());
        }
        for (text, order) in [
            ("language:up:fr", ["de", "fr", "en"].as_slice()),
            ("language:up:de", &["de", "fr", "en"]),
            ("language:down:en", &["de", "fr", "en"]),
            ("language:down:de", &["fr", "de", "en"]),
            ("language:remove:de", &["fr", "en"]),
            ("language:remove:it", &["fr", "en"]),
        ] {
            let Some(Action::Row(list, verb, key)) = Action::read(text) else { panic!("{text} is a row") };
            draft.arrange(list, verb, &key);
            assert_eq!(languages(&draft), order, "{text}");
        }
    }

    #[test]
    fn every_row_gets_a_key_of_its_own() {
        let mut draft = Draft::of(Profile::default());
        draft.add_service(DebridService::TorBox);
        draft.add_service(DebridService::TorBox);
        draft.add_indexer(IndexerKind::Jackett);
        let keys = (&draft.services[0].key, &draft.services[1].key, &draft.indexers[0].key);
        assert_eq!(keys, (&"0".to_owned(), &"1".to_owned(), &"2".to_owned()));
        draft.arrange(List::Services, Verb::Remove, "0");
        assert_eq!((draft.services.len(), draft.next_key()), (1, "3".to_owned()));
    }

    #[test]
    fn buttons_that_are_not_on_the_page_do_nothing() {
        for text in ["service:add:nobody", "preset:fridge", "service:burn:1", "x", "service", "cellar:up:1"] {
            assert!(Action::read(text).is_none(), "{text}");
        }
    }
}
