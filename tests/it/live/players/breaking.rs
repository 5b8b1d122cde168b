//! Where one piece of a channel does not follow from the other: players go on after it.
//!
//! Two things they cannot do, whoever serves them: mpv keeps the decoder it began with, so a channel that changes the
//! codec is asked of VLC alone; and VLC tells no sensible time after that, so its pictures are counted.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::runtime::Handle;

use super::controls::Vlc;
use super::programs::{Mpv, continuity_errors};
use super::stage::{Stage, seconds};
use crate::live::hls;
use crate::live::packets::Look;
use crate::support::engine::{Broadcast, Engine, Faults, Film, Manner};
use crate::support::server::Setup;

/// How far clocks and engines are apart: farther than any ring or window could bridge.
const FAR: Duration = Duration::from_secs(100);

/// How long a break may take to show in a playlist, and to leave it again.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long the only engine is away.
const AWAY: Duration = Duration::from_secs(8);

/// What an engine delivers at once whose silence is bridged: as much as it was silent, and three seconds more. The
/// server reads fifteen of them at once, and loses patience twelve seconds after the last: fourteen in all.
const CACHED: Duration = Duration::from_secs(17);

/// What happens to a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// The engine dies, and the next one is a hundred seconds elsewhere in the broadcast.
    Elsewhere,
    /// The clocks jump without a word.
    Jump,
    /// Something else is shown.
    Show(Film),
    /// The clocks get to the end of their 33 bits and begin anew. They follow each other all the same.
    Wrap,
    /// The engine dies, and what comes from the next one begins in the middle of a packet.
    Unaligned,
    /// The only engine dies, and is there anew after a while, without the session it had.
    Restart,
    /// The engine says nothing until it is asked for a new session, and then has all that was missed.
    Silence,
}

impl Event {
    /// A channel with this before it.
    fn stage(self, film: Film, setup: Setup) -> Stage {
        // Long enough for all players to have joined.
        let wrap = Duration::from_secs(25);
        let broadcast =
            if self == Self::Wrap { Broadcast::wrapping_in(film, wrap) } else { Broadcast::of(film) };
        let mut manners = vec![Manner::default(); 2];
        match self {
            Self::Elsewhere => manners[1].lag = FAR,
            Self::Restart => manners.truncate(1),
            Self::Silence => manners.iter_mut().for_each(|manner| manner.burst = CACHED),
            _ => {}
        }
        Stage::on_air(film, &broadcast, &manners, setup)
    }

    fn happens(self, stage: &Stage) {
        match self {
            Self::Elsewhere => stage.kill_the_one_at_work(),
            Self::Jump => stage.channel().broadcast.jump(FAR),
            Self::Show(film) => stage.channel().broadcast.show(film),
            Self::Wrap => {}
            Self::Unaligned => {
                for engine in &stage.engines {
                    engine.set_faults(Faults { unaligned: true, ..Faults::default() });
                }
                stage.kill_the_one_at_work();
            }
            Self::Restart => {
                stage.kill_the_one_at_work();
                std::thread::sleep(AWAY);
                stage.engines[0].heal();
            }
            Self::Silence => be_silent(stage),
        }
    }

    /// How many seconds a browser may stand still: what it has in hand is less than the longest of these outages.
    fn longest_halt(self) -> f64 {
        match self {
            Self::Restart | Self::Silence => 20.0,
            _ => 5.0,
        }
    }

    /// Whether what follows does not belong to what was.
    fn is_break(self) -> bool {
        // What was on while the only engine was away is lost.
        matches!(self, Self::Elsewhere | Self::Jump | Self::Show(_) | Self::Restart)
    }
}

