//! What a profile may hold. It comes from whoever can open the page, so everything has an end.

use regex::{Regex, RegexBuilder};
use url::Url;

use super::{Filters, IndexerSettings, Listing, Profile, ServiceAccount};
use crate::config::StremThruAccess;
use crate::domain::DebridService;

/// Most indexers of one profile: all of them are asked for every list.
pub const MOST_INDEXERS: usize = 20;

/// Most debrid accounts of one profile.
pub const MOST_SERVICES: usize = 10;

/// Most bytes of a profile as JSON.
pub const MOST_BYTES: usize = 100_000;

const MOST_NAME: usize = 60;
const MOST_SECRET: usize = 512;
const MOST_ADDRESS: usize = 2_000;
const MOST_GROUPS: usize = 100;
const MOST_EXPRESSION: usize = 1_000;
const MOST_TEMPLATE: usize = 4_000;
const MOST_ROWS: usize = 500;

/// Bytes of a compiled expression, and of what it may need while it runs.
const MOST_COMPILED: usize = 1 << 20;

/// What is wrong with one part of a profile, for the one who filled it in. Says no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{field}: {message}")]
pub struct Problem {
    /// The part, by its name in the JSON of a profile, such as `services` or `listing.filters.mustMatch`.
    pub field: &'static str,
    /// One sentence without its full stop.
    pub message: String,
}

/// An expression for names of releases, which fits in either case.
///
/// # Errors
/// A sentence about what is wrong with it.
pub fn expression(text: &str) -> Result<Regex, String> {
    if text.chars().count() > MOST_EXPRESSION {
        return Err(format!("must have at most {MOST_EXPRESSION} characters"));
    }
    let built = RegexBuilder::new(text)
        .case_insensitive(true)
        .size_limit(MOST_COMPILED)
        .dfa_size_limit(MOST_COMPILED)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "is too large an expression".to_owned(),
        error => {
            // The last line says what is wrong, and the others show where.
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("is no regular expression: {why}")
        }
    })
}

impl Profile {
    /// Everything that is wrong with it; nothing, if it may be kept.
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Found(Vec::new());
        found.text("name", &self.name);
        found.most("services", self.services.len(), MOST_SERVICES);
        for (at, account) in self.services.iter().enumerate() {
            found.account(account, self.services[..at].contains(account));
        }
        found.most("indexers", self.indexers.len(), MOST_INDEXERS);
        self.indexers.iter().for_each(|indexer| found.indexer(indexer));
        found.listing(&self.listing);
        found.filters(&self.listing.filters);
        let bytes = serde_json::to_vec(self).map_or(usize::MAX, |json| json.len());
        found.is_wrong("profile", bytes > MOST_BYTES, || {
            format!("must not be larger than {MOST_BYTES} bytes")
        });
        found.0
    }
}

struct Found(Vec<Problem>);

impl Found {
    fn say(&mut self, field: &'static str, message: String) {
        self.0.push(Problem { field, message });
    }

    fn is_wrong(&mut self, field: &'static str, is_wrong: bool, message: impl FnOnce() -> String) {
        if is_wrong {
            self.say(field, message());
        }
    }

    fn most(&mut self, field: &'static str, count: usize, most: usize) {
        self.is_wrong(field, count > most, || format!("at most {most} are kept"));
    }

    fn text(&mut self, field: &'static str, text: &str) {
        let is_wrong = text.chars().count() > MOST_NAME || text.chars().any(char::is_control);
        self.is_wrong(field, is_wrong, || {
            format!("a name has at most {MOST_NAME} characters and none that cannot be seen")
        });
    }

    fn account(&mut self, account: &ServiceAccount, is_repeated: bool) {
        let (label, token) = (account.service.label(), account.token.expose());
        let is_token = !token.is_empty() && is_printable(token);
        self.is_wrong("services", !is_token, || {
            let rule = "is made of printable ASCII characters without spaces";
            format!("{label}: a token {rule}, at most {MOST_SECRET}")
        });
        self.is_wrong("services", is_repeated, || format!("{label}: the same account stands there twice"));
        if account.service == DebridService::StremThru
            && is_token
            && let Err(why) = StremThruAccess::parse(token)
        {
            self.say("services", format!("{label}: the token {why}"));
        }
    }

    fn indexer(&mut self, indexer: &IndexerSettings) {
        self.text("indexers", &indexer.name);
        let name: String = indexer.name.chars().filter(|c| !c.is_control()).take(MOST_NAME).collect();
        self.is_wrong("indexers", !is_web_address(&indexer.url), || {
            format!("{name}: the address must be an http or https one of at most {MOST_ADDRESS} characters")
        });
        let key = indexer.api_key.as_ref().map_or("", |key| key.expose());
        self.is_wrong("indexers", !is_printable(key), || {
            format!(
                "{name}: a key is made of printable ASCII characters without spaces, at most {MOST_SECRET}"
            )
        });
    }

    fn listing(&mut self, listing: &Listing) {
        let repeated = |at: usize| listing.sort[..at].contains(&listing.sort[at]);
        self.is_wrong("listing.sort", (0..listing.sort.len()).any(repeated), || {
            "nothing can be sorted by twice".to_owned()
        });
        for (field, rows) in [
            ("listing.limits.total", listing.limits.total),
            ("listing.limits.perResolution", listing.limits.per_resolution),
        ] {
            self.is_wrong(field, !(1..=MOST_ROWS).contains(&rows), || {
                format!("must be between 1 and {MOST_ROWS}")
            });
        }
        self.most("listing.languages", listing.languages.len(), MOST_GROUPS);
        for (field, template) in [
            ("listing.labels.name", &listing.labels.name),
            ("listing.labels.description", &listing.labels.description),
        ] {
            self.is_wrong(field, template.chars().count() > MOST_TEMPLATE, || {
                format!("must have at most {MOST_TEMPLATE} characters")
            });
        }
    }

