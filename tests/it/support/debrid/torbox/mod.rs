//! TorBox: <https://api.torbox.app/v1/api>.
//!
//! - The token comes in `Authorization: Bearer`; for `requestdl` alone it is the query's `token`.
//! - Every answer is `{success, error, detail, data}`, where `error` is a code or null.
//! - `checkcached`: POST with JSON `{hashes}`, or GET with `hash=a,b`; `format=list` and `list_files=true` give a list
//!   with files. What is not held is left out, and `data` is null when nothing is held.
//! - `createtorrent` is a POST of a form or of multipart with `magnet` or `file`: `torrent_id`, or `queued_id` when it
//!   has to wait and `as_queued` allowed that. A torrent that is in the account already keeps its id.
//! - `mylist` gives an object with `id`, a list without. Unless `bypass_cache=true` is sent it comes from a cache that
//!   here stands still: states advance only for those who bypass it.
//! - Ready is `download_finished` and `download_present` together; the first comes earlier, while the state is
//!   `uploading`. File ids start at 0. File names are whole paths, below the torrent's name.
//! - `requestdl` gives a link to bytes as text. `file_id` is always sent, 0 included. Packed copies are one zip,
//!   whatever `allow_zip` said.
//! - 300 calls a minute for each endpoint; `createtorrent` 10 a minute and 60 an hour. The edge answers 429 in plain
//!   text.
//!
//! The field document names the codes and not their statuses: 403 for tokens, plans and allowances, 404 for what is
//! not found and 400 for the rest are assumed. It names no code for refused content; `BOZO_TORRENT` is assumed.

mod listing;

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Api, Condition, Desk, Failure, Fields, Incoming, Limit, Reply, ServiceKind, Shelf, hash_of_magnet,
    hash_of_torrent,
};
use listing::{all_files, check_cached, my_list, torrent_info};

/// How tests name it.
pub(crate) const TORBOX: ServiceKind =
    ServiceKind { name: "torbox", prefix: "/v1/api", api: || Box::new(TorBox { queue: Vec::new() }) };

struct TorBox {
    /// What waits for a place: queue id, token, info-hash.
    queue: Vec<(u64, String, String)>,
}

impl Api for TorBox {
    fn token(&self, call: &Incoming) -> Option<String> {
        match call.path.as_str() {
            "/torrents/requestdl" => call.query().get("token").map(str::to_owned),
            _ => call.bearer(),
        }
    }

    fn limits(&self, call: &Incoming) -> Vec<Limit> {
        let limit = |count, seconds| Limit {
            class: format!("{} {seconds}", call.path),
            count,
            window: Duration::from_secs(seconds),
        };
        match call.path.as_str() {
            "/torrents/createtorrent" => vec![limit(10, 60), limit(60, 3600)],
            _ => vec![limit(300, 60)],
        }
    }

    fn rate_limited(&self, retry_after: Option<u64>) -> Reply {
        let reply = Reply::text(429, "Too Many Requests");
        retry_after.into_iter().fold(reply, |reply, seconds| reply.with("retry-after", &seconds))
    }

    fn answer(&mut self, desk: &mut Desk, call: &Incoming) -> Reply {
        let Some(token) = self.token(call) else { return error(403, "NO_AUTH") };
        let Some(condition) = desk.account(Some(&token)) else { return error(403, "BAD_TOKEN") };
        if condition == Condition::IpRefused {
            return error(403, "AUTH_ERROR");
        }
        self.leave_queue(desk, &token, condition);
        match (call.method.as_str(), call.path.as_str()) {
            ("GET" | "POST", "/torrents/checkcached") => check_cached(desk, call),
            ("POST", "/torrents/createtorrent") => self.create(desk, call, &token, condition),
            ("GET", "/torrents/mylist") => my_list(desk, call, &token),
            ("GET", "/torrents/requestdl") => request_link(desk, call, &token, condition),
            ("POST", "/torrents/controltorrent") => control(desk, call, &token),
            ("GET", "/torrents/torrentinfo") => torrent_info(desk, call),
            ("GET", "/queued/getqueued") => self.queued(call, &token),
            ("GET", "/user/me") => user(condition),
            _ => error(404, "ENDPOINT_NOT_FOUND").noting(Some("unknown route or method".to_owned())),
        }
    }
}

