//! put.io: <https://api.put.io/v2>.
//!
//! - An OAuth token in `Authorization: Bearer`; `oauth_token=` in the query works too, but a token in a URL
//!   is remembered as unexpected. Bodies are forms. Answers are `{status: "OK", …}` or `{status: "ERROR",
//!   error_type, error_message, status_code}`.
//! - `POST /transfers/add` (`url`, `save_parent_id`, `callback_url`) answers `{transfer}`; `GET
//!   /transfers/{id}` and `/transfers/list` are the polls, the list goes on at `POST
//!   /transfers/list/continue` with its `cursor`. `POST /transfers/cancel` (`transfer_ids`),
//!   `/transfers/clean` and `/transfers/retry`.
//! - Ready is COMPLETED or SEEDING with a `file_id`: the id of the torrent's folder, or of its one file.
//!   There is no cache check and no selection.
//! - The files are a tree below folder 0: `GET /files/list?parent_id=`, `/files/{id}/url` answers `{url}`,
//!   `/files/{id}/download` redirects there, `POST /files/delete` (`file_ids`). They outlive the transfer,
//!   and two transfers of one torrent have one tree, as old as the first (`created_at`): who deletes it
//!   deletes the user's own copy too, and the fake then drops both items. An item is in
//!   [`super::Fake::items`] as long as its transfer is on the way or its files are there.
//! - 429 has `x-ratelimit-reset` (seconds since 1970). No limit is published; the fake has one and a half
//!   times the recommended 2 calls a second, over ten seconds.
//! - The field document names no errors for the token (here 401 `invalid_grant`), a full disk (400
//!   `DISK_FULL`), a missing subscription (402 `PAYMENT_REQUIRED`), too many transfers (400
//!   `TOO_MANY_TRANSFERS`), and what it refuses for good (403 `FORBIDDEN_CONTENT`).

mod tree;

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{
    Api, Condition, Desk, Failure, Incoming, Item, Limit, Reply, ServiceKind, Stage, hash_of_magnet, spread,
};
use tree::Trees;

/// How tests name it.
pub(crate) const PUT_IO: ServiceKind =
    ServiceKind { name: "putio", prefix: "/v2", api: || Box::new(PutIo::default()) };

/// The states before the end.
const ON_THE_WAY: [&str; 5] =
    ["IN_QUEUE", "WAITING_FOR_DOWNLOADER", "PREPARING_DOWNLOAD", "DOWNLOADING", "COMPLETING"];

#[derive(Default)]
struct PutIo {
    trees: Trees,
    /// Transfers that were cancelled or cleaned away while their files stay.
    hidden: HashSet<u64>,
}

impl Api for PutIo {
    fn token(&self, call: &Incoming) -> Option<String> {
        call.bearer().or_else(|| call.query().get("oauth_token").map(str::to_owned))
    }

    fn limits(&self, _: &Incoming) -> Vec<Limit> {
        vec![Limit { class: "all".to_owned(), count: 30, window: Duration::from_secs(10) }]
    }

    fn rate_limited(&self, retry_after: Option<u64>) -> Reply {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let reset = now + retry_after.unwrap_or(10);
        error(429, "TOO_MANY_REQUESTS").with("x-ratelimit-reset", &reset)
    }

    fn answer(&mut self, desk: &mut Desk, call: &Incoming) -> Reply {
        let token = self.token(call);
        let condition = match desk.account(token.as_deref()) {
            None => return error(401, "invalid_grant"),
            Some(Condition::IpRefused) => return error(403, "FORBIDDEN"),
            Some(condition) => condition,
        };
        let token = token.unwrap_or_default();
        let reply = match (call.method.as_str(), call.segments().as_slice()) {
            ("GET", ["account", "info"]) => account(condition),
            ("POST", ["transfers", "add"]) => self.add(desk, call, &token, condition),
            ("GET", ["transfers", "list"]) => self.list(desk, call, &token, 0),
            ("POST", ["transfers", "list", "continue"]) => match call.form().get("cursor").map(str::parse) {
                Some(Ok(start)) => self.list(desk, call, &token, start),
                _ => error(400, "INVALID_CURSOR"),
            },
            ("POST", ["transfers", verb @ ("cancel" | "clean" | "retry")]) => {
                self.change(desk, call, &token, verb)
            }
            ("GET", ["transfers", id]) => match self.find(desk, &token, id) {
                Some(item) => ok("transfer", &self.describe(desk, item.id)),
                None => error(404, "NotFound"),
            },
            ("GET", ["files", "list"]) => self.files(desk, call, &token),
            ("POST", ["files", "delete"]) => self.delete(desk, call, &token),
            ("GET", ["files", id, way @ ("url" | "download" | "stream")]) => {
                self.bytes(desk, &token, id, way)
            }
            _ => error(404, "NotFound").noting(Some("unknown route or method".to_owned())),
        };
        reply.noting(call.query().get("oauth_token").map(|_| "the token is in the URL".to_owned()))
    }
}

