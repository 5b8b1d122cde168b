//! Premiumize: <https://www.premiumize.me/api>.
//!
//! - The token comes in `Authorization: Bearer`. `?apikey=` works as well, and is remembered as unexpected because
//!   the token is then in a URL.
//! - Every answer has status 200 and `{status: "success"}` or `{status: "error", message}`, a sentence.
//! - `cache/check` takes at most 100 `items[]`, hashes or magnets, and gives `response`, `transcoded`, `filename` and
//!   `filesize` side by side. It costs nothing.
//! - `transfer/directdl` (a form with `src`) works for what is held, and its links lead to bytes at once.
//! - Otherwise `transfer/create` (`src`, or multipart with `file`), then `transfer/list` until the status is
//!   `finished` or `seeding`, then `folder/list`, `item/details` or `directdl` once more.
//! - `transfer/delete` and `folder/delete` both take the files along.
//! - Down is status 521.
//!
//! Assumed, because the field document does not say: a limit (4 calls a second are its advice, none is published; 20
//! a second are let through here), how refused content is told (status `banned`, and an error of `directdl`), and how
//! several files are packed (one `.zip`).

mod files;

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Api, Condition, Desk, Failure, Incoming, Item, Limit, Reply, ServiceKind, Stage, hash_of_magnet,
    hash_of_torrent, spread,
};
use files::{folder, parts};

/// How tests name it.
pub(crate) const PREMIUMIZE: ServiceKind =
    ServiceKind { name: "premiumize", prefix: "/api", api: || Box::new(Premiumize) };

const ON_THE_WAY: [&str; 3] = ["waiting", "queued", "running"];

struct Premiumize;

impl Api for Premiumize {
    fn token(&self, call: &Incoming) -> Option<String> {
        call.bearer().or_else(|| call.query().get("apikey").map(str::to_owned))
    }

    fn limits(&self, _: &Incoming) -> Vec<Limit> {
        vec![Limit { class: "all".to_owned(), count: 20, window: Duration::from_secs(1) }]
    }

    fn rate_limited(&self, retry_after: Option<u64>) -> Reply {
        let reply = Reply::json(429, &json!({ "status": "error", "message": "Too many requests." }));
        retry_after.into_iter().fold(reply, |reply, seconds| reply.with("retry-after", &seconds))
    }

    fn answer(&mut self, desk: &mut Desk, call: &Incoming) -> Reply {
        let token = self.token(call);
        let condition = match desk.account(token.as_deref()) {
            None => return error("Not logged in."),
            Some(Condition::IpRefused) => return error("Your IP address is not allowed."),
            Some(condition) => condition,
        };
        let account = Account { token: token.unwrap_or_default(), condition };
        let reply = match (call.method.as_str(), call.path.as_str()) {
            ("GET" | "POST", "/cache/check") => check(desk, call),
            ("POST", "/transfer/directdl") => account.direct(desk, call),
            ("POST", "/transfer/create") => account.create(desk, call),
            ("GET", "/transfer/list") => account.list(desk),
            ("POST", "/transfer/delete") => account.delete_transfer(desk, call),
            ("GET", "/folder/list") => account.folder(desk, call),
            ("POST", "/folder/delete") => account.delete_folder(desk, call),
            ("GET", "/item/details") => account.details(desk, call),
            ("GET", "/account/info") => account.info(desk),
            _ => Reply::json(404, &json!({ "status": "error", "message": "Not found." }))
                .noting(Some("unknown route or method".to_owned())),
        };
        let in_url = call.query().get("apikey").map(|_| "the token is in the URL".to_owned());
        reply.noting(in_url)
    }
}

/// The account that a call is for.
struct Account {
    token: String,
    condition: Condition,
}

impl Account {
    fn direct(&self, desk: &Desk, call: &Incoming) -> Reply {
        let form = call.form();
        let Some(src) = form.get("src") else { return error("Missing parameter: src") };
        let Some(info_hash) = hash_of_magnet(src) else { return error("Invalid link.") };
        match self.condition {
            Condition::NotPremium => return error("Account not premium."),
            Condition::QuotaExhausted => return error("Fair use limit reached!"),
            _ => {}
        }
        let shelf = desk.shelf(&info_hash);
        let title = desk.world.title(&info_hash).filter(|_| shelf.cached && !shelf.is_infringing());
        let Some(title) = title else { return error("The requested content is not in the cache.") };
        let content: Vec<Value> = parts(desk, &title).iter().map(|part| part.listed(desk, &title)).collect();
        success(json!({
            "location": content[0]["link"], "filename": title.name, "filesize": title.size(), "content": content,
        }))
        .noting(form.strangers(&["src"]))
    }