impl TorBox {
    fn create(&mut self, desk: &mut Desk, call: &Incoming, token: &str, condition: Condition) -> Reply {
        let (fields, files) = match call.media_type() {
            "multipart/form-data" => call.multipart(),
            _ => (call.form(), Vec::new()),
        };
        let file = files.iter().find(|(name, _)| name == "file").map(|(_, torrent)| torrent);
        let info_hash = match (fields.get("magnet"), file) {
            (Some(magnet), None) => hash_of_magnet(magnet),
            (None, Some(torrent)) => hash_of_torrent(torrent),
            _ => return error(400, "MISSING_REQUIRED_OPTION"),
        };
        let Some(info_hash) = info_hash else { return error(400, "BOZO_TORRENT") };
        if fields.get("seed").is_some_and(|seed| !["1", "2", "3"].contains(&seed)) {
            return error(400, "INVALID_OPTION");
        }
        let known = ["magnet", "file", "seed", "allow_zip", "name", "as_queued", "add_only_if_cached"];
        self.take(desk, token, condition, &info_hash, &fields).noting(fields.strangers(&known))
    }

    fn take(
        &mut self,
        desk: &mut Desk,
        token: &str,
        condition: Condition,
        info_hash: &str,
        fields: &Fields,
    ) -> Reply {
        let is_allowed = |name| fields.get(name) == Some("true");
        let shelf = desk.shelf(info_hash);
        if let Some(refusal) = refusal(condition, &shelf, is_allowed("add_only_if_cached")) {
            return refusal;
        }
        let known = desk.items.iter().find(|item| item.token == token && item.info_hash == info_hash);
        if let Some(known) = known {
            let data = json!({ "torrent_id": known.id, "hash": info_hash, "auth_id": "a1" });
            return success("Torrent was in the account already.", &data);
        }
        if condition == Condition::TooManyActive {
            if !is_allowed("as_queued") {
                return error(400, "ACTIVE_LIMIT");
            }
            let queued_id = 9000 + self.queue.len() as u64;
            self.queue.push((queued_id, token.to_owned(), info_hash.to_owned()));
            return success(
                "Torrent queued.",
                &json!({ "queued_id": queued_id, "hash": info_hash, "auth_id": "a1" }),
            );
        }
        let id = desk.add(token, info_hash);
        let detail =
            if shelf.cached { "Found Cached Torrent. Using Cached Torrent." } else { "Torrent added." };
        success(detail, &json!({ "torrent_id": id, "hash": info_hash, "auth_id": "a1" }))
    }

    /// As soon as the account has places, what waits becomes torrents.
    fn leave_queue(&mut self, desk: &mut Desk, token: &str, condition: Condition) {
        if condition == Condition::Fine {
            for (_, _, info_hash) in self.queue.extract_if(.., |(_, owner, _)| owner == token) {
                desk.add(token, &info_hash);
            }
        }
    }

    fn queued(&self, call: &Incoming, token: &str) -> Reply {
        let mine = self.queue.iter().filter(|(_, owner, _)| owner == token);
        let shown: Value =
            mine.map(|(id, _, hash)| json!({ "id": id, "hash": hash, "type": "torrent" })).collect();
        success("", &shown).noting(call.query().strangers(&["type", "id", "bypass_cache", "offset", "limit"]))
    }
}

