//! Numbers beside words or signs for what they count.

use super::bare;
use super::counting::{self, Unit};
use super::figures::{Figure, Reader};
use super::numbers::{LONGEST_SPAN, Numbers};
use super::ordinals;
use super::token::{Gap, Kind, Shape};

impl Numbers {
    /// A word for seasons or episodes in front of its numbers: `Season 2`, `Ep. 05`, `Серия: 5`.
    pub(super) fn named(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let word = reader.text.word(index);
        let token = reader.text.tokens[index];
        let short = || self.is_short_season(reader, index).then_some(Unit::Season);
        let (unit, at) = match counting::unit(word).or_else(short) {
            Some(unit) => (unit, reader.past_separators(token.end, unit)),
            None => counting::glued(word).map(|(unit, letters)| (unit, token.start + letters))?,
        };
        if unit == Unit::Season
            && let Some(number) =
                ordinals::number_word(reader.text.written(index + 1), reader.text.word(index + 1))
            && reader.text.gap(index + 1).only(Gap::BLANK)
            && !reader.is_of_the_title(index, number)
        {
            return self.add_span(unit, number, number).then(|| reader.text.tokens[index + 1].end);
        }
        let first = reader.figure(at, 4)?;
        if unit == Unit::Season && reader.is_of_the_title(index, first.value) {
            return None;
        }
        if unit == Unit::Episode && first.width == 1 && reader.is_of_a_film(index) {
            return None;
        }
        if at == token.end && token.kind == Kind::Word || reader.is_taken(at) {
            return None;
        }
        match unit {
            Unit::Season => self.named_season(reader, first),
            Unit::Episode if reader.closes(first.end) || reader.wide_follows(first.end) => {
                self.named_episode(reader, word, first)
            }
            Unit::Episode => None,
        }
    }

    /// `- Tem.1`, `Tem 1 [720p]`: a short form of `Temporada` that is a word of sentences as well, so that it has to
    /// stand between a dash or bracket and something that is no title's.
    pub(super) fn is_short_season(&self, reader: &Reader<'_>, index: usize) -> bool {
        let text = reader.text;
        let set_off = text.gap(index).is_dash() || text.gap(index).has(Gap::BRACKET);
        text.word(index) == "tem" && index > 0 && set_off && bare::closes(text, index + 2)
    }

    fn named_season(&mut self, reader: &Reader<'_>, first: Figure) -> Option<usize> {
        // `Season2Episode3`.
        if reader.byte(first.end) == Some(b'e')
            && let Some(episode) = reader.tagged_episode(first.end)
        {
            self.seasons.push(first.value);
            return Some(self.list_episodes(reader, episode, Some(first.value)));
        }
        if first.value >= 100 || reader.touches(first.end) || self.belongs_to_next(reader, first) {
            return None;
        }
        self.season_list(reader, first, None)
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
    pub(super) fn counted(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let text = reader.text;
        let (_, width) = text.free_number(index)?;
        let first = reader.figure(text.tokens[index].start, 4).filter(|figure| figure.width == width)?;
        // Some write the cross with the letter that looks like it.
        if matches!(text.word(index + 1), "х" | "×") && text.gap(index + 1) == Gap::default() {
            let episode =
                reader.figure(text.get(index + 2)?.start, 3).filter(|episode| episode.width >= 2)?;
            self.seasons.push(first.value);
            return Some(self.list_episodes(reader, episode, Some(first.value)));
        }
        if let Some(end) = self.listed_seasons(reader, index) {
            return Some(end);
        }
        let span = reader.span(first);
        let last = span.unwrap_or(first);
        if let Some((_, end)) = reader.of_how_many(last) {
            // `[26 из 26]` says how many are there.
            let boxed = text.opened_at(index).is_some_and(|bracket| bracket.shape == Shape::Square);
            let next = text.word(reader.token_at(last.end));
            let many = counting::means_many(next) || boxed && next == "из";
            let from = if many && span.is_none() { 1 } else { first.value };
            return self.add_span(Unit::Episode, from, last.value).then_some(end);
        }
        let next = reader.past_ordinal(reader.token_at(last.end));
        let unit = reader.unit_behind(next)?;
        // `16 Episodes` says how many there are.
        if span.is_none() && counting::means_many(text.word(next)) && text.free_number(next + 1).is_none() {
            return Some(text.tokens[next].end);
        }
        if text.tokens[next].kind == Kind::Wide || !reader.prefers_number_behind(next) {
            return self.add_span(unit, first.value, last.value).then(|| text.tokens[next].end);
        }
        None
    }

    /// `1,2,3 сезон`: seasons one by one in front of their word.
    fn listed_seasons(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let text = reader.text;
        let small = |at: usize| text.free_number(at).filter(|(_, width)| *width <= 2).map(|(value, _)| value);
        let follows = |at: usize| {
            let listed = text.gap(at).has(Gap::COMMA | Gap::PLUS) && !text.gap(at).has(Gap::BRACKET);
            listed && small(at).is_some_and(|value| small(at - 1).is_some_and(|before| before < value))
        };
        let behind = (index + 1..text.len()).find(|at| !follows(*at)).filter(|behind| *behind > index + 1)?;
        let unit = reader.unit_behind(reader.past_ordinal(behind)).filter(|unit| *unit == Unit::Season)?;
        for season in (index..behind).filter_map(small) {
            self.add_span(unit, season, season);
        }
        Some(text.tokens[reader.past_ordinal(behind)].end)
    }

    /// `2nd Season`, `Second Season`, `2e saison`.
    pub(super) fn ordinal(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let word = reader.text.word(index);
        let number = ordinals::ordinal(word).or_else(|| ordinals::spelt(word))?;
        let mut last = number;
        let mut next = index + 1;
        // `1ª a 8ª Temporada`.
        if counting::spans(reader.text.word(next)) {
            last = ordinals::ordinal(reader.text.word(next + 1))?;
            next += 2;
        }
        let unit =
            counting::unit(reader.text.word(next)).filter(|_| reader.text.gap(next).only(Gap::PLAIN))?;
        if reader.is_of_the_title(next, number) {
            return None;
        }
        self.add_span(unit, number, last).then(|| reader.text.tokens[next].end)
    }

    /// `ТВ-2`, `TV-2`: the second series made for television.
    pub(super) fn series(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let text = reader.text;
        let (number, width) = text.free_number(index + 1)?;
        // In Latin letters it may be the name of a channel.
        let boxed = text.opened_at(index).is_some();
        let named = counting::is_series(text.word(index)) && (boxed || text.word(index) != "tv");
        let joined = named && text.gap(index + 1) == Gap::HYPHEN;
        let sound = joined && width == 1 && number > 0 && !reader.touches(text.tokens[index + 1].end);
        (sound && self.add_span(Unit::Season, number, number)).then(|| text.tokens[index + 1].end)
    }

    /// `5of6`, `3iz6` as one word.
    pub(super) fn part_of(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let token = reader.text.tokens[index];
        let first = reader.figure(token.start, 3)?;
        let (_, end) = reader.of_how_many(first)?;
        self.add_span(Unit::Episode, first.value, first.value).then_some(end)
    }

    /// `第05話`, `第二季`, `全12話`.
    pub(super) fn signed(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let text = reader.text;
        let word = text.word(index);
        if let Some((value, unit)) = ordinals::chinese(word) {
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
}
