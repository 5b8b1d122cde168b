//! Live channels.

mod channels;
