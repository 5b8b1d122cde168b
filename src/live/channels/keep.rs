//! Keeps the list up to date: a file is read again when it changes, an address every now and then.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::fetch::{FetchError, Fetched, Tags, fetch};
use super::list::{self, NotAList, Reading};
use super::shelf::Shelf;
use super::{Channel, Lineup};
use crate::config::ChannelList;
use crate::net::read_text;

/// How often a file is looked at. It costs one system call.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How often an address is asked.
const ASK_EVERY: Duration = Duration::from_secs(15 * 60);

/// How soon an address that failed is asked again; twice as long after each further failure, up to [`ASK_EVERY`].
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// Bytes of a list. Ten thousand channels with long descriptions take a quarter of it.
pub(super) const LARGEST_LIST: u64 = 16 << 20;

/// The operator's channels. Cheap to clone; [`Channels::follow`] keeps all clones up to date.
#[derive(Debug, Clone)]
pub struct Channels {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    place: Option<ChannelList>,
    client: reqwest::Client,
    shelf: Shelf,
    lineup: RwLock<Arc<Lineup>>,
    seen: Mutex<Seen>,
}

/// What is remembered from one look to the next.
#[derive(Debug, Default)]
struct Seen {
    /// The file that was read last: when it was written, and its bytes.
    file: Option<(SystemTime, u64)>,
    tags: Tags,
    /// The last trouble that was told, so that it is told once.
    told: Option<String>,
}

