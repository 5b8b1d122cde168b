//! Offcloud: <https://offcloud.com>.
//!
//! - The token comes in `Authorization: Bearer`; the older `key` and `apikey` in the query work too, but a
//!   token in a URL is remembered as unexpected. Bodies are JSON, magnets only.
//! - `POST /api/cache/info {urls[], includeFiles}` answers one entry per URL, in order: `{cached, files?}`,
//!   each file as its folders and its name.
//! - `POST /api/cloud {url}` answers `{requestId, fileName, status, originalLink}`, or `{not_available:
//!   "cloud"}` when the account may not have more. The magnet that is there already keeps its request.
//! - `POST /api/cloud/status {requestId}` and `GET /api/cloud/history` are the polls: created, queued,
//!   downloading, downloaded, error, canceled. The field document does not show the answer of the first; the
//!   fake gives the entry as it is in the history.
//! - `GET /api/cloud/explore/{requestId}?format=detailed` lists `files {id, name, size, path, url}` of what
//!   is downloaded. `path` starts with the torrent's name. There is no documented way to delete.
//! - Errors are `{error}`: `NOAUTH` with status 200, as old as the service; 402, 403 and 429 by status.
//! - No limit is published; the fake has one and a half times the recommended 2 calls a second, over ten
//!   seconds.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Api, Condition, Desk, Incoming, Item, Limit, Reply, ServiceKind, Stage, Title, hash_of_magnet, spread,
};

/// How tests name it.
pub(crate) const OFFCLOUD: ServiceKind =
    ServiceKind { name: "offcloud", prefix: "", api: || Box::new(Offcloud) };

/// The states before the end.
const ON_THE_WAY: [&str; 3] = ["created", "queued", "downloading"];

struct Offcloud;

impl Api for Offcloud {
    fn token(&self, call: &Incoming) -> Option<String> {
        call.bearer().or_else(|| in_query(call))
    }

    fn limits(&self, _: &Incoming) -> Vec<Limit> {
        vec![Limit { class: "all".to_owned(), count: 30, window: Duration::from_secs(10) }]
    }

    fn rate_limited(&self, retry_after: Option<u64>) -> Reply {
        let reply = error(429, "Too many requests");
        retry_after.into_iter().fold(reply, |reply, seconds| reply.with("retry-after", &seconds))
    }

    fn answer(&mut self, desk: &mut Desk, call: &Incoming) -> Reply {
        let token = self.token(call);
        let condition = match desk.account(token.as_deref()) {
            None => return error(200, "NOAUTH"),
            Some(Condition::IpRefused) => return error(403, "Forbidden"),
            Some(condition) => condition,
        };
        let account = Account { token: token.unwrap_or_default(), condition };
        let reply = match (call.method.as_str(), call.segments().as_slice()) {
            ("GET", ["api", "account", "info"]) => account.info(),
            ("POST", ["api", "cache", "info"]) => account.cache(desk, call),
            ("POST", ["api", "cloud"]) => account.add(desk, call),
            ("POST", ["api", "cloud", "status"]) => account.status(desk, call),
            ("GET", ["api", "cloud", "history"]) => account.history(desk),
            ("GET", ["api", "cloud", "explore", id]) => account.explore(desk, call, id),
            _ => error(404, "Not found").noting(Some("unknown route or method".to_owned())),
        };
        reply.noting(in_query(call).map(|_| "the token is in the URL".to_owned()))
    }
}

fn in_query(call: &Incoming) -> Option<String> {
    let query = call.query();
    query.get("key").or_else(|| query.get("apikey")).map(str::to_owned)
}

/// The account that a call is for.
struct Account {
    token: String,
    condition: Condition,
}

impl Account {
    fn info(&self) -> Reply {
        let is_premium = self.condition != Condition::NotPremium;
        let can_download = is_premium && self.condition != Condition::QuotaExhausted;
        Reply::json(
            200,
            &json!({
                "user_id": "42", "is_premium": is_premium, "expiration_date": "2038-01-01",
                "can_download": can_download,
            }),
        )
    }

