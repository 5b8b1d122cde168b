//! The services that there are.

use std::sync::Arc;

use super::ServiceSettings;
use super::alldebrid::AllDebrid;
use super::debridlink::DebridLink;
use super::offcloud::Offcloud;
use super::premiumize::Premiumize;
use super::putio::PutIo;
use super::realdebrid::RealDebrid;
use super::service::Service;
use super::stremthru::StremThru;
use super::torbox::TorBox;
use crate::domain::DebridService;
use crate::net::ClientError;

/// What speaks to the service of the settings.
///
/// # Errors
/// The proxy or the user agent is of no use.
pub(super) fn make(settings: &ServiceSettings) -> Result<Arc<dyn Service>, ClientError> {
    Ok(match settings.service {
        DebridService::RealDebrid => Arc::new(RealDebrid::new(settings)?),
        DebridService::TorBox => Arc::new(TorBox::new(settings)?),
        DebridService::AllDebrid => Arc::new(AllDebrid::new(settings)?),
        DebridService::Premiumize => Arc::new(Premiumize::new(settings)?),
        DebridService::DebridLink => Arc::new(DebridLink::new(settings)?),
        DebridService::Offcloud => Arc::new(Offcloud::new(settings)?),
        DebridService::PutIo => Arc::new(PutIo::new(settings)?),
        DebridService::StremThru => Arc::new(StremThru::new(settings)?),
    })
}
