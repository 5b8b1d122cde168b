//! The one HTTP client factory. Whatever this server asks of others goes through a client made here; beside it, the
//! readers of what answers have in common.

mod address;
mod charset;
mod client;
mod guard;
mod reason;
mod retry_after;
mod tls;

pub use charset::read_text;
pub use client::{ClientError, ClientOptions, Clients, client, client_with};
pub use guard::{Forbidden, Guard};
pub use reason::reason;
pub use retry_after::retry_after;
