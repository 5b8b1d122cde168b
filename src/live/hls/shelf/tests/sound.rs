//! Converted sound of a shelf, with transport streams that ffmpeg makes.

use std::path::Path;

use super::*;
use crate::live::chunk::{Codec, Program, Track};

/// Ten seconds of pictures every two of which can be begun with, and the same with MPEG layer 2 sound, as ffmpeg
/// makes them; the time stamps begin at `offset` seconds. Cut into chunks at the marks that ffmpeg sets.
fn broadcast(folder: &Path, seconds: u32, offset: u32) -> Vec<Chunk> {
    let path = folder.join(format!("{seconds}-{offset}.ts"));
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=25"])
        .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"])
        .args(["-t", &seconds.to_string(), "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "0"])
        .args(["-sc_threshold", "0", "-c:a", "mp2", "-b:a", "128k", "-output_ts_offset", &offset.to_string()])
        .args(["-pat_period", "0.1", "-f", "mpegts"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let program = Program {
        pmt: 4096,
        pcr: 256,
        tracks: [(256, Codec::H264), (257, Codec::MpegAudio)]
            .map(|(pid, codec)| Track { pid, codec, language: None })
            .into(),
    };
    let (program, bytes) = (Arc::new(program), std::fs::read(path).unwrap());
    let (mut chunks, mut tables) = (Vec::<Chunk>::new(), [Vec::new(), Vec::new()]);
    for packet in bytes.chunks_exact(188) {
        let pid = u16::from(packet[1] & 0x1f) << 8 | u16::from(packet[2]);
        if let Some(table) = [0, 4096].iter().position(|table| *table == pid) {
            tables[table] = packet.to_vec();
        }
        let marked = pid == 256 && packet[3] & 0x20 != 0 && packet[4] > 0 && packet[5] & 0x40 != 0;
        let number = chunks.len() as u64;
        match chunks.last_mut() {
            _ if marked => chunks.push(Chunk {
                bytes: [&tables[0], &tables[1], packet].concat().into(),
                // ffmpeg begins 1.4 s after the offset.
                entry: Some(Entry {
                    pts: 126_000 + 90_000 * (u64::from(offset) + 2 * number),
                    kind: EntryKind::Clean,
                }),
                position: 180_000 * number,
                program: Arc::clone(&program),
                ..second_of(0)
            }),
            Some(chunk) => chunk.bytes = [&chunk.bytes, packet].concat().into(),
            None => {}
        }
    }
    chunks
}

/// The codecs in a segment.
fn tracks_of(folder: &Path, segment: &[u8]) -> String {
    let path = folder.join("segment.ts");
    std::fs::write(&path, segment).unwrap();
    let probed = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "stream=codec_name", "-of", "default=nw=1:nk=1"])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&probed.stderr), "");
    let text = String::from_utf8(probed.stdout).unwrap();
    // Each is listed with its programme and by itself.
    let mut tracks = Vec::from_iter(text.lines());
    tracks.dedup();
    tracks.join(" ")
}

/// Begin and end of the sound in a segment, in seconds, as ffprobe sees it, and its codec.
fn sound_of(folder: &Path, segment: &[u8]) -> (String, f64, f64) {
    let path = folder.join("segment.ts");
    std::fs::write(&path, segment).unwrap();
    let probed = std::process::Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "a", "-show_entries", "stream=codec_name:packet=pts_time"])
        .args(["-of", "csv=p=0"])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&probed.stderr), "");
    let text = String::from_utf8(probed.stdout).unwrap();
    let times: Vec<f64> = text.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect();
    let codec = text.lines().find(|line| line.starts_with(char::is_alphabetic)).unwrap().to_owned();
    (codec, times[0], times[times.len() - 1])
}

/// What is wrong with the continuity counters of the packets with sound.
fn uncounted(bytes: &[u8]) -> usize {
    let is_sound = |packet: &&[u8]| packet[1] & 0x1f == 1 && packet[2] == 0 && packet[3] & 0x10 != 0;
    let counters = Vec::from_iter(bytes.chunks(188).filter(is_sound).map(|packet| packet[3] & 0x0f));
    counters.windows(2).filter(|pair| (pair[0] + 1) % 16 != pair[1]).count()
}

