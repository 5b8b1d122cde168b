//! The room as a whole, against a service that follows a script.

mod calls;
mod flow;
mod links;
mod opening;
mod queue;
mod scripted;
mod server;
