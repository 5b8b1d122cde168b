//! The rows of the debrid section in the list of settings: four of its own, and four for every service.

use crate::config::env::Setting;
use crate::domain::DebridService;

/// The four settings of one service.
pub(super) struct ServiceRows {
    /// Whose they are.
    pub(super) service: DebridService,
    /// Its credentials.
    pub(super) token: Setting,
    /// Where its API is reached.
    pub(super) base_url: Setting,
    /// What it is told about this program.
    pub(super) user_agent: Setting,
    /// Through what it is reached.
    pub(super) proxy: Setting,
}

impl ServiceRows {
    /// The names of the settings, in the order in which they are described.
    pub(super) const fn names(&self) -> [&'static str; 4] {
        [self.token.name, self.base_url.name, self.user_agent.name, self.proxy.name]
    }
}

/// Builds the rows of a service from its names and from what differs between services, because the names of
/// settings are constants and no function can put a constant text together.
macro_rules! service_rows {
    ($service:ident, $label:literal, $variable:literal, $word:literal, $url:literal, $token:literal) => {
        ServiceRows {
            service: DebridService::$service,
            token: Setting {
                name: concat!("HEADWATER_", $variable, "_TOKEN"),
                flag: concat!($word, "-token"),
                key: concat!($word, ".token"),
                aliases: &[],
                default: "",
                meaning: concat!(
                    $token,
                    "; several are separated by commas, and the next is used when one is refused."
                ),
            },
            base_url: Setting {
                name: concat!("HEADWATER_", $variable, "_URL"),
                flag: concat!($word, "-url"),
                key: concat!($word, ".url"),
                aliases: &[],
                default: $url,
                meaning: concat!("Base address of the API of ", $label, "."),
            },
            user_agent: Setting {
                name: concat!("HEADWATER_", $variable, "_USER_AGENT"),
                flag: concat!($word, "-user-agent"),
                key: concat!($word, ".user_agent"),
                aliases: &[],
                default: "",
                meaning: concat!(
                    "User agent that ",
                    $label,
                    " is told. Without it, `Headwater/` and the version."
                ),
            },
            proxy: Setting {
                name: concat!("HEADWATER_", $variable, "_PROXY"),
                flag: concat!($word, "-proxy"),
                key: concat!($word, ".proxy"),
                aliases: &[],
                default: "",
                meaning: concat!(
                    "http, https or socks5 address of the proxy through which ",
                    $label,
                    " and its files are reached."
                ),
            },
        }
    };
}

/// The rows of every service, in the order of [`DebridService::ALL`].
pub(super) const SERVICES: [ServiceRows; 8] = [
    service_rows!(
        RealDebrid,
        "Real-Debrid",
        "REALDEBRID",
        "realdebrid",
        "https://api.real-debrid.com/rest/1.0",
        "API token of Real-Debrid"
    ),
    service_rows!(
        TorBox,
        "TorBox",
        "TORBOX",
        "torbox",
        "https://api.torbox.app/v1/api",
        "API token of TorBox"
    ),
    // Without the version: some routes are of v4 and some of v4.1.
    service_rows!(
        AllDebrid,
        "AllDebrid",
        "ALLDEBRID",
        "alldebrid",
        "https://api.alldebrid.com",
        "API key of AllDebrid"
    ),
    service_rows!(
        Premiumize,
        "Premiumize",
        "PREMIUMIZE",
        "premiumize",
        "https://www.premiumize.me/api",
        "API key of Premiumize"
    ),
    service_rows!(
        DebridLink,
        "Debrid-Link",
        "DEBRIDLINK",
        "debridlink",
        "https://debrid-link.com/api/v2",
        "API key of Debrid-Link"
    ),
    service_rows!(
        Offcloud,
        "Offcloud",
        "OFFCLOUD",
        "offcloud",
        "https://offcloud.com",
        "API key of Offcloud"
    ),
    service_rows!(PutIo, "put.io", "PUTIO", "putio", "https://api.put.io/v2", "OAuth token of put.io"),
    service_rows!(
        StremThru,
        "StremThru",
        "STREMTHRU",
        "stremthru",
        "",
        "Access through StremThru: `store=token` with a token of your own, such as `pikpak=…`, or `user:password` of that StremThru"
    ),
];

/// The settings that concern all services alike.
const GENERAL: [Setting; 4] = [
    Setting {
        name: "HEADWATER_DEBRID_ORDER",
        flag: "debrid-order",
        key: "debrid.order",
        aliases: &[],
        default: "realdebrid,torbox,alldebrid,premiumize,debridlink,offcloud,putio,stremthru",
        meaning: "The order in which debrid services are asked. Only those that have a token and are named here are.",
    },
    Setting {
        name: "HEADWATER_DEBRID_UNCACHED",
        flag: "debrid-uncached",
        key: "debrid.uncached",
        aliases: &[],
        default: "true",
        meaning: "Whether a debrid service may be asked to fetch what it does not hold yet.",
    },
    Setting {
        name: "HEADWATER_DEBRID_WAIT",
        flag: "debrid-wait",
        key: "debrid.wait",
        aliases: &[],
        default: "30m",
        meaning: "How long such a fetch may take while it makes progress. A bare number is in seconds.",
    },
    Setting {
        name: "HEADWATER_DEBRID_KEEP",
        flag: "debrid-keep",
        key: "debrid.keep",
        aliases: &[],
        default: "1d",
        meaning: "An item that this server made in an account is deleted so long after its last use. 0 keeps everything. A bare number is in seconds.",
    },
];

/// All rows of the section, in the order in which they are documented and described.
pub(in crate::config) const SETTINGS: &[Setting] = &{
    let mut all = [GENERAL[0]; GENERAL.len() + 4 * SERVICES.len()];
    let mut at = 0;
    while at < GENERAL.len() {
        all[at] = GENERAL[at];
        at += 1;
    }
    let mut service = 0;
    while service < SERVICES.len() {
        let rows = &SERVICES[service];
        all[at] = rows.token;
        all[at + 1] = rows.base_url;
        all[at + 2] = rows.user_agent;
        all[at + 3] = rows.proxy;
        at += 4;
        service += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_those_of_the_services_in_their_order() {
        let services = SERVICES.map(|rows| rows.service);
        assert_eq!(services, DebridService::ALL);
        let order = GENERAL[0].default;
        assert_eq!(order, DebridService::ALL.map(DebridService::name).join(","));
    }

    #[test]
    fn the_rows_bear_the_names_of_their_service() {
        for rows in &SERVICES {
            let (name, label) = (rows.service.name(), rows.service.label());
            for (row, key) in [
                (&rows.token, "token"),
                (&rows.base_url, "url"),
                (&rows.user_agent, "user_agent"),
                (&rows.proxy, "proxy"),
            ] {
                assert_eq!(row.key, format!("{name}.{key}"));
                assert!(row.meaning.contains(label), "{}", row.name);
            }
        }
    }
}
