//! What put.io writes, and what it means.

use serde::Deserialize;

use crate::domain::InfoHash;
use crate::source::debrid::lenient::{or_default, text, unix_seconds};
use crate::source::debrid::service::{AccountInfo, ItemId, ItemState, RemoteFile, ServiceError};

/// A transfer by itself.
#[derive(Deserialize)]
pub(super) struct One {
    /// The transfer.
    pub(super) transfer: Transfer,
}

/// A page of transfers.
#[derive(Deserialize)]
pub(super) struct Transfers {
    /// The page.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) transfers: Vec<Transfer>,
    /// What the next page is asked for with; none on the last one.
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

/// A torrent that was or is being fetched.
#[derive(Deserialize)]
pub(super) struct Transfer {
    /// Its number.
    #[serde(deserialize_with = "text")]
    pub(super) id: String,
    /// The folder or single file that came of it; empty until then, and again when the user deletes it.
    #[serde(default, deserialize_with = "text")]
    pub(super) file_id: String,
    /// The folder in which that lies.
    #[serde(default, deserialize_with = "text")]
    pub(super) save_parent_id: String,
    /// When it was added.
    #[serde(default, deserialize_with = "or_default")]
    created_at: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    #[serde(default, deserialize_with = "or_default")]
    percent_done: f64,
    #[serde(default, deserialize_with = "or_default")]
    hash: String,
    #[serde(default, deserialize_with = "or_default")]
    error_message: String,
    #[serde(default)]
    userfile_exists: Option<bool>,
}

/// A page of a folder.
#[derive(Deserialize)]
pub(super) struct Folder {
    /// What lies in it.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) files: Vec<File>,
    /// The folder itself; or the single file, if it was asked for as if it were a folder.
    #[serde(default)]
    pub(super) parent: Option<File>,
}

/// A file or folder.
#[derive(Clone, Deserialize)]
pub(super) struct File {
    /// Its number.
    #[serde(default, deserialize_with = "text")]
    pub(super) id: String,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) name: String,
    /// When it came into the account.
    #[serde(default, deserialize_with = "or_default")]
    created_at: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default, deserialize_with = "or_default")]
    file_type: String,
}

/// The address of a file's bytes.
#[derive(Deserialize)]
pub(super) struct Address {
    /// The address; it holds a credential.
    pub(super) url: String,
}

/// The account by itself.
#[derive(Deserialize)]
pub(super) struct Owner {
    /// The account.
    pub(super) info: User,
}

/// Whose account it is.
#[derive(Deserialize)]
pub(super) struct User {
    #[serde(default, deserialize_with = "or_default")]
    username: String,
    #[serde(default)]
    account_active: Option<bool>,
    #[serde(default, deserialize_with = "or_default")]
    account_status: String,
}

impl Transfer {
    /// What has become of it; `None` if its files can be listed.
    ///
    /// # Errors
    /// Why they never can.
    pub(super) fn unfinished(&self) -> Result<Option<ItemState>, ServiceError> {
        match self.status.as_str() {
            "PREPARING_DOWNLOAD" => Ok(Some(ItemState::Resolving)),
            "WAITING" | "IN_QUEUE" | "WAITING_FOR_DOWNLOADER" => Ok(Some(ItemState::Queued)),
            "DOWNLOADING" => Ok(Some(ItemState::Downloading { percent: self.percent_done, seeders: None })),
            "WAITING_FOR_COMPLETE_QUEUE" | "COMPLETING" | "STOPPING" => Ok(Some(ItemState::Processing)),
            "PREPARING_SEED" if self.file_id.is_empty() => Ok(Some(ItemState::Processing)),
            "COMPLETED" | "SEEDING" | "PREPARING_SEED" if self.has_files() => Ok(None),
            "COMPLETED" | "SEEDING" | "PREPARING_SEED" => Err(ServiceError::FileMissing),
            "ERROR" => Err(failure(&self.error_message)),
            _ => Err(ServiceError::Protocol("a transfer is in a state that is not documented".to_owned())),
        }
    }

    /// Whether the folder or file `root` came into the account through this transfer and not before it. What is not
    /// known to be so may be the user's.
    pub(super) fn has_brought(&self, root: Option<&File>) -> bool {
        let since = root.and_then(|root| unix_seconds(&root.created_at));
        since.zip(unix_seconds(&self.created_at)).is_some_and(|(root, transfer)| root >= transfer)
    }

    /// Whether its files are there: their owner may delete them and leave the transfer.
    fn has_files(&self) -> bool {
        !self.file_id.is_empty() && self.userfile_exists != Some(false)
    }
}

/// Why a transfer has failed. What it says is a sentence, of which only the subject is looked for.
fn failure(sentence: &str) -> ServiceError {
    let sentence = sentence.to_ascii_lowercase();
    let is_about = |words: &[&str]| words.iter().any(|word| sentence.contains(word));
    if is_about(&["space", "disk"]) {
        ServiceError::QuotaExhausted
    } else if is_about(&["peers", "seeds", "seeders"]) {
        ServiceError::NoPeers
    } else {
        ServiceError::ServiceDown("its download of the torrent failed".to_owned())
    }
}

impl File {
    /// Whether it holds others.
    pub(super) fn is_folder(&self) -> bool {
        self.file_type == "FOLDER"
    }

    /// The file as all services describe one, in the folder `path` of the torrent.
    pub(super) fn remote(&self, path: &str) -> RemoteFile {
        RemoteFile { id: self.id.clone(), path: below(path, &self.name), size: self.size }
    }
}

/// The path of `name` in the folder `path`, which is empty for the torrent's own.
pub(super) fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

