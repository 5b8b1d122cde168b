//! How the page looks, and whether everybody can use it.

use serde_json::json;

use super::stage::{Stage, TOKEN};
use crate::support::tools;

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_screen_by_day_and_by_night() {
    let stage = Stage::start(|setup| setup);
    let folder = tools::repository("target/screenshots");
    let facts = stage.drive("looks.mjs", json!({ "folder": folder, "token": TOKEN })).await;
    assert_eq!(facts["complaints"], json!([]));
    assert_eq!(facts["wrong"], json!([]));
    assert_eq!(facts["wide"], json!([]));
    assert_eq!(facts["planted"].as_array().map(Vec::len), Some(1), "{}", facts["planted"]);
    let pictures = std::fs::read_dir(folder).unwrap().filter_map(Result::ok);
    let count = pictures.filter(|one| one.file_name().to_string_lossy().starts_with("configure-")).count();
    assert!(count >= 36, "{count} pictures of 3 screens, 2 colours and 6 states");
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