/// The segments of a playlist, each as long as it says and continued by the next: frames of sound may be up to one apart
/// or on top of each other where two runs of ffmpeg meet, of which there are at most `seams`.
async fn assert_sound(stage: &Stage, playlist: &m3u8_rs::MediaPlaylist, seams: usize) {
    let (mut last, mut found, mut all) = (None::<f64>, 0, Vec::new());
    for segment in &playlist.segments {
        let bytes = bytes(&stage.shelf, &segment.uri).await;
        let (codec, first, end) = sound_of(stage.folder.path(), &bytes);
        assert_eq!(codec, "aac");
        let length = end - first;
        assert!((length - f64::from(segment.duration)).abs() < 0.1, "{length} for {}", segment.duration);
        if let Some(last) = last.filter(|_| !segment.discontinuity) {
            let step = (first - last).rem_euclid(95_443.717_688_9);
            found += usize::from(!(0.02..0.023).contains(&step));
            assert!((0.0..0.043).contains(&step), "a frame follows the other, but {step} s");
        }
        (last, all) = (Some(end), [all, bytes].concat());
    }
    assert!(found <= seams, "{found} seams");
    assert_eq!(uncounted(&all), 0);
}

#[tokio::test]
async fn sound_is_converted_and_cut_where_the_pictures_are() {
    let ffmpeg = Ffmpeg::new("ffmpeg");
    let stage = Stage::new(600, Some(ffmpeg)).record();
    // Time stamps wrap after 95,443 s: that is in the middle.
    let chunks = broadcast(stage.folder.path(), 40, 95_420);
    assert_eq!(chunks.len(), 20);
    chunks.into_iter().for_each(|chunk| stage.ring.push(chunk));
    stage.segments(8).await;
    let (sound, pictures) =
        (stage.playlist(Rendition::Sound).await, stage.playlist(Rendition::Pictures).await);
    assert_eq!(sound.media_sequence, pictures.media_sequence);
    for segment in &pictures.segments {
        assert_eq!(tracks_of(stage.folder.path(), &bytes(&stage.shelf, &segment.uri).await), "h264");
    }
    assert_sound(&stage, &sound, 0).await;
}

#[tokio::test]
async fn whoever_comes_late_finds_sound_as_far_back_as_pictures() {
    let stage = Stage::new(600, Some(Ffmpeg::new("ffmpeg"))).record();
    broadcast(stage.folder.path(), 120, 0).into_iter().for_each(|chunk| stage.ring.push(chunk));
    stage.segments(27).await;
    let master = stage.shelf.master("", "?viewer=1", PATIENCE).await.unwrap();
    assert!(master.contains("audio.m3u8?viewer=1"), "{master}");
    let sound = stage.playlist(Rendition::Sound).await;
    assert!(sound.segments.len() >= 27, "all that is recorded is there at once");
    assert_eq!(sound.media_sequence, stage.playlist(Rendition::Whole).await.media_sequence);
    assert!(stage.shelf.window().body(3, Rendition::Sound).is_none(), "and made when it is asked for");
    // A jump back, and one to in between: what was made before stays as it is.
    let early = bytes(&stage.shelf, &sound.segments[0].uri).await;
    let late = bytes(&stage.shelf, &sound.segments[25].uri).await;
    assert_sound(&stage, &sound, 1).await;
    assert_eq!(bytes(&stage.shelf, &sound.segments[0].uri).await, early);
    assert_eq!(bytes(&stage.shelf, &sound.segments[25].uri).await, late);
}

#[tokio::test]
async fn a_break_ends_one_conversion_and_begins_another() {
    let ffmpeg = Ffmpeg::new("ffmpeg");
    let stage = Stage::new(600, Some(ffmpeg)).record();
    let (mut chunks, mut second) =
        (broadcast(stage.folder.path(), 20, 5000), broadcast(stage.folder.path(), 20, 70));
    let length = chunks.len() as u64;
    second.iter_mut().for_each(|chunk| chunk.position += length * 180_000);
    second[0].broken = true;
    chunks.extend(second);
    chunks.into_iter().for_each(|chunk| stage.ring.push(chunk));
    stage.segments(8).await;
    let sound = stage.playlist(Rendition::Sound).await;
    assert_eq!(sound.segments.iter().filter(|segment| segment.discontinuity).count(), 1);
    for segment in &sound.segments {
        let bytes = bytes(&stage.shelf, &segment.uri).await;
        let (_, first, end) = sound_of(stage.folder.path(), &bytes);
        let length = end - first;
        assert!((length - f64::from(segment.duration)).abs() < 0.2, "{length} for {}", segment.duration);
    }
}