fn account(condition: Condition) -> Reply {
    let is_full = condition == Condition::QuotaExhausted;
    let disk = json!({ "avail": if is_full { 0_u64 } else { 1 << 40 }, "size": 1_u64 << 40, "used": 0 });
    let info =
        json!({ "username": "viewer", "account_active": condition != Condition::NotPremium, "disk": disk });
    ok("info", &info)
}

impl PutIo {
    fn add(&mut self, desk: &mut Desk, call: &Incoming, token: &str, condition: Condition) -> Reply {
        let form = call.form();
        let Some(url) = form.get("url") else { return error(400, "EMPTY_URL") };
        let Some(info_hash) = hash_of_magnet(url) else { return error(400, "INVALID_URL") };
        let is_infringing = desk.shelf(&info_hash).is_infringing();
        match condition {
            Condition::NotPremium => return error(402, "PAYMENT_REQUIRED"),
            Condition::QuotaExhausted => return error(400, "DISK_FULL"),
            Condition::TooManyActive => return error(400, "TOO_MANY_TRANSFERS"),
            _ if is_infringing => return error(403, "FORBIDDEN_CONTENT"),
            _ => {}
        }
        let id = desk.add(token, &info_hash);
        // The first answer comes before anything was looked up, so it is no poll.
        let transfer = self.transfer(desk, id, ("IN_QUEUE", 0, None));
        ok("transfer", &transfer).noting(form.strangers(&["url", "save_parent_id", "callback_url"]))
    }

    fn list(&mut self, desk: &mut Desk, call: &Incoming, token: &str, start: usize) -> Reply {
        let query = call.query();
        let Ok(per_page) = query.get("per_page").map_or(Ok(50), str::parse::<usize>) else {
            return error(400, "INVALID_PER_PAGE");
        };
        let is_shown = |item: &&Item| item.token == token && !self.hidden.contains(&item.id);
        let ids: Vec<u64> = desk.items.iter().rev().filter(is_shown).map(|item| item.id).collect();
        let end = start.saturating_add(per_page);
        let shown: Vec<Value> =
            ids.iter().skip(start).take(per_page).map(|id| self.describe(desk, *id)).collect();
        let cursor = (end < ids.len()).then(|| end.to_string());
        let answer = json!({ "status": "OK", "transfers": shown, "cursor": cursor, "total": ids.len() });
        Reply::json(200, &answer).noting(query.strangers(&["per_page", "oauth_token"]))
    }

    /// Cancelling and cleaning take transfers away; files that are there stay.
    fn change(&mut self, desk: &mut Desk, call: &Incoming, token: &str, verb: &str) -> Reply {
        let form = call.form();
        let name = if verb == "retry" { "id" } else { "transfer_ids" };
        let Some(ids) = form.get(name) else { return error(400, "BAD_REQUEST") };
        let wanted: Vec<Item> = ids.split(',').filter_map(|id| self.find(desk, token, id)).collect();
        for item in &wanted {
            match verb {
                "retry" => {
                    let same = desk.items.iter_mut().filter(|kept| kept.id == item.id);
                    same.for_each(|kept| (kept.polls, kept.vanished) = (0, false));
                }
                _ if item.held => drop(self.hidden.insert(item.id)),
                // Only what has ended can be cleaned.
                "clean" if !matches!(desk.stage(&item.info_hash, item.polls), Stage::Failed(_)) => {}
                _ => desk.items.retain(|kept| kept.id != item.id),
            }
        }
        let strangers = form.strangers(&[name]);
        match (verb, wanted.first()) {
            ("retry", None) => error(404, "NotFound"),
            ("retry", Some(item)) => ok("transfer", &self.describe(desk, item.id)).noting(strangers),
            ("clean", _) => {
                let deleted: Vec<u64> = wanted.iter().map(|item| item.id).collect();
                ok("deleted_ids", &json!(deleted)).noting(strangers)
            }
            _ => Reply::json(200, &json!({ "status": "OK" })).noting(strangers),
        }
    }

    fn find(&self, desk: &Desk, token: &str, id: &str) -> Option<Item> {
        let id: u64 = id.parse().ok().filter(|id| !self.hidden.contains(id))?;
        desk.items.iter().find(|item| item.id == id && item.token == token).cloned()
    }

