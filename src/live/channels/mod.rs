//! The channels of the operator's list: where they are read from, and how Stremio and other players see them.
//!
//! [`Channels`] keeps the list up to date; a [`Lineup`] is what it held at one moment. [`television`] shows a lineup to
//! Stremio and [`playlist`] to everybody else.

pub mod playlist;
pub mod television;

mod entry;
mod fetch;
mod json;
mod keep;
mod list;
mod m3u;
mod shelf;

use std::collections::HashSet;

use url::Url;

use super::Selector;
use crate::domain::InfoHash;

pub use keep::Channels;

/// One channel of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// One line, never empty.
    pub name: String,
    /// What the proxy finds it by.
    pub selector: Selector,
    /// A picture, http or https.
    pub logo: Option<Url>,
    /// What it is filed under; none of them is empty.
    pub groups: Vec<String>,
    /// By what programme guides know it.
    pub guide_id: Option<String>,
}

impl Channel {
    /// Its id, of whichever kind.
    pub fn id(&self) -> InfoHash {
        self.selector.id()
    }

    /// The parameter of a query that names it, and its value.
    pub fn query(&self) -> (&'static str, InfoHash) {
        let parameter = match self.selector {
            Selector::Either(_) => "id",
            Selector::Content(_) => "content_id",
            Selector::InfoHash(_) => "infohash",
        };
        (parameter, self.id())
    }
}

/// The channels at one moment, in the order of the list. No id stands in it twice.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lineup {
    channels: Vec<Channel>,
}

impl Lineup {
    /// These channels, without the repetitions of an id.
    pub fn new(mut channels: Vec<Channel>) -> Self {
        let mut seen = HashSet::new();
        channels.retain(|channel| seen.insert(channel.id()));
        Self { channels }
    }

    /// All of them.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// The channel with this id.
    pub fn of(&self, id: InfoHash) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id() == id)
    }

    /// Every group, each once, in the order in which they turn up.
    pub fn groups(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let all = self.channels.iter().flat_map(|channel| &channel.groups).map(String::as_str);
        all.filter(|group| seen.insert(*group)).collect()
    }
}
