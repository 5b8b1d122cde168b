//! Seasons and episodes where the name says which number is which.

use super::counting::{self, Unit};
use super::token::{Gap, Kind, Mark, Text, decimal};

/// No release holds more episodes than this; a longer span is something else.
const LONGEST_SPAN: u32 = 2000;

/// The same for seasons.
const LONGEST_SEASONS: u32 = 60;

/// More numbers than any release has; beyond them a name is nonsense.
const MOST: usize = 4000;

/// Seasons and episodes found so far.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) seasons: Vec<u32>,
    pub(super) episodes: Vec<u32>,
    /// The name says that it holds all there is.
    pub(super) complete: bool,
    /// The first token behind the last season that has no episode beside it.
    pub(super) open_season: Option<usize>,
    /// A season and its episode stand together somewhere. Numbers of other kinds are then counted otherwise.
    is_sure: bool,
}

/// A number and where it was read.
#[derive(Debug, Clone, Copy)]
struct Figure {
    value: u32,
    width: usize,
    /// The place behind it, in bytes.
    end: usize,
}

/// Reads every number that stands with a word or sign of its own, and marks what was read.
pub(super) fn read(text: &mut Text<'_>) -> Numbers {
    let mut numbers = Numbers::default();
    let mut index = 0;
    while index < text.len() {
        let token = text.tokens[index];
        let end = (token.mark == Mark::Plain).then(|| numbers.at(text, index)).flatten();
        let Some(end) = end else {
            index += 1;
            continue;
        };
        let first = index;
        while text.get(index).is_some_and(|token| token.start < end) {
            index += 1;
        }
        // A letter of the next word may touch the number; then that word is still a plain one.
        index = index.max(first + 1);
        text.mark(first..index, Mark::Number);
        if numbers.open_season == Some(usize::MAX) {
            numbers.open_season = Some(index);
        }
    }
    numbers.seasons.sort_unstable();
    numbers.seasons.dedup();
    numbers.episodes.sort_unstable();
    numbers.episodes.dedup();
    numbers
}

impl Numbers {
    /// Reads whatever begins at a token. Answers the place behind it.
    fn at(&mut self, text: &Text<'_>, index: usize) -> Option<usize> {
        let start = text.tokens[index].start;
        let reader = Reader { bytes: text.lower.as_bytes(), text };
        match text.tokens[index].kind {
            Kind::Word => {
                self.tagged(&reader, start).or_else(|| self.crossed(&reader, start)).or_else(|| {
                    self.worded(|found| {
                        found
                            .episode(&reader, start)
                            .or_else(|| found.named(&reader, index))
                            .or_else(|| found.part_of(&reader, index))
                            .or_else(|| found.ordinal(&reader, index))
                    })
                })
            }
            Kind::Number => self.worded(|found| found.counted(&reader, index)),
            Kind::Wide => {
                self.worded(|found| found.named(&reader, index).or_else(|| found.signed(&reader, index)))
            }
        }
    }

    /// Reads numbers with words of their own. They are dropped beside a season with its episode.
    fn worded(&mut self, read: impl FnOnce(&mut Self) -> Option<usize>) -> Option<usize> {
        let (seasons, episodes) = (self.seasons.len(), self.episodes.len());
        let end = read(self);
        if self.is_sure {
            self.seasons.truncate(seasons);
            self.episodes.truncate(episodes);
        }
        end
    }

    /// `S01`, `S01E02`, `S01-S05`, `T02E22` and what may follow them.
    fn tagged(&mut self, reader: &Reader<'_>, start: usize) -> Option<usize> {
        let letter = *reader.bytes.get(start)?;
        let figure = matches!(letter, b's' | b't').then(|| reader.figure(start + 1, 4))??;
        let episode = reader.tagged_episode(figure.end);
        if let Some(first) = episode {
            self.make_sure();
            self.seasons.push(figure.value);
            return Some(self.list_episodes(reader, first, Some(figure.value)));
        }
        if letter == b't' && (figure.width != 2 || figure.value > 40 || reader.byte(start + 1) != Some(b'0'))
        {
            return None;
        }
        if reader.touches(figure.end) || figure.value >= 100 && figure.width < 4 {
            return None;
        }
        self.season_list(reader, figure, Some(letter))
    }

