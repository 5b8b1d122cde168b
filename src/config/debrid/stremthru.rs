//! What a token of StremThru says: whose account it is, and who holds its credentials.

use std::fmt;

/// The services that StremThru reaches, by the names its API gives them.
const STORES: [&str; 11] = [
    "realdebrid",
    "alldebrid",
    "premiumize",
    "torbox",
    "debridlink",
    "offcloud",
    "easydebrid",
    "debrider",
    "pikpak",
    "torrin",
    "stremthru",
];

/// One entry of `HEADWATER_STREMTHRU_TOKEN`, taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StremThruAccess<'a> {
    /// A token of a store, which StremThru only passes on.
    Direct {
        /// The name of the store in StremThru's API.
        store: &'a str,
        /// The credentials for that store. A secret.
        token: &'a str,
    },
    /// A user of that StremThru, which holds the credentials of the store itself.
    Held {
        /// The user's name; holds no `:`, as Basic authentication wants it (RFC 7617).
        user: &'a str,
        /// The user's password. A secret.
        password: &'a str,
    },
}

impl<'a> StremThruAccess<'a> {
    /// Reads `store=token` or `user:password`; whichever of `=` and `:` stands first decides, so that a token
    /// may hold `:` and a password `=`.
    ///
    /// # Errors
    /// A sentence about the shape that never repeats a part of the text.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        let separator = text.find(['=', ':']).filter(|at| *at > 0 && at + 1 < text.len());
        let Some(separator) = separator else {
            return Err("must be store=token or user:password".to_owned());
        };
        let (before, after) = (&text[..separator], &text[separator + 1..]);
        if text[separator..].starts_with(':') {
            return Ok(Self::Held { user: before, password: after });
        }
        if STORES.contains(&before) {
            return Ok(Self::Direct { store: before, token: after });
        }
        Err(format!("must name a store before the =; known are {}", STORES.join(", ")))
    }
}

// Shows the shape alone.
impl fmt::Debug for StremThruAccess<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct { store, .. } => write!(f, "{store}=(hidden)"),
            Self::Held { .. } => f.write_str("(hidden)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_separator_decides() {
        for (text, expected) in [
            ("torbox=abc", StremThruAccess::Direct { store: "torbox", token: "abc" }),
            (
                "pikpak=me@x.example:pw=",
                StremThruAccess::Direct { store: "pikpak", token: "me@x.example:pw=" },
            ),
            ("me:pw", StremThruAccess::Held { user: "me", password: "pw" }),
            ("me:torbox=abc:d", StremThruAccess::Held { user: "me", password: "torbox=abc:d" }),
        ] {
            assert_eq!(StremThruAccess::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn other_shapes_are_refused_without_being_repeated() {
        for text in ["", "hush", "=hush", ":hush", "torbox=", "hush:", "hush=hush", "TorBox=hush"] {
            let problem = StremThruAccess::parse(text).unwrap_err();
            assert!(!problem.contains("hush"), "{problem}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        for text in ["torbox=hush", "me:hush"] {
            let access = StremThruAccess::parse(text).unwrap();
            assert!(!format!("{access:?}").contains("hush"));
        }
    }
}
