//! The Internet Archive in small: a desk that searches, tells metadata and points to the node that has the files,
//! and such a node, which is another host.

mod lucene;
mod node;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

pub(crate) use self::node::Node;
use super::ask::Ask;
use super::upstream::{Site, Upstream};
use crate::support::debrid::Reply;
use crate::support::swarm::Share;

/// The directory of the node in which the items are.
const SHELF: &str = "/27/items";
/// The piece length of torrents, in bytes; small, so that a clip has many pieces.
const PIECE: usize = 32 * 1024;

/// The two hosts.
pub(crate) struct Archive {
    /// `archive.org`: search, metadata, and redirects to the node.
    pub(crate) desk: Upstream<Desk>,
    /// `ia800….us.archive.org`: the files.
    pub(crate) node: Upstream<Node>,
    items: Items,
}

type Items = Arc<Mutex<HashMap<String, Item>>>;

/// One item.
#[derive(Clone)]
pub(crate) struct Item {
    /// Its name in addresses.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) title: String,
    /// When it came out.
    pub(crate) year: Option<u16>,
    /// Collections it is in.
    pub(crate) collections: Vec<String>,
    /// What it is in other catalogues: `urn:imdb:tt…`.
    pub(crate) identifiers: Vec<String>,
    /// What is in it.
    pub(crate) files: Vec<ItemFile>,
    /// It was withdrawn: there is metadata, and nothing else.
    pub(crate) is_dark: bool,
}

/// A file of an item.
#[derive(Clone)]
pub(crate) struct ItemFile {
    /// The path below the item.
    pub(crate) name: String,
    /// What the Archive calls its format: `MPEG4`, `h.264`, `Thumbnail`, ….
    pub(crate) format: &'static str,
    /// `original`, `derivative` or `metadata`.
    pub(crate) source: &'static str,
    /// The content.
    pub(crate) bytes: Arc<Vec<u8>>,
    /// Of a torrent the info-hash, 40 lower-case hex digits.
    pub(crate) btih: Option<String>,
}

impl Item {
    /// A film of a collection, without files.
    pub(crate) fn film(id: &str, title: &str, year: u16, collection: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            year: Some(year),
            collections: vec![collection.to_owned()],
            identifiers: Vec::new(),
            files: Vec::new(),
            is_dark: false,
        }
    }

    /// The same, known to IMDb.
    pub(crate) fn imdb(mut self, imdb: &str) -> Self {
        self.identifiers.push(format!("urn:imdb:{imdb}"));
        self
    }

    /// The same with a file more.
    pub(crate) fn file(
        mut self,
        name: &str,
        format: &'static str,
        source: &'static str,
        bytes: Vec<u8>,
    ) -> Self {
        self.files.push(ItemFile {
            name: name.to_owned(),
            format,
            source,
            bytes: Arc::new(bytes),
            btih: None,
        });
        self
    }

    /// The same with the torrent that the Archive makes of all files so far, as a folder named as the item is. The
    /// real ones name web seeds of their own; here nothing but the words of whoever hands it on leads to any.
    ///
    /// # Panics
    /// If the disk refuses it.
    pub(crate) fn torrent(mut self) -> Self {
        let files = self.files.iter().map(|file| (file.name.split('/').collect(), file.bytes.to_vec()));
        let share = Share::multi(&self.id, &files.collect::<Vec<_>>(), PIECE, &[]);
        self.files.push(ItemFile {
            name: format!("{}_archive.torrent", self.id),
            format: "Archive BitTorrent",
            source: "metadata",
            bytes: Arc::new(share.torrent),
            btih: Some(share.info_hash),
        });
        self
    }

    /// What a search tells of it. A field with one value is no list.
    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "identifier" => json!(self.id),
            "title" => json!(self.title),
            "year" => json!(self.year?),
            "mediatype" => json!("movies"),
            "licenseurl" => json!("http://creativecommons.org/licenses/publicdomain/"),
            "collection" => json!(self.collections),
            "external-identifier" => match self.identifiers.as_slice() {
                [] => return None,
                [one] => json!(one),
                several => json!(several),
            },
            "item_size" => json!(self.files.iter().map(|file| file.bytes.len()).sum::<usize>()),
            "downloads" => json!(1234),
            _ => return None,
        })
    }
}

impl Archive {
    /// Starts both hosts with these items.
    pub(crate) fn start(items: impl IntoIterator<Item = Item>) -> Self {
        let items: HashMap<String, Item> = items.into_iter().map(|item| (item.id.clone(), item)).collect();
        let items = Arc::new(Mutex::new(items));
        let node = Upstream::start(Node { items: Arc::clone(&items) });
        let desk = Upstream::start(Desk { items: Arc::clone(&items), node: node.base().to_owned() });
        Self { desk, node, items }
    }

