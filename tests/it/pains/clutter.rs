//! What a server leaves in the accounts that it uses.

use std::time::{Duration, Instant};

use super::scene::Scene;
use super::services::{Service, for_each_service, named};

const LENGTH: usize = 1_000_000;

/// Plays a film that lies in the account already and one that does not, and starts the server anew after the time
/// that items are kept: then only what it made itself goes.
async fn clean_up(name: &str) {
    let service: &'static Service = named(name);
    let mut scene = Scene::start(&[service], |setup, _| setup.env("HEADWATER_DEBRID_KEEP", "1ms"));
    let (theirs, unseen) = (scene.held_film(91, LENGTH), scene.held_film(92, LENGTH));
    let ours = scene.held_film(93, LENGTH);
    scene.fake(service).add_foreign_item(&theirs.share.info_hash);
    scene.fake(service).add_foreign_item(&unseen.share.info_hash);
    let before = scene.fake(service).items();
    scene.play(&theirs).await;
    assert_eq!(scene.fake(service).items(), before, "what is there is not added once more");
    scene.play(&ours).await;
    assert_eq!(scene.fake(service).items().len(), before.len() + usize::from(service.adds));
    scene.server.terminate();
    scene.server.stopped();
    scene.server.restart();
    let deadline = Instant::now() + Duration::from_secs(15);
    while scene.fake(service).items() != before {
        assert!(
            Instant::now() < deadline,
            "{:#?}\n{}",
            scene.fake(service).items(),
            scene.server.transcript()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    scene.nobody_was_annoyed();
}

for_each_service! {
    clean_up:
    pain_10_only_what_the_server_made_is_deleted_at_realdebrid "realdebrid",
    pain_10_only_what_the_server_made_is_deleted_at_torbox "torbox",
    pain_10_only_what_the_server_made_is_deleted_at_alldebrid "alldebrid",
    pain_10_only_what_the_server_made_is_deleted_at_debridlink "debridlink",
    pain_10_only_what_the_server_made_is_deleted_at_putio "putio",
    pain_10_only_what_the_server_made_is_deleted_at_stremthru "stremthru",
    pain_10_nothing_is_made_in_the_account_for_what_is_held_at_premiumize "premiumize",
}

#[tokio::test(flavor = "multi_thread")]
async fn pain_10_what_was_made_stays_for_a_day_so_that_the_next_play_needs_no_new_item() {
    let service = named("torbox");
    let mut scene = Scene::plain(&[service]);
    let film = scene.held_film(94, LENGTH);
    scene.play(&film).await;
    scene.server.terminate();
    scene.server.stopped();
    scene.server.restart();
    let (status, _) = scene.server.post("/admin/cleanup", "").await;
    assert!(status.is_success());
    scene.play(&film).await;
    assert_eq!(scene.fake(service).count("POST", "/torrents/createtorrent"), 1);
    assert_eq!(scene.fake(service).items().len(), 1);
    assert_eq!(
        scene.links_used(service).len(),
        2,
        "the link of before is asked for anew: links are not kept on disk"
    );
    scene.nobody_was_annoyed();
}
