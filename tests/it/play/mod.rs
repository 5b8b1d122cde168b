//! Playing over HTTP: players and conformance checkers against the range server.

mod players;
mod redbot;
