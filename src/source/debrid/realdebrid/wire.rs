//! What Real-Debrid writes, and what it means.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use crate::domain::InfoHash;
use crate::source::debrid::lenient::{file_address, or_default, text};
use crate::source::debrid::service::{AccountInfo, DirectLink, ItemId, ItemState, RemoteFile, ServiceError};

/// What several files are packed into when they cannot be had one by one.
const ARCHIVES: [&str; 4] = ["rar", "zip", "7z", "tar"];

/// The answer to an added torrent.
#[derive(Deserialize)]
pub(super) struct Added {
    /// The item.
    pub(super) id: String,
}

/// An item in a list.
#[derive(Deserialize)]
pub(super) struct Listed {
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    hash: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
}

/// An item with its files.
#[derive(Deserialize)]
pub(super) struct Item {
    status: String,
    #[serde(default, deserialize_with = "or_default")]
    progress: f64,
    #[serde(default)]
    seeders: Option<u32>,
    #[serde(default, deserialize_with = "or_default")]
    files: Vec<File>,
    /// The pages of the selected files, in their order if there are as many.
    #[serde(default, deserialize_with = "or_default")]
    links: Vec<String>,
}

/// A file of a torrent.
#[derive(Deserialize)]
struct File {
    /// Counted from 1.
    #[serde(deserialize_with = "text")]
    id: String,
    path: String,
    #[serde(default)]
    bytes: Option<u64>,
    /// 1 if it was selected.
    #[serde(default, deserialize_with = "or_default")]
    selected: u8,
}

/// A page turned into a link.
#[derive(Deserialize)]
pub(super) struct Unlocked {
    #[serde(default, deserialize_with = "or_default")]
    filename: String,
    /// 0 where it is unknown.
    #[serde(default, deserialize_with = "or_default")]
    filesize: u64,
    download: String,
}

/// Whose account it is.
#[derive(Deserialize)]
pub(super) struct User {
    #[serde(default, deserialize_with = "or_default")]
    username: String,
    #[serde(default, deserialize_with = "or_default", rename = "type")]
    kind: String,
    /// Seconds left.
    #[serde(default, deserialize_with = "or_default")]
    premium: u64,
}

impl Item {
    /// What has become of it.
    ///
    /// # Errors
    /// Why it will never be ready; `ArchiveOnly` when several of its files come as one.
    pub(super) fn state(self) -> Result<ItemState, ServiceError> {
        match self.status.as_str() {
            "magnet_conversion" => Ok(ItemState::Resolving),
            "waiting_files_selection" => {
                Ok(ItemState::NeedsSelection(self.files.into_iter().map(File::by_number).collect()))
            }
            "queued" => Ok(ItemState::Queued),
            "downloading" => Ok(ItemState::Downloading { percent: self.progress, seeders: self.seeders }),
            "compressing" | "uploading" => Ok(ItemState::Processing),
            "downloaded" => self.ready(),
            // Our magnet links are well-formed: nobody had the file list, or the files.
            "magnet_error" | "dead" => Err(ServiceError::NoPeers),
            "virus" => Err(ServiceError::TorrentInvalid),
            "error" => Err(ServiceError::ServiceDown("its download of the torrent failed".to_owned())),
            _ => Err(ServiceError::Protocol("an item is in a state that is not documented".to_owned())),
        }
    }

    fn ready(self) -> Result<ItemState, ServiceError> {
        let selected = self.files.iter().filter(|file| file.selected == 1).count();
        match (selected, self.links.len()) {
            // The files have vanished from the service.
            (_, 0) => Err(ServiceError::FileMissing),
            (files, links) if files == links => {
                let mut pages = self.links.into_iter();
                let remote = |file: File| {
                    let page = if file.selected == 1 { pages.next() } else { None };
                    file.by_page(page.unwrap_or_default())
                };
                Ok(ItemState::Ready(self.files.into_iter().map(remote).collect()))
            }
            // One link for several files is a RAR; in any other disagreement nobody knows which link is whose.
            _ => Err(ServiceError::ArchiveOnly),
        }
    }
}

impl File {
    fn by_number(self) -> RemoteFile {
        RemoteFile { id: self.id, path: relative(&self.path), size: self.bytes }
    }

    fn by_page(self, page: String) -> RemoteFile {
        RemoteFile { id: page, path: relative(&self.path), size: self.bytes }
    }
}

fn relative(path: &str) -> String {
    path.trim_start_matches('/').to_owned()
}

impl Unlocked {
    /// The link to the file that is called `path` in the torrent.
    ///
    /// # Errors
    /// `ArchiveOnly` when it leads to an archive around that file.
    pub(super) fn link(&self, path: &str, lifetime: Duration) -> Result<DirectLink, ServiceError> {
        if is_archive(&self.filename) && !is_archive(path) {
            return Err(ServiceError::ArchiveOnly);
        }
        let size = Some(self.filesize).filter(|size| *size > 0);
        Ok(DirectLink { url: file_address(&self.download)?, size, lifetime })
    }
}

