//! TLS as every client has it: the certificates of this system, read once. Reading them takes longer than the rest of a
//! client, and each copy of them a few hundred kilobytes.

use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::Verifier;

/// The settings of a new client; `None` if the certificates of this system cannot be read.
pub(super) fn settings() -> Option<ClientConfig> {
    static SHARED: OnceLock<Option<ClientConfig>> = OnceLock::new();
    let mut own = SHARED.get_or_init(load).clone()?;
    // What a server gives to one client to be known again by is nothing for another one.
    own.resumption = Resumption::default();
    Some(own)
}

fn load() -> Option<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new(Arc::clone(&provider)).ok()?;
    let settings =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    let mut settings =
        settings.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(settings)
}