    /// Adds an item or puts another in its place.
    pub(crate) fn put(&self, item: Item) {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).insert(item.id.clone(), item);
    }
}

/// `archive.org`.
pub(crate) struct Desk {
    items: Items,
    node: String,
}

impl Desk {
    fn search(&self, ask: &Ask) -> Reply {
        let question = ask.get("q").unwrap_or_default();
        if ask.get("output").as_deref() != Some("json") {
            let page = "<!DOCTYPE html><html><body>Advanced search</body></html>";
            return Reply::typed(200, "text/html", page.as_bytes().to_vec());
        }
        let wanted = match lucene::parse(&question) {
            Ok(wanted) => wanted,
            Err(why) => {
                let error = json!({"error": "Search engine was unable to process your query"});
                return Reply::json(400, &error).noting(Some(format!("{why} in {question}")));
            }
        };
        let number = |name: &str, usual: usize| {
            ask.get(name).and_then(|value| value.parse::<usize>().ok()).unwrap_or(usual)
        };
        let (rows, page) = (number("rows", 50), number("page", 1).max(1));
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<&Item> =
            items.values().filter(|item| wanted.fits(&|name| item.field(name))).collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        let start = (page - 1) * rows;
        let fields = ask.all("fl[]");
        let tell = |item: &&Item| {
            let told = fields.iter().filter_map(|name| Some((name.clone(), item.field(name)?)));
            Value::Object(told.collect())
        };
        let docs: Vec<Value> = found.iter().skip(start).take(rows).map(tell).collect();
        let header = json!({"status": 0, "QTime": 12, "params": {"query": question, "rows": rows}});
        let response = json!({"numFound": found.len(), "start": start, "docs": docs});
        Reply::json(200, &json!({"responseHeader": header, "response": response}))
    }

    fn metadata(&self, id: &str) -> Reply {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(item) = items.get(id) else { return Reply::json(200, &json!({})) };
        let fields = ["identifier", "title", "mediatype", "collection", "licenseurl", "external-identifier"];
        let mut metadata: serde_json::Map<String, Value> =
            fields.iter().filter_map(|&name| Some((name.to_owned(), item.field(name)?))).collect();
        // In metadata numbers are text.
        metadata.extend(item.year.map(|year| ("year".to_owned(), json!(year.to_string()))));
        if item.is_dark {
            return Reply::json(200, &json!({"is_dark": true, "metadata": metadata, "created": 1}));
        }
        let host = self.node.trim_start_matches("http://");
        let files: Vec<Value> = item.files.iter().map(tell_file).collect();
        Reply::json(
            200,
            &json!({
                "created": 1_700_000_000, "d1": host, "d2": host, "dir": format!("{SHELF}/{id}"), "server": host,
                "workable_servers": [host], "files_count": files.len(), "files": files, "metadata": metadata,
                "item_size": item.files.iter().map(|file| file.bytes.len()).sum::<usize>(), "uniq": 7,
                "item_last_updated": 1_700_000_000
            }),
        )
    }

    fn download(&self, ask: &Ask) -> Reply {
        let path = ask.path.strip_prefix("/download").unwrap_or_default();
        let id = ask.segments().get(1).cloned().unwrap_or_default();
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        match items.get(&id) {
            None => Reply::text(404, "Not Found"),
            Some(item) if item.is_dark => Reply::text(403, "Item not available"),
            Some(_) => Reply::empty(302).with("location", &format!("{}{SHELF}{path}", self.node)),
        }
    }
}

impl Site for Desk {
    fn answer(&mut self, ask: &Ask) -> Reply {
        let segments = ask.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match *parts.as_slice() {
            ["advancedsearch.php"] => self.search(ask),
            ["metadata", id] => self.metadata(id),
            ["download", _, ..] => self.download(ask),
            _ => Reply::empty(404).noting(Some("no such path".to_owned())),
        }
    }
}

/// Sizes and lengths are text.
fn tell_file(file: &ItemFile) -> Value {
    let mut told = json!({
        "name": file.name, "source": file.source, "format": file.format, "size": file.bytes.len().to_string(),
        "mtime": "1426367442", "crc32": "00000000", "sha1": sha1(&file.bytes), "md5": "0".repeat(32),
    });
    if file.name.ends_with(".mp4") {
        told["length"] = json!("12.0");
        told["height"] = json!("480");
        told["width"] = json!("640");
    }
    if let Some(btih) = &file.btih {
        told["btih"] = json!(btih);
    }
    told
}

fn sha1(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref())
}
