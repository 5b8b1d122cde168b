//! The addresses that people paste, cut down to where the server is.

use url::Url;

use crate::profile::{IndexerSettings, Secret};

/// The server's own address, ending in a slash: everything before the first segment that `is_inner`, without query.
/// The second is that segment and what follows it.
pub(super) fn split(url: &Url, is_inner: impl Fn(&str) -> bool) -> (Url, Vec<String>) {
    let segments: Vec<&str> =
        url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let inner =
        segments.iter().position(|part| is_inner(&part.to_ascii_lowercase())).unwrap_or(segments.len());
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    let path: String = segments[..inner].iter().map(|part| format!("{part}/")).collect();
    base.set_path(&path);
    (base, segments[inner..].iter().map(|part| (*part).to_owned()).collect())
}

/// The key of the settings, or else the one in the address.
pub(super) fn key(settings: &IndexerSettings) -> Option<Secret> {
    let given = settings.api_key.clone().filter(|key| !key.expose().trim().is_empty());
    given.or_else(|| {
        let named = |name: &str| ["apikey", "passkey"].contains(&name.to_ascii_lowercase().as_str());
        let (_, key) = settings.url.query_pairs().find(|(name, _)| named(name))?;
        Some(Secret::from(key.into_owned()))
    })
}

/// An address below `base`, which ends in a slash. `segments` are encoded.
pub(super) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}
