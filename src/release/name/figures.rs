//! Reads figures at any place of a name, and what stands around them.

use super::counting::{self, Unit};
use super::ordinals;
use super::token::{Gap, Mark, Text, decimal};

/// A number and where it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    pub(super) value: u32,
    pub(super) width: usize,
    /// The place behind it, in bytes.
    pub(super) end: usize,
}

/// Reads numbers at any place of a name.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) text: &'a Text<'a>,
}

impl Reader<'_> {
    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The digits at a place, none where there are more than `most`.
    pub(super) fn figure(&self, at: usize, most: usize) -> Option<Figure> {
        let rest = self.bytes.get(at..)?;
        let width = rest.iter().take(most + 1).take_while(|byte| byte.is_ascii_digit()).count();
        (1..=most).contains(&width).then(|| Figure { value: decimal(&rest[..width]), width, end: at + width })
    }

    /// The episode in a number of four digits that begins with a zero, as in `S0615`.
    pub(super) fn second_half(&self, both: Figure) -> Option<Figure> {
        let whole = both.width == 4 && both.value < 1000 && !self.touches(both.end);
        self.figure(both.end.saturating_sub(2), 2).filter(|_| whole)
    }

    /// `Sn4 Ep14`, `Se04Ep14`, `S 04 E 14`: the season and the episode.
    pub(super) fn loose_tag(&self, start: usize) -> Option<(u32, Figure)> {
        if let Some(at) = self.after(start, b"sn").or_else(|| self.after(start, b"se")) {
            let season = self.figure(self.skip_one(at, b".").unwrap_or(at), 2)?;
            return Some((season.value, self.tagged_episode(season.end)?));
        }
        let apart = |at: usize| self.figure(self.skip_one(at, b" ._")?, 2);
        let season = apart(self.after(start, b"s")?)?;
        let first = apart(self.after(self.skip_one(season.end, b" ._")?, b"e")?)?;
        (!self.touches(first.end)).then_some((season.value, first))
    }

    pub(super) fn after(&self, at: usize, word: &[u8]) -> Option<usize> {
        self.bytes.get(at..)?.starts_with(word).then(|| at + word.len())
    }

    pub(super) fn past(&self, at: usize, skipped: &[u8]) -> usize {
        at + self.bytes.iter().skip(at).take(8).take_while(|byte| skipped.contains(byte)).count()
    }

    pub(super) fn skip_one(&self, at: usize, any: &[u8]) -> Option<usize> {
        any.contains(&self.byte(at)?).then_some(at + 1)
    }

    /// Whether a letter or digit stands at a place; bytes above ASCII are letters, dashes excepted.
    pub(super) fn touches(&self, at: usize) -> bool {
        self.byte(at).is_some_and(|byte| byte.is_ascii_alphanumeric())
    }

    /// Whether an episode number may end here: before a blank, `v2`, the letter of a part, or a capital
    /// letter, for the name of the episode touches the number in some names.
    pub(super) fn closes(&self, at: usize) -> bool {
        let part = matches!(self.byte(at), Some(b'a'..=b'd')) && !self.touches(at + 1);
        let raw = self.text.raw.as_bytes();
        let new_word = raw.get(at).is_some_and(u8::is_ascii_uppercase)
            && raw.get(at + 1).is_some_and(u8::is_ascii_lowercase)
            && at > 2;
        // So does a word about quality: `3x11m720p`.
        let tagged = || self.is_taken(at);
        !self.touches(at)
            || tagged()
            || part
            || new_word
            || self.past_version(at) > at
            || self.after(at, b"e").and_then(|at| self.figure(at, 4)).is_some()
            || self.after(at, b"x").and_then(|at| self.figure(at, 3)).is_some_and(|f| f.width >= 2)
    }

    /// Past `v2`, if there is one.
    pub(super) fn past_version(&self, at: usize) -> usize {
        match self.bytes.get(at..) {
            Some([b'v', digit, ..]) if digit.is_ascii_digit() && !self.touches(at + 2) => at + 2,
            _ => at,
        }
    }

    /// Whether a number behind a word for episodes is that of a film: `Episode 4 A New Hope 1977`.
    pub(super) fn is_of_a_film(&self, index: usize) -> bool {
        let alone =
            self.text.word(index).starts_with("episod") || self.text.word(index).starts_with("épisod");
        let named = self.text.is_plain(index + 2) && self.text.gap(index + 2).only(Gap::PLAIN | Gap::COLON);
        let year = |index: usize| {
            self.text.free_number(index).is_some_and(|(value, _)| (1895..2036).contains(&value))
        };
        alone && named && (index + 3..(index + 14).min(self.text.len())).any(year)
    }

    /// Past `D02` or `P02` behind a season: the disc or the part.
    pub(super) fn disc(&self, at: usize) -> Option<usize> {
        let digits = self.after(at, b"d").or_else(|| self.after(at, b"p"))?;
        self.figure(digits, 2).filter(|figure| !self.touches(figure.end)).map(|figure| figure.end)
    }

    pub(super) fn wide_follows(&self, at: usize) -> bool {
        self.bytes.get(at).is_some_and(|byte| !byte.is_ascii())
    }

    /// The first token that begins at or behind a place.
    pub(super) fn token_at(&self, at: usize) -> usize {
        self.text.tokens.partition_point(|token| token.start < at)
    }

    /// Whether the token at a place has been found to be something else.
    pub(super) fn is_taken(&self, at: usize) -> bool {
        let index = self.text.tokens.partition_point(|token| token.end <= at);
        self.text.get(index).is_some_and(|token| token.mark != Mark::Plain)
    }

    /// Past what may stand between a word and its number.
    pub(super) fn past_separators(&self, at: usize, unit: Unit) -> usize {
        let index = self.token_at(at);
        let gap = self.text.gap(index);
        let near = self.text.get(index).is_some_and(|token| token.start - at <= 4);
        let allowed = Gap::BLANK | Gap::COLON | Gap::HASH | Gap::OPEN;
        let hyphen = gap.only(Gap::HYPHEN) || (unit == Unit::Episode && gap.only(Gap::PLAIN));
        if near && (gap.only(allowed) || hyphen) { self.text.tokens[index].start } else { at }
    }

    /// `of 10` behind a number, perhaps with a word for episodes between: how many, and the place behind it.
    pub(super) fn of_how_many(&self, last: Figure) -> Option<(u32, usize)> {
        let glued = [&b"of"[..], b"iz"].iter().find_map(|word| self.after(last.end, word));
        let many = match glued {
            Some(at) => self.figure(at, 3)?,
            None => {
                let mut index = self.token_at(last.end);
                if counting::unit(self.text.word(index)) == Some(Unit::Episode) {
                    index += 1;
                }
                if !counting::is_of(self.text.word(index)) || self.text.gap(index).has(Gap::OPEN) {
                    return None;
                }
                self.figure(self.text.get(index + 1)?.start, 4)?
            }
        };
        let disc = last.end - last.width;
        let before = self.text.tokens.partition_point(|token| token.end <= disc).checked_sub(1);
        let of_discs = before.is_some_and(|index| {
            matches!(self.text.word(index), "cd" | "disc" | "dvd" | "disk" | "part" | "pt" | "vol")
        });
        (many.value >= last.value && !of_discs).then_some((many.value, many.end))
    }

    /// Past what ends an ordinal.
    pub(super) fn past_ordinal(&self, index: usize) -> usize {
        let apart = ordinals::is_ordinal_end(self.text.word(index))
            && self.text.gap(index).only(Gap::PLAIN | Gap::ORDINAL);
        index + usize::from(apart)
    }

    /// What the word behind a number counts.
    pub(super) fn unit_behind(&self, index: usize) -> Option<Unit> {
        let token = self.text.get(index)?;
        if token.mark != Mark::Plain || !token.gap.only(Gap::BLANK | Gap::ORDINAL) {
            return None;
        }
        let before = index.checked_sub(1).and_then(|before| self.text.free_number(before));
        if before.is_some_and(|(value, _)| self.is_of_the_title(index, value)) {
            return None;
        }
        let word = self.text.word(index);
        counting::unit(word).or_else(|| counting::sign(word).filter(|_| token.gap == Gap::default()))
    }

    /// Whether a word that ends titles as well does so with its number, for another word or tag says which season it
    /// is: `Series 13 - S01E02`.
    pub(super) fn is_of_the_title(&self, index: usize, value: u32) -> bool {
        let other_season = |at: usize| {
            let (word, start) = (self.text.word(at), self.text.tokens[at].start);
            let tag = self.after(start, b"s").and_then(|at| self.figure(at, 2)).map(|figure| figure.value);
            let cross = self
                .figure(start, 2)
                .filter(|figure| self.after(figure.end, b"x").is_some_and(|at| self.figure(at, 3).is_some()));
            let named = counting::unit(word) == Some(Unit::Season) && !counting::ends_titles(word);
            let named = self.text.free_number(at + 1).filter(|_| named).map(|(value, _)| value);
            tag.or(cross.map(|figure| figure.value)).or(named).is_some_and(|season| season != value)
        };
        counting::ends_titles(self.text.word(index))
            && (0..self.text.len()).any(|at| at != index && self.text.is_plain(at) && other_season(at))
    }

    /// Whether a word for seasons or episodes has its number behind it, not before.
    pub(super) fn prefers_number_behind(&self, index: usize) -> bool {
        let behind = self.text.gap(index + 1);
        let near = behind.only(Gap::BLANK | Gap::COLON | Gap::HASH) || behind == Gap::HYPHEN;
        // `7. Bölüm 2021`: a year is no number of that word.
        let counts = |index: usize| {
            self.text.free_number(index).is_some_and(|(value, _)| !(1895..2100).contains(&value))
        };
        if !near || !counts(index + 1) {
            return false;
        }
        let before = self.text.gap(index).has(Gap::ORDINAL)
            || ordinals::is_ordinal_end(self.text.word(index - 1)) && self.text.is_plain(index - 1);
        let next = self.past_ordinal(index + 2);
        let next_unit = self.text.gap(next).only(Gap::BLANK | Gap::ORDINAL)
            && counting::unit(self.text.word(next)).is_some()
            && !counts(next + 1);
        !before && !next_unit
    }
}
