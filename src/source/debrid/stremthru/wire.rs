//! What a StremThru server writes, and what it means.

use serde::Deserialize;

use crate::domain::InfoHash;
use crate::source::debrid::lenient::{or_default, text, unix_seconds};
use crate::source::debrid::service::{
    AccountInfo, Availability, ItemId, ItemState, RemoteFile, ServiceError,
};

/// An item that is older than this when it is handed out has not been made by the call that it answers. In seconds;
/// long enough for clocks that differ.
const NEW_FOR: u64 = 600;

/// What every good answer is wrapped in.
#[derive(Deserialize)]
pub(super) struct Data<T> {
    /// The answer.
    pub(super) data: T,
}

/// A part of a list.
#[derive(Deserialize)]
#[serde(bound = "T: Deserialize<'de>")]
pub(super) struct Page<T> {
    /// The part.
    #[serde(default, deserialize_with = "or_default")]
    pub(super) items: Vec<T>,
}

/// A torrent in the account.
#[derive(Deserialize)]
pub(super) struct Item {
    /// Its name there.
    #[serde(deserialize_with = "text")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_default")]
    hash: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    #[serde(default, deserialize_with = "or_default")]
    files: Vec<File>,
    #[serde(default, deserialize_with = "or_default")]
    added_at: String,
}

/// A torrent that was asked about.
#[derive(Deserialize)]
pub(super) struct Checked {
    #[serde(default, deserialize_with = "or_default")]
    hash: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    #[serde(default, deserialize_with = "or_default")]
    files: Vec<File>,
}

/// A file of an item. Its index is left aside: -1 means unknown, and not all services agree on the others.
#[derive(Clone, Deserialize)]
struct File {
    #[serde(default, deserialize_with = "or_default")]
    link: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    path: String,
    /// -1 where it is unknown.
    #[serde(default)]
    size: Option<i64>,
}

/// A link to bytes.
#[derive(Deserialize)]
pub(super) struct Generated {
    /// The link.
    pub(super) link: String,
}

/// Whose account it is.
#[derive(Deserialize)]
pub(super) struct User {
    #[serde(default, deserialize_with = "text")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    subscription_status: String,
}

impl Item {
    /// What has become of it.
    ///
    /// # Errors
    /// Why it will never be ready.
    pub(super) fn state(self) -> Result<ItemState, ServiceError> {
        match self.status.as_str() {
            "cached" | "downloaded" => {
                let files = self.files.into_iter().filter(|file| !file.link.is_empty());
                Ok(ItemState::Ready(files.map(File::remote).collect()))
            }
            // Some services have states that the server has no word for, and they lie before the download. How far a
            // download is remains untold, and one that stood at 0 % would be taken for one that nobody shares.
            "queued" | "unknown" | "downloading" => Ok(ItemState::Queued),
            "processing" | "uploading" => Ok(ItemState::Processing),
            "failed" => {
                Err(ServiceError::ServiceDown("the service behind it failed to download this".to_owned()))
            }
            "invalid" => Err(ServiceError::TorrentInvalid),
            _ => Err(ServiceError::Protocol("an item is in a state that is not documented".to_owned())),
        }
    }

    /// Whether it was made just before `now` (Unix seconds). One that does not say is taken for an older one, because
    /// only what we have made may be deleted.
    pub(super) fn is_new(&self, now: u64) -> bool {
        unix_seconds(&self.added_at).is_some_and(|added| added.saturating_add(NEW_FOR) >= now)
    }
}

impl File {
    fn remote(self) -> RemoteFile {
        let path = if self.path.is_empty() { self.name } else { self.path };
        let size = self.size.and_then(|size| size.try_into().ok());
        RemoteFile { id: self.link, path: path.trim_start_matches('/').to_owned(), size }
    }
}

impl User {
    /// The account. Until when it is paid remains untold.
    pub(super) fn info(self) -> AccountInfo {
        let premium = matches!(self.subscription_status.as_str(), "premium" | "trial");
        AccountInfo { user: self.id, premium, until: None }
    }
}

/// Whether a torrent is held, by the answer to that question.
pub(super) fn availability(checked: &[Checked], info_hash: InfoHash) -> Availability {
    let found = checked.iter().find(|item| item.hash.parse() == Ok(info_hash));
    match found.map(|item| item.status.as_str()) {
        Some("cached" | "downloaded") => Availability::Cached,
        Some("queued" | "downloading" | "processing" | "uploading") => Availability::NotCached,
        _ => Availability::Unknown,
    }
}

/// The files of a torrent that is held, if they are told.
pub(super) fn files(checked: &[Checked], info_hash: InfoHash) -> Option<Vec<RemoteFile>> {
    let found = checked.iter().find(|item| item.hash.parse() == Ok(info_hash))?;
    let is_held = availability(checked, info_hash) == Availability::Cached;
    is_held.then(|| found.files.iter().cloned().map(File::remote).collect())
}

