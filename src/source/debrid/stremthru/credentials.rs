//! How an account is named to a StremThru server: by the service behind it and a token there, or by a name and
//! password of the server's own, which then holds the tokens.

use data_encoding::BASE64;
use http::HeaderValue;
use reqwest::RequestBuilder;

/// The services that a token may be for.
const STORES: [&str; 11] = [
    "alldebrid",
    "debrider",
    "debridlink",
    "easydebrid",
    "offcloud",
    "pikpak",
    "premiumize",
    "realdebrid",
    "stremthru",
    "torbox",
    "torrin",
];

/// Adds the headers for `token`: `store=token`, or `user:password`.
pub(super) fn add(request: RequestBuilder, token: &str) -> RequestBuilder {
    match direct(token) {
        Some((store, token)) => request
            .header("X-StremThru-Store-Name", store)
            .header("X-StremThru-Store-Authorization", hidden(&format!("Bearer {token}"))),
        None => request.header(
            "X-StremThru-Authorization",
            hidden(&format!("Basic {}", BASE64.encode(token.as_bytes()))),
        ),
    }
}

/// The service and the token there. A name before the equals sign that is no service's belongs to a password.
fn direct(token: &str) -> Option<(&'static str, &str)> {
    let (name, token) = token.split_once('=')?;
    let store = STORES.into_iter().find(|store| store.eq_ignore_ascii_case(name.trim()))?;
    Some((store, token.trim()))
}

/// A value that no Debug output shows. One that no header can hold is left out, and the server then says that there
/// is no token.
fn hidden(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_service_and_anything_else_is_a_name_and_password() {
        assert_eq!(direct("realdebrid=ABC=="), Some(("realdebrid", "ABC==")));
        assert_eq!(direct("TorBox = ABC"), Some(("torbox", "ABC")));
        assert_eq!(direct("viewer:pass=word"), None);
        assert_eq!(direct("viewer:password"), None);
    }

    #[test]
    fn tokens_are_sent_and_not_shown() {
        let url = "https://stremthru.example/v0/store/user";
        let client = crate::net::client().unwrap();
        let sent = |token: &str| add(client.get(url), token).build().unwrap().headers().clone();
        let direct = sent("torbox=secret");
        assert_eq!(direct["x-stremthru-store-name"], "torbox");
        assert_eq!(direct["x-stremthru-store-authorization"], "Bearer secret");
        assert!(!direct.contains_key("x-stremthru-authorization"));
        let held = sent("viewer:secret");
        assert_eq!(held["x-stremthru-authorization"], "Basic dmlld2VyOnNlY3JldA==");
        assert_eq!(held.len(), 1);
        for headers in [direct, held] {
            let shown = format!("{headers:?}");
            assert!(!shown.contains("secret") && !shown.contains("dmll"), "{shown}");
        }
    }
}
