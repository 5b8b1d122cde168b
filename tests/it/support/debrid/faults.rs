//! Faults that any service may have at any call, whatever was asked.

use std::time::Duration;

use super::call::{Incoming, Reply};

/// What goes wrong at calls whose path (after the base URL's) starts with `prefix`, `times` times. A prefix may have
/// the method in front, as in `POST /transfer`.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The service says that there were too many calls, with `Retry-After` (seconds) if given.
    RateLimited { prefix: &'static str, retry_after: Option<u64>, times: u32 },
    /// A page for people in place of JSON, as proxies in front of services answer.
    Html { prefix: &'static str, status: u16, times: u32 },
    /// Any answer.
    Status { prefix: &'static str, status: u16, body: String, times: u32 },
    /// Every answer comes late.
    Slow { prefix: &'static str, delay: Duration },
    /// No answer ever comes; nothing is done.
    Hang { prefix: &'static str },
    /// Status 200 and nothing else; nothing is done.
    EmptyOk { prefix: &'static str, times: u32 },
    /// The service does what it was asked, but a gateway answers 502.
    Lost { prefix: &'static str, times: u32 },
}

/// What a fault makes of a call.
pub(super) enum Verdict {
    /// Nothing: the service answers.
    Pass,
    /// The fault answers.
    Instead(Reply),
    /// The service refuses in its own words.
    Limited(Option<u64>),
    /// The service acts, and the fault answers.
    Lost(Reply),
}

/// What happens before the answer is sent.
pub(super) enum Effect {
    None,
    Slow(Duration),
    Hang,
}

/// The faults of one fake, oldest first.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Finds the first fault for a call and takes one of its times away.
    pub(super) fn judge(&mut self, call: &Incoming) -> (Verdict, Effect) {
        let Some(at) = self.0.iter().position(|fault| fault.fits(call)) else {
            return (Verdict::Pass, Effect::None);
        };
        let fault = self.0[at].clone();
        if self.0[at].is_used_up() {
            self.0.remove(at);
        }
        match fault {
            Fault::RateLimited { retry_after, .. } => (Verdict::Limited(retry_after), Effect::None),
            Fault::Html { status, .. } => (Verdict::Instead(page(status)), Effect::None),
            Fault::Status { status, body, .. } => {
                (Verdict::Instead(Reply::typed(status, "application/json", body.into_bytes())), Effect::None)
            }
            Fault::Slow { delay, .. } => (Verdict::Pass, Effect::Slow(delay)),
            Fault::Hang { .. } => (Verdict::Instead(Reply::empty(504)), Effect::Hang),
            Fault::EmptyOk { .. } => (Verdict::Instead(Reply::empty(200)), Effect::None),
            Fault::Lost { .. } => (Verdict::Lost(Reply::text(502, "Bad Gateway")), Effect::None),
        }
    }
}

impl Fault {
    fn fits(&self, call: &Incoming) -> bool {
        let whole = format!("{} {}", call.method, call.path);
        call.path.starts_with(self.prefix()) || whole.starts_with(self.prefix())
    }

    fn prefix(&self) -> &'static str {
        match self {
            Self::RateLimited { prefix, .. }
            | Self::Html { prefix, .. }
            | Self::Status { prefix, .. }
            | Self::Slow { prefix, .. }
            | Self::Hang { prefix }
            | Self::EmptyOk { prefix, .. }
            | Self::Lost { prefix, .. } => prefix,
        }
    }

    /// Counts one use; true after the last.
    fn is_used_up(&mut self) -> bool {
        match self {
            Self::RateLimited { times, .. }
            | Self::Html { times, .. }
            | Self::Status { times, .. }
            | Self::EmptyOk { times, .. }
            | Self::Lost { times, .. } => {
                *times = times.saturating_sub(1);
                *times == 0
            }
            Self::Slow { .. } | Self::Hang { .. } => false,
        }
    }
}

fn page(status: u16) -> Reply {
    let text = "<!DOCTYPE html><html><head><title>Just a moment...</title></head>\
                <body><h1>Checking your browser</h1></body></html>";
    Reply::typed(status, "text/html; charset=UTF-8", text.as_bytes().to_vec())
}
