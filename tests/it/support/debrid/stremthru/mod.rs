//! StremThru's store API, in its two families; the server itself stands in front of another service, the store.
//!
//! - The store is named by `X-StremThru-Store-Name` and its token comes in `X-StremThru-Store-Authorization:
//!   Bearer`; or `X-StremThru-Authorization: Basic` stands for credentials that the server holds (the
//!   account's token in tests is then `user:password`). An unknown store is `STORE_NAME_INVALID`.
//! - torz: `POST /v0/store/torz` with JSON `{link}` or multipart `file` answers 201 with the item; `GET` of
//!   it with `limit` (1 to 500) and `offset` lists `{items, total_items}` without files; `GET|DELETE
//!   /torz/{id}`; `GET /torz/check?hash=` with at most 500 hashes; `POST /torz/link/generate {link}`.
//! - magnets, the older family: the same with `{magnet}`, `/magnets/check?magnet=` and `/link/generate`; a
//!   server that speaks only this answers 404 to torz, which is how clients find out.
//! - Item: `{id, hash, magnet, name, size, status, private, files [{index, link, name, path, size}],
//!   added_at}`. Stores other than Real-Debrid and TorBox have no file numbers: index -1. Files show when the
//!   status is `downloaded`; in a check when it is `cached`, except from Offcloud. What is not `cached` in a
//!   check is `unknown`.
//! - Whether adding again makes a second item is the store's affair; the fake keeps the first, whoever made
//!   it.
//! - Errors are `{error: {request_id, type, code, message, status_code, store_name}}`. Which status a code
//!   has is not in the field document; those here follow the names of the codes.
//! - No limit of the server's own is published.

mod item;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{
    Api, Condition, Desk, Failure, Incoming, Item, Limit, Reply, ServiceKind, hash_of_magnet, hash_of_torrent,
};
use item::{LINK, magnet, shown_id};

/// A server of today, with the torz family.
pub(crate) const STREM_THRU: ServiceKind =
    ServiceKind { name: "stremthru", prefix: "", api: || Box::new(StremThru { family: Family::Torz }) };

/// A server that knows the magnets family alone.
pub(crate) const STREM_THRU_LEGACY: ServiceKind =
    ServiceKind { name: "stremthru", prefix: "", api: || Box::new(StremThru { family: Family::Magnets }) };

/// The stores a server reaches.
const STORES: [&str; 11] = [
    "realdebrid",
    "alldebrid",
    "premiumize",
    "torbox",
    "debridlink",
    "offcloud",
    "easydebrid",
    "debrider",
    "pikpak",
    "torrin",
    "stremthru",
];

struct StremThru {
    family: Family,
}

#[derive(Clone, Copy, PartialEq)]
enum Family {
    Torz,
    Magnets,
}

impl Api for StremThru {
    fn token(&self, call: &Incoming) -> Option<String> {
        let bearer = call.header("x-stremthru-store-authorization").strip_prefix("Bearer ");
        let held = || {
            let basic = call.header("x-stremthru-authorization").strip_prefix("Basic ")?;
            String::from_utf8(BASE64.decode(basic.as_bytes()).ok()?).ok()
        };
        bearer.map(str::to_owned).or_else(held)
    }

    fn limits(&self, _: &Incoming) -> Vec<Limit> {
        Vec::new()
    }

    fn rate_limited(&self, retry_after: Option<u64>) -> Reply {
        let reply = Store::of("").error(429, "TOO_MANY_REQUESTS");
        retry_after.into_iter().fold(reply, |reply, seconds| reply.with("retry-after", &seconds))
    }

    fn answer(&mut self, desk: &mut Desk, call: &Incoming) -> Reply {
        let name = call.header("x-stremthru-store-name");
        let mut store = Store::of(name);
        // Servers that hold credentials have a first store, which needs no name.
        let is_first = name.is_empty() && !call.header("x-stremthru-authorization").is_empty();
        if !is_first && !STORES.contains(&name) {
            return store.error(400, "STORE_NAME_INVALID").noting(Some("no such store".to_owned()));
        }
        store.token = self.token(call).unwrap_or_default();
        match desk.account(Some(&store.token)) {
            None => return store.error(401, "UNAUTHORIZED"),
            Some(Condition::IpRefused) => return store.error(403, "FORBIDDEN"),
            Some(condition) => store.condition = condition,
        }
        let segments = call.segments();
        let Some(rest) = segments.strip_prefix(&["v0", "store"]) else { return store.unknown_route() };
        let method = call.method.as_str();
        match (self.family, method, rest) {
            (_, "GET", ["user"]) => store.user(),
            (Family::Torz, _, ["torz", rest @ ..]) | (Family::Magnets, _, ["magnets", rest @ ..]) => {
                store.family(desk, call, self.family, rest)
            }
            (Family::Magnets, _, ["torz", ..]) => store.error(404, "NOT_FOUND"),
            (Family::Magnets, "POST", ["link", "generate"]) => store.generate(desk, call),
            _ => store.unknown_route(),
        }
    }
}

