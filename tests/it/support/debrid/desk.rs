//! What every service has: accounts, what it holds, and the items in the accounts.

use std::collections::HashMap;
use std::sync::Arc;

use super::world::{LinkEnd, LinkLife, LinkOrder, Title, World};

/// What is the matter with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Nothing.
    Fine,
    /// The token has been withdrawn.
    BadToken,
    /// The subscription has ended.
    NotPremium,
    /// The traffic or fair-use allowance is used up.
    QuotaExhausted,
    /// As many fetches are active as the account may have.
    TooManyActive,
    /// The service does not talk to this address: a data centre, or not the address of before.
    IpRefused,
}

/// An account of a service.
#[derive(Clone, Debug)]
pub(crate) struct FakeAccount {
    /// The token that clients send.
    pub(crate) token: String,
    /// What is the matter with it.
    pub(crate) condition: Condition,
}

impl FakeAccount {
    /// A paid account with nothing the matter.
    pub(crate) fn fine(token: &str) -> Self {
        Self { token: token.to_owned(), condition: Condition::Fine }
    }
}

/// How a service fetches a torrent that it does not hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetching {
    /// How many polls see it unfinished.
    pub(crate) polls_until_ready: u32,
    /// It stays at 0 % without peers.
    pub(crate) stuck: bool,
    /// It ends so, after the same number of polls.
    pub(crate) fails_with: Option<Failure>,
}

/// How fetching ends badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nobody has it.
    NoPeers,
    /// It is larger than the service takes.
    TooBig,
    /// The torrent is broken.
    Invalid,
    /// The service broke.
    Internal,
}

/// A peculiarity of one title at one service.
#[derive(Clone, Debug)]
pub(crate) enum Mode {
    /// The service refuses it for good.
    Infringing,
    /// Several files come as one archive, in the way of the service.
    Archive,
    /// Links lead to this short film, which says that something is wrong.
    ErrorClip(Arc<Vec<u8>>),
    /// Links lead to a file of another length than listed.
    WrongSize,
    /// Listings show an item so many polls late, where that is documented.
    StaleList(u32),
    /// Links are ready only after so many more polls, where that is documented.
    DelayedUnlock(u32),
    /// Links stop working.
    LinkExpires(LinkLife),
    /// The files have vanished: the service no longer holds them, though items of before still list them. It can
    /// fetch them again.
    VanishedFile,
    /// So many calls right after adding do not find the item, where that is documented.
    NotFoundRightAfterAdd(u32),
}

/// What one service has on one torrent.
#[derive(Clone, Default)]
pub(crate) struct Shelf {
    /// Whether it holds the bytes.
    pub(crate) cached: bool,
    /// How it would get them.
    pub(crate) fetching: Fetching,
    /// What is peculiar about it.
    pub(crate) modes: Vec<Mode>,
}

impl Default for Fetching {
    fn default() -> Self {
        Self { polls_until_ready: 3, stuck: false, fails_with: None }
    }
}

/// One entry in an account.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The number that the service's own id is made of.
    pub(crate) id: u64,
    /// Whose it is.
    pub(crate) token: String,
    /// What it is.
    pub(crate) info_hash: String,
    /// Its user added it by other means.
    pub(crate) foreign: bool,
    /// Indexes of the files that are wanted; `None` until the service knows.
    pub(crate) selected: Option<Vec<usize>>,
    /// Polls seen since the fetching began.
    pub(crate) polls: u32,
    /// Calls of any kind that asked for it.
    pub(crate) asked: u32,
    /// The service had the bytes already when the item was made.
    pub(crate) instant: bool,
    /// The service has, or had, the bytes for it.
    pub(crate) held: bool,
    /// Its files have vanished from the service, though it still lists them.
    pub(crate) vanished: bool,
}

/// One entry in an account as tests see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemView {
    /// Whose it is.
    pub(crate) token: String,
    /// What it is.
    pub(crate) info_hash: String,
    /// Whether the user added it himself.
    pub(crate) foreign: bool,
}

