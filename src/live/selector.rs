//! How a viewer names a channel.

use std::fmt;

use crate::domain::InfoHash;

/// What a viewer named the channel by. Both kinds of id are 20 bytes and cannot be told apart by their looks, and
/// people paste one for the other, so that `id` may be either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Selector {
    /// `id`: a content id as the engine's own API has it, or an info-hash.
    Either(InfoHash),
    /// `content_id`.
    Content(InfoHash),
    /// `infohash`.
    InfoHash(InfoHash),
}

/// The query names no channel, or more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSelector {
    /// None of the three parameters is there.
    #[error("name the channel by `id`, `infohash` or `content_id`")]
    Missing,
    /// Two of them are there.
    #[error("`id`, `infohash` and `content_id` exclude each other")]
    Several,
    /// It is not 40 hexadecimal digits.
    #[error("an AceStream id is 40 hexadecimal digits")]
    Malformed,
}

impl Selector {
    /// Reads the parameters of a query. Others may stand beside them. `acestream://` in front is left out, as people
    /// paste links.
    ///
    /// # Errors
    /// See [`InvalidSelector`].
    pub fn read<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidSelector> {
        let mut found = None;
        for (name, value) in parameters {
            let make = match name {
                "id" => Self::Either,
                "content_id" => Self::Content,
                "infohash" => Self::InfoHash,
                _ => continue,
            };
            let text = value.trim();
            let hex = text.strip_prefix("acestream://").unwrap_or(text);
            let named = (hex.len() == 40).then(|| hex.parse().ok()).flatten();
            let selector = make(named.ok_or(InvalidSelector::Malformed)?);
            if found.replace(selector).is_some() {
                return Err(InvalidSelector::Several);
            }
        }
        found.ok_or(InvalidSelector::Missing)
    }

    /// The id itself, of whichever kind.
    pub fn id(&self) -> InfoHash {
        match self {
            Self::Either(id) | Self::Content(id) | Self::InfoHash(id) => *id,
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209";

    #[test]
    fn each_parameter_says_which_kind_of_id_it_is() {
        let id = ID.parse().unwrap();
        for (name, selector) in [
            ("id", Selector::Either(id)),
            ("content_id", Selector::Content(id)),
            ("infohash", Selector::InfoHash(id)),
        ] {
            assert_eq!(Selector::read([("pid", "7"), (name, ID)]), Ok(selector));
        }
        assert_eq!(
            Selector::read([("id", format!(" acestream://{}", ID.to_uppercase()).as_str())]),
            Ok(Selector::Either(id))
        );
    }

    #[test]
    fn a_query_names_one_channel() {
        assert_eq!(Selector::read([("pid", "7")]), Err(InvalidSelector::Missing));
        assert_eq!(Selector::read([("id", ID), ("infohash", ID)]), Err(InvalidSelector::Several));
        for text in ["", "abc", &ID[1..], "z4c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209"] {
            assert_eq!(Selector::read([("id", text)]), Err(InvalidSelector::Malformed), "{text}");
        }
    }
}