    fn filters(&mut self, filters: &Filters) {
        for (field, groups) in [
            ("listing.filters.onlyGroups", &filters.only_groups),
            ("listing.filters.withoutGroups", &filters.without_groups),
        ] {
            self.most(field, groups.len(), MOST_GROUPS);
            groups.iter().for_each(|group| self.text(field, group));
        }
        for (field, text) in [
            ("listing.filters.mustMatch", &filters.must_match),
            ("listing.filters.mustNotMatch", &filters.must_not_match),
        ] {
            if let Some(Err(why)) = text.as_deref().map(expression) {
                self.say(field, why);
            }
        }
        let is_empty =
            matches!((filters.least_size, filters.most_size), (Some(least), Some(most)) if least > most);
        self.is_wrong("listing.filters.mostSize", is_empty, || "must not be below the least size".to_owned());
    }
}

fn is_printable(text: &str) -> bool {
    text.len() <= MOST_SECRET && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_web_address(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host() && url.as_str().len() <= MOST_ADDRESS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{IndexerKind, SortKey};

    fn account(token: &str) -> ServiceAccount {
        ServiceAccount { service: DebridService::RealDebrid, token: token.to_owned().into() }
    }

    fn indexer(url: &str) -> IndexerSettings {
        let (kind, name) = (IndexerKind::Torznab, "mine".to_owned());
        IndexerSettings { kind, name, url: url.parse().unwrap(), api_key: None, enabled: true }
    }

    fn fields(profile: &Profile) -> Vec<&'static str> {
        profile.problems().iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn what_nobody_changed_and_what_is_usual_may_be_kept() {
        assert_eq!(Profile::default().problems(), []);
        let mut profile = Profile {
            name: "Living room".to_owned(),
            services: vec![account("abc"), account("def")],
            indexers: vec![indexer("http://me:pw@192.168.1.5:9117/api?key=x")],
            ..Profile::default()
        };
        profile.listing.filters.must_match = Some("(?:web|blu)-?ray|\\bx265\\b".to_owned());
        assert_eq!(profile.problems(), []);
    }

    #[test]
    fn tokens_are_checked_and_never_repeated() {
        let services = ["", "hush hush", "hush\n", "hushé"]
            .map(account)
            .into_iter()
            .chain([account(&"hush".repeat(200))]);
        let profile = Profile { services: services.collect(), ..Profile::default() };
        let problems = profile.problems();
        assert_eq!(problems.len(), 5, "{problems:?}");
        let told = format!("{problems:?}");
        assert!(!told.contains("hush") && told.contains("Real-Debrid"), "{told}");
        let through = ServiceAccount { service: DebridService::StremThru, token: "hush".to_owned().into() };
        let twice = Profile { services: vec![through.clone(), through], ..Profile::default() };
        let told: Vec<String> = twice.problems().iter().map(Problem::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told.iter().any(|text| text.contains("twice")) && told.iter().all(|text| !text.contains("hush"))
        );
    }

    #[test]
    fn addresses_are_of_the_web() {
        for url in ["ftp://a.example/", "file:///etc/passwd", "data:text/plain,x", "javascript:alert(1)"] {
            let profile = Profile { indexers: vec![indexer(url)], ..Profile::default() };
            assert_eq!(fields(&profile), ["indexers"], "{url}");
        }
        let long = format!("http://a.example/?key=hush{}", "x".repeat(2_000));
        let told =
            format!("{:?}", Profile { indexers: vec![indexer(&long)], ..Profile::default() }.problems());
        assert!(told.contains("mine") && !told.contains("hush"), "{told}");
    }

    #[test]
    fn expressions_must_compile_and_stay_small() {
        assert!(expression("HEVC|x265").unwrap().is_match("Film.2160p.hevc"));
        let mut profile = Profile::default();
        profile.listing.filters.must_match = Some("(web".to_owned());
        profile.listing.filters.must_not_match = Some("(?:a{1000}){1000}".to_owned());
        let problems = profile.problems();
        let told: Vec<_> = problems.iter().map(|problem| (problem.field, problem.message.as_str())).collect();
        assert_eq!(
            told,
            [
                ("listing.filters.mustMatch", "is no regular expression: unclosed group"),
                ("listing.filters.mustNotMatch", "is too large an expression"),
            ]
        );
    }

    #[test]
    fn everything_has_an_end() {
        let mut profile = Profile {
            name: "x".repeat(61),
            services: (0..11).map(|number| account(&number.to_string())).collect(),
            indexers: vec![indexer("http://a.example/"); 21],
            ..Profile::default()
        };
        profile.listing.limits.total = 0;
        profile.listing.limits.per_resolution = 501;
        profile.listing.sort = vec![SortKey::Size, SortKey::Size];
        profile.listing.filters.least_size = Some(2);
        profile.listing.filters.most_size = Some(1);
        profile.listing.labels.name = "x".repeat(MOST_BYTES);
        assert_eq!(
            fields(&profile),
            [
                "name",
                "services",
                "indexers",
                "listing.sort",
                "listing.limits.total",
                "listing.limits.perResolution",
                "listing.labels.name",
                "listing.filters.mostSize",
                "profile"
            ]
        );
    }
}