    fn create(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let (fields, files) = match call.media_type() {
            "multipart/form-data" => call.multipart(),
            _ => (call.form(), Vec::new()),
        };
        let file = files.iter().find(|(name, _)| name == "file").map(|(_, torrent)| torrent);
        let info_hash = match (fields.get("src"), file) {
            (Some(src), None) => hash_of_magnet(src),
            (None, Some(torrent)) => hash_of_torrent(torrent),
            _ => return error("Missing parameter: src or file"),
        };
        let Some(info_hash) = info_hash else { return error("Invalid link or file.") };
        match (self.condition, desk.shelf(&info_hash).fetching.fails_with) {
            (Condition::NotPremium, _) => return error("Account not premium."),
            (Condition::QuotaExhausted, _) => return error("Fair use limit reached!"),
            (Condition::TooManyActive, _) => {
                return error("You have reached the maximum of 25 active downloads for your account.");
            }
            (_, Some(Failure::Invalid)) => return error("Invalid link or file."),
            _ => {}
        }
        let mine = desk.items.iter().find(|item| item.token == self.token && item.info_hash == info_hash);
        let id = mine.map(|item| item.id);
        let id = id.unwrap_or_else(|| desk.add(&self.token, &info_hash));
        let name = desk.world.title(&info_hash).map_or(info_hash, |title| title.name.clone());
        success(json!({ "id": format!("T{id}"), "name": name, "type": "torrent" }))
            .noting(fields.strangers(&["src", "folder_id"]))
    }

    /// All transfers. Listing them is a poll of each.
    fn list(&self, desk: &mut Desk) -> Reply {
        let mine: Vec<u64> =
            desk.items.iter().filter(|item| item.token == self.token).map(|item| item.id).collect();
        let transfers: Value = mine.into_iter().filter_map(|id| self.transfer(desk, id)).collect();
        success(json!({ "transfers": transfers }))
    }

    fn transfer(&self, desk: &mut Desk, id: u64) -> Option<Value> {
        let item = desk.ask(&self.token, id)?;
        let is_banned = desk.shelf(&item.info_hash).is_infringing();
        let (status, progress) = match desk.poll(id) {
            _ if is_banned => ("banned", 0.0),
            Stage::Working { step, of } => (spread(&ON_THE_WAY, step, of), f64::from(step) / f64::from(of)),
            Stage::Stuck => ("running", 0.0),
            Stage::Ready => ("finished", 1.0),
            Stage::Failed(Failure::NoPeers) => ("timeout", 0.0),
            Stage::Failed(_) => ("error", 0.0),
        };
        let title = desk.world.title(&item.info_hash);
        let ready = title.as_ref().filter(|_| status == "finished");
        let is_file = ready.is_some_and(|title| parts(desk, title)[0].path == title.name);
        Some(json!({
            "id": format!("T{id}"),
            "name": title.as_ref().map_or(item.info_hash.as_str(), |title| title.name.as_str()),
            "message": null, "status": status, "progress": progress,
            "src": format!("magnet:?xt=urn:btih:{}", item.info_hash),
            "folder_id": ready.filter(|_| !is_file).map(|_| format!("F{id}")),
            "file_id": ready.filter(|_| is_file).map(|_| format!("I{id}x0")),
        }))
    }

    /// Deletes the transfer with its files.
    fn delete_transfer(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let form = call.form();
        let Some(id) = form.get("id").and_then(|id| self.item(desk, id, 'T')).map(|item| item.id) else {
            return error("Transfer not found.");
        };
        desk.items.retain(|item| item.id != id);
        success(json!({})).noting(form.strangers(&["id"]))
    }

    fn delete_folder(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let form = call.form();
        let Some(id) = form.get("id").and_then(|id| self.item(desk, id, 'F')).map(|item| item.id) else {
            return error("Folder not found.");
        };
        desk.items.retain(|item| item.id != id);
        success(json!({})).noting(form.strangers(&["id"]))
    }

