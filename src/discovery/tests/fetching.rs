//! Releases that are known by a link alone, and file tables.

use super::super::fake::{Fake, Reply};
use super::super::{Candidate, Locator};
use super::*;
use crate::domain::Metainfo;
use crate::profile::IndexerKind;
use crate::source::Terms;
use crate::source::torrent::parse_metainfo;

/// An indexer that names four links on its own host.
fn build(settings: &IndexerSettings, _: &reqwest::Client) -> Arc<dyn Indexer> {
    let link = |name: &str| Found {
        torrent: Some(settings.url.join(name).unwrap()),
        name: name.to_owned(),
        ..Found::default()
    };
    let releases = ["public", "private", "magnet", "lost"].map(link);
    Scripted::new("links", [Act::Find(releases.to_vec())])
}

fn torrent(name: &str, is_private: bool) -> Vec<u8> {
    let private = if is_private { "7:privatei1e" } else { "" };
    let info = format!(
        "d6:lengthi20000e4:name{}:{name}12:piece lengthi16384e6:pieces40:{}{private}e",
        name.len(),
        "x".repeat(40)
    );
    format!("d8:announce27:http://tracker.example/pass4:info{info}e").into_bytes()
}

async fn server() -> (Fake, Metainfo, Metainfo) {
    let (public, private) = (torrent("public", false), torrent("private", true));
    let tables = [&public, &private].map(|bytes| parse_metainfo(bytes).unwrap());
    let magnet = format!("magnet:?xt=urn:btih:{}&tr=udp%3A%2F%2Ft.example%3A1", InfoHash::new([7; 20]));
    let replies = [
        ("/public", Reply::status(302).header("Location", "/there")),
        ("/there", Reply::whole(public)),
        ("/private", Reply::whole(private)),
        ("/magnet", Reply::status(301).header("Location", &magnet)),
    ];
    let [one, other] = tables;
    (Fake::start(replies).await, one, other)
}

fn settings(fake: &Fake) -> IndexerSettings {
    let (kind, name) = (IndexerKind::Jackett, "links".to_owned());
    IndexerSettings { kind, name, url: fake.url("/"), api_key: None, enabled: true }
}

fn of<'a>(findings: &'a Findings, name: &str) -> &'a Arc<Candidate> {
    findings.candidates.iter().find(|candidate| candidate.name == name).unwrap()
}

#[tokio::test]
async fn links_on_the_operators_own_host_lead_to_hashes() {
    let (fake, public, private) = server().await;
    let plan =
        Plan { settings: vec![settings(&fake)], build, deadline: Duration::from_secs(10), ..Plan::default() };
    let stage = plan.start().await;
    let findings = stage.find("tt1").await;
    assert_eq!(names(&findings), ["public", "private", "magnet"]);
    let found = of(&findings, "public");
    assert_eq!((found.info_hash, found.size), (public.info_hash, Some(20_000)));
    assert_eq!(*stage.discovery.table(found).unwrap(), public);
    assert_eq!(of(&findings, "magnet").info_hash, InfoHash::new([7; 20]));
    let Locator::Torrent { trackers, .. } = &of(&findings, "magnet").locator else { panic!("{findings:?}") };
    assert_eq!(trackers[0].as_str(), "udp://t.example:1");
    // What is private is known as such, and its .torrent with the pass key in it is not kept.
    let hidden = of(&findings, "private");
    assert_eq!(hidden.info_hash, private.info_hash);
    assert!(matches!(hidden.locator, Locator::Torrent { private: true, .. }), "{:?}", hidden.locator);
    assert!(stage.db.metainfo(private.info_hash).await.unwrap().is_none());
    assert!(stage.db.metainfo(public.info_hash).await.unwrap().is_some());
    // Each link is followed once.
    assert_eq!(fake.paths().len(), 5, "{:?}", fake.paths());
    stage.stop().await;
}

#[tokio::test]
async fn links_of_others_into_a_private_network_are_not_followed() {
    let (fake, ..) = server().await;
    let here = fake.url("/public");
    let stranger = Scripted::new(
        "a",
        [Act::Find(vec![Found { torrent: Some(here), name: "A".to_owned(), ..Found::default() }])],
    );
    let stage = Plan { settings: vec![settings(&fake)], ..Plan::remote([stranger]) }.start().await;
    assert_eq!(stage.find("tt1").await.candidates.len(), 0);
    assert_eq!(fake.paths(), Vec::<String>::new());
    stage.stop().await;
}

#[tokio::test]
async fn tables_of_packs_are_fetched_when_they_are_wanted() {
    let (fake, public, private) = server().await;
    // Somebody whose releases have hashes as well as links, so that no link is followed while searching.
    static HASHES: Mutex<Vec<InfoHash>> = Mutex::new(Vec::new());
    *HASHES.lock().unwrap() = vec![public.info_hash, private.info_hash, InfoHash::new([9; 20])];
    let build: Build = |settings, _| {
        let hashes = HASHES.lock().unwrap();
        let release = |(name, hash): (&str, &InfoHash)| Found {
            info_hash: Some(*hash),
            torrent: Some(settings.url.join(name).unwrap()),
            private: name == "private",
            name: name.to_owned(),
            ..Found::default()
        };
        let releases = ["public", "private", "lost"].into_iter().zip(&*hashes).map(release).collect();
        Scripted::new("links", [Act::Find(releases)])
    };
    let stage = Plan { settings: vec![settings(&fake)], build, ..Plan::default() }.start().await;
    let findings = stage.find("tt1").await;
    assert!(findings.candidates.iter().all(|candidate| stage.discovery.table(candidate).is_none()));
    assert_eq!(fake.paths(), Vec::<String>::new());
    for _ in 0..2 {
        stage.discovery.resolve(&findings.candidates, &Terms::default(), Duration::from_secs(10)).await;
    }
    assert_eq!(*stage.discovery.table(of(&findings, "public")).unwrap(), public);
    assert_eq!(*stage.discovery.table(of(&findings, "private")).unwrap(), private);
    assert!(stage.discovery.table(of(&findings, "lost")).is_none());
    assert_eq!(fake.paths().len(), 4, "each is asked once: {:?}", fake.paths());
    // After a restart the public one is read from disk while searching.
    let folder = Some(stage.stop().await);
    let stage = Plan { settings: vec![settings(&fake)], build, folder, ..Plan::default() }.start().await;
    let findings = stage.find("tt1").await;
    assert_eq!(*stage.discovery.table(of(&findings, "public")).unwrap(), public);
    assert!(stage.discovery.table(of(&findings, "private")).is_none());
    stage.stop().await;
}

#[tokio::test]
async fn a_search_for_tables_that_hangs_is_left_behind() {
    let fake = Fake::start([("/slow", Reply::silence())]).await;
    static LINK: Mutex<Option<url::Url>> = Mutex::new(None);
    *LINK.lock().unwrap() = Some(fake.url("/slow"));
    let build: Build = |_, _| {
        let torrent = LINK.lock().unwrap().clone();
        Scripted::new("a", [Act::Find(vec![Found { torrent, ..found(1, "A") }])])
    };
    let stage = Plan { settings: vec![settings(&fake)], build, ..Plan::default() }.start().await;
    let findings = stage.find("tt1").await;
    let (terms, within) = (Terms::default(), Duration::from_millis(50));
    let resolving = stage.discovery.resolve(&findings.candidates, &terms, within);
    tokio::time::timeout(Duration::from_secs(3), resolving).await.unwrap();
    assert!(stage.discovery.table(&findings.candidates[0]).is_none());
    tokio::time::timeout(Duration::from_secs(3), stage.stop()).await.unwrap();
}
