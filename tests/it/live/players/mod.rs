//! Real players watch a live channel: they join without a complaint, and notice nothing when an engine dies.
//!
//! `HEADWATER_LIVE_SECONDS=75 tests/run live::` is the long form: recordings and pauses take so long then, and the
//! sleeps are those pauses.

mod breaking;
mod controls;
mod films;
mod joining;
mod killing;
mod lasting;
mod listed;
mod programs;
mod rewinding;
mod stage;

pub(super) use stage::seconds;
