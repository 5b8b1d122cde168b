//! What is deleted of a torrent that had to wait in TorBox's queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::scripted::{HASH, settings};
use super::server::{Server, response};
use crate::domain::DebridService;
use crate::source::debrid::ServiceSettings;
use crate::source::debrid::account::Account;
use crate::source::debrid::service::{ItemId, ItemState, Service};
use crate::source::debrid::torbox::TorBox;

/// TorBox with an account that has a place in the queue, or a torrent of the same hash once `begun` is set.
async fn server(begun: Arc<AtomicBool>) -> Server {
    Server::start(move |_, head| {
        let data = match (head.split_whitespace().nth(1).unwrap_or_default(), begun.load(Ordering::Relaxed)) {
            (path, true) if path.contains("mylist") => format!(r#"[{{"id":41,"hash":"{HASH}"}}]"#),
            (path, false) if path.contains("getqueued") => r#"[{"id":9}]"#.to_owned(),
            _ => "[]".to_owned(),
        };
        let body = format!(r#"{{"success":true,"error":null,"detail":"","data":{data}}}"#);
        response(200, "Content-Type: application/json\r\n", body.as_bytes())
    })
    .await
}

/// What was posted to delete something.
fn deletions(server: &Server) -> Vec<String> {
    let posted = server.heads().into_iter().filter(|head| head.starts_with("POST"));
    posted.map(|head| head.split_whitespace().nth(1).unwrap().to_owned()).collect()
}

fn torbox(server: &Server) -> TorBox {
    let (service, base_url) = (DebridService::TorBox, server.url("/"));
    TorBox::new(&ServiceSettings { service, base_url, ..settings() }).unwrap()
}

#[tokio::test]
async fn a_torrent_of_the_same_hash_is_deleted_only_if_it_was_seen_to_come_out_of_the_queue() {
    let account = Account::new("torbox", "token".into());
    let item = ItemId(format!("queued/9/{HASH}"));
    for was_seen in [true, false] {
        let begun = Arc::new(AtomicBool::new(false));
        let server = server(begun.clone()).await;
        let torbox = torbox(&server);
        if was_seen {
            assert_eq!(torbox.poll(&account, &item).await, Ok(ItemState::Queued));
        }
        begun.store(true, Ordering::Relaxed);
        torbox.release(&account, &item).await.unwrap();
        let expected: &[&str] = if was_seen { &["/torrents/controltorrent"] } else { &[] };
        assert_eq!(deletions(&server), expected);
    }
}

#[tokio::test]
async fn what_still_waits_is_taken_out_of_the_queue() {
    let server = server(Arc::default()).await;
    let account = Account::new("torbox", "token".into());
    torbox(&server).release(&account, &ItemId(format!("queued/9/{HASH}"))).await.unwrap();
    assert_eq!(deletions(&server), ["/queued/controlqueued"]);
}
