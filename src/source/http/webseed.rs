//! Web seeds (BEP 19, GetRight style): ordinary HTTP servers that hold a torrent's files.

use url::Url;

use super::mirrors::Mirrors;
use super::place::{Place, Subject};
use super::{Listing, Shared, begin};
use crate::source::torrent::web_seeds;
use crate::source::{Opened, Report, SourceError, Stage, Wanted};

/// The web seeds that torrents and requests name.
pub(super) struct WebSeeds {
    shared: Shared,
}

impl WebSeeds {
    pub(super) fn new(shared: Shared) -> Self {
        Self { shared }
    }

    pub(super) async fn look(&self, wanted: &Wanted, report: &Report) -> Result<Opened, SourceError> {
        let request = &wanted.request;
        let unknown = || SourceError::NotHere("nobody has told the torrent's file table yet".to_owned());
        let (metainfo, torrent) = self.shared.lookup.find(request).await.ok_or_else(unknown)?;
        let mut seeds = web_seeds(&torrent);
        let more: Vec<Url> = request.web_seeds.iter().filter(|seed| !seeds.contains(seed)).cloned().collect();
        seeds.extend(more);
        if seeds.is_empty() {
            return Err(SourceError::NotHere("the torrent names no web seeds".to_owned()));
        }
        report.update(Stage::Connecting, 0.5, "Asking the torrent's web seeds...");
        let listing = Listing::of(metainfo.clone(), &torrent, wanted)?;
        let file = self.shared.file(wanted, &listing).await?;
        let subject = Subject { info_hash: request.info_hash, choice: request.file, listing: Some(listing) };
        let places = seeds.into_iter().map(Place::WebSeed).collect();
        begin(file, Some(metainfo), Mirrors::new(subject, places, self.shared.clone())).await
    }
}
