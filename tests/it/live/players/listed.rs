//! Channels of the operator's list, played from where players find them.

use serde_json::{Value, json};

use super::controls::Vlc;
use super::programs::{Mpv, ffprobe_joins};
use super::stage::{NAME, Stage};
use crate::addon::official_clients::ask;
use crate::live::hls::browse;
use crate::support::engine::Film;

#[tokio::test(flavor = "multi_thread")]
async fn what_stremio_finds_for_a_listed_channel_is_played() {
    let stage = Stage::start(Film::H264Aac, 1);
    tokio::task::block_in_place(|| {
        let seen = ask("addon/walk.mjs", &stage.server.url("/manifest.json"));
        let titles = seen["titles"].as_array().unwrap_or_else(|| panic!("{seen}"));
        let channel = titles.iter().find(|title| title["type"] == "tv").unwrap_or_else(|| panic!("{seen}"));
        assert_eq!(channel["name"], NAME);
        let url =
            |index: usize| channel["streams"][index]["url"].as_str().unwrap_or_else(|| panic!("{channel}"));
        assert!(ffprobe_joins(url(0), "v:0").starts_with('K'));
        let mpv = Mpv::open(url(0));
        let begun = mpv.wait_for_position(|_| true);
        mpv.wait_for_position(|position| position > begun + 5.0);
        assert_eq!(mpv.complaints(), "", "{}", stage.server.transcript());
        let report: Value = browse(url(1), &json!([["play", 6]]), || {});
        assert!(report["frames"].as_u64().is_some_and(|frames| frames > 100), "{report:#}");
    });
    assert_eq!(stage.engines[0].counts().opened, 1, "both are one session");
}

#[tokio::test(flavor = "multi_thread")]
async fn vlc_and_mpv_play_the_list_itself() {
    let stage = Stage::start(Film::H264Aac, 1);
    tokio::task::block_in_place(|| {
        Vlc::open(&stage.server.url("/channels.m3u")).shows(4 * 25);
        for format in ["ts", "hls"] {
            let mpv = Mpv::open(&stage.server.url(&format!("/channels.m3u?format={format}")));
            let begun = mpv.wait_for_position(|_| true);
            mpv.wait_for_position(|position| position > begun + 4.0);
            assert_eq!(mpv.complaints(), "", "{format}: {}", stage.server.transcript());
        }
    });
    assert_eq!(stage.engines[0].counts().opened, 1, "all of them are one session");
}
