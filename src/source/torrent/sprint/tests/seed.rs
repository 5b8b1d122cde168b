//! A peer that has everything, in virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

use super::ms;
use crate::source::torrent::wire::{BLOCK, Block, Handshake, Message, MetadataPart};

/// What lies in a seed's send buffer cannot be taken back: libtorrent keeps half a second there, up to 500 KiB.
const BUFFERED: Duration = ms(500);
const MOST_BUFFERED: f64 = 512_000.0;

/// Bytes that a fresh connection carries in its first round trip: ten segments (RFC 6928). Each byte that arrives makes
/// room for one more (RFC 5681).
const FIRST_WINDOW: f64 = 14_480.0;

/// A connection that has carried nothing for so long begins anew, as Linux does it.
const RESTART: Duration = ms(300);

/// What a seed does that others do not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    /// Time from our interest to its unchoke.
    pub(super) unchoke: Duration,
    /// How long it stays open and shut, in turn.
    pub(super) moods: Option<(Duration, Duration)>,
    /// It goes silent after so many bytes.
    pub(super) stall: Option<usize>,
    /// Every so-manieth block is wrong.
    pub(super) corrupt: Option<usize>,
    /// All of this piece is wrong.
    pub(super) rotten: Option<u32>,
    /// It answers every request but those for the first block of a piece.
    pub(super) skips: bool,
    /// What it sends takes up to so much longer, which comes and goes within the first time.
    pub(super) sways: Option<(Duration, Duration)>,
    /// It sends so seldom, and then all that is due.
    pub(super) gulps: Option<Duration>,
}

/// An ordinary one.
pub(super) const PLAIN: Habits = Habits {
    unchoke: Duration::ZERO,
    moods: None,
    stall: None,
    corrupt: None,
    rotten: None,
    skips: false,
    sways: None,
    gulps: None,
};

/// A seed.
#[derive(Debug)]
pub(super) struct Seed {
    pub(super) round_trip: Duration,
    rate: f64,
    habits: Habits,
    queue: VecDeque<Block>,
    /// Something is being sent until then.
    busy: Option<Duration>,
    pub(super) open: bool,
    /// When it changes its mind next.
    mood: Option<Duration>,
    sent: usize,
    blocks: usize,
    /// When the latest that it has sent arrives.
    arrived: Duration,
    /// Bytes that the connection carries in a round trip.
    window: f64,
}

/// The metadata of the only torrent there is: two parts.
pub(super) fn info() -> Bytes {
    Bytes::from(vec![7; 20_000])
}

pub(super) fn handshake(info_hash: [u8; 20]) -> Handshake {
    Handshake { info_hash, peer_id: [3; 20], extensions: true, fast: true }
}

impl Seed {
    pub(super) fn new(round_trip: u64, kilobytes: u32, habits: Habits) -> Self {
        Self {
            round_trip: ms(round_trip),
            rate: f64::from(kilobytes) * 1000.0,
            habits,
            queue: VecDeque::new(),
            busy: None,
            open: false,
            mood: None,
            sent: 0,
            blocks: 0,
            arrived: Duration::ZERO,
            window: FIRST_WINDOW,
        }
    }

    pub(super) fn greeting(&self) -> [Message; 2] {
        let text = format!("d1:md11:ut_metadatai3ee13:metadata_sizei{}e4:reqqi500ee", info().len());
        [Message::Extended(0, text.into()), Message::HaveAll]
    }

    /// Replies with the time they take; without a reply it wants to act then.
    pub(super) fn hear(&mut self, message: Message, now: Duration) -> Vec<(Duration, Option<Message>)> {
        match message {
            Message::Interested => {
                self.mood = Some(now + self.habits.unchoke);
                vec![(self.habits.unchoke, None)]
            }
            Message::NotInterested => {
                (self.open, self.mood) = (false, None);
                vec![(Duration::ZERO, Some(Message::Choke))]
            }
            Message::Request(block) if self.habits.skips && block.begin == 0 => vec![],
            Message::Request(block) if !self.open => vec![(Duration::ZERO, Some(Message::Reject(block)))],
            Message::Request(block) => {
                self.queue.push_back(block);
                if self.busy.is_none() { vec![(Duration::ZERO, None)] } else { vec![] }
            }
            Message::Cancel(block) => {
                let buffered = (self.rate * BUFFERED.as_secs_f64()).min(MOST_BUFFERED) as u32;
                let from = 1 + (buffered / BLOCK) as usize;
                let index =
                    self.queue.iter().position(|other| *other == block).filter(|index| *index >= from);
                let rejected = index.and_then(|index| self.queue.remove(index));
                rejected.map(|block| (Duration::ZERO, Some(Message::Reject(block)))).into_iter().collect()
            }
            Message::Extended(3, body) => {
                let Ok(Some(MetadataPart::Wanted(part))) = MetadataPart::read(&body) else { return vec![] };
                let from = part as usize * 16384;
                let data = info().slice(from..info().len().min(from + 16384));
                vec![(Duration::ZERO, Some(MetadataPart::Here(part, data).message(1)))]
            }
            _ => vec![],
        }
    }

    /// Does what is due: a change of mood, or the next block. It wants to act again then.
    pub(super) fn act(&mut self, now: Duration) -> (Option<Message>, Option<Duration>) {
        if self.mood.is_some_and(|mood| mood <= now) {
            self.open = !self.open;
            self.mood = self.habits.moods.map(|(open, shut)| now + if self.open { open } else { shut });
            let message = if self.open { Message::Unchoke } else { Message::Choke };
            return (Some(message), self.mood);
        }
        if self.busy.is_some_and(|busy| busy > now) {
            return (None, None);
        }
        // What is due now was begun before: requests wait while a block is being sent.
        let finished = self.busy.take().and_then(|_| self.queue.pop_front());
        let message = finished.map(|block| self.piece(block));
        let stalled = self.habits.stall.is_some_and(|stall| self.sent >= stall);
        if let Some(block) = self.queue.front().filter(|_| !stalled) {
            if now.saturating_sub(self.arrived) > RESTART {
                self.window = FIRST_WINDOW;
            }
            let length = f64::from(block.length);
            let rate = self.rate.min(self.window / self.round_trip.as_secs_f64());
            self.busy = Some(now + Duration::from_secs_f64(length / rate));
            self.window += length;
        }
        (message, self.busy)
    }

    /// When what is sent now is at the other end.
    pub(super) fn arrival(&mut self, now: Duration) -> Duration {
        let sent = self.habits.gulps.map_or(now, |every| {
            Duration::from_secs_f64((now.as_secs_f64() / every.as_secs_f64()).ceil() * every.as_secs_f64())
        });
        let longer = self.habits.sways.map_or(Duration::ZERO, |(period, most)| {
            // Seeds at different distances do not sway together.
            let at =
                (now.as_secs_f64() / period.as_secs_f64() + self.round_trip.as_secs_f64() * 17.3).fract();
            most.mul_f64(1.0 - (2.0 * at - 1.0).abs())
        });
        self.arrived = self.arrived.max(sent + self.round_trip / 2 + longer);
        self.arrived
    }

    fn piece(&mut self, block: Block) -> Message {
        self.sent += block.length as usize;
        self.blocks += 1;
        let mut data = vec![0; block.length as usize];
        let is_corrupt = self.habits.corrupt.is_some_and(|every| self.blocks.is_multiple_of(every));
        if is_corrupt || self.habits.rotten == Some(block.piece) {
            data[0] = 1;
        }
        Message::Piece { piece: block.piece, begin: block.begin, data: data.into() }
    }
}
