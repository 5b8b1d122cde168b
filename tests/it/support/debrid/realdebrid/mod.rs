//! Real-Debrid: <https://api.real-debrid.com/rest/1.0>.
//!
//! - The token comes in `Authorization: Bearer` and nowhere else. Parameters of a POST are a form.
//! - There is no cache check: `/torrents/instantAvailability` is disabled (error 37). Whether a torrent is held shows
//!   when it is added and its files are selected: then its status is `downloaded` at once.
//! - `addMagnet` (POST) and `addTorrent` (PUT, the raw bytes) answer 201 with `id`; a second add makes a second item.
//!   Right after it, `info` may answer error 7.
//! - Nothing happens until `selectFiles`, which takes ids that start at 1, or `all`: 204; 202 if it was done before.
//!   An empty list is error 1. Another selection needs another item.
//! - `links` are in the order of the selected files if there are as many; one link for several files is a RAR.
//!   They are pages, not files: `unrestrict/link` makes them into a link to bytes, the field `download`.
//! - Lists: 100 items unless `limit` (at most 5000) says otherwise, `X-Total-Count`, 204 if there are none.
//! - 250 calls a minute, refused ones included. Errors are `{error, error_code}` with a fitting status: 429 for 34,
//!   451 for 35, 509 for 21. The field document names no other status; those here follow the meaning of the code.
//! - A link to bytes that has ended answers 404 with `X-Error: invalid_download_code`.

mod items;

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Api, Condition, Desk, Failure, Incoming, Item, Limit, Reply, ServiceKind, Stage, hash_of_magnet,
    hash_of_torrent,
};
use items::{PAGE, describe, has_metadata, pages, selection, shown_id, unrestricted};

/// How tests name it.
pub(crate) const REAL_DEBRID: ServiceKind =
    ServiceKind { name: "realdebrid", prefix: "/rest/1.0", api: || Box::new(RealDebrid) };

struct RealDebrid;

impl Api for RealDebrid {
    fn limits(&self, _: &Incoming) -> Vec<Limit> {
        vec![Limit { class: "all".to_owned(), count: 250, window: Duration::from_secs(60) }]
    }

    fn rate_limited(&self, retry_after: Option<u64>) -> Reply {
        let reply = error(429, 34, "too_many_requests");
        retry_after.into_iter().fold(reply, |reply, seconds| reply.with("retry-after", &seconds))
    }

    fn answer(&mut self, desk: &mut Desk, call: &Incoming) -> Reply {
        let token = call.bearer();
        let condition = match desk.account(token.as_deref()) {
            None => return error(401, 8, "bad_token"),
            Some(Condition::IpRefused) => return error(403, 22, "ip_not_allowed"),
            Some(condition) => condition,
        };
        let account = Account { token: token.unwrap_or_default(), condition };
        match (call.method.as_str(), call.segments().as_slice()) {
            ("GET", ["user"]) => account.user(),
            ("GET", ["torrents"]) => account.list(desk, call),
            ("GET", ["torrents", "activeCount"]) => account.active_count(desk),
            ("GET", ["torrents", "info", id]) => account.info(desk, id),
            ("POST", ["torrents", "addMagnet"]) => account.add_magnet(desk, call),
            ("PUT", ["torrents", "addTorrent"]) => account.add_torrent(desk, call),
            ("POST", ["torrents", "selectFiles", id]) => account.select(desk, call, id),
            ("DELETE", ["torrents", "delete", id]) => account.delete(desk, id),
            ("POST", ["unrestrict", "link"]) => account.unrestrict(desk, call),
            ("GET", ["torrents", "instantAvailability", ..]) => error(403, 37, "disabled_endpoint"),
            (
                _,
                ["torrents", "addMagnet" | "addTorrent" | "selectFiles" | "delete" | "info", ..]
                | ["unrestrict", "link"],
            ) => error(405, 4, "method_not_allowed").noting(Some("wrong method".to_owned())),
            _ => error(404, 3, "unknown_method").noting(Some("unknown route".to_owned())),
        }
    }
}

/// The account that a call is for.
struct Account {
    token: String,
    condition: Condition,
}

impl Account {
    fn user(&self) -> Reply {
        let is_premium = self.condition != Condition::NotPremium;
        Reply::json(
            200,
            &json!({
                "id": 42, "username": "viewer", "email": "v***@example.org", "points": 0,
                "locale": "en", "avatar": "",
                "type": if is_premium { "premium" } else { "free" },
                "premium": if is_premium { 8_640_000 } else { 0 },
                "expiration": "2038-01-01T00:00:00.000Z",
            }),
        )
    }

    fn list(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let query = call.query();
        let number = |name: &str, default| query.get(name).map_or(Some(default), |value| value.parse().ok());
        let (Some(limit), Some(page), Some(offset)) =
            (number("limit", 100), number("page", 1), number("offset", 0))
        else {
            return error(400, 2, "bad_parameter_value");
        };
        if limit > 5000 || page == 0 || (query.get("page").is_some() && query.get("offset").is_some()) {
            return error(400, 2, "bad_parameter_value");
        }
        let mine: Vec<u64> =
            desk.items.iter().rev().filter(|item| item.token == self.token).map(|item| item.id).collect();
        let skipped: usize = offset + (page - 1) * limit;
        let shown: Vec<Value> = mine
            .iter()
            .skip(skipped)
            .take(limit)
            .filter_map(|id| describe(desk, &self.token, *id, false))
            .collect();
        let reply = if shown.is_empty() { Reply::empty(204) } else { Reply::json(200, &Value::Array(shown)) };
        let strangers = query.strangers(&["limit", "page", "offset", "filter"]);
        reply.with("x-total-count", &mine.len()).noting(strangers)
    }

