//! Lists and spans of seasons and episodes.

use std::cmp::Ordering;

use super::counting::{self, Unit};
use super::figures::{Figure, Reader};
use super::token::Gap;

impl Reader<'_> {
    /// `E05` behind a season: `S01E05`, `S01 - E05`, `S01xE05`, `S01.Ep.05`, `S01 Episode 5`.
    pub(super) fn tagged_episode(&self, at: usize) -> Option<Figure> {
        let mut at = self.past(at, b" ._-,[(");
        at = self.after(at, b"x").unwrap_or(at);
        // Soaps that run every day count past ten thousand.
        let apart = |at| self.figure(self.past(at, b"._"), 5);
        let padded = |at| self.figure(at, 5).or_else(|| apart(at).filter(|figure| figure.width >= 2));
        let bare = self.after(at, b"episode").or_else(|| self.after(at, b"ep")).and_then(apart);
        let bare = bare.or_else(|| self.after(at, b"e").and_then(padded));
        let figure = bare.or_else(|| {
            let index = self.token_at(at);
            let word = self.text.word(index);
            let (unit, start) = match counting::unit(word) {
                Some(unit) => (unit, self.past_separators(self.text.tokens[index].end, unit)),
                None => counting::glued(word)
                    .map(|(unit, letters)| (unit, self.text.tokens[index].start + letters))?,
            };
            (unit == Unit::Episode).then(|| self.figure(start, 4))?
        });
        let crossed =
            || self.byte(at.wrapping_sub(1)).filter(|b| *b == b'x').and_then(|_| self.figure(at, 3));
        figure.or_else(crossed).filter(|figure| self.closes(figure.end))
    }

    /// A number without a word behind a season that is an episode: `S02 03`, `S01.07`, `Season 2 - 08`, `S4-24`.
    pub(super) fn untagged_episode(&self, season: Figure, lettered: bool) -> Option<Figure> {
        let index = self.token_at(season.end);
        let gap = self.text.gap(index);
        let token = self.text.get(index)?;
        let apart = token.start - season.end;
        let (_, width) = self.text.free_number(index)?;
        let figure = self.figure(token.start, 4)?;
        let dashed = gap.is_dash() && gap.only(Gap::PLAIN) && apart <= 3;
        let tight = apart == 1 && lettered && gap.only(Gap::PLAIN);
        let more = self.text.gap(index + 1);
        let sound = !more.has(Gap::PLUS) && !counting::counts_otherwise(self.text.word(index + 1));
        let padded = width >= 2 && (width <= 3 || dashed && !(1900..2100).contains(&figure.value));
        let lines = super::measures::named(figure.value).is_some() || matches!(figure.value, 264 | 265);
        ((dashed || tight) && padded && sound && !lines && !self.touches(figure.end)).then_some(figure)
    }

    /// The next number of a list of seasons, and whether it ends a span.
    pub(super) fn following_season(
        &self,
        last: Figure,
        width: usize,
        letter: Option<u8>,
    ) -> Option<(Figure, bool)> {
        let index = self.token_at(last.end);
        let gap = self.text.gap(index);
        let mut at = self.text.get(index)?.start;
        if at - last.end > 4 || gap.has(Gap::OPEN) {
            return None;
        }
        let mut span = gap.has(Gap::HYPHEN | Gap::TILDE) || (letter.is_none() && gap.has(Gap::COLON));
        let mut list = gap.has(Gap::COMMA | Gap::PLUS | Gap::SLASH);
        let word = self.text.word(index);
        if counting::spans(word) || counting::adds(word) {
            (span, list) = (counting::spans(word), counting::adds(word));
            at = self.text.get(index + 1).filter(|_| self.text.gap(index + 1).only(Gap::BLANK))?.start;
        }
        let lettered = letter.and_then(|letter| self.after(at, &[letter]));
        let next = self.figure(lettered.unwrap_or(at), 4)?;
        if self.touches(next.end) || self.is_taken(at) || next.value >= 100 {
            return None;
        }
        if lettered.is_some() {
            return Some((next, span));
        }
        let in_row = self.is_in_row(index);
        let decimal = self.has_fraction(next) && !in_row;
        let behind = self.text.word(self.token_at(next.end));
        let sound = !self.counts_other_things(next) && !decimal;
        // A span without the word again has numbers of the same width: `S01-11`, but `S4-24` is an episode.
        let tight = letter.is_none() || (at == last.end + 1 && span);
        let alike = next.width == width
            || gap.has(Gap::COLON)
            || (span && !gap.is_dash()) && letter.is_none()
            || !gap.has(Gap::HYPHEN) && span;
        let few = next.width == width && next.value <= last.value + 5 && counting::unit(behind).is_none();
        let in_turn = next.value == last.value + 1 || (list && few);
        let accepted = match span {
            true => tight && alike,
            false => letter.is_none() && (in_turn && (list || gap == Gap::SPACE) || in_row),
        };
        (accepted && sound).then_some((next, span))
    }

    /// Whether a point and another digit follow a number.
    fn has_fraction(&self, figure: Figure) -> bool {
        self.byte(figure.end) == Some(b'.') && self.figure(figure.end + 1, 1).is_some()
    }

    /// Whether the word behind a number shows that it counts neither seasons nor episodes.
    fn counts_other_things(&self, figure: Figure) -> bool {
        let next = self.token_at(figure.end);
        counting::counts_otherwise(self.text.word(next)) && self.text.gap(next).only(Gap::BLANK)
    }

    /// Whether a number is one of three at least that ascend with dots between, as in `Season.1.3.4`: two may be
    /// a season and its episode, or a fraction.
    fn is_in_row(&self, index: usize) -> bool {
        let ascends = |from: usize| {
            let value = |at: usize| {
                let (value, width) = self.text.free_number(at).filter(|(_, width)| *width <= 2)?;
                (at == from || self.text.gap(at) == Gap::DOT).then_some((value, width))
            };
            let row = [value(from), value(from + 1), value(from + 2)];
            row.is_sorted_by(|one, next| one.is_some() && one < next)
        };
        ascends(index.saturating_sub(1)) || ascends(index.saturating_sub(2))
    }

    /// The next number of a list of episodes, and whether it ends a span.
    pub(super) fn following_episode(
        &self,
        last: Figure,
        width: usize,
        season: Option<u32>,
    ) -> Option<(Figure, bool)> {
        let end = self.past_version(last.end);
        let index = self.token_at(end);
        let gap = self.text.get(index).filter(|token| token.start - end <= 4).map(|token| token.gap);
        let (mut at, gap) = match (self.touches(end), gap) {
            (true, _) => (end, Gap::default()),
            (false, Some(gap)) if !gap.has(Gap::BRACKET) => (self.text.tokens[index].start, gap),
            _ => return None,
        };
        let mut span = gap.has(Gap::HYPHEN | Gap::TILDE);
        let word = self.text.word(index);
        let worded = at > end
            && counting::spans(word)
            && self.text.get(index + 1).is_some_and(|token| {
                self.text.free_number(index + 1).is_some() || self.repeated_tag(token.start, season).is_some()
            });
        if worded {
            (at, span) = (self.text.tokens[index + 1].start, true);
        }
        if at > end && self.is_taken(at) {
            return None;
        }
        if let Some(digits) = self.repeated_tag(at, season) {
            let next = self.figure(digits, 4).filter(|next| self.closes(next.end))?;
            return Some((next, span));
        }
        let next = self.figure(at, 4).filter(|next| !self.touches(next.end) && !self.is_taken(at))?;
        let tight = at == end + 1;
        if span {
            return (worded || self.ends_span(next, width, tight, gap)).then_some((next, true));
        }
        let listed = gap == Gap::PLUS || gap == Gap::COMMA;
        (listed && tight && next.width == width && width >= 2).then_some((next, false))
    }

    /// Whether a number without a tag ends a span of episodes: it keeps the width, and behind a blank that is
    /// only sure in brackets or at the end.
    fn ends_span(&self, next: Figure, width: usize, tight: bool, gap: Gap) -> bool {
        if tight {
            return match next.width.cmp(&width) {
                Ordering::Less => !self.has_fraction(next),
                Ordering::Equal => true,
                Ordering::Greater => next.value < 1900,
            };
        }
        let behind = self.text.gap(self.token_at(next.end));
        next.width == width && width >= 2 && (gap.has(Gap::TILDE) || behind.has(Gap::BRACKET))
    }

    /// Past `e`, `ep`, `s01e` or `1x` of the same season, in front of a further number.
    fn repeated_tag(&self, at: usize, season: Option<u32>) -> Option<usize> {
        let bare = |at| self.after(at, b"ep").or_else(|| self.after(at, b"e"));
        let same =
            |at, most| self.figure(at, most).filter(|figure| Some(figure.value) == season).map(|f| f.end);
        let tagged = || bare(same(self.after(at, b"s")?, 4)?);
        let crossed = || self.after(same(at, 2)?, b"x");
        // `S02E04x264` goes on with the codec.
        let is_codec = |at: usize| self.figure(at, 4).is_some_and(|next| matches!(next.value, 264 | 265));
        let again = || self.after(at, b"x").filter(|at| season.is_some() && !is_codec(*at));
        bare(at).or_else(tagged).or_else(crossed).or_else(again).filter(|at| self.figure(*at, 4).is_some())
    }

    /// `-08`, ` - 08`, ` ao 220` behind a number: the other end of a span.
    pub(super) fn span(&self, first: Figure) -> Option<Figure> {
        let index = self.token_at(first.end);
        let gap = self.text.gap(index);
        let worded = counting::spans(self.text.word(index)) && gap.only(Gap::SPACE | Gap::ORDINAL);
        let index = index + usize::from(worded);
        let (value, width) = self.text.free_number(index)?;
        let dashed = gap.has(Gap::HYPHEN | Gap::TILDE) && gap.only(Gap::PLAIN | Gap::TILDE);
        ((worded || dashed) && value > first.value).then(|| Figure {
            value,
            width,
            end: self.text.tokens[index].end,
        })
    }
}
