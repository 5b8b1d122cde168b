//! A name cut into words and numbers, with what stands between them.

use std::ops::BitOr;

/// What stands between a token and the one before it. Nothing where they touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gap(u16);

impl Gap {
    pub(super) const SPACE: Self = Self(1);
    pub(super) const DOT: Self = Self(1 << 1);
    pub(super) const UNDERSCORE: Self = Self(1 << 2);
    pub(super) const HYPHEN: Self = Self(1 << 3);
    pub(super) const OPEN: Self = Self(1 << 4);
    pub(super) const CLOSE: Self = Self(1 << 5);
    pub(super) const SLASH: Self = Self(1 << 6);
    pub(super) const COMMA: Self = Self(1 << 7);
    pub(super) const PLUS: Self = Self(1 << 8);
    pub(super) const TILDE: Self = Self(1 << 9);
    pub(super) const COLON: Self = Self(1 << 10);
    pub(super) const HASH: Self = Self(1 << 11);
    pub(super) const ORDINAL: Self = Self(1 << 12);
    pub(super) const OTHER: Self = Self(1 << 13);
    /// What may stand between the words of one expression.
    pub(super) const PLAIN: Self = Self(0b1111);
    /// A blank in any of its forms.
    pub(super) const BLANK: Self = Self(0b111);
    pub(super) const BRACKET: Self = Self(0b11_0000);

    /// Whether any of `other` is part of it.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing but `other` is part of it.
    pub(super) const fn only(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// A hyphen with blanks, as it stands between parts of a name: ` - `, `_-_`.
    pub(super) const fn is_dash(self) -> bool {
        self.has(Self::HYPHEN) && self.has(Self::BLANK)
    }
}

impl BitOr for Gap {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

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

