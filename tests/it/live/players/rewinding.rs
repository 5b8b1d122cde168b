//! Pause and rewind by HLS.

use std::time::Duration;

use serde_json::json;

use super::programs::Mpv;
use super::stage::{Stage, seconds};
use crate::support::engine::Film;

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