    /// Seasons behind a first one; then perhaps an episode without a word: `S02 03`, `S4-24`.
    fn season_list(&mut self, reader: &Reader<'_>, first: Figure, letter: Option<u8>) -> Option<usize> {
        let mut last = first;
        self.seasons.push(first.value);
        while let Some((next, span)) = reader.following_season(last, first.width, letter) {
            if next.value <= last.value
                || next.value - last.value > LONGEST_SEASONS
                || self.seasons.len() > MOST
            {
                break;
            }
            self.seasons.extend(if span { last.value + 1..=next.value } else { next.value..=next.value });
            last = next;
        }
        if last.end == first.end
            && let Some(episode) = reader.untagged_episode(first, letter.is_some())
        {
            return Some(self.list_episodes(reader, episode, None));
        }
        self.open_season = Some(usize::MAX);
        Some(last.end)
    }

    /// `1x02`, with whatever follows.
    fn crossed(&mut self, reader: &Reader<'_>, start: usize) -> Option<usize> {
        let season = reader.figure(start, 2)?;
        let cross = reader.after(season.end, b"x")?;
        let first = reader.figure(cross, 3).filter(|figure| reader.closes(figure.end))?;
        // `5x1` may be a count of loudspeakers; between dashes it is none.
        let index = reader.token_at(start);
        let set_off = reader.text.gap(index).is_dash() || reader.text.gap(index + 1).is_dash();
        if first.width == 1 && !set_off {
            return None;
        }
        self.make_sure();
        self.seasons.push(season.value);
        Some(self.list_episodes(reader, first, Some(season.value)))
    }

    /// From now on only a season with its episode counts; what was read before counts otherwise.
    fn make_sure(&mut self) {
        if !self.is_sure {
            self.is_sure = true;
            self.episodes.clear();
        }
    }

    /// `E05`, `E01-E12`.
    fn episode(&mut self, reader: &Reader<'_>, start: usize) -> Option<usize> {
        let first =
            reader.figure(reader.after(start, b"e")?, 4).filter(|figure| reader.closes(figure.end))?;
        Some(self.list_episodes(reader, first, None))
    }

    /// A word for seasons or episodes in front of its numbers: `Season 2`, `Ep. 05`, `Серия: 5`.
    fn named(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let word = reader.text.word(index);
        let token = reader.text.tokens[index];
        let (unit, at) = match counting::unit(word) {
            Some(unit) => (unit, reader.past_separators(token.end, unit)),
            None => counting::glued(word).map(|(unit, letters)| (unit, token.start + letters))?,
        };
        if unit == Unit::Season
            && let Some(number) = counting::number_word(reader.text.written(index + 1))
            && reader.text.gap(index + 1).only(Gap::BLANK)
        {
            return self.add_span(unit, number, number).then(|| reader.text.tokens[index + 1].end);
        }
        let first = reader.figure(at, 4)?;
        if unit == Unit::Episode && first.width == 1 && reader.is_of_a_film(index) {
            return None;
        }
        if at == token.end && token.kind == Kind::Word || reader.is_taken(at) {
            return None;
        }
        match unit {
            Unit::Season if first.value < 100 && !reader.touches(first.end) => {
                if self.belongs_to_next(reader, first) {
                    return None;
                }
                self.season_list(reader, first, None)
            }
            Unit::Episode if reader.closes(first.end) || reader.wide_follows(first.end) => {
                self.named_episode(reader, word, first)
            }
            Unit::Season | Unit::Episode => None,
        }
    }

    /// Whether a number behind a word for seasons is rather that of the word for episodes behind it:
    /// `2 сезон 5 серия`, but not `2 Сезон 5 Серия 3`.
    fn belongs_to_next(&self, reader: &Reader<'_>, figure: Figure) -> bool {
        let next = reader.token_at(figure.end);
        let unit_behind =
            reader.text.gap(next).only(Gap::PLAIN) && counting::unit(reader.text.word(next)).is_some();
        unit_behind && reader.text.free_number(next + 1).is_none()
    }

