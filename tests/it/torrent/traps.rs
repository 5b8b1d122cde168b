//! The engine's traps, one regression test each.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use headwater::source::torrent::{SeedPlan, make_torrent};
use headwater::source::{Request, SourceError};

use super::peer::{self, Manners};
use super::rig::{KIB, MIB, Plan, Rig, Seed, bare, noise, read, read_all, within};

/// Trap: eight waiting streams used to hold every permit that a block write needs.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn forty_readers_waiting_at_different_places_do_not_stall_the_download() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(Plan { lengths: vec![200 * MIB + 5], piece_length: MIB, ..Plan::default() }).await;
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    let waiting = (0..40).rev().map(|n| {
        let (file, at) = (opened.file.clone(), n * 5 * MIB as u64);
        async move { (at as usize, read(&file, at, at + 100_000).await) }
    });
    for (at, bytes) in within(60, futures::future::join_all(waiting)).await {
        assert!(bytes == seed.files[0][at..at + 100_000], "at {at}");
    }
    rig.stop().await;
}

/// Trap: the engine's store gives two torrents added at once the same number, and answers the second add
/// with the first torrent.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn torrents_added_at_the_same_moment_are_not_mixed_up() {
    let folder = tempfile::tempdir().unwrap();
    let seeds: Vec<Seed> =
        futures::future::join_all((1..=12).map(|seed| {
            Seed::new(Plan { seed, lengths: vec![300 * KIB + seed as usize], ..Plan::default() })
        }))
        .await;
    let rig = Rig::new(folder.path()).await;
    let requests: Vec<Request> = seeds
        .iter()
        .map(|seed| Request { metainfo: Some(seed.seeder.torrent().clone()), ..seed.by_peer(0) })
        .collect();
    let opened =
        within(20, futures::future::join_all(requests.iter().map(|request| rig.open(request)))).await;
    for (seed, opened) in seeds.iter().zip(opened) {
        assert!(within(20, read_all(&opened.unwrap().file)).await == seed.files[0]);
    }
    rig.stop().await;
}

/// Trap: the engine trusts its have-map after a crash although the bytes on disk are others.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_piece_spoilt_on_disk_is_fetched_again_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(Plan { lengths: vec![8 * MIB + 99], ..Plan::default() }).await;
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    within(20, read_all(&opened.file)).await;
    let data = rig.data(seed.seeder.info_hash(), 0);
    drop(opened);
    rig.crash().await;
    let sent = seed.seeder.uploaded();
    let disk = std::fs::OpenOptions::new().write(true).open(data).unwrap();
    disk.write_all_at(&[0; 5000], 40 * 64 * KIB as u64 + 17).unwrap();

    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    assert_eq!(seed.seeder.uploaded() - sent, 64 * KIB as u64, "exactly the spoilt piece");
    rig.stop().await;
}

/// Trap: a torrent that is added again starts from the engine's own have-map, or from none.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_download_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { lengths: vec![8 * MIB + 99], upload_bps: Some(2 * MIB as u32), ..Plan::default() };
    let seed = Seed::new(plan).await;
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    within(20, read(&opened.file, 0, 2 * MIB as u64)).await;
    drop(opened);
    rig.stop().await;
    let rig = Rig::new(folder.path()).await;
    let sent = seed.seeder.uploaded();
    seed.seeder.limit_upload(None);
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    let missing = opened.file.length() - opened.file.verified_bytes();
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    // What was under way when the engine stopped may be counted on either side.
    let slack = 4 * MIB as u64 / 2;
    assert!(
        seed.seeder.uploaded() - sent <= missing + slack,
        "{} for {missing}",
        seed.seeder.uploaded() - sent
    );
    rig.stop().await;
}

/// Trap: without a have-map the engine hashes all bytes of the torrent, holes included, before it starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_huge_sparse_file_is_not_hashed_before_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (length, piece_length) = (40_u64 << 30, 64_u64 << 20);
    let pieces = (length / piece_length) as usize;
    let mut torrent = format!(
        "d4:infod6:lengthi{length}e4:name5:a.mkv12:piece lengthi{piece_length}e6:pieces{}:",
        pieces * 20
    )
    .into_bytes();
    torrent.extend(noise(pieces * 20, 3));
    torrent.extend(b"ee");
    let info_hash = headwater::source::torrent::parse_metainfo(&torrent).unwrap().info_hash;
    let rig = Rig::new(folder.path()).await;
    // Nobody listens there, but the engine does not know.
    let peers = vec!["127.0.0.1:9".parse().unwrap()];
    let request = Request { metainfo: Some(torrent.into()), peers, ..bare(info_hash, 0) };
    for _ in 0..2 {
        // Hashing 40 GiB takes half a minute on any machine.
        let opened = within(8, rig.open(&request)).await.unwrap();
        assert!(opened.writer.is_some());
    }
    rig.stop().await;
}

