//! How much memory all fetchers of the process may use for pieces that are not whole yet.

use std::sync::{Arc, LazyLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// 128 MiB: room for some dozens of lanes with usual pieces. Counted in KiB, because permits are 32-bit numbers.
const TOTAL_KIB: u64 = 128 * 1024;

static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(TOTAL_KIB as usize)));

/// Waits for room for `bytes` and holds it until the permit is dropped. What is larger than the whole budget waits
/// until nobody else holds anything. Whoever holds room must not wait for more.
pub(super) async fn reserve(bytes: u64) -> OwnedSemaphorePermit {
    let share = bytes.div_ceil(1024).clamp(1, TOTAL_KIB);
    let share = u32::try_from(share).expect("no share is larger than the budget");
    Arc::clone(&ROOM).acquire_many_owned(share).await.expect("the budget is never closed")
}