impl User {
    /// The account. It does not say until when it is paid.
    pub(super) fn info(self) -> AccountInfo {
        let premium = self.account_active != Some(false) && self.account_status != "inactive";
        AccountInfo { user: self.username, premium, until: None }
    }
}

/// The transfer of a torrent that is of most use: one whose files are there, else one on its way.
pub(super) fn best(transfers: &[Transfer], info_hash: InfoHash) -> Option<ItemId> {
    let of_torrent = |transfer: &&Transfer| transfer.hash.parse() == Ok(info_hash);
    let ready = transfers.iter().filter(of_torrent).find(|transfer| transfer.unfinished() == Ok(None));
    let found =
        ready.or_else(|| transfers.iter().filter(of_torrent).find(|transfer| transfer.unfinished().is_ok()));
    found.map(|transfer| ItemId(transfer.id.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn transfer(status: &str, more: &Value) -> Transfer {
        let mut fields = json!({ "id": 7, "hash": "a".repeat(40), "status": status, "percent_done": 40 });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(fields).unwrap()
    }

    #[test]
    fn every_documented_state_is_understood() {
        let without = json!({ "file_id": null, "error_message": null });
        let percent = ItemState::Downloading { percent: 40.0, seeders: None };
        for (status, expected) in [
            ("WAITING", ItemState::Queued),
            ("PREPARING_DOWNLOAD", ItemState::Resolving),
            ("IN_QUEUE", ItemState::Queued),
            ("DOWNLOADING", percent),
            ("WAITING_FOR_COMPLETE_QUEUE", ItemState::Processing),
            ("WAITING_FOR_DOWNLOADER", ItemState::Queued),
            ("COMPLETING", ItemState::Processing),
            ("STOPPING", ItemState::Processing),
            ("PREPARING_SEED", ItemState::Processing),
        ] {
            assert_eq!(transfer(status, &without).unfinished(), Ok(Some(expected)), "{status}");
        }
        for status in ["COMPLETED", "SEEDING", "PREPARING_SEED"] {
            let there = json!({ "file_id": 9, "userfile_exists": true });
            assert_eq!(transfer(status, &there).unfinished(), Ok(None), "{status}");
            let gone = json!({ "file_id": 9, "userfile_exists": false });
            assert_eq!(transfer(status, &gone).unfinished(), Err(ServiceError::FileMissing), "{status}");
        }
        assert_eq!(transfer("SEEDING", &without).unfinished(), Err(ServiceError::FileMissing));
        assert!(matches!(transfer("ASLEEP", &json!({})).unfinished(), Err(ServiceError::Protocol(_))));
    }

    #[test]
    fn only_what_surely_came_with_a_transfer_counts_as_brought_by_it() {
        let brought = |transfer_at: Value, root: Value| {
            let root: Option<File> = serde_json::from_value(root).unwrap();
            transfer("SEEDING", &json!({ "created_at": transfer_at })).has_brought(root.as_ref())
        };
        let (early, late) = ("2026-01-01T00:00:00", "2026-01-01T00:01:00");
        let root = |at: &str| json!({ "id": 9, "name": "Pack", "created_at": at });
        assert!(brought(json!(early), root(late)));
        assert!(brought(json!(early), root(early)), "what is held is there within the same second");
        assert!(!brought(json!(late), root(early)));
        // Anything unknown speaks for the user.
        for (transfer_at, root) in [
            (json!(early), Value::Null),
            (json!(early), json!({ "id": 9, "name": "Pack" })),
            (json!(early), root("yesterday")),
            (Value::Null, root(late)),
        ] {
            assert!(!brought(transfer_at.clone(), root.clone()), "{transfer_at} {root}");
        }
    }

    #[test]
    fn a_failed_transfer_says_why() {
        let of =
            |message: &str| transfer("ERROR", &json!({ "error_message": message })).unfinished().unwrap_err();
        assert_eq!(of("Not enough disk space"), ServiceError::QuotaExhausted);
        assert_eq!(of("No peers found"), ServiceError::NoPeers);
        assert!(matches!(of("Something else"), ServiceError::ServiceDown(_)));
    }

    #[test]
    fn the_best_transfer_of_a_torrent_has_files_or_is_on_its_way() {
        let info_hash: InfoHash = "a".repeat(40).parse().unwrap();
        let row = |id: u32, status: &str, more: Value| {
            let mut transfer = transfer(status, &more);
            transfer.id = id.to_string();
            transfer
        };
        let rows = [
            row(1, "ERROR", json!({})),
            row(2, "COMPLETED", json!({ "file_id": 9, "userfile_exists": false })),
            row(3, "DOWNLOADING", json!({})),
            row(4, "COMPLETED", json!({ "file_id": 9, "hash": "b".repeat(40) })),
            row(5, "SEEDING", json!({ "file_id": 9 })),
        ];
        assert_eq!(best(&rows, info_hash), Some(ItemId("5".to_owned())));
        assert_eq!(best(&rows[..4], info_hash), Some(ItemId("3".to_owned())));
        assert_eq!(best(&rows[..2], info_hash), None);
    }

    #[test]
    fn an_account_without_a_plan_is_not_premium() {
        let user = |json: Value| serde_json::from_value::<User>(json).unwrap().info();
        let fine = AccountInfo { user: "viewer".to_owned(), premium: true, until: None };
        assert_eq!(user(json!({ "username": "viewer", "account_status": "active" })), fine);
        assert!(!user(json!({ "username": "viewer", "account_status": "inactive" })).premium);
        assert!(!user(json!({ "username": "viewer", "account_active": false })).premium);
    }
}