#[tokio::test]
async fn without_ffmpeg_or_need_the_channel_keeps_its_own_sound() {
    let stage = Stage::new(600, None).record();
    broadcast(stage.folder.path(), 20, 0).into_iter().for_each(|chunk| stage.ring.push(chunk));
    let master = stage.shelf.master("", "", PATIENCE).await.unwrap();
    assert!(master.contains("index.m3u8") && !master.contains("audio"), "{master}");
    let ask = PlaylistAsk { rendition: Rendition::Sound, query: "", patience: PATIENCE };
    assert_eq!(stage.shelf.playlist(ask).await.unwrap_err(), NotReady::NoSound);
}

/// A program that stands in for ffmpeg: it answers for itself, and then runs a script.
fn stand_in(folder: &Path, script: &str) -> Ffmpeg {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("stand-in");
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *-encoders*) exec ffmpeg \"$@\";; esac\ncd '{}'\n{script}\n",
        folder.display()
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    Ffmpeg::new(path.to_str().unwrap())
}

#[tokio::test]
async fn another_ffmpeg_goes_on_where_one_died() {
    let tools = TempDir::new().unwrap();
    // The first one gets some of the input only.
    let script = "if mkdir first; then head -c 150000 | ffmpeg \"$@\"; exit 3; else exec ffmpeg \"$@\"; fi";
    let stage = Stage::new(600, Some(stand_in(tools.path(), script))).record();
    broadcast(stage.folder.path(), 40, 0).into_iter().for_each(|chunk| stage.ring.push(chunk));
    stage.segments(8).await;
    let sound = stage.playlist(Rendition::Sound).await;
    assert!(sound.segments.len() >= 8);
    assert_sound(&stage, &sound, 1).await;
    assert!(tools.path().join("first").exists());
}

#[tokio::test]
async fn where_ffmpeg_keeps_failing_the_channel_keeps_its_own_sound() {
    let tools = TempDir::new().unwrap();
    let stage = Stage::new(600, Some(stand_in(tools.path(), "exit 1"))).record();
    broadcast(stage.folder.path(), 20, 0).into_iter().for_each(|chunk| stage.ring.push(chunk));
    let master = stage.shelf.master("", "", PATIENCE).await.unwrap();
    assert!(master.contains("index.m3u8") && !master.contains("audio"), "{master}");
    assert!(!stage.playlist(Rendition::Whole).await.segments.is_empty());
}

#[tokio::test]
async fn sound_stays_when_nobody_polls_for_a_while_and_is_made_for_who_comes_back() {
    let stage = Stage::new(600, Some(Ffmpeg::new("ffmpeg"))).record();
    let mut chunks = broadcast(stage.folder.path(), 80, 0);
    let later = chunks.split_off(20);
    chunks.into_iter().for_each(|chunk| stage.ring.push(chunk));
    stage.segments(8).await;
    let first = stage.playlist(Rendition::Sound).await;
    let heard = bytes(&stage.shelf, &first.segments[0].uri).await;
    let asked = &stage.shelf.sound.asked;
    asked.send_replace(Instant::now().checked_sub(2 * stage.shelf.poll_timeout()));
    tokio::task::yield_now().await;
    later.into_iter().for_each(|chunk| stage.ring.push(chunk));
    stage.segments(18).await;
    assert!(stage.shelf.window().body(17, Rendition::Sound).is_none(), "nobody wanted it");
    let sound = stage.playlist(Rendition::Sound).await;
    assert_eq!(sound.media_sequence, first.media_sequence, "a viewer can go back as far as before");
    assert_sound(&stage, &sound, 1).await;
    assert_eq!(bytes(&stage.shelf, &sound.segments[0].uri).await, heard);
}