/// Trap: the engine's own storage creates and opens every file of the torrent.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_pack_only_the_wanted_file_is_on_disk_and_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(Plan { lengths: vec![200 * KIB + 3; 60], ..Plan::default() }).await;
    let rig = Rig::new(folder.path()).await;
    let opened = within(20, rig.open(&seed.by_peer(30))).await.unwrap();
    assert!(within(20, read_all(&opened.file)).await == seed.files[30]);
    let on_disk: Vec<_> =
        std::fs::read_dir(rig.contents()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(on_disk, [format!("{}-30", seed.seeder.info_hash()).as_str()]);
    let contents = rig.contents().canonicalize().unwrap();
    let open = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.starts_with(&contents))
        .count();
    assert_eq!(open, 1);
    rig.stop().await;
}

/// Trap: pieces that two files share, of which the engine keeps one truth and the cache two copies.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn episodes_that_share_pieces_are_all_right_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        lengths: vec![MIB + 1, 700 * KIB, 10, MIB + 33_333],
        piece_length: 256 * KIB,
        ..Plan::default()
    };
    let seed = Seed::new(plan).await;
    let rig = Rig::new(folder.path()).await;
    let first = within(20, rig.open(&seed.by_peer(1))).await.unwrap();
    assert!(within(20, read_all(&first.file)).await == seed.files[1]);
    // The engine is done with all it was asked for; the next episodes must wake it.
    for index in [0, 3, 2] {
        let next = within(20, rig.open(&seed.by_peer(index))).await.unwrap();
        assert!(within(20, read_all(&next.file)).await == seed.files[index as usize], "file {index}");
    }
    drop(first);
    let again = within(20, rig.open(&seed.by_peer(1))).await.unwrap();
    assert!(again.writer.is_none());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn episodes_opened_at_the_same_moment_share_one_torrent() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        lengths: vec![MIB + 1, 700 * KIB, 10, MIB + 33_333],
        piece_length: 256 * KIB,
        ..Plan::default()
    };
    let seed = Seed::new(plan).await;
    let rig = Rig::new(folder.path()).await;
    let requests: Vec<Request> = (0..4).map(|index| seed.by_peer(index)).collect();
    let opened =
        within(20, futures::future::join_all(requests.iter().map(|request| rig.open(request)))).await;
    let opened: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
    for (index, one) in opened.iter().enumerate() {
        assert!(within(20, read_all(&one.file)).await == seed.files[index], "file {index}");
    }
    rig.stop().await;
}

/// Trap: what the engine believes to have is never asked for again, also when the cache has lost it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_episode_that_was_evicted_meanwhile_is_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(Plan { lengths: vec![MIB + 1, 3 * MIB, 2 * MIB, 2 * MIB], ..Plan::default() }).await;
    let rig = Rig::new(folder.path()).await;
    seed.seeder.limit_upload(None);
    let hold = within(20, rig.open(&seed.by_peer(1))).await.unwrap();
    for index in [0, 2, 3] {
        let one = within(20, rig.open(&seed.by_peer(index))).await.unwrap();
        within(20, read_all(&one.file)).await;
    }
    // Retired files beyond the first are let go, so that they can be evicted while the torrent lives.
    within(20, async {
        while rig.cache.clean(true) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for index in [0, 2, 3] {
        let one = within(20, rig.open(&seed.by_peer(index))).await.unwrap();
        assert!(within(20, read_all(&one.file)).await == seed.files[index as usize], "file {index}");
    }
    drop(hold);
    rig.stop().await;
}

/// Trap: reads of ours would wait for ever when the swarm dies; the writer must say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_swarm_that_falls_silent_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan { lengths: vec![20 * MIB], upload_bps: Some(256 * KIB as u32), ..Plan::default() };
    let seed = Seed::new(plan).await;
    let rig = Rig::with(folder.path(), |settings| settings.resolve_timeout = Duration::from_secs(3)).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    within(20, read(&opened.file, 0, 1000)).await;
    drop(seed);
    let mut failed = opened.writer.as_ref().unwrap().failed.clone();
    let reason = within(20, failed.wait_for(Option::is_some)).await.unwrap().clone().unwrap();
    assert!(matches!(&reason, SourceError::Transient(text) if text.contains("silent")), "{reason}");
    rig.stop().await;
}

