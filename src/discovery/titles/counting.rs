//! Counting episodes from the first of all, as releases of anime do.

use crate::domain::TitleEpisode;

/// Brings episodes into order, each once, specials last, and numbers them from the first of all. Where a season is
/// missing nobody can tell how the later ones count, and they get no number.
pub(super) fn count(mut episodes: Vec<TitleEpisode>) -> Vec<TitleEpisode> {
    episodes.sort_by_key(|one| (one.season == 0, one.season, one.episode));
    episodes.dedup_by_key(|one| (one.season, one.episode));
    let (mut season, mut before, mut last) = (0, Some(0), 0);
    for one in episodes.iter_mut().filter(|one| one.season != 0) {
        if one.season != season {
            let is_next = one.season == season + 1;
            // Some series number on from season to season, so that the number is the count already.
            before = before.filter(|_| is_next).map(|_| if one.episode > last { 0 } else { last });
            season = one.season;
        }
        one.absolute = before.filter(|_| one.episode > 0).map(|before| before + one.episode);
        last = one.absolute.unwrap_or(last);
    }
    episodes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(numbers: &[(u32, u32)]) -> Vec<(u32, u32, Option<u32>)> {
        let episode = |(season, episode): &(u32, u32)| TitleEpisode {
            season: *season,
            episode: *episode,
            absolute: None,
            name: None,
            released: None,
        };
        let episodes = count(numbers.iter().map(episode).collect());
        episodes.iter().map(|one| (one.season, one.episode, one.absolute)).collect()
    }

    #[test]
    fn seasons_that_begin_anew_are_added_up_without_specials() {
        assert_eq!(
            counted(&[(2, 1), (0, 1), (1, 1), (1, 2), (2, 2), (2, 1)]),
            [(1, 1, Some(1)), (1, 2, Some(2)), (2, 1, Some(3)), (2, 2, Some(4)), (0, 1, None)]
        );
    }

    #[test]
    fn seasons_that_number_on_are_counted_already() {
        assert_eq!(
            counted(&[(1, 1), (1, 2), (2, 3), (2, 4), (3, 1)]),
            [(1, 1, Some(1)), (1, 2, Some(2)), (2, 3, Some(3)), (2, 4, Some(4)), (3, 1, Some(5))]
        );
    }

    #[test]
    fn gaps_within_a_season_keep_their_room_and_missing_seasons_end_the_count() {
        assert_eq!(
            counted(&[(1, 1), (1, 4), (2, 1), (4, 1), (5, 1)]),
            [(1, 1, Some(1)), (1, 4, Some(4)), (2, 1, Some(5)), (4, 1, None), (5, 1, None)]
        );
        assert_eq!(counted(&[(2, 1), (3, 1)]), [(2, 1, None), (3, 1, None)]);
        assert_eq!(counted(&[(1, 0), (1, 1)]), [(1, 0, None), (1, 1, Some(1))]);
    }
}