    fn named_episode(&mut self, reader: &Reader<'_>, word: &str, first: Figure) -> Option<usize> {
        // `Episode 1.22` holds both.
        if let Some(second) = reader.after(first.end, b".").and_then(|at| reader.figure(at, 2))
            && second.width == 2
            && first.width <= 2
            && !reader.touches(second.end)
        {
            self.seasons.push(first.value);
            self.episodes.push(second.value);
            return Some(second.end);
        }
        // `Cap.102` is the second of season one: so a family of Spanish names counts.
        if word.starts_with("cap")
            && matches!(first.width, 3 | 4)
            && !first.value.is_multiple_of(100)
            && first.value > 100
        {
            return Some(self.spanish(reader, first));
        }
        if counting::means_many(word)
            && let Some((_, end)) = reader.of_how_many(first)
        {
            self.episodes.extend(1..=first.value.min(LONGEST_SPAN));
            return Some(end);
        }
        Some(self.list_episodes(reader, first, None))
    }

    /// `Cap.102_104`: season and episode in one number.
    fn spanish(&mut self, reader: &Reader<'_>, first: Figure) -> usize {
        let mut end = first.end;
        let mut last = first.value;
        if let Some(second) = reader.skip_one(end, b"_-").and_then(|at| reader.figure(at, 4))
            && second.width == first.width
            && second.value / 100 == first.value / 100
            && second.value > first.value
        {
            (end, last) = (second.end, second.value);
        }
        self.seasons.push(first.value / 100);
        self.episodes.extend(first.value % 100..=last % 100);
        end
    }

    /// A number in front of its word or of its `of`: `2nd Season`, `5 серия`, `1-8 из 10`, `215 ao 220`, `05話`.
    fn counted(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let text = reader.text;
        let (_, width) = text.free_number(index)?;
        let first = reader.figure(text.tokens[index].start, 4).filter(|figure| figure.width == width)?;
        let span = reader.span(first);
        let last = span.unwrap_or(first);
        if let Some((_, end)) = reader.of_how_many(last) {
            let many = counting::means_many(text.word(reader.token_at(last.end)));
            let from = if many && span.is_none() { 1 } else { first.value };
            return self.add_span(Unit::Episode, from, last.value).then_some(end);
        }
        let next = reader.past_ordinal(reader.token_at(last.end));
        let unit = reader.unit_behind(next)?;
        if text.tokens[next].kind == Kind::Wide || !reader.prefers_number_behind(next) {
            return self.add_span(unit, first.value, last.value).then(|| reader.end_of_unit(next));
        }
        None
    }

    fn add_span(&mut self, unit: Unit, first: u32, last: u32) -> bool {
        let longest = if unit == Unit::Season { LONGEST_SEASONS } else { LONGEST_SPAN };
        if last < first || last - first > longest || (unit == Unit::Season && last >= 100) {
            return false;
        }
        if self.seasons.len() + self.episodes.len() > MOST {
            return true;
        }
        match unit {
            Unit::Season => {
                self.seasons.extend(first..=last);
                self.open_season = Some(usize::MAX);
            }
            Unit::Episode => self.episodes.extend(first..=last),
        }
        true
    }

    /// `2nd Season`, `Second Season`, `2e saison`.
    fn ordinal(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let word = reader.text.word(index);
        let number = counting::ordinal(word).or_else(|| counting::spelt(word))?;
        let mut last = number;
        let mut next = index + 1;
        // `1ª a 8ª Temporada`.
        if counting::spans(reader.text.word(next)) {
            last = counting::ordinal(reader.text.word(next + 1))?;
            next += 2;
        }
        let unit =
            counting::unit(reader.text.word(next)).filter(|_| reader.text.gap(next).only(Gap::PLAIN))?;
        self.add_span(unit, number, last).then(|| reader.text.tokens[next].end)
    }

