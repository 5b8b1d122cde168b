//! Every ordered pair of sources: the first dies at four points of a play, and the bytes are still right.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::stage::{Stage, Way};
use super::viewer;

/// What the design promises for a switch in mid-play.
const LONGEST_GAP: Duration = Duration::from_secs(3);

/// How long a viewer may wait for the first byte when the first source is dead from the start.
const LONGEST_START: Duration = Duration::from_secs(5);

/// Bytes of the film, and how many of them come per second from the source that is to die.
const LENGTH: usize = 6_000_000;
const PACE: u64 = 3_000_000;

/// So small that at 99 % some are neither there nor on their way.
const PIECE: usize = 16 * 1024;

/// How many bytes per second come from the source that is to die at 99 % when `SLOWER` per cent are there.
const CRAWL: u64 = 200_000;
const SLOWER: usize = 95;

/// A source that is there in time but is of no use yet.
const TRICKLE: u64 = 40_000;

/// How the first source gets in front of the second.
enum Order {
    /// The policy asks it first.
    Policy(&'static str),
    /// All are asked; the second has nothing to offer until the first dies.
    Race,
}

/// How the first source ends.
#[derive(Clone, Copy)]
enum End {
    /// Its connections break.
    Death,
    /// Nothing comes any more.
    Silence,
}

/// Two sources of a film, of which the first comes to an end.
struct Pair {
    stage: Stage,
    first: Way,
    second: Way,
    is_race: bool,
}

impl Pair {
    fn new(first: Way, second: Way, order: &Order, with_table: bool) -> Self {
        let (policy, is_race) = match order {
            Order::Policy(name) => (*name, false),
            Order::Race => ("race", true),
        };
        let mut stage = Stage::new(&[first, second], |setup| setup.env("HEADWATER_SOURCE_POLICY", policy));
        (stage.with_table, stage.piece) = (with_table, PIECE);
        Self { stage, first, second, is_race }
    }

    /// Plays a film whose first source ends at so many per cent.
    async fn play(&self, per_cent: usize, end: End) {
        let Self { stage, first, second, is_race } = self;
        let (first, second) = (*first, *second);
        let film = stage.film(&format!("film {per_cent}.mkv"), 70 + per_cent as u64, LENGTH);
        stage.revive(&film, first);
        stage.throttle(&film, first, Some(PACE));
        stage.throttle(&film, second, is_race.then_some(TRICKLE));
        let strike = || {
            match end {
                End::Death => stage.kill(&film, first),
                End::Silence => stage.silence(&film, first),
            }
            stage.throttle(&film, second, None);
        };
        let slow = || stage.throttle(&film, first, Some(CRAWL));
        let (at, slower) = (LENGTH / 100 * per_cent, LENGTH / 100 * SLOWER);
        let moments: &[viewer::Moment<'_>] = match per_cent {
            0 => &[],
            _ if at > slower && first == Way::Debrid => {
                // Without a file table its last bytes come to the viewer all at once, when it is too late.
                stage.let_service_send(at as u64);
                &[]
            }
            _ if at > slower => &[(slower, &slow), (at, &strike)],
            _ => &[(at, &strike)],
        };
        let began = Instant::now();
        if at == 0 {
            strike();
        }
        let path = stage.start(&film).await;
        let prepared = began.elapsed();
        let seen = viewer::play(&stage.server, &path, film.bytes(), moments).await;
        // The records are brought up to date several times a second.
        let mut attempts = stage.attempts(&film).await;
        for _ in 0..20 {
            if got(&attempts, second) > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            attempts = stage.attempts(&film).await;
        }
        let (start, gap) = (prepared + seen.first_byte, seen.longest_gap);
        assert!(start < LONGEST_START, "{per_cent} %: it began after {start:?}; {attempts:#?}");
        assert!(gap < LONGEST_GAP, "{per_cent} %: nothing for {gap:?}; {attempts:#?}");
        assert!(got(&attempts, second) > 0, "{per_cent} %: the second has not helped: {attempts:#?}");
        // What the second trickles in a race from the start is no help yet.
        assert!(got(&attempts, first) < LENGTH as u64, "{per_cent} %: nothing was missing: {attempts:#?}");
        if per_cent > 0 {
            assert!(got(&attempts, first) > 0, "{per_cent} %: the first was not in front: {attempts:#?}");
        }
    }
}

/// Bytes that have come by a way.
fn got(attempts: &[Value], way: Way) -> u64 {
    let of_it = attempts.iter().filter(|attempt| attempt["source"] == way.source());
    of_it.filter_map(|attempt| attempt["bytes"].as_u64()).sum()
}

async fn pair(first: Way, second: Way, order: Order, with_table: bool) {
    let pair = Pair::new(first, second, &order, with_table);
    for per_cent in [0, 10, 50, 99] {
        pair.play(per_cent, End::Death).await;
    }
}

macro_rules! pairs {
    ($($name:ident: $first:ident -> $second:ident, $order:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            pair(Way::$first, Way::$second, $order, true).await;
        }
    )*};
}

pairs! {
    p2p_then_debrid: P2p -> Debrid, Order::Policy("p2p-first");
    p2p_then_web_seed: P2p -> WebSeed, Order::Policy("p2p-first");
    p2p_then_http: P2p -> Http, Order::Policy("p2p-first");
    debrid_then_p2p: Debrid -> P2p, Order::Policy("debrid-first");
    debrid_then_web_seed: Debrid -> WebSeed, Order::Policy("never-p2p");
    debrid_then_http: Debrid -> Http, Order::Policy("debrid-first");
    web_seed_then_http: WebSeed -> Http, Order::Race;
    web_seed_then_p2p: WebSeed -> P2p, Order::Race;
    web_seed_then_debrid: WebSeed -> Debrid, Order::Race;
    http_then_p2p: Http -> P2p, Order::Race;
    http_then_debrid: Http -> Debrid, Order::Race;
    http_then_web_seed: Http -> WebSeed, Order::Policy("never-p2p");
}

/// Nobody knows the file table when the service begins, and the torrent's own bytes go on where it ends.
#[tokio::test(flavor = "multi_thread")]
async fn debrid_without_a_file_table_then_p2p() {
    pair(Way::Debrid, Way::P2p, Order::Policy("debrid-first"), false).await;
}

/// Nobody ever knows the file table: lengths and compared bytes must do.
#[tokio::test(flavor = "multi_thread")]
async fn debrid_without_a_file_table_then_http() {
    pair(Way::Debrid, Way::Http, Order::Policy("debrid-first"), false).await;
}

macro_rules! silences {
    ($($name:ident: $first:ident -> $second:ident, $order:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            Pair::new(Way::$first, Way::$second, &$order, true).play(50, End::Silence).await;
        }
    )*};
}

silences! {
    p2p_falls_silent_then_debrid: P2p -> Debrid, Order::Policy("p2p-first");
    p2p_falls_silent_then_web_seed: P2p -> WebSeed, Order::Policy("p2p-first");
    web_seed_falls_silent_then_http: WebSeed -> Http, Order::Race;
    web_seed_falls_silent_then_p2p: WebSeed -> P2p, Order::Race;
    web_seed_falls_silent_then_debrid: WebSeed -> Debrid, Order::Race;
    http_falls_silent_then_web_seed: Http -> WebSeed, Order::Policy("never-p2p");
    http_falls_silent_then_p2p: Http -> P2p, Order::Race;
    http_falls_silent_then_debrid: Http -> Debrid, Order::Race;
}