    /// Whether letters of a token are all upper case, and there are two at least.
    pub(super) fn is_loud(&self, index: usize) -> bool {
        let written = self.written(index);
        written.chars().filter(|c| c.is_uppercase()).count() >= 2 && !written.chars().any(char::is_lowercase)
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

/// Whether a character's script leaves no blanks between words.
pub(super) const fn is_wide(character: char) -> bool {
    matches!(character,
        '\u{0e00}'..='\u{0eff}' | '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30fa}'
        | '\u{30fc}'..='\u{318f}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// The parts of a token that a change between them ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    Letter,
    Foreign,
    Wide,
}

fn class(character: char) -> Option<Class> {
    match character {
        '0'..='9' => Some(Class::Digit),
        'a'..='z' | 'A'..='Z' => Some(Class::Letter),
        '\0'..='\x7f' | 'º' | 'ª' => None,
        _ if is_wide(character) => Some(Class::Wide),
        // Marks that join a letter are no letters to the standard library.
        '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' => Some(Class::Foreign),
        _ => character.is_alphanumeric().then_some(Class::Foreign),
    }
}

fn gap_of(character: char) -> Gap {
    match character {
        ' ' | '\t' | '\u{a0}' | '\u{3000}' => Gap::SPACE,
        '.' => Gap::DOT,
        '_' => Gap::UNDERSCORE,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => Gap::HYPHEN,
        '/' | '|' | '／' | '｜' | '\\' => Gap::SLASH,
        ',' | '，' | '、' | ';' => Gap::COMMA,
        '+' | '&' => Gap::PLUS,
        '~' | '～' | '〜' => Gap::TILDE,
        ':' | '：' => Gap::COLON,
        '#' | '№' => Gap::HASH,
        'º' | 'ª' | '°' => Gap::ORDINAL,
        _ => Gap::OTHER,
    }
}

/// The shape of an opening bracket.
const fn opening(character: char) -> Option<Shape> {
    match character {
        '(' | '（' => Some(Shape::Round),
        '[' | '{' | '【' | '［' | '「' | '『' | '《' => Some(Shape::Square),
        _ => None,
    }
}

const fn closing(character: char) -> Option<Shape> {
    match character {
        ')' | '）' => Some(Shape::Round),
        ']' | '}' | '】' | '］' | '」' | '』' | '》' => Some(Shape::Square),
        _ => None,
    }
}

struct Cutter {
    tokens: Vec<Token>,
    brackets: Vec<Bracket>,
    open: Option<usize>,
    /// Start and last class of the token at hand, and whether it holds anything but digits.
    current: Option<(usize, Class, Kind)>,
    gap: Gap,
}

impl Cutter {
    fn new(length: usize) -> Self {
        Self {
            tokens: Vec::with_capacity((length / 4).min(1024)),
            brackets: Vec::new(),
            open: None,
            current: None,
            gap: Gap::default(),
        }
    }

    fn take(&mut self, at: usize, character: char, lower: &str) {
        let Some(class) = class(character) else {
            if is_inner_apostrophe(at, character, lower) && self.current.is_some() {
                return;
            }
            self.end_token(at);
            return self.separate(character);
        };
        let splits = self.current.is_some_and(|(_, last, _)| {
            let unlike = last != class && (last == Class::Wide || class == Class::Wide);
            let number =
                matches!((last, class), (Class::Digit, Class::Foreign) | (Class::Foreign, Class::Digit));
            let tag = character == 's' && last == Class::Letter && is_tag(lower[at..].as_bytes());
            unlike || number || tag || matches!(character, '第' | '全' | '共')
        });
        if splits {
            self.end_token(at);
        }
        let kind = match class {
            Class::Digit => Kind::Number,
            Class::Letter | Class::Foreign => Kind::Word,
            Class::Wide => Kind::Wide,
        };
        self.current = Some(match self.current {
            Some((start, _, before)) => (start, class, if before == kind { kind } else { Kind::Word }),
            None => (at, class, kind),
        });
    }

    fn end_token(&mut self, end: usize) {
        let Some((start, _, kind)) = self.current.take() else { return };
        let gap = std::mem::take(&mut self.gap);
        self.tokens.push(Token { start, end, gap, kind, bracket: self.open, mark: Mark::Plain });
    }

    fn separate(&mut self, character: char) {
        let toggles = character == '★';
        let ends_star = toggles && self.open.is_some_and(|place| self.brackets[place].shape == Shape::Star);
        if let Some(shape) = opening(character).or((toggles && !ends_star).then_some(Shape::Star)) {
            self.gap = self.gap | Gap::OPEN;
            let first = self.tokens.len();
            self.brackets.push(Bracket { shape, first, last: first, outer: self.open });
            self.open = Some(self.brackets.len() - 1);
        } else if let Some(shape) = closing(character).or(ends_star.then_some(Shape::Star)) {
            self.gap = self.gap | Gap::CLOSE;
            self.close(shape);
        } else {
            self.gap = self.gap | gap_of(character);
        }
    }

    /// Closes the innermost bracket if the shape is right; another closing bracket is a stray one.
    fn close(&mut self, shape: Shape) {
        let Some(place) = self.open else { return };
        let last = self.tokens.len();
        let bracket = &mut self.brackets[place];
        if bracket.shape == shape {
            bracket.last = last;
            self.open = bracket.outer;
        }
    }

    fn finish(mut self, end: usize) -> (Vec<Token>, Vec<Bracket>) {
        self.end_token(end);
        let last = self.tokens.len();
        while let Some(place) = self.open {
            self.brackets[place].last = last;
            self.open = self.brackets[place].outer;
        }
        (self.tokens, self.brackets)
    }
}

/// Whether this is the apostrophe of `don't`.
fn is_inner_apostrophe(at: usize, character: char, lower: &str) -> bool {
    matches!(character, '\'' | '’' | '`')
        && lower[at + character.len_utf8()..].chars().next().is_some_and(char::is_alphabetic)
}

/// Whether `s01e02` stands here, so that a title that touches it is a token of its own.
fn is_tag(rest: &[u8]) -> bool {
    matches!(rest, [b's', b'0'..=b'9', b'0'..=b'9', b'e', b'0'..=b'9', b'0'..=b'9', ..])
}
