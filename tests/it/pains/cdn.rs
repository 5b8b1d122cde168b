//! Rows 16 and 19: file servers that are busy, dead, or count connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::cdn::{Fault, Scope};
use crate::support::chaos::Chaos;
use crate::support::debrid::alldebrid::ALL_DEBRID;
use crate::support::debrid::premiumize::PREMIUMIZE;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{LinkOrder, Links};
use crate::support::media;

use super::town::{Town, about_torrents};

/// What the design promises for a switch in mid-play.
const LONGEST_GAP: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn pain_16_a_file_server_that_turns_busy_in_mid_play_is_replaced_by_another_service() {
    let faults = [
        Fault::Unavailable,
        Fault::TooManyRequests { retry_after: None },
        Fault::TooManyRequests { retry_after: Some(60) },
    ];
    let plays = faults.into_iter().map(|fault| async move {
        let town = Town::new(&[ALL_DEBRID, PREMIUMIZE], |setup| setup);
        let film = town.film("film.mkv", 4_000_000);
        // What is open is cut, and then it is busy.
        let cut = Fault::LaterOn { bytes: 1_500_000, fault: Box::new(Fault::Cut { after: 0 }) };
        town.cdn.set_fault(Scope::Group("alldebrid"), Some(cut));
        let watching = town.watch(&film, "fileIndex=0");
        let striking = async {
            town.until("the first part was sent", || town.sent("alldebrid") >= 1_500_000).await;
            town.cdn.set_fault(Scope::Group("alldebrid"), Some(fault.clone()));
        };
        let (seen, ()) = tokio::join!(watching, striking);
        assert!(seen.longest_gap < LONGEST_GAP, "{fault:?}: nothing for {:?}", seen.longest_gap);
        assert!(town.sent("premiumize") > 0, "{fault:?}: {:#?}", town.attempts(&film, "fileIndex=0").await);
        let refused =
            town.cdn.requests().iter().filter(|request| [429, 503].contains(&request.status)).count();
        assert!(refused <= 12, "{fault:?}: {refused} requests to a busy server");
        assert!(town.fake(ALL_DEBRID).count("", "/v4/link/unlock") <= 3, "links are not made in a loop");
        town.assert_well_behaved();
    });
    futures::future::join_all(plays).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_16_a_file_server_that_is_busy_from_the_start_costs_no_more_than_a_moment() {
    for fault in [Fault::Unavailable, Fault::TooManyRequests { retry_after: Some(60) }] {
        let town = Town::new(&[ALL_DEBRID, PREMIUMIZE], |setup| setup);
        let film = town.film("film.mkv", 700_000);
        town.cdn.set_fault(Scope::Group("alldebrid"), Some(fault.clone()));
        let seen = town.watch(&film, "fileIndex=0").await;
        assert!(seen.first_byte < Duration::from_secs(5), "{fault:?}: {:?}", seen.first_byte);
        assert_eq!(town.sent("premiumize"), 700_000, "{fault:?}");
        town.assert_well_behaved();
    }
}

/// Links that lead through another address: the first `times` of them, or all.
struct Detour {
    links: Arc<dyn Links>,
    by: SocketAddr,
    times: usize,
    made: AtomicUsize,
}

impl Links for Detour {
    fn link(&self, order: LinkOrder) -> String {
        let link = self.links.link(order);
        let mut parts: Vec<&str> = link.split('/').collect();
        let by = self.by.to_string();
        if self.made.fetch_add(1, Ordering::SeqCst) < self.times {
            parts[2] = &by;
        }
        parts.join("/")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_16_a_dead_host_is_left_for_the_one_that_another_link_names() {
    let dead = Chaos::start(SocketAddr::from(([127, 0, 0, 1], 9)));
    dead.refuse(true);
    let by = dead.addr;
    let town = Town::with_links(
        &[ALL_DEBRID],
        |_, links| Arc::new(Detour { links, by, times: 1, made: AtomicUsize::new(0) }),
        |setup| setup,
    );
    let film = town.film("film.mkv", 700_000);
    let seen = town.watch(&film, "fileIndex=0").await;
    assert!(seen.first_byte < Duration::from_secs(5), "{:?}", seen.first_byte);
    assert_eq!(town.fake(ALL_DEBRID).count("", "/v4/link/unlock"), 2);
    assert_eq!(town.fake(ALL_DEBRID).count("", "/v4/magnet/upload"), 1, "only the link is made anew");
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_19_many_viewers_take_few_connections_and_every_byte_comes_once() {
    const FILMS: usize = 7;
    const LENGTH: usize = 1_500_000;
    const VIEWERS: usize = 5;
    let town = Town::new(&[TORBOX], |setup| setup);
    // Slow enough for the answers to overlap.
    let pace = Fault::Slow { bytes_per_second: 1_000_000 };
    town.cdn.set_fault(Scope::Group("torbox"), Some(pace));
    let films: Vec<_> = (0..FILMS).map(|number| town.film(&format!("film {number}.mkv"), LENGTH)).collect();
    let town = &town;
    let viewers = films.iter().flat_map(|film| {
        let places: [usize; VIEWERS] = [0, 0, 0, LENGTH / 2, LENGTH / 4 * 3];
        places.into_iter().map(move |from| async move {
            town.prepare(film, "fileIndex=0").await;
            let path = format!("/stream/proxy/{}?fileIndex=0", film.info_hash);
            let answer = town.server.range(&path, from as u64, LENGTH as u64 - 1).await;
            assert_eq!(answer.status, 206);
            media::assert_same_bytes(&answer.body, &film.files[0][from..], "a viewer");
        })
    });
    let (mut most, mut viewers) = (0, std::pin::pin!(futures::future::join_all(viewers)));
    // Ends with the viewers, whose requests are limited in time.
    while tokio::time::timeout(Duration::from_millis(5), &mut viewers).await.is_err() {
        most = town.cdn.open_connections().max(most);
    }
    // One more may just be closing.
    assert!((3..=5).contains(&most), "{most} connections at a time");
    let requests = town.cdn.requests();
    assert_eq!(town.fake(TORBOX).count("", "/torrents/requestdl"), FILMS, "one link for each film");
    // Three places of each film are read from. Each takes a request, and a lane that meets what another has fetched
    // begins anew behind it: fewer in all than there are viewers.
    assert!(requests.len() < FILMS * VIEWERS, "{} requests", requests.len());
    let all = (FILMS * LENGTH) as u64;
    assert!(town.sent("torbox") < all + all / 4, "{} of {all} bytes", town.sent("torbox"));
    town.assert_well_behaved();
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_19_a_film_that_is_there_is_asked_of_nobody_else() {
    let town = Town::new(&[ALL_DEBRID, PREMIUMIZE], |setup| setup);
    for number in 0..3 {
        let film = town.film(&format!("film {number}.mkv"), 700_000);
        town.play_known(&film, "fileIndex=0", 0).await;
        town.play(&film, "fileIndex=0", 0).await;
    }
    let journal = about_torrents(town.fake(PREMIUMIZE));
    assert!(journal.is_empty(), "the first service had all of it: {journal:#?}");
    town.assert_well_behaved();
}