/// The engine at work is silent until the server has lost patience and has started the channel anew.
fn be_silent(stage: &Stage) {
    let opened = || stage.engines.iter().map(|engine| engine.counts().opened).sum::<usize>();
    let (began, before) = (Instant::now(), opened());
    stage.engine_at_work().set_faults(Faults { silent: true, ..Faults::default() });
    while opened() == before {
        assert!(began.elapsed() < PATIENCE, "it is waited for in vain\n{}", stage.server.transcript());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(began.elapsed() > Duration::from_secs(11), "{:?} were too long for it", began.elapsed());
    stage.engines.iter().for_each(Engine::heal);
}

/// Whether mpv plays on at the pace of time. Its position may jump at a break, so that only two looks a few seconds apart
/// tell, and more than once.
fn goes_on(mpv: &Mpv) -> bool {
    (0..6).any(|_| {
        let here = mpv.wait_for_position(|_| true);
        std::thread::sleep(Duration::from_secs(5));
        mpv.position().is_some_and(|position| (here + 4.0..here + 7.0).contains(&position))
    })
}

/// Asserts that the playlist says where it was, if it was a break.
fn assert_tagged(event: Event, stage: &Stage) {
    let playlist = Handle::current().block_on(async {
        let (path, _) = hls::media_paths(&stage.server, stage.channel()).await;
        hls::media(&stage.server, &path).await
    });
    let tags = playlist.segments.iter().filter(|segment| segment.discontinuity).count();
    assert_eq!(tags, usize::from(event.is_break()), "{event:?}: {playlist:?}");
}

/// Four players watch while it happens, and all of them go on.
fn watched(event: Event) {
    let stage = event.stage(Film::H264Aac, Setup::new());
    let (ts, playlist) = (stage.stream(), stage.playlist());
    let (mpv, vlc, mpv_on_hls) = (Mpv::open(&ts), Vlc::open(&ts), Mpv::open(&playlist));
    // What a browser shows comes from some twenty seconds ago, so it sees the break while it plays on.
    let steps = json!([["play", 3], ["say", "now"], ["play", 32]]);
    let report = hls::browse(&playlist, &steps, || event.happens(&stage));
    let longest = hls::seconds(&report["report"][1]["longest"]);
    assert!(longest < event.longest_halt(), "{event:?}: {report:#}");
    let width = if event == Event::Show(Film::Heavy) { 1280 } else { 320 };
    assert_eq!(report["width"], width, "{event:?}: the browser has seen what came after: {report:#}");
    assert!(goes_on(&mpv) && goes_on(&mpv_on_hls), "{event:?}: {}", stage.server.transcript());
    vlc.shows(4 * 25);
    if event.is_break() {
        // Clocks jump by more than that in front of the server, and not at all behind it.
        let near = mpv.position().zip(mpv_on_hls.position());
        assert!(near.is_some_and(|(ts, hls)| ts.max(hls) < FAR.as_secs_f64()), "{event:?}: {near:?}");
    }
    assert_tagged(event, &stage);
    assert_eq!(stage.engines.iter().map(|engine| engine.readers()).sum::<usize>(), 1, "{event:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn players_go_on_when_the_next_engine_is_elsewhere() {
    tokio::task::block_in_place(|| watched(Event::Elsewhere));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_go_on_when_the_clocks_jump() {
    tokio::task::block_in_place(|| watched(Event::Jump));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_go_on_when_something_of_another_size_is_shown() {
    tokio::task::block_in_place(|| watched(Event::Show(Film::Heavy)));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_go_on_when_the_clocks_wrap() {
    tokio::task::block_in_place(|| watched(Event::Wrap));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_go_on_when_an_engine_begins_in_the_middle_of_a_packet() {
    tokio::task::block_in_place(|| watched(Event::Unaligned));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_go_on_when_the_only_engine_restarts() {
    tokio::task::block_in_place(|| watched(Event::Restart));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_go_on_after_a_silence_without_a_break() {
    tokio::task::block_in_place(|| watched(Event::Silence));
}

#[tokio::test(flavor = "multi_thread")]
async fn players_outlive_a_broadcast_that_comes_again_and_again() {
    let stage = Stage::start(Film::H264Aac, 1);
    let (ts, playlist) = (stage.stream(), stage.playlist());
    let (mpv, vlc, mpv_on_hls) =
        tokio::task::block_in_place(|| (Mpv::open(&ts), Vlc::open(&ts), Mpv::open(&playlist)));
    stage.engines[0].set_faults(Faults { looping: true, ..Faults::default() });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording.ts");
    stage.record(16, &path, |_| {}).await;
    let look = Look::at(&std::fs::read(&path).unwrap());
    look.assert_clean();
    assert!(look.announced > 0, "a round follows the other without a word");
    let (_, session) = stage.server.json(&format!("/proxy/sessions/{}", stage.channel().infohash)).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let last = session["swarm"]["live_last"].as_u64();
    assert!(last.is_some_and(|last| last + 3_600 < now), "it is to be seen that this is over: {session:#}");
    tokio::task::block_in_place(|| {
        let errors = continuity_errors(&path);
        assert!(errors.is_empty(), "{errors:?}");
        assert!(goes_on(&mpv) && goes_on(&mpv_on_hls), "{}", stage.server.transcript());
        vlc.shows(4 * 25);
        stage.engines[0].heal();
        vlc.shows(4 * 25);
        assert!(goes_on(&mpv), "{}", stage.server.transcript());
    });
    assert_eq!(stage.engines[0].counts().opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn vlc_goes_on_when_the_codec_changes() {
    tokio::task::block_in_place(|| {
        let event = Event::Show(Film::Mpeg2);
        let stage = event.stage(Film::H264Aac, Setup::new());
        let vlc = Vlc::open(&stage.stream());
        vlc.shows(2 * 25);
        event.happens(&stage);
        // Farther than the ring that it had before it.
        vlc.shows(25 * 25);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_of_breaks_have_no_error_of_continuity() {
    let events = [Event::Elsewhere, Event::Jump, Event::Show(Film::Mpeg2), Event::Wrap, Event::Unaligned];
    let recordings = events.into_iter().map(|event| async move {
        let stage = event.stage(Film::H264Mp2, Setup::new());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recording.ts");
        stage.record(seconds() + 28, &path, |stage| event.happens(stage)).await;
        let look = Look::at(&std::fs::read(&path).unwrap());
        look.assert_clean();
        let wraps = look.pictures.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) > 1 << 32).count();
        assert_eq!(wraps, usize::from(event == Event::Wrap), "{event:?}");
        assert_eq!(look.announced > 0, event.is_break(), "{event:?}: {} announced", look.announced);
        let errors = tokio::task::block_in_place(|| continuity_errors(&path));
        assert!(errors.is_empty(), "{event:?}: {errors:?}");
    });
    futures::future::join_all(recordings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn playlists_say_where_a_break_is_and_count_it_when_it_is_gone() {
    // A window so short that the break leaves it within the test.
    let setup = Setup::new().env("HEADWATER_DVR_WINDOW", "25s");
    let stage = Event::Jump.stage(Film::H264Aac, setup);
    let (path, _) = hls::media_paths(&stage.server, stage.channel()).await;
    let before = hls::media(&stage.server, &path).await;
    assert!(before.segments.iter().all(|segment| !segment.discontinuity), "{before:?}");
    // Where it begins says nothing; players compare.
    let none = before.discontinuity_sequence;
    Event::Jump.happens(&stage);
    let (deadline, mut was_there) = (Instant::now() + PATIENCE, false);
    loop {
        let now = hls::media(&stage.server, &path).await;
        let tags = now.segments.iter().filter(|segment| segment.discontinuity).count() as u64;
        was_there |= tags == 1;
        assert!(
            tags + now.discontinuity_sequence == none + u64::from(was_there),
            "counted twice or lost: {now:?}"
        );
        if now.discontinuity_sequence == none + 1 {
            break;
        }
        assert!(Instant::now() < deadline, "{now:?}\n{}", stage.server.transcript());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
