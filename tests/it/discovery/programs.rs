//! Indexers of every kind in one server, of which one is in trouble: what all others found is listed in time.

use std::time::Duration;

use serde_json::json;

use super::stage::{FILM, List, film, hash, list, setup, titles};
use crate::support::indexers::addon::Description;
use crate::support::indexers::archive::{Archive, Item};
use crate::support::indexers::bitmagnet::Bitmagnet;
use crate::support::indexers::cinemeta::Cinemeta;
use crate::support::indexers::jackett::Jackett;
use crate::support::indexers::prowlarr::Prowlarr;
use crate::support::indexers::zilean::Zilean;
use crate::support::indexers::{Caps, Listed, Site, Tracker, Trouble, Upstream};
use crate::support::media;
use crate::support::server::Headwater;

const DEADLINE: Duration = Duration::from_secs(3);

/// An indexer with a release that nobody else has.
struct Kind {
    /// What is in its release's row and in no other.
    mark: &'static str,
    trouble: Box<dyn Fn(Trouble)>,
    heal: Box<dyn Fn()>,
}

impl Kind {
    fn new<S: Site>(mark: &'static str, site: &Upstream<S>) -> Self {
        let (troubled, healed) = (site.clone(), site.clone());
        Self {
            mark,
            trouble: Box::new(move |trouble| troubled.trouble("", trouble)),
            heal: Box::new(move || healed.heal("")),
        }
    }
}

/// An indexer of each kind.
struct Town {
    titles: Upstream<Cinemeta>,
    kinds: Vec<Kind>,
    settings: Vec<(&'static str, String)>,
}

impl Town {
    fn start() -> Self {
        let release = |number: u32, group: &str| -> Listed {
            film(number, &format!("1080p.WEB-DL.H264-{group}")).size(1_000_000_000 + u64::from(number))
        };
        let one = |listed: Listed| [Tracker::new("7", "Seven", Caps::IDS).with([listed])];
        let jackett = Upstream::start(Jackett::new("KEY", one(release(1, "JACKETT"))));
        let prowlarr = Upstream::start(Prowlarr::new("KEY", one(release(2, "PROWLARR"))));
        let torznab = Upstream::start(Jackett::new("KEY", one(release(3, "TORZNAB"))));
        let bitmagnet = Upstream::start(Bitmagnet::new([release(4, "BITMAGNET")]));
        let zilean = Upstream::start(Zilean::new([release(5, "ZILEAN")]));
        let stream = json!({"infoHash": hash(6), "title": "Harbour.Lights.2019.1080p.WEB-DL.H264-ADDON"});
        let addon = Description::new("Other").streams("movie", FILM, [stream]).start();
        let item = Item::film("harbour-lights-2019", "Harbour Lights", 2019, "feature_films").imdb(FILM);
        let archive =
            Archive::start([item.file("at-the-archive.mp4", "MPEG4", "original", media::random(7, 5_000))]);
        let settings = vec![
            ("HEADWATER_JACKETT_URL", jackett.base().to_owned()),
            ("HEADWATER_JACKETT_API_KEY", "KEY".to_owned()),
            ("HEADWATER_PROWLARR_URL", prowlarr.base().to_owned()),
            ("HEADWATER_PROWLARR_API_KEY", "KEY".to_owned()),
            ("HEADWATER_TORZNAB_URLS", torznab.url("/api/v2.0/indexers/7/results/torznab/api?apikey=KEY")),
            ("HEADWATER_BITMAGNET_URL", bitmagnet.base().to_owned()),
            ("HEADWATER_ZILEAN_URL", zilean.base().to_owned()),
            ("HEADWATER_ADDON_URLS", addon.url("/manifest.json")),
            ("HEADWATER_ARCHIVE_URL", archive.desk.base().to_owned()),
            ("HEADWATER_ARCHIVE_COLLECTIONS", "feature_films".to_owned()),
        ];
        let kinds = vec![
            Kind::new("-JACKETT", &jackett),
            Kind::new("-PROWLARR", &prowlarr),
            Kind::new("-TORZNAB", &torznab),
            Kind::new("-BITMAGNET", &bitmagnet),
            Kind::new("-ZILEAN", &zilean),
            Kind::new("-ADDON", &addon),
            Kind::new("at-the-archive", &archive.desk),
        ];
        Self { titles: titles(), kinds, settings }
    }

    /// A server that has heard of nobody's trouble yet.
    fn server(&self) -> Headwater {
        let setup = setup(&self.titles).env("HEADWATER_SEARCH_DEADLINE", &format!("{}s", DEADLINE.as_secs()));
        self.settings.iter().fold(setup, |setup, (name, value)| setup.env(name, value)).start()
    }

    /// The marks that are in a list.
    fn marks(&self, list: &List) -> Vec<&'static str> {
        let rows: Vec<String> = list.rows.iter().map(|row| row.value.to_string()).collect();
        let marks = self.kinds.iter().map(|kind| kind.mark);
        marks.filter(|mark| rows.iter().any(|row| row.contains(mark))).collect()
    }
}

/// Lets one kind after the other suffer, each in a server of its own.
async fn each_kind_suffers(trouble: Trouble) {
    let town = Town::start();
    let well = list(&town.server(), FILM).await;
    assert_eq!(town.marks(&well).len(), town.kinds.len(), "{:#?}", well.rows);
    for kind in &town.kinds {
        (kind.trouble)(trouble.clone());
        let found = list(&town.server(), FILM).await;
        let others: Vec<&str> =
            town.kinds.iter().map(|kind| kind.mark).filter(|mark| *mark != kind.mark).collect();
        assert_eq!(town.marks(&found), others, "{}: {trouble:?}", kind.mark);
        assert!(found.took < DEADLINE + Duration::from_secs(2), "{}: {:?}", kind.mark, found.took);
        (kind.heal)();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_any_kind_that_hangs_hides_no_other() {
    each_kind_suffers(Trouble::Hang).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_any_kind_that_is_broken_hides_no_other() {
    each_kind_suffers(Trouble::Status { status: 500, retry_after: None }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_any_kind_that_is_asked_too_often_hides_no_other() {
    each_kind_suffers(Trouble::TooMany { retry_after: Some(30) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_any_kind_behind_a_page_for_people_hides_no_other() {
    each_kind_suffers(Trouble::Html).await;
}
