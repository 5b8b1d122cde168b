//! AllDebrid: <https://api.alldebrid.com>, with `/v4` and `/v4.1` below it.
//!
//! - The token comes in `Authorization: Bearer`, and the query names the client as `agent`.
//! - Every answer is `{status: "success", data}` or `{status: "error", error: {code, message}}`, errors mostly with
//!   status 200. The field document says no more; 401 for a wrong token is assumed.
//! - `magnet/upload` is a POST of a form with `magnets[]`. Errors are told for each magnet; `ready` means that the
//!   service holds it, and there is no other cache check: `magnet/instant` is gone. `magnet/upload/file` takes
//!   multipart with `files[0]`. A magnet that is in the account already keeps its id (assumed).
//! - `/v4.1/magnet/status` gives an object with `id` and a list without; with `session` and `counter` it is in live
//!   mode, whose first answer is always a full one.
//! - `magnet/files` gives a tree of `{n, s, l}` and `{n, e}` for each `id[]`. Its links are locked.
//! - `link/unlock` gives a link to bytes, or `delayed` with a number for `link/delayed`, which has to be polled:
//!   status 1 wait, 2 ready, 3 failed.
//! - 12 calls a second and 600 a minute; files answer 429 and 503 too when there are too many.
//! - It refuses the addresses of data centres: `NO_SERVER`.
//!
//! The field document has no code for refused content (`MAGNET_LINKS_REMOVED` is assumed), for a spent allowance
//! (`LINK_HOST_LIMIT_REACHED`), and does not say how several files are packed (one leaf named `.rar`).

mod files;

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Api, Condition, Desk, Failure, Fields, Incoming, Item, Limit, Reply, ServiceKind, Stage, Title,
    hash_of_magnet, hash_of_torrent,
};
use files::{PAGE, bytes_link, leaves, tree};

/// How tests name it.
pub(crate) const ALL_DEBRID: ServiceKind =
    ServiceKind { name: "alldebrid", prefix: "", api: || Box::new(AllDebrid { delayed: HashMap::new() }) };

/// What the status codes 0 to 4 are called.
const STATUS: [&str; 5] = ["In Queue", "Downloading", "Compressing / Moving", "Uploading", "Ready"];

struct AllDebrid {
    /// Links that are being made: by number, the polls to go and the locked link.
    delayed: HashMap<u64, (u32, String)>,
}

impl Api for AllDebrid {
    fn limits(&self, _: &Incoming) -> Vec<Limit> {
        [(12, 1), (600, 60)]
            .map(|(count, seconds)| Limit {
                class: format!("in {seconds} s"),
                count,
                window: Duration::from_secs(seconds),
            })
            .into()
    }

    fn rate_limited(&self, retry_after: Option<u64>) -> Reply {
        let reply = Reply::text(429, "Too Many Requests");
        retry_after.into_iter().fold(reply, |reply, seconds| reply.with("retry-after", &seconds))
    }

    fn answer(&mut self, desk: &mut Desk, call: &Incoming) -> Reply {
        let Some(token) = call.bearer() else { return refused(401, "AUTH_MISSING_APIKEY") };
        let Some(condition) = desk.account(Some(&token)) else { return refused(401, "AUTH_BAD_APIKEY") };
        if condition == Condition::IpRefused {
            return error("NO_SERVER");
        }
        let nameless = call.query().get("agent").is_none().then(|| "the query names no agent".to_owned());
        let account = Account { token, condition };
        let reply = match (call.method.as_str(), call.path.as_str()) {
            ("POST", "/v4/magnet/upload") => account.upload(desk, call),
            ("POST", "/v4/magnet/upload/file") => account.upload_file(desk, call),
            ("GET" | "POST", "/v4.1/magnet/status") => account.status(desk, call),
            ("GET" | "POST", "/v4/magnet/files") => account.files(desk, call),
            ("GET" | "POST", "/v4/magnet/delete") => account.delete(desk, call),
            ("GET" | "POST", "/v4/magnet/restart") => account.restart(desk, call),
            ("GET" | "POST", "/v4/link/unlock") => self.unlock(desk, call, &account),
            ("GET" | "POST", "/v4/link/delayed") => self.delayed(desk, call, &account),
            ("GET", "/v4/user") => account.user(),
            _ => refused(404, "GENERIC").noting(Some("unknown route or method".to_owned())),
        };
        reply.noting(nameless)
    }
}

impl AllDebrid {
    fn unlock(&mut self, desk: &Desk, call: &Incoming, account: &Account) -> Reply {
        let fields = call.either();
        let Some(link) = fields.get("link") else { return error("LINK_IS_MISSING") };
        match account.condition {
            Condition::NotPremium => return error("MUST_BE_PREMIUM"),
            Condition::QuotaExhausted => return error("LINK_HOST_LIMIT_REACHED"),
            _ => {}
        }
        let Some((item, title, file)) = account.locked(desk, link) else {
            return error("LINK_NOT_SUPPORTED");
        };
        if item.vanished {
            return error("LINK_DOWN");
        }
        let leaf = &leaves(desk, item, &title)[file];
        let polls = desk.shelf(&item.info_hash).unlock_delay();
        let mut data = json!({
            "link": "", "filename": leaf.name(), "filesize": leaf.size, "host": "alldebrid",
            "hostDomain": "alldebrid.com",
            "id": format!("U{}", item.id), "max_chunks": 16, "streams": [], "paths": [],
        });
        if polls > 0 {
            let number = 70_000 + self.delayed.len() as u64;
            self.delayed.insert(number, (polls, link.to_owned()));
            data["delayed"] = json!(number);
        } else {
            data["link"] = json!(bytes_link(desk, item, &title, file));
        }
        success(&data).noting(fields.strangers(&["agent", "link", "password"]))
    }

