//! How much memory all fetchers of the process may use for pieces that are not whole yet.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lane::Lane;

/// 128 MiB: room for some dozens of lanes with usual pieces. Counted in KiB, because permits are 32-bit numbers.
const TOTAL_KIB: u64 = 128 * 1024;

/// One lane of each file waits no longer: slow servers hold their memory for minutes, and every other reader would
/// stand still meanwhile.
const LONGEST_WAIT: Duration = Duration::from_millis(200);

static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(TOTAL_KIB as usize)));

impl Lane {
    /// Waits for the memory that a piece takes while it is fetched; it is held until the permit is dropped. One lane
    /// of the file goes without when the process has none left. Whoever has a connection gives it back before
    /// waiting: those who hold the memory may be waiting for connections. What is larger than the whole budget takes
    /// all of it.
    pub(super) async fn reserve(&mut self, piece: usize) -> OwnedSemaphorePermit {
        let share = share(self.room_for(piece));
        if let Ok(room) = Arc::clone(&ROOM).try_acquire_many_owned(share) {
            return room;
        }
        self.run = None;
        wait(&ROOM, share, &self.supply.spare).await
    }
}

/// Waits for `share` of `room`, or after a moment for the one `spare` permit.
async fn wait(room: &Arc<Semaphore>, share: u32, spare: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let without = async {
        tokio::time::sleep(LONGEST_WAIT).await;
        Arc::clone(spare).acquire_owned().await
    };
    let granted = tokio::select! {
        granted = Arc::clone(room).acquire_many_owned(share) => granted,
        granted = without => granted,
    };
    granted.expect("neither is ever closed")
}

/// How many permits so many bytes take.
fn share(bytes: u64) -> u32 {
    let share = bytes.div_ceil(1024).clamp(1, TOTAL_KIB);
    u32::try_from(share).expect("no share is larger than the budget")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_lane_of_a_file_goes_on_when_others_hold_all_the_memory() {
        let (room, spare) = (Arc::new(Semaphore::new(8)), Arc::new(Semaphore::new(1)));
        let held = Arc::clone(&room).acquire_many_owned(8).await.unwrap();
        let limit = LONGEST_WAIT * 20;
        let first = tokio::time::timeout(limit, wait(&room, 4, &spare)).await.unwrap();
        assert_eq!(spare.available_permits(), 0);
        let mut second = Box::pin(wait(&room, 4, &spare));
        assert!(tokio::time::timeout(LONGEST_WAIT * 2, &mut second).await.is_err(), "the next one waits");
        drop(held);
        let _second = tokio::time::timeout(limit, second).await.unwrap();
        assert_eq!(room.available_permits(), 4, "it got its share");
        drop(first);
    }
}
