//! One indexer in the form.

use url::Url;

use super::draft::word;
use super::fields::Fields;
use super::kept::{Keeper, KeptIndexer};
use super::probe::Said;
use super::problem::Problem;
use crate::profile::{IndexerKind, IndexerSettings, Secret};

/// An indexer. Its key is on the page in sealed form only, and so is an address that may hold one.
#[derive(Debug)]
pub(super) struct IndexerRow {
    /// Tells the rows of a page apart.
    pub(super) key: String,
    /// What it speaks.
    pub(super) kind: IndexerKind,
    /// What people call it; empty means the name of its kind.
    pub(super) name: String,
    /// Where it is, if that is known yet.
    pub(super) url: Option<Url>,
    /// The key it wants.
    pub(super) api_key: Option<Secret>,
    /// Whether it is asked.
    pub(super) enabled: bool,
    /// What a test just said.
    pub(super) said: Option<Said>,
}

impl IndexerRow {
    /// An indexer of which only the kind is known.
    pub(super) fn new(key: String, kind: IndexerKind) -> Self {
        Self { key, kind, name: String::new(), url: None, api_key: None, enabled: true, said: None }
    }

    /// An indexer of a profile.
    pub(super) fn of(key: usize, settings: &IndexerSettings) -> Self {
        Self {
            key: key.to_string(),
            kind: settings.kind,
            name: settings.name.clone(),
            url: Some(settings.url.clone()),
            api_key: settings.api_key.clone(),
            enabled: settings.enabled,
            said: None,
        }
    }

    /// The row `key` of the form: what was typed, else what was kept.
    pub(super) fn read(
        fields: &Fields,
        key: &str,
        keeper: &Keeper<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let text = |name: &str| fields.text(&format!("indexer-{key}-{name}"));
        let kind = word(text("kind"))?;
        let typed = Typed { url: text("url"), api_key: text("key"), kept: text("kept") };
        let place = typed.place(keeper).unwrap_or_else(|(field, why)| {
            problems.push(Problem::at(format!("indexer-{key}-{field}"), why));
            KeptIndexer { url: None, api_key: None }
        });
        Some(Self {
            key: key.to_owned(),
            kind,
            name: text("name").to_owned(),
            url: place.url,
            api_key: place.api_key,
            enabled: fields.is_on(&format!("indexer-{key}-enabled")),
            said: None,
        })
    }

    /// The settings, if there is an address. A problem that [`Self::read`] found with it is not told twice.
    pub(super) fn finish(&self, problems: &mut Vec<Problem>) -> Option<IndexerSettings> {
        let settings = self.settings();
        let field = format!("indexer-{}-url", self.key);
        if settings.is_none() && !problems.iter().any(|problem| problem.field == field) {
            problems.push(Problem::at(
                field,
                format!("Enter the address of {}, or remove it.", self.shown_name()),
            ));
        }
        settings
    }

    /// The settings, if there is an address.
    pub(super) fn settings(&self) -> Option<IndexerSettings> {
        Some(IndexerSettings {
            kind: self.kind,
            name: self.shown_name().to_owned(),
            url: self.url.clone()?,
            api_key: self.api_key.clone(),
            enabled: self.enabled,
        })
    }

    /// What people call it.
    pub(super) fn shown_name(&self) -> &str {
        if self.name.is_empty() { self.kind.label() } else { &self.name }
    }

    /// The address as far as it may be shown: whole, if there is no room for a key in it.
    pub(super) fn open_address(&self) -> Option<&Url> {
        self.url.as_ref().filter(|url| is_plain(url))
    }

    /// Where an address is that may not be shown whole.
    pub(super) fn hidden_address(&self) -> Option<String> {
        let url = self.url.as_ref().filter(|url| !is_plain(url))?;
        Some(format!("{}/…", url.origin().ascii_serialization()))
    }
}

/// What one row of the form says of address and key.
pub(super) struct Typed<'a> {
    /// The address field.
    pub(super) url: &'a str,
    /// The key field.
    pub(super) api_key: &'a str,
    /// What was kept, sealed.
    pub(super) kept: &'a str,
}

