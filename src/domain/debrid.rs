//! The debrid services that can be asked for a content.

use std::fmt;
use std::str::FromStr;

/// A service that downloads torrents into an account of the operator and hands out links to the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DebridService {
    /// real-debrid.com.
    RealDebrid,
    /// torbox.app.
    TorBox,
    /// alldebrid.com.
    AllDebrid,
    /// premiumize.me.
    Premiumize,
    /// debrid-link.com.
    DebridLink,
    /// offcloud.com.
    Offcloud,
    /// put.io.
    PutIo,
    /// A StremThru server, which speaks to further services in its turn.
    StremThru,
}

/// The text names no debrid service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the name of a debrid service")]
pub struct UnknownDebridService;

impl DebridService {
    /// Every service, in the order in which they are asked when nobody chose another.
    pub const ALL: [Self; 8] = [
        Self::RealDebrid,
        Self::TorBox,
        Self::AllDebrid,
        Self::Premiumize,
        Self::DebridLink,
        Self::Offcloud,
        Self::PutIo,
        Self::StremThru,
    ];

    /// The name in settings, logs and metrics: lower-case letters only.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RealDebrid => "realdebrid",
            Self::TorBox => "torbox",
            Self::AllDebrid => "alldebrid",
            Self::Premiumize => "premiumize",
            Self::DebridLink => "debridlink",
            Self::Offcloud => "offcloud",
            Self::PutIo => "putio",
            Self::StremThru => "stremthru",
        }
    }

    /// The name as the service itself writes it, for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::RealDebrid => "Real-Debrid",
            Self::TorBox => "TorBox",
            Self::AllDebrid => "AllDebrid",
            Self::Premiumize => "Premiumize",
            Self::DebridLink => "Debrid-Link",
            Self::Offcloud => "Offcloud",
            Self::PutIo => "put.io",
            Self::StremThru => "StremThru",
        }
    }
}

impl FromStr for DebridService {
    type Err = UnknownDebridService;

    /// Reads [`DebridService::name`], in either case.
    fn from_str(text: &str) -> Result<Self, UnknownDebridService> {
        let named = |service: &Self| service.name().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(named).ok_or(UnknownDebridService)
    }
}

impl fmt::Display for DebridService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_read_back_by_its_name() {
        for service in DebridService::ALL {
            assert_eq!(service.to_string().parse(), Ok(service));
            assert_eq!(service.name().to_ascii_uppercase().parse(), Ok(service));
            assert!(service.name().bytes().all(|byte| byte.is_ascii_lowercase()), "{service}");
        }
    }

    #[test]
    fn labels_and_other_words_are_not_names() {
        for text in ["", "Real-Debrid", "put.io", "rd", "torbox ", "easydebrid"] {
            assert_eq!(text.parse::<DebridService>(), Err(UnknownDebridService), "{text}");
        }
    }
}
