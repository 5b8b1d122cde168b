//! What the pure parts cost: those that every request or every found release passes through.
//!
//! ```text
//! cargo bench --bench pure                  # all of them, in about a minute after the build
//! cargo bench --bench pure -- ranges        # those whose name holds a word
//! ```
//!
//! A second run tells what has changed since the first; `-- --save-baseline NAME` and `-- --baseline NAME` compare
//! branches.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use criterion::{BatchSize, Criterion, Throughput};
use headwater::addon::labels::Labels;
use headwater::addon::offers::{Contents, Offer, Patterns, pick, sift};
use headwater::cache::{Cache, CacheFile, CacheLimits, Layout};
use headwater::discovery::{Candidate, Locator, Query, TorznabDocument, read_torznab};
use headwater::domain::{ContentId, ContentKey, FileChoice, FileIndex, InfoHash, Title, TitleKind};
use headwater::links::{LinkSigner, PublicUrl, play};
use headwater::play::{Selection, select};
use headwater::profile::Listing;
use headwater::release::Release;
use headwater::stremio::stream::StreamHints;
use headwater::stremio::{Body, CacheHint, Hops, Response, Stream};
use tempfile::TempDir;

/// Releases in a list, as ten indexers bring them for a film that people know.
const RELEASES: u32 = 200;
/// Results in an answer of an indexer: what most of them give at once.
const ITEMS: u32 = 100;
/// Streams in an answer: what is listed unless an operator says otherwise.
const STREAMS: u32 = 60;
/// Pieces of a content: as many as a film of 4 GiB has in a usual torrent. They are short here, to be written quickly.
const PIECES: u64 = 4_096;
/// Bytes of such a piece.
const PIECE: u64 = 16 << 10;
/// The length of a film, for ranges.
const LENGTH: u64 = 4 << 30;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    ranges(&mut criterion);
    names(&mut criterion);
    signatures(&mut criterion);
    lists(&mut criterion);
    have_map(&mut criterion);
    torznab(&mut criterion);
    answers(&mut criterion);
    criterion.final_summary();
}

fn ranges(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ranges");
    for (name, header) in [
        ("open", "bytes=1048576-"),
        ("bounded", "bytes=1048576-2097151"),
        ("suffix", "bytes=-65536"),
        ("several", "bytes=0-1, 1000-1999, 500000-, -500"),
    ] {
        let selection = select(header.as_bytes(), LENGTH);
        assert!(matches!(selection, Selection::Single(_) | Selection::Several(_)), "{selection:?}");
        group.bench_function(name, |bencher| {
            bencher.iter(|| select(black_box(header.as_bytes()), black_box(LENGTH)));
        });
    }
    group.finish();
}

fn names(criterion: &mut Criterion) {
    let names: Vec<String> = (0..RELEASES).map(name).collect();
    assert!(names.iter().all(|name| Release::parse(name).title == "Harbour Lights"));
    let mut group = criterion.benchmark_group("release names");
    group.throughput(Throughput::Elements(u64::from(RELEASES)));
    group.bench_function("200 names", |bencher| {
        bencher
            .iter(|| names.iter().map(|name| Release::parse(black_box(name)).seasons.len()).sum::<usize>());
    });
    group.finish();
}

fn signatures(criterion: &mut Criterion) {
    let (signer, now) = (LinkSigner::new(&[7; 32]), SystemTime::now());
    let (info_hash, file) = (InfoHash::new([0x5a; 20]), FileChoice::Index(FileIndex(3)));
    let token = signer.sign(info_hash, file, now);
    signer.verify(&token, info_hash, file, now).unwrap();
    let mut group = criterion.benchmark_group("signatures");
    group.bench_function("sign", |bencher| bencher.iter(|| signer.sign(black_box(info_hash), file, now)));
    group.bench_function("verify", |bencher| {
        bencher.iter(|| signer.verify(black_box(&token), info_hash, file, now).unwrap());
    });
    group.finish();
}

