//! The configure page in a real Chromium, and what it answers to those who are no browser.

mod forms;
mod journey;
mod looks;
mod stage;
