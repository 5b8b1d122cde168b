//! Addresses in settings: base addresses of services, proxies, and templates with placeholders.
//!
//! No mistake repeats an address, because any of them may hold a password or key.

use secrecy::SecretString;
use url::Url;

use super::layers::Given;

/// The schemes of web servers.
const WEB: &[&str] = &["http", "https"];

/// What a template may name and what it must.
pub(super) struct Placeholders {
    /// Every word that may stand in braces.
    pub(super) known: &'static [&'static str],
    /// At least one of these has to, or the template would be the same address for every content.
    pub(super) telling: &'static [&'static str],
}

/// The http or https address below which the paths of a service lie. Its path ends in `/` only when it is
/// nothing else. User names and passwords are refused, because base addresses are logged.
pub(super) fn base_url(given: &Given) -> Result<Url, String> {
    let mut url = parse(&given.text, WEB)?;
    plain(&url)?;
    if url.query().is_some() {
        return Err("must have no query".to_owned());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// A base address as text, without a trailing `/`.
pub(super) fn base_url_text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// http or https addresses with whatever they hold, separated by commas. A comma that no address follows is part
/// of the one before: the paths of addons hold lists. `stremio:` is how links to addons begin, and means https.
pub(super) fn web_addresses(given: &Given) -> Result<Vec<Url>, String> {
    let mut texts: Vec<String> = Vec::new();
    for part in given.text.split(',') {
        let begins = part
            .trim_start()
            .split_once("://")
            .is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        match texts.last_mut() {
            Some(last) if !begins && !part.trim().is_empty() => *last = format!("{last},{part}"),
            _ if part.trim().is_empty() => {}
            _ => texts.push(part.to_owned()),
        }
    }
    let address = |(index, text): (usize, &String)| {
        let text = text.trim();
        let https = text.strip_prefix("stremio://").map(|rest| format!("https://{rest}"));
        let url = parse(https.as_deref().unwrap_or(text), WEB);
        url.and_then(|url| plain(&url).map(|()| url))
            .map_err(|problem| format!("address {} {problem}", index + 1))
    };
    texts.iter().enumerate().map(address).collect()
}

/// Such addresses as text, without what may be a key: path and query.
pub(super) fn web_addresses_text(urls: &[Url]) -> String {
    let shown = urls.iter().map(|url| format!("{}/(hidden)", url.origin().ascii_serialization()));
    shown.collect::<Vec<_>>().join(",")
}

/// The address of a proxy, which may hold the user name and password for it.
pub(super) fn proxy(given: &Given) -> Result<SecretString, String> {
    parse(&given.text, &["http", "https", "socks5"])?;
    Ok(SecretString::from(given.text.clone()))
}

/// Addresses with placeholders in braces, separated by commas. Each becomes an http or https address once the
/// placeholders are filled, and none lets a placeholder choose the server: names come out of torrents, and
/// no torrent may send a request where the operator did not.
pub(super) fn templates(given: &Given, placeholders: &Placeholders) -> Result<Vec<String>, String> {
    let mut good = Vec::new();
    let mut wrong = Vec::new();
    let texts = given.text.split(',').map(str::trim).filter(|text| !text.is_empty());
    for (index, text) in texts.enumerate() {
        match check_template(text, placeholders) {
            Ok(()) => good.push(text.to_owned()),
            Err(problem) => wrong.push(format!("address {} {problem}", index + 1)),
        }
    }
    if wrong.is_empty() { Ok(good) } else { Err(wrong.join("; ")) }
}

/// Templates as text, without their queries: a key for the operator's own server may stand there.
pub(super) fn templates_text(templates: &[String]) -> String {
    let shown = templates.iter().map(|template| match template.split_once('?') {
        Some((address, _)) => format!("{address}?(hidden)"),
        None => template.clone(),
    });
    shown.collect::<Vec<_>>().join(",")
}

fn check_template(text: &str, placeholders: &Placeholders) -> Result<(), String> {
    let used = used_placeholders(text)?;
    if let Some(unknown) = used.iter().find(|used| !placeholders.known.contains(used)) {
        let known = in_braces(placeholders.known);
        return Err(format!("has the unknown placeholder {{{unknown}}}; known are {known}"));
    }
    if !used.iter().any(|used| placeholders.telling.contains(used)) {
        return Err(format!("must have one of {}", in_braces(placeholders.telling)));
    }
    // Two fillings that lead to different servers show a placeholder where none may be.
    let [one, other] = ["0", "1"].map(|filling| {
        let fill = |text: String, name: &&str| text.replace(&format!("{{{name}}}"), filling);
        parse(&used.iter().fold(text.to_owned(), fill), WEB)
    });
    let (one, other) = (one?, other?);
    plain(&one)?;
    if one.origin() != other.origin() {
        return Err("must have its placeholders after the host".to_owned());
    }
    Ok(())
}

fn used_placeholders(template: &str) -> Result<Vec<&str>, String> {
    let mut used = Vec::new();
    let mut rest = template;
    while let Some(brace) = rest.find(['{', '}']) {
        let named = rest[brace..].strip_prefix('{').and_then(|rest| rest.split_once('}'));
        match named.filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphabetic())) {
            Some((name, after)) => {
                used.push(name);
                rest = after;
            }
            None => return Err("has a brace that belongs to no placeholder".to_owned()),
        }
    }
    Ok(used)
}

fn in_braces(names: &[&str]) -> String {
    names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ")
}

fn parse(text: &str, schemes: &[&str]) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| url.has_host() && schemes.contains(&url.scheme()));
    url.ok_or_else(|| {
        let schemes: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
        format!("must be an address that begins with {}", schemes.join(" or "))
    })
}

