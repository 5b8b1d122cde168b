//! Every way in which a service's file server fails in the middle of a play, and what caching spares it.

use std::time::Duration;

use super::stage::{Stage, Way};
use super::viewer;
use crate::support::cdn::{CdnRequest, Fault, Gone, Scope};
use crate::support::media;

/// What the design promises for a switch in mid-play.
const LONGEST_GAP: Duration = Duration::from_secs(3);
const LENGTH: usize = 4_000_000;

/// Good bytes before the fault.
const GOOD: u64 = 1_500_000;

/// Plays a film whose file server breaks in mid-play, for good; web seeds are left.
async fn goes_on_after(fault: Fault, with_table: bool) {
    let mut stage = Stage::new(&[Way::Debrid, Way::WebSeed, Way::Http], |setup| {
        setup.env("HEADWATER_SOURCE_POLICY", "debrid-first")
    });
    stage.with_table = with_table;
    tokio::task::block_in_place(crate::support::cdn::make_error_clip);
    let film = stage.film("film.mkv", 90, LENGTH);
    // The first answer ends early, and whatever is asked after that meets the fault.
    let group = Scope::Group("realdebrid");
    let early = Fault::LaterOn { bytes: GOOD, fault: Box::new(Fault::Cut { after: 0 }) };
    stage.cdn.set_fault(group, Some(early));
    let path = stage.start(&film).await;
    let strike = || {
        // Changed while that answer is open, also when its last byte is out and it is not cut yet, most faults would
        // spare it.
        let is_over =
            || stage.cdn.requests().iter().any(|request| request.ended && request.bytes_sent >= GOOD);
        // The file server may have its turn on this very thread.
        tokio::task::block_in_place(|| {
            for _ in 0..500 {
                if is_over() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        stage.cdn.set_fault(group, Some(fault.clone()));
    };
    let seen = viewer::play(&stage.server, &path, film.bytes(), &[(GOOD as usize - 300_000, &strike)]).await;
    let attempts = stage.attempts(&film).await;
    let got = |source: &str| -> u64 {
        let of_it = attempts.iter().filter(|attempt| attempt["source"] == source);
        of_it.filter_map(|attempt| attempt["bytes"].as_u64()).sum()
    };
    assert!(seen.longest_gap < LONGEST_GAP, "{fault:?}: nothing for {:?}; {attempts:#?}", seen.longest_gap);
    assert!(got("realdebrid") > 0, "{fault:?}: the service was not in front: {attempts:#?}");
    // What lies before a byte this early may be read and thrown away.
    let bearable = matches!(fault, Fault::IgnoreRange);
    if bearable {
        let ignored = |request: &CdnRequest| {
            request.group == "realdebrid" && request.range.is_some() && request.status == 200
        };
        let requests = stage.cdn.requests();
        assert!(requests.iter().any(ignored), "no range was ignored: {requests:#?}");
    }
    assert!(bearable || got("webseed") + got("template") > 0, "{fault:?}: nobody has helped: {attempts:#?}");
}

macro_rules! faults {
    ($($name:ident: $fault:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            goes_on_after($fault, true).await;
        }
    )*};
}

faults! {
    a_play_goes_on_when_its_link_has_expired: Fault::Gone(Gone { status: 410, x_error: Some("link_expired".to_owned()) });
    a_play_goes_on_when_the_file_server_answers_429: Fault::TooManyRequests { retry_after: Some(30) };
    a_play_goes_on_when_the_file_server_answers_503: Fault::Unavailable;
    a_play_goes_on_when_the_file_server_sends_a_web_page: Fault::Html;
    a_play_goes_on_when_the_connection_is_cut: Fault::Cut { after: 0 };
    a_play_goes_on_when_the_file_server_falls_silent: Fault::Stall { after: 0 };
    a_play_goes_on_when_the_file_has_another_length: Fault::WrongTotal { length: 3_000_000 };
    a_play_goes_on_when_the_file_server_sends_an_error_clip: Fault::ErrorClip;
    a_play_goes_on_when_the_file_server_sends_wrong_bytes: Fault::WrongBytes;
    a_play_goes_on_when_the_file_server_ignores_ranges: Fault::IgnoreRange;
    a_play_goes_on_when_the_file_server_sends_another_range: Fault::WrongRangeStart;
}

/// Nothing but length and container can tell the clip from the film here.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_clip_is_recognised_without_hashes() {
    goes_on_after(Fault::ErrorClip, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_viewer_and_a_seek_back_cost_the_service_nothing() {
    let stage = Stage::new(&[Way::Debrid], |setup| setup.env("HEADWATER_SOURCE_POLICY", "debrid-first"));
    let film = stage.film("film.mkv", 91, LENGTH);
    let path = stage.start(&film).await;
    viewer::play(&stage.server, &path, film.bytes(), &[]).await;
    let (calls, requests) = (stage.debrid.journal().len(), stage.cdn.requests().len());
    viewer::play(&stage.server, &path, film.bytes(), &[]).await;
    let back = stage.server.range(&path, 100_000, 299_999).await;
    media::assert_same_bytes(&back.body, &film.bytes()[100_000..300_000], "a seek back");
    assert_eq!((stage.debrid.journal().len(), stage.cdn.requests().len()), (calls, requests));
}

/// Two copies of one length that differ are two versions: what the first has begun the second must not go on with.
#[tokio::test(flavor = "multi_thread")]
async fn without_hashes_another_version_of_the_same_length_is_refused() {
    let mut stage = Stage::new(&[Way::Debrid, Way::Http], |setup| {
        setup.env("HEADWATER_SOURCE_POLICY", "debrid-first").env("TORRENT_MAX_RETRIES", "0")
    });
    stage.with_table = false;
    let film = stage.film_with_another_version("film.mkv", 92, LENGTH);
    let later = Fault::LaterOn { bytes: GOOD, fault: Box::new(Fault::Cut { after: 0 }) };
    stage.cdn.set_fault(Scope::Group("realdebrid"), Some(later));
    let path = stage.start(&film).await;
    let mut response = stage.server.open(&path).await;
    let mut seen = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        seen.extend_from_slice(&chunk);
    }
    assert!(seen.len() < LENGTH, "a body of two versions was ended as if it were whole");
    media::assert_same_bytes(&seen, &film.bytes()[..seen.len()], "what was sent before the end");
    let log = stage.server.transcript();
    assert!(log.contains("another version"), "{log}");
}