    /// What lies directly in a folder: the account's own, a torrent's (`F1000`), or one within (`F1000/Extras`).
    fn folder(&self, desk: &Desk, call: &Incoming) -> Reply {
        let query = call.query();
        let strangers = query.strangers(&["id", "includebreadcrumbs"]);
        let Some(id) = query.get("id") else {
            let mine = desk.items.iter().filter(|item| item.token == self.token && item.held);
            let named = mine.filter_map(|item| Some((item, desk.world.title(&item.info_hash)?)));
            let content: Value =
                named.map(|(item, title)| folder(&format!("F{}", item.id), &title.name)).collect();
            return success(json!({ "content": content, "name": "root", "folder_id": "root" }))
                .noting(strangers);
        };
        let (own, inside) = id.split_once('/').unwrap_or((id, ""));
        let item = self.item(desk, own, 'F').filter(|item| item.held && !item.vanished);
        let Some((item, title)) = item.and_then(|item| Some((item, desk.world.title(&item.info_hash)?)))
        else {
            return error("Folder not found.");
        };
        let mut content: Vec<Value> = Vec::new();
        for part in parts(desk, &title) {
            let below = if inside.is_empty() {
                Some(part.path.as_str())
            } else {
                part.path.strip_prefix(&format!("{inside}/"))
            };
            match below.map(|rest| rest.split_once('/')) {
                Some(Some((name, _))) => {
                    let path = if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
                    let entry = folder(&format!("F{}/{path}", item.id), name);
                    if !content.contains(&entry) {
                        content.push(entry);
                    }
                }
                Some(None) => content.push(part.described(desk, item, &title)),
                None => {}
            }
        }
        success(json!({ "content": content, "name": title.name, "folder_id": id })).noting(strangers)
    }

    fn details(&self, desk: &Desk, call: &Incoming) -> Reply {
        let query = call.query();
        let found = query.get("id").and_then(|id| {
            let (own, file) = id.split_once('x')?;
            let item = self.item(desk, own, 'I').filter(|item| item.held && !item.vanished)?;
            let title = desk.world.title(&item.info_hash)?;
            let part = parts(desk, &title).into_iter().nth(file.parse().ok()?)?;
            Some(part.described(desk, item, &title))
        });
        found.map_or_else(|| error("Item not found."), |item| success(item).noting(query.strangers(&["id"])))
    }

    fn info(&self, desk: &Desk) -> Reply {
        let is_premium = self.condition != Condition::NotPremium;
        let until = if is_premium { json!(2_145_916_800_u64) } else { json!(false) };
        let used = if self.condition == Condition::QuotaExhausted { 1.0 } else { 0.01 };
        let mine = desk.items.iter().filter(|item| item.token == self.token && item.held);
        let space: usize =
            mine.filter_map(|item| desk.world.title(&item.info_hash)).map(|title| title.size()).sum();
        success(
            json!({ "customer_id": "42", "premium_until": until, "limit_used": used, "space_used": space }),
        )
    }

    fn item<'a>(&self, desk: &'a Desk, id: &str, kind: char) -> Option<&'a Item> {
        let number = id.strip_prefix(kind)?;
        desk.items.iter().find(|item| item.token == self.token && item.id.to_string() == number)
    }
}

fn check(desk: &Desk, call: &Incoming) -> Reply {
    let fields = call.either();
    let items = fields.all("items[]");
    if items.is_empty() || items.len() > 100 {
        return error("Send 1 to 100 items.");
    }
    let (mut response, mut names, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for item in &items {
        let hash = hash_of_magnet(item).unwrap_or_else(|| item.to_ascii_lowercase());
        let shelf = desk.shelf(&hash);
        let title = desk.world.title(&hash).filter(|_| shelf.cached && !shelf.is_infringing());
        response.push(title.is_some());
        names.push(title.as_ref().map(|title| title.name.clone()));
        sizes.push(title.map(|title| title.size()));
    }
    let transcoded = vec![false; response.len()];
    success(json!({ "response": response, "transcoded": transcoded, "filename": names, "filesize": sizes }))
        .noting(fields.strangers(&["items[]", "apikey"]))
}

fn success(mut data: Value) -> Reply {
    data["status"] = json!("success");
    Reply::json(200, &data)
}

fn error(message: &str) -> Reply {
    Reply::json(200, &json!({ "status": "error", "message": message }))
}