    /// A transfer as it is now; describing it is a poll.
    fn describe(&mut self, desk: &mut Desk, id: u64) -> Value {
        let state = match desk.poll(id) {
            Stage::Working { step, of } => (spread(&ON_THE_WAY, step, of), step * 100 / of.max(1), None),
            Stage::Stuck => ("DOWNLOADING", 0, None),
            Stage::Ready => ("COMPLETED", 100, None),
            Stage::Failed(failure) => ("ERROR", 0, Some(failure)),
        };
        self.transfer(desk, id, state)
    }

    fn transfer(
        &mut self,
        desk: &Desk,
        id: u64,
        (status, percent, failure): (&str, u32, Option<Failure>),
    ) -> Value {
        let Some(item) = desk.items.iter().find(|item| item.id == id) else { return Value::Null };
        let title = desk.world.title(&item.info_hash);
        let file = (status == "COMPLETED").then(|| self.trees.root(&item.token, &item.info_hash));
        json!({
            "id": id, "status": status, "percent_done": percent, "file_id": file, "hash": item.info_hash,
            "name": title.as_ref().map_or(item.info_hash.as_str(), |title| &title.name),
            "size": title.as_ref().map_or(0, |title| title.size()), "type": "TORRENT", "save_parent_id": 0,
            "error_message": failure.map(|failure| format!("{failure:?}")), "source": magnet(&item.info_hash),
            "userfile_exists": file.is_some() && !item.vanished,
            "created_at": if item.foreign { "2026-01-01T00:00:00" } else { "2026-01-01T00:01:00" },
            "peers_connected": i32::from(percent > 0),
        })
    }

    fn files(&mut self, desk: &Desk, call: &Incoming, token: &str) -> Reply {
        let query = call.query();
        let Ok(parent) = query.get("parent_id").map_or(Ok(0), str::parse::<u64>) else {
            return error(400, "BAD_REQUEST");
        };
        let strangers = query.strangers(&["parent_id", "per_page", "oauth_token"]);
        let (folder, files): (Value, Vec<Value>) = if parent == 0 {
            let top = json!({ "id": 0, "name": "Your Files", "file_type": "FOLDER" });
            (top, self.trees.roots(desk, token).iter().map(|root| root.shown(desk)).collect())
        } else {
            let Some(place) = self.trees.open(desk, token, parent) else { return error(404, "NotFound") };
            (place.shown(desk), place.children().iter().map(|child| child.shown(desk)).collect())
        };
        let answer = json!({ "status": "OK", "files": files, "parent": folder, "cursor": null });
        Reply::json(200, &answer).noting(strangers)
    }

    fn bytes(&self, desk: &Desk, token: &str, id: &str, way: &str) -> Reply {
        let opened = id.parse().ok().and_then(|id| self.trees.open(desk, token, id));
        let Some(place) = opened else { return error(404, "NotFound") };
        let title = &place.title;
        let url = match (place.file(), desk.shelf(&title.info_hash).is_archive()) {
            (Some(_), true) => desk.archive(title, &title.all(), ".rar", b"Rar!\x1a\x07\x01\x00"),
            (Some(file), false) => desk.link(title, file, 404, None),
            (None, _) => return error(400, "FILE_IS_FOLDER"),
        };
        match way {
            "url" => ok("url", &json!(url)),
            _ => Reply::empty(302).with("location", &url),
        }
    }

    fn delete(&self, desk: &mut Desk, call: &Incoming, token: &str) -> Reply {
        let form = call.form();
        let Some(ids) = form.get("file_ids") else { return error(400, "BAD_REQUEST") };
        for id in ids.split(',') {
            let opened = id.parse().ok().and_then(|id| self.trees.open(desk, token, id));
            let Some(place) = opened else { return error(404, "NotFound") };
            if !place.is_root() {
                return error(400, "BAD_REQUEST").noting(Some("a part of a torrent is deleted".to_owned()));
            }
            let is_gone =
                |item: &Item| item.token == token && item.info_hash == place.title.info_hash && item.held;
            desk.items.retain(|item| !is_gone(item));
        }
        Reply::json(200, &json!({ "status": "OK" })).noting(form.strangers(&["file_ids"]))
    }
}

fn magnet(info_hash: &str) -> String {
    format!("magnet:?xt=urn:btih:{info_hash}")
}

fn ok(name: &str, value: &Value) -> Reply {
    Reply::json(200, &json!({ "status": "OK", name: value }))
}

fn error(status: u16, kind: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "status": "ERROR", "error_type": kind, "error_message": kind, "status_code": status }),
    )
}
