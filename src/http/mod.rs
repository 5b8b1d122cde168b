//! HTTP: everything axum and hyper, and nothing else.

pub mod listener;