fn is_archive(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| ARCHIVES.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

impl User {
    /// The account, told at `now` (Unix seconds).
    pub(super) fn info(self, now: u64) -> AccountInfo {
        let premium = self.kind == "premium" && self.premium > 0;
        AccountInfo { user: self.username, premium, until: premium.then(|| now + self.premium) }
    }
}

/// The item of a torrent that is of most use: one that is ready, else one on its way; never one that has failed.
pub(super) fn best(listed: &[Listed], info_hash: InfoHash) -> Option<ItemId> {
    let has_failed =
        |item: &Listed| matches!(item.status.as_str(), "magnet_error" | "error" | "virus" | "dead");
    let of_torrent = |item: &&Listed| item.hash.parse() == Ok(info_hash) && !has_failed(item);
    let ready = listed.iter().filter(of_torrent).find(|item| item.status == "downloaded");
    ready.or_else(|| listed.iter().find(of_torrent)).map(|item| ItemId(item.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(status: &str, rest: &str) -> Result<ItemState, ServiceError> {
        let json = format!(r#"{{"id":"ABC","hash":"{}","status":"{status}"{rest}}}"#, "a".repeat(40));
        serde_json::from_str::<Item>(&json).unwrap().state()
    }

    /// Three files, of which the second and third are selected.
    const FILES: &str = r#","files":[{"id":1,"path":"/Pack/readme.txt","bytes":10,"selected":0},
        {"id":2,"path":"/Pack/a.mkv","bytes":200,"selected":1},{"id":3,"path":"/b.mkv","bytes":300,"selected":1}]"#;

    fn file(id: &str, path: &str, size: u64) -> RemoteFile {
        RemoteFile { id: id.to_owned(), path: path.to_owned(), size: Some(size) }
    }

    #[test]
    fn every_documented_state_is_understood() {
        let failed = Err(ServiceError::ServiceDown("its download of the torrent failed".to_owned()));
        for (status, expected) in [
            ("magnet_conversion", Ok(ItemState::Resolving)),
            ("queued", Ok(ItemState::Queued)),
            ("downloading", Ok(ItemState::Downloading { percent: 12.5, seeders: Some(3) })),
            ("compressing", Ok(ItemState::Processing)),
            ("uploading", Ok(ItemState::Processing)),
            ("magnet_error", Err(ServiceError::NoPeers)),
            ("dead", Err(ServiceError::NoPeers)),
            ("virus", Err(ServiceError::TorrentInvalid)),
            ("error", failed),
        ] {
            assert_eq!(item(status, r#","progress":12.5,"seeders":3,"links":null"#), expected, "{status}");
        }
        assert!(matches!(item("asleep", ""), Err(ServiceError::Protocol(_))));
    }

    #[test]
    fn a_selection_is_asked_for_by_number() {
        let Ok(ItemState::NeedsSelection(files)) = item("waiting_files_selection", FILES) else { panic!() };
        assert_eq!(files[0], file("1", "Pack/readme.txt", 10));
        assert_eq!(files.len(), 3);
    }

    #[test]
    fn as_many_links_as_selected_files_belong_to_them_in_order() {
        let links = r#","links":["https://real-debrid.com/d/A","https://real-debrid.com/d/B"]"#;
        // A file that is not selected is listed without a page: it counts when one among all is chosen.
        let expected = vec![
            file("", "Pack/readme.txt", 10),
            file("https://real-debrid.com/d/A", "Pack/a.mkv", 200),
            file("https://real-debrid.com/d/B", "b.mkv", 300),
        ];
        assert_eq!(item("downloaded", &format!("{FILES}{links}")), Ok(ItemState::Ready(expected)));
    }

    #[test]
    fn another_number_of_links_is_an_archive_and_none_is_a_loss() {
        let one = format!(r#"{FILES},"links":["https://real-debrid.com/d/A"]"#);
        assert_eq!(item("downloaded", &one), Err(ServiceError::ArchiveOnly));
        assert_eq!(item("downloaded", &format!(r#"{FILES},"links":[]"#)), Err(ServiceError::FileMissing));
    }

    #[test]
    fn a_link_to_an_archive_is_refused_unless_the_file_is_one() {
        let unlocked = |name: &str| Unlocked {
            filename: name.to_owned(),
            filesize: 7,
            download: "https://cdn.example/d/x".to_owned(),
        };
        let lifetime = Duration::from_secs(1);
        assert_eq!(unlocked("a.mkv").link("Pack/a.mkv", lifetime).unwrap().size, Some(7));
        assert_eq!(unlocked("Pack.RAR").link("Pack/a.mkv", lifetime).unwrap_err(), ServiceError::ArchiveOnly);
        assert!(unlocked("a.rar").link("Pack/a.rar", lifetime).is_ok());
    }

    #[test]
    fn the_best_item_of_a_torrent_is_ready_or_on_its_way() {
        let info_hash: InfoHash = "a".repeat(40).parse().unwrap();
        let listed = |rows: &[(&str, char, &str)]| -> Vec<Listed> {
            let row = |(id, hash, status): &(&str, char, &str)| Listed {
                id: (*id).to_owned(),
                hash: hash.to_ascii_uppercase().to_string().repeat(40),
                status: (*status).to_owned(),
            };
            rows.iter().map(row).collect()
        };
        let found = |rows: &[(&str, char, &str)]| best(&listed(rows), info_hash).map(|item| item.0);
        assert_eq!(found(&[("1", 'a', "queued"), ("2", 'a', "downloaded")]).as_deref(), Some("2"));
        assert_eq!(found(&[("1", 'a', "dead"), ("2", 'a', "queued")]).as_deref(), Some("2"));
        assert_eq!(found(&[("1", 'b', "downloaded"), ("2", 'a', "magnet_error")]), None);
    }

    #[test]
    fn an_account_is_premium_for_as_long_as_it_has_time_left() {
        let user = |kind: &str, left: u64| {
            let json = format!(r#"{{"id":1,"username":"viewer","type":"{kind}","premium":{left}}}"#);
            serde_json::from_str::<User>(&json).unwrap().info(100)
        };
        let paid = AccountInfo { user: "viewer".to_owned(), premium: true, until: Some(150) };
        assert_eq!(user("premium", 50), paid);
        assert!(!user("free", 0).premium);
    }
}
