//! The page as HTML.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Environment, context};
use serde::Serialize;

use super::choices::{Choices, code};
use super::draft::Draft;
use super::indexer_row::IndexerRow;
use super::install::Install;
use super::kept::{Keeper, KeptIndexer};
use super::preview::Preview;
use super::probe::Said;
use super::service_row::ServiceRow;
use crate::domain::DebridService;
use crate::http::error::ApiError;
use crate::profile::IndexerKind;

/// Read once. A name that ends in `.html` makes the engine escape everything that is not markup of ours.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    for (name, text) in [
        ("page.html", include_str!("../../../manifest/configure/page.html")),
        ("parts.html", include_str!("../../../manifest/configure/parts.html")),
        ("sources.html", include_str!("../../../manifest/configure/sources.html")),
        ("listing.html", include_str!("../../../manifest/configure/listing.html")),
        ("labels.html", include_str!("../../../manifest/configure/labels.html")),
        ("install.html", include_str!("../../../manifest/configure/install.html")),
        ("gone.html", include_str!("../../../manifest/configure/gone.html")),
    ] {
        environment.add_template(name, text).expect("a test renders every template");
    }
    environment
});

/// What a page shows beside the draft.
#[derive(Debug, Default)]
pub(super) struct Around<'a> {
    /// The profile's id; `None` for a new one.
    pub(super) profile: Option<&'a str>,
    /// How it is installed, once it is saved.
    pub(super) install: Option<Install>,
    /// Whether saving wants a password.
    pub(super) wants_password: bool,
    /// Whether a profile can be put into its link.
    pub(super) can_seal: bool,
    /// What just happened.
    pub(super) notices: Vec<Notice>,
    /// Rows as the templates of the draft write them.
    pub(super) preview: Preview,
}

/// What just happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Notice {
    /// Whether it is good news.
    pub(super) ok: bool,
    /// One sentence.
    pub(super) text: String,
    /// What the sentence lists.
    pub(super) items: Vec<String>,
}

impl Notice {
    /// Good news.
    pub(super) fn good(text: impl Into<String>) -> Self {
        Self { ok: true, text: text.into(), items: Vec::new() }
    }

    /// Bad news.
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self { ok: false, text: text.into(), items: Vec::new() }
    }
}

/// A row of the form about an account.
#[derive(Serialize)]
struct ServiceView<'a> {
    key: &'a str,
    service: &'static str,
    label: &'static str,
    hint: &'static str,
    /// Where the service shows its token.
    help: Option<&'static str>,
    kept: Option<String>,
    said: Option<&'a Said>,
}

/// A row of the form about an indexer.
#[derive(Serialize)]
struct IndexerView<'a> {
    key: &'a str,
    kind: &'static str,
    kind_label: &'static str,
    name: &'a str,
    shown_name: &'a str,
    url: String,
    hidden_url: Option<String>,
    example: &'static str,
    wants_key: bool,
    has_key: bool,
    kept: Option<String>,
    enabled: bool,
    said: Option<&'a Said>,
}

/// The page of a draft.
pub(super) fn page(draft: &Draft, around: &Around<'_>, keeper: &Keeper<'_>) -> Result<String, ApiError> {
    let problems: BTreeMap<&str, &str> =
        draft.problems.iter().map(|problem| (problem.field.as_str(), problem.text.as_str())).collect();
    let services: Vec<_> = draft.services.iter().map(|row| ServiceView::of(row, keeper)).collect();
    let indexers: Vec<_> = draft.indexers.iter().map(|row| IndexerView::of(row, keeper)).collect();
    let filters = &draft.profile.listing.filters;
    let languages: Vec<_> = draft.profile.listing.languages.iter().collect();
    render(
        "page.html",
        context! {
            root => root(around.profile),
            profile => around.profile,
            install => around.install,
            wants_password => around.wants_password,
            can_seal => around.can_seal,
            notices => around.notices,
            preview => around.preview,
            problem => problems,
            problems => draft.problems,
            name => draft.profile.name,
            policy => draft.profile.policy.map(|policy| code(&policy)),
            services => services,
            indexers => indexers,
            only_own_indexers => draft.profile.only_own_indexers,
            only_checked => draft.profile.listing.only_checked,
            languages => languages.iter().map(|one| (one.code(), one.name())).collect::<Vec<_>>(),
            choices => Choices::of(draft),
            numbers => draft.numbers,
            only_groups => filters.only_groups.join(", "),
            without_groups => filters.without_groups.join(", "),
            must_match => filters.must_match,
            must_not_match => filters.must_not_match,
            labels => draft.profile.listing.labels,
        },
    )
}

