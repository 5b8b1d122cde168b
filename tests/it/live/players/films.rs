//! Players open what is not plain H.264, and play on.

use std::thread;

use super::controls::{GstPlay, Vlc};
use super::programs::Mpv;
use super::stage::Stage;
use crate::support::engine::Film;

/// How far each player has to get, in seconds.
const FAR: f64 = 5.0;

/// Pictures in that time.
const PICTURES: u64 = 5 * 25;

/// Pieces of sound in that time, the shortest of which are AAC's.
const PIECES: u64 = 5 * 47;

/// Three players side by side, first on the transport stream and then on HLS.
fn played(film: Film) {
    let stage = Stage::start(film, 1);
    for url in [&stage.stream(), &stage.playlist()] {
        thread::scope(|scope| {
            scope.spawn(|| {
                let mpv = Mpv::open(url);
                let begun = mpv.wait_for_position(|_| true);
                mpv.wait_for_position(|position| position > begun + FAR);
            });
            scope.spawn(|| match film {
                Film::Radio => Vlc::listen(url).hears(PIECES),
                _ => Vlc::open(url).shows(PICTURES),
            });
            scope.spawn(|| {
                let player = GstPlay::open(url);
                let begun = player.wait_for_position(|_| true);
                player.wait_for_position(|position| position > begun + FAR);
            });
        });
    }
    assert_eq!(stage.engines[0].counts().opened, 1, "{film:?}: all of them are one session");
}

#[tokio::test(flavor = "multi_thread")]
async fn players_show_hevc_with_dolby_sound() {
    tokio::task::block_in_place(|| played(Film::HevcAc3));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_show_interlaced_pictures() {
    tokio::task::block_in_place(|| played(Film::Interlaced));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_show_open_picture_groups() {
    tokio::task::block_in_place(|| played(Film::OpenGop));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_let_a_radio_be_heard() {
    tokio::task::block_in_place(|| played(Film::Radio));
}
