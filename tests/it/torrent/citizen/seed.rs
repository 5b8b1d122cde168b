//! A scripted peer that has all of a torrent: honest and exact unless its habits say otherwise.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::referee::Field;
use super::wire::{BLOCK, Block, Ear, Hello, Word, metadata, number};
use crate::support::swarm::Share;

/// Under which number it wants to be spoken to of metadata.
const METADATA: u8 = 7;

/// How it tells what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::torrent) enum Shows {
    /// At once: `have all` where the fast extension is spoken, a bitfield where it is not.
    All,
    /// Nothing at first, and then piece by piece, the last one first, every few milliseconds.
    OneByOne,
    /// One piece, and the next when that has been sent: super-seeding (BEP 16).
    Sparingly,
}

/// What it does.
#[derive(Debug, Clone, Copy)]
pub(in crate::torrent) struct Habits {
    pub(in crate::torrent) fast: bool,
    /// Requests that it says to queue.
    pub(in crate::torrent) queue: u32,
    /// Bytes per second.
    pub(in crate::torrent) rate: f64,
    pub(in crate::torrent) shows: Shows,
    /// It chokes each time it has sent so many blocks, with requests still in its queue, until that was heard.
    pub(in crate::torrent) chokes_after: Option<u32>,
    /// It opens only when it has sent so many first pieces through its shut door.
    pub(in crate::torrent) allows: u32,
    /// Each block that it sends after so many is wrong.
    pub(in crate::torrent) lies_after: Option<u32>,
    /// It falls silent after so many blocks.
    pub(in crate::torrent) stalls_after: Option<u32>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            fast: true,
            queue: 250,
            rate: 3e6,
            shows: Shows::All,
            chokes_after: None,
            allows: 0,
            lies_after: None,
            stalls_after: None,
        }
    }
}

/// What a peer has to know of the torrent of a share.
pub(in crate::torrent) fn field(share: &Share, piece_length: usize) -> Field {
    let mark = b"4:info";
    let at = share.torrent.windows(mark.len()).position(|part| part == mark).unwrap() + mark.len();
    Field {
        info_hash: *share.info_hash.parse::<headwater::domain::InfoHash>().unwrap().as_bytes(),
        // `info` is the last entry of what the tests write.
        info: share.torrent[at..share.torrent.len() - 1].to_vec(),
        piece_length: u32::try_from(piece_length).unwrap(),
        total: share.files.iter().map(|file| file.len() as u64).sum(),
    }
}

/// The peer. It ends when it is dropped.
pub(in crate::torrent) struct Scripted {
    pub(in crate::torrent) addr: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Scripted {
    pub(in crate::torrent) async fn start(field: &Field, data: Arc<Vec<u8>>, habits: Habits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (field, mut tasks) = (field.clone(), JoinSet::new());
        tasks.spawn(async move {
            let mut talks = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let talk = Talk::new(stream, field.clone(), data.clone(), habits);
                // However it ends, the other side has left.
                talks.spawn(async move { drop(talk.run().await) });
            }
        });
        Self { addr, _tasks: tasks }
    }
}

/// One connection.
struct Talk {
    stream: TcpStream,
    field: Field,
    data: Arc<Vec<u8>>,
    habits: Habits,
    queue: VecDeque<Block>,
    open: bool,
    /// Under which number the other side wants to be spoken to of metadata.
    theirs: Option<u8>,
    sent: u32,
    /// When the next block is due, and the next `have`.
    due: Instant,
    show: Instant,
    shown: u32,
}

impl Talk {
    fn new(stream: TcpStream, field: Field, data: Arc<Vec<u8>>, habits: Habits) -> Self {
        let now = Instant::now();
        Self {
            stream,
            field,
            data,
            habits,
            queue: VecDeque::new(),
            open: false,
            theirs: None,
            sent: 0,
            due: now,
            show: now,
            shown: 0,
        }
    }

    async fn run(mut self) -> std::io::Result<()> {
        let (mut ear, mut buffer) = (Ear::default(), vec![0; 16 * 1024]);
        loop {
            let has_block =
                !self.queue.is_empty() && self.habits.stalls_after.is_none_or(|most| self.sent < most);
            let shows = self.habits.shows == Shows::OneByOne
                && self.theirs.is_some()
                && self.shown < self.field.pieces();
            tokio::select! {
                length = self.stream.read(&mut buffer) => {
                    let length = length?;
                    let Some(words) = ear.hear(&buffer[..length]).filter(|_| length > 0) else { return Ok(()) };
                    for word in words {
                        self.answer(word).await?;
                    }
                }
                () = sleep_until(self.due), if has_block => self.send_block().await?,
                () = sleep_until(self.show), if shows => {
                    self.shown += 1;
                    self.show += Duration::from_millis(5);
                    self.say(Word::Have(self.field.pieces() - self.shown)).await?;
                }
            }
        }
    }

    async fn say(&mut self, word: Word) -> std::io::Result<()> {
        self.stream.write_all(&word.bytes()).await
    }

