//! Black-box tests: the real server, real swarms, real players. `tests/run` installs what they need.

mod cache;
mod play;
mod prepare;
mod shutdown;
mod support;
