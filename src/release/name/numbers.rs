//! Seasons and episodes where the name says which number is which.

use super::counting::Unit;
use super::figures::{Figure, Reader};
use super::token::{Kind, Mark, Text};

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
    /// A season and its episode stand together somewhere. Numbers of other kinds are then counted otherwise.
    is_sure: bool,
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
        // `S01D02` is a disc of the season.
        if let Some(end) = reader.disc(figure.end) {
            self.seasons.push(figure.value);
            return Some(end);
        }
        if reader.touches(figure.end) || figure.value >= 100 && figure.width < 4 {
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
        // Races are counted by the year: `2019x05`.
        let season = reader.figure(start, 4).filter(|f| f.width <= 2 || (1950..2036).contains(&f.value))?;
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