/// One account of one store, which a call is for.
struct Store {
    name: String,
    token: String,
    condition: Condition,
}

impl Store {
    fn of(name: &str) -> Self {
        Self { name: name.to_owned(), token: String::new(), condition: Condition::Fine }
    }

    fn family(&self, desk: &mut Desk, call: &Incoming, family: Family, rest: &[&str]) -> Reply {
        match (call.method.as_str(), rest) {
            ("POST", []) => self.add(desk, call, family),
            ("GET", []) => self.list(desk, call),
            ("GET", ["check"]) => self.check(desk, call, family),
            ("POST", ["link", "generate"]) if family == Family::Torz => self.generate(desk, call),
            ("GET", [id]) => self.get(desk, id),
            ("DELETE", [id]) => self.delete(desk, id),
            _ => self.error(405, "METHOD_NOT_ALLOWED").noting(Some("wrong method".to_owned())),
        }
    }

    fn user(&self) -> Reply {
        let status = if self.condition == Condition::NotPremium { "expired" } else { "premium" };
        let user = json!({
            "id": "42", "email": "v***@example.org", "subscription_status": status, "has_usenet": false,
        });
        data(200, &user)
    }

    fn add(&self, desk: &mut Desk, call: &Incoming, family: Family) -> Reply {
        let field = if family == Family::Torz { "link" } else { "magnet" };
        let info_hash = match call.media_type() {
            "application/json" => match self.text(call, field) {
                Ok(magnet) => hash_of_magnet(&magnet),
                Err(refusal) => return refusal,
            },
            "multipart/form-data" if family == Family::Torz => {
                let (_, files) = call.multipart();
                files.iter().find(|(name, _)| name == "file").and_then(|(_, bytes)| hash_of_torrent(bytes))
            }
            _ => return self.bad("the body is of another type"),
        };
        let Some(info_hash) = info_hash else { return self.error(400, "STORE_MAGNET_INVALID") };
        if let Some(refusal) = self.refusal(desk, &info_hash) {
            return refusal.noting(self.strangers(call));
        }
        let is_mine =
            |item: &&Item| item.token == self.token && item.info_hash == info_hash && !item.vanished;
        let mine = desk.items.iter().find(is_mine);
        let id = mine.map(|item| item.id).unwrap_or_else(|| desk.add(&self.token, &info_hash));
        let mut item = self.describe(desk, id, true);
        item["magnet"] = json!(magnet(&info_hash));
        data(201, &item).noting(self.strangers(call))
    }

    fn refusal(&self, desk: &Desk, info_hash: &str) -> Option<Reply> {
        let shelf = desk.shelf(info_hash);
        match self.condition {
            Condition::NotPremium => Some(self.error(402, "PAYMENT_REQUIRED")),
            Condition::QuotaExhausted | Condition::TooManyActive => {
                Some(self.error(509, "STORE_LIMIT_EXCEEDED"))
            }
            _ if shelf.is_infringing() => Some(self.error(451, "UNAVAILABLE_FOR_LEGAL_REASONS")),
            _ => match shelf.fetching.fails_with {
                Some(Failure::TooBig) => Some(self.error(422, "UNPROCESSABLE_ENTITY")),
                Some(Failure::Invalid) => Some(self.error(400, "STORE_MAGNET_INVALID")),
                _ => None,
            },
        }
    }

    fn list(&self, desk: &mut Desk, call: &Incoming) -> Reply {
        let query = call.query();
        let number = |name: &str, default: usize| query.get(name).map_or(Ok(default), str::parse);
        let (Ok(limit @ 1..=500), Ok(offset)) = (number("limit", 100), number("offset", 0)) else {
            return self.bad("limit is 1 to 500");
        };
        let mine: Vec<u64> =
            desk.items.iter().rev().filter(|item| item.token == self.token).map(|item| item.id).collect();
        let shown = mine.iter().skip(offset).take(limit);
        let items: Vec<Value> = shown.map(|id| self.describe(desk, *id, false)).collect();
        let strangers = query.strangers(&["limit", "offset", "client_ip"]);
        data(200, &json!({ "items": items, "total_items": mine.len() })).noting(strangers)
    }

