//! Debrid services as sources: they fetch torrents into their own storage and hand out HTTP links to the files.

mod account;
mod service;
