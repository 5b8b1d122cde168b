//! The services under test.

use crate::support::debrid::alldebrid::ALL_DEBRID;
use crate::support::debrid::debridlink::DEBRID_LINK;
use crate::support::debrid::offcloud::OFFCLOUD;
use crate::support::debrid::premiumize::PREMIUMIZE;
use crate::support::debrid::putio::PUT_IO;
use crate::support::debrid::realdebrid::REAL_DEBRID;
use crate::support::debrid::stremthru::{STREM_THRU, STREM_THRU_LEGACY};
use crate::support::debrid::torbox::TORBOX;
use crate::support::debrid::{Call, ServiceKind};

/// A service, and how it is used.
pub(super) struct Subject {
    /// The fake.
    pub(super) kind: ServiceKind,
    /// The tokens of two accounts, each with what the operator sets to use it.
    pub(super) accounts: [(&'static str, &'static str); 2],
    /// The call by which a magnet link gets into the account: method and path.
    pub(super) submit: &'static str,
}

/// Every service; StremThru in every way in which it is spoken to.
pub(super) static ALL: [Subject; 10] = [
    Subject { kind: REAL_DEBRID, accounts: PLAIN, submit: "POST /torrents/addMagnet" },
    Subject { kind: TORBOX, accounts: PLAIN, submit: "POST /torrents/createtorrent" },
    Subject { kind: ALL_DEBRID, accounts: PLAIN, submit: "POST /v4/magnet/upload" },
    Subject { kind: PREMIUMIZE, accounts: PLAIN, submit: "POST /transfer/create" },
    Subject { kind: DEBRID_LINK, accounts: PLAIN, submit: "POST /seedbox/add" },
    Subject { kind: OFFCLOUD, accounts: PLAIN, submit: "POST /api/cloud" },
    Subject { kind: PUT_IO, accounts: PLAIN, submit: "POST /transfers/add" },
    Subject {
        kind: STREM_THRU,
        accounts: [("first", "torbox=first"), ("second", "torbox=second")],
        submit: "POST /v0/store/torz",
    },
    Subject {
        kind: STREM_THRU,
        accounts: [("user:first", "user:first"), ("user:second", "user:second")],
        submit: "POST /v0/store/torz",
    },
    Subject {
        kind: STREM_THRU_LEGACY,
        accounts: [("first", "realdebrid=first"), ("second", "realdebrid=second")],
        submit: "POST /v0/store/magnets",
    },
];

/// Where the token is all there is to set.
const PLAIN: [(&str, &str); 2] = [("first", "first"), ("second", "second")];

/// A service by the name that settings give it.
///
/// # Panics
/// If there is none of that name.
pub(super) fn named(name: &str) -> &'static Subject {
    ALL.iter().find(|subject| subject.kind.name == name).expect("tests name services that exist")
}

impl Subject {
    /// Whether a call adds a torrent.
    pub(super) fn submits(&self, call: &Call) -> bool {
        self.submit.split_once(' ') == Some((&call.method, &call.path))
    }
}
