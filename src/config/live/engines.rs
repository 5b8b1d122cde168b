//! AceStream engines as the operator writes them.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::config::layers::Given;

/// The port of an engine's HTTP API when nobody says otherwise.
const DEFAULT_PORT: u16 = 6878;

/// Where an engine's HTTP API is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EngineAddress {
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// The port of its HTTP API.
    pub port: u16,
}

impl EngineAddress {
    /// The root of its HTTP API.
    pub fn url(&self) -> Url {
        format!("http://{self}/").parse().expect("host and port were taken from a URL")
    }
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// One engine and what is known of it without asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineSettings {
    /// Where it is.
    pub address: EngineAddress,
    /// Whether peers can reach it from outside.
    pub forwarded: bool,
    /// The tunnel it shares with other engines: when it is down, so are they.
    pub vpn: Option<String>,
    /// What it is called in reports; the specification says container id. Without it, host and port are.
    pub name: Option<String>,
}

/// The text names no engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an engine such as `127.0.0.1:6878` or `http://10.0.0.2:6878?forwarded=true`: {problem}"
)]
pub struct InvalidEngine {
    text: String,
    problem: String,
}

impl FromStr for EngineSettings {
    type Err = InvalidEngine;

    /// Reads `host`, `host:port`, or `http://host:port` with `forwarded`, `vpn` and `name` in the query.
    fn from_str(text: &str) -> Result<Self, InvalidEngine> {
        let wrong = |problem: String| InvalidEngine { text: text.to_owned(), problem };
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url: Url = full.parse().map_err(|error: url::ParseError| wrong(error.to_string()))?;
        if url.scheme() != "http" {
            return Err(wrong("engines speak http only".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("engines know no passwords".to_owned()));
        }
        if url.path() != "/" {
            return Err(wrong("only host and port are wanted".to_owned()));
        }
        let host = url.host_str().ok_or_else(|| wrong("it has no host".to_owned()))?;
        // A port that is the default of http is not shown by the parsed address; `:80` is what somebody wrote then.
        let written = full.contains(":80") && url.port().is_none();
        let port = url.port().unwrap_or(if written { 80 } else { DEFAULT_PORT });
        let host = host.trim_matches(['[', ']']).to_owned();
        let address = EngineAddress { host, port };
        let mut engine = Self { address, forwarded: false, vpn: None, name: None };
        for (key, value) in url.query_pairs() {
            match (&*key, &*value) {
                ("forwarded", "true" | "1" | "yes" | "") => engine.forwarded = true,
                ("forwarded", "false" | "0" | "no") => engine.forwarded = false,
                ("vpn", name) if !name.is_empty() => engine.vpn = Some(name.to_owned()),
                ("name", name) if !name.is_empty() => engine.name = Some(name.to_owned()),
                (key, value) => return Err(wrong(format!("`{key}={value}` is not known"))),
            }
        }
        Ok(engine)
    }
}

impl fmt::Display for EngineSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.address.url();
        if self.forwarded {
            url.query_pairs_mut().append_pair("forwarded", "true");
        }
        for (key, value) in [("vpn", &self.vpn), ("name", &self.name)] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(key, value);
            }
        }
        f.write_str(url.as_str())
    }
}

/// The engines of a list with commas. None may stand there twice.
pub(super) fn list(given: &Given) -> Result<Vec<EngineSettings>, String> {
    let mut engines: Vec<EngineSettings> = Vec::new();
    for text in given.text.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let engine: EngineSettings = text.parse().map_err(|error: InvalidEngine| error.to_string())?;
        if engines.iter().any(|other| other.address == engine.address) {
            return Err(format!("the engine {} stands there twice", engine.address));
        }
        engines.push(engine);
    }
    Ok(engines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_a_host_a_port_and_what_is_known_of_it() {
        let engine: EngineSettings =
            "http://10.0.0.2:6879?forwarded=true&vpn=one&name=first".parse().unwrap();
        assert_eq!(engine.address, EngineAddress { host: "10.0.0.2".to_owned(), port: 6879 });
        assert!(engine.forwarded);
        assert_eq!((engine.vpn.as_deref(), engine.name.as_deref()), (Some("one"), Some("first")));
        assert_eq!(engine.to_string().parse(), Ok(engine));
    }

    #[test]
    fn a_bare_host_has_the_port_of_engines() {
        for (text, address) in [
            ("ace", "ace:6878"),
            ("ace:62000", "ace:62000"),
            ("ace:80", "ace:80"),
            ("[::1]:6878", "[::1]:6878"),
            ("http://127.0.0.1/", "127.0.0.1:6878"),
        ] {
            assert_eq!(text.parse::<EngineSettings>().unwrap().address.to_string(), address);
        }
    }

    #[test]
    fn what_is_no_engine_is_refused_with_a_reason() {
        for (text, reason) in [
            ("https://ace", "http only"),
            ("http://me:secret@ace", "no passwords"),
            ("http://ace/webui", "only host and port"),
            ("ace?forwarded=perhaps", "not known"),
            ("ace?color=red", "not known"),
            ("", "empty host"),
        ] {
            let error = text.parse::<EngineSettings>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