    fn cache(&self, desk: &Desk, call: &Incoming) -> Reply {
        let body = match body(call, &["urls", "includeFiles"]) {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let Some(urls) = body["urls"].as_array() else { return bad("urls is missing") };
        let has_files = body["includeFiles"] == true;
        let entry = |url: &Value| {
            let info_hash = url.as_str().and_then(hash_of_magnet)?;
            let title = desk.world.title(&info_hash).filter(|_| desk.shelf(&info_hash).cached);
            let mut entry = json!({ "cached": title.is_some() });
            if let Some(title) = title.filter(|_| has_files) {
                entry["files"] = title.files.iter().map(|file| cached_file(&title, &file.path)).collect();
            }
            Some(entry)
        };
        match urls.iter().map(entry).collect::<Option<Vec<_>>>() {
            Some(entries) => Reply::json(200, &Value::Array(entries)),
            None => bad("a URL is no magnet"),
        }
    }

    fn add(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let body = match body(call, &["url"]) {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let Some(url) = body["url"].as_str() else { return bad("url is missing") };
        let Some(info_hash) = hash_of_magnet(url) else { return bad("url is no magnet") };
        let shelf = desk.shelf(&info_hash);
        match self.condition {
            Condition::NotPremium => return error(402, "Payment required"),
            Condition::QuotaExhausted | Condition::TooManyActive => {
                return Reply::json(200, &json!({ "not_available": "cloud" }));
            }
            _ if shelf.is_infringing() => return error(403, "Forbidden content"),
            _ => {}
        }
        let is_mine =
            |item: &&Item| item.token == self.token && item.info_hash == info_hash && !item.vanished;
        let mine = desk.items.iter().find(is_mine);
        let id = mine.map(|item| item.id).unwrap_or_else(|| desk.add(&self.token, &info_hash));
        self.shown(desk, id)
    }

    fn status(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let body = match body(call, &["requestId"]) {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let Some(id) = body["requestId"].as_str() else { return bad("requestId is missing") };
        match self.find(desk, id) {
            Some(item) => self.shown(desk, item.id),
            None => error(404, "Request not found"),
        }
    }

    fn history(&self, desk: &mut Desk) -> Reply {
        let ids: Vec<u64> =
            desk.items.iter().rev().filter(|item| item.token == self.token).map(|item| item.id).collect();
        let entries = ids.into_iter().filter_map(|id| entry(desk, id)).collect();
        Reply::json(200, &Value::Array(entries))
    }

    fn explore(&self, desk: &Desk, call: &Incoming, id: &str) -> Reply {
        if call.query().get("format") != Some("detailed") {
            return bad("without format=detailed the answer is a list of links only");
        }
        let Some(item) = self.find(desk, id) else { return error(404, "Request not found") };
        let title = desk.world.title(&item.info_hash).filter(|_| item.held && !item.vanished);
        let Some(title) = title else { return error(404, "Bad archive") };
        let files: Vec<Value> = if desk.shelf(&item.info_hash).is_archive() {
            let name = format!("{}.zip", title.name);
            let url = desk.archive(&title, &title.all(), ".zip", b"PK\x03\x04");
            vec![json!({ "id": "0", "name": name, "size": title.size(), "path": name, "url": url })]
        } else {
            let file = |(at, file): (usize, &super::TitleFile)| {
                let (path, url) = (title.whole_path(&file.path), desk.link(&title, at, 404, None));
                json!({ "id": at.to_string(), "name": file.name(), "size": file.size(), "path": path, "url": url })
            };
            title.files.iter().enumerate().map(file).collect()
        };
        Reply::json(200, &json!({ "files": files }))
            .noting(call.query().strangers(&["format", "key", "apikey"]))
    }

    fn find(&self, desk: &Desk, id: &str) -> Option<Item> {
        let mut items = desk.items.iter();
        items.find(|item| item.token == self.token && shown_id(item.id) == id).cloned()
    }

    fn shown(&self, desk: &mut Desk, id: u64) -> Reply {
        entry(desk, id).map_or_else(|| error(404, "Request not found"), |entry| Reply::json(200, &entry))
    }
}

/// A request as every answer shows it; showing it is a poll.
fn entry(desk: &mut Desk, id: u64) -> Option<Value> {
    let item = desk.items.iter().find(|item| item.id == id)?.clone();
    let status = match desk.poll(id) {
        Stage::Working { step, of } => spread(&ON_THE_WAY, step, of),
        Stage::Stuck => "downloading",
        Stage::Ready => "downloaded",
        Stage::Failed(_) => "error",
    };
    let title = desk.world.title(&item.info_hash);
    Some(json!({
        "requestId": shown_id(id), "status": status, "createdOn": "2026-01-01T00:00:00.000Z",
        "fileName": title.map_or_else(|| item.info_hash.clone(), |title| title.name.clone()),
        "originalLink": format!("magnet:?xt=urn:btih:{}", item.info_hash),
    }))
}

fn cached_file(title: &Title, path: &str) -> Value {
    let path = title.whole_path(path);
    let mut folder: Vec<&str> = path.split('/').collect();
    let name = folder.pop();
    json!({ "folder": folder, "filename": name })
}

/// The JSON body, if it is an object that holds nothing else than what is known.
fn body(call: &Incoming, known: &[&str]) -> Result<Value, Reply> {
    match call.json() {
        Some(Value::Object(body)) if body.keys().all(|key| known.contains(&key.as_str())) => {
            Ok(Value::Object(body))
        }
        Some(Value::Object(_)) => Err(bad("there is a parameter that is not documented")),
        _ => Err(bad("the body is no JSON object")),
    }
}

fn shown_id(number: u64) -> String {
    format!("{number:024x}")
}

fn bad(why: &str) -> Reply {
    error(400, "Bad request").noting(Some(why.to_owned()))
}

fn error(status: u16, text: &str) -> Reply {
    Reply::json(status, &json!({ "error": text }))
}
