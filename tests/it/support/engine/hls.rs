//! The engine's own HLS: for those who ask for it, and to show that it is not needed.

use std::fmt::Write as _;

use super::state::State;
use super::wire::Response;

/// Microseconds of a segment.
const SEGMENT: u64 = 4_000_000;

/// How many segments a list names.
const LISTED: u64 = 3;

pub(super) fn playlist(state: &State, authority: &str, token: &str) -> Response {
    let found = state.sessions().get(token).map(|s| (s.seen.ended, s.channel.clone()));
    let Some((None, channel)) = found else { return Response::text(403, "Forbidden") };
    let end = channel.broadcast.micros() / SEGMENT;
    let first = end - LISTED;
    let mut text =
        format!("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    for number in first..end {
        let address = format!("http://{authority}/ace/c/{}/{number}.ts", channel.infohash);
        writeln!(text, "#EXTINF:4.0,\n{address}").expect("a string takes everything");
    }
    Response::body("application/vnd.apple.mpegurl", text.into_bytes())
}

pub(super) fn segment(state: &State, infohash: &str, name: &str) -> Response {
    let channel = state.channels().iter().find(|c| c.infohash.to_string() == infohash).cloned();
    let number = name.trim_end_matches(".ts").parse::<u64>();
    let (Some(channel), Ok(number)) = (channel, number) else { return Response::text(404, "Not Found") };
    let mut bytes = Vec::new();
    channel.broadcast.packets(number * SEGMENT, (number + 1) * SEGMENT, &mut bytes);
    Response::body("video/mp2t", bytes)
}
