//! How one debrid service is reached, and with whose account.

use secrecy::SecretString;
use url::Url;

use super::rows::ServiceRows;
use super::stremthru::StremThruAccess;
use crate::config::addresses::{base_url, base_url_text, proxy};
use crate::config::layers::{Given, Layers};
use crate::domain::DebridService;

/// The settings of one service, such as `HEADWATER_REALDEBRID_TOKEN`.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// The service.
    pub service: DebridService,
    /// `…_TOKEN`: one for every account, in the order in which accounts are used; each fits into a header. For
    /// StremThru, every one is read by [`StremThruAccess::parse`]. Never printed.
    pub tokens: Vec<SecretString>,
    /// `…_URL`: http or https, without credentials or query; append to it with `path_segments_mut`. Default
    /// the address that the service documents; StremThru has none.
    pub base_url: Url,
    /// `…_USER_AGENT`: `None` is ours, `Headwater/` and the version.
    pub user_agent: Option<String>,
    /// `…_PROXY`: http, https or socks5 address of the proxy for the API and the files; `None` connects
    /// directly. May hold credentials, so it is never printed.
    pub proxy: Option<SecretString>,
}

impl ServiceConfig {
    /// The service as nobody has set it; `None` when it has no address of its own.
    pub(super) fn unset(rows: &ServiceRows) -> Option<Self> {
        let base_url = default_url(rows)?;
        Some(Self { service: rows.service, tokens: Vec::new(), base_url, user_agent: None, proxy: None })
    }

    /// What was set for the service; `None` when it has no address, which is a mistake if it has anything
    /// else.
    pub(super) fn read(rows: &ServiceRows, layers: &mut Layers<'_>) -> Option<Self> {
        let before = layers.mistakes();
        let url = layers.value(rows.base_url.name, default_url(rows), |given| base_url(given).map(Some));
        // A wrong address has been told already.
        let is_missing = url.is_none() && layers.mistakes() == before;
        let tokens = layers.value(rows.token.name, Vec::new(), |given| tokens(given, rows.service));
        let user_agent = layers.value(rows.user_agent.name, None, |given| user_agent(given).map(Some));
        let proxy = layers.value(rows.proxy.name, None, |given| proxy(given).map(Some));
        let is_used = !tokens.is_empty() || user_agent.is_some() || proxy.is_some();
        if is_missing && (is_used || layers.mistakes() > before) {
            let problem = format!("must be set when {} is used", rows.service.label());
            layers.mistake(rows.base_url.name, problem);
        }
        Some(Self { service: rows.service, tokens, base_url: url?, user_agent, proxy })
    }

    /// The four settings as text, secrets hidden.
    pub(super) fn describe(&self, rows: &ServiceRows) -> [(&'static str, String); 4] {
        let hidden = |is_set: bool| if is_set { "(hidden)".to_owned() } else { String::new() };
        [
            (rows.token.name, hidden(!self.tokens.is_empty())),
            (rows.base_url.name, base_url_text(&self.base_url)),
            (rows.user_agent.name, self.user_agent.clone().unwrap_or_default()),
            (rows.proxy.name, hidden(self.proxy.is_some())),
        ]
    }
}

fn default_url(rows: &ServiceRows) -> Option<Url> {
    let text = rows.base_url.default;
    (!text.is_empty())
        .then(|| Url::parse(text).expect("the addresses of the list are valid, as a test shows"))
}

fn tokens(given: &Given, service: DebridService) -> Result<Vec<SecretString>, String> {
    let texts = given.text.split(',').map(str::trim).filter(|text| !text.is_empty());
    texts
        .map(|text| {
            if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err("must be made of printable ASCII characters without spaces".to_owned());
            }
            if service == DebridService::StremThru {
                StremThruAccess::parse(text)?;
            }
            Ok(SecretString::from(text.to_owned()))
        })
        .collect()
}

/// A user agent travels in a header and, unlike a token, may hold spaces (RFC 9110, 10.1.5).
fn user_agent(given: &Given) -> Result<String, String> {
    if given.text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        Ok(given.text.clone())
    } else {
        Err("must be made of printable ASCII characters".to_owned())
    }
}