/// Why there is no new list. No text names the address.
#[derive(Debug, thiserror::Error)]
enum ListError {
    #[error("it cannot be read: {0}")]
    File(#[from] io::Error),
    #[error("it has more than {} MiB", LARGEST_LIST >> 20)]
    TooLarge,
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    NotAList(#[from] NotAList),
}

impl Channels {
    /// The channels of `place`: those that a file holds now, or that its address had when it was asked last, which is
    /// kept in `data_dir`. `client` is the one for addresses of the operator.
    pub async fn open(place: Option<ChannelList>, client: reqwest::Client, data_dir: &Path) -> Self {
        let shelf = Shelf::new(data_dir);
        let kept = match &place {
            Some(ChannelList::Address(url)) => shelf.load(url).await,
            _ => Vec::new(),
        };
        let lineup = RwLock::new(Arc::new(Lineup::new(kept)));
        let channels =
            Self { inner: Arc::new(Inner { place, client, shelf, lineup, seen: Mutex::default() }) };
        if let Some(ChannelList::File(path)) = &channels.inner.place {
            channels.note(channels.look(path.clone()).await);
        }
        channels
    }

    /// Whether the operator has named a list at all.
    pub fn are_wanted(&self) -> bool {
        self.inner.place.is_some()
    }

    /// The channels as they are now.
    pub fn lineup(&self) -> Arc<Lineup> {
        Arc::clone(&self.inner.lineup.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps them up to date until `stop`.
    pub async fn follow(self, stop: CancellationToken) {
        let work = async {
            match &self.inner.place {
                None => {}
                Some(ChannelList::File(path)) => loop {
                    tokio::time::sleep(LOOK_EVERY).await;
                    self.note(self.look(path.clone()).await);
                },
                Some(ChannelList::Address(url)) => {
                    let mut failures = 0;
                    loop {
                        failures = if self.note(self.ask(url).await) { 0 } else { failures + 1 };
                        tokio::time::sleep(pause(failures)).await;
                    }
                }
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// What the file holds, if it has changed.
    async fn look(&self, path: PathBuf) -> Result<Option<Reading>, ListError> {
        let before = self.seen().file;
        let reading = tokio::task::spawn_blocking(move || {
            let facts = std::fs::metadata(&path)?;
            let now = (facts.modified()?, facts.len());
            if before == Some(now) {
                return Ok(None);
            }
            if now.1 > LARGEST_LIST {
                return Err(ListError::TooLarge);
            }
            Ok(Some((now, std::fs::read(&path)?)))
        });
        let Some((now, bytes)) = reading.await.map_err(io::Error::other)?? else { return Ok(None) };
        // Also where it is no list: it will not become one before it changes.
        self.seen().file = Some(now);
        Ok(Some(list::read(&read_text(&bytes))?))
    }

    /// What the address answers, if it is something new.
    async fn ask(&self, url: &url::Url) -> Result<Option<Reading>, ListError> {
        let tags = self.seen().tags.clone();
        let Fetched::New { bytes, tags } = fetch(&self.inner.client, url, &tags).await? else {
            return Ok(None);
        };
        let reading = list::read(&read_text(&bytes))?;
        self.seen().tags = tags;
        self.inner.shelf.keep(url, &reading.channels).await;
        Ok(Some(reading))
    }

    /// Takes over what a look has brought, and tells the log what is new. Whether it went well.
    fn note(&self, looked: Result<Option<Reading>, ListError>) -> bool {
        match looked {
            Ok(reading) => {
                self.seen().told = None;
                if let Some(Reading { channels, skipped }) = reading {
                    self.replace(channels, skipped);
                }
                true
            }
            Err(error) => {
                let text = error.to_string();
                let before = self.seen().told.replace(text.clone());
                if before.as_ref() != Some(&text) {
                    let channels = self.lineup().channels().len();
                    tracing::warn!(
                        list = self.inner.place.as_ref().map(tracing::field::debug),
                        error = text,
                        channels,
                        "the list of channels is not usable; the last one stays"
                    );
                }
                false
            }
        }
    }

    fn replace(&self, channels: Vec<Channel>, skipped: usize) {
        let lineup = Arc::new(Lineup::new(channels));
        let channels = lineup.channels().len();
        tracing::info!(
            channels,
            skipped,
            "read the list of channels; what leads to no AceStream channel is skipped"
        );
        *self.inner.lineup.write().unwrap_or_else(PoisonError::into_inner) = lineup;
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Every change is one assignment, so a panic elsewhere leaves nothing half done.
        self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long to wait after so many failures in a row.
fn pause(failures: u32) -> Duration {
    match failures {
        0 => ASK_EVERY,
        failures => ASK_AGAIN.saturating_mul(1 << (failures - 1).min(10)).min(ASK_EVERY),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const LIST: &str = "#EXTM3U\n#EXTINF:-1,Harbour\n94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209\n";

    async fn open(place: ChannelList, data_dir: &Path) -> Channels {
        Channels::open(Some(place), crate::net::client().unwrap(), data_dir).await
    }

    fn names(channels: &Channels) -> Vec<String> {
        channels.lineup().channels().iter().map(|channel| channel.name.clone()).collect()
    }

    /// Looks once, and says whether it went well.
    async fn once(channels: &Channels) -> bool {
        let looked = match channels.inner.place.as_ref().unwrap() {
            ChannelList::File(path) => channels.look(path.clone()).await,
            ChannelList::Address(url) => channels.ask(url).await,
        };
        channels.note(looked)
    }

    /// Answers one request after the other on its own connection, and returns the heads of the requests.
    async fn serve(listener: TcpListener, answers: Vec<String>) -> Vec<String> {
        let mut heads = Vec::new();
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await.unwrap());
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            heads.push(String::from_utf8(head).unwrap().to_lowercase());
        }
        heads
    }

    fn answer(head: &str, body: &str) -> String {
        format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn a_file_is_read_again_when_it_changes_and_the_last_good_list_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.m3u");
        let channels = open(ChannelList::File(path.clone()), folder.path()).await;
        assert!(names(&channels).is_empty() && !once(&channels).await, "there is no file yet");
        std::fs::write(&path, LIST).unwrap();
        assert!(once(&channels).await);
        assert_eq!(names(&channels), ["Harbour"]);
        std::fs::write(&path, "<html>").unwrap();
        assert!(!once(&channels).await);
        assert!(once(&channels).await, "nothing has changed since");
        assert_eq!(names(&channels), ["Harbour"]);
        std::fs::write(&path, LIST.replace("Harbour", "Gr\u{f6}\u{df}e")).unwrap();
        assert!(once(&channels).await);
        assert_eq!(names(&channels), ["Größe"]);
    }

    #[tokio::test]
    async fn an_address_is_asked_whether_it_has_changed_and_its_list_outlives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: url::Url =
            format!("http://{}/list?key=secret", listener.local_addr().unwrap()).parse().unwrap();
        let answers = vec![
            answer("200 OK\r\nETag: \"one\"", LIST),
            answer("304 Not Modified", ""),
            answer("500 Oops", ""),
            answer("200 OK", "<html>Sign in</html>"),
        ];
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(serve(listener, answers));
        let channels = open(ChannelList::Address(url.clone()), folder.path()).await;
        assert!(names(&channels).is_empty());
        let mut well = Vec::new();
        for _ in 0..4 {
            well.push(once(&channels).await);
        }
        assert_eq!(well, [true, true, false, false]);
        assert_eq!(names(&channels), ["Harbour"]);
        let heads = tasks.join_next().await.unwrap().unwrap();
        assert!(
            !heads[0].contains("if-none-match") && heads[1].contains("if-none-match: \"one\""),
            "{heads:?}"
        );

        let again = open(ChannelList::Address(url.clone()), folder.path()).await;
        assert_eq!(names(&again), ["Harbour"]);
        let other = open(ChannelList::Address(url.join("/other").unwrap()), folder.path()).await;
        assert!(names(&other).is_empty(), "the list of another address is not shown");
        let kept = std::fs::read_to_string(folder.path().join("channels.json")).unwrap();
        assert!(!kept.contains("secret"));
    }

    #[tokio::test]
    async fn no_error_tells_the_address() {
        let url: url::Url = "http://127.0.0.1:1/list?key=secret".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let channels = open(ChannelList::Address(url.clone()), folder.path()).await;
        let error = channels.ask(&url).await.unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(!format!("{channels:?}").contains("secret"));
    }

    #[test]
    fn an_address_that_fails_is_asked_less_and_less_often() {
        let seconds: Vec<u64> = (1..=8).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 320, 640, 900]);
        assert_eq!((pause(0), pause(u32::MAX)), (ASK_EVERY, ASK_EVERY));
    }
}