/// Refuses what is never sent to the server or must not be seen by others.
fn plain(url: &Url) -> Result<(), String> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user name or password".to_owned());
    }
    if url.fragment().is_some() {
        return Err("must have no fragment".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const PLACEHOLDERS: Placeholders =
        Placeholders { known: &["hash", "name", "size"], telling: &["hash", "name"] };

    fn given(text: &str) -> Given {
        Given { place: "X".to_owned(), alias: None, text: text.to_owned() }
    }

    #[test]
    fn base_addresses_lose_their_trailing_slash() {
        for (text, expected) in [
            ("https://api.example/v1/", "https://api.example/v1"),
            ("https://api.example", "https://api.example"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ] {
            let url = base_url(&given(text)).unwrap();
            assert_eq!(base_url_text(&url), expected);
            assert!(url.path() == "/" || !url.path().ends_with('/'), "{url}");
        }
    }

    #[test]
    fn base_addresses_that_would_lose_or_leak_something_are_refused() {
        for (text, expected) in [
            ("api.example", "http://"),
            ("ftp://api.example", "http://"),
            ("https://", "http://"),
            ("https://me:hush@api.example", "user name"),
            ("https://api.example/?key=hush", "query"),
            ("https://api.example/#hush", "fragment"),
        ] {
            let problem = base_url(&given(text)).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
            assert!(!problem.contains("hush"), "{problem}");
        }
    }

    #[test]
    fn proxies_may_hold_credentials_and_mistakes_do_not_repeat_them() {
        for text in ["http://proxy:3128", "https://me:hush@proxy.example", "socks5://me:hush@10.0.0.1:1080"] {
            assert_eq!(proxy(&given(text)).unwrap().expose_secret(), text);
        }
        for text in ["hush", "me:hush@proxy:3128", "socks4://me:hush@proxy", "socks5://"] {
            let problem = proxy(&given(text)).unwrap_err();
            assert!(problem.contains("socks5://") && !problem.contains("hush"), "{problem}");
        }
    }

    #[test]
    fn lists_of_addresses_are_split_before_addresses_only_and_never_shown_whole() {
        let text = "https://a.example/one,two|x=1/manifest.json, http://b.example/api?apikey=hush,,stremio://c.example/hush/manifest.json,";
        let urls = web_addresses(&given(text)).unwrap();
        let hosts: Vec<_> = urls.iter().filter_map(Url::host_str).collect();
        assert_eq!(hosts, ["a.example", "b.example", "c.example"]);
        assert_eq!(urls[0].path(), "/one,two|x=1/manifest.json");
        assert_eq!(urls[2].scheme(), "https");
        let shown = "https://a.example/(hidden),http://b.example/(hidden),https://c.example/(hidden)";
        assert_eq!(web_addresses_text(&urls), shown);
        for (text, expected) in [
            ("hush", "address 1 must be an address"),
            ("http://a.example/,ftp://hush", "address 2 must be an address"),
            ("http://me:hush@a.example/", "user name"),
        ] {
            let problem = web_addresses(&given(text)).unwrap_err();
            assert!(problem.contains(expected) && !problem.contains("hush"), "{problem}");
        }
    }

    #[test]
    fn templates_are_kept_as_they_were_written() {
        let text = "https://nas.example/{hash}/{name}, http://[::1]:8080/get?file={name}&bytes={size} ,";
        let expected =
            ["https://nas.example/{hash}/{name}", "http://[::1]:8080/get?file={name}&bytes={size}"];
        assert_eq!(templates(&given(text), &PLACEHOLDERS).unwrap(), expected);
    }

    #[test]
    fn templates_that_cannot_work_are_refused() {
        for (text, expected) in [
            ("https://nas.example/{title}?hush", "{title}"),
            ("https://nas.example/{HASH}?hush", "{HASH}"),
            ("https://nas.example/{}/{hash}?hush", "{}"),
            ("https://nas.example/film?hush", "must have one of {hash}, {name}"),
            ("https://nas.example/{size}?hush", "must have one of"),
            ("https://nas.example/{hash?hush", "a brace"),
            ("https://nas.example/hash}/{hash}?hush", "a brace"),
            ("https://nas.example/{{hash}}?hush", "a brace"),
            ("ftp://nas.example/{hash}?hush", "http:// or https://"),
            ("{hash}?hush", "http:// or https://"),
            ("https://me:hush@nas.example/{hash}", "user name"),
            ("https://nas.example/#{hash}", "fragment"),
        ] {
            let problem = templates(&given(text), &PLACEHOLDERS).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
            assert!(problem.starts_with("address 1 ") && !problem.contains("hush"), "{problem}");
        }
    }

    #[test]
    fn a_placeholder_never_chooses_the_server() {
        for text in [
            "https://{hash}/",
            "https://{name}.nas.example/",
            "https://nas.example{name}/",
            "https://nas.example:8{size}/{hash}",
            "http{name}://nas.example/{hash}",
            "https:\\\\{name}\\{hash}",
        ] {
            assert!(templates(&given(text), &PLACEHOLDERS).is_err(), "{text}");
        }
    }

    #[test]
    fn every_wrong_template_is_told_by_its_place() {
        let text = "https://a.example/{x},https://b.example/{hash},https://c.example/{y}";
        let problem = templates(&given(text), &PLACEHOLDERS).unwrap_err();
        assert!(problem.contains("address 1 ") && problem.contains("address 3 "), "{problem}");
        assert!(!problem.contains("address 2 "), "{problem}");
    }

    #[test]
    fn queries_of_templates_are_not_shown() {
        let templates =
            ["https://a.example/{hash}", "https://b.example/?key=hush&of={hash}"].map(str::to_owned);
        assert_eq!(templates_text(&templates), "https://a.example/{hash},https://b.example/?(hidden)");
    }
}
