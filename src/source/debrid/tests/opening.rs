//! The sources as the chain sees them: bytes in a cache file.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::scripted::{Script, Scripted, created, down, link, settings};
use super::server::{Server, response};
use crate::cache::{Cache, CacheFile, CacheLimits};
use crate::db::Database;
use crate::domain::{ContentKey, DebridService, FileChoice, FileIndex, InfoHash};
use crate::net::{Clients, Guard};
use crate::source::debrid::service::{
    Availability, DirectLink, ItemState, RemoteFile, Service, ServiceError,
};
use crate::source::debrid::times::Times;
use crate::source::debrid::{Debrid, DebridSettings, ServiceSettings};
use crate::source::lookup::Lookup;
use crate::source::{Kind, Known, Opened, Report, Request, SourceError, Wanted};

const PIECE: usize = 16 * 1024;

/// A small film that looks like Matroska.
fn film() -> Vec<u8> {
    let start = [0x1a, 0x45, 0xdf, 0xa3];
    start.into_iter().chain((4..300_000_u32).map(|at| ((at * 31) >> 3) as u8)).collect()
}

/// Serves `film` by ranges.
async fn cdn(film: Vec<u8>) -> Server {
    Server::start(move |_, head| {
        let head = head.to_ascii_lowercase();
        let range = head.split("range: bytes=").nth(1).and_then(|rest| rest.split("\r\n").next());
        let Some((from, to)) = range.and_then(|range| range.split_once('-')) else {
            return response(200, "Accept-Ranges: bytes\r\n", &film);
        };
        let from: usize = from.parse().unwrap();
        let to = to.parse().map_or(film.len(), |to: usize| to + 1).min(film.len());
        let headers = format!("Content-Range: bytes {from}-{}/{}\r\n", to - 1, film.len());
        response(206, &headers, &film[from..to])
    })
    .await
}

/// A .torrent of the film alone.
fn torrent(film: &[u8], private: bool) -> (InfoHash, Bytes) {
    let sha1 = |bytes: &[u8]| {
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
    };
    let pieces: Vec<u8> = film.chunks(PIECE).flat_map(sha1).collect();
    let mut info = format!("d6:lengthi{}e4:name8:film.mkv12:piece lengthi{PIECE}e", film.len()).into_bytes();
    info.extend(format!("6:pieces{}:", pieces.len()).bytes());
    info.extend(&pieces);
    info.extend(if private { &b"7:privatei1ee"[..] } else { b"e" });
    let hash = sha1(&info).try_into().unwrap();
    (InfoHash::new(hash), [b"d4:info".as_slice(), &info, b"e"].concat().into())
}

struct Rig {
    service: Arc<Scripted>,
    debrid: Debrid,
    cache: Cache,
    _folder: tempfile::TempDir,
}

/// Real-Debrid follows the script; TorBox, if wanted, always fails.
async fn rig(script: Script, with_torbox: bool) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let limits = CacheLimits { max_bytes: None, free_floor: 0, idle: None };
    let cache = Cache::open(&folder.path().join("cache"), limits).unwrap();
    let db = Database::open(folder.path()).await.unwrap();
    let service = Scripted::new(script);
    let other = Scripted::new(Script {
        check: Availability::NotCached,
        submit: [Err(down())].into(),
        ..Script::default()
    });
    let torbox = ServiceSettings { service: DebridService::TorBox, ..settings() };
    let services = if with_torbox { vec![torbox, settings()] } else { vec![settings()] };
    let wait = Duration::from_secs(20);
    let settings = DebridSettings { services, uncached: true, wait, keep: None };
    let made = service.clone();
    let make = Arc::new(move |one: &ServiceSettings| {
        Ok(match one.service {
            DebridService::TorBox => other.clone() as Arc<dyn Service>,
            _ => made.clone(),
        })
    });
    let lookup = Lookup::new(Clients::new(Guard::Open).unwrap(), &[], db.clone());
    let debrid = Debrid::with(&settings, cache.clone(), (db, lookup), Times::short(), make).await.unwrap();
    Rig { service, debrid, cache, _folder: folder }
}

/// A service that has the film as `name` of `length` bytes behind this address.
fn script(cdn: &Server, name: &str, length: usize) -> Script {
    let size = u64::try_from(length).unwrap();
    let file = RemoteFile { id: "9".to_owned(), path: format!("/dir/{name}"), size: Some(size) };
    let link = DirectLink { size: None, ..link(cdn.url("/film").as_str()) };
    Script {
        poll: [Ok(ItemState::Ready(vec![file]))].into(),
        resolve: [Ok(link)].into(),
        submit: [Ok(created("i1"))].into(),
        ..Script::default()
    }
}