    /// `5of6`, `3iz6` as one word.
    fn part_of(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let token = reader.text.tokens[index];
        let first = reader.figure(token.start, 3)?;
        let (_, end) = reader.of_how_many(first)?;
        self.add_span(Unit::Episode, first.value, first.value).then_some(end)
    }

    /// `第05話`, `第二季`, `全12話`.
    fn signed(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let text = reader.text;
        let word = text.word(index);
        if let Some((value, unit)) = counting::chinese(word) {
            return self.add_span(unit, value, value).then_some(text.tokens[index].end);
        }
        if !matches!(word, "第" | "全" | "共" | "제") || text.gap(index + 1) != Gap::default() {
            return None;
        }
        let first = reader.figure(text.get(index + 1)?.start, 4)?;
        let last = reader.span(first).unwrap_or(first);
        let next = reader.token_at(last.end);
        let unit = counting::sign(text.word(next)).filter(|_| !text.gap(next).has(Gap::BRACKET))?;
        if matches!(word, "全" | "共") {
            self.complete = true;
            return Some(text.tokens[next].end);
        }
        self.add_span(unit, first.value, last.value).then(|| text.tokens[next].end)
    }

    /// Adds an episode and those that follow it. Answers the place behind them.
    fn list_episodes(&mut self, reader: &Reader<'_>, first: Figure, season: Option<u32>) -> usize {
        let mut last = first;
        self.open_season = None;
        self.episodes.push(first.value);
        while let Some((next, span)) = reader.following_episode(last, first.width, season) {
            if next.value <= last.value
                || next.value - last.value > LONGEST_SPAN
                || self.episodes.len() > MOST
            {
                break;
            }
            self.episodes.extend(if span { last.value + 1..=next.value } else { next.value..=next.value });
            last = next;
        }
        let past = reader.past_version(last.end);
        reader.of_how_many(last).map_or(past, |(_, end)| end)
    }
}

/// Reads numbers at any place of a name.
struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a Text<'a>,
}