    fn delayed(&mut self, desk: &Desk, call: &Incoming, account: &Account) -> Reply {
        let fields = call.either();
        let known = fields.get("id").and_then(|id| self.delayed.get_mut(&id.parse().ok()?));
        let Some((polls, link)) = known else { return error("DELAYED_INVALID_ID") };
        *polls = polls.saturating_sub(1);
        let data = match account.locked(desk, link) {
            None => json!({ "status": 3, "time_left": 0 }),
            Some(_) if *polls > 0 => json!({ "status": 1, "time_left": *polls }),
            Some((item, title, file)) => {
                json!({ "status": 2, "time_left": 0, "link": bytes_link(desk, item, &title, file) })
            }
        };
        success(&data).noting(fields.strangers(&["agent", "id"]))
    }
}

/// The account that a call is for.
struct Account {
    token: String,
    condition: Condition,
}

impl Account {
    fn upload(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let form = call.form();
        let magnets = form.all("magnets[]");
        if magnets.is_empty() {
            return error("MAGNET_NO_URI");
        }
        let entry = |magnet: &&str| {
            let mut entry = match hash_of_magnet(magnet)
                .or_else(|| hash_of_magnet(&format!("magnet:?xt=urn:btih:{magnet}")))
            {
                Some(info_hash) => self.take(desk, &info_hash),
                None => failed("MAGNET_INVALID_URI"),
            };
            entry["magnet"] = json!(magnet);
            entry
        };
        let entries: Value = magnets.iter().map(entry).collect();
        success(&json!({ "magnets": entries })).noting(form.strangers(&["magnets[]"]))
    }

    fn upload_file(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let (fields, files) = call.multipart();
        let files: Vec<_> = files.iter().filter(|(name, _)| name.starts_with("files[")).collect();
        if files.is_empty() {
            return error("MAGNET_INVALID_FILE");
        }
        let entry = |(name, torrent): &&(String, bytes::Bytes)| {
            let mut entry = match hash_of_torrent(torrent) {
                Some(info_hash) => self.take(desk, &info_hash),
                None => failed("MAGNET_INVALID_FILE"),
            };
            entry["file"] = json!(name);
            entry
        };
        let entries: Value = files.iter().map(entry).collect();
        success(&json!({ "files": entries })).noting(fields.strangers(&[]))
    }

    fn take(&self, desk: &mut Desk, info_hash: &str) -> Value {
        let shelf = desk.shelf(info_hash);
        match (self.condition, shelf.fetching.fails_with) {
            (Condition::NotPremium, _) => return failed("MAGNET_MUST_BE_PREMIUM"),
            (Condition::TooManyActive, _) => return failed("MAGNET_TOO_MANY_ACTIVE"),
            (_, Some(Failure::Invalid)) => return failed("MAGNET_INVALID_URI"),
            _ if shelf.is_infringing() => return failed("MAGNET_LINKS_REMOVED"),
            _ => {}
        }
        let mine = desk.items.iter().find(|item| item.token == self.token && item.info_hash == info_hash);
        let id = mine.map(|item| item.id);
        let id = id.unwrap_or_else(|| desk.add(&self.token, info_hash));
        let title = desk.world.title(info_hash);
        let name = title.as_ref().map_or("noname", |title| title.name.as_str());
        let ready = desk.items.iter().any(|item| item.id == id && item.held);
        json!({
            "id": id, "hash": info_hash, "name": name, "filename_original": "",
            "size": title.as_ref().map_or(0, |title| title.size()), "ready": ready,
        })
    }

    fn status(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let fields = call.either();
        let strangers = fields.strangers(&["agent", "id", "status", "session", "counter"]);
        let Some(id) = fields.get("id") else {
            let mine: Vec<u64> =
                desk.items.iter().filter(|item| item.token == self.token).map(|item| item.id).collect();
            let shown: Value = mine.into_iter().filter_map(|id| self.describe(desk, id)).collect();
            let mut data = json!({ "magnets": shown });
            if let Some(counter) = fields.get("counter") {
                data["counter"] = json!(counter.parse::<u64>().unwrap_or_default() + 1);
                data["fullsync"] = json!(true);
            }
            return success(&data).noting(strangers);
        };
        let shown = id.parse().ok().and_then(|id| self.describe(desk, id));
        shown.map_or_else(
            || error("MAGNET_INVALID_ID"),
            |shown| success(&json!({ "magnets": shown })).noting(strangers),
        )
    }

