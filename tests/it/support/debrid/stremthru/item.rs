//! Items as StremThru shows them.

use serde_json::{Value, json};

use super::Store;
use crate::support::debrid::{Desk, Failure, Stage, Title, spread};

/// The states before the end.
const ON_THE_WAY: [&str; 4] = ["queued", "downloading", "processing", "uploading"];

/// How the links of items begin; only this server can read them.
pub(super) const LINK: &str = "stremthru://store/";

/// When an item was added: now, or long ago by its user. RFC 3339.
fn added_at(foreign: bool) -> String {
    if foreign {
        return "2026-01-01T00:00:00Z".to_owned();
    }
    // `Sun, 06 Nov 1994 08:49:37 GMT` says the same in another order.
    let now = httpdate::fmt_http_date(std::time::SystemTime::now());
    let month = (now.as_str().get(8..11))
        .and_then(|name| "JanFebMarAprMayJunJulAugSepOctNovDec".find(name))
        .expect("dates have months");
    format!("{}-{:02}-{}T{}Z", &now[12..16], month / 3 + 1, &now[5..7], &now[17..25])
}

impl Store {
    /// An item as all answers show it, in lists without its files; showing it is a poll.
    pub(super) fn describe(&self, desk: &mut Desk, id: u64, is_whole: bool) -> Value {
        let status = match desk.poll(id) {
            Stage::Working { step, of } => spread(&ON_THE_WAY, step, of),
            Stage::Stuck => "downloading",
            Stage::Ready => "downloaded",
            Stage::Failed(Failure::Invalid) => "invalid",
            Stage::Failed(_) => "failed",
        };
        let Some(item) = desk.items.iter().find(|item| item.id == id) else { return Value::Null };
        let title = desk.world.title(&item.info_hash);
        let (name, size) =
            title.as_ref().map_or(("", -1), |title| (title.name.as_str(), title.size() as i64));
        let mut shown = json!({
            "id": shown_id(id), "hash": item.info_hash, "name": name, "size": size, "status": status,
            "private": false, "added_at": added_at(item.foreign),
        });
        if is_whole {
            let title = title.filter(|_| status == "downloaded");
            shown["files"] = title.map_or(json!([]), |title| self.files(desk, &title, id));
        }
        shown
    }

    fn files(&self, desk: &Desk, title: &Title, id: u64) -> Value {
        let link = |at: &str| format!("{LINK}{}/{at}", shown_id(id));
        if desk.shelf(&title.info_hash).is_archive() {
            let name = format!("{}.rar", title.name);
            return json!([{
                "index": -1, "link": link("all"), "name": name, "path": format!("/{name}"), "size": title.size(),
                "video_hash": "",
            }]);
        }
        (0..title.files.len()).map(|at| self.file(title, at, &link(&at.to_string()))).collect()
    }

    fn file(&self, title: &Title, at: usize, link: &str) -> Value {
        let file = &title.files[at];
        let index = match self.name.as_str() {
            "realdebrid" | "torbox" => at as i64,
            _ => -1,
        };
        let path = format!("/{}", title.whole_path(&file.path));
        json!({
            "index": index, "link": link, "name": file.name(), "path": path, "size": file.size(),
            "video_hash": "",
        })
    }

    /// What a check says about one torrent.
    pub(super) fn checked(&self, desk: &Desk, info_hash: &str) -> Value {
        let title = desk.world.title(info_hash).filter(|_| desk.shelf(info_hash).cached);
        let status = if title.is_some() { "cached" } else { "unknown" };
        let title = title.filter(|_| self.name != "offcloud");
        let files = title
            .map_or(Vec::new(), |title| (0..title.files.len()).map(|at| self.file(&title, at, "")).collect());
        json!({ "hash": info_hash, "magnet": magnet(info_hash), "status": status, "files": files })
    }
}

/// The shortest magnet of a torrent.
pub(super) fn magnet(info_hash: &str) -> String {
    format!("magnet:?xt=urn:btih:{info_hash}")
}

/// The id of an item.
pub(super) fn shown_id(number: u64) -> String {
    format!("st{number}")
}