/// Why a torrent is not taken at all.
fn refusal(condition: Condition, shelf: &Shelf, only_if_held: bool) -> Option<Reply> {
    match (condition, shelf.fetching.fails_with) {
        (Condition::NotPremium, _) => Some(error(403, "PLAN_RESTRICTED_FEATURE")),
        (Condition::QuotaExhausted, _) => Some(error(403, "MONTHLY_LIMIT")),
        (_, Some(Failure::TooBig)) => Some(error(400, "DOWNLOAD_TOO_LARGE")),
        (_, Some(Failure::Invalid)) => Some(error(400, "BOZO_TORRENT")),
        _ if shelf.is_infringing() => Some(error(400, "BOZO_TORRENT")),
        _ if only_if_held && !shelf.cached => Some(error(400, "DOWNLOAD_NOT_CACHED")),
        _ => None,
    }
}

fn request_link(desk: &Desk, call: &Incoming, token: &str, condition: Condition) -> Reply {
    let query = call.query();
    match condition {
        Condition::NotPremium => return error(403, "PLAN_RESTRICTED_FEATURE"),
        Condition::QuotaExhausted => return error(403, "MONTHLY_LIMIT"),
        _ => {}
    }
    let strangers = query.strangers(&["token", "torrent_id", "file_id", "zip_link", "user_ip", "redirect"]);
    let whole = ["zip_link", "redirect"].into_iter().find(|name| query.get(name) == Some("true"));
    let strangers = strangers.or_else(|| whole.map(|name| format!("{name} gives no link to one file")));
    let (Some(torrent), Some(file)) = (query.get("torrent_id"), query.get("file_id")) else {
        return error(400, "MISSING_REQUIRED_OPTION")
            .noting(Some("torrent_id and file_id are always sent".to_owned()));
    };
    let item = desk.items.iter().find(|item| item.token == token && item.id.to_string() == torrent);
    let found = item.and_then(|item| Some((item, desk.world.title(&item.info_hash)?)));
    let Some((item, title)) = found.filter(|(item, _)| item.held) else {
        return error(404, "ITEM_NOT_FOUND");
    };
    if item.vanished {
        return error(400, "LINK_OFFLINE");
    }
    let Some(file) = file.parse::<usize>().ok().filter(|file| *file < all_files(desk, &title).len()) else {
        return error(404, "ITEM_NOT_FOUND");
    };
    let url = match desk.shelf(&item.info_hash).is_archive() {
        true => desk.archive(&title, &title.all(), ".zip", b"PK\x03\x04"),
        false => desk.link(&title, file, 403, None),
    };
    success("Torrent download requested successfully.", &json!(url)).noting(strangers)
}

fn control(desk: &mut Desk, call: &Incoming, token: &str) -> Reply {
    let body = call.json().unwrap_or_default();
    let (Some(id), Some(operation)) = (body["torrent_id"].as_u64(), body["operation"].as_str()) else {
        return error(400, "MISSING_REQUIRED_OPTION");
    };
    if !["reannounce", "resume", "pause", "delete"].contains(&operation) {
        return error(400, "INVALID_OPTION");
    }
    if !desk.items.iter().any(|item| item.token == token && item.id == id) {
        return error(404, "ITEM_NOT_FOUND");
    }
    if operation == "delete" {
        desk.items.retain(|item| item.id != id);
    }
    success("Done.", &Value::Null)
}

fn user(condition: Condition) -> Reply {
    let is_premium = condition != Condition::NotPremium;
    let cooldown = (condition == Condition::QuotaExhausted).then_some("2038-01-01T00:00:00Z");
    let expires = is_premium.then_some("2038-01-01T00:00:00Z");
    success(
        "",
        &json!({
            "id": 42, "email": "viewer@example.org", "plan": if is_premium { 2 } else { 0 },
            "premium_expires_at": expires, "cooldown_until": cooldown,
        }),
    )
}

fn success(detail: &str, data: &Value) -> Reply {
    Reply::json(200, &json!({ "success": true, "error": null, "detail": detail, "data": data }))
}

fn error(status: u16, code: &str) -> Reply {
    let detail = format!("{code}, said in a sentence.");
    Reply::json(status, &json!({ "success": false, "error": code, "detail": detail, "data": null }))
}
