//! A self-hosted webtor (github.com/webtor-io): a torrent client with a REST API that hands out plain addresses.

mod api;
mod origin;

use std::sync::Arc;

use url::Url;

use self::api::{Api, Item};
use self::origin::Exported;
use super::{Listing, Shared, begin};
use crate::source::lookup::Found;
use crate::source::torrent::build_magnet;
use crate::source::{Opened, Report, Request, SourceError, Stage, Wanted};

/// The operator's webtor.
pub(super) struct Webtor {
    api: Api,
    shared: Shared,
}

impl Webtor {
    /// A webtor whose REST API lies below `base`.
    pub(super) fn new(base: &Url, shared: Shared) -> Self {
        Self { api: Api::new(base, shared.clients.own().clone()), shared }
    }

    pub(super) async fn look(&self, wanted: &Wanted, report: &Report) -> Result<Opened, SourceError> {
        let request = &wanted.request;
        report.update(Stage::Connecting, 0.2, "Asking webtor...");
        let (resource, (metainfo, torrent)) = match self.shared.lookup.find(request).await {
            Some((metainfo, _)) if metainfo.private => {
                return Err(SourceError::NotHere("private torrents are not given to webtor".to_owned()));
            }
            Some(found) => (self.api.submit(found.1.clone()).await?, found),
            None => {
                let magnet = build_magnet(request.info_hash, request.trackers.iter());
                (self.api.submit(magnet.into()).await?, self.metainfo(request).await?)
            }
        };
        if !resource.is(request.info_hash) {
            return Err(SourceError::NotHere("webtor took it for another torrent".to_owned()));
        }
        let listing = Listing::of(metainfo.clone(), &torrent, wanted)?;
        let file = self.shared.file(wanted, &listing).await?;
        let item = match resource.file {
            Some(item) => Some(item).filter(|item| is_wanted(item, &listing)),
            None => self.api.find(request.info_hash, |item| is_wanted(item, &listing)).await?,
        };
        let missing = || SourceError::NotHere("webtor does not list the file".to_owned());
        let item = item.ok_or_else(missing)?;
        let origin = Exported::new(self.api.clone(), request.info_hash, item.id, self.shared.clone());
        begin(file, Some(metainfo), Arc::new(origin)).await
    }

    /// The .torrent file that webtor has got by itself; compared with the hash like any other.
    async fn metainfo(&self, request: &Request) -> Result<Found, SourceError> {
        let torrent = self.api.torrent(request.info_hash).await?;
        let other = || SourceError::NotHere("webtor sent something else than the .torrent file".to_owned());
        self.shared.lookup.keep(request.info_hash, torrent).await.ok_or_else(other)
    }
}

/// Whether an item of webtor's list is the wanted file: of the same length, and at the same place in the torrent. Old
/// versions do not tell the place, but the path.
fn is_wanted(item: &Item, listing: &Listing) -> bool {
    let Some(file) = listing.metainfo.file(listing.index) else { return false };
    if item.kind != "file" || item.size != file.length {
        return false;
    }
    if let Some(index) = item.index {
        return index == listing.index.0;
    }
    let parts =
        listing.names.paths.as_ref().and_then(|_| listing.names.path(listing.index)).unwrap_or_default();
    let path = std::iter::once(&listing.names.torrent).chain(parts);
    let path: String = path.flat_map(|part| ["/".into(), String::from_utf8_lossy(part)]).collect();
    item.path == path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FileEntry, FileIndex, InfoHash, Metainfo};
    use crate::source::torrent::FileNames;

    fn listing(index: u32) -> Listing {
        let file =
            |path: &str, length, offset| FileEntry { path: path.to_owned(), length, offset, padding: false };
        Listing {
            metainfo: Arc::new(Metainfo {
                info_hash: InfoHash::new([0; 20]),
                name: "Show".to_owned(),
                piece_length: 16 << 10,
                pieces: Arc::new([]),
                files: vec![file("S1/a.mkv", 100, 0), file("S2/a.mkv", 100, 100), file("b.mkv", 7, 200)],
                private: false,
            }),
            names: FileNames {
                torrent: b"Show".to_vec(),
                paths: Some(vec![
                    vec![b"S1".to_vec(), b"a.mkv".to_vec()],
                    vec![b"S2".to_vec(), b"a.mkv".to_vec()],
                    vec![b"b.mkv".to_vec()],
                ]),
            },
            index: FileIndex(index),
        }
    }

    fn item(index: Option<u32>, path: &str, size: u64, kind: &str) -> Item {
        Item { id: "x".to_owned(), path: path.to_owned(), kind: kind.to_owned(), size, index }
    }

    #[test]
    fn the_place_in_the_torrent_and_the_length_decide() {
        assert!(is_wanted(&item(Some(1), "/Show/S2/a.mkv", 100, "file"), &listing(1)));
        assert!(!is_wanted(&item(Some(0), "/Show/S2/a.mkv", 100, "file"), &listing(1)));
        assert!(!is_wanted(&item(Some(1), "/Show/S2/a.mkv", 101, "file"), &listing(1)));
        assert!(!is_wanted(&item(Some(1), "/Show/S2/a.mkv", 100, "directory"), &listing(1)));
    }

    #[test]
    fn without_a_place_the_path_decides() {
        assert!(is_wanted(&item(None, "/Show/S2/a.mkv", 100, "file"), &listing(1)));
        assert!(!is_wanted(&item(None, "/Show/S1/a.mkv", 100, "file"), &listing(1)));
        assert!(!is_wanted(&item(None, "/S2/a.mkv", 100, "file"), &listing(1)));
    }
}
