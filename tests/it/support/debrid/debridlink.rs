//! Debrid-Link: <https://debrid-link.com/api/v2>.
//!
//! - The token comes in `Authorization: Bearer`. Every answer is `{success, value}` or `{success, error}`,
//!   lists have `pagination {page, pages, next, previous}`; pages count from 0 and have 20 to 100 entries.
//! - `POST /seedbox/add` takes JSON (`url`: magnet, info-hash or .torrent URL; `wait`, `async`,
//!   `structureType`, `ip`) or multipart with `file`. With `async` the files are not known yet. A torrent
//!   that lies in the seedbox already is not added again: its entry comes back, whoever made it.
//! - There is no cache check (`/seedbox/cached` is gone), no selection and no unlocking: at `downloadPercent`
//!   100 each file has a `downloadUrl`. Files have names and no paths. Packed torrents have `isZip` and one
//!   file.
//! - `GET /seedbox/list?ids=` is the poll, `DELETE /seedbox/{id}/remove` the end.
//! - The flood limit is not published; the fake has one and a half times what section 2.2 of the field
//!   document recommends (1 a second), over ten seconds: `floodDetected`, 429. The field document names
//!   errors without their statuses, except that one; the others here are 401 for the token, 403 for the
//!   address, 404 for routes, else 400.
//! - Which error a condition has is read from the names: no subscription `freeServerOverload`, traffic
//!   `maxData`, active fetches `maxTransfer`, a refused torrent `notAddTorrent`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Api, Condition, Desk, Failure, Incoming, Item, Limit, LinkEnd, LinkLife, LinkOrder, Reply, ServiceKind,
    Stage, Title, hash_of_magnet, hash_of_torrent,
};

/// How tests name it.
pub(crate) const DEBRID_LINK: ServiceKind =
    ServiceKind { name: "debridlink", prefix: "/api/v2", api: || Box::new(DebridLink) };

struct DebridLink;

impl Api for DebridLink {
    fn limits(&self, _: &Incoming) -> Vec<Limit> {
        vec![Limit { class: "all".to_owned(), count: 15, window: Duration::from_secs(10) }]
    }

    fn rate_limited(&self, retry_after: Option<u64>) -> Reply {
        let reply = error(429, "floodDetected");
        retry_after.into_iter().fold(reply, |reply, seconds| reply.with("retry-after", &seconds))
    }

    fn answer(&mut self, desk: &mut Desk, call: &Incoming) -> Reply {
        let token = call.bearer();
        let Some(condition) = desk.account(token.as_deref()) else { return error(401, "badToken") };
        let seedbox = Seedbox { token: token.unwrap_or_default(), condition };
        match (call.method.as_str(), call.segments().as_slice()) {
            ("GET", ["account", "infos"]) => seedbox.account(),
            ("POST", ["seedbox", "add"]) => seedbox.add(desk, call),
            ("GET", ["seedbox", "list"]) => seedbox.list(desk, call),
            ("DELETE", ["seedbox", ids, "remove"]) => seedbox.remove(desk, ids),
            (_, ["account", "infos"] | ["seedbox", "add" | "list"] | ["seedbox", _, "remove"]) => {
                error(405, "badArguments").noting(Some("wrong method".to_owned()))
            }
            _ => error(404, "unknowR").noting(Some("unknown route".to_owned())),
        }
    }
}

/// The account that a call is for.
struct Seedbox {
    token: String,
    condition: Condition,
}

impl Seedbox {
    fn account(&self) -> Reply {
        let is_premium = self.condition != Condition::NotPremium;
        success(&json!({
            "email": "v***@example.org", "emailVerified": true, "username": "viewer",
            "accountType": i32::from(is_premium), "premiumLeft": if is_premium { 8_640_000 } else { 0 },
            "pts": 0, "serverDetected": self.condition == Condition::IpRefused,
        }))
    }

