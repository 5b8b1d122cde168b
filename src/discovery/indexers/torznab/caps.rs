//! What a Torznab server can do, as far as searches for films and episodes need to know.

/// What a server can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caps {
    /// What it calls itself.
    pub title: Option<String>,
    /// The most results that it sends at once.
    pub most_results: Option<u32>,
    /// Searches of any kind (`t=search`).
    pub search: Mode,
    /// Searches for episodes (`t=tvsearch`).
    pub tv: Mode,
    /// Searches for films (`t=movie`).
    pub movie: Mode,
    /// Every category it has, the finer ones too.
    pub categories: Vec<u32>,
}

/// One way of searching.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mode {
    available: bool,
    params: Vec<String>,
    raw: bool,
}

impl Caps {
    /// What is assumed of a server that does not tell: texts, and nothing else.
    pub(in crate::discovery::indexers) fn unknown() -> Self {
        Self { search: Mode::new(true, ["q"].into_iter(), false), ..Self::default() }
    }
}

impl Mode {
    /// A way of searching with these parameters, in any case.
    pub(in crate::discovery::indexers) fn new<'a>(
        available: bool,
        params: impl Iterator<Item = &'a str>,
        raw: bool,
    ) -> Self {
        let params = params.map(|param| param.trim().to_ascii_lowercase()).filter(|param| !param.is_empty());
        Self { available, params: params.collect(), raw }
    }

    /// Whether it can be asked with all of these parameters.
    pub(in crate::discovery::indexers) fn takes(&self, params: &[&str]) -> bool {
        self.available && params.iter().all(|param| self.params.iter().any(|own| own == param))
    }

    /// The text reaches the site as it is, so that it has to be the title as it is written.
    pub(in crate::discovery::indexers) const fn is_raw(&self) -> bool {
        self.raw
    }
}
