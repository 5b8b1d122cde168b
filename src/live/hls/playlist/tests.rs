use std::sync::Arc;

use bytes::Bytes;
use m3u8_rs::{MasterPlaylist, MediaPlaylist};

use super::*;
use crate::live::hls::body::Body;
use crate::live::hls::window::Window;
use crate::live::hls::window::tests::piece;

/// Segments of five seconds with a break before the third and the seventh.
fn window() -> Window {
    let mut window = Window::new(Duration::from_secs(60));
    for n in 0..20 {
        let body = Body::memory(vec![Bytes::from(vec![0; 188 * 1000])]);
        drop(window.add(piece(5 * n, 5, n == 2 || n == 6), body));
    }
    window
}

fn media(segments: &[Arc<Segment>]) -> (String, MediaPlaylist) {
    let text = Listing {
        epoch: 1_000,
        target: 6,
        rendition: Rendition::Whole,
        query: "?v=1",
        segments,
        ended: false,
    }
    .write();
    let parsed = m3u8_rs::parse_media_playlist_res(text.as_bytes()).expect("a playlist");
    (text, parsed)
}

#[test]
fn numbers_and_breaks_count_on_while_segments_leave() {
    let window = window();
    let all: Vec<_> = (0..20).filter_map(|number| window.get(number).cloned()).collect();
    for (first, breaks, tags) in [(0, 0, 2), (2, 0, 2), (3, 1, 1), (6, 1, 1), (7, 2, 0)] {
        let (_, parsed) = media(&all[first..first + 13]);
        assert_eq!(parsed.media_sequence, 1_000 + first as u64);
        assert_eq!(parsed.discontinuity_sequence, 16 + breaks, "from {first}");
        assert_eq!(parsed.segments.iter().filter(|segment| segment.discontinuity).count(), tags);
        assert!(parsed.segments[0].program_date_time.is_some());
        assert_eq!(parsed.segments[0].uri, format!("1000-{first}.ts?v=1"));
    }
}

#[test]
fn durations_stay_below_the_target_and_dates_follow_from_them() {
    let (_, parsed) = media(&Vec::from_iter(window().listed().cloned()));
    assert_eq!(parsed.segments.len(), 12);
    let mut expected = None;
    for segment in &parsed.segments {
        assert!(u64::from(segment.duration.round() as u32) <= parsed.target_duration);
        if let Some(date) = segment.program_date_time {
            assert!(segment.discontinuity || expected.is_none());
            expected = Some(date);
        }
    }
    assert!(!parsed.end_list && parsed.independent_segments);
    assert_eq!(parsed.start.map(|start| start.time_offset.to_string()), Some("-18".to_owned()));
}

#[test]
fn names_lead_back_to_the_segment() {
    for rendition in Rendition::ALL {
        let name = segment_name(7_000, 41, rendition);
        assert_eq!(parse_segment(7_000, &name), Some((41, rendition)), "{name}");
        assert_eq!(parse_segment(7_001, &name), None, "of an earlier start");
        assert_eq!(Rendition::of_playlist(rendition.playlist()), Some(rendition));
    }
    for name in
        ["", "7000-", "7000-.ts", "7000-x.ts", "7000-1.mp4", "7000-+1.ts", "../7000-1.ts", "7000-1-x.ts"]
    {
        assert_eq!(parse_segment(7_000, name), None, "{name}");
    }
}

#[test]
fn an_empty_or_ended_playlist_is_one_too() {
    let listing =
        Listing { epoch: 9, target: 6, rendition: Rendition::Sound, query: "", segments: &[], ended: true };
    let parsed = m3u8_rs::parse_media_playlist_res(listing.write().as_bytes()).expect("a playlist");
    assert!(parsed.end_list && parsed.segments.is_empty());
}

fn master(sound: Sound<'_>) -> MasterPlaylist {
    let text = Master { base: "hls/x/", query: "?viewer=7", bit_rates: (900, 800), sound }.write();
    m3u8_rs::parse_master_playlist_res(text.as_bytes()).expect("a master playlist")
}

#[test]
fn converted_sound_stands_beside_pictures_without_any() {
    let plain = master(Sound::Broadcast);
    assert_eq!(plain.variants[0].uri, "hls/x/index.m3u8?viewer=7");
    assert_eq!((plain.variants[0].bandwidth, plain.variants[0].average_bandwidth), (900, Some(800)));
    assert!(plain.alternatives.is_empty());
    let both = master(Sound::Beside(Some("deu")));
    assert_eq!(both.variants[0].uri, "hls/x/video.m3u8?viewer=7");
    assert_eq!(both.variants[0].audio.as_deref(), Some("aac"));
    let sound = &both.alternatives[0];
    assert_eq!(sound.uri.as_deref(), Some("hls/x/audio.m3u8?viewer=7"));
    assert_eq!((sound.group_id.as_str(), sound.language.as_deref()), ("aac", Some("deu")));
    let odd = master(Sound::Beside(Some("\",X=\"")));
    assert_eq!(odd.alternatives[0].language, None, "what a broadcaster writes is not copied blindly");
}

#[test]
fn converted_sound_without_pictures_is_the_only_playlist() {
    let radio = master(Sound::Alone);
    let variant = &radio.variants[0];
    assert_eq!(variant.uri, "hls/x/audio.m3u8?viewer=7");
    assert_eq!((variant.codecs.as_deref(), variant.bandwidth), (Some("mp4a.40.2"), SOUND_BIT_RATE));
    assert!(radio.alternatives.is_empty() && variant.audio.is_none());
}

#[test]
fn dates_have_milliseconds() {
    let date = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_290_000_050);
    assert_eq!(Date(date).to_string(), "2026-11-21T19:40:00.050Z");
}
