//! Engines that die anywhere, and the next one that begins a little earlier: what viewers get is what they would have
//! got from one that lives.

use headwater::live::ts::{Facts, Feed, PACKET};
use headwater::live::{Chunk, EntryKind, Ticks};

use super::films::Film;
use super::{NOW, bytes};
use crate::live::packets::{Look, contents};
use crate::support::media::random;

/// How often a film is cut.
const CUTS: usize = 100;

/// Bytes come in pieces of this size, so that some are left over at each cut.
const PIECE: usize = 1_400;

/// What a viewer has at the end.
#[derive(PartialEq, Eq)]
struct Got {
    /// Packets of pictures and sounds.
    contents: Vec<[u8; PACKET]>,
    /// Where decoding can begin.
    entries: Vec<(Ticks, EntryKind)>,
}

fn fed(sessions: &[&[u8]]) -> (Vec<Chunk>, Facts) {
    let (mut feed, mut out) = (Feed::new(64 << 10), Vec::new());
    for session in sessions {
        feed.begin();
        session.chunks(PIECE).for_each(|piece| feed.push(piece, NOW, &mut out));
        feed.flush(NOW, &mut out);
    }
    (out, feed.facts())
}

fn got(chunks: &[Chunk]) -> Got {
    let entries =
        chunks.iter().filter_map(|chunk| chunk.entry.map(|entry| (entry.pts, entry.kind))).collect();
    Got { contents: contents(&bytes(chunks)), entries }
}

/// Numbers of four bytes that are the same in every run.
fn dice(seed: u64, count: usize) -> Vec<usize> {
    let four = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    random(seed, 4 * count).chunks(4).map(four).collect()
}

/// Six seconds from the middle of a film. What a viewer gets of it is compared with what one gets who loses the engine
/// once or twice; each next one begins half a second to two and a half seconds before.
fn leaves_no_trace(film: Film) {
    let source = film.bytes();
    let second = source.len() / 40;
    let source = &source[10 * second..16 * second];
    let whole = got(&fed(&[source]).0);
    assert!(whole.entries.len() >= 2, "{} entries", whole.entries.len());
    for (number, dice) in dice(film as u64, 3 * CUTS).chunks(3).enumerate() {
        let cut = 3 * second + 2 * second * number / CUTS;
        let back = |dice: usize| second / 2 + dice % (2 * second);
        let (from, lasts) = (cut - back(dice[0]), dice[1] % (3 * second));
        let again = (from + lasts).min(source.len());
        let two = [&source[..cut], &source[from..]];
        let three = [&source[..cut], &source[from..again], &source[cut.max(again) - back(dice[2])..]];
        let sessions = if number % 2 == 0 { &two[..] } else { &three[..] };
        let (chunks, facts) = fed(sessions);
        let place = format!("{film:?} cut at {cut}, on from {from}, {} sessions: {facts:?}", sessions.len());
        assert_eq!((facts.broken_splices, facts.breaks, facts.continuity_errors), (0, 0, 0), "{place}");
        let got = got(&chunks);
        let (sent, wanted) = (got.contents.len(), whole.contents.len());
        let common = got.contents.iter().zip(&whole.contents).take_while(|(one, other)| one == other).count();
        assert!(got == whole, "{place}: {sent} packets instead of {wanted}, the first {common} are the same");
        let look = Look::at(&bytes(&chunks));
        assert!(look.errors.is_empty() && look.announced == 0, "{place}: {:?}", look.errors);
    }
}

/// One test for each film, so that they run side by side.
macro_rules! cuts {
    ($($name:ident: $film:expr,)*) => {$(
        #[test]
        fn $name() {
            leaves_no_trace($film);
        }
    )*};
}

cuts! {
    engines_die_in_h264_with_mp2: Film::H264Mp2,
    engines_die_in_h264_with_aac: Film::H264Aac,
    engines_die_in_hevc: Film::HevcAc3,
    engines_die_in_interlaced_h264: Film::Interlaced,
    engines_die_in_open_groups: Film::OpenGop,
    engines_die_in_intra_refresh: Film::IntraRefresh,
    engines_die_in_mpeg2: Film::Mpeg2,
    engines_die_in_radio: Film::Radio,
    engines_die_over_a_wrap_of_the_clock: Film::Wrapping,
    engines_die_at_a_constant_rate: Film::Constant,
    engines_die_among_fillers_of_pictures: Film::Filled,
    engines_die_in_latm: Film::Latm,
}