impl Reader<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The digits at a place, none where there are more than `most`.
    fn figure(&self, at: usize, most: usize) -> Option<Figure> {
        let rest = self.bytes.get(at..)?;
        let width = rest.iter().take(most + 1).take_while(|byte| byte.is_ascii_digit()).count();
        (1..=most).contains(&width).then(|| Figure { value: decimal(&rest[..width]), width, end: at + width })
    }

    fn after(&self, at: usize, word: &[u8]) -> Option<usize> {
        self.bytes.get(at..)?.starts_with(word).then(|| at + word.len())
    }

    fn past(&self, at: usize, skipped: &[u8]) -> usize {
        at + self.bytes.iter().skip(at).take(8).take_while(|byte| skipped.contains(byte)).count()
    }

    fn skip_one(&self, at: usize, any: &[u8]) -> Option<usize> {
        any.contains(&self.byte(at)?).then_some(at + 1)
    }

    /// Whether a letter or digit stands at a place; bytes above ASCII are letters, dashes excepted.
    fn touches(&self, at: usize) -> bool {
        self.byte(at).is_some_and(|byte| byte.is_ascii_alphanumeric())
    }

    /// Whether an episode number may end here: before a blank, `v2`, the letter of a part, or a capital
    /// letter, for the name of the episode touches the number in some names.
    fn closes(&self, at: usize) -> bool {
        let part = matches!(self.byte(at), Some(b'a'..=b'd')) && !self.touches(at + 1);
        let raw = self.text.raw.as_bytes();
        let new_word = raw.get(at).is_some_and(u8::is_ascii_uppercase)
            && raw.get(at + 1).is_some_and(u8::is_ascii_lowercase)
            && at > 2;
        !self.touches(at)
            || part
            || new_word
            || self.past_version(at) > at
            || self.after(at, b"e").and_then(|at| self.figure(at, 4)).is_some()
            || self.after(at, b"x").and_then(|at| self.figure(at, 3)).is_some_and(|f| f.width >= 2)
    }

    /// Past `v2`, if there is one.
    fn past_version(&self, at: usize) -> usize {
        match self.bytes.get(at..) {
            Some([b'v', digit, ..]) if digit.is_ascii_digit() && !self.touches(at + 2) => at + 2,
            _ => at,
        }
    }

    /// Whether a number behind a word for episodes is that of a film: `Episode 4 A New Hope 1977`.
    fn is_of_a_film(&self, index: usize) -> bool {
        let alone =
            self.text.word(index).starts_with("episod") || self.text.word(index).starts_with("épisod");
        let named = self.text.is_plain(index + 2) && self.text.gap(index + 2).only(Gap::PLAIN | Gap::COLON);
        let year = |index: usize| {
            self.text.free_number(index).is_some_and(|(value, _)| (1895..2036).contains(&value))
        };
        alone && named && (index + 3..(index + 14).min(self.text.len())).any(year)
    }

    fn wide_follows(&self, at: usize) -> bool {
        self.bytes.get(at).is_some_and(|byte| !byte.is_ascii())
    }

    /// The first token that begins at or behind a place.
    fn token_at(&self, at: usize) -> usize {
        self.text.tokens.partition_point(|token| token.start < at)
    }

    /// Whether the token at a place has been found to be something else.
    fn is_taken(&self, at: usize) -> bool {
        let index = self.text.tokens.partition_point(|token| token.end <= at);
        self.text.get(index).is_some_and(|token| token.mark != Mark::Plain)
    }

    /// Past what may stand between a word and its number.
    fn past_separators(&self, at: usize, unit: Unit) -> usize {
        let index = self.token_at(at);
        let gap = self.text.gap(index);
        let near = self.text.get(index).is_some_and(|token| token.start - at <= 3);
        let allowed = Gap::BLANK | Gap::COLON | Gap::HASH | Gap::OPEN;
        let hyphen = gap.only(Gap::HYPHEN) || (unit == Unit::Episode && gap.only(Gap::PLAIN));
        if near && (gap.only(allowed) || hyphen) { self.text.tokens[index].start } else { at }
    }

    /// `E05` behind a season: `S01E05`, `S01 - E05`, `S01xE05`, `S01.Ep.05`, `S01 Episode 5`.
    fn tagged_episode(&self, at: usize) -> Option<Figure> {
        let mut at = self.past(at, b" ._-,[(");
        at = self.after(at, b"x").unwrap_or(at);
        let bare = self.after(at, b"ep").or_else(|| self.after(at, b"e")).and_then(|at| self.figure(at, 4));
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
    fn untagged_episode(&self, season: Figure, lettered: bool) -> Option<Figure> {
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
        let lines = super::tags::named(figure.value).is_some() || matches!(figure.value, 264 | 265);
        ((dashed || tight) && padded && sound && !lines && !self.touches(figure.end)).then_some(figure)
    }

    /// The next number of a list of seasons, and whether it ends a span.
    fn following_season(&self, last: Figure, width: usize, letter: Option<u8>) -> Option<(Figure, bool)> {
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
            at = self.text.get(index + 1).filter(|_| self.text.gap(index + 1) == Gap::SPACE)?.start;
        }
        let lettered = letter.and_then(|letter| self.after(at, &[letter]));
        let next = self.figure(lettered.unwrap_or(at), 4)?;
        if self.touches(next.end) || self.is_taken(at) || next.value >= 100 {
            return None;
        }
        if lettered.is_some() {
            return Some((next, span));
        }
        let behind = self.text.word(self.token_at(next.end));
        let decimal = self.byte(next.end) == Some(b'.') && self.figure(next.end + 1, 1).is_some();
        let counted =
            counting::counts_otherwise(behind) && self.text.gap(self.token_at(next.end)).only(Gap::BLANK);
        let sound = !counted && !decimal;
        // A span without the word again has numbers of the same width: `S01-11`, but `S4-24` is an episode.
        let tight = letter.is_none() || (at == last.end + 1 && span);
        let alike = next.width == width
            || gap.has(Gap::COLON)
            || (span && !gap.is_dash()) && letter.is_none()
            || !gap.has(Gap::HYPHEN) && span;
        let in_turn = next.value == last.value + 1;
        let accepted =
            if span { tight && alike } else { letter.is_none() && in_turn && (list || gap == Gap::SPACE) };
        (accepted && sound).then_some((next, span))
    }

    /// The next number of a list of episodes, and whether it ends a span.
    fn following_episode(&self, last: Figure, width: usize, season: Option<u32>) -> Option<(Figure, bool)> {
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
        let worded = at > end && counting::spans(word) && self.text.free_number(index + 1).is_some();
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
        // Without a tag a span keeps its width, and a blank only a span in brackets or at the end.
        let next = self.figure(at, 4)?;
        let tight = at == end + 1 && (next.width == width || next.width > width && next.value < 1900);
        let closed = || {
            let behind = self.text.gap(self.token_at(next.end));
            next.width == width && (gap.has(Gap::TILDE) || behind.has(Gap::BRACKET)) && width >= 2
        };
        let free = !self.touches(next.end) && !self.is_taken(at);
        let listed = gap == Gap::PLUS || gap == Gap::COMMA;
        let in_turn = at == end + 1 && next.width == width && width >= 2 && next.value > last.value;
        if listed && free && in_turn {
            return Some((next, false));
        }
        (span && free && (worded || tight || closed())).then_some((next, true))
    }

    /// Past `e`, `ep`, `s01e` or `1x` of the same season, in front of a further number.
    fn repeated_tag(&self, at: usize, season: Option<u32>) -> Option<usize> {
        let bare = |at| self.after(at, b"ep").or_else(|| self.after(at, b"e"));
        let same =
            |at, most| self.figure(at, most).filter(|figure| Some(figure.value) == season).map(|f| f.end);
        let tagged = || bare(same(self.after(at, b"s")?, 4)?);
        let crossed = || self.after(same(at, 2)?, b"x");
        let again = || self.after(at, b"x").filter(|_| season.is_some());
        bare(at).or_else(tagged).or_else(crossed).or_else(again).filter(|at| self.figure(*at, 4).is_some())
    }

    /// `-08`, ` - 08`, ` ao 220` behind a number: the other end of a span.
    fn span(&self, first: Figure) -> Option<Figure> {
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

    /// `of 10` behind a number, perhaps with a word for episodes between: how many, and the place behind it.
    fn of_how_many(&self, last: Figure) -> Option<(u32, usize)> {
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
    fn past_ordinal(&self, index: usize) -> usize {
        let apart = counting::is_ordinal_end(self.text.word(index))
            && self.text.gap(index).only(Gap::PLAIN | Gap::ORDINAL);
        index + usize::from(apart)
    }

    /// What the word behind a number counts.
    fn unit_behind(&self, index: usize) -> Option<Unit> {
        let token = self.text.get(index)?;
        if token.mark != Mark::Plain || !token.gap.only(Gap::BLANK | Gap::ORDINAL) {
            return None;
        }
        let word = self.text.word(index);
        counting::unit(word).or_else(|| counting::sign(word).filter(|_| token.gap == Gap::default()))
    }

    /// Whether a word for seasons or episodes has its number behind it, not before.
    fn prefers_number_behind(&self, index: usize) -> bool {
        let behind = self.text.gap(index + 1);
        let near = behind.only(Gap::BLANK | Gap::COLON | Gap::HASH) || behind == Gap::HYPHEN;
        let Some(_) = self.text.free_number(index + 1).filter(|_| near) else { return false };
        let before = self.text.gap(index).has(Gap::ORDINAL);
        let next_unit = self.text.gap(index + 2).only(Gap::BLANK | Gap::ORDINAL)
            && counting::unit(self.text.word(index + 2)).is_some()
            && self.text.free_number(index + 3).is_none();
        !before && !next_unit
    }

    fn end_of_unit(&self, index: usize) -> usize {
        let token = self.text.tokens[index];
        // Of a run of signs only the first is the unit's.
        token.end
    }
}
