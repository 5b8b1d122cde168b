//! Deleting items that this server has created and nobody uses.

use std::sync::Arc;

use super::account::Account;
use super::ledger::Ledger;
use super::service::{ItemId, Service, ServiceError};

/// Deletes an item at its service, if it is ours and not in use. What cannot be deleted now stays in the ledger
/// for another time.
pub(super) async fn delete(service: &dyn Service, ledger: &Arc<Ledger>, account: &Account, item: &ItemId) {
    if !ledger.doom(account.fingerprint(), item) {
        return;
    }
    match service.release(account, item).await {
        Ok(()) | Err(ServiceError::ItemMissing) => ledger.forget(account.fingerprint(), item).await,
        Err(error) => {
            tracing::debug!(account = account.fingerprint(), %error, "a debrid item cannot be deleted now");
            ledger.spare(account.fingerprint(), item);
        }
    }
}