    /// A magnet as the status shows it. Showing it is a poll.
    fn describe(&self, desk: &mut Desk, id: u64) -> Option<Value> {
        let item = desk.ask(&self.token, id)?;
        let title = desk.world.title(&item.info_hash);
        let stage = desk.poll(id);
        let (code, status, done) = match stage {
            Stage::Working { step, of } => {
                let code = (4 * step / of.max(1)).min(3);
                (code, STATUS[code as usize], f64::from(step) / f64::from(of))
            }
            Stage::Stuck => (1, STATUS[1], 0.0),
            Stage::Ready => (4, STATUS[4], 1.0),
            Stage::Failed(Failure::NoPeers) => (15, "File not available - no peer", 0.0),
            Stage::Failed(Failure::TooBig) => (8, "File too big", 0.0),
            Stage::Failed(_) => (9, "Internal error", 0.0),
        };
        let size = title.as_ref().map_or(0, |title| title.size());
        let links = title.filter(|_| code == 4).map_or(0, |title| leaves(desk, &item, &title).len());
        let name = desk.world.title(&item.info_hash).map_or("noname".to_owned(), |title| title.name.clone());
        Some(json!({
            "id": id, "filename": name, "size": size, "hash": item.info_hash, "status": status, "statusCode": code,
            "downloaded": (size as f64 * done) as u64, "uploaded": 0, "seeders": i32::from(stage != Stage::Stuck),
            "downloadSpeed": 0, "uploadSpeed": 0, "uploadDate": 1_767_225_600, "nbLink": links,
            "completionDate": if code == 4 { 1_767_225_610 } else { 0 },
        }))
    }

    fn files(&self, desk: &Desk, call: &Incoming) -> Reply {
        let fields = call.either();
        let ids = fields.all("id[]");
        if ids.is_empty() {
            return error("MAGNET_INVALID_ID").noting(fields.strangers(&["agent", "id[]"]));
        }
        let entry = |id: &&str| {
            let item = self.item(desk, id).filter(|item| item.held);
            match item.and_then(|item| Some((item, desk.world.title(&item.info_hash)?))) {
                Some((item, title)) => json!({ "id": item.id, "files": tree(&leaves(desk, item, &title)) }),
                None => json!({ "id": id, "error": failed("MAGNET_INVALID_ID")["error"] }),
            }
        };
        let entries: Value = ids.iter().map(entry).collect();
        success(&json!({ "magnets": entries })).noting(fields.strangers(&["agent", "id[]"]))
    }

    fn delete(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let fields = call.either();
        let ids = self.ids(desk, &fields);
        if ids.is_empty() {
            return error("MAGNET_INVALID_ID");
        }
        desk.items.retain(|item| !ids.contains(&item.id));
        success(&json!({ "message": "Magnet was successfully deleted" }))
            .noting(fields.strangers(&["agent", "id", "ids[]"]))
    }

    fn restart(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let fields = call.either();
        let ids = self.ids(desk, &fields);
        if ids.is_empty() {
            return error("MAGNET_INVALID_ID");
        }
        desk.items.iter_mut().filter(|item| ids.contains(&item.id)).for_each(|item| item.polls = 0);
        success(&json!({ "message": "Magnet was successfully restarted" }))
            .noting(fields.strangers(&["agent", "id", "ids[]"]))
    }

    fn user(&self) -> Reply {
        let is_premium = self.condition != Condition::NotPremium;
        let until = if is_premium { 2_145_916_800_u64 } else { 0 };
        success(&json!({
            "user": { "username": "viewer", "isPremium": is_premium, "isTrial": false, "premiumUntil": until },
        }))
    }

    /// Those of the ids in a call that are in the account.
    fn ids(&self, desk: &Desk, fields: &Fields) -> Vec<u64> {
        let ids = fields.get("id").into_iter().chain(fields.all("ids[]"));
        ids.filter_map(|id| self.item(desk, id)).map(|item| item.id).collect()
    }

    fn item<'a>(&self, desk: &'a Desk, id: &str) -> Option<&'a Item> {
        desk.items.iter().find(|item| item.token == self.token && item.id.to_string() == id)
    }

    /// What a locked link stands for.
    fn locked<'a>(&self, desk: &'a Desk, link: &str) -> Option<(&'a Item, std::sync::Arc<Title>, usize)> {
        let (id, file) = link.strip_prefix(PAGE)?.split_once('f')?;
        let item = self.item(desk, id).filter(|item| item.held)?;
        let title = desk.world.title(&item.info_hash)?;
        let file = file.parse().ok().filter(|file| *file < leaves(desk, item, &title).len())?;
        Some((item, title, file))
    }
}

fn success(data: &Value) -> Reply {
    Reply::json(200, &json!({ "status": "success", "data": data }))
}

fn error(code: &str) -> Reply {
    refused(200, code)
}

fn refused(status: u16, code: &str) -> Reply {
    let mut body = failed(code);
    body["status"] = json!("error");
    Reply::json(status, &body)
}

fn failed(code: &str) -> Value {
    json!({ "error": { "code": code, "message": format!("{code}, said in a sentence.") } })
}
