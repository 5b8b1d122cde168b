//! The whole client against peers that exist in virtual time only: round trips, rates, and habits.

mod hostile;
mod profiles;
mod seed;
mod strangers;
mod unsteady;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::crowd::{Crowd, Event};
use super::geometry::Geometry;
use super::peer::{Identity, Opening};
use super::plan::{PeerKey, Target};
use crate::source::torrent::wire::{Decoder, Message};
use seed::{Habits, Seed};

/// The driver looks at everything so often even when nothing is heard.
const TICK: Duration = Duration::from_millis(20);

pub(super) const fn ms(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// What happens at some moment.
#[derive(Debug)]
enum What {
    Connected(usize),
    ReachesSeed(usize, Bytes),
    SeedActs(usize),
    Handshake(usize),
    ReachesLine(usize, Message),
    ReachesUs(usize, Message),
    Checked(u32, bool),
    Tick,
}

/// A swarm and our side of it.
struct World {
    start: Instant,
    now: Duration,
    crowd: Crowd,
    seeds: Vec<Seed>,
    decoders: Vec<Decoder>,
    agenda: BinaryHeap<Reverse<(Duration, u64)>>,
    happenings: BTreeMap<u64, What>,
    next: u64,
    geometry: Geometry,
    /// When our line is free again, and its bytes per second.
    line: (Duration, f64),
    first_block: Option<Duration>,
    /// When each piece was there and right.
    done: BTreeMap<u32, Duration>,
    wrong: u32,
    /// Those who were left because they lied.
    liars: Vec<usize>,
    head: Vec<Target>,
}

impl World {
    /// Peers are known after `tracker`; the file has pieces of `piece_length`, and our line brings `line` bytes per
    /// second.
    fn new(tracker: Duration, piece_length: u32, line: f64, seeds: Vec<Seed>) -> Self {
        let info = seed::info();
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &info);
        let identity = Identity {
            info_hash: hash.as_ref().try_into().unwrap(),
            peer_id: [2; 20],
            client: "Headwater".to_owned(),
        };
        let geometry = Geometry::new(piece_length, 384 << 20);
        let mut world = Self {
            start: Instant::now(),
            now: Duration::ZERO,
            crowd: Crowd::new(identity),
            decoders: seeds.iter().map(|_| Decoder::default()).collect(),
            seeds,
            agenda: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            next: 0,
            geometry,
            line: (Duration::ZERO, line),
            first_block: None,
            done: BTreeMap::new(),
            wrong: 0,
            liars: Vec::new(),
            head: Vec::new(),
        };
        world.crowd.hurry();
        for index in 0..world.seeds.len() {
            world.at(tracker + world.seeds[index].round_trip, What::Connected(index));
        }
        world.at(TICK, What::Tick);
        world
    }

    fn at(&mut self, time: Duration, what: What) {
        self.next += 1;
        self.agenda.push(Reverse((time, self.next)));
        self.happenings.insert(self.next, what);
    }

    /// Runs until `pieces` are there; the time it took since the start.
    fn until(&mut self, pieces: std::ops::Range<u32>) -> Duration {
        while !pieces.clone().all(|piece| self.done.contains_key(&piece)) {
            assert!(self.now < Duration::from_secs(120), "{pieces:?} never came");
            self.step();
        }
        pieces.map(|piece| self.done[&piece]).max().unwrap_or_default()
    }

    fn aim(&mut self, targets: Vec<Target>) {
        self.crowd.aim(targets);
        self.act();
    }

    fn step(&mut self) {
        let Some(Reverse((time, number))) = self.agenda.pop() else { panic!("nothing happens any more") };
        self.now = time;
        let what = self.happenings.remove(&number).unwrap();
        self.happen(what);
        self.act();
    }

    fn happen(&mut self, what: What) {
        let key = |index: usize| PeerKey(index as u64);
        match what {
            What::Connected(index) => {
                let (round_trip, now) = (self.seeds[index].round_trip, self.start + self.now);
                self.crowd.connect(key(index), Opening::AtOnce, round_trip, now);
            }
            What::ReachesSeed(index, bytes) => self.reach_seed(index, &bytes),
            What::SeedActs(index) => self.seed_acts(index),
            What::Handshake(index) => {
                let handshake = seed::handshake(self.crowd_hash());
                self.crowd.greet(key(index), &handshake).unwrap();
            }
            What::ReachesLine(index, message) => {
                let size = if let Message::Piece { data, .. } = &message { data.len() } else { 5 };
                self.line.0 = self.line.0.max(self.now) + Duration::from_secs_f64(size as f64 / self.line.1);
                self.at(self.line.0, What::ReachesUs(index, message));
            }
            What::ReachesUs(index, message) => {
                let mut events = Vec::new();
                self.crowd.hear(key(index), message, self.start + self.now, &mut events).unwrap();
                events.into_iter().for_each(|event| self.follow(event));
                if self.crowd.traffic().useful > 0 {
                    self.first_block.get_or_insert(self.now);
                }
            }
            What::Checked(piece, matches) => {
                self.wrong += u32::from(!matches);
                if matches {
                    self.done.insert(piece, self.now);
                }
                for liar in self.crowd.judge(piece, Some(matches)) {
                    self.liars.push(liar.0 as usize);
                    self.crowd.leave(liar);
                }
            }
            What::Tick => self.at(self.now + TICK, What::Tick),
        }
    }

    fn crowd_hash(&self) -> [u8; 20] {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &seed::info());
        hash.as_ref().try_into().unwrap()
    }

    fn reach_seed(&mut self, index: usize, bytes: &[u8]) {
        let decoder = &mut self.decoders[index];
        decoder.space().extend_from_slice(bytes);
        let half = self.seeds[index].round_trip / 2;
        if !decoder.is_greeted() {
            decoder.handshake().unwrap().unwrap();
            self.at(self.now + half, What::Handshake(index));
            for message in self.seeds[index].greeting() {
                self.at(self.now + half, What::ReachesUs(index, message));
            }
        }
        while let Some(message) = self.decoders[index].message().unwrap() {
            for (wait, reply) in self.seeds[index].hear(message, self.now) {
                match reply {
                    Some(reply) => self.at(self.now + wait + half, What::ReachesUs(index, reply)),
                    None => self.at(self.now + wait, What::SeedActs(index)),
                }
            }
        }
    }

    fn seed_acts(&mut self, index: usize) {
        let (message, again) = self.seeds[index].act(self.now);
        if let Some(message) = message {
            let arrival = self.seeds[index].arrival(self.now);
            self.at(arrival, What::ReachesLine(index, message));
        }
        if let Some(again) = again {
            self.at(again.max(self.now), What::SeedActs(index));
        }
    }

    fn follow(&mut self, event: Event) {
        match event {
            Event::Metadata(info) => {
                assert_eq!(info, seed::info());
                assert_eq!(self.crowd.learn(self.geometry), (Vec::new(), None));
                let head = self.head.clone();
                self.crowd.aim(head);
            }
            Event::Full(full) => {
                assert_eq!(full.data.len(), self.geometry.size(full.piece) as usize);
                let matches = full.data.iter().all(|byte| *byte == 0);
                // A core hashes a gigabyte in a second.
                let time = Duration::from_nanos(full.data.len() as u64);
                self.at(self.now + time, What::Checked(full.piece, matches));
            }
            Event::Peers(_) => {}
        }
    }

    fn act(&mut self) {
        self.crowd.plan(self.start + self.now);
        let outputs: Vec<(PeerKey, Bytes)> = self.crowd.outputs().collect();
        for (PeerKey(key), bytes) in outputs {
            let index = key as usize;
            self.at(self.now + self.seeds[index].round_trip / 2, What::ReachesSeed(index, bytes));
        }
    }

    /// Bytes that were of no use, by those that were.
    fn waste(&self) -> f64 {
        let traffic = self.crowd.traffic();
        traffic.needless as f64 / traffic.useful as f64
    }
}
