//! Cuts a name into tokens and finds its brackets.

use super::token::{Bracket, Gap, Kind, Mark, Shape, Token};

pub(super) struct Cutter {
    tokens: Vec<Token>,
    brackets: Vec<Bracket>,
    open: Option<usize>,
    /// Start and last class of the token at hand, and whether it holds anything but digits.
    current: Option<(usize, Class, Kind)>,
    gap: Gap,
}

impl Cutter {
    pub(super) fn new(length: usize) -> Self {
        Self {
            tokens: Vec::with_capacity((length / 4).min(1024)),
            brackets: Vec::new(),
            open: None,
            current: None,
            gap: Gap::default(),
        }
    }

    pub(super) fn take(&mut self, at: usize, character: char, lower: &str) {
        let Some(class) = class(character) else {
            // Digits are never joined by one: `5'a` is two tokens.
            let in_word = matches!(self.current, Some((_, Class::Letter | Class::Foreign, _)));
            if in_word && is_inner_apostrophe(at, character, lower) {
                return;
            }
            self.end_token(at);
            return self.separate(character);
        };
        let splits = self.current.is_some_and(|(_, last, _)| {
            let unlike = last != class && (last == Class::Wide || class == Class::Wide);
            let number =
                matches!((last, class), (Class::Digit, Class::Foreign) | (Class::Foreign, Class::Digit));
            let in_word = matches!(last, Class::Digit | Class::Letter);
            let (before, rest) = (&lower.as_bytes()[..at], &lower.as_bytes()[at..]);
            let tag = in_word && (is_tag(rest, last == Class::Letter) || is_lines_between(before, rest));
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

    pub(super) fn finish(mut self, end: usize) -> (Vec<Token>, Vec<Bracket>) {
        self.end_token(end);
        let last = self.tokens.len();
        while let Some(place) = self.open {
            self.brackets[place].last = last;
            self.open = self.brackets[place].outer;
        }
        (self.tokens, self.brackets)
    }
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

/// Whether a character's script leaves no blanks between words.
pub(super) const fn is_wide(character: char) -> bool {
    matches!(character,
        '\u{0e00}'..='\u{0eff}' | '\u{1100}'..='\u{11ff}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30fa}'
        | '\u{30fc}'..='\u{318f}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
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

/// Whether this is the apostrophe of `don't`.
fn is_inner_apostrophe(at: usize, character: char, lower: &str) -> bool {
    matches!(character, '\'' | '’' | '`')
        && lower[at + character.len_utf8()..].chars().next().is_some_and(char::is_alphabetic)
}

/// Whether a place ends or begins a number of lines that touches other words: `1080pWEB`, `10bit1080p`.
fn is_lines_between(before: &[u8], rest: &[u8]) -> bool {
    const LINES: [&[u8]; 4] = [b"480p", b"720p", b"1080p", b"2160p"];
    let ends = LINES.iter().any(|lines| before.ends_with(lines));
    let whole = |word: &[u8]| rest.strip_prefix(word).is_some_and(|rest| !starts_inside(rest));
    if ends && rest.first().is_some_and(u8::is_ascii_alphabetic) {
        return !whole(b"x") && !whole(b"hd");
    }
    // `m1080p` is one word, like `1080p`.
    // `1480x1080p` is a size.
    let sized =
        before.last_chunk::<4>().is_some_and(|end| end[3] == b'x' && end[..3].iter().all(u8::is_ascii_digit));
    let led = before.last().is_some_and(u8::is_ascii_alphabetic) && !sized;
    let is_m = before.last() == Some(&b'm')
        && !before[..before.len() - 1].last().is_some_and(u8::is_ascii_alphabetic);
    led && !is_m && LINES.iter().any(|lines| rest.starts_with(lines))
}

/// Whether a word goes on.
fn starts_inside(rest: &[u8]) -> bool {
    rest.first().is_some_and(u8::is_ascii_alphanumeric)
}

/// Whether `s01e02`, `1x02` or `m1080` stands here, so that a title that touches it is a token of its own.
fn is_tag(rest: &[u8], behind_letter: bool) -> bool {
    let digits = |from: usize| rest[from.min(rest.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
    match rest {
        [b's', b'0'..=b'9', b'0'..=b'9', b'e', b'0'..=b'9', b'0'..=b'9', ..] => behind_letter,
        [b'0'..=b'9', ..] if behind_letter => {
            let width = digits(0);
            let ends = width + 3;
            width <= 2
                && rest.get(width) == Some(&b'x')
                && digits(width + 1) == 2
                && !starts_inside(&rest[ends.min(rest.len())..])
        }
        [b'm', lines @ ..] | [b'b' | b'h', b'd', lines @ ..] => {
            let rest = ["720", "1080", "2160"].iter().find_map(|known| lines.strip_prefix(known.as_bytes()));
            rest.is_some_and(|rest| !starts_inside(rest.strip_prefix(b"p").unwrap_or(rest)))
        }
        _ => false,
    }
}