/// The item of a torrent that is of most use: one that is ready, else one on its way; never one that has failed.
pub(super) fn best(items: &[Item], info_hash: InfoHash) -> Option<ItemId> {
    let of_torrent = |item: &&Item| {
        item.hash.parse() == Ok(info_hash) && !matches!(item.status.as_str(), "failed" | "invalid")
    };
    let is_ready = |item: &&Item| matches!(item.status.as_str(), "cached" | "downloaded");
    let ready = items.iter().filter(of_torrent).find(is_ready);
    ready.or_else(|| items.iter().find(of_torrent)).map(|item| ItemId(item.id.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn item(id: u32, digit: char, status: &str) -> Item {
        let json = json!({
            "id": id, "hash": digit.to_string().repeat(40), "status": status, "size": -1, "private": null,
            "added_at": "1970-01-01T01:00:00Z",
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn every_documented_status_of_an_item_is_understood() {
        for (status, expected) in [
            ("cached", ItemState::Ready(Vec::new())),
            ("downloaded", ItemState::Ready(Vec::new())),
            ("queued", ItemState::Queued),
            ("unknown", ItemState::Queued),
            ("downloading", ItemState::Queued),
            ("processing", ItemState::Processing),
            ("uploading", ItemState::Processing),
        ] {
            assert_eq!(item(1, 'a', status).state(), Ok(expected), "{status}");
        }
        assert!(matches!(item(1, 'a', "failed").state(), Err(ServiceError::ServiceDown(_))));
        assert_eq!(item(1, 'a', "invalid").state(), Err(ServiceError::TorrentInvalid));
        assert!(matches!(item(1, 'a', "asleep").state(), Err(ServiceError::Protocol(_))));
    }

    #[test]
    fn files_without_size_path_or_link_are_read_for_what_they_have() {
        let file = |link: &str, path: Value, size: i64| json!({ "index": -1, "link": link, "name": "a.mkv", "path": path, "size": size, "video_hash": "" });
        let json = json!({ "id": "x", "status": "downloaded", "files": [
            file("stremthru://store/1", json!("/Pack/a.mkv"), 7), file("stremthru://store/2", Value::Null, -1),
            file("", json!("/b.mkv"), 8),
        ]});
        let remote = |id: &str, path: &str, size| RemoteFile { id: id.into(), path: path.into(), size };
        let expected = vec![
            remote("stremthru://store/1", "Pack/a.mkv", Some(7)),
            remote("stremthru://store/2", "a.mkv", None),
        ];
        assert_eq!(serde_json::from_value::<Item>(json).unwrap().state(), Ok(ItemState::Ready(expected)));
    }

    #[test]
    fn only_what_is_known_is_held_or_not_held() {
        let info_hash: InfoHash = "a".repeat(40).parse().unwrap();
        let of = |digit: char, status: &str| {
            let json = json!([{ "hash": digit.to_string().repeat(40), "magnet": "", "status": status, "files": null }]);
            availability(&serde_json::from_value::<Vec<Checked>>(json).unwrap(), info_hash)
        };
        assert_eq!(of('a', "cached"), Availability::Cached);
        assert_eq!(of('a', "downloading"), Availability::NotCached);
        for status in ["unknown", "failed", "invalid", ""] {
            assert_eq!(of('a', status), Availability::Unknown, "{status}");
        }
        assert_eq!(of('b', "cached"), Availability::Unknown);
        assert_eq!(availability(&[], info_hash), Availability::Unknown);
    }

    #[test]
    fn the_best_item_of_a_torrent_is_ready_or_on_its_way() {
        let info_hash: InfoHash = "a".repeat(40).parse().unwrap();
        let rows = [
            item(1, 'a', "failed"),
            item(2, 'a', "queued"),
            item(3, 'b', "downloaded"),
            item(4, 'a', "downloaded"),
        ];
        assert_eq!(best(&rows, info_hash), Some(ItemId("4".to_owned())));
        assert_eq!(best(&rows[..3], info_hash), Some(ItemId("2".to_owned())));
        assert_eq!(best(&rows[..1], info_hash), None);
    }

    #[test]
    fn an_item_that_was_there_before_is_not_new() {
        let (at_one, undated) =
            (item(1, 'a', "queued"), Item { added_at: String::new(), ..item(1, 'a', "queued") });
        assert!(at_one.is_new(3_600) && at_one.is_new(4_200) && at_one.is_new(3_000));
        assert!(!at_one.is_new(4_201));
        assert!(!undated.is_new(0));
    }

    #[test]
    fn premium_and_trial_accounts_may_stream() {
        let user = |status: &str| {
            let json = json!({ "id": "42", "email": "v@example.org", "subscription_status": status });
            serde_json::from_value::<User>(json).unwrap().info()
        };
        let paid = AccountInfo { user: "42".to_owned(), premium: true, until: None };
        assert_eq!(user("premium"), paid);
        assert_eq!(user("trial"), paid);
        assert!(!user("expired").premium);
    }
}
