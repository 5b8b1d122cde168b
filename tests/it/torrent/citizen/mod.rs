//! The small client keeps to the rules, whatever a peer does: scripted peers behind referees.

mod referee;
mod seed;
mod tap;
mod wire;

pub(super) use referee::{Act, Field, Referee};
pub(super) use seed::{Habits, Scripted, Shows, field};
pub(super) use tap::{Tap, came};

use std::sync::Arc;

use headwater::cache::CacheFile;
use headwater::source::{Opened, Request};
use tempfile::TempDir;

use super::rig::{KIB, MIB, Rig, Tracker, bare, noise, read, within};
use crate::support::swarm::Share;

const PIECE: usize = 256 * KIB;

/// A film, those who have it behind taps, and a server that knows no more than a magnet link says.
struct Stage {
    film: Vec<u8>,
    taps: Vec<Tap>,
    rig: Rig,
    opened: Opened,
    _seeds: Vec<Scripted>,
    _folder: TempDir,
}

impl Stage {
    async fn new(length: usize, crowd: &[Habits]) -> Self {
        let film = noise(length, length as u64);
        let share = Share::single("Film.mp4", film.clone(), PIECE, &[]);
        let (field, data) = (field(&share, PIECE), Arc::new(film.clone()));
        let (mut seeds, mut taps) = (Vec::new(), Vec::new());
        for habits in crowd {
            let seed = Scripted::start(&field, data.clone(), *habits).await;
            taps.push(Tap::before(seed.addr.port(), &field).await);
            seeds.push(seed);
        }
        let peers: Vec<_> = taps.iter().map(|tap| tap.addr).collect();
        let tracker = Tracker::new(&peers, true).await;
        let folder = tempfile::tempdir().unwrap();
        let rig = Rig::new(folder.path()).await;
        let request = Request { trackers: vec![tracker.url], ..bare(share.info_hash.parse().unwrap(), 0) };
        let opened = within(20, rig.open(&request)).await.unwrap();
        Self { film, taps, rig, opened, _seeds: seeds, _folder: folder }
    }

    fn file(&self) -> &CacheFile {
        &self.opened.file
    }

    /// Reads a part of the film, and compares it.
    async fn play(&self, from: usize, to: usize) {
        let bytes = within(30, read(self.file(), from as u64, to as u64)).await;
        assert!(bytes == self.film[from..to], "{from} to {to}");
    }

    /// Nothing was against the rules, nothing came by the engine, and hardly anything twice.
    async fn judge(self) -> Vec<Tap> {
        let acts: Vec<Act> = self.taps.iter().flat_map(Tap::acts).collect();
        let (all, again) = came(acts);
        for tap in &self.taps {
            assert_eq!(tap.breaches(), Vec::<String>::new());
            let by_engine = tap.engine(|referee| came(referee.acts().iter().copied()).0);
            assert_eq!(by_engine.iter().sum::<u64>(), 0, "the engine has fetched something");
        }
        assert!(again * 20 <= all, "{again} of {all} bytes came again");
        self.rig.stop().await;
        self.taps
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_play_with_a_seek_keeps_to_the_rules_and_wastes_little() {
    let crowd = [
        Habits { rate: 6e6, ..Habits::default() },
        Habits { rate: 4e6, fast: false, queue: 9, ..Habits::default() },
        Habits { rate: 0.3e6, ..Habits::default() },
        Habits { rate: 2e6, queue: 2, ..Habits::default() },
    ];
    let stage = Stage::new(24 * MIB + 12_345, &crowd).await;
    let (length, seek) = (stage.film.len(), 15 * MIB);
    stage.play(0, 5 * MIB).await;
    stage.play(seek, length).await;
    stage.play(5 * MIB, seek).await;
    for (tap, habits) in stage.judge().await.iter().zip(crowd) {
        let most = tap.small(Referee::most_outstanding).into_iter().max().unwrap();
        assert!((1..=habits.queue as usize).contains(&most), "{most}");
    }
}

/// Requests for what lies far from the reader are taken back before anything near him is asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seek_takes_back_what_is_not_wanted_any_more() {
    let crowd = [
        Habits { rate: 0.7e6, ..Habits::default() },
        Habits { rate: 0.7e6, fast: false, ..Habits::default() },
    ];
    let stage = Stage::new(40 * MIB, &crowd).await;
    let seek = 24 * MIB;
    stage.play(0, MIB).await;
    stage.play(seek, seek + 600 * KIB).await;
    let first = (seek / PIECE) as u32;
    for tap in stage.judge().await {
        let acts = tap.acts();
        let is_new = |piece: u32| (first..first + 20).contains(&piece);
        let seeks = acts.iter().position(|act| matches!(act, Act::Asked(block) if is_new(block.piece)));
        let before = &acts[..seeks.expect("it was asked for something there")];
        let mut waiting = Vec::new();
        for act in before {
            match act {
                Act::Asked(block) => waiting.push(*block),
                Act::Came(block) | Act::Lost(block) | Act::TakenBack(block) => {
                    waiting.retain(|other| other != block);
                }
            }
        }
        waiting.retain(|block| block.piece < first);
        assert_eq!(waiting, [], "still under way");
        assert!(before.iter().any(|act| matches!(act, Act::TakenBack(_))), "nothing was taken back");
    }
}

async fn plays_with(habits: Habits, others: &[Habits], least_chokes: usize) {
    let stage = Stage::new(8 * MIB + 1, &[&[habits], others].concat()).await;
    let length = stage.film.len();
    stage.play(5 * MIB, length).await;
    stage.play(0, 5 * MIB).await;
    let taps = stage.judge().await;
    let chokes: usize = taps[0].small(Referee::chokes_heard).iter().sum();
    assert!(chokes >= least_chokes, "{chokes} chokes were heard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_chokes_in_mid_flight_is_asked_anew_and_not_before_it_opens() {
    let moody = |fast| Habits { fast, chokes_after: Some(23), rate: 6e6, ..Habits::default() };
    plays_with(moody(true), &[], 15).await;
    plays_with(moody(false), &[], 15).await;
    plays_with(moody(false), &[moody(true), Habits { rate: 1e6, ..Habits::default() }], 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_for_what_he_has_not_told_of() {
    let shows = |shows, fast| Habits { shows, fast, rate: 8e6, ..Habits::default() };
    plays_with(shows(Shows::OneByOne, true), &[], 0).await;
    plays_with(shows(Shows::OneByOne, false), &[shows(Shows::OneByOne, true)], 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_super_seed_is_asked_for_each_piece_that_it_shows() {
    let stage =
        Stage::new(3 * MIB, &[Habits { shows: Shows::Sparingly, rate: 8e6, ..Habits::default() }]).await;
    stage.play(0, 3 * MIB).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_that_are_allowed_come_through_a_shut_door_and_no_others() {
    let stage = Stage::new(3 * MIB, &[Habits { allows: 3, rate: 2e6, ..Habits::default() }]).await;
    stage.play(0, 3 * MIB).await;
    let acts = stage.judge().await[0].acts();
    let blocks = 3 * PIECE / (16 * KIB);
    let first =
        acts.iter().filter_map(|act| if let Act::Came(block) = act { Some(block.piece) } else { None });
    assert!(first.take(blocks).all(|piece| piece < 3));
}
