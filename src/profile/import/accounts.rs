//! Accounts and indexers in other addons' settings, wherever service, address and key stand.

use serde_json::Value;

use super::Settings;
use super::reader::Reader;
use super::words::{self, plain};
use crate::domain::DebridService;
use crate::profile::{IndexerKind, IndexerSettings, MOST_INDEXERS, MOST_SERVICES};
use crate::profile::{Profile, Secret, ServiceAccount};

impl Reader {
    /// Services and tokens: one setting for each service, a pair of settings, or a list of objects.
    pub(super) fn account_setting(&mut self, word: &str, value: &Value) -> bool {
        let bare = ["apikey", "apitoken", "accesstoken", "token", "key"]
            .iter()
            .find_map(|end| word.strip_suffix(end));
        if let (Some(service), Some(token)) = (words::service(bare.unwrap_or(word)), value.as_str()) {
            return self.add_account(service, token);
        }
        match (word, value) {
            (
                "service" | "debridservice" | "debridid" | "debrid" | "debridprovider" | "storename",
                Value::String(name),
            ) => {
                self.service = Some(name.clone());
            }
            (
                "debridapikey" | "debridkey" | "debridtoken" | "apikey" | "storetoken" | "token",
                Value::String(token),
            ) => {
                self.token = Some(token.clone());
            }
            (
                "services" | "debridservices" | "stores" | "debrids" | "streamingproviders",
                Value::Array(list),
            ) => {
                list.iter().filter_map(Value::as_object).for_each(|one| self.account(one));
            }
            _ => return false,
        }
        true
    }

    /// One object in a list of accounts.
    fn account(&mut self, account: &Settings) {
        if account.get("enabled") == Some(&Value::Bool(false)) {
            return;
        }
        let text = |names: &[&str], from: &Settings| {
            from.iter()
                .find(|(name, value)| names.contains(&plain(name).as_str()) && value.is_string())
                .and_then(|(_, value)| value.as_str().map(str::to_owned))
        };
        let tokens = ["apikey", "apitoken", "token", "t", "key", "credentials", "credential"];
        let credentials = account.get("credentials").and_then(Value::as_object);
        self.service = text(&["service", "id", "name", "c", "code", "storename"], account);
        self.token = text(&tokens, account).or_else(|| text(&tokens, credentials?));
        self.settle_account();
    }

    /// Brings a service and a token that were told apart together.
    pub(super) fn settle_account(&mut self) {
        let (Some(name), token) = (self.service.take(), self.token.take()) else { return };
        match (words::service(&name), token) {
            (Some(service), Some(token)) => {
                if !self.add_account(service, &token) {
                    self.miss(service.name());
                }
            }
            // Addons have words for "no service".
            (None, _) if matches!(plain(&name).as_str(), "" | "none" | "p2p" | "torrent") => {}
            _ => self.miss(&format!("service: {name}")),
        }
    }

    fn add_account(&mut self, service: DebridService, token: &str) -> bool {
        // Some put the number of an application in front.
        let token = match service {
            DebridService::PutIo => token.rsplit('@').next().unwrap_or(token),
            _ => token,
        };
        let account = ServiceAccount { service, token: Secret::from(token.trim().to_owned()) };
        if self.profile.services.contains(&account) {
            return true;
        }
        let alone = Profile { services: vec![account.clone()], ..Profile::default() };
        let fits = self.profile.services.len() < MOST_SERVICES && alone.problems().is_empty();
        if fits {
            self.profile.services.push(account);
        }
        fits
    }

    /// Adds the fronts of indexers whose addresses were told.
    pub(super) fn settle_fronts(&mut self) {
        let kinds = [IndexerKind::Jackett, IndexerKind::Prowlarr];
        for (kind, (url, key)) in kinds.into_iter().zip(std::mem::take(&mut self.fronts)) {
            if url.is_some_and(|url| !self.add_indexer(kind, &url, key.as_deref())) {
                self.miss(kind.name());
            }
        }
    }

    pub(super) fn indexer_setting(&mut self, word: &str, value: &Value) -> bool {
        let fronts = &mut self.fronts;
        let (place, text) = match (word, value.as_str()) {
            ("jacketthost" | "jacketturl", Some(text)) => (&mut fronts[0].0, text),
            ("jackettapikey" | "jackettkey", Some(text)) => (&mut fronts[0].1, text),
            ("prowlarrhost" | "prowlarrurl", Some(text)) => (&mut fronts[1].0, text),
            ("prowlarrapikey" | "prowlarrkey", Some(text)) => (&mut fronts[1].1, text),
            _ => return false,
        };
        *place = Some(text.to_owned());
        true
    }

    fn add_indexer(&mut self, kind: IndexerKind, url: &str, key: Option<&str>) -> bool {
        let Ok(url) = url.trim().parse() else { return false };
        let api_key = key.map(|key| Secret::from(key.trim().to_owned()));
        let indexer = IndexerSettings { kind, name: kind.label().to_owned(), url, api_key, enabled: true };
        let alone = Profile { indexers: vec![indexer.clone()], ..Profile::default() };
        let fits = self.profile.indexers.len() < MOST_INDEXERS && alone.problems().is_empty();
        if fits {
            self.profile.indexers.push(indexer);
        }
        fits
    }
}
