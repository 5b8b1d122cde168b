//! Many viewers of one file, who want it at the pace of a film.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::load::Client;
use crate::rivals::{self, FILE_LENGTH, Rival};
use crate::support::dice::Dice;

/// Viewers.
const VIEWERS: usize = 1_000;
/// Bytes a second of each: 8 Mbit/s.
const RATE: f64 = 1e6;
/// How often a viewer takes what it has not had.
const PULSE: Duration = Duration::from_millis(250);
/// How long they watch.
const WATCHED: Duration = Duration::from_secs(8);
/// What the system holds for a viewer, as players have it.
const UNREAD: usize = 256 << 10;

/// What the viewers noticed, and what they cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    /// The longest time that a viewer was behind its film, in milliseconds.
    pub(crate) longest_stall: f64,
    /// KiB of the server's memory for each.
    pub(crate) kibibytes: f64,
    /// Share of a core that the server was busy.
    pub(crate) server: f64,
    /// Share of a core that the client was busy.
    pub(crate) client: f64,
}

/// Lets the viewers watch `rival`.
pub(crate) async fn watch(rival: &Rival) -> Crowd {
    let before = rival.usage().memory;
    let mut clients = Vec::new();
    for number in 0..VIEWERS {
        let client = Client::connect(rival).await;
        client.hold_little(UNREAD);
        clients.push((client, Dice::new(number as u64)));
    }
    let (begun, server, client) = (Instant::now(), rival.usage().processor, rivals::own_processor());
    let mut tasks = JoinSet::new();
    for (client, dice) in clients {
        tasks.spawn(view(client, dice));
    }
    // Memory is looked at while all of them are there: shortly before the first one leaves. The time itself is what is
    // measured, so that there is nothing else to wait for.
    tokio::time::sleep(WATCHED).await;
    let after = rival.usage();
    let (seconds, client) = (begun.elapsed().as_secs_f64(), rivals::own_processor() - client);
    let longest = tasks.join_all().await.into_iter().max().unwrap_or_default();
    Crowd {
        longest_stall: longest.as_secs_f64() * 1e3,
        kibibytes: (after.memory - before) / VIEWERS as f64 / 1_024.0,
        server: (after.processor - server) / seconds,
        client: client / seconds,
    }
}

/// The longest time this viewer was behind.
async fn view(mut client: Client, mut dice: Dice) -> Duration {
    // Not all at once, since people do not begin or take at the same moment either.
    let begun = tokio::time::Instant::now() + PULSE.mul_f64(dice.below(1_000) as f64 / 1e3);
    tokio::time::sleep_until(begun).await;
    let needed = (WATCHED + 2 * PULSE).as_secs_f64() * RATE * 2.0;
    let from = dice.below(FILE_LENGTH - needed as u64);
    let asked = FILE_LENGTH - from;
    let mut got = asked - client.open(from, FILE_LENGTH - 1).await;
    let mut longest = begun.elapsed();
    for pulse in 1..=(WATCHED.as_millis() / PULSE.as_millis()) as u32 + 1 {
        let due = begun + PULSE * pulse;
        tokio::time::sleep_until(due).await;
        let wanted = (PULSE * pulse).as_secs_f64() * RATE;
        while got < wanted as u64 {
            got += client.skip(wanted as u64 - got).await;
        }
        longest = longest.max(due.elapsed());
    }
    longest
}
