//! The routes of live channels.

pub(super) mod channels;
