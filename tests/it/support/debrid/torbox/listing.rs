//! What the service holds, and what lies in an account.

use serde_json::{Value, json};

use super::{error, success};
use crate::support::debrid::{Desk, Failure, Incoming, Reply, Stage, Title, spread};

/// The states on the way; in the last one the download has finished, and the bytes are not present.
const ON_THE_WAY: [&str; 4] = ["queued", "metaDL", "downloading", "uploading"];

pub(super) fn check_cached(desk: &Desk, call: &Incoming) -> Reply {
    let query = call.query();
    let hashes: Vec<String> = if call.method == "POST" {
        let body = call.json().unwrap_or_default();
        let Some(hashes) = body["hashes"].as_array() else { return error(400, "MISSING_REQUIRED_OPTION") };
        hashes.iter().filter_map(|hash| Some(hash.as_str()?.to_owned())).collect()
    } else {
        let Some(hashes) = query.get("hash") else { return error(400, "MISSING_REQUIRED_OPTION") };
        hashes.split(',').map(str::to_owned).collect()
    };
    let lists_files = query.get("list_files") == Some("true");
    let held = hashes.iter().map(|hash| hash.to_ascii_lowercase()).filter(|hash| desk.shelf(hash).cached);
    let found: Vec<Value> = held
        .filter_map(|hash| desk.world.title(&hash))
        .map(|title| {
            let files: Value = all_files(desk, &title)
                .iter()
                .map(|file| json!({ "name": file["name"], "size": file["size"] }))
                .collect();
            let mut entry = json!({ "name": title.name, "size": title.size(), "hash": title.info_hash });
            if lists_files {
                entry["files"] = files;
            }
            entry
        })
        .collect();
    let data = match query.get("format") {
        _ if found.is_empty() => Value::Null,
        Some("list") => Value::Array(found),
        _ => found
            .iter()
            .map(|entry| (entry["hash"].as_str().unwrap_or_default().to_owned(), entry.clone()))
            .collect(),
    };
    success("", &data).noting(query.strangers(&["format", "list_files", "hash"]))
}

pub(super) fn my_list(desk: &mut Desk, call: &Incoming, token: &str) -> Reply {
    let query = call.query();
    let is_fresh = query.get("bypass_cache") == Some("true");
    let strangers = query.strangers(&["id", "bypass_cache", "offset", "limit"]);
    let ids: Vec<u64> = desk.items.iter().filter(|item| item.token == token).map(|item| item.id).collect();
    let data = match query.get("id") {
        Some(id) => {
            let id = id.parse().ok().filter(|id| ids.contains(id));
            match id.and_then(|id| show(desk, token, id, is_fresh)) {
                Some(item) => item,
                None => return error(404, "ITEM_NOT_FOUND"),
            }
        }
        None => ids.into_iter().filter_map(|id| show(desk, token, id, is_fresh)).collect(),
    };
    success("", &data).noting(strangers)
}

/// One torrent of the account. `None` if the listing has not heard of it yet.
fn show(desk: &mut Desk, token: &str, id: u64, is_fresh: bool) -> Option<Value> {
    let item = desk.ask(token, id)?;
    if !is_fresh && item.asked <= desk.shelf(&item.info_hash).list_delay() {
        return None;
    }
    let stage = match is_fresh {
        true => desk.poll(id),
        false if item.held => Stage::Ready,
        false => desk.stage(&item.info_hash, item.polls.saturating_sub(1)),
    };
    let title = desk.world.title(&item.info_hash);
    let (state, finished, present, progress) = match stage {
        Stage::Working { step, of } => {
            let state = spread(&ON_THE_WAY, step, of);
            (state, state == "uploading", false, f64::from(step) / f64::from(of))
        }
        Stage::Stuck => ("stalled (no seeds)", false, false, 0.0),
        Stage::Ready if item.instant => ("cached", true, true, 1.0),
        Stage::Ready => ("completed", true, true, 1.0),
        Stage::Failed(Failure::NoPeers) => ("failed (no seeds)", false, false, 0.0),
        Stage::Failed(_) => ("error", false, false, 0.0),
    };
    let has_files = present || ["downloading", "uploading"].contains(&state);
    let files = title.as_ref().filter(|_| has_files).map_or(Vec::new(), |title| all_files(desk, title));
    Some(json!({
        "id": id, "hash": item.info_hash,
        "name": title.as_ref().map_or(item.info_hash.as_str(), |title| title.name.as_str()),
        "size": title.as_ref().map_or(0, |title| title.size()), "download_state": state, "progress": progress,
        "download_finished": finished, "download_present": present, "expires_at": null, "files": files,
        "seeds": i32::from(stage != Stage::Stuck), "peers": 0, "download_speed": 0, "active": !present,
    }))
}

pub(super) fn torrent_info(desk: &Desk, call: &Incoming) -> Reply {
    let query = call.query();
    let title = query.get("hash").and_then(|hash| desk.world.title(&hash.to_ascii_lowercase()));
    let Some(title) = title else { return error(404, "ITEM_NOT_FOUND") };
    let files: Value = title
        .files
        .iter()
        .map(|file| json!({ "name": title.whole_path(&file.path), "size": file.size() }))
        .collect();
    success("", &json!({ "name": title.name, "hash": title.info_hash, "size": title.size(), "files": files }))
        .noting(query.strangers(&["hash", "timeout"]))
}

/// The files as the service has them: its ids start at 0, and a packed copy is one file.
pub(super) fn all_files(desk: &Desk, title: &Title) -> Vec<Value> {
    let entry = |id: usize, path: &str, size: usize, mime: &str, is_zip: bool| {
        json!({
            "id": id, "name": title.whole_path(path), "short_name": path.rsplit('/').next(), "size": size,
            "mimetype": mime, "zipped": is_zip, "infected": false, "opensubtitles_hash": null,
        })
    };
    if desk.shelf(&title.info_hash).is_archive() {
        return vec![entry(0, &format!("{}.zip", title.name), title.size(), "application/zip", true)];
    }
    let files = title.files.iter().enumerate();
    files.map(|(id, file)| entry(id, &file.path, file.size(), "video/x-matroska", false)).collect()
}
