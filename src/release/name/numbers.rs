//! Seasons and episodes where the name says which number is which.

use super::counting::{self, Unit};
use super::figures::{Figure, Reader};
use super::token::{Gap, Kind, Mark, Strength, Text};

/// No release holds more episodes than this; a longer span is something else.
pub(super) const LONGEST_SPAN: u32 = 2000;

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
    /// The year that races are counted by instead of a season.
    pub(super) year: Option<u16>,
    /// The first token of the first season that stands together with its episode.
    pub(super) sure_at: Option<usize>,
    /// A season and its episode stand together somewhere. Numbers of other kinds are then counted otherwise.
    is_sure: bool,
}

/// Reads every number that stands with a word or sign of its own, and marks what was read.
pub(super) fn read(text: &mut Text<'_>) -> Numbers {
    let mut numbers = Numbers::default();
    let mut index = 0;
    while index < text.len() {
        let token = text.tokens[index];
        // `TV` is a word about quality too, but it may number the series.
        let readable = token.mark == Mark::Plain || counting::is_series(text.word(index));
        let end = readable.then(|| numbers.at(text, index)).flatten();
        let Some(end) = end else {
            index += 1;
            continue;
        };
        let first = index;
        if numbers.is_sure && numbers.sure_at.is_none() {
            numbers.sure_at = Some(first);
        }
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

/// The year that a season is counted by, if it is one.
fn year_of(season: u32) -> Option<u16> {
    u16::try_from(season).ok().filter(|year| (1900..2036).contains(year))
}

impl Numbers {
    /// Reads whatever begins at a token. Answers the place behind it.
    fn at(&mut self, text: &Text<'_>, index: usize) -> Option<usize> {
        let start = text.tokens[index].start;
        let reader = Reader { bytes: text.lower.as_bytes(), text };
        match text.tokens[index].kind {
            Kind::Word => {
                let sure = self.tagged(&reader, start).or_else(|| self.crossed(&reader, start));
                let sure = sure.or_else(|| self.half_tagged(&reader, start));
                sure.or_else(|| self.announced(&reader, index)).or_else(|| {
                    self.worded(|found| {
                        found
                            .episode(&reader, start)
                            .or_else(|| found.named(&reader, index))
                            .or_else(|| found.series(&reader, index))
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
        let letter = *reader.bytes.get(start).filter(|letter| matches!(letter, b's' | b't'))?;
        let Some(figure) = reader.figure(start + 1, 4) else {
            let (season, first) = reader.loose_tag(start)?;
            return Some(self.sure_episode(reader, season, first));
        };
        let episode = reader.tagged_episode(figure.end);
        if let Some(first) = episode {
            self.year = year_of(figure.value);
            return Some(self.sure_episode(reader, figure.value, first));
        }
        // `S0615` holds both.
        if let (b's', Some(first)) = (letter, reader.second_half(figure)) {
            return Some(self.sure_episode(reader, figure.value / 100, first));
        }
        if letter == b't' && (figure.width != 2 || figure.value > 40 || reader.byte(start + 1) != Some(b'0'))
        {
            return None;
        }
        // `S01D02` is a disc of the season.
        if let Some(end) = reader.disc(figure.end) {
            self.seasons.push(figure.value);
            return Some(end);
        }
        // `AC3-S78` names the group.
        let index = reader.token_at(start);
        let of_group = reader.text.gap(index) == Gap::HYPHEN
            && index > 0
            && reader.text.tokens[index - 1].mark == Mark::Tag(Strength::Strong);
        // Beside a season with its episode it is something else.
        if self.is_sure || reader.touches(figure.end) || figure.value >= 100 && figure.width < 4 || of_group {
            return None;
        }
        self.season_list(reader, figure, Some(letter))
    }

    /// Seasons behind a first one; then perhaps an episode without a word: `S02 03`, `S4-24`.
    pub(super) fn season_list(
        &mut self,
        reader: &Reader<'_>,
        first: Figure,
        letter: Option<u8>,
    ) -> Option<usize> {
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
        // Races and old cartoons are counted by the year: `2019x05`.
        let season = reader.figure(start, 4).filter(|f| f.width <= 2 || (1900..2036).contains(&f.value))?;
        let cross = reader.after(season.end, b"x")?;
        if let Some(end) = reader.after(cross, b"all").filter(|end| !reader.touches(*end)) {
            self.seasons.push(season.value);
            return Some(end);
        }
        let first = reader.figure(cross, 3).filter(|figure| reader.closes(figure.end))?;
        // `0x539` is how some write numbers of another kind.
        if season.value == 0 && first.width == 3 {
            return None;
        }
        // `5x1` may be a count of loudspeakers; between dashes it is none.
        let index = reader.token_at(start);
        let set_off = reader.text.gap(index).is_dash() || reader.text.gap(index + 1).is_dash();
        let sound =
            || reader.text.tokens[..index].iter().any(|token| token.mark == Mark::Tag(Strength::Strong));
        let channels = matches!((season.value, first.value), (2.., 0 | 1));
        if first.width == 1 && !set_off && (channels || sound()) {
            return None;
        }
        self.year = year_of(season.value);
        Some(self.sure_episode(reader, season.value, first))
    }

    /// A season with its episode, and the episodes that follow. Answers the place behind them.
    fn sure_episode(&mut self, reader: &Reader<'_>, season: u32, first: Figure) -> usize {
        self.make_sure();
        self.seasons.push(season);
        self.list_episodes(reader, first, Some(season))
    }

    /// `Season S01-S07`, `Ep 2x03`: the word says nothing that the tag behind it does not.
    fn announced(&mut self, reader: &Reader<'_>, index: usize) -> Option<usize> {
        let word = reader.text.word(index);
        let named = counting::unit(word).is_some() && !counting::ends_titles(word);
        if !named && !self.is_short_season(reader, index) {
            return None;
        }
        let tag =
            reader.text.get(index + 1).filter(|tag| tag.kind == Kind::Word && tag.mark == Mark::Plain)?;
        let near = tag.gap.only(Gap::BLANK | Gap::COLON);
        near.then(|| self.tagged(reader, tag.start).or_else(|| self.crossed(reader, tag.start)))?
    }

    /// `01E06`, without the letter of the season.
    fn half_tagged(&mut self, reader: &Reader<'_>, start: usize) -> Option<usize> {
        let season = reader.figure(start, 2).filter(|season| season.width == 2)?;
        let first = reader.figure(reader.after(season.end, b"e")?, 3)?;
        (first.width >= 2 && !reader.touches(first.end))
            .then(|| self.sure_episode(reader, season.value, first))
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

    pub(super) fn add_span(&mut self, unit: Unit, first: u32, last: u32) -> bool {
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

    /// Adds an episode and those that follow it. Answers the place behind them.
    pub(super) fn list_episodes(&mut self, reader: &Reader<'_>, first: Figure, season: Option<u32>) -> usize {
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
