//! Opening a content: resolving, sharing the work, and saying clearly why it cannot be done.

use std::time::Duration;

use headwater::domain::{FileChoice, FileIndex, InfoHash};
use headwater::source::{Request, Source, SourceError};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::rig::{MIB, Plan, Rig, Seed, Tracker, bare, read_all, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hash_and_a_peer_are_enough_to_get_the_file() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    assert_eq!((opened.file.name(), opened.file.length()), ("Film 0.mp4", seed.files[0].len() as u64));
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    assert!(rig.swarm.peers(seed.seeder.info_hash()).is_some());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_resolved_or_fetched_once_needs_no_peer_again() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    within(20, read_all(&opened.file)).await;
    drop(opened);
    rig.stop().await;
    let rig = Rig::new(folder.path()).await;
    let opened = within(5, rig.open(&bare(seed.seeder.info_hash(), 0))).await.unwrap();
    assert!(opened.writer.is_none(), "a complete file needs no writer");
    assert!(within(5, read_all(&opened.file)).await == seed.files[0]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_trackers_of_a_magnet_are_asked() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let tracker = Tracker::new(&[seed.seeder.addr()], true).await;
    let rig = Rig::new(folder.path()).await;
    let request = Request { trackers: vec![tracker.url.clone()], ..bare(seed.seeder.info_hash(), 0) };
    let opened = within(20, rig.open(&request)).await.unwrap();
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_trackers_of_the_settings_are_asked_except_for_private_torrents() {
    let folder = tempfile::tempdir().unwrap();
    let public = Seed::new(Plan { seed: 1, ..Plan::default() }).await;
    let tracker = Tracker::new(&[public.seeder.addr()], true).await;
    let rig = Rig::with(folder.path(), |settings| settings.trackers = vec![tracker.url.clone()]).await;
    let opened = within(20, rig.open(&bare(public.seeder.info_hash(), 0))).await.unwrap();
    within(20, read_all(&opened.file)).await;
    // The engine comes in when all is there, for the sake of others.
    tracker.heard(2).await;
    let before = tracker.announces();

    let own = Tracker::new(&[], true).await;
    let plan = Plan { seed: 2, private: true, trackers: vec![own.url.clone()], ..Plan::default() };
    let private = Seed::new(plan).await;
    own.heard(1).await;
    let metainfo = Some(private.seeder.torrent().clone());
    let request = Request { metainfo, trackers: vec![tracker.url.clone()], ..private.by_peer(0) };
    let opened = within(20, rig.open(&request)).await.unwrap();
    within(20, read_all(&opened.file)).await;
    own.heard(2).await;
    assert_eq!(tracker.announces(), before, "a private torrent is told to its own tracker only");
    rig.stop().await;
}

/// Serves a .torrent once it is let to, at a place that it names.
#[expect(clippy::disallowed_methods, reason = "the server ends with the runtime of its test")]
async fn place_of(torrent: bytes::Bytes, open: watch::Receiver<bool>) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("http://{}/a.torrent", listener.local_addr().unwrap()).parse().unwrap();
    let answer = move || {
        let (torrent, mut open) = (torrent.clone(), open.clone());
        async move {
            open.wait_for(|open| *open).await.unwrap();
            torrent
        }
    };
    let router = axum::Router::new().route("/a.torrent", axum::routing::get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    place
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_torrent_that_no_peer_tells_of_is_found_on_the_web_for_everybody_who_waits() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(Plan::default()).await;
    let (info_hash, gate) = (seed.seeder.info_hash(), watch::Sender::new(false));
    let place = place_of(seed.seeder.torrent().clone(), gate.subscribe()).await;
    let mute = Tracker::new(&[], true).await;
    let rig = Rig::new(folder.path()).await;
    let waiting = Request { trackers: vec![mute.url.clone()], ..bare(info_hash, 0) };
    let knowing = Request { exact_sources: vec![place.clone()], ..waiting.clone() };
    let both = async {
        let opening = futures::future::join(rig.open(&waiting), rig.open(&knowing));
        let gate = async {
            mute.heard(1).await;
            gate.send_replace(true);
        };
        futures::future::join(opening, gate).await.0
    };
    // The swarm alone would be asked for 20 s, and in vain.
    let (waiting, knowing) = within(5, both).await;
    assert_eq!(waiting.unwrap().file.key(), knowing.unwrap().file.key());

    // Nobody to ask in the swarm is no reason not to ask the web, though there is nobody to fetch from then.
    let elsewhere = tempfile::tempdir().unwrap();
    let lonely = Rig::new(elsewhere.path()).await;
    let request = Request { exact_sources: vec![place], ..bare(info_hash, 0) };
    let refused = within(5, lonely.open(&request)).await.unwrap_err();
    assert!(refused.to_string().contains("no tracker, DHT or peer"), "{refused}");
    assert!(lonely.knows(info_hash).await, "the other sources find the file table now");
    rig.stop().await;
    lonely.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_place_on_the_web_without_the_torrent_leaves_it_to_the_swarm() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let place = place_of("not found".into(), watch::channel(true).1).await;
    let rig = Rig::new(folder.path()).await;
    let request = Request { exact_sources: vec![place.clone()], ..seed.by_peer(0) };
    let opened = within(10, rig.open(&request)).await.unwrap();
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    let hopeless = Request { exact_sources: vec![place], ..bare(InfoHash::new([3; 20]), 0) };
    let refused = within(10, rig.open(&hopeless)).await.unwrap_err();
    assert!(
        matches!(&refused, SourceError::NotHere(why) if why.contains("no tracker, DHT or peer")),
        "{refused}"
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_torrent_of_a_private_tracker_is_shown_to_nobody_before_its_file_is_there() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let tracker = Tracker::new(&[seed.seeder.addr()], true).await;
    let rig = Rig::new(folder.path()).await;
    let trackers = vec![tracker.url.clone()];
    let request = Request { trackers, private: true, ..seed.by_peer(0) };
    let refused = within(10, rig.swarm.table(&request)).await.unwrap_err();
    assert!(matches!(&refused, SourceError::NotHere(why) if why.contains("private")), "{refused}");
    assert_eq!(tracker.announces(), 0);
    let place = place_of(seed.seeder.torrent().clone(), watch::channel(true).1).await;
    let told = Request { exact_sources: vec![place], ..request };
    let table = within(10, rig.swarm.table(&told)).await.unwrap();
    assert_eq!((table.info_hash, tracker.announces()), (seed.seeder.info_hash(), 0));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_want_the_same_torrent_resolve_it_once() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let tracker = Tracker::new(&[seed.seeder.addr()], true).await;
    let rig = Rig::new(folder.path()).await;
    let request = Request { trackers: vec![tracker.url.clone()], ..bare(seed.seeder.info_hash(), 0) };
    let opening: Vec<_> = (0..50).map(|_| rig.open(&request)).collect();
    let opened = within(20, futures::future::join_all(opening)).await;
    assert!(opened.iter().all(Result::is_ok));
    within(20, read_all(&opened[49].as_ref().unwrap().file)).await;
    assert!((1..=2).contains(&tracker.announces()), "one announce to resolve and one by the engine");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_second_opener_gets_the_file_although_the_first_has_left() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let tracker = Tracker::new(&[seed.seeder.addr()], false).await;
    let rig = Rig::new(folder.path()).await;
    let request = Request { trackers: vec![tracker.url.clone()], ..bare(seed.seeder.info_hash(), 0) };
    let mut first = Box::pin(rig.open(&request));
    let mut second = Box::pin(rig.open(&request));
    tokio::select! {
        _ = &mut first => panic!("nobody has answered yet"),
        _ = &mut second => panic!("nobody has answered yet"),
        () = tracker.heard(1) => {}
    }
    drop(first);
    tracker.answer();
    let opened = within(20, second).await.unwrap();
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    assert!((1..=2).contains(&tracker.announces()), "one announce to resolve and one by the engine");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hash_nobody_has_ends_in_time_and_says_what_was_missing() {
    let (lonely, mute) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hash = InfoHash::new([7; 20]);
    let quick = |settings: &mut headwater::source::torrent::SwarmSettings| {
        settings.resolve_timeout = Duration::from_secs(2);
    };
    let rig = Rig::with(lonely.path(), quick).await;
    let nobody = within(10, rig.open(&bare(hash, 0))).await.unwrap_err();
    assert!(
        matches!(&nobody, SourceError::NotHere(reason) if reason.contains("no tracker, DHT or peer")),
        "{nobody}"
    );

    let tracker = Tracker::new(&[], true).await;
    let asked = Request { trackers: vec![tracker.url.clone()], ..bare(hash, 0) };
    let nobody = within(10, rig.open(&asked)).await.unwrap_err();
    assert!(
        matches!(&nobody, SourceError::NotHere(reason) if reason.contains("no peer has been found")),
        "{nobody}"
    );

    // A peer that takes the connection and never speaks; the tracker keeps the list of peers open.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let rig2 = Rig::with(mute.path(), quick).await;
    let asked = Request { peers: vec![listener.local_addr().unwrap()], ..asked };
    let silent = within(10, rig2.open(&asked)).await.unwrap_err();
    assert!(matches!(&silent, SourceError::NotHere(reason) if reason.contains("none sent")), "{silent}");
    rig.stop().await;
    rig2.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wrong_requests_are_told_apart_from_missing_content() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let rig = Rig::new(folder.path()).await;
    let out_of_range = within(20, rig.open(&seed.by_peer(7))).await.unwrap_err();
    assert!(matches!(&out_of_range, SourceError::NoSuchFile(_)), "{out_of_range}");
    let torrent = seed.seeder.torrent().clone();
    let other = Request { metainfo: Some(torrent), ..bare(InfoHash::new([1; 20]), 0) };
    assert!(matches!(within(5, rig.open(&other)).await, Err(SourceError::Broken(_))));
    let garbage = Request { metainfo: Some(vec![0xff; 1000].into()), ..bare(InfoHash::new([1; 20]), 0) };
    assert!(matches!(within(5, rig.open(&garbage)).await, Err(SourceError::Broken(_))));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn more_torrents_than_allowed_are_refused_until_one_ends() {
    let folder = tempfile::tempdir().unwrap();
    let one = Seed::new(Plan { seed: 1, ..Plan::default() }).await;
    let two = Seed::new(Plan { seed: 2, ..Plan::default() }).await;
    one.seeder.limit_upload(std::num::NonZeroU32::new(64 * 1024));
    let rig = Rig::with(folder.path(), |settings| settings.max_torrents = 1).await;
    let first = within(20, rig.open(&one.by_peer(0))).await.unwrap();
    let refused = within(20, rig.open(&two.by_peer(0))).await.unwrap_err();
    assert!(matches!(&refused, SourceError::Transient(reason) if reason.contains("limit")), "{refused}");
    drop(first);
    let opened = within(20, async {
        loop {
            match rig.open(&two.by_peer(0)).await {
                Ok(opened) => break opened,
                Err(SourceError::Transient(_)) => tokio::task::yield_now().await,
                Err(other) => panic!("{other}"),
            }
        }
    })
    .await;
    assert!(within(20, read_all(&opened.file)).await == two.files[0]);
    assert!(rig.swarm.peers(one.seeder.info_hash()).is_none());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_largest_video_is_chosen_when_no_file_is_named() {
    let (folder, seed) = (
        tempfile::tempdir().unwrap(),
        Seed::new(Plan { lengths: vec![MIB / 2, MIB + 1, 3000], ..Plan::default() }).await,
    );
    let rig = Rig::new(folder.path()).await;
    let request = Request { file: FileChoice::Largest, ..seed.by_peer(0) };
    let opened = within(20, rig.open(&request)).await.unwrap();
    assert_eq!(opened.file.key().file, FileIndex(1));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_taken_port_is_replaced_by_another() {
    let taken = std::net::TcpListener::bind("[::]:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::with(folder.path(), |settings| settings.port = port).await;
    assert_ne!(rig.swarm.listen_addr().unwrap().port(), port);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dht_without_a_living_node_delays_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dead = |settings: &mut headwater::source::torrent::SwarmSettings| {
        settings.dht = true;
        settings.dht_bootstrap = Some(vec!["127.0.0.1:9".to_owned(), "nowhere.invalid:6881".to_owned()]);
        settings.resolve_timeout = Duration::from_secs(2);
    };
    let rig = within(10, Rig::with(folder.path(), dead)).await;
    let nobody = within(10, rig.open(&bare(InfoHash::new([9; 20]), 0))).await.unwrap_err();
    assert!(
        matches!(&nobody, SourceError::NotHere(reason) if reason.contains("no peer has been found")),
        "{nobody}"
    );
    let seed = Seed::new(Plan::default()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_warmed_is_connected_to_and_greeted_before_anybody_opens_it() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let rig = Rig::new(folder.path()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peers = vec![listener.local_addr().unwrap()];
    let metainfo = Some(seed.seeder.torrent().clone());
    let request = Request { metainfo, peers, ..bare(seed.seeder.info_hash(), 0) };
    within(5, rig.swarm.warm(&request)).await;
    let (mut stream, _) = within(5, listener.accept()).await.unwrap();
    // The protocol's name and reserved bits come before the info-hash (BEP 3).
    let mut greeting = [0; 48];
    within(5, stream.read_exact(&mut greeting)).await.unwrap();
    assert_eq!(greeting[28..], *seed.seeder.info_hash().as_bytes());
    rig.stop().await;
}