/// How far an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// On the way: `step` of `of`, the first being 0.
    Working { step: u32, of: u32 },
    /// Nobody has it, nothing moves.
    Stuck,
    /// The bytes are there.
    Ready,
    /// It ended badly.
    Failed(Failure),
}

/// The state of one service.
pub(crate) struct Desk {
    /// The titles and who serves them.
    pub(crate) world: World,
    /// Everything in all accounts, oldest first.
    pub(crate) items: Vec<Item>,
    accounts: Vec<FakeAccount>,
    shelves: HashMap<String, Shelf>,
    next_id: u64,
}

impl Desk {
    pub(super) fn new(world: World, accounts: Vec<FakeAccount>) -> Self {
        Self { world, items: Vec::new(), accounts, shelves: HashMap::new(), next_id: 1000 }
    }

    /// The condition of the account that a token belongs to, if it belongs to one and has not been withdrawn.
    pub(crate) fn account(&self, token: Option<&str>) -> Option<Condition> {
        let account = self.accounts.iter().find(|account| Some(account.token.as_str()) == token)?;
        Some(account.condition).filter(|condition| *condition != Condition::BadToken)
    }

    /// What the service has on a torrent.
    pub(crate) fn shelf(&self, info_hash: &str) -> Shelf {
        self.shelves.get(info_hash).cloned().unwrap_or_default()
    }

    pub(super) fn shelf_mut(&mut self, info_hash: &str) -> &mut Shelf {
        self.shelves.entry(info_hash.to_ascii_lowercase()).or_default()
    }

    pub(super) fn set_modes(&mut self, info_hash: &str, modes: Vec<Mode>) {
        let vanished = modes.iter().any(|mode| matches!(mode, Mode::VanishedFile));
        let items = self.items.iter_mut().filter(|item| item.info_hash.eq_ignore_ascii_case(info_hash));
        items.for_each(|item| item.vanished |= vanished);
        let shelf = self.shelf_mut(info_hash);
        shelf.cached &= !vanished;
        shelf.modes = modes;
    }

    pub(super) fn set_condition(&mut self, token: &str, condition: Condition) {
        for account in self.accounts.iter_mut().filter(|account| account.token == token) {
            account.condition = condition;
        }
    }