    async fn answer(&mut self, word: Word) -> std::io::Result<()> {
        match word {
            Word::Hello(_) => self.greet().await?,
            Word::Interested if self.habits.allows == 0 => self.unchoke().await?,
            Word::Request(block) => self.request(block).await?,
            Word::Cancel(block) => {
                if let Some(at) = self.queue.iter().position(|other| *other == block) {
                    self.queue.remove(at);
                    self.refuse(block).await?;
                }
            }
            Word::Extended(0, body) => {
                self.theirs = number(&body, "11:ut_metadata").and_then(|at| at.try_into().ok())
            }
            Word::Extended(METADATA, body) => self.metadata(&body).await?,
            _ => {}
        }
        Ok(())
    }

    async fn greet(&mut self) -> std::io::Result<()> {
        let reserved = [0, 0, 0, 0, 0, 0x10, 0, if self.habits.fast { 4 } else { 0 }];
        let info_hash = self.field.info_hash;
        self.say(Word::Hello(Hello { reserved, info_hash, peer_id: *b"-XX0001-scriptedpeer" })).await?;
        let pieces = self.field.pieces();
        match (self.habits.shows, self.habits.fast) {
            (Shows::All, true) => self.say(Word::HaveAll).await?,
            (Shows::All, false) => {
                let mut bits = vec![0_u8; pieces.div_ceil(8) as usize];
                (0..pieces).for_each(|piece| bits[piece as usize / 8] |= 0x80 >> (piece % 8));
                self.say(Word::Bitfield(bits)).await?;
            }
            (_, true) => self.say(Word::HaveNone).await?,
            // Who has nothing need not say so.
            (_, false) => {}
        }
        let (queue, length) = (self.habits.queue, self.field.info.len());
        let body = format!("d1:md11:ut_metadatai{METADATA}ee13:metadata_sizei{length}e4:reqqi{queue}ee");
        self.say(Word::Extended(0, body.into_bytes())).await?;
        for piece in 0..self.habits.allows {
            self.say(Word::AllowedFast(piece)).await?;
        }
        if self.habits.shows == Shows::Sparingly { self.say(Word::Have(0)).await } else { Ok(()) }
    }

    async fn request(&mut self, block: Block) -> std::io::Result<()> {
        if self.open || self.habits.fast && block.piece < self.habits.allows {
            if self.queue.is_empty() {
                self.due = self.due.max(Instant::now());
            }
            self.queue.push_back(block);
            return Ok(());
        }
        self.refuse(block).await
    }

    /// Only the fast extension has a word for it.
    async fn refuse(&mut self, block: Block) -> std::io::Result<()> {
        if self.habits.fast { self.say(Word::Reject(block)).await } else { Ok(()) }
    }

    async fn unchoke(&mut self) -> std::io::Result<()> {
        self.open = true;
        self.say(Word::Unchoke).await
    }

    /// A question about metadata, or the answer to one: then the choke that came before it was heard.
    async fn metadata(&mut self, body: &[u8]) -> std::io::Result<()> {
        let part = number(body, "5:piece").unwrap_or_default();
        let Some(theirs) = self.theirs else { return Ok(()) };
        if number(body, "8:msg_type") != Some(0) {
            return if self.open { Ok(()) } else { self.unchoke().await };
        }
        let from = (part * BLOCK) as usize;
        let end = self.field.info.len().min(from + BLOCK as usize);
        let answer = metadata(1, part, &self.field.info[from..end]);
        self.say(Word::Extended(theirs, answer)).await
    }

    async fn send_block(&mut self) -> std::io::Result<()> {
        let Some(block) = self.queue.pop_front() else { return Ok(()) };
        self.due += Duration::from_secs_f64(f64::from(block.length) / self.habits.rate);
        let start = u64::from(block.piece) * u64::from(self.field.piece_length) + u64::from(block.begin);
        let mut data = self.data[start as usize..start as usize + block.length as usize].to_vec();
        data[0] ^= u8::from(self.habits.lies_after.is_some_and(|honest| self.sent >= honest));
        self.say(Word::Piece(block, data)).await?;
        self.sent += 1;
        let (blocks, pieces) = (self.field.piece_length / BLOCK, self.field.pieces());
        if self.habits.shows == Shows::Sparingly
            && self.sent.is_multiple_of(blocks)
            && self.sent / blocks < pieces
        {
            self.say(Word::Have(self.sent / blocks)).await?;
        }
        if !self.open && self.sent == self.habits.allows * blocks {
            self.unchoke().await?;
        }
        match self.habits.chokes_after {
            Some(after) if self.sent.is_multiple_of(after) => self.choke().await,
            _ => Ok(()),
        }
    }

    /// Chokes, and asks something that is answered after that was heard.
    async fn choke(&mut self) -> std::io::Result<()> {
        self.open = false;
        self.say(Word::Choke).await?;
        for block in std::mem::take(&mut self.queue) {
            self.refuse(block).await?;
        }
        match self.theirs {
            Some(theirs) => self.say(Word::Extended(theirs, metadata(0, 0, &[]))).await,
            None => Ok(()),
        }
    }
}