fn lists(criterion: &mut Criterion) {
    let query = query();
    let candidates: Vec<Arc<Candidate>> = (0..RELEASES).map(|number| Arc::new(candidate(number))).collect();
    let (listing, patterns) = (Listing::default(), Patterns::default());
    let offers = sift(&query, &candidates, |_| Contents::Unknown).offers;
    let rows = pick(&listing, &patterns, offers.clone());
    assert_eq!((offers.len(), rows.is_empty()), (RELEASES as usize, false));
    let labels = Labels::lenient(&listing.labels);
    let mut group = criterion.benchmark_group("lists of 200");
    group.bench_function("sift", |bencher| {
        bencher.iter(|| sift(&query, black_box(&candidates), |_| Contents::Unknown).offers.len());
    });
    group.bench_function("rank", |bencher| {
        let rank = |offers: Vec<Offer>| pick(&listing, &patterns, offers);
        bencher.iter_batched(|| offers.clone(), rank, BatchSize::SmallInput);
    });
    group.bench_function("label", |bencher| bencher.iter(|| labels.write(&query, black_box(&rows))));
    group.finish();
}

fn have_map(criterion: &mut Criterion) {
    let folder = TempDir::new().unwrap();
    let film = film(&folder);
    assert_eq!(film.missing_from(0), (PIECES - 1) * PIECE);
    let mut group = criterion.benchmark_group("have-map of 4096 pieces");
    let mut at = 0;
    group.bench_function("extent somewhere", |bencher| {
        bencher.iter(|| {
            // Steps by a prime come past every place before they come back.
            at = (at + 7_919 * PIECE) % ((PIECES - 1) * PIECE);
            film.extent(at..at + (1 << 20)).unwrap().length
        });
    });
    group.bench_function("missing in 64 KiB", |bencher| {
        bencher.iter(|| film.missing_in(black_box(0..64 << 10)));
    });
    group.bench_function("missing from the beginning", |bencher| {
        bencher.iter(|| film.missing_from(black_box(0)));
    });
    group.finish();
}

fn torznab(criterion: &mut Criterion) {
    let document = document();
    let TorznabDocument::Results { items, .. } = read_torznab(document.as_bytes()) else {
        panic!("{document}")
    };
    assert_eq!(items.len(), ITEMS as usize);
    let mut group = criterion.benchmark_group("torznab");
    group.throughput(Throughput::Bytes(document.len() as u64));
    group
        .bench_function("100 items", |bencher| bencher.iter(|| read_torznab(black_box(document.as_bytes()))));
    group.finish();
}

fn answers(criterion: &mut Criterion) {
    let base: PublicUrl = "https://films.example.org".parse().unwrap();
    let signer = LinkSigner::new(&[7; 32]);
    let streams = (0..STREAMS).map(|number| stream(&base, &signer, number)).collect();
    let cache = CacheHint { max_age: 3_600, stale_revalidate: 14_400, stale_error: 604_800 };
    let response = Response { body: Body::Streams(streams), cache };
    let mut group = criterion.benchmark_group("answers");
    group.throughput(Throughput::Bytes(serde_json::to_vec(&response).unwrap().len() as u64));
    group.bench_function("JSON of 60 streams", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&response)).unwrap());
    });
    group.finish();
}