    fn active_count(&self, desk: &Desk) -> Reply {
        let is_active = |item: &&Item| {
            let ended = matches!(desk.stage(&item.info_hash, item.polls), Stage::Ready | Stage::Failed(_));
            item.token == self.token && item.selected.is_some() && !ended
        };
        let list: Vec<&str> =
            desk.items.iter().filter(is_active).map(|item| item.info_hash.as_str()).collect();
        Reply::json(200, &json!({ "nb": list.len(), "limit": 25, "list": list }))
    }

    fn info(&self, desk: &mut Desk, id: &str) -> Reply {
        let Some(item) = self.find(desk, id) else { return unknown() };
        describe(desk, &self.token, item.id, true).map_or_else(unknown, |item| Reply::json(200, &item))
    }

    fn add_magnet(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let form = call.form();
        let Some(magnet) = form.get("magnet") else { return error(400, 1, "missing_parameter") };
        let Some(info_hash) = hash_of_magnet(magnet) else { return error(400, 2, "bad_parameter_value") };
        self.add(desk, &info_hash).noting(form.strangers(&["magnet", "host", "ip"]))
    }

    fn add_torrent(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        match hash_of_torrent(&call.body) {
            Some(info_hash) => self.add(desk, &info_hash).noting(call.query().strangers(&["host", "ip"])),
            None => error(400, 30, "torrent_file_invalid"),
        }
    }

    fn add(&self, desk: &mut Desk, info_hash: &str) -> Reply {
        let shelf = desk.shelf(info_hash);
        match self.condition {
            Condition::NotPremium => return error(403, 9, "permission_denied"),
            Condition::TooManyActive => return error(509, 21, "too_many_active_downloads"),
            _ if shelf.is_infringing() => return error(451, 35, "infringing_file"),
            _ if shelf.fetching.fails_with == Some(Failure::TooBig) => {
                return error(400, 29, "torrent_too_big");
            }
            _ => {}
        }
        let id = shown_id(desk.add(&self.token, info_hash));
        let uri = format!("https://api.real-debrid.com/rest/1.0/torrents/info/{id}");
        Reply::json(201, &json!({ "id": id, "uri": uri }))
    }

    fn select(&self, desk: &mut Desk, call: &Incoming, id: &str) -> Reply {
        let Some(item) = self.find(desk, id) else { return unknown() };
        let form = call.form();
        let Some(files) = form.get("files") else { return error(400, 1, "missing_parameter") };
        if item.selected.is_some() {
            return Reply::empty(202);
        }
        let title = desk.world.title(&item.info_hash).filter(|_| has_metadata(desk, &item));
        let Some(title) = title else {
            let early = Some("files are selected before they are known".to_owned());
            return error(400, 2, "bad_parameter_value").noting(early);
        };
        let Some(selected) = selection(files, title.files.len()) else {
            return error(400, 2, "bad_parameter_value");
        };
        for kept in desk.items.iter_mut().filter(|kept| kept.id == item.id) {
            kept.selected = Some(selected.clone());
        }
        Reply::empty(204).noting(form.strangers(&["files"]))
    }

    fn delete(&self, desk: &mut Desk, id: &str) -> Reply {
        let Some(item) = self.find(desk, id) else { return unknown() };
        desk.items.retain(|kept| kept.id != item.id);
        Reply::empty(204)
    }

    fn unrestrict(&self, desk: &Desk, call: &Incoming) -> Reply {
        let form = call.form();
        let Some(link) = form.get("link") else { return error(400, 1, "missing_parameter") };
        match self.condition {
            Condition::NotPremium => return error(403, 20, "hoster_not_free"),
            Condition::QuotaExhausted => return error(503, 23, "traffic_exhausted"),
            _ => {}
        }
        let Some(page) = link.strip_prefix(PAGE) else { return error(503, 16, "hoster_unsupported") };
        let found = desk.items.iter().find_map(|item| {
            let at = pages(desk, item).iter().position(|own| own == page)?;
            Some((item, desk.world.title(&item.info_hash)?, at))
        });
        let Some((item, title, at)) = found.filter(|(item, ..)| !item.vanished && item.token == self.token)
        else {
            return error(503, 24, "unavailable_file");
        };
        if desk.shelf(&item.info_hash).is_infringing() {
            return error(451, 35, "infringing_file");
        }
        unrestricted(desk, item, &title, at, link)
            .noting(form.strangers(&["link", "password", "remote", "ip"]))
    }

    /// Counts the call; an item that was added a moment ago may not be found yet.
    fn find(&self, desk: &mut Desk, id: &str) -> Option<Item> {
        let number = desk.items.iter().map(|item| item.id).find(|number| shown_id(*number) == id)?;
        let item = desk.ask(&self.token, number)?;
        (item.asked > desk.shelf(&item.info_hash).not_found_calls()).then_some(item)
    }
}

fn unknown() -> Reply {
    error(404, 7, "unknown_ressource")
}

fn error(status: u16, code: i32, name: &str) -> Reply {
    Reply::json(status, &json!({ "error": name, "error_code": code }))
}
