use std::sync::Arc;

use super::*;
use crate::domain::{Title, TitleEpisode};
use crate::stremio::Hops;

fn caps(search: &str, tv: &str, movie: &str, categories: &[u32]) -> Caps {
    let mode = |params: &str| Mode::new(!params.is_empty(), params.split(','), false);
    Caps {
        search: mode(search),
        tv: mode(tv),
        movie: mode(movie),
        categories: categories.to_vec(),
        ..Caps::default()
    }
}

fn title(name: &str, aliases: &[&str], year: u16) -> Title {
    Title {
        kind: TitleKind::Movie,
        name: name.to_owned(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        year: Some(year),
        last_year: None,
        imdb: None,
        episodes: Vec::new(),
    }
}

fn query(id: &str, kind: &str, title: Title) -> Query {
    let Ok(id) = id.parse();
    Query {
        id,
        kind: kind.to_owned(),
        title: Some(Arc::new(title)),
        episode: None,
        absolute: None,
        hops: Hops::default(),
    }
}

fn film() -> Query {
    query(
        "tt0211915",
        "movie",
        title("Amélie", &["Amelie", "Le fabuleux destin d'Amélie Poulain", "Third"], 2001),
    )
}

fn episode(season: u32, episode: u32) -> Query {
    Query {
        episode: Some((season, episode)),
        ..query("tt1748166:1:2", "series", title("Pioneer One", &[], 2010))
    }
}

fn written(searches: &[Search]) -> Vec<String> {
    let shown = |(name, value): &(&str, String)| format!("{name}={value}");
    let params = |search: &Search| {
        let params = search.params.iter().filter(|(name, _)| !matches!(*name, "extended" | "cat" | "limit"));
        params.map(shown).collect::<Vec<_>>().join(" ")
    };
    searches.iter().map(|search| format!("{} {}", search.function, params(search))).collect()
}

/// What is asked at first, and what if that brings nothing.
fn asked(query: &Query, caps: &Caps) -> (Vec<String>, Vec<String>) {
    let plan = plan(query, caps).unwrap();
    (written(&plan.first), written(&plan.otherwise))
}

#[test]
fn films_are_asked_for_by_the_best_that_is_taken() {
    for (search, movie, first) in [
        ("q", "q,imdbid", vec!["movie imdbid=tt0211915"]),
        ("q,imdbid", "", vec!["search imdbid=tt0211915"]),
        (
            "q",
            "q,year",
            vec!["movie q=Amelie year=2001", "movie q=Le fabuleux destin dAmelie Poulain year=2001"],
        ),
        ("q", "q", vec!["movie q=Amelie 2001", "movie q=Le fabuleux destin dAmelie Poulain 2001"]),
        ("q", "", vec!["search q=Amelie 2001", "search q=Le fabuleux destin dAmelie Poulain 2001"]),
    ] {
        assert_eq!(asked(&film(), &caps(search, "", movie, &[])).0, first, "{search} {movie}");
    }
    let (_, otherwise) = asked(&film(), &caps("q", "", "q,imdbid", &[]));
    assert_eq!(otherwise, ["movie q=Amelie 2001", "movie q=Le fabuleux destin dAmelie Poulain 2001"]);
}

#[test]
fn episodes_are_asked_for_with_the_season_that_may_hold_them() {
    for (tv, first) in [
        (
            "q,imdbid,season,ep",
            vec!["tvsearch imdbid=tt1748166 season=1 ep=2", "tvsearch imdbid=tt1748166 season=1"],
        ),
        ("q,imdbid,season", vec!["tvsearch imdbid=tt1748166 season=1"]),
        ("q,season,ep", vec!["tvsearch q=Pioneer One season=1 ep=2", "tvsearch q=Pioneer One season=1"]),
        ("q,imdbid", vec!["tvsearch q=Pioneer One S01E02", "tvsearch q=Pioneer One S01"]),
        ("", vec!["search q=Pioneer One S01E02", "search q=Pioneer One S01"]),
    ] {
        assert_eq!(asked(&episode(1, 2), &caps("q", tv, "", &[])).0, first, "{tv}");
    }
    assert_eq!(asked(&episode(0, 2), &caps("q", "", "", &[])).0, ["search q=Pioneer One S00E02"]);
}

#[test]
fn without_a_title_ids_are_all_there_is() {
    let untitled = Query { title: None, ..episode(1, 2) };
    assert_eq!(asked(&untitled, &caps("q", "q,imdbid", "", &[])).0, ["tvsearch imdbid=tt1748166"]);
    assert_eq!(plan(&untitled, &caps("q", "q,season,ep", "", &[])), None);
    let nameless = query("kitsu:1", "anime", title("!!!", &[], 2000));
    assert_eq!(plan(&nameless, &caps("q", "q", "q", &[])), None);
}

#[test]
fn ids_of_tmdb_are_sent_where_they_are_taken() {
    let caps = caps("q", "q,tmdbid,season,ep", "q,imdbid,tmdbid", &[]);
    let film = query("tmdb:603", "movie", title("The Matrix", &[], 1999));
    assert_eq!(asked(&film, &caps).0, ["movie tmdbid=603"]);
    let one = Query { episode: Some((1, 2)), ..query("tmdb:1399:1:2", "series", title("A", &[], 2011)) };
    assert_eq!(asked(&one, &caps).0[0], "tvsearch tmdbid=1399 season=1 ep=2");
}

#[test]
fn anime_is_asked_for_by_the_number_counted_through() {
    let words = caps("q", "q", "", &[5000, 5070]);
    let anime = |episode| Query {
        episode,
        absolute: Some(5),
        ..query("kitsu:1:5", "anime", title("Mushishi", &["蟲師"], 2005))
    };
    assert_eq!(
        asked(&anime(None), &words).0,
        ["tvsearch q=Mushishi 05", "tvsearch q=蟲師 05", "tvsearch q=Mushishi"]
    );
    assert_eq!(
        asked(&anime(Some((1, 5))), &words).0,
        [
            "tvsearch q=Mushishi 05",
            "tvsearch q=Mushishi S01E05",
            "tvsearch q=Mushishi S01",
            "tvsearch q=蟲師 S01E05",
        ]
    );
    let ids = caps("q", "q,imdbid,season,ep", "", &[]);
    let known = Query { absolute: Some(5), kind: "anime".to_owned(), ..episode(1, 2) };
    assert_eq!(asked(&known, &ids).0[2], "tvsearch q=Pioneer One 05");
    // Without a mapping the number is the entry's own, whose title is known then.
    let entry = Query { absolute: None, ..anime(None) };
    assert_eq!(asked(&entry, &words).0[0], "tvsearch q=Mushishi 05");
    // Every series can be counted through; only anime is released so.
    let series = Query { absolute: Some(5), ..episode(1, 2) };
    assert!(!asked(&series, &words).0.concat().contains("05"));
}

#[test]
fn daily_shows_are_asked_for_by_the_day() {
    let episodes = (1..=5).map(|number| TitleEpisode {
        season: 1,
        episode: number,
        absolute: None,
        name: None,
        released: Date::new(2024, 2, 26 + u8::try_from(number).unwrap() - 1).or(Date::new(2024, 3, 1)),
    });
    let daily = Title { episodes: episodes.collect(), ..title("Late Talk", &[], 2020) };
    let of = |number| Query { episode: Some((1, number)), ..query("tt1:1:4", "series", daily.clone()) };
    assert_eq!(
        asked(&of(4), &caps("q", "", "", &[])).0,
        ["search q=Late Talk 2024 02 29", "search q=Late Talk S01E04"]
    );
    assert_eq!(
        asked(&of(4), &caps("q", "q,season,ep,imdbid", "", &[])).0,
        [
            "tvsearch imdbid=tt1 season=1 ep=4",
            "tvsearch imdbid=tt1 season=1",
            "tvsearch q=Late Talk season=2024 ep=02/29",
        ]
    );
    // The first two have no week of others behind them.
    assert_eq!(
        asked(&of(2), &caps("q", "", "", &[])).0,
        ["search q=Late Talk S01E02", "search q=Late Talk S01"]
    );
}

#[test]
fn categories_are_sent_as_far_as_they_are_listed() {
    let of = |query: &Query, categories: &[u32]| {
        let plan = plan(query, &caps("q", "", "", categories))?;
        let cat = plan.first[0].params.iter().find(|(name, _)| *name == "cat");
        Some(cat.map(|(_, value)| value.clone()).unwrap_or_default())
    };
    let film_of = |categories: &[u32]| of(&film(), categories);
    assert_eq!(film_of(&[2000, 2040, 5000]).as_deref(), Some("2000"));
    assert_eq!(film_of(&[2040, 2030, 5000]).as_deref(), Some("2030,2040"));
    assert_eq!(film_of(&[]).as_deref(), Some(""));
    assert_eq!(film_of(&[8000, 100_001]).as_deref(), Some(""));
    assert_eq!(film_of(&[5000, 5070]).as_deref(), Some("5070"));
    assert_eq!(film_of(&[3000, 5000]), None);
    assert_eq!(of(&episode(1, 1), &[2000]), None);
    assert_eq!(of(&episode(1, 1), &[2000, 5000, 5070]).as_deref(), Some("5000"));
    // A way of searching for films says that there are some.
    assert_eq!(asked(&film(), &caps("q", "", "q", &[5000])).0[0], "movie q=Amelie 2001");
    let anime = Query { kind: "anime".to_owned(), ..episode(1, 1) };
    assert_eq!(of(&anime, &[5000, 5040, 5070]).as_deref(), Some("5000,5070"));
}

#[test]
fn a_raw_search_gets_the_title_as_it_is_written() {
    let raw = Caps { search: Mode::new(true, ["q"].into_iter(), true), ..Caps::default() };
    let named = query("tt1", "movie", title("Schindler's List", &[], 1993));
    assert_eq!(asked(&named, &raw).0, ["search q=Schindler's List 1993"]);
}
