//! What the handlers share: a handful of handles, made once in `server.rs`.

use std::sync::Arc;

use aws_lc_rs::hmac;
use http::HeaderMap;
use http::header;
use secrecy::SecretString;

use super::bases::Bases;
use super::error::ApiError;
use super::manifests::Manifests;
use crate::access::Access;
use crate::addon::viewport::Viewport;
use crate::addon::{Addon, StreamLists};
use crate::cache::Cache;
use crate::discovery::Discovery;
use crate::domain::InfoHash;
use crate::links::{LinkSigner, PublicUrl};
use crate::live::Live;
use crate::live::channels::Channels;
use crate::prepare::{Job, Prepare};
use crate::seal::Sealer;
use crate::source::Request;
use crate::source::debrid::Debrid;
use crate::source::torrent::Swarm;

/// The handles behind the routes.
#[derive(Debug)]
pub struct App {
    /// Where requests become jobs.
    pub prepare: Prepare,
    /// The cache folder, for cleaning up.
    pub cache: Cache,
    /// The swarm, for what it says of its peers.
    pub swarm: Swarm,
    /// The debrid services, for what they say of their accounts.
    pub debrid: Debrid,
    /// What is found, and what plays of it need.
    pub discovery: Discovery,
    /// The profiles of installs.
    pub access: Access,
    /// Manifest and catalogue.
    pub addon: Addon,
    /// Manifests that were sent.
    pub manifests: Manifests,
    /// Titles on screens, whose lists are made before they are opened.
    pub viewport: Viewport,
    /// Lists of streams.
    pub streams: StreamLists,
    /// Live channels.
    pub live: Live,
    /// The operator's live channels.
    pub channels: Channels,
    /// Makes and checks play links.
    pub signer: LinkSigner,
    /// Signs the state of the waiting loop.
    pub waiting_key: hmac::Key,
    /// Seals what the configure page carries.
    pub sealer: Sealer,
    /// The address that players use, if the operator said so.
    pub public_url: Option<PublicUrl>,
    /// The addresses that clients use where he did not.
    pub bases: Bases,
    /// Opens the admin routes.
    pub admin_token: Option<SecretString>,
}

impl App {
    /// The job for a wish. What was listed, and a built-in film, also bring what is known of them, so that the hash
    /// alone is enough. `owner` is the id of the profile that plays, if any: what its indexers said is for it alone.
    pub(super) async fn start(&self, mut wish: Request, owner: Option<&str>) -> Arc<Job> {
        if let Some(movie) = self.addon.known(wish.info_hash) {
            wish.trackers.extend_from_slice(&movie.trackers);
        }
        if let Some(job) = self.prepare.join(&wish) {
            return job;
        }
        if let Some(recalled) = self.discovery.recall(wish.info_hash, owner).await {
            recalled.add_to(&mut wish);
        }
        self.prepare.start(wish)
    }

    /// Whether an operator provided a file of his own for a torrent.
    pub(super) async fn has_drop_in(&self, info_hash: InfoHash) -> bool {
        let cache = self.cache.clone();
        let looking = tokio::task::spawn_blocking(move || cache.drop_in(info_hash).is_some());
        // Whoever cannot tell must not promise the length of another file.
        looking.await.unwrap_or(true)
    }

    /// The base of absolute links in the answer to a request: what the operator said, else the address the
    /// client itself used.
    pub(super) fn base(&self, headers: &HeaderMap) -> Result<PublicUrl, ApiError> {
        if let Some(base) = &self.public_url {
            return Ok(base.clone());
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let forwarded = text("x-forwarded-proto").and_then(|list| list.split(',').next()).map(str::trim);
        let host = text(header::HOST.as_str())
            .ok_or_else(|| ApiError::BadRequest("the request names no host".to_owned()))?;
        self.bases
            .of(forwarded == Some("https"), host)
            .map_err(|error| ApiError::BadRequest(format!("the Host header {error}")))
    }
}
