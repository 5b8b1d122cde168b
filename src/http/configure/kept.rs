//! Secrets on their way through a page: sealed, so that a page shows none and needs no memory on the server.
//!
//! A page carries a token that was typed or saved before as a sealed text, and posts it back. Nothing but this server
//! can open it, and only for the profile and for the use it was sealed for.

use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::DebridService;
use crate::profile::Secret;
use crate::seal::Sealer;

/// Seals what stands in the page of one profile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keeper<'a> {
    sealer: &'a Sealer,
    /// The profile's id; `None` for one that is not saved yet.
    profile: Option<&'a str>,
}

/// Where an indexer is and the key it wants. They are kept together, because the key is for that address only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptIndexer {
    /// The address, which may hold keys of its own.
    pub(super) url: Option<Url>,
    /// The key beside it.
    pub(super) api_key: Option<Secret>,
}

impl<'a> Keeper<'a> {
    /// For the page of `profile`, or of a new one.
    pub(super) fn new(sealer: &'a Sealer, profile: Option<&'a str>) -> Self {
        Self { sealer, profile }
    }

    /// A token, to be used at that service only.
    pub(super) fn seal_token(&self, service: DebridService, token: &Secret) -> String {
        self.seal(service.name(), token)
    }

    /// What [`Self::seal_token`] made; `None` for anything else.
    pub(super) fn open_token(&self, service: DebridService, sealed: &str) -> Option<Secret> {
        self.open(service.name(), sealed)
    }

    /// Address and key of an indexer.
    pub(super) fn seal_indexer(&self, indexer: &KeptIndexer) -> String {
        self.seal("indexer", indexer)
    }

    /// What [`Self::seal_indexer`] made; `None` for anything else.
    pub(super) fn open_indexer(&self, sealed: &str) -> Option<KeptIndexer> {
        self.open("indexer", sealed)
    }

    fn seal(&self, use_: &str, value: &impl Serialize) -> String {
        let text = serde_json::to_vec(value).expect("texts and addresses are always JSON");
        BASE64URL_NOPAD.encode(&self.sealer.seal(&self.context(use_), &text))
    }

    fn open<T: DeserializeOwned>(&self, use_: &str, sealed: &str) -> Option<T> {
        let sealed = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let text = self.sealer.open(&self.context(use_), &sealed).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Uses are words without spaces, so no two contexts are alike.
    fn context(&self, use_: &str) -> String {
        format!("configure {use_} {}", self.profile.map_or_else(|| "new".to_owned(), |id| format!("of {id}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_token_opens_for_its_profile_and_service_only() {
        let sealer = Sealer::new(b"of this test");
        let token = Secret::from("token-1".to_owned());
        let here = Keeper::new(&sealer, Some("p1"));
        let sealed = here.seal_token(DebridService::RealDebrid, &token);
        assert!(!sealed.contains("token"), "{sealed}");
        assert_eq!(here.open_token(DebridService::RealDebrid, &sealed), Some(token));
        assert_eq!(here.open_token(DebridService::TorBox, &sealed), None);
        for other in [None, Some("p2"), Some("new")] {
            assert_eq!(Keeper::new(&sealer, other).open_token(DebridService::RealDebrid, &sealed), None);
        }
        assert!(here.open_indexer(&sealed).is_none(), "a token is no indexer");
        assert!(here.open_token(DebridService::RealDebrid, "not sealed").is_none());
    }
}
