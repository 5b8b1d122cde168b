//! The debrid services and how they are used.

mod rows;
mod service;
mod stremthru;

use std::time::Duration;

pub use service::ServiceConfig;
pub use stremthru::StremThruAccess;

pub(super) use rows::SETTINGS;

use super::layers::{Given, Layers};
use super::values::{duration, duration_text, flag, positive_duration};
use crate::domain::DebridService;
use rows::SERVICES;

/// The `debrid` section and those of the services.
#[derive(Debug, Clone)]
pub struct DebridConfig {
    /// `HEADWATER_DEBRID_ORDER`: in which order services are asked; each stands here at most once. Default
    /// [`DebridService::ALL`]. Read it through [`DebridConfig::active`].
    pub order: Vec<DebridService>,
    /// `HEADWATER_DEBRID_UNCACHED`: whether a service may be asked to fetch what it does not hold yet. Default
    /// yes.
    pub uncached: bool,
    /// `HEADWATER_DEBRID_WAIT`: how long such a fetch may take while it makes progress. Default 30 minutes.
    pub wait: Duration,
    /// `HEADWATER_DEBRID_KEEP`: an item that this server made in an account is deleted so long after its last
    /// use; `None` keeps everything. Default a day, because nobody tells us that a film was watched to its end.
    pub keep: Option<Duration>,
    /// Every service that has an address, also those that have no token and are not used.
    pub services: Vec<ServiceConfig>,
}

impl Default for DebridConfig {
    fn default() -> Self {
        Self {
            order: DebridService::ALL.to_vec(),
            uncached: true,
            wait: Duration::from_secs(30 * 60),
            keep: Some(Duration::from_secs(24 * 3_600)),
            services: SERVICES.iter().filter_map(ServiceConfig::unset).collect(),
        }
    }
}

impl DebridConfig {
    /// The services to ask, first things first: those of the order that have a token.
    pub fn active(&self) -> Vec<&ServiceConfig> {
        let has_token = |service: &&ServiceConfig| !service.tokens.is_empty();
        self.order.iter().filter_map(|service| self.service(*service)).filter(has_token).collect()
    }

    pub(super) fn read(layers: &mut Layers<'_>) -> Self {
        let default = Self::default();
        let seconds = Duration::from_secs(1);
        Self {
            order: layers.value("HEADWATER_DEBRID_ORDER", default.order, order),
            uncached: layers.value("HEADWATER_DEBRID_UNCACHED", default.uncached, flag),
            wait: layers
                .value("HEADWATER_DEBRID_WAIT", default.wait, |given| positive_duration(given, seconds)),
            keep: layers.value("HEADWATER_DEBRID_KEEP", default.keep, |given| {
                duration(given, seconds).map(|keep| (!keep.is_zero()).then_some(keep))
            }),
            services: SERVICES.iter().filter_map(|rows| ServiceConfig::read(rows, layers)).collect(),
        }
    }

    pub(super) fn describe(&self) -> Vec<(&'static str, String)> {
        let order: Vec<&str> = self.order.iter().map(|service| service.name()).collect();
        let mut lines = vec![
            ("HEADWATER_DEBRID_ORDER", order.join(",")),
            ("HEADWATER_DEBRID_UNCACHED", self.uncached.to_string()),
            ("HEADWATER_DEBRID_WAIT", duration_text(self.wait)),
            ("HEADWATER_DEBRID_KEEP", duration_text(self.keep.unwrap_or_default())),
        ];
        for rows in &SERVICES {
            match self.service(rows.service) {
                Some(service) => lines.extend(service.describe(rows)),
                None => lines.extend(rows.names().map(|name| (name, String::new()))),
            }
        }
        lines
    }

    fn service(&self, wanted: DebridService) -> Option<&ServiceConfig> {
        self.services.iter().find(|service| service.service == wanted)
    }
}

fn order(given: &Given) -> Result<Vec<DebridService>, String> {
    let mut order = Vec::new();
    for text in given.text.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let service: DebridService = text.parse().map_err(|error| {
            let known = DebridService::ALL.map(DebridService::name).join(", ");
            format!("`{text}` {error}; known are {known}")
        })?;
        if order.contains(&service) {
            return Err(format!("`{service}` stands there twice"));
        }
        order.push(service);
    }
    Ok(order)
}