/// Trap: the engine refuses names like `..` although we never use them as paths. It must refuse cleanly.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_torrent_that_the_engine_refuses_for_its_names_ends_cleanly() {
    let (folder, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(files.path().join("ab"), noise(100_000, 1)).unwrap();
    let plan = SeedPlan {
        folder: files.path().to_owned(),
        files: vec!["ab".to_owned()],
        piece_length: 65536,
        trackers: Vec::new(),
        private: false,
        upload_bps: None,
    };
    let torrent = make_torrent(&plan).unwrap().to_vec();
    let at = torrent.windows(5).position(|part| part == b"2:abe").unwrap();
    let odd = [&torrent[..at], b"2:..e", &torrent[at + 5..]].concat();
    let metainfo = headwater::source::torrent::parse_metainfo(&odd).unwrap();
    assert_eq!(metainfo.files[0].path, "_");
    let rig = Rig::new(folder.path()).await;
    let request = Request { metainfo: Some(odd.into()), ..bare(metainfo.info_hash, 0) };
    let refused = within(10, rig.open(&request)).await.unwrap_err();
    assert!(matches!(&refused, SourceError::Broken(_)), "{refused}");
    rig.stop().await;
}

/// Trap: the engine hangs up on a peer that is silent for 10 s, which is just before its turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_peer_that_keeps_us_waiting_for_our_turn_is_not_given_up() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let manners = Manners { refused: 0, choked: Duration::from_secs(12) };
    let addr = peer::start(&seed, 64 * KIB, manners).await;
    let rig = Rig::new(folder.path()).await;
    let metainfo = Some(seed.seeder.torrent().clone());
    let request = Request { metainfo, peers: vec![addr], ..bare(seed.seeder.info_hash(), 0) };
    let opened = within(20, rig.open(&request)).await.unwrap();
    // Hanging up would cost another 12 s after a pause of at least 10 s.
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    rig.stop().await;
}

/// Trap: a peer that refuses once is left alone for 10 s and more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_peer_that_refuses_for_a_moment_is_dialled_again_soon() {
    let (folder, seed) = (tempfile::tempdir().unwrap(), Seed::new(Plan::default()).await);
    let addr = peer::start(&seed, 64 * KIB, Manners { refused: 2, choked: Duration::ZERO }).await;
    let rig = Rig::new(folder.path()).await;
    let metainfo = Some(seed.seeder.torrent().clone());
    let request = Request { metainfo, peers: vec![addr], ..bare(seed.seeder.info_hash(), 0) };
    let opened = within(20, rig.open(&request)).await.unwrap();
    assert!(within(8, read_all(&opened.file)).await == seed.files[0]);
    rig.stop().await;
}

/// An address that answers no attempt to connect: a full queue drops every further one.
struct BlackHole {
    address: SocketAddr,
    _listener: socket2::Socket,
    _queue: Vec<socket2::Socket>,
}

impl BlackHole {
    fn new() -> Self {
        let socket = || socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let listener = socket();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let fill = |_| {
            let waiting = socket();
            waiting.set_nonblocking(true).unwrap();
            // In progress, which is all that is wanted.
            let _ = waiting.connect(&address.into());
            waiting
        };
        Self { address, _queue: (0..3).map(fill).collect(), _listener: listener }
    }
}

/// Trap: dead peers hold the engine's places for as long as they are dialled, 10 s by default.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn dead_peers_do_not_keep_a_living_one_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let seed = Seed::new(Plan::default()).await;
    let dead: Vec<BlackHole> = (0..40).map(|_| BlackHole::new()).collect();
    let rig = Rig::with(folder.path(), |settings| settings.peer_limit = 10).await;
    let mut request = Request { metainfo: Some(seed.seeder.torrent().clone()), ..seed.by_peer(0) };
    request.peers = dead.iter().map(|hole| hole.address).chain(request.peers).collect();
    // Four rounds of 2.5 s; with the engine's default they would be four of 10 s.
    let opened = within(10, rig.open(&request)).await.unwrap();
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    rig.stop().await;
}

/// Trap: the engine unchokes everybody at once, so that only the limit keeps a home line usable.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_upload_limit_holds_against_a_greedy_peer() {
    const LIMIT: u32 = 100_000;
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let seed = Seed::new(Plan { lengths: vec![500_000], ..Plan::default() }).await;
    let rig = Rig::with(ours.path(), |settings| settings.upload_bps = NonZeroU32::new(LIMIT)).await;
    let opened = within(20, rig.open(&seed.by_peer(0))).await.unwrap();
    assert!(within(20, read_all(&opened.file)).await == seed.files[0]);
    let greedy = Rig::new(theirs.path()).await;
    let port = rig.swarm.listen_addr().unwrap().port();
    let request = Request { peers: vec![SocketAddr::from(([127, 0, 0, 1], port))], ..seed.by_peer(0) };
    let began = Instant::now();
    let copy = within(20, greedy.open(&request)).await.unwrap();
    assert!(within(30, read_all(&copy.file)).await == seed.files[0]);
    // The limiter lets one second's worth through at once; the other 400 kB take four seconds.
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
    greedy.stop().await;
    rig.stop().await;
}
