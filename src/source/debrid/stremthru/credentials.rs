//! How an account is named to a StremThru server: by the service behind it and a token there, or by a name and
//! password of the server's own, which then holds the tokens.

use data_encoding::BASE64;
use http::HeaderValue;
use reqwest::RequestBuilder;

use crate::config::StremThruAccess;

/// Adds the headers for `token`: `store=token`, or `user:password`. Anything else was refused with the settings.
pub(super) fn add(request: RequestBuilder, token: &str) -> RequestBuilder {
    match StremThruAccess::parse(token) {
        Ok(StremThruAccess::Direct { store, token }) => request
            .header("X-StremThru-Store-Name", store)
            .header("X-StremThru-Store-Authorization", hidden(&format!("Bearer {token}"))),
        Ok(StremThruAccess::Held { .. }) => request.header(
            "X-StremThru-Authorization",
            hidden(&format!("Basic {}", BASE64.encode(token.as_bytes()))),
        ),
        Err(_) => request,
    }
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
