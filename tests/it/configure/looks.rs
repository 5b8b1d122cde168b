//! How the page looks, and whether everybody can use it.

use serde_json::json;

use super::stage::{Stage, TOKEN};
use crate::support::tools;

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_screen_by_day_and_by_night() {
    let stage = Stage::start(|setup| setup);
    let folder = tools::repository("target/screenshots");
    // Pictures of earlier runs are no pictures of this one. There may be none.
    let _ = std::fs::remove_dir_all(&folder);
    for screen in ["phone", "desktop", "tv"] {
        let work = json!({ "folder": folder, "screen": screen, "token": TOKEN });
        let facts = stage.drive("looks.mjs", work).await;
        assert_eq!(facts["complaints"], json!([]));
        assert_eq!(facts["wrong"], json!([]));
        assert_eq!(facts["wide"], json!([]));
        assert_eq!(facts["planted"].as_array().map(Vec::len), Some(1), "{}", facts["planted"]);
        // Two colours, six states, and eight sections of one of them.
        let pictures = facts["pictures"].as_array().expect("they are listed");
        assert_eq!(pictures.len(), 2 * (6 + 8), "{pictures:?}");
        for name in pictures {
            let file = folder.join(format!("{}.png", name.as_str().unwrap()));
            assert!(file.metadata().is_ok_and(|it| it.len() > 5_000), "{} is a picture", file.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_control_reaches_everything() {
    let stage = Stage::start(|setup| setup);
    let facts = stage.drive("remote.mjs", json!({})).await;
    assert_eq!(facts["complaints"], json!([]));
    assert!(
        facts["entered"].as_i64().unwrap() >= 0,
        "the form is reached from the list of sections: {facts:#}"
    );
    assert_eq!(facts["missed"], json!([]));
    assert!(facts["top"].as_f64().unwrap() < 100.0, "the way back ends at the head of the page: {facts:#}");
    assert_eq!(facts["ticked"], true);
    assert_eq!(facts["policy"], "", "an arrow goes past a list and changes nothing in it");
    assert!(facts["ring"].as_f64().unwrap() >= 5.0, "{facts:#}");
}
