//! Every ordered pair of sources: the first dies at four points of a play, and the bytes are still right.

use std::time::Duration;

use super::stage::{Stage, Way};
use super::viewer::{self, Seen};

/// What the design promises for a switch in mid-play.
const LONGEST_GAP: Duration = Duration::from_secs(3);

/// Bytes of the film, and how many of them come per second from the source that is to die.
const LENGTH: usize = 6_000_000;
const PACE: u64 = 3_000_000;

/// A source that is there in time but is of no use yet.
const TRICKLE: u64 = 40_000;

/// How the first source gets in front of the second.
enum Order {
    /// The policy asks it first.
    Policy(&'static str),
    /// All are asked; the second has nothing to offer until the first dies.
    Race,
}

async fn pair(first: Way, second: Way, order: Order, with_table: bool) {
    let policy = match order {
        Order::Policy(name) => name,
        Order::Race => "race",
    };
    let mut stage = Stage::new(&[first, second], |setup| setup.env("HEADWATER_SOURCE_POLICY", policy));
    stage.with_table = with_table;
    for (number, per_cent) in [0, 10, 50, 99].into_iter().enumerate() {
        let film = stage.film(&format!("film {per_cent}.mkv"), 70 + number as u64, LENGTH);
        stage.revive(&film, first);
        stage.throttle(&film, first, Some(PACE));
        stage.throttle(&film, second, matches!(order, Order::Race).then_some(TRICKLE));
        let strike = || {
            stage.kill(&film, first);
            stage.throttle(&film, second, None);
        };
        let at = LENGTH / 100 * per_cent;
        if at == 0 {
            strike();
        }
        let path = stage.start(&film).await;
        let Seen { longest_gap, .. } = viewer::play(&stage.server, &path, film.bytes(), at, || {
            if at > 0 {
                strike()
            }
        })
        .await;
        let attempts = stage.attempts(&film).await;
        let got = |way: Way| -> u64 {
            let of_it = attempts.iter().filter(|attempt| attempt["source"] == way.source());
            of_it.filter_map(|attempt| attempt["bytes"].as_u64()).sum()
        };
        assert!(longest_gap < LONGEST_GAP, "{per_cent} %: nothing for {longest_gap:?}; {attempts:#?}");
        // At the very end all that is missing may be on its way to the reader already.
        assert!(got(second) > 0 || per_cent == 99, "{per_cent} %: the second has not helped: {attempts:#?}");
        if per_cent > 0 {
            assert!(got(first) > 0, "{per_cent} %: the first was not in front: {attempts:#?}");
        }
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
