//! AceStream engines: which one delivers a channel, and how it is started, read and stopped.
//!
//! A [`Pool`] knows the engines and how they are. [`Pool::claim`] takes a place on the best one, [`Claim::start`] makes
//! it an [`EngineSession`], and [`EngineSession::open`] gives the bytes. Whatever happens to these values, dropping
//! them is enough: places are freed, and every session that was started is stopped once, at the engine that has it,
//! also when its start was given up before the engine answered.

mod ask;
mod choice;
mod claim;
mod desk;
mod error;
mod leases;
mod look;
mod member;
mod pool;
mod pulse;
mod reply;
mod report;
mod roster;
mod session;
mod start;
#[cfg(test)]
mod tests;
mod vitals;

pub use choice::Reason;
pub use claim::Claim;
pub use error::{AlreadyThere, FailureKind, NoEngine, ReadError, StartError, StatError, Unknown};
pub use pool::{Pool, PoolSettings};
pub use reply::Stat;
pub use report::EngineReport;
pub use roster::Wanted;
pub use session::{EngineSession, Reading, SessionInfo};