    fn add(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let order = match call.media_type() {
            "application/json" => from_json(call),
            "multipart/form-data" => from_upload(call),
            _ => Err(error(400, "badArguments").noting(Some("neither JSON nor multipart".to_owned()))),
        };
        let (info_hash, is_async, strangers) = match order {
            Ok(order) => order,
            Err(refusal) => return refusal.noting(None),
        };
        if let Some(refusal) = self.refusal(desk, &info_hash) {
            return refusal.noting(strangers);
        }
        let is_mine =
            |item: &&Item| item.token == self.token && item.info_hash == info_hash && !item.vanished;
        let mine = desk.items.iter().find(is_mine);
        let id = mine.map(|item| item.id).unwrap_or_else(|| desk.add(&self.token, &info_hash));
        match self.describe(desk, id, !is_async) {
            Some(torrent) => success(&torrent).noting(strangers),
            None => error(500, "internalError"),
        }
    }

    fn refusal(&self, desk: &Desk, info_hash: &str) -> Option<Reply> {
        let shelf = desk.shelf(info_hash);
        match self.condition {
            Condition::IpRefused => Some(error(403, "serverNotAllowed")),
            Condition::NotPremium => Some(error(400, "freeServerOverload")),
            Condition::QuotaExhausted => Some(error(400, "maxData")),
            Condition::TooManyActive if !shelf.cached => Some(error(400, "maxTransfer")),
            _ if shelf.is_infringing() => Some(error(400, "notAddTorrent")),
            _ => match shelf.fetching.fails_with {
                Some(Failure::TooBig) => Some(error(400, "torrentTooBig")),
                Some(Failure::Invalid) => Some(error(400, "notAddTorrent")),
                _ => None,
            },
        }
    }

    fn list(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let query = call.query();
        let number = |name: &str, default: usize| query.get(name).map_or(Ok(default), str::parse);
        let (Ok(page), Ok(per_page)) = (number("page", 0), number("perPage", 20)) else {
            return error(400, "badArguments");
        };
        if !(20..=100).contains(&per_page) {
            return error(400, "badArguments").noting(Some("perPage is 20 to 100".to_owned()));
        }
        let wanted: Option<Vec<&str>> = query.get("ids").map(|ids| ids.split(',').collect());
        let is_wanted = |item: &&Item| {
            let is_named = wanted.as_ref().is_none_or(|ids| ids.contains(&shown_id(item.id).as_str()));
            item.token == self.token && is_named
        };
        let ids: Vec<u64> = desk.items.iter().rev().filter(is_wanted).map(|item| item.id).collect();
        let pages = ids.len().div_ceil(per_page).max(1);
        let shown: Vec<Value> = ids
            .iter()
            .skip(page * per_page)
            .take(per_page)
            .filter_map(|id| self.describe(desk, *id, true))
            .collect();
        let next = if page + 1 < pages { json!(page + 1) } else { json!(-1) };
        let previous = page.checked_sub(1).map_or(json!(-1), |page| json!(page));
        let pagination = json!({ "page": page, "pages": pages, "next": next, "previous": previous });
        let strangers = query.strangers(&["ids", "page", "perPage", "ip", "structureType"]);
        Reply::json(200, &json!({ "success": true, "value": shown, "pagination": pagination }))
            .noting(strangers)
    }

    fn remove(&self, desk: &mut Desk, ids: &str) -> Reply {
        let ids: Vec<&str> = ids.split(',').collect();
        let before = desk.items.len();
        desk.items.retain(|item| item.token != self.token || !ids.contains(&shown_id(item.id).as_str()));
        if desk.items.len() == before { error(400, "badId") } else { success(&json!(ids)) }
    }

    /// A torrent as `add` and `list` show it; showing it is a poll.
    fn describe(&self, desk: &mut Desk, id: u64, is_patient: bool) -> Option<Value> {
        let item = desk.items.iter().find(|item| item.id == id)?.clone();
        let stage = desk.poll(id);
        let is_known = stage == Stage::Ready || (is_patient && stage != Stage::Stuck);
        let title = desk.world.title(&item.info_hash).filter(|_| is_known);
        let (percent, failure) = match stage {
            Stage::Working { step, of } => (step * 100 / of.max(1), None),
            Stage::Stuck => (0, None),
            Stage::Ready => (100, None),
            Stage::Failed(failure) => (0, Some(format!("{failure:?}"))),
        };
        let is_zip = desk.shelf(&item.info_hash).is_archive();
        let files = title.as_deref().map_or(Vec::new(), |title| match is_zip {
            true => vec![archive(desk, title, id, percent)],
            false => (0..title.files.len()).map(|at| file(desk, title, &item, at, percent)).collect(),
        });
        let size = title.as_ref().map_or(0, |title| title.size());
        Some(json!({
            "id": shown_id(id), "name": title.as_ref().map_or(item.info_hash.as_str(), |title| &title.name),
            "hashString": item.info_hash, "error": i32::from(failure.is_some()),
            "errorString": failure.unwrap_or_default(), "wait": false, "downloaded": percent == 100,
            "downloadPercent": percent, "status": if percent == 100 { 100 } else { 4 }, "totalSize": size,
            "files": files, "isZip": is_zip, "created": 1_767_225_600, "serverId": "seed1", "uploadRatio": 0,
            "peersConnected": i32::from(percent > 0), "downloadSpeed": 0, "uploadSpeed": 0,
        }))
    }
}