    /// Makes an item and returns its number.
    pub(crate) fn add(&mut self, token: &str, info_hash: &str) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let held = self.world.title(info_hash).is_some() && self.shelf(info_hash).cached;
        self.items.push(Item {
            id,
            token: token.to_owned(),
            info_hash: info_hash.to_owned(),
            foreign: false,
            selected: None,
            polls: 0,
            asked: 0,
            instant: held,
            held,
            vanished: false,
        });
        id
    }

    pub(super) fn add_foreign(&mut self, info_hash: &str) {
        let token = self.accounts.first().map(|account| account.token.clone()).unwrap_or_default();
        let files = self.world.title(info_hash).map_or(0, |title| title.files.len());
        self.shelf_mut(info_hash).cached = true;
        let id = self.add(&token, info_hash);
        let item = self.items.iter_mut().find(|item| item.id == id).expect("it was just added");
        (item.foreign, item.selected, item.asked) = (true, Some((0..files).collect()), u32::MAX);
    }

    /// Counts a call that asks for one item, and returns it as it is then.
    pub(crate) fn ask(&mut self, token: &str, id: u64) -> Option<Item> {
        let item = self.items.iter_mut().find(|item| item.id == id && item.token == token)?;
        item.asked = item.asked.saturating_add(1);
        Some(item.clone())
    }

    /// Counts one poll of an item whose fetching has begun, and says how far it was seen to be.
    pub(crate) fn poll(&mut self, id: u64) -> Stage {
        let Some(item) = self.items.iter_mut().find(|item| item.id == id) else { return Stage::Stuck };
        let (before, is_held, info_hash) = (item.polls, item.held, item.info_hash.clone());
        item.polls = before.saturating_add(1);
        if is_held {
            return Stage::Ready;
        }
        let stage = self.stage(&info_hash, before);
        if stage == Stage::Ready {
            self.shelf_mut(&info_hash).cached = true;
            self.items.iter_mut().filter(|item| item.id == id).for_each(|item| item.held = true);
        }
        stage
    }

    /// How far the fetching of a torrent is after so many polls.
    pub(crate) fn stage(&self, info_hash: &str, polls: u32) -> Stage {
        let shelf = self.shelf(info_hash);
        let of = shelf.fetching.polls_until_ready;
        match shelf.fetching.fails_with {
            _ if self.world.title(info_hash).is_none() => Stage::Stuck,
            _ if shelf.cached => Stage::Ready,
            _ if shelf.fetching.stuck => Stage::Stuck,
            _ if polls < of => Stage::Working { step: polls, of },
            Some(failure) => Stage::Failed(failure),
            None => Stage::Ready,
        }
    }

    /// Makes a link to one file, or to what is delivered in its place. `status` and `x_error` are how links of this
    /// service answer once they have ended.
    pub(crate) fn link(
        &self,
        title: &Title,
        file: usize,
        status: u16,
        x_error: Option<&'static str>,
    ) -> String {
        let (shelf, file) = (self.shelf(&title.info_hash), &title.files[file]);
        let mut content = Arc::clone(&file.bytes);
        let mut end = None;
        for mode in &shelf.modes {
            match mode {
                Mode::ErrorClip(clip) => content = Arc::clone(clip),
                Mode::WrongSize => content = Arc::new([file.bytes.as_slice(), b"more"].concat()),
                Mode::LinkExpires(life) => end = Some(LinkEnd { life: *life, status, x_error }),
                _ => {}
            }
        }
        let (path, name) = (file.path.clone(), file.name().to_owned());
        self.world.link(LinkOrder { info_hash: title.info_hash.clone(), path, name, content, end })
    }

    /// Makes a link to an archive of the wanted files, which nobody can play.
    pub(crate) fn archive(&self, title: &Title, files: &[usize], suffix: &str, magic: &[u8]) -> String {
        let mut content = magic.to_vec();
        files.iter().for_each(|file| content.extend_from_slice(&title.files[*file].bytes));
        let name = format!("{}{suffix}", title.name);
        let (info_hash, path) = (title.info_hash.clone(), name.clone());
        self.world.link(LinkOrder { info_hash, path, name, content: Arc::new(content), end: None })
    }

    pub(super) fn views(&self) -> Vec<ItemView> {
        let view = |item: &Item| ItemView {
            token: item.token.clone(),
            info_hash: item.info_hash.clone(),
            foreign: item.foreign,
        };
        self.items.iter().map(view).collect()
    }
}

impl Shelf {
    /// Whether the service refuses the torrent for good.
    pub(crate) fn is_infringing(&self) -> bool {
        self.modes.iter().any(|mode| matches!(mode, Mode::Infringing))
    }

    /// Whether several files come as one archive.
    pub(crate) fn is_archive(&self) -> bool {
        self.modes.iter().any(|mode| matches!(mode, Mode::Archive))
    }

    /// How many polls late listings are.
    pub(crate) fn list_delay(&self) -> u32 {
        self.count(|mode| if let Mode::StaleList(polls) = mode { Some(*polls) } else { None })
    }

    /// How many polls a link takes.
    pub(crate) fn unlock_delay(&self) -> u32 {
        self.count(|mode| if let Mode::DelayedUnlock(polls) = mode { Some(*polls) } else { None })
    }

    /// How many calls after adding find nothing.
    pub(crate) fn not_found_calls(&self) -> u32 {
        self.count(|mode| if let Mode::NotFoundRightAfterAdd(calls) = mode { Some(*calls) } else { None })
    }

    fn count(&self, of: impl Fn(&Mode) -> Option<u32>) -> u32 {
        self.modes.iter().find_map(of).unwrap_or_default()
    }
}

/// The word for a step on the way, when a service has several words and the way has `of` steps.
pub(crate) fn spread<'a>(words: &[&'a str], step: u32, of: u32) -> &'a str {
    let at = words.len() * step as usize / of.max(1) as usize;
    words[at.min(words.len() - 1)]
}
