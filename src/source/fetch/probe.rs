//! What lies at an address, found out with one request for its first byte.

use std::time::Duration;

use http::header::{ACCEPT_ENCODING, CONTENT_DISPOSITION, CONTENT_TYPE, RANGE};
use percent_encoding::percent_decode_str;

use super::fault::Fault;
use super::response::{Asked, judge};
use super::{Link, Refusal};

/// How long the head of a response may take, connecting included.
pub(super) const HEADERS: Duration = Duration::from_secs(10);

/// What lies at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Bytes of the file.
    pub length: u64,
    /// What the server calls it, or else the last segment of its address.
    pub name: Option<String>,
    /// The strong entity tag.
    pub tag: Option<String>,
    /// Whether the server answers ranges.
    pub ranges: bool,
    /// The media type, in lower case and without parameters.
    pub media_type: Option<String>,
}

/// Asks for the first byte of what lies at `link`: some hosts refuse HEAD, and some lie in its answer. Nothing
/// more of the body is read.
pub async fn probe(link: &Link) -> Result<Probe, Refusal> {
    let _permit = link.connections.acquire().await.map_err(|_| closed())?;
    let response = send(link, "bytes=0-0", None).await.map_err(Fault::into_refusal)?;
    let asked = Asked { start: 0, length: None, tag: None };
    let answer = judge(response.status(), response.headers(), &asked).map_err(Fault::into_refusal)?;
    let disposition = response.headers().get(CONTENT_DISPOSITION).and_then(|value| value.to_str().ok());
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next());
    let media_type = media_type.map(|value| value.trim().to_ascii_lowercase());
    let name = disposition.and_then(file_name).or_else(|| last_segment(response.url()));
    Ok(Probe { length: answer.total, name, tag: answer.tag, ranges: answer.partial, media_type })
}

/// Sends one request for `range`, for the file with the strong entity tag `tag` only if it is given.
pub(super) async fn send(link: &Link, range: &str, tag: Option<&str>) -> Result<reqwest::Response, Fault> {
    let mut request = link
        .client
        .get(link.url.clone())
        .headers(link.headers.clone())
        .header(RANGE, range)
        .header(ACCEPT_ENCODING, "identity");
    if let Some(tag) = tag {
        request = request.header(http::header::IF_RANGE, tag);
    }
    match tokio::time::timeout(HEADERS, request.send()).await {
        Ok(response) => response.map_err(Fault::of),
        Err(_) => Err(Fault::Broken(format!("no answer within {} s", HEADERS.as_secs()))),
    }
}

fn closed() -> Refusal {
    Refusal::Silent("no connection to it is allowed any more".to_owned())
}

/// The file name in a `Content-Disposition` (RFC 6266), the extended form before the plain one.
fn file_name(disposition: &str) -> Option<String> {
    let parameters: Vec<(String, &str)> = disposition
        .split(';')
        .filter_map(|part| part.split_once('='))
        .map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim()))
        .collect();
    let value = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
    let extended = value("filename*").and_then(|value| {
        let (charset, encoded) = value.split_once('\'')?;
        let (_, encoded) = encoded.split_once('\'')?;
        charset
            .eq_ignore_ascii_case("utf-8")
            .then(|| percent_decode_str(encoded).decode_utf8_lossy().into_owned())
    });
    let plain = || value("filename").map(|value| value.trim_matches('"').to_owned());
    extended.or_else(plain).and_then(|name| without_folders(&name))
}

fn last_segment(url: &url::Url) -> Option<String> {
    let segment = url.path_segments()?.next_back()?;
    without_folders(&percent_decode_str(segment).decode_utf8_lossy())
}

/// A name is one segment, whatever a server makes of it.
fn without_folders(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_disposition_or_the_address() {
        for (disposition, name) in [
            ("attachment; filename=\"A Film.mkv\"", Some("A Film.mkv")),
            ("inline; FileName=a.mp4", Some("a.mp4")),
            ("attachment; filename=\"a.mp4\"; filename*=UTF-8''%C3%A4%20b.mp4", Some("ä b.mp4")),
            ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
            ("attachment", None),
            ("attachment; filename=\"\"", None),
        ] {
            assert_eq!(file_name(disposition).as_deref(), name, "{disposition}");
        }
        let segment = |url: &str| last_segment(&url.parse().unwrap());
        assert_eq!(segment("http://host/a/b%20c.mkv?token=1").as_deref(), Some("b c.mkv"));
        assert_eq!(segment("http://host/"), None);
    }
}