/// The info-hash, whether the answer may come before the files are known, and parameters nobody knows.
type Order = Result<(String, bool, Option<String>), Reply>;

fn from_json(call: &Incoming) -> Order {
    let bad = |why: &str| error(400, "badArguments").noting(Some(why.to_owned()));
    let Some(Value::Object(body)) = call.json() else { return Err(bad("the body is no JSON object")) };
    let known = ["url", "wait", "async", "structureType", "ip"];
    let stranger = body.keys().find(|key| !known.contains(&key.as_str()));
    if body.get("wait").is_some_and(|wait| wait != false) {
        return Err(bad("wait holds the torrent back until files are selected, which nobody does"));
    }
    let Some(url) = body.get("url").and_then(Value::as_str) else { return Err(bad("url is missing")) };
    let is_hash = url.len() == 40 && url.bytes().all(|byte| byte.is_ascii_hexdigit());
    let info_hash = if is_hash { Some(url.to_ascii_lowercase()) } else { hash_of_magnet(url) };
    let is_async = body.get("async").is_some_and(|value| value == true);
    let strangers = stranger.map(|key| format!("the parameter {key} is not documented"));
    info_hash.map(|info_hash| (info_hash, is_async, strangers)).ok_or_else(|| error(400, "notAddTorrent"))
}

fn from_upload(call: &Incoming) -> Order {
    let (fields, files) = call.multipart();
    let torrent = files.iter().find(|(name, _)| name == "file").and_then(|(_, bytes)| hash_of_torrent(bytes));
    let strangers = fields.strangers(&["wait", "async", "structureType", "ip"]);
    let is_async = fields.get("async") == Some("true");
    torrent.map(|info_hash| (info_hash, is_async, strangers)).ok_or_else(|| error(400, "notAddTorrent"))
}

fn file(desk: &Desk, title: &Title, item: &Item, at: usize, percent: u32) -> Value {
    let url = match percent {
        100 if item.vanished => dead_link(desk, title, at),
        100 => desk.link(title, at, 404, None),
        _ => String::new(),
    };
    let of = &title.files[at];
    json!({
        "id": format!("{}-{at}", shown_id(item.id)), "name": of.name(), "downloadUrl": url, "size": of.size(),
        "downloaded": percent == 100, "downloadPercent": percent,
    })
}

/// A link to a file that has vanished.
fn dead_link(desk: &Desk, title: &Title, at: usize) -> String {
    let file = &title.files[at];
    desk.world.link(LinkOrder {
        info_hash: title.info_hash.clone(),
        path: file.path.clone(),
        name: file.name().to_owned(),
        content: Arc::clone(&file.bytes),
        end: Some(LinkEnd { life: LinkLife::Requests(0), status: 404, x_error: None }),
    })
}

fn archive(desk: &Desk, title: &Title, id: u64, percent: u32) -> Value {
    let zip = || desk.archive(title, &title.all(), ".zip", b"PK\x03\x04");
    let url = if percent == 100 { zip() } else { String::new() };
    json!({
        "id": format!("{}-zip", shown_id(id)), "name": format!("{}.zip", title.name), "downloadUrl": url,
        "size": title.size(), "downloaded": percent == 100, "downloadPercent": percent,
    })
}

fn shown_id(number: u64) -> String {
    format!("{number:x}dl")
}

fn success(value: &Value) -> Reply {
    Reply::json(200, &json!({ "success": true, "value": value }))
}

fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, &json!({ "success": false, "error": code, "error_description": code }))
}
