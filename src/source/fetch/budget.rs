//! How much memory all fetchers of the process may use for pieces that are not whole yet.

use std::sync::{Arc, LazyLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lane::Lane;

/// 128 MiB: room for some dozens of lanes with usual pieces. Counted in KiB, because permits are 32-bit numbers.
const TOTAL_KIB: u64 = 128 * 1024;

static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(TOTAL_KIB as usize)));

impl Lane {
    /// Waits for the memory that a piece takes while it is fetched; it is held until the permit is dropped. Whoever
    /// has a connection gives it back before waiting: those who hold the memory may be waiting for connections. What
    /// is larger than the whole budget waits until nobody else holds anything.
    pub(super) async fn reserve(&mut self, piece: usize) -> OwnedSemaphorePermit {
        let share = share(self.room_for(piece));
        if let Ok(room) = Arc::clone(&ROOM).try_acquire_many_owned(share) {
            return room;
        }
        self.run = None;
        Arc::clone(&ROOM).acquire_many_owned(share).await.expect("the budget is never closed")
    }
}

/// How many permits so many bytes take.
fn share(bytes: u64) -> u32 {
    let share = bytes.div_ceil(1024).clamp(1, TOTAL_KIB);
    u32::try_from(share).expect("no share is larger than the budget")
}
