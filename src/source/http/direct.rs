//! Contents that no torrent describes: one file at one address, as other addons and archives name it.

use std::ops::Range;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Shared, begin};
use crate::cache::CacheFile;
use crate::source::content::open_unproved;
use crate::source::fetch::{self, Link, Origin, Probe, Refusal};
use crate::source::{Opened, Place, Report, SourceError, Stage, Wanted};

/// Headers that are ours to set, or that belong to one connection (RFC 9110, 7.6.1).
const OURS: [&str; 15] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "range",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Media types of lists of segments.
const PLAYLISTS: [&str; 5] = [
    "application/vnd.apple.mpegurl",
    "application/x-mpegurl",
    "audio/mpegurl",
    "audio/x-mpegurl",
    "application/dash+xml",
];

/// Whatever a request says lies at an address of its own.
pub(super) struct Direct {
    shared: Shared,
}

impl Direct {
    pub(super) fn new(shared: Shared) -> Self {
        Self { shared }
    }

    pub(super) async fn look(&self, wanted: &Wanted, report: &Report) -> Result<Opened, SourceError> {
        let not_here = |why: &str| SourceError::NotHere(why.to_owned());
        let place = wanted.request.place.as_ref().ok_or_else(|| not_here("it has no address of its own"))?;
        report.update(Stage::Connecting, 0.3, "Asking the server of the file...");
        let link = self.link(place)?;
        let probe = fetch::probe(&link).await.map_err(|refusal| refused(&refusal))?;
        check(place, &probe)?;
        let file = self.file(wanted, place, &probe).await?;
        begin(file, None, Arc::new(Address { link })).await
    }

    fn link(&self, place: &Place) -> Result<Link, SourceError> {
        // Whoever named the address, it was not the operator: even his own addons pass on what others say.
        let client = self.shared.clients.foreign(&place.url);
        let client = client.map_err(|why| SourceError::NotHere(why.to_string()))?.clone();
        let connections = self.shared.hosts.connections(&place.url);
        Ok(Link { client, url: place.url.clone(), headers: headers(place), connections })
    }

    async fn file(&self, wanted: &Wanted, place: &Place, probe: &Probe) -> Result<CacheFile, SourceError> {
        match &wanted.known {
            Some(known) if known.file.length() == probe.length => Ok(known.file.clone()),
            Some(_) => Err(SourceError::NotHere("the file there is another version".to_owned())),
            None => {
                let request = &wanted.request;
                let (hash, choice) = (request.info_hash, request.file);
                open_unproved(&self.shared.cache, hash, choice, probe.length, &place.name).await
            }
        }
    }
}

/// The headers that the server wants, without those that are ours.
fn headers(place: &Place) -> HeaderMap {
    let usable = place.headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::try_from(name.as_str()).ok()?;
        let mut value = HeaderValue::try_from(value.as_str()).ok()?;
        value.set_sensitive(true);
        (!OURS.contains(&name.as_str())).then_some((name, value))
    });
    usable.collect()
}

/// Whether what lies there can be played from here.
fn check(place: &Place, probe: &Probe) -> Result<(), SourceError> {
    let refuse = |why: &str| Err(SourceError::NotHere(why.to_owned()));
    let path = place.url.path().to_ascii_lowercase();
    let is_named_playlist = [".m3u8", ".m3u", ".mpd"].iter().any(|end| path.ends_with(end));
    let is_playlist = probe.media_type.as_deref().is_some_and(|kind| PLAYLISTS.contains(&kind));
    if is_playlist || is_named_playlist {
        return refuse("a list of segments (HLS or DASH) lies there, which is not a file");
    }
    if !probe.ranges {
        return refuse("the server does not send parts of the file, so that nobody could seek in it");
    }
    // Addons whose account has ended send a clip that says so.
    if place.size.is_some_and(|told| probe.length < told / 2) {
        return refuse("the file there is much smaller than was said");
    }
    if probe.length == 0 { refuse("the file there is empty") } else { Ok(()) }
}

fn refused(refusal: &Refusal) -> SourceError {
    match refusal {
        Refusal::Silent(_) | Refusal::Status { status: 408 | 429 | 500.., .. } => {
            SourceError::Transient(refusal.to_string())
        }
        _ => SourceError::NotHere(refusal.to_string()),
    }
}

/// The one address of a content.
struct Address {
    link: Link,
}

impl Origin for Address {
    /// There is no other address. What an expired one redirected to is found anew with every request.
    fn link<'a>(&'a self, refusal: Option<&'a Refusal>) -> BoxFuture<'a, Result<Link, SourceError>> {
        let link = refusal.map_or_else(|| Ok(self.link.clone()), |refusal| Err(refused(refusal)));
        futures::future::ready(link).boxed()
    }

    fn surroundings(&self, _: Range<u64>) -> BoxFuture<'_, Option<Vec<u8>>> {
        futures::future::ready(None).boxed()
    }

    /// Without a torrent there are no hashes to differ from.
    fn blame(&self, _: &Link) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str, headers: &[(&str, &str)]) -> Place {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Place {
            url: url.parse().unwrap(),
            headers: headers.collect(),
            name: "Film.mp4".to_owned(),
            size: Some(1000),
        }
    }

    #[test]
    fn only_headers_that_are_not_ours_are_passed_on() {
        let wanted = [
            ("Referer", "https://a.example/"),
            ("RANGE", "bytes=0-1"),
            ("Host", "b.example"),
            ("bad name", "x"),
            ("X-Key", "line\r\nbreak"),
            ("Authorization", "Bearer s3cret"),
        ];
        let headers = headers(&place("http://a.example/f", &wanted));
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["authorization", "referer"]);
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[test]
    fn what_cannot_be_played_from_here_is_refused() {
        let film = Probe {
            length: 1000,
            name: None,
            tag: None,
            ranges: true,
            media_type: Some("video/mp4".to_owned()),
        };
        let judge =
            |url: &str, probe: Probe| check(&place(url, &[]), &probe).map_err(|error| error.to_string());
        let plain = "http://a.example/f";
        assert_eq!(judge(plain, film.clone()), Ok(()));
        assert_eq!(judge(plain, Probe { length: 500, ..film.clone() }), Ok(()));
        for (url, probe, reason) in [
            (plain, Probe { ranges: false, ..film.clone() }, "seek"),
            (plain, Probe { length: 499, ..film.clone() }, "smaller"),
            (plain, Probe { media_type: Some("audio/mpegurl".to_owned()), ..film.clone() }, "segments"),
            ("http://a.example/x/Master.M3U8?t=1", film, "segments"),
        ] {
            let refusal = judge(url, probe).unwrap_err();
            assert!(refusal.contains(reason), "{refusal}");
        }
    }
}
