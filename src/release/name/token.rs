//! A name cut into words and numbers, with what stands between them.

use super::cutter::Cutter;
pub(super) use super::gap::Gap;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Digits alone.
    Number,
    /// Letters that are written with blanks between words, perhaps with digits.
    Word,
    /// Characters of scripts that leave no blanks between words, or hardly any.
    Wide,
}

/// What a token was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing known: a word of the title, if it stands in the right place.
    Plain,
    /// A word about quality, language or edition.
    Tag(Strength),
    /// The year of the work.
    Year,
    /// A season, an episode or a day.
    Number,
    /// Who made it, where it was found, a checksum, a size.
    Other,
}

/// How surely a word is none of the title's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// A common word as well. It counts only next to surer ones.
    Weak,
    /// Seldom part of a title, but it may be: it counts in front of the year and the season too.
    Firm,
    /// Never part of a title.
    Strong,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What stands before it.
    pub(super) gap: Gap,
    pub(super) kind: Kind,
    /// The innermost bracket around it, as a place in [`Text::brackets`].
    pub(super) bracket: Option<usize>,
    pub(super) mark: Mark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Round,
    /// Square, curly, and what East Asian names use for the same.
    Square,
    /// Between two stars.
    Star,
}

/// A pair of brackets. One without an end reaches to the end of the name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    pub(super) shape: Shape,
    /// The tokens inside it, those in inner brackets included.
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) outer: Option<usize>,
}

/// A name and its tokens.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) raw: &'a str,
    /// The same in lower case, at the same offsets.
    pub(super) lower: String,
    pub(super) tokens: Vec<Token>,
    pub(super) brackets: Vec<Bracket>,
}

impl<'a> Text<'a> {
    pub(super) fn new(raw: &'a str) -> Self {
        let lower: String = raw.chars().map(lowered).collect();
        let mut cutter = Cutter::new(raw.len());
        for (at, character) in lower.char_indices() {
            cutter.take(at, character, &lower);
        }
        let (tokens, brackets) = cutter.finish(lower.len());
        Self { raw, lower, tokens, brackets }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index)
    }

    /// A token in lower case; nothing beyond the last.
    pub(super) fn word(&self, index: usize) -> &str {
        self.get(index).map_or("", |token| &self.lower[token.start..token.end])
    }

    /// A token as it is written.
    pub(super) fn written(&self, index: usize) -> &'a str {
        self.get(index).map_or("", |token| &self.raw[token.start..token.end])
    }

    /// What stands before a token. Behind the last one that is the end, as if a bracket closed.
    pub(super) fn gap(&self, index: usize) -> Gap {
        self.get(index).map_or(Gap::CLOSE, |token| token.gap)
    }

    /// A token that is still nothing but a number: value and digits.
    pub(super) fn free_number(&self, index: usize) -> Option<(u32, usize)> {
        let token = self.get(index)?;
        let width = token.end - token.start;
        (token.kind == Kind::Number && token.mark == Mark::Plain && width <= 4)
            .then(|| (decimal(self.word(index).as_bytes()), width))
    }

    pub(super) fn is_plain(&self, index: usize) -> bool {
        self.get(index).is_some_and(|token| token.mark == Mark::Plain)
    }

    pub(super) fn mark(&mut self, tokens: std::ops::Range<usize>, mark: Mark) {
        let last = tokens.end.min(self.tokens.len());
        for token in &mut self.tokens[tokens.start.min(last)..last] {
            token.mark = mark;
        }
    }

    /// The bracket that a token is the first of, the outermost one.
    pub(super) fn opened_at(&self, index: usize) -> Option<&Bracket> {
        let mut found = None;
        let mut next = self.get(index)?.bracket;
        while let Some(bracket) = next.map(|place| &self.brackets[place]) {
            if bracket.first != index {
                break;
            }
            found = Some(bracket);
            next = bracket.outer;
        }
        found
    }

    /// Whether a token of two letters at least is written in capitals. Some groups leave the `i` small: `iTALiAN`.
    pub(super) fn is_loud(&self, index: usize) -> bool {
        let written = self.written(index);
        let letters = written.chars().filter(|c| c.is_uppercase() || *c == 'i').count();
        letters >= 2
            && written.chars().any(char::is_uppercase)
            && !written.chars().any(|c| c.is_lowercase() && c != 'i')
    }
}

/// The value of a few digits.
pub(super) fn decimal(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
}

/// Lower case where that takes as many bytes.
fn lowered(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) if single.len_utf8() == character.len_utf8() => single,
        _ => character,
    }
}