async fn open(rig: &Rig, kind: Kind, wanted: &Wanted) -> Result<Opened, SourceError> {
    let sources = rig.debrid.sources();
    let source = sources.iter().rfind(|source| source.kind() == kind).unwrap();
    source.open(wanted, &Report::new()).await
}

fn wanted(request: Request) -> Wanted {
    Wanted { request, known: None }
}

async fn content(file: &CacheFile) -> Vec<u8> {
    let mut got = Vec::new();
    let _playhead = file.playhead(0);
    while (got.len() as u64) < file.length() {
        let at = got.len() as u64;
        tokio::time::timeout(Duration::from_secs(20), file.wait_for(at)).await.unwrap().unwrap();
        let extent = file.extent(at..file.length()).unwrap();
        let mut bytes = vec![0; usize::try_from(extent.length).unwrap()];
        std::os::unix::fs::FileExt::read_exact_at(&*extent.file, &mut bytes, extent.position).unwrap();
        got.extend(bytes);
    }
    got
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_of_which_only_the_hash_is_known_plays_from_a_service() {
    let film = film();
    let cdn = cdn(film.clone()).await;
    let rig = rig(script(&cdn, "film.mkv", film.len()), false).await;
    let request = Request::new(InfoHash::new([5; 20]), FileChoice::Largest);
    let opened = open(&rig, Kind::Debrid, &wanted(request)).await.unwrap();
    assert_eq!((opened.file.name(), opened.metainfo.is_some()), ("film.mkv", false));
    assert_eq!(content(&opened.file).await, film);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_torrent_every_byte_is_compared_with_its_hash() {
    let film = film();
    let (info_hash, torrent) = torrent(&film, false);
    let mut request = Request::new(info_hash, FileChoice::Index(FileIndex(0)));
    request.metainfo = Some(torrent);
    let right = cdn(film.clone()).await;
    let rig = rig(script(&right, "renamed.mkv", film.len()), false).await;
    let opened = open(&rig, Kind::Debrid, &wanted(request)).await.unwrap();
    assert_eq!(opened.file.name(), "film.mkv");
    assert_eq!(content(&opened.file).await, film);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_sends_wrong_bytes_is_not_asked_for_this_torrent_again() {
    let film = film();
    let (info_hash, torrent) = torrent(&film, false);
    let mut request = Request::new(info_hash, FileChoice::Index(FileIndex(0)));
    request.metainfo = Some(torrent);
    let mut bad = film.clone();
    bad[5] ^= 1;
    let wrong = cdn(bad).await;
    let rig = rig(script(&wrong, "film.mkv", film.len()), false).await;
    // The first piece may be judged before the source counts as open, or afterwards.
    let error = match open(&rig, Kind::Debrid, &wanted(request.clone())).await {
        Err(error) => error,
        Ok(opened) => {
            let (mut writer, _playhead) = (opened.writer.unwrap(), opened.file.playhead(0));
            let failed = writer.failed.wait_for(Option::is_some);
            let failed = tokio::time::timeout(Duration::from_secs(20), failed).await.unwrap().unwrap();
            failed.clone().unwrap()
        }
    };
    assert!(matches!(error, SourceError::NotHere(_)), "{error}");
    let file = rig.cache.find(ContentKey { info_hash, file: FileIndex(0) }).unwrap();
    assert_eq!(file.missing_from(0), 0, "nothing wrong was written");
    rig.service.calls();
    let again = open(&rig, Kind::Debrid, &wanted(request)).await;
    assert!(again.is_err_and(|error| error.to_string().contains("do not match")));
    assert_eq!(rig.service.calls(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_length_is_another_version() {
    let film = film();
    let (info_hash, torrent) = torrent(&film, false);
    let cdn = cdn(film.clone()).await;
    let rig = rig(script(&cdn, "film.mkv", film.len() - 1), false).await;
    let mut request = Request::new(info_hash, FileChoice::Largest);
    // Without a file table it is taken at its word, but the file server contradicts it.
    let error = open(&rig, Kind::Debrid, &wanted(request.clone())).await.unwrap_err();
    assert!(matches!(&error, SourceError::NotHere(reason) if reason.contains("error clip")), "{error}");
    request.metainfo = Some(torrent);
    let error = open(&rig, Kind::Debrid, &wanted(request)).await.unwrap_err();
    assert!(matches!(error, SourceError::NotHere(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_length_that_only_the_file_server_tells_is_believed_of_what_is_no_clip() {
    let untold = |cdn: &Server| {
        let file = RemoteFile { id: "9".to_owned(), path: "film.mkv".to_owned(), size: None };
        Script { poll: [Ok(ItemState::Ready(vec![file]))].into(), ..script(cdn, "film.mkv", 0) }
    };
    let short = film();
    let (info_hash, torrent) = torrent(&short, false);
    let clip = cdn(short.clone()).await;
    let mut request = Request::new(info_hash, FileChoice::Largest);
    let rig = rig(untold(&clip), false).await;
    let error = open(&rig, Kind::Debrid, &wanted(request.clone())).await.unwrap_err();
    assert!(matches!(&error, SourceError::NotHere(reason) if reason.contains("300000 bytes")), "{error}");
    // With the file table there is something to compare the length with.
    request.metainfo = Some(torrent);
    let opened = open(&rig, Kind::Debrid, &wanted(request)).await.unwrap();
    assert_eq!(content(&opened.file).await, short);

    let mut long = short;
    long.resize(21_000_000, 7);
    let whole = cdn(long).await;
    rig.service.script().resolve = untold(&whole).resolve;
    let request = Request::new(InfoHash::new([5; 20]), FileChoice::Largest);
    let opened = open(&rig, Kind::Debrid, &wanted(request)).await.unwrap();
    assert_eq!(opened.file.length(), 21_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_that_another_source_has_opened_is_the_one_that_is_written() {
    let film = film();
    let cdn = cdn(film.clone()).await;
    let (info_hash, torrent) = torrent(&film, false);
    let rig = rig(script(&cdn, "film.mkv", film.len()), false).await;
    let mut request = Request::new(info_hash, FileChoice::Largest);
    request.metainfo = Some(torrent);
    let first = open(&rig, Kind::Debrid, &wanted(request.clone())).await.unwrap();
    drop(first.writer);
    let known = Known { file: first.file.clone(), metainfo: first.metainfo };
    let second = open(&rig, Kind::Debrid, &Wanted { request, known: Some(known) }).await.unwrap();
    assert_eq!(second.file.key(), first.file.key());
    assert_eq!(content(&first.file).await, film);
    // Complete, so nobody has to write.
    let known = Known { file: first.file.clone(), metainfo: second.metainfo };
    let request = Request::new(info_hash, FileChoice::Largest);
    let third = open(&rig, Kind::Debrid, &Wanted { request, known: Some(known) }).await.unwrap();
    assert!(third.writer.is_none());

    let other = Request::new(InfoHash::new([6; 20]), FileChoice::Largest);
    let known = Known { file: first.file, metainfo: None };
    rig.service.script().poll = script(&cdn, "film.mkv", 77).poll;
    let error = open(&rig, Kind::Debrid, &Wanted { request: other, known: Some(known) }).await.unwrap_err();
    assert!(matches!(error, SourceError::NotHere(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_torrent_and_what_is_no_video_are_never_handed_over() {
    let film = film();
    let cdn = cdn(film.clone()).await;
    let rig = rig(script(&cdn, "film.mkv", film.len()), false).await;
    let (info_hash, torrent) = torrent(&film, true);
    let mut request = Request::new(info_hash, FileChoice::Largest);
    request.metainfo = Some(torrent);
    for kind in [Kind::Debrid, Kind::Fetching] {
        let error = open(&rig, kind, &wanted(request.clone())).await.unwrap_err();
        assert!(error.to_string().contains("private"), "{error}");
    }
    assert_eq!(rig.service.calls(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_asked_to_fetch_in_order_and_a_full_one_last() {
    let film = film();
    let cdn = cdn(film.clone()).await;
    let full = Err(ServiceError::TooManyActive);
    let submit = [full.clone(), full, Ok(created("i1"))].into();
    let script = Script { check: Availability::NotCached, submit, ..script(&cdn, "film.mkv", film.len()) };
    let rig = rig(script, true).await;
    let names: Vec<_> = rig.debrid.sources().iter().map(|source| source.name()).collect();
    assert_eq!(names, ["torbox", "realdebrid", "debrid"]);
    let request = Request::new(InfoHash::new([5; 20]), FileChoice::Largest);
    let opened = open(&rig, Kind::Fetching, &wanted(request)).await.unwrap();
    assert_eq!(content(&opened.file).await, film);
    drop(opened);
    rig.debrid.shutdown().await;
}
