//! Titles by other names, in other languages and scripts, and episodes that are told by their day.

use serde_json::{Value, json};

use super::stage::{FILM, SHOW, hash, hashes, list, setup};
use crate::support::indexers::cinemeta::Cinemeta;
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::{Caps, Listed, Tracker as Site, Upstream};
use crate::support::media::{self, assert_same_bytes};
use crate::support::server::{Headwater, Setup};
use crate::support::swarm::{Libtorrent, Share, Tracker};

/// A daily show: *Evening Paper*, on every weekday of one week of May 2016.
const DAILY: &str = "tt9000005";

/// A catalogue that knows the film and the series by these names too, and the daily show.
fn titles(film: &[&str], series: &[&str]) -> Upstream<Cinemeta> {
    let film = json!({
        "id": FILM, "imdb_id": FILM, "type": "movie", "name": "Harbour Lights", "releaseInfo": "2019", "aliases": film
    });
    let episodes = (1..=3).map(|number| {
        json!({"id": format!("{SHOW}:2:{number}"), "season": 2, "episode": number,
            "released": format!("2016-02-{:02}T20:00:00.000Z", number * 7)})
    });
    let series = json!({
        "id": SHOW, "imdb_id": SHOW, "type": "series", "name": "Lantern Street", "releaseInfo": "2015–2017",
        "aliases": series, "videos": episodes.collect::<Vec<Value>>()
    });
    let days = (1..=5).map(|number| {
        json!({"id": format!("{DAILY}:1:{number}"), "season": 1, "episode": number,
            "released": format!("2016-05-{:02}T20:00:00.000Z", number + 8)})
    });
    let daily = json!({
        "id": DAILY, "imdb_id": DAILY, "type": "series", "name": "Evening Paper", "releaseInfo": "2016–",
        "videos": days.collect::<Vec<Value>>()
    });
    let titles = Cinemeta::new().meta("movie", FILM, film).meta("series", SHOW, series);
    Upstream::start(titles.meta("series", DAILY, daily))
}

/// A site that is searched by words alone.
fn site(listed: impl IntoIterator<Item = Listed>) -> Upstream<Jackett> {
    Upstream::start(Jackett::new("KEY", [Site::new("one", "One", Caps::PLAIN).with(listed)]))
}

fn start(titles: &Upstream<Cinemeta>, site: &Upstream<Jackett>) -> Headwater {
    let setup: Setup = setup(titles).env("HEADWATER_JACKETT_URL", site.base());
    setup.env("HEADWATER_JACKETT_API_KEY", "KEY").start()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_under_another_name_of_its_title_is_searched_for_and_listed() {
    let other = Listed::new("Luces.del.Puerto.2019.1080p.WEB-DL.H264-AA", &hash(1));
    let stranger = Listed::new("Luces.del.Faro.2019.1080p.WEB-DL.H264-AA", &hash(2)).everywhere();
    let (titles, site) = (titles(&["Luces del Puerto"], &[]), site([other, stranger]));
    let server = start(&titles, &site);
    assert_eq!(list(&server, FILM).await.hashes(), [hash(1)], "{:#?}", site.paths());
    site.assert_well_asked();
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_in_cyrillic_spanish_and_hindi_are_listed_and_others_in_them_are_not() {
    let titles = titles(
        &["Luces del Puerto", "Огни гавани", "बंदरगाह की रोशनी"],
        &["Calle Linterna", "Фонарная улица", "लालटेन गली"],
    );
    for (id, right, wrong) in [
        (
            FILM.to_owned(),
            [
                "Огни гавани (2019) WEB-DL 1080p",
                "Luces del puerto (2019) [BluRay 1080p][AC3 5.1 Castellano]",
                "बंदरगाह की रोशनी (2019) हिंदी 1080p WEB-DL",
            ],
            [
                "Огни города (2019) WEB-DL 1080p",
                "Luces de la ciudad (2019) [BluRay 1080p][AC3 5.1 Castellano]",
                "शहर की रोशनी (2019) हिंदी 1080p WEB-DL",
            ],
        ),
        (
            format!("{SHOW}:2:3"),
            [
                "Фонарная улица Сезон 2 Серия 3 WEB-DL 1080p",
                "Calle Linterna - Temporada 2 [HDTV 720p][Cap.203][AC3 5.1 Castellano]",
                "लालटेन गली S02E03 हिंदी 1080p WEB-DL",
            ],
            [
                "Фонарная улица Сезон 2 Серия 2 WEB-DL 1080p",
                "Calle Linterna - Temporada 2 [HDTV 720p][Cap.202][AC3 5.1 Castellano]",
                "लालटेन गली S02E02 हिंदी 1080p WEB-DL",
            ],
        ),
    ] {
        let names = right.iter().chain(&wrong);
        let listed = (1..).zip(names).map(|(number, name)| Listed::new(name, &hash(number)).everywhere());
        let site = site(listed);
        let found = list(&start(&titles, &site), &id).await;
        assert_eq!(found.sorted(), hashes(&[1, 2, 3]), "{id}: {:#?}", found.rows);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_episode_of_a_daily_show_is_found_by_its_day_and_plays() {
    let tracker = Tracker::start();
    let name = |day: u32| format!("Evening.Paper.2016.05.{day:02}.720p.WEB.H264-AA.mkv");
    let share = Share::single(&name(11), media::random(471, 500_000), 32 * 1024, &[tracker.http()]);
    let _seed = Libtorrent::start(&share, None);
    let others = [10, 12, 13].map(|day| Listed::new(&name(day), &hash(day)).everywhere());
    let titles = titles(&[], &[]);
    let site = site(others.into_iter().chain([Listed::of(&share).season(1, &[3])]));
    let server = start(&titles, &site);
    let found = list(&server, &format!("{DAILY}:1:3")).await;
    assert_eq!(found.hashes(), [share.info_hash.as_str()], "{:#?}\n{:#?}", found.rows, site.paths());
    let path = found.rows[0].url.strip_prefix(server.base()).expect("it is this server's");
    assert_same_bytes(&server.get(path).await.body, &share.files[0], "the third day");
}
