//! What a play is told beside its hash.

use super::*;
use crate::domain::FileChoice;
use crate::source::Request;

fn release() -> Found {
    Found {
        trackers: vec!["udp://t.example:1".parse().unwrap()],
        torrent: Some("http://jackett.example/dl?passkey=hush-hush".parse().unwrap()),
        web_seeds: vec!["https://seed.example/".parse().unwrap()],
        private: true,
        ..found(1, "A")
    }
}

fn at_place() -> Found {
    Found {
        info_hash: None,
        place: Some("https://nas.example/film.mp4?token=hush-hush".parse().unwrap()),
        headers: vec![("Referer".to_owned(), "https://nas.example/".to_owned())],
        size: Some(7),
        ..found(0, "Film")
    }
}

async fn remembered(releases: Vec<Found>, folder: Option<Arc<TempDir>>) -> Stage {
    let stage = Plan { folder, ..Plan::remote([Scripted::new("a", [Act::Find(releases)])]) }.start().await;
    let findings = stage.find("tt1").await;
    stage.discovery.remember(&findings.candidates, None);
    stage
}

#[tokio::test]
async fn a_link_alone_is_enough_after_a_restart_and_keys_are_sealed() {
    let stage = remembered(vec![release(), at_place()], None).await;
    let place = stage.find("tt1").await.candidates[1].info_hash;
    let folder = stage.stop().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"hush-hush"));
    }
    let stage = Plan { folder: Some(folder), ..Plan::default() }.start().await;
    let mut request = Request::new(InfoHash::new([1; 20]), FileChoice::Largest);
    let recalled = stage.discovery.recall(request.info_hash, None).await.unwrap();
    assert!(!format!("{recalled:?}").contains("hush"));
    for _ in 0..2 {
        recalled.add_to(&mut request);
    }
    assert_eq!((&request.trackers, &request.web_seeds), (&release().trackers, &release().web_seeds));
    assert_eq!(request.exact_sources, [release().torrent.unwrap()]);
    assert!(request.private);
    let mut request = Request::new(place, FileChoice::Largest);
    stage.discovery.recall(place, None).await.unwrap().add_to(&mut request);
    let known = request.place.unwrap();
    assert_eq!((Some(known.url), known.headers, known.size), (at_place().place, at_place().headers, Some(7)));
    assert!(stage.discovery.recall(InfoHash::new([2; 20]), None).await.is_none());
    let folder = stage.stop().await;
    let stage = Plan { folder: Some(folder), secret: "another secret", ..Plan::default() }.start().await;
    assert!(stage.discovery.recall(place, None).await.is_none());
    stage.stop().await;
}

#[tokio::test]
async fn what_was_known_before_a_restart_is_united_with_what_is_new() {
    let stage = remembered(vec![release()], None).await;
    let folder = stage.stop().await;
    let other: url::Url = "udp://other.example:2".parse().unwrap();
    let later = Found { trackers: vec![other.clone()], ..found(1, "A") };
    let stage = remembered(vec![later.clone()], Some(folder)).await;
    // The answer of before the restart is still fresh, so it is the old one that was remembered again.
    stage.discovery.remember(&[Arc::new(candidate(&later))], None);
    let folder = stage.stop().await;
    let stage = Plan { folder: Some(folder), ..Plan::default() }.start().await;
    let mut request = Request::new(InfoHash::new([1; 20]), FileChoice::Largest);
    stage.discovery.recall(request.info_hash, None).await.unwrap().add_to(&mut request);
    assert_eq!(request.trackers, [release().trackers[0].clone(), other]);
    stage.stop().await;
}

#[tokio::test]
async fn what_the_indexers_of_a_profile_said_is_told_to_nobody_else() {
    let shared = Found { trackers: vec!["udp://shared.example:2".parse().unwrap()], ..found(1, "A") };
    let stage = Plan::default().start().await;
    let own = [release(), at_place()].map(|found| Arc::new(candidate(&found)));
    let place = own[1].info_hash;
    stage.discovery.remember(&own, Some("one"));
    let hash = InfoHash::new([1; 20]);
    let told = async |stage: &Stage, owner: Option<&str>| {
        let mut request = Request::new(hash, FileChoice::Largest);
        if let Some(recalled) = stage.discovery.recall(hash, owner).await {
            recalled.add_to(&mut request);
        }
        (request.trackers, request.exact_sources, request.web_seeds, request.private)
    };
    for owner in [None, Some("other"), Some("")] {
        assert!(stage.discovery.recall(hash, owner).await.is_none(), "{owner:?}");
        assert!(stage.discovery.recall(place, owner).await.is_none(), "{owner:?}");
    }
    stage.discovery.remember(&[Arc::new(candidate(&shared))], None);
    let folder = stage.stop().await;
    let later = Plan { folder: Some(folder), ..Plan::default() }.start().await;
    let trackers = [release().trackers, shared.trackers.clone()].concat();
    let own = (trackers, vec![release().torrent.unwrap()], release().web_seeds, true);
    // The second time it comes from memory.
    for _ in 0..2 {
        for owner in [None, Some("other")] {
            let all = (shared.trackers.clone(), vec![], vec![], false);
            assert_eq!(told(&later, owner).await, all, "{owner:?}");
            assert!(later.discovery.recall(place, owner).await.is_none(), "{owner:?}");
        }
        assert_eq!(told(&later, Some("one")).await, own);
        assert!(later.discovery.recall(place, Some("one")).await.is_some());
    }
    later.stop().await;
}

fn candidate(found: &Found) -> super::super::Candidate {
    let Ok(id) = "tt1".parse();
    let said = [super::super::merge::Said { by: "a", found: std::slice::from_ref(found) }];
    super::super::merge::merge(&Query::of_id("movie", &id), &said).remove(0)
}
