//! Pause and rewind by HLS.

use std::time::Duration;

use serde_json::json;

use super::controls::{GstPlay, Vlc};
use super::programs::Mpv;
use super::stage::{Stage, seconds};
use crate::support::engine::Film;

/// How often the key for "back" is pressed at most to get back by five seconds.
const MOST_KEYS: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn mpv_pauses_goes_on_where_it_was_and_rewinds() {
    let stage = Stage::start(Film::H264Aac, 1);
    let url = stage.playlist();
    tokio::task::block_in_place(|| {
        let mpv = Mpv::open(&url);
        let begun = mpv.wait_for_position(|_| true);
        let paused = mpv.wait_for_position(|position| position > begun + 4.0);
        mpv.tell(json!(["set_property", "pause", true]));
        std::thread::sleep(Duration::from_secs(seconds()));
        let still = mpv.position().expect("it is still open");
        assert!(still - paused < 1.0, "it was at {paused} and is at {still}");
        mpv.tell(json!(["set_property", "pause", false]));
        let on = mpv.wait_for_position(|position| position > still + 3.0);
        assert!(on < still + 5.0, "it went on at {on} instead of {still}");
        mpv.tell(json!(["seek", -5, "relative+exact"]));
        let back = mpv.wait_for_position(|position| position < on - 3.0);
        mpv.wait_for_position(|position| position > back + 5.0);
    });
    assert!(stage.engines[0].counts().opened == 1, "{:?}", stage.engines[0].counts());
}

#[tokio::test(flavor = "multi_thread")]
async fn vlc_pauses_goes_on_where_it_was_and_rewinds() {
    let stage = Stage::start(Film::H264Aac, 1);
    let url = stage.playlist();
    tokio::task::block_in_place(|| {
        let vlc = Vlc::open(&url);
        vlc.shows(5 * 25);
        vlc.tell("pause");
        let paused = vlc.time();
        std::thread::sleep(Duration::from_secs(seconds()));
        assert!(vlc.time() - paused <= 1, "it was at {paused} and is at {}", vlc.time());
        vlc.tell("pause");
        vlc.shows(3 * 25);
        // It takes up a live channel at the beginning of the segment in which it was paused. Had it gone to the live
        // end, it would be further by the whole pause.
        let on = vlc.time();
        assert!((paused - 7..=paused + 8).contains(&on), "it went on at {on} instead of {paused}");
        vlc.shows(8 * 25);
        let here = vlc.time();
        vlc.tell(&format!("seek {}", here - 8));
        vlc.shows(2 * 25);
        let back = vlc.time();
        assert!((here - 16..here - 1).contains(&back), "it was at {here} and is at {back}");
        vlc.shows(5 * 25);
        assert!(vlc.time() > back, "it stays at {back}");
    });
    assert_eq!(stage.engines[0].counts().opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn gstreamer_pauses_goes_on_where_it_was_and_rewinds() {
    let stage = Stage::start(Film::H264Aac, 1);
    let url = stage.playlist();
    tokio::task::block_in_place(|| {
        let mut player = GstPlay::open(&url);
        let begun = player.wait_for_position(|_| true);
        let paused = player.wait_for_position(|position| position > begun + 4.0);
        player.press(" ");
        std::thread::sleep(Duration::from_secs(seconds()));
        let still = player.position().expect("it is still open");
        assert!(still - paused < 1.0, "it was at {paused} and is at {still}");
        player.press(" ");
        let on = player.wait_for_position(|position| position > still + 3.0);
        assert!(on < still + 5.0, "it went on at {on} instead of {still}");
        // The key for "back" goes back by a hundredth of what can be seen, and by a second at least. It plays on in
        // between.
        let mut back = on;
        for _ in 0..MOST_KEYS {
            if back <= on - 5.0 {
                break;
            }
            player.press("\u{1b}[D");
            back = player.wait_for_position(|position| position < back - 0.2);
        }
        assert!(back <= on - 5.0, "it was at {on} and is at {back}");
        player.wait_for_position(|position| position > back + 3.0);
    });
    assert_eq!(stage.engines[0].counts().opened, 1);
}
