//! Everything that comes out of a server, searched for what must not.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use reqwest::Method;

use crate::support::cdn::{Cdn, Fault, Scope};
use crate::support::debrid::{LinkOrder, Links, ServiceKind};
use crate::support::swarm::Share;

use super::town::Town;

/// Where something was found, and its text.
type Place = (String, String);

/// Remembers the links that services have handed out, and breaks those of some films.
#[derive(Clone, Default)]
pub(super) struct Counterfoils(Arc<Book>);

#[derive(Default)]
struct Book {
    handed: Mutex<Vec<String>>,
    faults: Mutex<HashMap<(String, &'static str), Fault>>,
    cdn: OnceLock<Cdn>,
}

struct Counter {
    service: &'static str,
    links: Arc<dyn Links>,
    book: Counterfoils,
}

impl Counterfoils {
    /// The same links, entered here.
    pub(super) fn enter(&self, service: ServiceKind, links: Arc<dyn Links>) -> Arc<dyn Links> {
        Arc::new(Counter { service: service.name, links, book: self.clone() })
    }

    /// Breaks the links of a film that this service will hand out.
    pub(super) fn set_fault(&self, town: &Town, film: &Share, service: ServiceKind, fault: Fault) {
        self.0.cdn.get_or_init(|| town.cdn.clone());
        self.0.faults.lock().unwrap().insert((film.info_hash.clone(), service.name), fault);
    }

    /// The random parts of all links so far.
    pub(super) fn handed(&self) -> Vec<String> {
        self.0.handed.lock().unwrap().clone()
    }
}

impl Links for Counter {
    fn link(&self, order: LinkOrder) -> String {
        let film = (order.info_hash.clone(), self.service);
        let link = self.links.link(order);
        let random = link.split('/').nth(4).expect("a link has a random part").to_owned();
        let book = &self.book.0;
        book.handed.lock().unwrap().push(random);
        let fault = book.faults.lock().unwrap().get(&film).cloned();
        if let (Some(fault), Some(cdn)) = (fault, book.cdn.get()) {
            cdn.set_fault(Scope::Link(&link), Some(fault));
        }
        link
    }
}

/// All that a server has said and written.
#[derive(Default)]
pub(super) struct Traces(Vec<Place>);

impl Traces {
    /// Sends a request, keeps headers and body of the answer, and returns the body.
    pub(super) async fn ask(
        &mut self,
        town: &Town,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Vec<u8> {
        let answer = town.server.send(method.clone(), path, headers, Vec::new()).await;
        let body = String::from_utf8_lossy(&answer.body);
        let text = format!("{} {:?} {body}", answer.status, answer.headers);
        self.0.push((format!("the answer to {method} {path}"), text));
        answer.body
    }

    /// Sends a GET as [`Self::ask`] does.
    pub(super) async fn get(&mut self, town: &Town, path: &str) -> Vec<u8> {
        self.ask(town, Method::GET, path, &[]).await
    }

    /// Asks for a film in every way there is.
    pub(super) async fn ask_for(&mut self, town: &Town, film: &Share) {
        let job = town.prepare(film, "fileIndex=0").await;
        let path = format!("/stream/proxy/{}?fileIndex=0", film.info_hash);
        self.get(town, &path).await;
        self.ask(town, Method::HEAD, &path, &[]).await;
        self.0.push((format!("the job of {path}"), job.to_string()));
        for link in ["statusUrl", "streamUrl"] {
            self.get(town, job[link].as_str().expect("a job has links")).await;
        }
    }

    /// Stops the server, and keeps its log and every file that it has written.
    pub(super) fn stop(&mut self, town: &mut Town) {
        let home = town.server.setup().home().to_owned();
        self.read(&home, "before the stop");
        town.server.terminate();
        town.server.stopped();
        self.read(&home, "after the stop");
        self.0.push(("the log".to_owned(), town.server.transcript()));
    }

    /// Asserts that something that is no secret is found where secrets are looked for.
    ///
    /// # Panics
    /// If it is not there.
    pub(super) fn assert_has(&self, place: &str, text: &str) {
        let is_there = |(name, content): &Place| name.contains(place) && content.contains(text);
        let names: Vec<_> = self.0.iter().map(|(name, _)| name).collect();
        assert!(self.0.iter().any(is_there), "{text} is not in {place}, there are {names:#?}");
    }

    /// Asserts that none of the secrets, given with a name each, is anywhere.
    ///
    /// # Panics
    /// If one is.
    pub(super) fn assert_free_of(&self, secrets: &[(String, String)]) {
        let mut found = Vec::new();
        for (place, content) in &self.0 {
            for (name, secret) in secrets.iter().filter(|(_, secret)| content.contains(secret.as_str())) {
                let line = content.lines().find(|line| line.contains(secret.as_str())).unwrap_or_default();
                found.push(format!("{name} in {place}: {}", line.chars().take(600).collect::<String>()));
            }
        }
        found.truncate(20);
        assert!(found.is_empty(), "{found:#?}");
    }

    /// Reads every file below a folder.
    fn read(&mut self, folder: &Path, when: &str) {
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = std::fs::read(&path) {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    self.0.push((format!("the file {}, {when}", path.display()), text));
                }
            }
        }
    }
}
