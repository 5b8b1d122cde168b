//! An indexer with something for every setting, and profiles that ask for it.

use std::sync::Arc;

use headwater::profile::{Listing, Profile};

use super::super::stage::{self, FILM, List, film, hash};
use crate::support::cdn::Cdn;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Fake, FakeAccount, Title, TitleFile, World};
use crate::support::indexers::Listed;
use crate::support::server::{Headwater, Setup};

const TOKEN: &str = "the-operators-own-token";

/// Number, quality, megabytes, seeders. The numbers grow with the day of publication.
const SHELF: [(u32, &str, u64, u32); 11] = [
    (1, "2160p.UHD.BluRay.REMUX.DV.HDR10.HEVC.TrueHD.7.1.Atmos-ALDER", 60_000, 5),
    (2, "2160p.WEB-DL.DDP5.1.Atmos.DV.H.265-BIRCH", 20_000, 30),
    (3, "2160p.WEB-DL.DDP5.1.HDR10.AV1-CEDAR", 12_000, 8),
    (4, "1080p.BluRay.DTS-HD.MA.5.1.x264-ALDER", 14_000, 50),
    (5, "1080p.BluRay.10bit.x265.AAC5.1-ELDER", 3_000, 120),
    (6, "GERMAN.1080p.WEB-DL.AAC2.0.H.264-FIR", 5_000, 12),
    (7, "MULTI.1080p.WEB-DL.AC3.H.264-GORSE", 6_000, 9),
    (8, "720p.HDTV.AAC2.0.x264-HAZEL.mp4", 1_000, 20),
    (9, "480p.DVDRip.MP3.XviD-IVY", 700, 2),
    (10, "CAM.AAC.x264-JUNIPER", 900, 300),
    (11, "ITALIAN.ENGLISH.1080p.WEBRip.AC3.x264-KELP", 4_000, 11),
];

/// The one that the operator's account at a debrid service holds.
const HELD: u32 = 9;

/// Number 5 as another torrent of it, which nobody wants to see beside it.
const AGAIN: u32 = 12;

/// The days on which they were published.
const DAYS: [(&str, &str); 11] = [
    ("Sun, 01 Mar 2015 12:00:00 +0000", "2015-03-01T12:00:00Z"),
    ("Mon, 02 Mar 2015 12:00:00 +0000", "2015-03-02T12:00:00Z"),
    ("Tue, 03 Mar 2015 12:00:00 +0000", "2015-03-03T12:00:00Z"),
    ("Wed, 04 Mar 2015 12:00:00 +0000", "2015-03-04T12:00:00Z"),
    ("Thu, 05 Mar 2015 12:00:00 +0000", "2015-03-05T12:00:00Z"),
    ("Fri, 06 Mar 2015 12:00:00 +0000", "2015-03-06T12:00:00Z"),
    ("Sat, 07 Mar 2015 12:00:00 +0000", "2015-03-07T12:00:00Z"),
    ("Sun, 08 Mar 2015 12:00:00 +0000", "2015-03-08T12:00:00Z"),
    ("Mon, 09 Mar 2015 12:00:00 +0000", "2015-03-09T12:00:00Z"),
    ("Tue, 10 Mar 2015 12:00:00 +0000", "2015-03-10T12:00:00Z"),
    ("Wed, 11 Mar 2015 12:00:00 +0000", "2015-03-11T12:00:00Z"),
];

/// All of them as an indexer lists them.
pub(super) fn shelf() -> Vec<Listed> {
    let releases = SHELF.iter().zip(DAYS).map(|(&(number, quality, megabytes, seeders), (rss, json))| {
        film(number, quality).size(megabytes * 1_000_000).seeders(seeders).published(rss, json)
    });
    let mut listed: Vec<Listed> = releases.collect();
    let again = Listed { info_hash: hash(AGAIN), seeders: 3, ..listed[4].clone() };
    listed.push(again);
    listed
}

/// Which one has this hash.
pub(super) fn number(hash: &str) -> u32 {
    let found = (1..=AGAIN).find(|number| stage::hash(*number) == hash);
    found.unwrap_or_else(|| panic!("a stranger: {hash}"))
}

/// Which numbers a list shows, in its order.
pub(super) fn numbers(list: &List) -> Vec<u32> {
    list.rows.iter().map(|row| number(&row.hash)).collect()
}

/// The operator's account at TorBox, which holds one of them.
pub(super) struct Holder {
    fake: Fake,
    _cdn: Cdn,
}

impl Holder {
    pub(super) fn start() -> Self {
        let cdn = Cdn::start();
        let world = World::new(cdn.links(TORBOX.name));
        let file = TitleFile { path: "film.avi".to_owned(), bytes: Arc::new(vec![0; 900]) };
        let held = hash(HELD);
        world.add_title(Title { info_hash: held.clone(), name: FILM.to_owned(), files: vec![file] });
        let fake = Fake::start(&world, TORBOX, vec![FakeAccount::fine(TOKEN)]);
        fake.set_cached(&held, true);
        Self { fake, _cdn: cdn }
    }

    /// Tells a server of the account.
    pub(super) fn tell(&self, setup: Setup) -> Setup {
        setup.env("HEADWATER_TORBOX_URL", &self.fake.base).env("HEADWATER_TORBOX_TOKEN", TOKEN)
    }
}

/// Starts a server that has profiles with these lists, and returns what their installs have before every path.
pub(super) async fn start_with(setup: Setup, listings: Vec<Listing>) -> (Headwater, Vec<String>) {
    let profile = |listing| Profile { listing, ..Profile::default() };
    stage::start_with(setup, listings.into_iter().map(profile).collect()).await
}
