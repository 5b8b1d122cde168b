//! The twenty pains of people who stream from debrid services, each as a test that would hurt again.

mod archives;
mod cdn;
mod episodes;
mod gateway;
mod leaks;
mod limits;
mod lists;
mod refusals;
mod secrets;
mod town;
mod vanishing;