    fn check(&self, desk: &Desk, call: &Incoming, family: Family) -> Reply {
        let query = call.query();
        let (name, known) = match family {
            Family::Torz => ("hash", ["hash", "sid", "client_ip", ""]),
            Family::Magnets => ("magnet", ["magnet", "sid", "client_ip", "local_only"]),
        };
        let asked: Vec<&str> = query.all(name).into_iter().flat_map(|list| list.split(',')).collect();
        if asked.len() > 500 {
            return self.bad("at most 500 at a time");
        }
        let read = |text: &&str| {
            let is_hash = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_hash { Some(text.to_ascii_lowercase()) } else { hash_of_magnet(text) }
        };
        let hashes: Option<Vec<String>> = asked.iter().map(read).collect();
        let Some(hashes) = hashes.filter(|hashes| !hashes.is_empty()) else {
            return self.bad("what is asked for are no hashes");
        };
        let items: Vec<Value> = hashes.iter().map(|info_hash| self.checked(desk, info_hash)).collect();
        data(200, &json!({ "items": items })).noting(query.strangers(&known))
    }

    fn get(&self, desk: &mut Desk, id: &str) -> Reply {
        match self.find(desk, id) {
            Some(item) => data(200, &self.describe(desk, item.id, true)),
            None => self.error(404, "NOT_FOUND"),
        }
    }

    fn delete(&self, desk: &mut Desk, id: &str) -> Reply {
        let Some(item) = self.find(desk, id) else { return self.error(404, "NOT_FOUND") };
        desk.items.retain(|kept| kept.id != item.id);
        data(200, &json!({ "id": id }))
    }

    fn generate(&self, desk: &Desk, call: &Incoming) -> Reply {
        let link = match self.text(call, "link") {
            Ok(link) => link,
            Err(refusal) => return refusal,
        };
        let place = link.strip_prefix(LINK).and_then(|place| place.split_once('/'));
        let found = place.and_then(|(id, at)| Some((self.find(desk, id)?, at)));
        let Some((item, at)) = found.filter(|(item, _)| item.held && !item.vanished) else {
            return self.error(404, "NOT_FOUND");
        };
        if self.condition == Condition::QuotaExhausted {
            return self.error(509, "STORE_LIMIT_EXCEEDED");
        }
        let Some(title) = desk.world.title(&item.info_hash) else { return self.error(404, "NOT_FOUND") };
        let direct = match at.parse::<usize>() {
            Ok(at) if at < title.files.len() => desk.link(&title, at, 404, None),
            _ => desk.archive(&title, &title.all(), ".rar", b"Rar!\x1a\x07\x01\x00"),
        };
        data(200, &json!({ "link": direct })).noting(self.strangers(call))
    }

    fn find(&self, desk: &Desk, id: &str) -> Option<Item> {
        let mut items = desk.items.iter();
        items.find(|item| item.token == self.token && shown_id(item.id) == id).cloned()
    }

    /// One text out of a JSON body.
    fn text(&self, call: &Incoming, name: &str) -> Result<String, Reply> {
        let Some(Value::Object(body)) = call.json() else {
            return Err(self.bad("the body is no JSON object"));
        };
        match (body.get(name).and_then(Value::as_str), body.len()) {
            (Some(text), 1) => Ok(text.to_owned()),
            _ => Err(self.bad(&format!("the body has {name} and nothing else"))),
        }
    }

    fn strangers(&self, call: &Incoming) -> Option<String> {
        call.query().strangers(&["client_ip"])
    }

    fn bad(&self, why: &str) -> Reply {
        self.error(400, "BAD_REQUEST").noting(Some(why.to_owned()))
    }

    fn unknown_route(&self) -> Reply {
        self.error(404, "NOT_FOUND").noting(Some("unknown route".to_owned()))
    }

    fn error(&self, status: u16, code: &str) -> Reply {
        let kind = match code {
            "UNAUTHORIZED" | "FORBIDDEN" | "PAYMENT_REQUIRED" | "UNAVAILABLE_FOR_LEGAL_REASONS" => {
                "upstream_error"
            }
            _ if code.starts_with("STORE_") => "store_error",
            _ => "api_error",
        };
        let error = json!({
            "request_id": "r1", "type": kind, "code": code, "message": code, "status_code": status,
            "store_name": self.name,
        });
        Reply::json(status, &json!({ "error": error }))
    }
}

fn data(status: u16, value: &Value) -> Reply {
    Reply::json(status, &json!({ "data": value }))
}
