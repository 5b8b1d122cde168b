//! Players other than browsers read the HLS of a channel without a complaint.

use std::process::Command;
use std::time::Duration;

use m3u8_rs::MediaPlaylist;

use super::hls::{beside, first_packet, manifest, media, media_paths, on_air};
use super::recording::until;
use crate::support::engine::Film;
use crate::support::process::{Finished, Process, run};
use crate::support::server::Headwater;

/// How long a player may take for a few seconds of a channel.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a player against the HLS of a channel, and returns what it said.
async fn play(film: Film, command: impl FnOnce(&str) -> Command + Send + 'static) -> Finished {
    let (channel, engine, server) = on_air(film, |setup| setup);
    let url = server.url(&manifest(&channel));
    let playing = tokio::task::spawn_blocking(move || run("player", command(&url), PATIENCE));
    let finished = playing.await.unwrap();
    assert_eq!(finished.code(), Some(0), "{}\n{}", finished.story(), server.transcript());
    assert_eq!(engine.counts().opened, 1, "one session for all requests");
    finished
}

/// Decodes pictures and sound, and stops at the first error.
fn ffmpeg(url: &str) -> Command {
    let mut command = Command::new("ffmpeg");
    command.args([
        "-nostdin", "-v", "error", "-xerror", "-i", url, "-t", "15", "-map", "0:v:0", "-map", "0:a:0",
    ]);
    command.args(["-f", "null", "-progress", "pipe:1", "-"]);
    command
}

fn assert_pictures(finished: &Finished, least: u64) {
    assert_eq!(finished.stderr, "", "{}", finished.story());
    let mut counts =
        finished.stdout.lines().filter_map(|line| line.strip_prefix("frame=")?.trim().parse::<u64>().ok());
    assert!(counts.next_back().is_some_and(|count| count >= least), "{}", finished.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_decodes_all_of_it() {
    assert_pictures(&play(Film::H264Aac, ffmpeg).await, 370);
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_decodes_pictures_and_converted_sound_together() {
    assert_pictures(&play(Film::H264Mp2, ffmpeg).await, 370);
    assert_pictures(&play(Film::HevcAc3, ffmpeg).await, 370);
    assert_pictures(&play(Film::Latm, ffmpeg).await, 370);
}

#[tokio::test(flavor = "multi_thread")]
async fn ffmpeg_hears_a_radio() {
    let hear = |url: &str| {
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-xerror", "-i", url, "-t", "10", "-f", "null", "-"]);
        command
    };
    assert_eq!(play(Film::Radio, hear).await.stderr, "");
}

/// Plays ten seconds of pictures, and says where they begin on the clock of the channel.
fn mpv(url: &str) -> Command {
    let mut command = Command::new("mpv");
    command.args(["--no-config", "--no-ytdl", "--vo=null", "--ao=null", "--frames=250"]);
    command.args(["--rebase-start-time=no", "--term-playing-msg=begins at ${=time-pos}"]);
    command.args(["--msg-level=all=warn,term-msg=info,statusline=no", url]);
    command
}

/// Where the newest segment of a channel ends on its clock, in seconds, and how far behind that players are to begin.
async fn edge(server: &Headwater, path: &str) -> (f64, f64) {
    let playlist = media(server, path).await;
    let newest = playlist.segments.last().unwrap();
    let bytes = server.get(&beside(path, &newest.uri)).await.body;
    let (begins, _, _) = first_packet(&bytes, "v");
    (begins + f64::from(newest.duration), 3.0 * playlist.target_duration as f64)
}

async fn mpv_begins_near_the_live_edge(film: Film) {
    let (channel, _engine, server) = on_air(film, |setup| setup);
    let (path, _) = media_paths(&server, &channel).await;
    let lasts = |playlist: &MediaPlaylist| playlist.segments.iter().map(|one| one.duration).sum::<f32>();
    until(&server, &path, |playlist| lasts(playlist) > 30.0).await;
    let (ends, behind) = edge(&server, &path).await;
    let url = server.url(&manifest(&channel));
    let finished = tokio::task::spawn_blocking(move || run("mpv", mpv(&url), PATIENCE)).await.unwrap();
    let story = finished.story();
    assert!(finished.code() == Some(0) && !story.contains("rror"), "{story}");
    let begins = story.lines().find_map(|line| line.split_once("begins at ")?.1.trim().parse::<f64>().ok());
    let begins = begins.unwrap_or_else(|| panic!("{story}"));
    // A segment may have been closed meanwhile, and be looked at later.
    let range = ends - behind - 1.0..ends + behind / 3.0;
    assert!(range.contains(&begins), "{film:?}: it began at {begins}, the live edge was {ends}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mpv_begins_near_the_live_edge_and_plays_on() {
    tokio::join!(mpv_begins_near_the_live_edge(Film::H264Aac), mpv_begins_near_the_live_edge(Film::H264Mp2));
}

/// What ffprobe takes the sound of a segment for.
fn sound_of(segment: &[u8]) -> String {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("segment.ts");
    std::fs::write(&path, segment).unwrap();
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-select_streams", "a:0", "-show_entries", "stream=codec_name,codec_tag"]);
    command.args(["-of", "csv=p=0"]).arg(&path);
    run("ffprobe", command, PATIENCE).stdout.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_sound_becomes_adts_beside_pictures_without_sound() {
    for film in [Film::H264Mp2, Film::H264Ac3, Film::HevcAc3, Film::Latm] {
        let (channel, _engine, server) = on_air(film, |setup| setup);
        let (pictures, sound) = media_paths(&server, &channel).await;
        let sound = sound.unwrap_or_else(|| panic!("{}", server.transcript()));
        for (path, expected) in [(&sound, "aac,0x000f"), (&pictures, "")] {
            let uri = media(&server, path).await.segments[0].uri.clone();
            assert_eq!(sound_of(&server.get(&beside(path, &uri)).await.body), expected, "{film:?}: {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn latm_goes_to_other_players_as_it_comes() {
    let (channel, _engine, server) = on_air(Film::Latm, |setup| setup);
    let mut stream = server.open(&format!("/ace/getstream?id={}", channel.content_id)).await;
    let mut bytes = Vec::new();
    while bytes.len() < 200_000 {
        bytes.extend_from_slice(&stream.chunk().await.unwrap().expect("it goes on"));
    }
    assert_eq!(sound_of(&bytes), "aac_latm,0x0011");
}

#[tokio::test(flavor = "multi_thread")]
async fn gstreamer_finds_every_packet_from_one_segment_to_the_next() {
    let (channel, _engine, server) = on_air(Film::H264Aac, |setup| setup);
    let mut command = Command::new("gst-launch-1.0");
    command.args(["souphttpsrc", &format!("location={}", server.url(&manifest(&channel)))]);
    command.args("! hlsdemux ! tsdemux ! h264parse ! avdec_h264".split(' '));
    command.args("! progressreport update-freq=1 do-query=false ! fakesink sync=true".split(' '));
    let player = Process::start("gst-launch", command);
    // It says every second how far it is, and a live channel has no end to wait for.
    let said = tokio::task::block_in_place(|| {
        player.line(PATIENCE, |line| line.contains("(00:00:15)"));
        player.transcript()
    });
    // Counters of packets that do not run on are a warning.
    assert!(!said.contains("WARNING") && !said.contains("ERROR"), "{said}\n{}", server.transcript());
}
