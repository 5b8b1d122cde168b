//! The eight services, and which of their calls add a torrent or make a link.

use crate::support::debrid::alldebrid::ALL_DEBRID;
use crate::support::debrid::debridlink::DEBRID_LINK;
use crate::support::debrid::offcloud::OFFCLOUD;
use crate::support::debrid::premiumize::PREMIUMIZE;
use crate::support::debrid::putio::PUT_IO;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::stremthru::STREM_THRU;
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Call, ServiceKind};

/// A service, and how its calls are told apart.
pub(super) struct Service {
    /// The fake.
    pub(super) kind: ServiceKind,
    /// What its setting has before the token.
    pub(super) store: &'static str,
    /// Whether a call adds a torrent to the account.
    pub(super) submits: fn(&Call) -> bool,
    /// Whether a call makes a link to a file. Where links come with a list of files, it is that list.
    pub(super) links: fn(&Call) -> bool,
    /// Whether what it holds has to be added to the account before it can be had.
    pub(super) adds: bool,
    /// How its file server answers when a link has ended: the status, and `X-Error`.
    pub(super) ended: (u16, Option<&'static str>),
}

/// A service by the name that settings give it.
///
/// # Panics
/// If there is none of that name.
pub(super) fn named(name: &str) -> &'static Service {
    ALL.iter().find(|service| service.kind.name == name).expect("tests name services that exist")
}

/// All of them, in the order in which they are asked.
pub(super) static ALL: [Service; 8] = [
    Service {
        kind: REAL_DEBRID,
        store: "",
        submits: |call| ["/torrents/addMagnet", "/torrents/addTorrent"].contains(&call.path.as_str()),
        links: |call| call.path == "/unrestrict/link",
        adds: true,
        ended: (404, Some("invalid_download_code")),
    },
    Service {
        kind: TORBOX,
        store: "",
        submits: |call| call.path == "/torrents/createtorrent",
        links: |call| call.path == "/torrents/requestdl",
        adds: true,
        ended: (403, None),
    },
    Service {
        kind: ALL_DEBRID,
        store: "",
        submits: |call| call.path.starts_with("/v4/magnet/upload"),
        links: |call| call.path == "/v4/link/unlock",
        adds: true,
        ended: (410, None),
    },
    Service {
        kind: PREMIUMIZE,
        store: "",
        submits: |call| call.path == "/transfer/create",
        links: |call| call.path == "/transfer/directdl",
        adds: false,
        ended: (404, None),
    },
    Service {
        kind: DEBRID_LINK,
        store: "",
        submits: |call| call.path == "/seedbox/add",
        links: |call| call.path == "/seedbox/list" && call.query.contains("ids="),
        adds: true,
        ended: (404, None),
    },
    Service {
        kind: OFFCLOUD,
        store: "",
        submits: |call| call.path == "/api/cloud",
        links: |call| call.path.starts_with("/api/cloud/explore/"),
        adds: true,
        ended: (410, None),
    },
    Service {
        kind: PUT_IO,
        store: "",
        submits: |call| call.path == "/transfers/add",
        links: |call| call.path.starts_with("/files/") && call.path.ends_with("/url"),
        adds: true,
        ended: (401, None),
    },
    Service {
        kind: STREM_THRU,
        store: "pikpak=",
        submits: |call| call.path == "/v0/store/torz" && call.method == "POST",
        links: |call| call.path == "/v0/store/torz/link/generate",
        adds: true,
        ended: (404, None),
    },
];

/// Makes one test for each service out of a function that takes its name.
macro_rules! for_each_service {
    ($body:path: $($test:ident $name:literal),* $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            $body($name).await;
        }
    )*};
}
pub(super) use for_each_service;
