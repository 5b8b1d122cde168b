//! Initials with points between them, which people write so: `S.W.A.T.`

/// Fewer initials are as often single letters of a title whose blanks are dots: `The.O.C`, `Plan.B.2`.
const FEWEST: usize = 4;

/// Whether the point at a place stands between or behind initials.
pub(super) fn holds(name: &str, at: usize) -> bool {
    before(name, at) > 0 && before(name, at) + behind(name, at) >= FEWEST
}

/// Whether the point at a place ends initials, and another word follows.
pub(super) fn ends_at(name: &str, at: usize) -> bool {
    let goes_on = name.as_bytes().get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
    goes_on && behind(name, at) == 0 && holds(name, at)
}

/// Whether a name ends with initials whose last point is not part of it.
pub(super) fn ends_with(name: &str) -> bool {
    before(name, name.len()) >= FEWEST
}

/// How many initials end at a place, as far as that matters.
fn before(name: &str, at: usize) -> usize {
    let bytes = name.as_bytes();
    let (mut count, mut end) = (0, at);
    while end > 0 && count < FEWEST && bytes[end - 1].is_ascii_alphabetic() {
        match end.checked_sub(2).map(|before| bytes[before]) {
            Some(b'.') => end -= 2,
            Some(byte) if byte.is_ascii_alphanumeric() || !byte.is_ascii() => return count,
            _ => return count + 1,
        }
        count += 1;
    }
    count
}

/// How many initials follow the point at a place, as far as that matters.
fn behind(name: &str, at: usize) -> usize {
    let rest = &name.as_bytes()[at + 1..];
    let pairs = rest
        .chunks(2)
        .take_while(|pair| pair[0].is_ascii_alphabetic() && pair.get(1).is_none_or(|next| *next == b'.'));
    pairs.take(FEWEST).count()
}