/// The name of a release of an invented film; they differ as names do.
fn name(number: u32) -> String {
    let pick = |choices: &[&'static str], step: u32| choices[(number / step) as usize % choices.len()];
    let resolution = pick(&["2160p", "1080p", "720p", "480p"], 1);
    let medium = pick(&["WEB-DL", "BluRay", "WEBRip", "BDRemux", "HDTV"], 2);
    let sound = pick(&["DDP5.1.Atmos", "DTS-HD.MA.5.1", "AAC2.0", "TrueHD.7.1"], 3);
    let extra = pick(&["", ".MULTi", ".PROPER", ".German.DL", ".Extended.Cut"], 5);
    let codec = pick(&["H.265", "x264", "AV1", "HEVC.10bit"], 7);
    format!("Harbour.Lights.2019{extra}.{resolution}.{medium}.{sound}.{codec}-GROUP{number}")
}

fn query() -> Query {
    let title = Title {
        kind: TitleKind::Movie,
        name: "Harbour Lights".to_owned(),
        aliases: Vec::new(),
        year: Some(2019),
        last_year: None,
        imdb: None,
        episodes: Vec::new(),
    };
    Query {
        id: ContentId::Movie("tt9000001".parse().unwrap()),
        kind: "movie".to_owned(),
        title: Some(Arc::new(title)),
        episode: None,
        absolute: None,
        hops: Hops::default(),
    }
}

fn candidate(number: u32) -> Candidate {
    let (name, torrents) = (name(number), Vec::new());
    Candidate {
        info_hash: hash(number),
        locator: Locator::Torrent {
            file: None,
            trackers: Vec::new(),
            torrents,
            web_seeds: Vec::new(),
            private: false,
        },
        release: Release::parse(&name),
        name,
        size: Some(1_000_000_000 + u64::from(number) * 20_000_000),
        file_size: None,
        file_name: None,
        seeders: Some(number % 97),
        published: None,
        said_by: vec!["Site".to_owned()],
        is_exact: false,
        is_of_title: true,
    }
}

fn hash(number: u32) -> InfoHash {
    let mut bytes = [0x5a; 20];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    InfoHash::new(bytes)
}

/// A content of which all but the last piece is there.
fn film(folder: &TempDir) -> CacheFile {
    let cache =
        Cache::open(folder.path(), CacheLimits { max_bytes: None, free_floor: 0, idle: None }).unwrap();
    let length = PIECES * PIECE;
    let layout = Layout { length, lead: 0, piece_length: PIECE, first_piece: 0, span: length, hashes: None };
    let key = ContentKey { info_hash: hash(0), file: FileIndex(0) };
    let film = cache.content(key, &layout, "film.mkv").unwrap();
    let piece = vec![0x47; PIECE as usize];
    for number in 0..PIECES as usize - 1 {
        film.vouch(number, &piece).unwrap();
    }
    film
}

/// An answer as Jackett writes it.
fn document() -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\" \
                    xmlns:torznab=\"http://torznab.com/schemas/2015/feed\"><channel><title>Site</title>"
        .to_owned();
    for number in 0..ITEMS {
        let (name, hash) = (name(number), hash(number));
        write!(
            text,
            "<item><title>{name}</title><guid>https://site.invalid/{number}</guid>\
             <pubDate>Sat, 14 Mar 2015 17:10:42 -0400</pubDate><size>1500000000</size>\
             <link>http://127.0.0.1/dl?a=1&amp;b={number}</link>\
             <enclosure url=\"magnet:?xt=urn:btih:{hash}&amp;dn=a\" length=\"1500000000\" \
             type=\"application/x-bittorrent\" /><torznab:attr name=\"infohash\" value=\"{hash}\" />\
             <torznab:attr name=\"seeders\" value=\"{number}\" /><torznab:attr name=\"peers\" value=\"42\" /></item>"
        )
        .unwrap();
    }
    text + "</channel></rss>"
}

fn stream(base: &PublicUrl, signer: &LinkSigner, number: u32) -> Stream {
    let (info_hash, file, name) = (hash(number), FileChoice::Largest, name(number));
    let token = signer.sign(info_hash, file, SystemTime::now());
    Stream {
        url: play(base, None, &token, (info_hash, file), &name),
        name: "Headwater\n1080p".to_owned(),
        description: format!("{name}\n42 seeders, 1.4 GiB\nSite"),
        behavior_hints: StreamHints {
            binge_group: "headwater-1080p".to_owned(),
            filename: Some(name),
            video_size: None,
            video_hash: None,
            not_web_ready: true,
        },
    }
}