impl Typed<'_> {
    /// The address and the key, each as it was typed, else as it was kept. A kept key is for the server it was saved
    /// for: whoever knows a profile's address could otherwise have it sent to a server of his own.
    ///
    /// # Errors
    /// The field and what is wrong with it. The text is not repeated, because it may hold a key.
    pub(super) fn place(&self, keeper: &Keeper<'_>) -> Result<KeptIndexer, (&'static str, String)> {
        let kept = keeper.open_indexer(self.kept);
        let kept = kept.unwrap_or(KeptIndexer { url: None, api_key: None });
        let key = (!self.api_key.is_empty()).then(|| Secret::from(self.api_key.to_owned()));
        if self.url.is_empty() {
            return Ok(KeptIndexer { url: kept.url, api_key: key.or(kept.api_key) });
        }
        let url = address(self.url).map_err(|why| ("url", why.to_owned()))?;
        let is_same_server = kept.url.is_some_and(|kept| kept.origin() == url.origin());
        Ok(KeptIndexer { url: Some(url), api_key: key.or(kept.api_key.filter(|_| is_same_server)) })
    }
}

/// Reads an address as people have it at hand: without a scheme, or with the one that opens Stremio.
fn address(text: &str) -> Result<Url, &'static str> {
    let text = match text.strip_prefix("stremio://") {
        Some(rest) => format!("https://{rest}"),
        None if text.contains("://") => text.to_owned(),
        None => format!("http://{text}"),
    };
    let url = Url::parse(&text).map_err(|_| "This is no address; one looks like http://192.168.1.5:9117")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("The address has to begin with http:// or https://");
    }
    Ok(url)
}

fn is_plain(url: &Url) -> bool {
    let has_user = !url.username().is_empty() || url.password().is_some();
    !has_user && url.path() == "/" && url.query().is_none() && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Sealer;

    fn place(kept: &KeptIndexer, url: &str, api_key: &str) -> Result<KeptIndexer, (&'static str, String)> {
        let sealer = Sealer::new(b"of this test");
        let keeper = Keeper::new(&sealer, Some("p"));
        Typed { url, api_key, kept: &keeper.seal_indexer(kept) }.place(&keeper)
    }

    fn kept(url: &str, key: &str) -> KeptIndexer {
        KeptIndexer { url: Some(url.parse().unwrap()), api_key: Some(Secret::from(key.to_owned())) }
    }

    #[test]
    fn a_kept_key_is_sent_to_no_other_server() {
        let saved = kept("http://jackett.example:9117/", "k1");
        let same = place(&saved, "http://jackett.example:9117/jackett", "").unwrap();
        assert!(same == kept("http://jackett.example:9117/jackett", "k1"));
        for other in ["http://other.example:9117", "https://jackett.example:9117", "jackett.example"] {
            assert_eq!(place(&saved, other, "").unwrap().api_key, None, "{other}");
        }
        assert!(place(&saved, "http://other.example", "k2").unwrap() == kept("http://other.example/", "k2"));
        assert!(place(&saved, "", "").unwrap() == saved);
    }

    #[test]
    fn addresses_are_read_as_people_have_them() {
        for (text, url) in [
            ("192.168.1.5:9117", "http://192.168.1.5:9117/"),
            ("https://tv.example/x?apikey=1", "https://tv.example/x?apikey=1"),
            ("stremio://tv.example/abc/manifest.json", "https://tv.example/abc/manifest.json"),
        ] {
            assert_eq!(address(text).map(|url| url.to_string()), Ok(url.to_owned()), "{text}");
        }
        for text in ["", "ftp://tv.example/", "http://", "file:///etc/passwd", "a b"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_an_address_without_room_for_a_key_is_shown() {
        let shown = |url: &str| {
            let row = IndexerRow {
                url: Some(url.parse().unwrap()),
                ..IndexerRow::new("0".to_owned(), IndexerKind::Torznab)
            };
            (row.open_address().map(Url::to_string), row.hidden_address())
        };
        assert_eq!(shown("http://a:1/"), (Some("http://a:1/".to_owned()), None));
        for secret in
            ["http://a:1/secret/manifest.json", "http://a:1/?apikey=secret", "http://me:secret@a:1/"]
        {
            assert_eq!(shown(secret), (None, Some("http://a:1/…".to_owned())), "{secret}");
        }
    }
}
