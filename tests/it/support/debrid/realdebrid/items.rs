//! What lies in an account, and the links of what is finished.

use serde_json::{Value, json};

use crate::support::debrid::{Desk, Failure, Item, Reply, Stage, Title, TitleFile, spread};

/// What pages of finished items start with.
pub(super) const PAGE: &str = "https://real-debrid.com/d/";

/// The states between selection and the end.
const ON_THE_WAY: [&str; 4] = ["queued", "downloading", "compressing", "uploading"];

/// An item as `info` and (without its files) the list show it. Showing it is a poll; `info` has counted its call
/// before.
pub(super) fn describe(desk: &mut Desk, token: &str, id: u64, is_whole: bool) -> Option<Value> {
    let item = match is_whole {
        true => desk.items.iter().find(|item| item.id == id)?.clone(),
        false => desk.ask(token, id)?,
    };
    let title = desk.world.title(&item.info_hash).filter(|_| has_metadata(desk, &item));
    let (status, progress) = status(desk, &item);
    let selected = item.selected.clone().unwrap_or_default();
    let files = |title: &Title| selected.iter().map(|file| title.files[*file].size()).sum::<usize>();
    let filename = match (selected.as_slice(), &title) {
        ([only], Some(title)) => title.files[*only].name(),
        (_, Some(title)) => title.name.as_str(),
        (_, None) => item.info_hash.as_str(),
    };
    let links: Vec<String> = match status {
        "downloaded" => pages(desk, &item).iter().map(|page| format!("{PAGE}{page}")).collect(),
        _ => Vec::new(),
    };
    let mut shown = json!({
        "id": shown_id(id), "filename": filename, "hash": item.info_hash, "bytes": title.as_deref().map_or(0, files),
        "host": "real-debrid.com", "split": 2000, "progress": progress, "status": status,
        "added": "2026-01-01T00:00:00.000Z", "links": links,
    });
    match status {
        "downloaded" => shown["ended"] = json!("2026-01-01T00:00:10.000Z"),
        "downloading" => (shown["speed"], shown["seeders"]) = (json!(0), json!(i32::from(progress > 0))),
        _ => {}
    }
    if is_whole {
        add_files(&mut shown, title.as_deref(), &selected);
    }
    Some(shown)
}

/// Adds what `info` shows beyond the list: what the torrent was, and its files.
fn add_files(shown: &mut Value, title: Option<&Title>, selected: &[usize]) {
    let all = title.map_or(&[][..], |title| title.files.as_slice());
    shown["original_filename"] = title.map_or_else(|| shown["filename"].clone(), |title| json!(title.name));
    shown["original_bytes"] = json!(title.map_or(0, Title::size));
    let entry = |(at, file): (usize, &TitleFile)| {
        json!({
            "id": at + 1, "path": format!("/{}", file.path), "bytes": file.size(),
            "selected": i32::from(selected.contains(&at)),
        })
    };
    shown["files"] = all.iter().enumerate().map(entry).collect();
}

/// Ids are 13 capitals and digits.
pub(super) fn shown_id(number: u64) -> String {
    format!("RDITEM{number:07}")
}

/// The last parts of the item's pages: one for each selected file, or one for a RAR of all.
pub(super) fn pages(desk: &Desk, item: &Item) -> Vec<String> {
    let files = item.selected.as_ref().map_or(0, Vec::len);
    let count = if desk.shelf(&item.info_hash).is_archive() { files.min(1) } else { files };
    (0..count).map(|at| format!("{}P{at:03}", shown_id(item.id))).collect()
}

/// Files are known at once if the service holds them, and otherwise from the second look on.
pub(super) fn has_metadata(desk: &Desk, item: &Item) -> bool {
    let shelf = desk.shelf(&item.info_hash);
    let looks = item.asked.saturating_sub(shelf.not_found_calls());
    shelf.cached
        || item.selected.is_some()
        || (looks > 1 && shelf.fetching.fails_with != Some(Failure::Invalid))
}

/// The status with the progress in percent.
fn status(desk: &mut Desk, item: &Item) -> (&'static str, u32) {
    if desk.world.title(&item.info_hash).is_none() {
        return ("magnet_conversion", 0);
    }
    if item.selected.is_none() {
        let is_broken = desk.shelf(&item.info_hash).fetching.fails_with == Some(Failure::Invalid);
        return match has_metadata(desk, item) {
            true => ("waiting_files_selection", 0),
            false if is_broken && item.asked > 1 => ("magnet_error", 0),
            false => ("magnet_conversion", 0),
        };
    }
    match desk.poll(item.id) {
        Stage::Working { step, of } => (spread(&ON_THE_WAY, step, of), step * 100 / of),
        Stage::Stuck => ("downloading", 0),
        Stage::Ready => ("downloaded", 100),
        Stage::Failed(Failure::NoPeers) => ("dead", 0),
        Stage::Failed(_) => ("error", 0),
    }
}

/// Reads `all` or ids that start at 1 as indexes.
pub(super) fn selection(files: &str, count: usize) -> Option<Vec<usize>> {
    if files == "all" {
        return Some((0..count).collect());
    }
    let index = |id: &str| id.parse::<usize>().ok()?.checked_sub(1).filter(|index| *index < count);
    let mut selected: Vec<usize> = files.split(',').map(index).collect::<Option<_>>()?;
    selected.sort_unstable();
    selected.dedup();
    Some(selected)
}

pub(super) fn unrestricted(desk: &Desk, item: &Item, title: &Title, at: usize, link: &str) -> Reply {
    let selected = item.selected.as_deref().unwrap_or_default();
    let is_archive = selected.len() > 1 && desk.shelf(&item.info_hash).is_archive();
    let file = &title.files[selected[at]];
    let (name, mime, size, download) = if is_archive {
        let size = selected.iter().map(|file| title.files[*file].size()).sum();
        let download = desk.archive(title, selected, ".rar", b"Rar!\x1a\x07\x01\x00");
        (format!("{}.rar", title.name), "application/x-rar-compressed", size, download)
    } else {
        let download = desk.link(title, selected[at], 404, Some("invalid_download_code"));
        (file.name().to_owned(), "video/x-matroska", file.size(), download)
    };
    Reply::json(
        200,
        &json!({
            "id": format!("DL{}", &link[PAGE.len()..]), "filename": name, "mimeType": mime, "filesize": size,
            "link": link, "host": "real-debrid.com", "chunks": 32, "crc": 1, "download": download,
            "streamable": i32::from(!is_archive),
        }),
    )
}
