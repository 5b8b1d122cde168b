//! An operator's own servers, which hold files under addresses that follow a pattern.

use std::sync::Arc;

use super::address::Template;
use super::mirrors::Mirrors;
use super::place::{Place, Subject};
use super::{Listing, Shared, begin};
use crate::cache::CacheFile;
use crate::domain::FileChoice;
use crate::source::content::open_unproved;
use crate::source::fetch::{self, Origin, Probe};
use crate::source::{Opened, Report, SourceError, Stage, Wanted};

/// The servers that the settings name.
pub(super) struct Templates {
    templates: Vec<Template>,
    shared: Shared,
}

impl Templates {
    pub(super) fn new(templates: &[String], shared: Shared) -> Self {
        Self { templates: templates.iter().map(|text| Template::new(text)).collect(), shared }
    }

    pub(super) async fn look(&self, wanted: &Wanted, report: &Report) -> Result<Opened, SourceError> {
        let request = &wanted.request;
        report.update(Stage::Connecting, 0.3, "Asking the operator's file servers...");
        let Some((metainfo, torrent)) = self.shared.lookup.find(request).await else {
            return self.open_unlisted(wanted).await;
        };
        let listing = Listing::of(metainfo.clone(), &torrent, wanted)?;
        let file = self.shared.file(wanted, &listing).await?;
        let subject = Subject { info_hash: request.info_hash, choice: request.file, listing: Some(listing) };
        let places = self.templates.iter().cloned().map(Place::Template).collect();
        begin(file, Some(metainfo), Mirrors::new(subject, places, self.shared.clone())).await
    }

    /// Opens a content of a torrent whose file table nobody knows: the first server that has something says how
    /// long it is.
    async fn open_unlisted(&self, wanted: &Wanted) -> Result<Opened, SourceError> {
        let choice = wanted.request.file;
        let mut last =
            SourceError::NotHere("no address can be made without the torrent's file table".to_owned());
        for template in self.templates.iter().filter(|template| tells_apart(template, choice)) {
            let subject = Subject { info_hash: wanted.request.info_hash, choice, listing: None };
            let mirrors = Mirrors::new(subject, vec![Place::Template(template.clone())], self.shared.clone());
            match self.open_one(wanted, mirrors).await {
                Err(error @ (SourceError::NotHere(_) | SourceError::Transient(_))) => last = error,
                done => return done,
            }
        }
        Err(last)
    }

    async fn open_one(&self, wanted: &Wanted, mirrors: Arc<Mirrors>) -> Result<Opened, SourceError> {
        let link = mirrors.link(None).await?;
        let refused = |refusal: fetch::Refusal| SourceError::NotHere(refusal.to_string());
        let probe = fetch::probe(&link).await.map_err(refused)?;
        if probe.length == 0 || !probe.ranges {
            return Err(refused(fetch::Refusal::BadRange));
        }
        let file = self.unlisted_file(wanted, &probe).await?;
        begin(file, None, mirrors).await
    }

    async fn unlisted_file(&self, wanted: &Wanted, probe: &Probe) -> Result<CacheFile, SourceError> {
        let request = &wanted.request;
        match &wanted.known {
            Some(known) if known.file.length() == probe.length => Ok(known.file.clone()),
            Some(_) => Err(SourceError::NotHere("the file there is another version".to_owned())),
            None => {
                let name = probe.name.as_deref().unwrap_or("video");
                let (hash, choice) = (request.info_hash, request.file);
                open_unproved(&self.shared.cache, hash, choice, probe.length, name).await
            }
        }
    }
}

/// Whether what lies at the template's address is surely the file that is meant, with no file table to check it by.
/// An address that names the torrent only can hold no more than its one film.
fn tells_apart(template: &Template, choice: FileChoice) -> bool {
    match choice {
        FileChoice::Index(_) => template.names_file(),
        FileChoice::Largest => true,
        FileChoice::Episode { .. } => false,
    }
}