/// The page in place of a profile that is not here.
pub(super) fn gone(profile: &str, why: &str) -> Result<String, ApiError> {
    render("gone.html", context! { root => root(Some(profile)), why })
}

fn render(name: &str, values: minijinja::Value) -> Result<String, ApiError> {
    let page = TEMPLATES.get_template(name).and_then(|template| template.render(values));
    page.map_err(|error| ApiError::Internal(format!("the configure page: {error}")))
}

/// The way from the page to the root of the server, which a proxy may have put below a path of its own.
fn root(profile: Option<&str>) -> &'static str {
    if profile.is_some() { "../" } else { "" }
}

impl<'a> ServiceView<'a> {
    fn of(row: &'a ServiceRow, keeper: &Keeper<'_>) -> Self {
        let (hint, help) = token_help(row.service);
        Self {
            key: &row.key,
            service: row.service.name(),
            label: row.service.label(),
            hint,
            help,
            kept: row.token.as_ref().map(|token| keeper.seal_token(row.service, token)),
            said: row.said.as_ref(),
        }
    }
}

impl<'a> IndexerView<'a> {
    fn of(row: &'a IndexerRow, keeper: &Keeper<'_>) -> Self {
        let kept = (row.url.is_some() || row.api_key.is_some()).then(|| {
            keeper.seal_indexer(&KeptIndexer { url: row.url.clone(), api_key: row.api_key.clone() })
        });
        Self {
            key: &row.key,
            kind: row.kind.name(),
            kind_label: row.kind.label(),
            name: &row.name,
            shown_name: row.shown_name(),
            url: row.open_address().map(ToString::to_string).unwrap_or_default(),
            hidden_url: row.hidden_address(),
            example: example(row.kind),
            wants_key: !matches!(row.kind, IndexerKind::Addon | IndexerKind::Zilean),
            has_key: row.api_key.is_some(),
            kept,
            enabled: row.enabled,
            said: row.said.as_ref(),
        }
    }
}

/// What the token of a service looks like, and where its owner finds it.
const fn token_help(service: DebridService) -> (&'static str, Option<&'static str>) {
    match service {
        DebridService::RealDebrid => {
            ("The API token of your account.", Some("https://real-debrid.com/apitoken"))
        }
        DebridService::TorBox => ("The API key of your account.", Some("https://torbox.app/settings")),
        DebridService::AllDebrid => ("An API key of your account.", Some("https://alldebrid.com/apikeys")),
        DebridService::Premiumize => {
            ("The API key of your account.", Some("https://www.premiumize.me/account"))
        }
        DebridService::DebridLink => {
            ("An API key of your account.", Some("https://debrid-link.com/webapp/apikey"))
        }
        DebridService::Offcloud => ("The API key of your account.", Some("https://offcloud.com/#/account")),
        DebridService::PutIo => ("An OAuth token of your account.", Some("https://app.put.io/oauth")),
        DebridService::StremThru => ("Either store=token, such as torbox=…, or user:password.", None),
    }
}

/// Where such an indexer usually is.
const fn example(kind: IndexerKind) -> &'static str {
    match kind {
        IndexerKind::Jackett => "http://192.168.1.5:9117",
        IndexerKind::Prowlarr => "http://192.168.1.5:9696",
        IndexerKind::Torznab => "http://192.168.1.5:5000/api",
        IndexerKind::Bitmagnet => "http://192.168.1.5:3333",
        IndexerKind::Zilean => "http://192.168.1.5:8181",
        IndexerKind::Addon => "https://addon.example.org/…/manifest.json",
    }
}
